//! Read-only mode: everything can be looked at, nothing be changed, and what happened meanwhile outside is not lost.

use crate::events::cast::{Cast, mistakes};
use crate::harness::providers::Till;
use crate::harness::shop::{Shop, Store};
use crate::harness::{
    Answer, Client, PASSWORD, TestApp, answer, document, method, on_each_store, unique_email,
};
use crate::night::Night;
use adapter_postgres::testing::fresh_database;
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use synesthesie::worker;
use testkit::servers::postgres;
use tokio::sync::watch;

on_each_store!(
    everything_is_looked_at_and_nothing_changed_until_an_admin_ends_it,
    what_a_provider_tells_meanwhile_is_told_again_and_counts,
);

/// How long anything may take on a machine that compiles meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
const SWITCH: &str = "/admin/maintenance";

async fn switch(admin: &Client, wish: &Value) -> Value {
    admin.put(SWITCH, wish).await.expect(200)
}

/// Something that changes something small.
async fn change(who: &Client) -> Answer {
    who.patch("/users/me", &json!({"first_name": "Ada"})).await
}

async fn everything_is_looked_at_and_nothing_changed_until_an_admin_ends_it(store: Store) {
    let shop = Shop::open(store, 5).await;
    let (buyer, admin) = (shop.buyer().await, shop.again(&shop.admin).await.client);
    let hold = shop.hold(&buyer, 1).await;
    let hold = format!("/seats/hold/{}", hold["hold_id"].as_str().unwrap());
    let (now, until) = (shop.app.app.clock.now(), shop.app.app.clock.now() + TimeDelta::seconds(90));
    let wish = json!({"read_only": true, "until": until, "message": " We move. "});
    let on = json!({
        "read_only": true, "configured": false, "since": now, "until": until, "message": "We move.",
        "doors_open": true,
    });
    assert_eq!(switch(&admin, &wish).await, on);

    for path in [hold.as_str(), "/events", "/users/me", "/users/bookings", "/health/live", "/metrics"] {
        assert_eq!(buyer.client.get(path).await.status, 200, "{path}");
    }
    let ready = shop.app.stranger().get("/health/ready").await.expect(200);
    assert_eq!(ready, json!({"status": "ok", "read_only": true}));
    assert!(shop.app.stranger().get("/metrics").await.text.contains("synesthesie_read_only 1"));
    assert_eq!(admin.get(SWITCH).await.expect(200), on);

    let items = json!([{"ticket_type_id": shop.ticket_type, "quantity": 1}]);
    let another = json!({"event_id": shop.event, "items": items});
    for (name, path, body) in [
        ("POST", "/seats/hold", &another),
        ("DELETE", hold.as_str(), &json!({})),
        ("PATCH", "/users/me", &json!({"first_name": "Eve"})),
        ("POST", "/auth/register", &json!({})),
        ("POST", "/admin/invites", &json!({})),
        ("PUT", "/media/uploads/1", &json!({})),
        ("POST", "/webhooks/paypal", &json!({})),
    ] {
        let refused = answer(buyer.client.request(method(name), path).json(body)).await;
        assert_eq!(refused.header("retry-after"), "90", "{name} {path}: {}", refused.text);
        let problem = refused.expect_problem(503, "maintenance");
        assert!(problem["detail"].as_str().unwrap().ends_with("changed. We move."), "{problem}");
    }
    shop.app.stranger().post("/nothing", &json!({})).await.expect_problem(404, "not_found");
    // Whoever is to end it gets in, and nobody else can.
    let buyer = shop.again(&buyer).await;
    let renewed = json!({"refresh_token": buyer.refresh_token});
    let renewed = shop.app.stranger().post("/auth/refresh", &renewed).await.expect(200);
    let renewed = shop.app.with_token(renewed["access_token"].as_str().unwrap());
    renewed.put(SWITCH, &json!({"read_only": false})).await.expect_problem(403, "forbidden");
    renewed.post("/auth/logout", &json!({})).await.expect(204);

    let buyer = shop.again(&buyer).await.client;
    let off = switch(&admin, &json!({"read_only": false})).await;
    assert_eq!((&off["read_only"], &off["since"]), (&json!(false), &Value::Null));
    assert_eq!(change(&buyer).await.status, 200);
    buyer.delete(&hold).await.expect(204);
    let acts = admin.get("/admin/audit?act=maintenance").await.expect(200);
    let acts = acts["items"].as_array().unwrap();
    let names: Vec<_> = acts.iter().map(|act| act["act"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.contains(&"maintenance.begin") && names.contains(&"maintenance.end"), "{names:?}");
}

async fn what_a_provider_tells_meanwhile_is_told_again_and_counts(store: Store) {
    let shop = Shop::open(store, 5).await;
    let (ada, admin) = (shop.buyer().await, shop.again(&shop.admin).await.client);
    let booking = shop.book(&ada, Till::Stripe).await;
    switch(&admin, &json!({"read_only": true})).await;
    shop.press(&booking, "pay").await;
    let since = Instant::now();
    while shop.hooks.calls().is_empty() {
        assert!(since.elapsed() < PATIENCE, "nobody told us");
        tokio::time::sleep(POLL).await;
    }
    // Neither the notice nor the buyer's return changes anything yet.
    assert_eq!(shop.come_back(&booking).await, 200);
    assert_eq!(shop.look(&ada, &booking).await["status"], "pending_payment");
    switch(&admin, &json!({"read_only": false})).await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    for notice in shop.providers.notices(Till::Stripe).await {
        assert!(notice["accepted"].as_u64() >= Some(1), "it was told again until it was heard: {notice}");
    }
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(Till::Stripe).await.charges, 1);
}

