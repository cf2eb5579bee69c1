//! What is said to many, as a mail server hears it.

use super::{PATH, english};
use crate::events::cast::id;
use crate::harness::{PASSWORD, Person, TestApp, unique_email};
use chrono::TimeDelta;
use kernel::{Clock, SystemClock};
use serde_json::json;
use std::sync::Arc;
use synesthesie::worker;
use testkit::StoppedClock;
use testkit::servers::{SmtpOptions, SmtpSink};

/// A system that sends by SMTP, and the time.
async fn sending(sink: &SmtpSink) -> (TestApp, Arc<StoppedClock>) {
    let clock = Arc::new(StoppedClock::at(SystemClock.now()));
    (TestApp::with_clock(&[("mail.url", &sink.url())], clock.clone()).await, clock)
}

async fn work(app: &TestApp) {
    while worker::round(&app.app).await.unwrap() > 0 {}
}

/// Says something to all members at once; where it is looked at.
async fn say(app: &TestApp, admin: &Person) -> String {
    let body = json!({"audience": {"kind": "members"}, "texts": english("Doors")});
    let path = format!("{PATH}/{}", id(&admin.client.post(PATH, &body).await.expect(201)));
    admin.client.post(&format!("{path}/schedule"), &json!({})).await.expect(200);
    work(app).await;
    path
}

#[tokio::test]
async fn what_nobody_heard_the_end_of_is_sent_again_by_one_click() {
    // What goes first is taken, and nobody is told.
    let deaf = SmtpSink::start(&SmtpOptions { lose_answers: 1, ..SmtpOptions::default() }).unwrap();
    let (app, clock) = sending(&deaf).await;
    let admin = app.admin().await;
    let path = say(&app, &admin).await;
    clock.advance(TimeDelta::minutes(5));
    work(&app).await;
    let seen = admin.client.get(&path).await.expect(200);
    assert_eq!(seen["recipients"]["uncertain"], 1, "{seen}");
    let mails = deaf.messages().unwrap();
    assert_eq!(mails.len(), 1, "it is not sent again by itself");
    assert_eq!(mails[0].header("list-unsubscribe-post").unwrap(), "List-Unsubscribe=One-Click");
    assert!(mails[0].header("list-unsubscribe").unwrap().contains("/api/v1/unsubscribe/"));
    let resent = admin.client.post(&format!("{path}/recipients/resend"), &json!({})).await.expect(202);
    assert_eq!(resent, json!({"recipients": 1}));
    work(&app).await;
    let mails = deaf.messages().unwrap();
    assert_eq!(mails.len(), 2);
    let [first, second] = [&mails[0], &mails[1]].map(|mail| mail.header("message-id").unwrap());
    assert_ne!(first, second, "or it would be shown once");
    let seen = admin.client.get(&path).await.expect(200);
    assert_eq!((&seen["recipients"]["sent"], &seen["recipients"]["uncertain"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn what_is_called_off_while_the_server_is_busy_is_no_trouble() {
    let busy = unique_email("busy");
    let options = SmtpOptions { defer: vec![busy.clone()], ..SmtpOptions::default() };
    let sink = SmtpSink::start(&options).unwrap();
    let (app, clock) = sending(&sink).await;
    app.app.accounts.create_admin(&busy, PASSWORD.into(), ("Site", "Admin")).await.unwrap();
    let admin = app.admin().await;
    let path = say(&app, &admin).await;
    let query = "/admin/mail?state=trouble&kind=announcement";
    let trouble = admin.client.get(query).await.expect(200);
    assert_eq!(trouble["items"].as_array().unwrap().len(), 1, "{trouble}");
    let mail = format!("/admin/mail/{}", id(&trouble["items"][0]));
    admin.client.post(&format!("{path}/cancel"), &json!({})).await.expect(200);
    clock.advance(TimeDelta::minutes(5));
    work(&app).await;
    let seen = admin.client.get(&mail).await.expect(200);
    assert_eq!((&seen["state"], &seen["said"]), (&json!("failed"), &json!("it was called off")));
    assert_eq!(admin.client.get(query).await.expect(200)["items"], json!([]));
    let again = admin.client.post(&format!("{mail}/resend"), &json!({})).await;
    again.expect_problem(409, "mail_forgotten");
}

#[tokio::test]
async fn a_dead_address_keeps_nothing_from_the_others_and_a_busy_server_gets_it_later() {
    let (dead, busy) = (unique_email("dead"), unique_email("busy"));
    let options =
        SmtpOptions { refuse: vec![dead.clone()], defer: vec![busy.clone()], ..SmtpOptions::default() };
    let sink = SmtpSink::start(&options).unwrap();
    let (app, clock) = sending(&sink).await;
    for email in [&dead, &busy] {
        app.app.accounts.create_admin(email, PASSWORD.into(), ("Site", "Admin")).await.unwrap();
    }
    let admin = app.admin().await;
    let path = say(&app, &admin).await;
    let counts = async || {
        let seen = app.login(&admin.email, PASSWORD).await.client.get(&path).await.expect(200);
        ["sent", "failed", "waiting"].map(|state| seen["recipients"][state].as_u64().unwrap())
    };
    assert_eq!(counts().await, [1, 1, 1]);
    let trouble = admin.client.get("/admin/mail?state=trouble&kind=announcement").await.expect(200);
    assert_eq!(trouble["items"].as_array().unwrap().len(), 2);
    // It is tried for a day and a half, and then given up.
    for _ in 0..40 {
        clock.advance(TimeDelta::hours(6));
        work(&app).await;
    }
    assert_eq!(counts().await, [1, 2, 0]);
    let seen = app.login(&admin.email, PASSWORD).await.client.get(&path).await.expect(200);
    assert_eq!(seen["status"], "sent");
    assert_eq!(sink.messages().unwrap().len(), 1);
    // Only what a person may want to have tried again is set aside.
    assert_eq!(app.app.outbox.backlog().await.unwrap().parked, 1);
}
