//! The promises of a mailer, kept towards an SMTP server that is not ours.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod dkim;
mod lines;

use adapter_smtp::{SmtpMailer, UnusableSettings};
use kernel::{Attachment, Mail, MailError, Mailer};
use mail_parser::{MessageParser, MimeHeaders};
use std::io::Write;
use std::sync::Arc;
use testkit::StoppedClock;
use testkit::mailer::{Arrived, Postbox, letter};
use testkit::servers::{ReceivedMail, SmtpOptions, SmtpSink};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

const FROM: &str = "The House <tickets@house.example>";

fn mailer(url: &str) -> SmtpMailer {
    SmtpMailer::new(url, FROM, Arc::new(StoppedClock::default())).unwrap()
}

/// A file by which a sink with TLS is trusted.
fn trust(sink: &SmtpSink) -> tempfile::NamedTempFile {
    let mut trusted = tempfile::NamedTempFile::new().unwrap();
    trusted.write_all(sink.certificate().unwrap().pem.as_bytes()).unwrap();
    trusted
}

struct Sink {
    mailer: SmtpMailer,
    sink: SmtpSink,
}

async fn open() -> Sink {
    let sink = SmtpSink::start(&SmtpOptions::default()).unwrap();
    Sink { mailer: mailer(&sink.url()), sink }
}

#[async_trait::async_trait]
impl Postbox for Sink {
    fn mailer(&self) -> &dyn Mailer {
        &self.mailer
    }

    async fn arrived(&self) -> Vec<Arrived> {
        self.sink.messages().unwrap().iter().map(read).collect()
    }
}

/// What a mail program makes of it.
fn read(mail: &ReceivedMail) -> Arrived {
    let message = MessageParser::default().parse(&mail.raw).unwrap();
    let file = |part: &mail_parser::MessagePart<'_>| {
        let kind = part.content_type().unwrap();
        Attachment {
            filename: part.attachment_name().unwrap().to_owned(),
            content_type: format!("{}/{}", kind.ctype(), kind.subtype().unwrap()),
            content_id: part.content_id().map(str::to_owned),
            bytes: part.contents().to_vec(),
        }
    };
    let html = message.html_bodies().next().filter(|part| part.is_text_html());
    Arrived {
        id: message.message_id().unwrap().to_owned(),
        to: mail.to.join(","),
        subject: message.subject().unwrap().to_owned(),
        text: message.body_text(0).unwrap().into_owned(),
        html: html.and_then(|part| part.text_contents()).map(str::to_owned),
        attachments: message.attachments().map(file).collect(),
        unsubscribe: unsubscribe(mail),
    }
}

/// What a mail program that knows RFC 8058 sends a POST to.
fn unsubscribe(mail: &ReceivedMail) -> Option<String> {
    let one_click = mail.header("List-Unsubscribe-Post")? == "List-Unsubscribe=One-Click";
    let link = mail.header("List-Unsubscribe").filter(|_| one_click)?;
    Some(link.trim().strip_prefix('<')?.strip_suffix('>')?.to_owned())
}

testkit::mailer_contract!(open);

#[tokio::test]
async fn envelope_and_header_name_sender_and_recipient() {
    let sink = open().await;
    sink.mailer.send(&letter("guest@house.example")).await.unwrap();
    let mail = sink.sink.messages().unwrap().remove(0);
    assert_eq!(
        (mail.from.as_str(), mail.to.as_slice()),
        ("tickets@house.example", &["guest@house.example".to_owned()][..])
    );
    let message = MessageParser::default().parse(&mail.raw).unwrap();
    let from = message.from().unwrap().first().unwrap();
    assert_eq!((from.name(), from.address()), (Some("The House"), Some("tickets@house.example")));
    assert_eq!(mail.header("Date").unwrap(), "Mon, 1 Jun 2026 12:00:00 +0000");
    assert!(!mail.tls);
}

