//! Tickets go out by SMTP: once, with their codes, also when the mail server does not want them at first; signed, and no
//! faster than they may.

use crate::events::cast::{Cast, id};
use crate::harness::{Person, TestApp};
use crate::mail_reports::{SECRET, bounce, tell};
use crate::night::Night;
use chrono::TimeDelta;
use data_encoding::BASE64;
use kernel::outbox::{Standing, WorkFilter};
use kernel::{Clock, PageRequest, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use synesthesie::worker;
use testkit::StoppedClock;
use testkit::dkim;
use testkit::servers::{ReceivedMail, SmtpOptions, SmtpSink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const TITLE: &str = "Night at the pier";

/// A server whose mails go to whichever sink is told.
struct Office {
    app: TestApp,
    clock: Arc<StoppedClock>,
    cast: Cast,
    night: Night,
    /// Port of the sink that takes mails now.
    sink: watch::Sender<u16>,
}

impl Office {
    async fn open() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        let clock = Arc::new(StoppedClock::at(SystemClock.now()));
        let (sink, port) = watch::channel(0);
        let url = relay(port).await;
        let own = [
            ("mail.url", url.as_str()),
            ("mail.bounce_address", "bounces@house.example"),
            ("mail.webhook_secrets", SECRET),
        ];
        let settings = [&own[..], settings].concat();
        let app = TestApp::with_clock(&settings, clock.clone()).await;
        let cast = Cast::of(&app).await;
        let night = Night::of(&cast, TITLE).await;
        Self { app, clock, cast, night, sink }
    }

    fn hand_to(&self, sink: &SmtpSink) {
        self.sink.send_replace(sink.port());
    }

    /// Performs what is due, and what comes of it.
    async fn work(&self) {
        while worker::round(&self.app.app).await.unwrap() > 0 {}
    }

    /// Time passes, and what is due then is performed.
    async fn later(&self, time: TimeDelta) {
        self.clock.advance(time);
        self.work().await;
    }

    fn guest(&self) -> &Person {
        &self.cast.member
    }

    /// Each ticket's picture as its holder sees it.
    async fn pictures(&self, booking: &Value) -> Vec<Vec<u8>> {
        let mut pictures = Vec::new();
        for ticket in booking["tickets"].as_array().unwrap() {
            let path = format!("/tickets/{}/qr.png", id(ticket));
            let answer = self.guest().client.request(Method::GET, &path).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            pictures.push(answer.bytes().await.unwrap().to_vec());
        }
        pictures
    }
}

/// An address that passes connections on to the port that is told when they come. They end when another one is told.
async fn relay(to: watch::Receiver<u16>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut to = to.clone();
            let port = *to.borrow_and_update();
            tokio::spawn(async move {
                let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                    _ = to.changed() => {}
                }
            });
        }
    });
    url
}

/// The mails with tickets that somebody got.
fn tickets(sink: &SmtpSink, guest: &Person) -> Vec<ReceivedMail> {
    let mut mails = sink.messages().unwrap();
    mails.retain(|mail| {
        mail.to == [guest.email.as_str()]
            && mail.header("subject").is_some_and(|subject| subject.contains(TITLE))
    });
    mails
}

/// Whether a mail has exactly these pictures, each once.
#[track_caller]
fn assert_pictures(mail: &ReceivedMail, pictures: &[Vec<u8>]) {
    let text = mail.text();
    assert_eq!(text.matches("Content-Type: image/png").count(), pictures.len(), "{text}");
    assert_eq!(text.matches("Content-Type: application/pdf").count(), 1, "all tickets in one file: {text}");
    let unbroken = text.replace(['\r', '\n'], "");
    for (place, picture) in pictures.iter().enumerate() {
        assert!(text.contains(&format!("ticket-{}.png", place + 1)), "{text}");
        assert_eq!(unbroken.matches(&BASE64.encode(picture)).count(), 1, "picture {place} of {text}");
    }
}

#[tokio::test]
async fn a_booking_is_answered_by_one_mail_with_a_picture_for_each_ticket() {
    let office = Office::open().await;
    let sink = SmtpSink::start(&SmtpOptions::default()).unwrap();
    office.hand_to(&sink);
    let booking = office.night.book(&office.guest().client, 3).await;
    assert!(tickets(&sink, office.guest()).is_empty(), "the buyer does not wait for the mail server");
    office.work().await;
    let mails = tickets(&sink, office.guest());
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].header("subject").unwrap(), format!("Your tickets for {TITLE}"));
    assert!(mails[0].text().contains(booking["reference"].as_str().unwrap()));
    let pictures = office.pictures(&booking).await;
    assert_eq!(pictures.len(), 3);
    assert_pictures(&mails[0], &pictures);
    let all = sink.messages().unwrap().len();
    office.work().await;
    office.later(TimeDelta::days(1)).await;
    assert_eq!(sink.messages().unwrap().len(), all, "nothing is sent a second time");
    assert_eq!(office.app.app.outbox.backlog().await.unwrap().oldest_due, None);
}

