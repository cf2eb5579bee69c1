//! Mails to many: how many of an announcement the program hands over in a second, beside its adapter alone, and that beside a
//! client which does nothing but talk.

use crate::databases::{ADMIN, PASSWORD};
use crate::options::Options;
use crate::report::table::Line;
use crate::{Failure, SIGNING_KEY, megabytes, program};
use adapter_smtp::SmtpMailer;
use kernel::{Clock, EffectId, Mail, Mailer, SystemClock};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::load::{BoxOffice, MailSink, register};
use testkit::servers::{PostgresServer, Program};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const DATABASE: &str = "mail";
/// Who register; those who are written to are so many for each thousand.
const PEOPLE: u32 = 1000;
/// Mails that are handed over at the same time, as those of announcements are by the worker.
const AT_ONCE: usize = 8;
/// What should go out in a second.
const GOAL: f64 = 10_000.0;
/// What takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(900);
/// Between two looks how far it is.
const POLL: Duration = Duration::from_millis(20);

/// All three.
pub(crate) async fn measure(server: &PostgresServer, options: &Options) -> Result<Vec<Line>, Failure> {
    let sink = MailSink::start()?;
    eprintln!("mail: a client that only talks");
    let bare = talked(&sink, options.time).await?;
    eprintln!("  {bare:.0} a second\nmail: the adapter");
    let adapter = handed_over(&sink, options.time).await?;
    eprintln!("  {adapter:.0} a second\nmail: the program");
    let sent = sent(server, &sink, options).await?;
    eprintln!("  {:.0} a second", sent.per_second);
    let connections = format!("    connections for {} mails", sent.mails);
    Ok(vec![
        Line::new(format!("mails to a server, {AT_ONCE} connections that are kept, a second"), bare),
        Line::new(format!("the same by the program's adapter, {AT_ONCE} at once"), adapter)
            .beside("that client", adapter / bare),
        Line::new("mails of an announcement, by the worker, a second", sent.per_second)
            .beside("the adapter", sent.per_second / adapter)
            .judged("10,000", sent.per_second >= GOAL),
        Line::new(connections, sent.connections),
        Line::new("    memory of the program at its most, MB", sent.memory),
    ])
}

/// What the program did.
struct Sent {
    mails: usize,
    per_second: f64,
    connections: f64,
    memory: f64,
}

/// Has a program send an announcement to many people.
async fn sent(server: &PostgresServer, sink: &MailSink, options: &Options) -> Result<Sent, Failure> {
    let mails = usize::try_from(announce(server, options.mails).await?)?;
    sink.forget();
    let mut working = house(server, &sink.url(), true)?;
    working.serve()?;
    let since = Instant::now();
    while sink.count() < mails {
        if since.elapsed() > PATIENCE {
            return Err(format!("{} of {mails} mails came: {}", sink.count(), working.log()).into());
        }
        tokio::time::sleep(POLL).await;
    }
    let memory = working.memory().map_or(0, |memory| memory.peak);
    working.stop()?;
    let taken = sink.taken();
    let different: HashSet<_> = taken.iter().map(|mail| mail.id.as_str()).collect();
    if different.len() != mails || taken.len() != mails {
        return Err(format!(
            "{mails} mails were owed, {} came, {} of them once",
            taken.len(),
            different.len()
        )
        .into());
    }
    let connections = u32::try_from(sink.connections()).map_or(0.0, f64::from);
    let per_second = sink.pace().ok_or("too few mails came")?;
    Ok(Sent { mails, per_second, connections, memory: megabytes(memory) })
}

/// Has a house say something to so many thousand members, and answers how many mails that makes: whoever runs it is a member as
/// well. As nobody works there yet, nobody is written down and nothing has gone; whatever else is owed is forgotten.
async fn announce(server: &PostgresServer, thousands: u32) -> Result<u32, Failure> {
    server.query("postgres", &format!("CREATE DATABASE {DATABASE};"))?;
    let mut house = house(server, "box:", false)?;
    house.run(&["migrate"], "")?;
    house.run(&["user", "create-admin", "--email", ADMIN, "--password-stdin"], PASSWORD)?;
    house.serve()?;
    register(house.address(), PEOPLE).await?;
    let mut office = BoxOffice::open(house.address(), ADMIN, PASSWORD).await?;
    office.announce("The doors open earlier", &text()).await?;
    house.stop()?;
    let more = format!(
        "INSERT INTO accounts (id, email, password_hash, first_name, last_name, role, status, profile, search_text, \
             created_at, updated_at) \
         SELECT gen_random_uuid(), number || '-' || email, password_hash, first_name, last_name, role, status, profile, \
             search_text, created_at, updated_at FROM accounts, generate_series(2, {thousands}) number \
         WHERE role = 'member'; \
         DELETE FROM effects WHERE domain <> 'announcements'; VACUUM (ANALYZE) accounts, effects;"
    );
    server.query(DATABASE, &more)?;
    let members: u32 = server.query(DATABASE, "SELECT count(*) FROM accounts;")?.trim().parse()?;
    let owed: u32 = server.query(DATABASE, "SELECT count(*) FROM effects;")?.trim().parse()?;
    if (members, owed) == (thousands * PEOPLE + 1, 1) {
        Ok(members)
    } else {
        Err(format!("{members} members are there, and {owed} effects for them").into())
    }
}