#[tokio::test]
async fn reports_go_where_the_mail_says_and_replies_to_the_sender() {
    let sink = open().await;
    let return_path = Some("bounces+1@house.example".parse().unwrap());
    sink.mailer.send(&Mail { return_path, ..letter("guest@house.example") }).await.unwrap();
    let mail = sink.sink.messages().unwrap().remove(0);
    assert_eq!(mail.from, "bounces+1@house.example");
    assert!(mail.header("from").unwrap().contains("<tickets@house.example>"));
}

#[tokio::test]
async fn what_the_server_never_takes_is_refused() {
    let options = SmtpOptions { refuse: vec!["gone@house.example".into()], ..SmtpOptions::default() };
    let sink = SmtpSink::start(&options).unwrap();
    let mailer = mailer(&sink.url());
    let answer = mailer.send(&letter("gone@house.example")).await;
    assert!(matches!(answer, Err(MailError::Refused(_))), "{answer:?}");
    mailer.send(&letter("guest@house.example")).await.unwrap();
    assert_eq!(sink.messages().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_no_address_is_refused_before_the_server_hears_of_it() {
    let sink = open().await;
    for to in ["", "guest", "guest@house.example>\r\nRCPT TO:<thief@house.example"] {
        let answer = sink.mailer.send(&letter(to)).await;
        assert!(matches!(answer, Err(MailError::Refused(_))), "{to}: {answer:?}");
    }
    assert!(sink.sink.messages().unwrap().is_empty());
}

#[tokio::test]
async fn what_the_server_does_not_take_now_is_deferred() {
    let options = SmtpOptions { defer: vec!["full@house.example".into()], ..SmtpOptions::default() };
    let sink = SmtpSink::start(&options).unwrap();
    let answer = mailer(&sink.url()).send(&letter("full@house.example")).await;
    assert!(matches!(answer, Err(MailError::Deferred(_))), "{answer:?}");
}

#[tokio::test]
async fn while_the_server_is_away_mails_are_deferred() {
    let sink = SmtpSink::start(&SmtpOptions::default()).unwrap();
    let mailer = mailer(&sink.url());
    drop(sink);
    let answer = mailer.send(&letter("guest@house.example")).await;
    assert!(matches!(answer, Err(MailError::Deferred(_))), "{answer:?}");
}

#[tokio::test]
async fn after_a_lost_answer_the_repeat_carries_the_same_id() {
    let options = SmtpOptions { lose_answers: 1, ..SmtpOptions::default() };
    let sink = SmtpSink::start(&options).unwrap();
    let (mailer, mail) = (mailer(&sink.url()), letter("guest@house.example"));
    let answer = mailer.send(&mail).await;
    assert!(matches!(answer, Err(MailError::Unheard(_))), "it may have arrived: {answer:?}");
    mailer.send(&mail).await.unwrap();
    let ids: Vec<_> =
        sink.messages().unwrap().iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids.first(), ids.last());
}

#[tokio::test]
async fn the_connection_is_encrypted_and_the_login_used_where_the_server_wants_it() {
    let login = Some(("me@house.example".to_owned(), "p:w/d".to_owned()));
    let sink = SmtpSink::start(&SmtpOptions { starttls: true, login, ..SmtpOptions::default() }).unwrap();
    let trusted = trust(&sink);
    let url = |password: &str| {
        let (port, file) = (sink.port(), trusted.path().display());
        format!("smtp://me%40house.example:{password}@127.0.0.1:{port}?ca_file={file}")
    };
    let known = mailer(&url("p%3Aw%2Fd"));
    for _ in 0..2 {
        known.send(&letter("guest@house.example")).await.unwrap();
    }
    for mail in sink.messages().unwrap() {
        assert!(mail.tls);
        assert_eq!((mail.user.as_deref(), mail.connection), (Some("me@house.example"), 1));
    }
    // A wrong password is our mistake and not the mail's: it waits until that is put right.
    let answer = mailer(&url("wrong")).send(&letter("guest@house.example")).await;
    assert!(matches!(answer, Err(MailError::Deferred(_))), "{answer:?}");
    assert_eq!(sink.messages().unwrap().len(), 2);
}

#[tokio::test]
async fn a_server_that_cannot_prove_its_name_gets_no_mail() {
    let sink = SmtpSink::start(&SmtpOptions { starttls: true, ..SmtpOptions::default() }).unwrap();
    let answer = mailer(&sink.url()).send(&letter("guest@house.example")).await;
    assert!(matches!(answer, Err(MailError::Deferred(_))), "{answer:?}");
    assert!(sink.messages().unwrap().is_empty());
}

#[tokio::test]
async fn unusable_settings_are_refused_at_the_start() {
    let clock = || Arc::new(StoppedClock::default());
    let from = SmtpMailer::new("smtp://localhost", "nobody", clock());
    assert!(matches!(from, Err(UnusableSettings::From)));
    let url = SmtpMailer::new("imap://localhost", FROM, clock());
    assert!(matches!(url, Err(UnusableSettings::Url)));
}

#[tokio::test]
async fn with_smtps_the_first_byte_is_encrypted() {
    let login = Some(("me".to_owned(), "secret".to_owned()));
    let sink = SmtpSink::start(&SmtpOptions { implicit_tls: true, login, ..SmtpOptions::default() }).unwrap();
    let trusted = trust(&sink);
    let url = format!("smtps://me:secret@127.0.0.1:{}?ca_file={}", sink.port(), trusted.path().display());
    let known = mailer(&url);
    for _ in 0..2 {
        known.send(&letter("guest@house.example")).await.unwrap();
    }
    let mails = sink.messages().unwrap();
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().all(|mail| mail.tls && mail.connection == 1), "{mails:?}");
    // Without TLS there is nothing to fall back to.
    let open = SmtpSink::start(&SmtpOptions::default()).unwrap();
    let plain = mailer(&format!("smtps://127.0.0.1:{}", open.port()));
    let answer = plain.send(&letter("guest@house.example")).await;
    assert!(matches!(answer, Err(MailError::Deferred(_))), "{answer:?}");
}

