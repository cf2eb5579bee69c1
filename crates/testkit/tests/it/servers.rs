//! The servers start, misbehave when told to, come back where they were, and leave nothing behind.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use testkit::servers::{
    Bucket, NatsServer, POSTGRES_VARIABLE, PostgresOptions, PostgresServer, REDIS_VARIABLE, RedisServer,
    S3_VARIABLE, S3Server, SmtpOptions, SmtpSink,
};

fn address(url: &str) -> String {
    let rest = url.rsplit_once("//").unwrap().1;
    let authority = rest.split('/').next().unwrap();
    authority.rsplit('@').next().unwrap().to_owned()
}

/// Asks a Redis; an error when it does not answer within two seconds.
fn redis(server: &RedisServer, command: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address(&server.url()))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    stream.write_all(format!("{command}\r\n").as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn sql(server: &PostgresServer, query: &str) -> Result<String, String> {
    let said = Command::new(server.programs().join("psql"))
        .args(["-X", "-A", "-t", "-d", &server.url(), "-c", query])
        .output()
        .unwrap();
    if said.status.success() {
        Ok(String::from_utf8(said.stdout).unwrap().trim().to_owned())
    } else {
        Err(String::from_utf8(said.stderr).unwrap())
    }
}

#[test]
fn a_stopped_redis_refuses_and_comes_back_empty_on_its_port() {
    let mut server = RedisServer::start().unwrap();
    let url = server.url();
    assert_eq!(redis(&server, "SET seat taken").unwrap(), "+OK");
    server.stop().unwrap();
    assert_eq!(redis(&server, "PING").unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
    server.start_again().unwrap();
    assert_eq!(server.url(), url);
    assert_eq!(redis(&server, "EXISTS seat").unwrap(), ":0");
}

#[test]
fn a_frozen_redis_hangs_until_it_is_thawed() {
    let mut server = RedisServer::start().unwrap();
    server.freeze().unwrap();
    assert_eq!(redis(&server, "PING").unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    server.thaw().unwrap();
    assert_eq!(redis(&server, "PING").unwrap(), "+PONG");
}

/// What a NATS server says to whoever comes; an error when it says nothing within two seconds.
fn nats(server: &NatsServer) -> std::io::Result<String> {
    let stream = TcpStream::connect(address(&server.url()))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line)
}

#[test]
fn a_stopped_nats_refuses_and_comes_back_on_its_port() {
    let mut server = NatsServer::start().unwrap();
    let url = server.url();
    let said = nats(&server).unwrap();
    assert!(said.starts_with("INFO {") && said.contains("\"jetstream\":true"), "{said}");
    server.freeze().unwrap();
    assert_eq!(nats(&server).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    server.thaw().unwrap();
    server.stop().unwrap();
    assert_eq!(nats(&server).unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
    server.start_again().unwrap();
    assert_eq!(server.url(), url);
    assert!(nats(&server).unwrap().starts_with("INFO {"));
}

#[test]
fn postgres_keeps_what_was_committed_over_a_crash_and_a_restart() {
    let mut server = PostgresServer::start(&PostgresOptions {
        durable: true,
        settings: vec!["idle_in_transaction_session_timeout=15s".into()],
        ..PostgresOptions::default()
    })
    .unwrap();
    let url = server.url();
    assert_eq!(sql(&server, "SHOW fsync").unwrap(), "on");
    assert_eq!(sql(&server, "SHOW idle_in_transaction_session_timeout").unwrap(), "15s");
    sql(&server, "CREATE TABLE kept AS SELECT 42 AS answer").unwrap();
    server.stop_immediate().unwrap();
    assert!(sql(&server, "SELECT 1").unwrap_err().contains("refused"));
    server.restart().unwrap();
    assert_eq!(server.url(), url);
    assert_eq!(sql(&server, "SELECT answer FROM kept").unwrap(), "42");
    server.restart().unwrap();
    assert_eq!(sql(&server, "SELECT answer FROM kept").unwrap(), "42");
}

#[test]
fn a_bucket_answers_nobody_without_keys_and_a_stopped_one_nobody_at_all() {
    let mut server = S3Server::start().unwrap();
    let bucket = server.bucket();
    let mut stream = TcpStream::connect(address(&bucket.endpoint)).unwrap();
    let ask = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", bucket.name);
    stream.write_all(ask.as_bytes()).unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    server.stop().unwrap();
    assert!(refuses(&bucket.endpoint));
}

/// Says one line and gives the answer.
fn say(stream: &mut BufReader<TcpStream>, line: &str) -> String {
    stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    loop {
        let mut part = String::new();
        let read = stream.read_line(&mut part).unwrap_or(0);
        answer.push_str(&part);
        // `250-` announces another line, `250 ` is the last one.
        if read == 0 || part.as_bytes().get(3) != Some(&b'-') {
            return answer;
        }
    }
}

fn greeted(sink: &SmtpSink) -> BufReader<TcpStream> {
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", sink.port())).unwrap());
    let mut greeting = String::new();
    stream.read_line(&mut greeting).unwrap();
    assert!(greeting.starts_with("220 "), "{greeting}");
    stream
}

/// Hands a message over and gives the last answer.
fn hand_over(sink: &SmtpSink, to: &str) -> String {
    let mut stream = greeted(sink);
    assert!(say(&mut stream, "EHLO client").starts_with("250"));
    assert!(say(&mut stream, "MAIL FROM:<tickets@example.org>").starts_with("250"));
    let answer = say(&mut stream, &format!("RCPT TO:<{to}>"));
    if !answer.starts_with("250") {
        return answer;
    }
    assert!(say(&mut stream, "DATA").starts_with("354"));
    say(&mut stream, "Subject: Your\r\n ticket\r\n\r\nSee you there.\r\n.")
}

#[tokio::test]
async fn a_message_is_kept_as_it_came_with_its_envelope() {
    let sink = SmtpSink::start(&SmtpOptions::default()).unwrap();
    assert!(hand_over(&sink, "guest@example.org").starts_with("250"));
    let messages = sink.messages_when(1).await.unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].from, "tickets@example.org");
    assert_eq!(messages[0].to, ["guest@example.org"]);
    assert_eq!(messages[0].header("subject").as_deref(), Some("Your ticket"));
    assert_eq!(messages[0].text(), "Subject: Your\r\n ticket\r\n\r\nSee you there.\r\n");
    assert!(!messages[0].tls);
}

#[test]
fn a_sink_refuses_defers_and_loses_answers_as_it_is_told() {
    let sink = SmtpSink::start(&SmtpOptions {
        refuse: vec!["gone@example.org".into()],
        defer: vec!["busy@example.org".into()],
        lose_answers: 1,
        ..SmtpOptions::default()
    })
    .unwrap();
    assert!(hand_over(&sink, "gone@example.org").starts_with("550"));
    assert!(hand_over(&sink, "busy@example.org").starts_with("451"));
    assert_eq!(hand_over(&sink, "guest@example.org"), "");
    assert!(hand_over(&sink, "guest@example.org").starts_with("250"));
    assert_eq!(sink.messages().unwrap().len(), 2);
}

#[test]
fn a_sink_counts_connections_and_breaks_them_as_it_is_told() {
    let sink = SmtpSink::start(&SmtpOptions {
        cut_at_reset: 1,
        cut_at_recipient: vec!["cut@example.org".into()],
        cut_after_data: vec!["late@example.org".into()],
        ..SmtpOptions::default()
    })
    .unwrap();
    let mut stream = greeted(&sink);
    assert_eq!(say(&mut stream, "RSET"), "");
    assert!(say(&mut greeted(&sink), "RSET").starts_with("250"));
    assert_eq!(hand_over(&sink, "cut@example.org"), "");
    assert!(hand_over(&sink, "cut@example.org").starts_with("250"));
    assert_eq!(hand_over(&sink, "late@house.example"), "250 2.0.0 Message accepted\r\n");
    assert_eq!(hand_over(&sink, "late@example.org"), "");
    let messages = sink.messages().unwrap();
    let by: Vec<_> = messages.iter().map(|message| (message.connection, message.signed)).collect();
    assert_eq!(by, [(4, None), (5, None), (6, None)]);
    assert_eq!(sink.connections().unwrap(), 6);
    let domains: Vec<_> = sink.per_domain().unwrap().into_iter().collect();
    assert_eq!(domains, [("example.org".to_owned(), 2), ("house.example".to_owned(), 1)]);
}

#[test]
fn a_sink_demands_tls_and_a_login_when_it_is_told() {
    let login = Some(("box".to_owned(), "secret".to_owned()));
    let sink = SmtpSink::start(&SmtpOptions { starttls: true, ..SmtpOptions::default() }).unwrap();
    let mut stream = greeted(&sink);
    assert!(say(&mut stream, "EHLO client").contains("STARTTLS"));
    assert!(say(&mut stream, "MAIL FROM:<tickets@example.org>").starts_with("530"));
    assert!(say(&mut stream, "STARTTLS").starts_with("220"));
    assert!(sink.certificate().unwrap().pem.starts_with("-----BEGIN CERTIFICATE-----\n"));

    let sink = SmtpSink::start(&SmtpOptions { login, ..SmtpOptions::default() }).unwrap();
    let mut stream = greeted(&sink);
    assert!(say(&mut stream, "EHLO client").contains("AUTH"));
    assert!(say(&mut stream, "MAIL FROM:<tickets@example.org>").starts_with("530"));
    // RFC 4616: base64 of NUL, user, NUL, password.
    assert!(say(&mut stream, "AUTH PLAIN AGJveAB3cm9uZw==").starts_with("535"));
    assert!(say(&mut stream, "AUTH PLAIN AGJveABzZWNyZXQ=").starts_with("235"));
    assert!(say(&mut stream, "MAIL FROM:<tickets@example.org>").starts_with("250"));
}

fn refuses(url: &str) -> bool {
    TcpStream::connect(address(url)).is_err()
}

/// Waits for what another process has to do.
fn eventually(what: &str, holds: impl Fn() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn with_servers_gives_its_command_all_servers_and_its_exit_code() {
    let script = format!(r#"echo "${POSTGRES_VARIABLE} ${REDIS_VARIABLE} ${S3_VARIABLE}"; exit 7"#);
    let run = Command::new(env!("CARGO_BIN_EXE_with-servers")).args(["sh", "-c", &script]).output().unwrap();
    assert_eq!(run.status.code(), Some(7));
    let said = String::from_utf8(run.stdout).unwrap();
    let said: Vec<_> = said.split_whitespace().collect();
    let [postgres, redis, s3] = said[..] else { panic!("{said:?}") };
    assert!(postgres.starts_with("postgres://"), "{said:?}");
    assert!(redis.starts_with("redis://"), "{said:?}");
    assert!(Bucket::parse(s3).is_some(), "{said:?}");
    assert!(said.into_iter().all(refuses), "all servers are stopped when the command is done");
}

/// Ends `with-servers` by a signal and sees that its servers end as well.
fn nothing_stays_after(signal: &str) {
    let script = format!(r#"echo "${POSTGRES_VARIABLE} ${REDIS_VARIABLE} ${S3_VARIABLE}"; exec cat"#);
    let mut run = Command::new(env!("CARGO_BIN_EXE_with-servers"))
        .args(["sh", "-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap());
    let mut said = String::new();
    lines.read_line(&mut said).unwrap();
    let servers: Vec<_> = said.split_whitespace().map(str::to_owned).collect();
    assert!(servers.len() == 3 && servers.iter().all(|url| !refuses(url)), "all servers run: {said}");
    let kill = format!("kill -s {signal} {}", run.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    // Kept open: `cat` does not end by itself before we have seen that it was ended.
    let input = run.stdin.take();
    assert!(!run.wait().unwrap().success());
    eventually("the servers end", || servers.iter().all(|url| refuses(url)));
    if signal == "TERM" {
        // The command is gone too: it held the other end of this pipe.
        lines.read_to_string(&mut said).unwrap();
    }
    drop(input);
}

#[test]
fn servers_end_when_the_run_is_terminated() {
    nothing_stays_after("TERM");
}

#[test]
fn servers_end_even_when_the_run_is_killed() {
    nothing_stays_after("KILL");
}
