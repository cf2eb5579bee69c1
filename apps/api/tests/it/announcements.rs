//! What is said to many, over HTTP and on both stores.

mod out;
mod whose;

use crate::harness::providers::Till;
use crate::harness::shop::{Shop, Store, id};
use crate::harness::{Answer, Client, Person, TestApp, answer, on_each_store, unique_email};
use chrono::{SecondsFormat, TimeDelta};
use kernel::{Clock, Mail};
use messaging::{Report, Status, Verdict};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

on_each_store!(
    it_goes_to_each_once_in_their_language_and_to_late_ones_while_it_is_valid,
    a_mail_program_unsubscribes_by_a_post_and_tickets_come_all_the_same,
    who_cannot_be_reached_is_left_out_and_counted,
    what_is_called_off_or_thrown_away_goes_to_nobody,
    what_an_announcement_cannot_be_is_named,
);

const PATH: &str = "/admin/announcements";
const HOUR: i64 = 3600;

/// Somebody with a ticket of the event.
async fn guest(shop: &Shop) -> Person {
    let guest = shop.buyer().await;
    bought(shop, &guest).await;
    guest
}

async fn bought(shop: &Shop, guest: &Person) {
    let booking = shop.book(guest, Till::Stripe).await;
    shop.press(&booking, "pay").await;
    shop.work().await;
}

/// An admin, whatever the clock says.
async fn admin(shop: &Shop) -> Client {
    shop.again(&shop.admin).await.client
}

fn to_holders(shop: &Shop, texts: &Value) -> Value {
    json!({"audience": {"kind": "ticket_holders", "event_id": shop.event}, "texts": texts})
}

fn english(subject: &str) -> Value {
    json!({"en": {"subject": subject, "body": "Come at seven.\nBring a coat.\n\nhttps://example.org/way"}})
}

/// What somebody was told of this subject.
fn told(shop: &Shop, guest: &Person, subject: &str) -> Vec<Mail> {
    shop.mails(&guest.email).into_iter().filter(|mail| mail.subject == subject).collect()
}

/// Says something at once; what is answered.
async fn say(shop: &Shop, body: &Value) -> String {
    let admin = admin(shop).await;
    let made = id(&admin.post(PATH, body).await.expect(201)).to_owned();
    admin.post(&format!("{PATH}/{made}/schedule"), &json!({})).await.expect(200);
    shop.work().await;
    made
}

async fn shown(shop: &Shop, announcement: &str) -> Value {
    admin(shop).await.get(&format!("{PATH}/{announcement}")).await.expect(200)
}

/// Each recipient with how they stand, by their address.
async fn recipients(shop: &Shop, announcement: &str) -> BTreeSet<(String, String)> {
    let page =
        admin(shop).await.get(&format!("{PATH}/{announcement}/recipients?limit=100")).await.expect(200);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let items = page["items"].as_array().unwrap().iter();
    items.map(|one| (text(&one["email"]), text(&one["state"]))).collect()
}