fn house(server: &PostgresServer, mail: &str, works: bool) -> Result<Program, Failure> {
    let (url, works) = (server.database_url(DATABASE), works.to_string());
    let settings = [
        ("store.url", url.as_str()),
        ("mail.url", mail),
        ("mail.from", "House <house@example.org>"),
        ("payments.simulators", "false"),
        ("limits.enabled", "false"),
        ("auth.registration", "open"),
        ("auth.bcrypt_cost", "4"),
        ("auth.signing_key", SIGNING_KEY),
        ("worker.enabled", works.as_str()),
    ];
    Ok(Program::new(&program(), &settings)?)
}

/// Mails a second by the adapter, without a program around it.
async fn handed_over(sink: &MailSink, time: Duration) -> Result<f64, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mailer = Arc::new(SmtpMailer::new(&sink.url(), "House <house@example.org>", Arc::clone(&clock))?);
    sink.forget();
    let until = Instant::now() + time;
    let mut loops = JoinSet::new();
    for number in 0..AT_ONCE {
        let (mailer, clock) = (Arc::clone(&mailer), Arc::clone(&clock));
        loops.spawn(async move {
            while Instant::now() < until {
                mailer.send(&letter(EffectId::generate(clock.now()), number)).await?;
            }
            Ok::<_, Failure>(())
        });
    }
    ended(loops).await?;
    Ok(sink.pace().ok_or("too few mails came")?)
}

/// What is said.
fn text() -> String {
    "The doors open an hour earlier than we said. Whoever has a ticket comes in with it.\n".repeat(8)
}

/// As long as one of the program's.
fn letter(id: EffectId, number: usize) -> Mail {
    let text = text();
    Mail {
        id,
        to: format!("guest-{number}@example.org"),
        subject: "The doors open earlier".to_owned(),
        html: Some(format!("<p>{text}</p>").repeat(3)),
        text,
        attachments: Vec::new(),
        return_path: None,
        unsubscribe: None,
    }
}

/// Mails a second by clients that write what stands ready, on connections that they keep.
async fn talked(sink: &MailSink, time: Duration) -> Result<f64, Failure> {
    sink.forget();
    let until = Instant::now() + time;
    let mut loops = JoinSet::new();
    for number in 0..AT_ONCE {
        loops.spawn(talk(sink.address(), number, until));
    }
    ended(loops).await?;
    Ok(sink.pace().ok_or("too few mails came")?)
}

async fn talk(address: SocketAddr, number: usize, until: Instant) -> Result<(), Failure> {
    let mut line = TcpStream::connect(address).await?;
    line.set_nodelay(true)?;
    let mut heard = Vec::new();
    answer(&mut line, &mut heard, "220").await?;
    say(&mut line, &mut heard, ("EHLO bench\r\n", "250")).await?;
    let body =
        format!("Subject: x\r\n\r\n{}\r\n.\r\n", letter(EffectId::generate(SystemClock.now()), number).text);
    let to = format!("RCPT TO:<guest-{number}@example.org>\r\n");
    while Instant::now() < until {
        for exchange in [
            ("MAIL FROM:<house@example.org>\r\n", "250"),
            (to.as_str(), "250"),
            ("DATA\r\n", "354"),
            (body.as_str(), "250"),
        ] {
            say(&mut line, &mut heard, exchange).await?;
        }
    }
    say(&mut line, &mut heard, ("QUIT\r\n", "221")).await
}

async fn say(line: &mut TcpStream, heard: &mut Vec<u8>, (text, code): (&str, &str)) -> Result<(), Failure> {
    line.write_all(text.as_bytes()).await?;
    answer(line, heard, code).await
}

/// Waits for the last line of an answer, which has a space behind its code.
async fn answer(line: &mut TcpStream, heard: &mut Vec<u8>, code: &str) -> Result<(), Failure> {
    heard.clear();
    loop {
        if line.read_buf(heard).await? == 0 {
            return Err("the mail server went away".into());
        }
        let text = String::from_utf8_lossy(heard);
        let Some(last) = text.strip_suffix("\r\n").and_then(|text| text.lines().next_back()) else {
            continue;
        };
        if last.get(3..4) == Some(" ") {
            let fine = last.starts_with(code);
            return if fine { Ok(()) } else { Err(format!("the mail server said {last}").into()) };
        }
    }
}

async fn ended(mut loops: JoinSet<Result<(), Failure>>) -> Result<(), Failure> {
    while let Some(ended) = loops.join_next().await {
        ended??;
    }
    Ok(())
}