/// All that goes on which changes something, while doors are open.
const GO_ON: [&str; 8] = [
    "PUT /api/v1/admin/maintenance",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/logout-all",
    "POST /api/v1/tickets/verify",
    "POST /api/v1/tickets/{id}/undo-check-in",
    "POST /api/v1/admin/events/{id}/check-in/sync",
];

/// An address of this pattern.
fn filled(pattern: &str) -> String {
    let parts = pattern.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// The same address with some of its letters, by their number, in the other way that RFC 3986 (2.1) has for them.
fn written_otherwise(path: &str, which: impl Fn(usize) -> bool) -> String {
    let mut letters = 0;
    let written = path.chars().map(|sign| {
        if !sign.is_ascii_alphabetic() {
            return sign.to_string();
        }
        letters += 1;
        if which(letters) { format!("%{:02X}", u32::from(sign)) } else { sign.to_string() }
    });
    written.collect()
}

/// A list of what is refused would be forgotten with each new call: it is all but what goes on.
#[tokio::test]
async fn every_call_that_changes_something_is_refused_however_its_address_is_written() {
    let app = TestApp::start().await;
    let admin = app.admin().await.client;
    switch(&admin, &json!({"read_only": true})).await;
    let calls = document::calls();
    let unsafe_calls: Vec<_> = calls.iter().filter(|(method, _)| method != "GET").collect();
    assert!(unsafe_calls.len() > 100, "only {} calls were found", unsafe_calls.len());
    let named: Vec<_> = unsafe_calls.iter().map(|(method, path)| format!("{method} {path}")).collect();
    for call in GO_ON {
        assert!(named.iter().any(|one| one == call), "{call} is not served");
    }
    let http = reqwest::Client::new();
    for ((name, pattern), call) in unsafe_calls.into_iter().zip(named) {
        let path = filled(pattern);
        let last = path.chars().filter(char::is_ascii_alphabetic).count();
        let one = written_otherwise(&path, |number| number == last);
        let all = written_otherwise(&path, |_| true);
        for written in [&path, &one, &all] {
            let answer = answer(http.request(method(name), format!("{}{written}", app.url))).await;
            if GO_ON.contains(&call.as_str()) {
                assert_ne!(answer.status, 503, "{call} as {written}: {}", answer.text);
            } else {
                assert_eq!(answer.json["code"], "maintenance", "{call} as {written}: {}", answer.text);
                answer.expect_problem(503, "maintenance");
            }
        }
    }
}

#[tokio::test]
async fn doors_go_on_unless_they_are_shut_as_well() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let night = Night::of(&cast, "Opening").await;
    let booking = night.book(&cast.member.client, 1).await;
    let (admin, door) = (&cast.admin.client, &cast.door.client);
    let scan = json!({"code": booking["tickets"][0]["code"]});
    let undo = format!("/tickets/{}/undo-check-in", booking["tickets"][0]["id"].as_str().unwrap());
    let tell = format!("/admin/events/{}/check-in/sync", night.event);
    let told = json!({"scans": [
        {"nonce": "x", "code": scan["code"], "at": app.app.clock.now(), "verdict": "admitted"},
    ]});

    assert_eq!(switch(admin, &json!({"read_only": true})).await["doors_open"], true);
    change(door).await.expect_problem(503, "maintenance");
    assert_eq!(door.post("/tickets/verify", &scan).await.expect(200)["result"], "admitted");
    assert!(door.post(&undo, &json!({"reason": "again"})).await.status < 300);
    door.post(&tell, &told).await.expect(200);

    assert_eq!(switch(admin, &json!({"read_only": true, "doors_open": false})).await["doors_open"], false);
    for (path, body) in [("/tickets/verify", &scan), (undo.as_str(), &json!({})), (tell.as_str(), &told)] {
        door.post(path, body).await.expect_problem(503, "maintenance");
    }
    // A scanner goes on with its list, and tells later.
    let list = format!("/admin/events/{}/check-in/bundle", night.event);
    door.get(&list).await.expect(200);
    switch(admin, &json!({"read_only": false})).await;
    door.post(&tell, &told).await.expect(200);
}