/// A server that finds every message with a file in it too large.
async fn narrow_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (reader, mut writer) = socket.split();
            let mut lines = BufReader::new(reader).lines();
            writer.write_all(b"220 narrow\r\n").await.unwrap();
            let (mut inside, mut has_file) = (false, false);
            while let Ok(Some(line)) = lines.next_line().await {
                has_file = inside && (has_file || line.contains("filename"));
                let answer: &[u8] = match (inside, line.as_str()) {
                    (false, "DATA") => b"354 go on\r\n",
                    (false, _) => b"250 fine\r\n",
                    (true, ".") if has_file => b"552 too much\r\n",
                    (true, ".") => b"250 fine\r\n",
                    (true, _) => continue,
                };
                inside = line == "DATA" && !inside;
                if writer.write_all(answer).await.is_err() {
                    break;
                }
            }
        }
    });
    port
}

#[tokio::test]
async fn a_mail_that_is_too_large_goes_without_its_files() {
    let mailer = mailer(&format!("smtp://127.0.0.1:{}", narrow_server().await));
    let mut mail = letter("guest@house.example");
    mail.attachments.push(Attachment {
        filename: "tickets.pdf".into(),
        content_type: "application/pdf".into(),
        content_id: None,
        bytes: vec![0; 100],
    });
    mailer.send(&mail).await.unwrap();
    // What the text itself shows has to come along: then there is nothing to leave out.
    mail.html = Some("<img src=\"cid:one\">".into());
    for file in &mut mail.attachments {
        file.content_id = Some("one".into());
    }
    let answer = mailer.send(&mail).await;
    assert!(matches!(answer, Err(MailError::Refused(_))), "{answer:?}");
}