#[tokio::test]
async fn a_mail_that_is_not_wanted_yet_goes_out_later_and_once() {
    let office = Office::open().await;
    let defer = vec![office.guest().email.clone()];
    let busy = SmtpSink::start(&SmtpOptions { defer, ..SmtpOptions::default() }).unwrap();
    let ready = SmtpSink::start(&SmtpOptions::default()).unwrap();
    office.hand_to(&busy);
    let booking = office.night.book(&office.guest().client, 2).await;
    let pictures = office.pictures(&booking).await;
    office.work().await;
    office.later(TimeDelta::minutes(1)).await;
    assert!(tickets(&busy, office.guest()).is_empty());
    office.hand_to(&ready);
    office.work().await;
    assert!(tickets(&ready, office.guest()).is_empty(), "a busy server is left alone for a while");
    office.later(TimeDelta::minutes(1)).await;
    let mails = tickets(&ready, office.guest());
    assert_eq!(mails.len(), 1);
    assert_pictures(&mails[0], &pictures);
    office.later(TimeDelta::days(1)).await;
    assert_eq!(tickets(&ready, office.guest()).len(), 1);
    let backlog = office.app.app.outbox.backlog().await.unwrap();
    assert_eq!((backlog.oldest_due, backlog.parked), (None, 0));
}

#[tokio::test]
async fn a_mail_that_may_have_arrived_comes_again_under_the_same_name() {
    let office = Office::open().await;
    let broken = SmtpSink::start(&SmtpOptions { lose_answers: 1000, ..SmtpOptions::default() }).unwrap();
    let ready = SmtpSink::start(&SmtpOptions::default()).unwrap();
    office.hand_to(&broken);
    office.night.book(&office.guest().client, 1).await;
    office.work().await;
    office.hand_to(&ready);
    office.later(TimeDelta::minutes(1)).await;
    office.later(TimeDelta::days(1)).await;
    let (first, second) = (tickets(&broken, office.guest()), tickets(&ready, office.guest()));
    assert_eq!((first.len(), second.len()), (1, 1));
    let name = first[0].header("message-id").unwrap();
    assert_eq!(second[0].header("message-id").unwrap(), name, "mailboxes can tell that it is the same");
}

#[tokio::test]
async fn what_becomes_of_a_mail_is_in_the_log_and_its_bounce_finds_it_by_where_it_goes() {
    let office = Office::open().await;
    let admin = &office.cast.admin.client;
    let defer = vec![office.guest().email.clone()];
    let busy = SmtpSink::start(&SmtpOptions { defer, ..SmtpOptions::default() }).unwrap();
    let ready = SmtpSink::start(&SmtpOptions::default()).unwrap();
    office.hand_to(&busy);
    let booking = office.night.book(&office.guest().client, 1).await;
    office.work().await;
    let path = format!("/admin/mail?kind=tickets&booking_id={}", id(&booking));
    let only = async |path: &str| {
        let page = admin.get(path).await.expect(200);
        assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
        page["items"][0].clone()
    };
    let put_off = only(&path).await;
    assert_eq!((&put_off["state"], &put_off["tries"]), (&json!("deferred"), &json!(1)));
    assert!(put_off["said"].is_string() && put_off["text"].is_null() && put_off["sent_at"].is_null());
    let again = format!("/admin/mail/{}/resend", id(&put_off));
    admin.post(&again, &json!({})).await.expect_problem(409, "mail_waiting");
    office.hand_to(&ready);
    office.later(TimeDelta::minutes(1)).await;
    let sent = only(&path).await;
    assert_eq!((&sent["id"], &sent["state"], &sent["tries"]), (&put_off["id"], &json!("sent"), &json!(2)));

    let mail = tickets(&ready, office.guest()).remove(0);
    let name = id(&sent).replace('-', "");
    assert_eq!(
        mail.from,
        format!("bounces+{name}@house.example"),
        "reports of it go to an address of its own"
    );
    assert!(mail.header("from").unwrap().contains("tickets@localhost"), "and answers to who wrote it");
    // What comes back may say nothing of it but by where it goes.
    let report = bounce("nobody-knows", &mail.from);
    let stranger = office.app.stranger();
    let told = tell(&stranger, "one", &report, office.clock.now()).await.expect(200);
    assert_eq!(told["result"], "applied");
    assert_eq!(only(&path).await["state"], "bounced");
    admin.post(&again, &json!({})).await.expect(202);
    office.work().await;
    let mails = tickets(&ready, office.guest());
    assert_eq!(mails.len(), 2);
    let [first, second] = [&mails[0], &mails[1]].map(|mail| mail.header("message-id").unwrap());
    assert_ne!(first, second, "or it would be shown once");
}

/// Where an admin finds a mail with tickets that a mail server has refused for good, and that server.
async fn refused(office: &Office) -> (String, SmtpSink) {
    let refuse = vec![office.guest().email.clone()];
    let strict = SmtpSink::start(&SmtpOptions { refuse, ..SmtpOptions::default() }).unwrap();
    office.hand_to(&strict);
    let booking = office.night.book(&office.guest().client, 1).await;
    office.work().await;
    (format!("/admin/mail?kind=tickets&booking_id={}", id(&booking)), strict)
}

