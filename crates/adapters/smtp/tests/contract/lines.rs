//! Lines to the server are kept for the next mail, and none is trusted further than it goes.

use crate::{mailer, trust};
use adapter_smtp::SmtpMailer;
use kernel::{MailError, Mailer};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::mailer::letter;
use testkit::servers::{SmtpOptions, SmtpSink};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const GUEST: &str = "guest@house.example";
const CUT: &str = "cut@house.example";

/// With TLS from the first byte: where there is none, each line begins with a connection that asks for it.
fn started(options: SmtpOptions) -> (SmtpSink, SmtpMailer) {
    let sink = SmtpSink::start(&SmtpOptions { implicit_tls: true, ..options }).unwrap();
    let trusted = trust(&sink);
    let mailer = mailer(&format!("smtps://127.0.0.1:{}?ca_file={}", sink.port(), trusted.path().display()));
    (sink, mailer)
}

/// By which connection each mail came.
fn connections(sink: &SmtpSink) -> Vec<u32> {
    sink.messages().unwrap().iter().map(|mail| mail.connection).collect()
}

/// To whom each mail went.
fn recipients(sink: &SmtpSink) -> Vec<String> {
    sink.messages().unwrap().into_iter().flat_map(|mail| mail.to).collect()
}

async fn deferred(mailer: &SmtpMailer, to: &str) {
    let answer = mailer.send(&letter(to)).await;
    assert!(matches!(answer, Err(MailError::Deferred(_))), "{answer:?}");
}

#[tokio::test]
async fn a_line_carries_a_hundred_mails_and_no_more() {
    let (sink, mailer) = started(SmtpOptions::default());
    for _ in 0..101 {
        mailer.send(&letter(GUEST)).await.unwrap();
    }
    let mut expected = vec![1; 100];
    expected.push(2);
    assert_eq!(connections(&sink), expected);
}

#[tokio::test]
async fn many_at_once_share_a_few_lines_and_each_arrives_once() {
    let (sink, mailer) = started(SmtpOptions::default());
    let mailer = Arc::new(mailer);
    let mut sending = JoinSet::new();
    for number in 0..60 {
        let mailer = Arc::clone(&mailer);
        sending.spawn(async move { mailer.send(&letter(&format!("{number}@house.example"))).await });
    }
    for sent in sending.join_all().await {
        sent.unwrap();
    }
    let mut arrived = recipients(&sink);
    arrived.sort();
    arrived.dedup();
    assert_eq!((arrived.len(), sink.messages().unwrap().len()), (60, 60));
    assert!(sink.connections().unwrap() <= 8, "{:?}", connections(&sink));
}

#[tokio::test]
async fn a_line_that_was_lost_meanwhile_costs_no_mail() {
    let (sink, mailer) = started(SmtpOptions {
        cut_at_reset: 1,
        cut_at_recipient: vec![CUT.into()],
        ..SmtpOptions::default()
    });
    for to in [GUEST, GUEST, CUT, GUEST] {
        mailer.send(&letter(to)).await.unwrap();
    }
    assert_eq!(connections(&sink), [1, 2, 3, 3]);
    assert_eq!(recipients(&sink), [GUEST, GUEST, CUT, GUEST]);
}

#[tokio::test]
async fn on_a_new_line_nothing_is_tried_again() {
    let (sink, mailer) =
        started(SmtpOptions { cut_at_recipient: vec![CUT.into()], ..SmtpOptions::default() });
    deferred(&mailer, CUT).await;
    assert_eq!(sink.connections().unwrap(), 1);
}

#[tokio::test]
async fn a_mail_that_was_begun_is_not_begun_again() {
    let (sink, mailer) = started(SmtpOptions { cut_after_data: vec![CUT.into()], ..SmtpOptions::default() });
    mailer.send(&letter(GUEST)).await.unwrap();
    let answer = mailer.send(&letter(CUT)).await;
    assert!(matches!(answer, Err(MailError::Unheard(_))), "{answer:?}");
    assert_eq!(recipients(&sink), [GUEST, CUT]);
    assert_eq!(sink.connections().unwrap(), 1);
    mailer.send(&letter(GUEST)).await.unwrap();
    assert_eq!(connections(&sink), [1, 1, 2]);
}

#[tokio::test]
async fn a_refusal_ends_no_line_but_a_request_for_patience_does() {
    let (sink, mailer) = started(SmtpOptions {
        refuse: vec!["gone@house.example".into()],
        defer: vec!["busy@house.example".into()],
        ..SmtpOptions::default()
    });
    mailer.send(&letter(GUEST)).await.unwrap();
    let answer = mailer.send(&letter("gone@house.example")).await;
    assert!(matches!(answer, Err(MailError::Refused(_))), "{answer:?}");
    mailer.send(&letter(GUEST)).await.unwrap();
    assert_eq!(sink.connections().unwrap(), 1);
    deferred(&mailer, "busy@house.example").await;
    assert_eq!(sink.connections().unwrap(), 1, "it is not asked twice");
    mailer.send(&letter(GUEST)).await.unwrap();
    assert_eq!(connections(&sink), [1, 1, 2]);
}

/// A server that takes one mail on a line, and at the next says this to the sender. Counts the lines that carried one.
async fn weary_server(says: &'static str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let lines = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&lines);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(one_mail(socket, says, Arc::clone(&counted)));
        }
    });
    (port, lines)
}

async fn one_mail(mut socket: TcpStream, says: &str, lines_that_carry: Arc<AtomicUsize>) {
    let (reader, mut writer) = socket.split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 weary\r\n").await.unwrap();
    let (mut inside, mut taken) = (false, false);
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match (inside, line.as_str()) {
            (true, ".") => "250 fine",
            (true, _) => continue,
            (false, "DATA") => "354 go on",
            (false, line) if line.starts_with("MAIL") && taken => says,
            (false, line) if line.starts_with("MAIL") => {
                lines_that_carry.fetch_add(1, Ordering::SeqCst);
                taken = true;
                "250 fine"
            }
            (false, _) => "250 fine",
        };
        inside = line == "DATA" && !inside;
        if writer.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            break;
        }
    }
}

#[tokio::test]
async fn a_server_that_has_enough_of_a_line_gets_another() {
    for says in ["421 4.7.0 Too many messages", "452 4.5.3 Too many messages", "550 5.7.0 Once only"] {
        let (port, lines) = weary_server(says).await;
        let mailer = mailer(&format!("smtp://127.0.0.1:{port}"));
        for count in 1..=3 {
            mailer.send(&letter(GUEST)).await.unwrap();
            assert_eq!(lines.load(Ordering::SeqCst), count, "{says}");
        }
    }
}
