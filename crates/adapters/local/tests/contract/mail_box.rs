//! The box that keeps mails.

use adapter_local::{LocalStore, MailBox, Place};
use async_trait::async_trait;
use chrono::TimeDelta;
use kernel::{Attachment, Clock, EffectId, Mail, Mailer, PageRequest, Timestamp};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use testkit::mailer::{Arrived, Postbox};
use testkit::{StoppedClock, noon};

/// Goes on by a second whenever it is asked.
#[derive(Default)]
struct Ticking(StoppedClock);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        self.0.advance(TimeDelta::seconds(1));
        self.0.now()
    }
}

/// A box on disk, as its reader sees it.
struct OnDisk {
    mails: MailBox,
    /// Gone when this is dropped.
    _directory: TempDir,
}

async fn open() -> OnDisk {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(Place::Directory(directory.path().to_owned())).unwrap();
    OnDisk { mails: MailBox::new(store, Arc::new(Ticking::default())), _directory: directory }
}

#[async_trait]
impl Postbox for OnDisk {
    fn mailer(&self) -> &dyn Mailer {
        &self.mails
    }

    async fn arrived(&self) -> Vec<Arrived> {
        let arrived = self.mails.list(all()).items.into_iter().rev().map(|received| {
            let Mail { id, to, subject, text, html, attachments, unsubscribe, .. } = received.mail;
            Arrived { id: id.to_string(), to, subject, text, html, attachments, unsubscribe }
        });
        arrived.collect()
    }
}

testkit::mailer_contract!(open);

fn mail(text: &str) -> Mail {
    Mail {
        id: EffectId::generate(noon()),
        to: "ada@example.org".into(),
        subject: "Your tickets".into(),
        text: text.into(),
        html: Some("<p>\u{fc}</p>".into()),
        attachments: vec![Attachment {
            filename: "ticket.png".into(),
            content_type: "image/png".into(),
            content_id: Some("ticket".into()),
            bytes: vec![0, 255, 10, 13],
        }],
        return_path: None,
        unsubscribe: None,
    }
}

fn in_memory(clock: &Arc<StoppedClock>) -> MailBox {
    MailBox::new(LocalStore::open(Place::Memory).unwrap(), clock.clone())
}

fn on_disk(directory: &Path) -> MailBox {
    let store = LocalStore::open(Place::Directory(directory.to_owned())).unwrap();
    MailBox::new(store, Arc::new(StoppedClock::default()))
}

fn all() -> PageRequest {
    PageRequest { limit: 100, after: None }
}

#[tokio::test]
async fn a_mail_is_kept_whole_and_survives() {
    let directory = tempfile::tempdir().unwrap();
    let mail = mail("Come in.");
    on_disk(directory.path()).send(&mail).await.unwrap();
    let kept = on_disk(directory.path()).mail(mail.id).unwrap();
    assert_eq!((kept.at, kept.mail), (noon(), mail));
}

#[tokio::test]
async fn the_same_mail_sent_twice_is_one_mail() {
    let clock = Arc::new(StoppedClock::default());
    let mails = in_memory(&clock);
    let mail = mail("Once.");
    mails.send(&mail).await.unwrap();
    clock.advance(TimeDelta::minutes(1));
    mails.send(&mail).await.unwrap();
    let items = mails.list(all()).items;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].at, noon(), "it arrived when it was sent first");
}

#[tokio::test]
async fn mails_are_listed_newest_first_in_pages_that_meet() {
    let clock = Arc::new(StoppedClock::default());
    let mails = in_memory(&clock);
    let mut sent = Vec::new();
    for number in 0..7 {
        let mail = mail(&number.to_string());
        mails.send(&mail).await.unwrap();
        sent.insert(0, mail.id);
        clock.advance(TimeDelta::microseconds(1));
    }
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = mails.list(PageRequest { limit: 3, after });
        found.extend(page.items.iter().map(|received| received.mail.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, sent);
}

#[tokio::test]
async fn a_full_box_lets_go_of_the_oldest() {
    let clock = Arc::new(StoppedClock::default());
    let mails = in_memory(&clock);
    let mut sent = Vec::new();
    for number in 0..10 {
        let mut mail = mail(&number.to_string());
        mail.attachments[0].bytes = vec![7; 10 << 20];
        mails.send(&mail).await.unwrap();
        sent.push(mail.id);
        clock.advance(TimeDelta::seconds(1));
    }
    let kept: Vec<_> = sent.iter().filter(|id| mails.mail(**id).is_some()).copied().collect();
    assert_eq!(kept, sent[4..], "six times ten MiB fit into sixty-four");
}