#[tokio::test]
async fn what_is_given_up_has_failed_until_somebody_has_it_tried_again() {
    let office = Office::open().await;
    let admin = &office.cast.admin.client;
    let (path, _strict) = refused(&office).await;
    let stands = async || {
        let seen = admin.get(&path).await.expect(200);
        (seen["items"][0]["state"].clone(), seen["items"][0]["tries"].clone())
    };
    assert_eq!(stands().await, (json!("failed"), json!(1)));
    let ready = SmtpSink::start(&SmtpOptions::default()).unwrap();
    office.hand_to(&ready);
    office.later(TimeDelta::minutes(1)).await;
    assert_eq!(stands().await, (json!("failed"), json!(1)), "it was refused for good");
    let jobs = admin.get("/admin/jobs?state=parked&kind=send_tickets").await.expect(200);
    assert_eq!(jobs["items"].as_array().unwrap().len(), 1, "{jobs}");
    let all = json!({"state": "parked", "kind": "send_tickets"});
    let tried = admin.post("/admin/jobs/retry", &all).await.expect(200);
    assert_eq!(tried["changed"], 1);
    office.work().await;
    assert_eq!(stands().await, (json!("sent"), json!(2)));
    assert_eq!(tickets(&ready, office.guest()).len(), 1);
}

#[tokio::test]
async fn what_was_refused_and_is_sent_again_arrives_once() {
    let office = Office::open().await;
    let admin = &office.cast.admin.client;
    let (path, _strict) = refused(&office).await;
    let seen = admin.get(&path).await.expect(200);
    let ready = SmtpSink::start(&SmtpOptions::default()).unwrap();
    office.hand_to(&ready);
    let again = format!("/admin/mail/{}/resend", id(&seen["items"][0]));
    admin.post(&again, &json!({})).await.expect(202);
    office.work().await;
    assert_eq!(tickets(&ready, office.guest()).len(), 1);
    office.later(TimeDelta::days(1)).await;
    assert_eq!(tickets(&ready, office.guest()).len(), 1, "nobody else tries it");
}

#[tokio::test]
async fn what_goes_out_is_signed_by_the_key_that_was_given() {
    let office = Office::with(&[
        ("mail.from", "The House <tickets@house.example>"),
        ("mail.dkim_key", dkim::KEY),
        ("mail.dkim_selector", "summer"),
    ])
    .await;
    let record = ("summer._domainkey.house.example".to_owned(), dkim::PUBLISHED.to_owned());
    let sink = SmtpSink::start(&SmtpOptions { dkim_record: Some(record), ..SmtpOptions::default() }).unwrap();
    office.hand_to(&sink);
    office.night.book(&office.guest().client, 2).await;
    office.work().await;
    assert_eq!(tickets(&sink, office.guest()).len(), 1);
    let mails = sink.messages().unwrap();
    assert!(mails.iter().all(|mail| mail.signed == Some(true)), "{mails:?}");
    assert!(mails.iter().all(|mail| mail.header("dkim-signature").unwrap().contains("d=house.example;")));
}

#[tokio::test]
async fn no_more_mails_a_minute_go_to_a_domain_than_may_and_waiting_is_no_failure() {
    const MINUTES: usize = 30;
    let office = Office::with(&[("mail.per_domain_per_minute", "2")]).await;
    let sink = SmtpSink::start(&SmtpOptions::default()).unwrap();
    office.hand_to(&sink);
    for _ in 0..3 {
        office.night.book(&office.guest().client, 1).await;
    }
    office.work().await;
    for halves in 1..=2 * MINUTES {
        let arrived = sink.per_domain().unwrap();
        assert_eq!(arrived.keys().collect::<Vec<_>>(), ["example.org"], "all of this test live there");
        let most = 2 * halves.div_ceil(2);
        assert!(arrived["example.org"] <= most, "{arrived:?} in {halves} half minutes");
        let (failing, page) = (WorkFilter::of(Standing::Failing), PageRequest { limit: 100, after: None });
        let failing = office.app.app.outbox.listed(&failing, page).await.unwrap();
        assert!(failing.items.is_empty(), "{failing:?}");
        if office.app.app.outbox.backlog().await.unwrap().waiting == 0 {
            break;
        }
        office.later(TimeDelta::seconds(30)).await;
    }
    assert_eq!(office.app.app.outbox.backlog().await.unwrap().waiting, 0, "all went out in the end");
    assert_eq!(tickets(&sink, office.guest()).len(), 3);
    let all = sink.messages().unwrap();
    let mut ids: Vec<_> = all.iter().map(|mail| mail.header("message-id").unwrap()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all.len(), "each went out once");
    assert!(all.len() > 4, "more than go in two minutes: {}", all.len());
    let metrics = office.app.stranger().get("/metrics").await.text;
    let jobs: Vec<_> =
        metrics.lines().filter(|line| line.starts_with("synesthesie_job_seconds_count")).collect();
    assert!(jobs.iter().any(|line| line.contains("result=\"again\"")), "{jobs:#?}");
    assert!(!jobs.iter().any(|line| line.contains("result=\"failed\"")), "{jobs:#?}");
}
