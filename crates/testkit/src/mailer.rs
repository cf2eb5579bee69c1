//! What every mailer promises, by what arrives.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use async_trait::async_trait;
use kernel::{Attachment, EffectId, Mail, Mailer};

use crate::noon;

/// A mailer with the eyes of its recipients.
#[async_trait]
pub trait Postbox: Send + Sync {
    /// What is tested.
    fn mailer(&self) -> &dyn Mailer;
    /// What arrived, oldest first. The id is the one that the carrier knows a mail by; its recipients may see the
    /// same one twice.
    async fn arrived(&self) -> Vec<Arrived>;
}

/// A mail as its recipient gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// The same for the same mail, and for no other.
    pub id: String,
    /// Recipient.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: Option<String>,
    /// Files in their order, those inside the HTML first.
    pub attachments: Vec<Attachment>,
    /// Where its reader's mail program can tell that they want no more of these.
    pub unsubscribe: Option<String>,
}

/// One test per promise: `testkit::mailer_contract!(open)`, where `open` is an `async fn() -> impl Postbox` that gives
/// a fresh one.
#[macro_export]
macro_rules! mailer_contract {
    ($open:ident) => {
        $crate::mailer_contract!($open;
            a_mail_arrives_whole,
            a_text_arrives_as_it_was_written,
            files_without_html_are_attached,
            a_repeated_mail_is_known_by_its_id,
            mails_do_not_mix,
            a_link_to_want_no_more_arrives_whole,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod mailer {
            $(
                #[tokio::test]
                async fn $case() {
                    $crate::mailer::$case(&super::$open().await).await;
                }
            )+
        }
    };
}

/// A plain one.
#[must_use]
pub fn letter(to: &str) -> Mail {
    Mail {
        id: EffectId::generate(noon()),
        to: to.into(),
        subject: "Your tickets".into(),
        text: "See you there.".into(),
        html: None,
        attachments: Vec::new(),
        return_path: None,
        unsubscribe: None,
    }
}

fn file(name: &str, content_type: &str, content_id: Option<&str>, bytes: &[u8]) -> Attachment {
    Attachment {
        filename: name.into(),
        content_type: content_type.into(),
        content_id: content_id.map(str::to_owned),
        bytes: bytes.to_vec(),
    }
}

/// Line ends and the last one of them are the carrier's.
fn same(text: &str) -> String {
    text.replace("\r\n", "\n").trim_end().to_owned()
}

async fn only(postbox: &impl Postbox) -> Arrived {
    let mut arrived = postbox.arrived().await;
    assert_eq!(arrived.len(), 1);
    arrived.pop().unwrap()
}

pub async fn a_mail_arrives_whole(postbox: &impl Postbox) {
    let every_byte: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let picture = file("ticket-1.png", "image/png", Some("ticket-1"), &every_byte);
    let paper = file("Füße & \"Öl\".pdf", "application/pdf", None, b"%PDF-1.7\r\n.\r\n");
    let mail = Mail {
        subject: "Füße & Öl 🎧: so long that it does not fit into one line of a header, as subjects in real life do".into(),
        html: Some("<p>Grüße</p><img src=\"cid:ticket-1\">".into()),
        attachments: vec![picture.clone(), paper.clone()],
        ..letter("guest@house.example")
    };
    postbox.mailer().send(&mail).await.unwrap();
    let arrived = only(postbox).await;
    assert_eq!((&arrived.to, &arrived.subject), (&mail.to, &mail.subject));
    assert_eq!(same(&arrived.text), mail.text);
    assert_eq!(arrived.html.as_deref().map(same), mail.html);
    assert_eq!(arrived.attachments, [picture, paper]);
}

pub async fn a_text_arrives_as_it_was_written(postbox: &impl Postbox) {
    let long = "x".repeat(2000);
    let text = format!("Grüße\n.\n..\nFrom here = there\n\ttab  \n{long}\n-- \nThe house");
    postbox.mailer().send(&Mail { text: text.clone(), ..letter("guest@house.example") }).await.unwrap();
    let arrived = only(postbox).await;
    assert_eq!(same(&arrived.text), text);
    assert_eq!((arrived.html, arrived.attachments), (None, Vec::new()));
}

pub async fn files_without_html_are_attached(postbox: &impl Postbox) {
    let picture = file("ticket.png", "image/png", None, b"\x89PNG");
    let mail = Mail { attachments: vec![picture.clone()], ..letter("guest@house.example") };
    postbox.mailer().send(&mail).await.unwrap();
    let arrived = only(postbox).await;
    assert_eq!(same(&arrived.text), mail.text);
    assert_eq!(arrived.attachments, [picture]);
}

pub async fn a_repeated_mail_is_known_by_its_id(postbox: &impl Postbox) {
    let (one, other) = (letter("guest@house.example"), letter("guest@house.example"));
    for mail in [&one, &one, &other] {
        postbox.mailer().send(mail).await.unwrap();
    }
    let mut ids: Vec<String> = postbox.arrived().await.into_iter().map(|arrived| arrived.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 2, "{ids:?}");
    for (id, mail) in ids.iter().zip([&one, &other]) {
        assert!(id.contains(&mail.id.to_string()), "{id}");
    }
}

pub async fn mails_do_not_mix(postbox: &impl Postbox) {
    let mails = ["one@house.example", "two@house.example"].map(letter);
    for mail in &mails {
        postbox.mailer().send(mail).await.unwrap();
    }
    let arrived = postbox.arrived().await;
    for mail in &mails {
        let found = arrived.iter().find(|arrived| arrived.to == mail.to).expect("every mail arrives");
        assert!(found.id.contains(&mail.id.to_string()));
    }
}

pub async fn a_link_to_want_no_more_arrives_whole(postbox: &impl Postbox) {
    // Longer than a line of a header should be.
    let link = format!("https://house.example/api/v1/unsubscribe/{}", "Zx-9_".repeat(30));
    let mail = Mail { unsubscribe: Some(link.clone()), ..letter("guest@house.example") };
    postbox.mailer().send(&mail).await.unwrap();
    postbox.mailer().send(&letter("other@house.example")).await.unwrap();
    for arrived in postbox.arrived().await {
        let expected = (arrived.to == mail.to).then(|| link.clone());
        assert_eq!(arrived.unsubscribe, expected, "only what is sent to many has one");
    }
}