#[tokio::test]
async fn what_is_owed_waits() {
    let app = TestApp::start().await;
    let admin = app.admin().await.client;
    // Bound to an address, an invite owes a mail.
    admin.post("/admin/invites", &json!({"email": unique_email("guest")})).await.expect(201);
    let waiting = async || app.app.outbox.backlog().await.unwrap().waiting;
    let owed = waiting().await;
    assert!(owed > 0);
    switch(&admin, &json!({"read_only": true})).await;
    let (stop, stopped) = watch::channel(false);
    let work = tokio::spawn(worker::run(Arc::clone(&app.app), stopped));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(waiting().await, owed, "nothing is begun");
    switch(&admin, &json!({"read_only": false})).await;
    let since = Instant::now();
    while waiting().await > 0 {
        assert!(since.elapsed() < PATIENCE, "the worker does not go on");
        tokio::time::sleep(POLL).await;
    }
    stop.send(true).unwrap();
    work.await.unwrap();
}

#[tokio::test]
async fn instances_agree_within_seconds() {
    let database = fresh_database(&postgres().url).await.unwrap();
    let url = database.url();
    let settings = [("store.url", url.as_str())];
    let (one, other) = (TestApp::with(&settings).await, TestApp::with(&settings).await);
    let (admin, member) = (one.admin().await, one.member().await);
    let there = other.login(&admin.email, PASSWORD).await.client;
    let there_too = other.login(&member.email, PASSWORD).await.client;
    let follows = async |who: &Client, refused: bool| {
        let since = Instant::now();
        while (change(who).await.json["code"] == "maintenance") != refused {
            assert!(since.elapsed() < Duration::from_secs(10), "it does not follow");
            tokio::time::sleep(POLL).await;
        }
    };
    follows(&there_too, false).await;
    switch(&admin.client, &json!({"read_only": true, "message": "Soon."})).await;
    change(&member.client).await.expect_problem(503, "maintenance");
    follows(&there_too, true).await;
    assert_eq!(there.get(SWITCH).await.expect(200)["message"], "Soon.");
    switch(&there, &json!({"read_only": false})).await;
    assert_eq!(change(&there_too).await.status, 200);
    follows(&member.client, false).await;
}

#[tokio::test]
async fn what_the_configuration_says_no_call_ends() {
    let app = TestApp::with(&[("maintenance.read_only", "true")]).await;
    let admin = app.admin().await.client;
    let shown = switch(&admin, &json!({"read_only": false})).await;
    let said = ["read_only", "configured", "doors_open"].map(|field| shown[field].as_bool().unwrap());
    assert_eq!(said, [true, true, false], "{shown}");
    change(&admin).await.expect_problem(503, "maintenance");
    admin.post("/tickets/verify", &json!({"code": "x"})).await.expect_problem(503, "maintenance");
}

#[tokio::test]
async fn an_end_that_is_over_and_a_message_that_is_long_are_refused() {
    let app = TestApp::start().await;
    let admin = app.admin().await.client;
    let wish = json!({"read_only": true, "until": "2020-01-01T00:00:00Z", "message": "x".repeat(501)});
    let problem = admin.put(SWITCH, &wish).await.expect_problem(422, "invalid_input");
    assert_eq!(mistakes(&problem), [("until", "in_the_past"), ("message", "too_long")]);
    assert_eq!(admin.get(SWITCH).await.expect(200)["read_only"], false);
}
