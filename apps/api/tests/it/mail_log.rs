//! Mails and what became of them, over HTTP and on both stores.

use crate::harness::providers::Till;
use crate::harness::shop::{Shop, Store, id};
use crate::harness::{Client, PASSWORD, Person, answer, on_each_store};
use reqwest::Method;
use serde_json::{Value, json};

on_each_store!(
    every_mail_is_in_the_log_with_what_became_of_it,
    a_mail_is_sent_again_under_another_name_and_it_is_on_record,
    who_leaves_takes_addresses_along,
);

/// Somebody who bought a ticket and was sent it, and an admin.
async fn bought(shop: &Shop) -> (Person, Value, Client) {
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, Till::Stripe).await;
    shop.press(&booking, "pay").await;
    shop.work().await;
    let admin = shop.again(&shop.admin).await.client;
    (ada, booking, admin)
}

/// The mails that an admin finds.
async fn listed(admin: &Client, query: &str) -> Vec<Value> {
    let page = admin.get(&format!("/admin/mail?limit=100&{query}")).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

/// The one of this kind.
async fn only(admin: &Client, ada: &Person, kind: &str) -> Value {
    let mut found = listed(admin, &format!("recipient={}&kind={kind}", ada.email)).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

async fn every_mail_is_in_the_log_with_what_became_of_it(store: Store) {
    let shop = Shop::open(store, 2).await;
    let (ada, booking, admin) = bought(&shop).await;
    let mail = only(&admin, &ada, "tickets").await;
    assert_eq!((&mail["state"], &mail["tries"], &mail["said"]), (&json!("sent"), &json!(1), &Value::Null));
    assert_eq!((&mail["to"], &mail["account_id"]), (&json!(ada.email), &json!(ada.id)));
    assert_eq!((&mail["booking_id"], &mail["event_id"]), (&booking["id"], &json!(shop.event)));
    assert!(mail["subject"].as_str().unwrap().ends_with("A night out"), "{mail}");
    assert!(mail["text"].as_str().unwrap().contains(booking["reference"].as_str().unwrap()));
    assert!(mail["attachments"].as_array().is_some_and(|files| files.len() > 1));
    assert!(mail["sent_at"].is_string() && mail["sent_again_as"].is_null());
    let path = format!("/admin/mail/{}", id(&mail));
    assert_eq!(admin.get(&path).await.expect(200), mail);

    for query in [
        format!("booking_id={}", id(&booking)),
        format!("event_id={}&kind=tickets", shop.event),
        format!("account_id={}&kind=tickets", ada.id),
        format!("state=sent&kind=tickets&recipient={}", ada.email.to_uppercase()),
    ] {
        let found = listed(&admin, &query).await;
        assert_eq!(found.iter().map(id).collect::<Vec<_>>(), [id(&mail)], "{query}");
    }
    for state in ["queued", "deferred", "bounced", "failed", "trouble"] {
        assert_eq!(listed(&admin, &format!("state={state}")).await, Vec::<Value>::new());
    }
    // What an account owes is known by its account.
    assert_eq!(only(&admin, &ada, "verify_email").await["account_id"], json!(ada.id));
    for wrong in ["state=lost", "recipient=nobody", "kind=a%20b", "event_id=x", "limit=0"] {
        admin.get(&format!("/admin/mail?{wrong}")).await.expect_problem(422, "invalid_input");
    }
    let client = shop.again(&ada).await.client;
    for path in ["/admin/mail", "/admin/mail/export", &path] {
        client.get(path).await.expect_problem(403, "forbidden");
    }

    let table = admin.get(&format!("/admin/mail/export?kind=tickets&recipient={}", ada.email)).await;
    assert_eq!((table.status, table.header("content-type")), (200, "text/csv; charset=utf-8"));
    let lines: Vec<_> = table.text.lines().collect();
    assert!(
        lines.len() == 2 && lines[1].starts_with(id(&mail)) && lines[1].contains(&ada.email),
        "{lines:?}"
    );
    let acts = admin.get("/admin/audit?act=mail.export").await;
    assert!(!acts.text.contains(&ada.email), "{}", acts.text);
    let acts = acts.expect(200);
    let after = &acts["items"][0]["after"];
    assert_eq!((&after["kind"], &after["searched"]), (&json!("tickets"), &json!(true)));

    // Mails that are only tried are none of those.
    admin.post("/admin/mail/test", &json!({"template": "tickets"})).await.expect(202);
    assert_eq!(listed(&admin, "kind=test").await[0]["to"], json!(shop.admin.email));
}

async fn a_mail_is_sent_again_under_another_name_and_it_is_on_record(store: Store) {
    let shop = Shop::open(store, 2).await;
    let (ada, _, admin) = bought(&shop).await;
    let mail = only(&admin, &ada, "tickets").await;
    let path = format!("/admin/mail/{}/resend", id(&mail));
    let member = shop.again(&ada).await.client;
    member.post(&path, &json!({})).await.expect_problem(403, "forbidden");
    let again = admin.post_once(&path, "once", &json!({})).await.expect(202);
    assert_eq!(
        (&again["state"], &again["kind"], &again["to"]),
        (&json!("queued"), &mail["kind"], &mail["to"])
    );
    assert_ne!(again["id"], mail["id"]);
    assert_eq!(admin.post_once(&path, "once", &json!({})).await.expect(202), again, "one click, one mail");
    admin.post(&path, &json!({})).await.expect_problem(409, "mail_waiting");
    shop.work().await;
    let mut mails = shop.mails(&ada.email);
    mails.retain(|it| !it.attachments.is_empty());
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].subject, mails[1].subject);
    assert!(mails.iter().any(|it| it.id.to_string() == id(&again)), "under its own name");
    let seen = admin.get(&format!("/admin/mail/{}", id(&mail))).await.expect(200);
    assert_eq!(seen["sent_again_as"], again["id"]);
    let sent = admin.get(&format!("/admin/mail/{}", id(&again))).await.expect(200);
    assert_eq!((&sent["state"], &sent["tries"]), (&json!("sent"), &json!(1)));
    let acts = admin.get("/admin/audit?act=mail.resend").await;
    assert!(!acts.text.contains(&ada.email), "{}", acts.text);
    let acts = acts.expect(200);
    assert_eq!(acts["items"].as_array().unwrap().len(), 1);
    assert_eq!(acts["items"][0]["subject"], json!({"kind": "mail", "id": mail["id"]}));
    let nobodys = "/admin/mail/01900000-0000-7000-8000-000000000000";
    admin.post(&format!("{nobodys}/resend"), &json!({})).await.expect_problem(404, "not_found");
    admin.get(nobodys).await.expect_problem(404, "not_found");

    // A link that was followed is not sent again, and nobody waits for it.
    let proof = only(&admin, &ada, "verify_email").await;
    let text = proof["text"].as_str().unwrap();
    let token = text.split_once("#token=").unwrap().1.split_whitespace().next().unwrap();
    shop.app.stranger().post("/auth/verify-email", &json!({"token": token})).await.expect(204);
    let path = format!("/admin/mail/{}/resend", id(&proof));
    let again = admin.post(&path, &json!({})).await.expect(202);
    shop.work().await;
    let seen = admin.get(&format!("/admin/mail/{}", id(&again))).await.expect(200);
    assert_eq!((&seen["state"], &seen["tries"], &seen["text"]), (&json!("failed"), &json!(0), &Value::Null));
    // Nor is one that was only a trial.
    admin.post("/admin/mail/test", &json!({"template": "tickets"})).await.expect(202);
    let trial = listed(&admin, "kind=test").await.remove(0);
    let path = format!("/admin/mail/{}/resend", id(&trial));
    admin.post(&path, &json!({})).await.expect_problem(409, "mail_forgotten");
}