async fn it_goes_to_each_once_in_their_language_and_to_late_ones_while_it_is_valid(store: Store) {
    let shop = Shop::open(store, 20).await;
    let (ada, bob) = (guest(&shop).await, guest(&shop).await);
    shop.again(&bob).await.client.patch("/users/me", &json!({"language": "de"})).await.expect(200);
    let desk = admin(&shop).await;
    let mut texts = english("The doors open earlier");
    texts["de"] = json!({"subject": "Einlass schon früher", "body": "Kommt um sieben."});
    let mut body = to_holders(&shop, &texts);
    let instant =
        |hours| (shop.clock.now() + TimeDelta::hours(hours)).to_rfc3339_opts(SecondsFormat::Secs, true);
    body["valid_until"] = json!(instant(48));
    let made = desk.post(PATH, &body).await;
    let location = made.header("location").to_owned();
    let made = made.expect(201);
    let path = format!("{PATH}/{}", id(&made));
    assert_eq!(location, format!("/api/v1{path}"));
    assert_eq!((&made["status"], &made["audience"]["event_id"]), (&json!("draft"), &json!(shop.event)));

    let preview = desk.post(&format!("{path}/preview"), &json!({})).await.expect(200);
    assert_eq!((&preview["recipients"], &preview["readers"]), (&json!(2), &json!({"de": 1, "en": 1})));
    assert_eq!(preview["mails"].as_array().unwrap().len(), 2);
    desk.post(&format!("{path}/test"), &json!({"language": "de"})).await.expect(202);
    let tried = told(&shop, &shop.admin, "Einlass schon früher");
    assert_eq!(tried.len(), 1, "only to whoever tries it");
    assert!(told(&shop, &bob, "Einlass schon früher").is_empty());

    let at = json!({"at": instant(1)});
    let scheduled = desk.post(&format!("{path}/schedule"), &at).await.expect(200);
    assert_eq!(scheduled["status"], "scheduled");
    shop.work().await;
    assert!(told(&shop, &ada, "The doors open earlier").is_empty(), "its time has not come");
    shop.later(HOUR).await;
    let hers = told(&shop, &ada, "The doors open earlier");
    let his = told(&shop, &bob, "Einlass schon früher");
    assert_eq!((hers.len(), his.len()), (1, 1));
    let (text, html) = (&hers[0].text, hers[0].html.as_ref().unwrap());
    assert!(text.starts_with("Come at seven.\nBring a coat.\n\nhttps://example.org/way\n\n"), "{text}");
    assert!(text.contains("because you have a ticket for A night out"), "{text}");
    assert!(
        html.contains("Come at seven.<br>\nBring a coat.")
            && html.contains("href=\"https://example.org/way\"")
    );
    assert!(his[0].text.contains("weil du ein Ticket für A night out hast"), "{}", his[0].text);
    shop.later(20).await;
    let over = shown(&shop, id(&made)).await;
    assert_eq!((&over["status"], &over["recipients"]["sent"]), (&json!("sent"), &json!(2)), "{over}");

    let late = guest(&shop).await;
    assert_eq!(told(&shop, &late, "The doors open earlier").len(), 1, "it is still valid");
    bought(&shop, &late).await;
    bought(&shop, &ada).await;
    assert_eq!(told(&shop, &late, "The doors open earlier").len(), 1, "nobody gets it twice");
    assert_eq!(told(&shop, &ada, "The doors open earlier").len(), 1);
    shop.later(48 * HOUR).await;
    let too_late = guest(&shop).await;
    assert!(told(&shop, &too_late, "The doors open earlier").is_empty());
    let all = recipients(&shop, id(&made)).await;
    let expected = [&ada, &bob, &late].map(|who| (who.email.clone(), "sent".to_owned()));
    assert_eq!(all, BTreeSet::from(expected));

    let desk = admin(&shop).await;
    let mails = desk.get(&format!("/admin/mail?kind=announcement&event_id={}", shop.event)).await.expect(200);
    assert_eq!(mails["items"].as_array().unwrap().len(), 3, "each is in the log of mails");
    for (call, detail) in [("schedule", json!({})), ("cancel", json!({}))] {
        desk.post(&format!("{path}/{call}"), &detail).await.expect_problem(409, "wrong_status");
    }
    desk.patch(&path, &json!({"texts": english("Other")})).await.expect_problem(409, "wrong_status");
    desk.delete(&path).await.expect_problem(409, "wrong_status");
    let table = desk.get(&format!("{path}/recipients/export?state=sent")).await;
    assert_eq!((table.status, table.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert_eq!(table.text.lines().count(), 4, "{}", table.text);
    assert!(table.text.contains(&ada.email));
    let acts = desk.get("/admin/audit?act=announcement.export").await;
    assert!(!acts.text.contains(&ada.email), "{}", acts.text);
    assert_eq!(acts.expect(200)["items"].as_array().unwrap().len(), 1);
    let export = shop.again(&ada).await.client.get("/users/me/export").await.expect(200);
    assert_eq!(export["announcements"][0]["announcement"], made["id"]);
}

/// Sends what a mail program does.
async fn click(app: &TestApp, link: &str, content_type: Option<&str>, body: &str) -> Answer {
    let own = link.strip_prefix(&app.app.config.http.public_url).unwrap();
    let request = app.stranger().request(Method::POST, own).body(body.to_owned());
    answer(match content_type {
        Some(content_type) => request.header("content-type", content_type),
        None => request,
    })
    .await
}

async fn preferences(shop: &Shop, who: &Person) -> Value {
    shop.again(who).await.client.get("/users/me/mail-preferences").await.expect(200)
}

async fn a_mail_program_unsubscribes_by_a_post_and_tickets_come_all_the_same(store: Store) {
    let shop = Shop::open(store, 20).await;
    let (ada, bob) = (guest(&shop).await, guest(&shop).await);
    say(&shop, &to_holders(&shop, &english("First"))).await;
    let mail = told(&shop, &ada, "First").remove(0);
    let link = mail.unsubscribe.unwrap();
    let page = mail.text.lines().find(|line| line.contains("/unsubscribe#token=")).unwrap();
    let (_, token) = page.split_once("#token=").unwrap();
    assert!(link.ends_with(&format!("/api/v1/unsubscribe/{token}")), "{link}");
    let on = json!({"news": true, "events": true});
    assert_eq!(preferences(&shop, &ada).await, on);

    let looked = shop.app.stranger().get(&format!("/api/v1/unsubscribe/{token}")).await;
    assert_eq!((looked.status, looked.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(shop.app.stranger().get("/unsubscribe").await.status, 200);
    assert_eq!(preferences(&shop, &ada).await, on, "whoever only looks leaves nothing");
    let form = Some("application/x-www-form-urlencoded");
    click(&shop.app, &link, form, "List-Unsubscribe=One-Click").await.expect(204);
    let off = json!({"news": true, "events": false});
    assert_eq!(preferences(&shop, &ada).await, off);
    click(&shop.app, &link, Some("application/json"), "{}").await.expect(204);
    click(&shop.app, &link, None, "").await.expect(204);
    click(&shop.app, &format!("{link}x"), form, "List-Unsubscribe=One-Click")
        .await
        .expect_problem(404, "not_found");
    assert_eq!(preferences(&shop, &bob).await, on);

    let second = say(&shop, &to_holders(&shop, &english("Second"))).await;
    assert_eq!((told(&shop, &ada, "Second").len(), told(&shop, &bob, "Second").len()), (0, 1));
    assert_eq!(shown(&shop, &second).await["recipients"]["unsubscribed"], 1);
    // How many there are, and how many of a kind that one can do without.
    let counts = || {
        let mails = shop.mails(&ada.email);
        (mails.len(), mails.iter().filter(|mail| mail.unsubscribe.is_some()).count())
    };
    let before = counts();
    bought(&shop, &ada).await;
    let after = counts();
    assert!(after.0 > before.0, "tickets come all the same");
    assert_eq!(after.1, before.1, "and nobody can want none");
    let export = shop.again(&ada).await.client.get("/users/me/export").await.expect(200);
    assert_eq!(export["left_lists"][0]["list"], "events");

    // The other list is another one.
    let organisation = shown(&shop, &second).await["organisation_id"].clone();
    let to_guests = json!({
        "audience": {"kind": "guests", "organisation_id": organisation}, "texts": english("News"),
    });
    say(&shop, &to_guests).await;
    assert_eq!(told(&shop, &ada, "News").len(), 1);
    let client = shop.again(&ada).await.client;
    assert_eq!(client.put("/users/me/mail-preferences", &on).await.expect(200), on);
    client
        .put("/users/me/mail-preferences", &json!({"news": true}))
        .await
        .expect_problem(422, "invalid_input");
    say(&shop, &to_holders(&shop, &english("Third"))).await;
    assert_eq!(told(&shop, &ada, "Third").len(), 1);
}

async fn who_cannot_be_reached_is_left_out_and_counted(store: Store) {
    let shop = Shop::open(store, 20).await;
    let (ada, bob, eve) = (guest(&shop).await, guest(&shop).await, guest(&shop).await);
    let desk = admin(&shop).await;
    let tickets = desk.get(&format!("/admin/mail?kind=tickets&recipient={}", ada.email)).await.expect(200);
    let report = Report {
        letters: vec![id(&tickets["items"][0]).parse().unwrap()],
        verdict: Verdict::Complained,
        status: Status::parse(""),
        said: None,
    };
    shop.app.app.messages.hear("complaint", Some(&report)).await.unwrap();
    let made = desk.post(PATH, &to_holders(&shop, &english("Doors"))).await.expect(201);
    let path = format!("{PATH}/{}", id(&made));
    let preview = desk.post(&format!("{path}/preview"), &json!({})).await.expect(200);
    assert_eq!((&preview["recipients"], &preview["suppressed"]), (&json!(2), &json!(1)));
    desk.post(&format!("{path}/schedule"), &json!({})).await.expect(200);
    // One goes after they were written down.
    shop.app.app.announcements.spread(id(&made).parse().unwrap(), 1).await.unwrap();
    desk.patch(&format!("/admin/users/{}", eve.id), &json!({"status": "suspended"})).await.expect(200);
    shop.work().await;
    let expected = [(&ada, "suppressed"), (&bob, "sent"), (&eve, "gone")];
    let expected = expected.map(|(who, state)| (who.email.clone(), state.to_owned()));
    assert_eq!(recipients(&shop, id(&made)).await, BTreeSet::from(expected));
    assert!(told(&shop, &ada, "Doors").is_empty() && told(&shop, &eve, "Doors").is_empty());
    let desk = admin(&shop).await;
    desk.get(&format!("{path}/recipients?state=lost")).await.expect_problem(422, "invalid_input");
    let gone = desk.get(&format!("{path}/recipients?state=gone")).await.expect(200);
    assert_eq!(
        (&gone["items"][0]["account_id"], &gone["items"][0]["name"]),
        (&json!(eve.id), &json!("Ada Byron"))
    );

    // Whoever has it sent again by the log of mails is not heard for those who want none.
    let mails = desk.get(&format!("/admin/mail?kind=announcement&recipient={}", bob.email)).await.expect(200);
    let client = shop.again(&bob).await.client;
    client.put("/users/me/mail-preferences", &json!({"news": true, "events": false})).await.expect(200);
    let again =
        desk.post(&format!("/admin/mail/{}/resend", id(&mails["items"][0])), &json!({})).await.expect(202);
    shop.work().await;
    assert_eq!(told(&shop, &bob, "Doors").len(), 1);
    let seen = desk.get(&format!("/admin/mail/{}", id(&again))).await.expect(200);
    assert_eq!(seen["state"], "failed");
    assert!(seen["said"].as_str().unwrap().contains("left the list"), "{seen}");
}

async fn what_is_called_off_or_thrown_away_goes_to_nobody(store: Store) {
    let shop = Shop::open(store, 20).await;
    let ada = guest(&shop).await;
    let desk = admin(&shop).await;
    let body = to_holders(&shop, &english("Never"));
    let made = async || id(&desk.post_once(PATH, &unique_email("key"), &body).await.expect(201)).to_owned();
    let (cancelled, deleted, draft) = (made().await, made().await, made().await);
    let at =
        json!({"at": (shop.clock.now() + TimeDelta::hours(1)).to_rfc3339_opts(SecondsFormat::Secs, true)});
    for it in [&cancelled, &deleted] {
        desk.post(&format!("{PATH}/{it}/schedule"), &at).await.expect(200);
    }
    desk.post(&format!("{PATH}/{draft}/cancel"), &json!({})).await.expect_problem(409, "wrong_status");
    let seen = desk.post(&format!("{PATH}/{cancelled}/cancel"), &json!({})).await.expect(200);
    assert_eq!(seen["status"], "cancelled");
    desk.delete(&format!("{PATH}/{deleted}")).await.expect(204);
    desk.get(&format!("{PATH}/{deleted}")).await.expect_problem(404, "not_found");
    shop.later(2 * HOUR).await;
    assert!(told(&shop, &ada, "Never").is_empty());
    let desk = admin(&shop).await;
    desk.post(&format!("{PATH}/{cancelled}/recipients/resend"), &json!({}))
        .await
        .expect_problem(409, "wrong_status");
    let listed = async |query: &str| {
        let page = desk.get(&format!("{PATH}?{query}")).await.expect(200);
        page["items"].as_array().unwrap().iter().map(|it| id(it).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed("status=cancelled").await, [cancelled.as_str()]);
    assert_eq!(listed("status=draft").await, [draft.as_str()]);
    assert_eq!(listed(&format!("event_id={}", shop.event)).await.len(), 2);
    let one = desk.post_once(PATH, "once", &body).await.expect(201);
    assert_eq!(desk.post_once(PATH, "once", &body).await.expect(201), one, "a repeat makes nothing new");
    assert_eq!(listed("").await.len(), 3);
    // The job of the time that it was scheduled for is done, as there was nothing to do.
    assert_eq!(shop.app.app.outbox.backlog().await.unwrap().parked, 0);
}

async fn what_an_announcement_cannot_be_is_named(store: Store) {
    let shop = Shop::open(store, 20).await;
    let desk = admin(&shop).await;
    let nobodys = "01900000-0000-7000-8000-000000000000";
    let good = to_holders(&shop, &english("Doors"));
    let audience = |audience: Value| json!({"audience": audience, "texts": english("Doors")});
    for (body, field, code) in [
        (audience(json!({"kind": "everybody"})), "audience.kind", "unknown"),
        (audience(json!({"kind": "guests"})), "audience.organisation_id", "required"),
        (audience(json!({"kind": "members", "event_id": shop.event})), "audience.event_id", "not_allowed"),
        (audience(json!({"kind": "waiting", "event_id": nobodys})), "audience.event_id", "unknown"),
        (
            audience(json!({"kind": "guests", "organisation_id": nobodys})),
            "audience.organisation_id",
            "unknown",
        ),
        (
            audience(json!({"kind": "ticket_type", "event_id": shop.event, "ticket_type_id": nobodys})),
            "audience.ticket_type_id",
            "unknown",
        ),
        (json!({"audience": good["audience"], "texts": {}}), "texts", "required"),
        (json!({"audience": good["audience"], "texts": english("a\nb")}), "texts.en.subject", "malformed"),
        (
            json!({"audience": {"kind": "members"}, "texts": english("x"), "valid_until": "2031-01-01T00:00:00Z"}),
            "valid_until",
            "not_allowed",
        ),
    ] {
        let refused = desk.post(PATH, &body).await.expect_problem(422, "invalid_input");
        let errors = refused["errors"].as_array().unwrap();
        assert_eq!(
            (errors.len(), &errors[0]["field"], &errors[0]["code"]),
            (1, &json!(field), &json!(code)),
            "{body}"
        );
    }
    let made = desk.post(PATH, &good).await.expect(201);
    let path = format!("{PATH}/{}", id(&made));
    let far = json!({"at": "2041-01-01T00:00:00Z"});
    desk.post(&format!("{path}/schedule"), &far).await.expect_problem(422, "invalid_input");
    let past = json!({"at": "2001-01-01T00:00:00Z"});
    let refused = desk.post(&format!("{path}/schedule"), &past).await.expect_problem(422, "invalid_input");
    assert_eq!(
        (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
        (&json!("at"), &json!("in_the_past")),
        "{refused}"
    );
    assert_eq!(desk.get(&path).await.expect(200)["status"], "draft");
    desk.post(&format!("{path}/test"), &json!({"language": "fr"})).await.expect_problem(422, "invalid_input");
    let markup = json!({"texts": {"en": {"subject": "<b>Doors</b>", "body": "<script>alert(1)</script>\n\njavascript:alert(1)"}}});
    desk.patch(&path, &markup).await.expect(200);
    let preview = desk.post(&format!("{path}/preview"), &json!({})).await.expect(200);
    let html = preview["mails"][0]["html"].as_str().unwrap();
    assert!(
        !html.contains("<script>") && !html.contains("<b>") && !html.contains("href=\"javascript"),
        "{html}"
    );
    assert!(html.contains("&lt;script&gt;"), "{html}");
    let guest = shop.buyer().await;
    guest.client.post(PATH, &good).await.expect_problem(403, "forbidden");
    guest.client.get(PATH).await.expect_problem(403, "forbidden");
}
