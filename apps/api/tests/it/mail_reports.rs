//! Reports of other servers, passed on by a signed call, over HTTP and on both stores.

use crate::harness::shop::{Store, id};
use crate::harness::{Answer, Client, Person, answer, on_each_store};
use crate::totp::House;
use chrono::TimeDelta;
use kernel::{Clock, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use synesthesie::standard_webhooks::signature;

on_each_store!(
    a_bounce_is_known_of_its_mail_and_stops_announcements,
    what_nobody_signed_changes_nothing,
    nobody_is_believed_without_a_secret,
);

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn house(store: Store) -> House {
    House::with(store, &[("mail.webhook_secrets", SECRET)]).await
}

/// A report that a mail could not be delivered.
pub(crate) fn bounce(mail: &str, to: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.house.example\r\nTo: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b/1\"\r\n\r\n\
         --b/1\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\
         --b/1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.house.example\r\n\r\n\
         Final-Recipient: rfc822; somebody@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 unknown user\r\n\r\n\
         --b/1\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{mail}@house.example>\r\n\r\n--b/1--\r\n"
    )
}

/// Passes a message on, signed now.
pub(crate) async fn tell(client: &Client, name: &str, body: &str, now: Timestamp) -> Answer {
    let signed = signature(SECRET, name, now, body.as_bytes()).unwrap();
    send(client, (name, &now.timestamp().to_string(), &signed), body.to_owned()).await
}

async fn send(client: &Client, (name, time, signed): (&str, &str, &str), body: String) -> Answer {
    let request = client.request(Method::POST, "/webhooks/mail").header("content-type", "message/rfc822");
    let request = request.header("webhook-id", name).header("webhook-timestamp", time);
    answer(request.header("webhook-signature", signed).body(body)).await
}

/// A member, the mail that they were sent, and an admin.
async fn mailed(house: &House) -> (Person, String, Person) {
    let (ada, admin) = (house.app.member().await, house.app.admin().await);
    house.mails(&ada.email).await;
    let page = admin.client.get(&format!("/admin/mail?recipient={}", ada.email)).await.expect(200);
    let mail = id(&page["items"][0]).to_owned();
    (ada, mail, admin)
}

async fn a_bounce_is_known_of_its_mail_and_stops_announcements(store: Store) {
    let house = house(store).await;
    let (ada, mail, admin) = mailed(&house).await;
    let (stranger, now) = (house.app.stranger(), house.clock.now());
    let told =
        async |name: &str, body: &str| tell(&stranger, name, body, now).await.expect(200)["result"].clone();
    let report = bounce(&mail, "bounces@house.example");
    assert_eq!(told("one", &report).await, "applied");
    assert_eq!(told("one", &report).await, "repeat");
    assert_eq!(told("two", &report).await, "applied", "whoever says it twice says the same");
    let other = bounce("01900000-0000-7000-8000-000000000000", "bounces@house.example");
    assert_eq!(told("three", &other).await, "ignored");
    assert_eq!(told("four", "Subject: I am on holiday\r\n\r\nUntil Monday.\r\n").await, "ignored");

    let seen = admin.client.get(&format!("/admin/mail/{mail}")).await.expect(200);
    assert_eq!((&seen["state"], &seen["said"]), (&json!("bounced"), &json!("550 5.1.1 unknown user")));
    let trouble = admin.client.get("/admin/mail?state=trouble").await.expect(200);
    assert_eq!((trouble["items"].as_array().unwrap().len(), id(&trouble["items"][0])), (1, &*mail));
    let dashboard = admin.client.get("/admin/dashboard").await.expect(200);
    let in_trouble = json!({"deferred": 0, "bounced": 1, "failed": 0});
    assert_eq!(dashboard["platform"]["mail"], in_trouble);
    let stopped =
        async || ada.client.get("/users/me/export").await.expect(200)["announcements_stopped"].clone();
    assert_eq!(stopped().await["reason"], "bounced");
    assert!(stopped().await.get("address").is_none(), "by what the address is recognised is told to nobody");

    let path = format!("/admin/mail/{mail}/suppression");
    ada.client.delete(&path).await.expect_problem(403, "forbidden");
    admin.client.delete(&path).await.expect(204);
    admin.client.delete(&path).await.expect_problem(404, "not_found");
    assert_eq!(stopped().await, Value::Null);
    let acts = admin.client.get("/admin/audit?act=mail.lift_suppression").await.expect(200);
    assert_eq!(acts["items"][0]["subject"], json!({"kind": "mail", "id": mail}));

    // What was sent again was seen to.
    admin.client.post(&format!("/admin/mail/{mail}/resend"), &json!({})).await.expect(202);
    house.mails(&ada.email).await;
    let trouble = admin.client.get("/admin/mail?state=trouble").await.expect(200);
    assert_eq!(trouble["items"], json!([]));
    let dashboard = admin.client.get("/admin/dashboard?day=2026-06-02").await.expect(200);
    assert_eq!(dashboard["platform"]["mail"]["bounced"], 0);
}

async fn what_nobody_signed_changes_nothing(store: Store) {
    let house = house(store).await;
    let (_, mail, admin) = mailed(&house).await;
    let (stranger, now) = (house.app.stranger(), house.clock.now());
    let report = bounce(&mail, "bounces@house.example");
    let time = now.timestamp().to_string();
    let good = signature(SECRET, "one", now, report.as_bytes()).unwrap();
    let late = signature(SECRET, "one", now - TimeDelta::seconds(301), report.as_bytes()).unwrap();
    let then = (now - TimeDelta::seconds(301)).timestamp().to_string();
    for (name, time, signed) in [
        ("two", time.as_str(), good.as_str()),
        ("one", "0", good.as_str()),
        ("one", time.as_str(), "v1,AAAA"),
        ("one", time.as_str(), ""),
        ("", time.as_str(), good.as_str()),
        ("one", then.as_str(), late.as_str()),
    ] {
        let answer = send(&stranger, (name, time, signed), report.clone()).await;
        answer.expect_problem(400, "signature_invalid");
    }
    let changed = report.replace("5.1.1", "5.1.2");
    send(&stranger, ("one", &time, &good), changed).await.expect_problem(400, "signature_invalid");
    let bare = stranger.request(Method::POST, "/webhooks/mail").header("content-type", "message/rfc822");
    answer(bare.body(report.clone())).await.expect_problem(400, "signature_invalid");
    let json = stranger.post("/webhooks/mail", &json!({})).await;
    json.expect_problem(415, "unsupported_media_type");
    let long = "x".repeat(256 * 1024 + 1);
    tell(&stranger, "long", &long, now).await.expect_problem(413, "too_large");
    let seen = admin.client.get(&format!("/admin/mail/{mail}")).await.expect(200);
    assert_eq!(seen["state"], "sent");
    // It was none of those that made it come before.
    assert_eq!(tell(&stranger, "one", &report, now).await.expect(200)["result"], "applied");
}

async fn nobody_is_believed_without_a_secret(store: Store) {
    let house = House::open(store).await;
    let (_, mail, _) = mailed(&house).await;
    let (stranger, now) = (house.app.stranger(), house.clock.now());
    let report = bounce(&mail, "bounces@house.example");
    tell(&stranger, "one", &report, now).await.expect_problem(400, "signature_invalid");
}