async fn who_leaves_takes_addresses_along(store: Store) {
    let shop = Shop::open(store, 2).await;
    let (ada, booking, admin) = bought(&shop).await;
    let mail = only(&admin, &ada, "tickets").await;
    let client = shop.again(&ada).await.client;
    let export = client.get("/users/me/export").await.expect(200);
    let own = export["mails"].as_array().unwrap();
    let kinds: Vec<_> = own.iter().map(|mail| mail["about"]["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"tickets") && kinds.contains(&"verify_email"), "{kinds:?}");
    assert!(own.iter().all(|mail| mail["to"] == json!(ada.email) && mail.get("origin").is_none()));
    assert_eq!(export["announcements_stopped"], Value::Null);
    let gone = client.request(Method::DELETE, "/users/me").json(&json!({"password": PASSWORD}));
    answer(gone).await.expect(204);
    shop.work().await;
    assert_eq!(listed(&admin, &format!("recipient={}", ada.email)).await, Vec::<Value>::new());
    let kept = listed(&admin, &format!("booking_id={}", id(&booking))).await;
    assert!(kept.iter().all(|mail| mail["to"].is_null() && mail["said"].is_null()), "{kept:?}");
    assert!(kept.iter().any(|it| it["id"] == mail["id"] && it["state"] == "sent"), "that it was sent stays");
    let path = format!("/admin/mail/{}/resend", id(&mail));
    admin.post(&path, &json!({})).await.expect_problem(409, "mail_forgotten");
}
