//! Whatever changes places is heard within a second, on both stores.

use super::{Ear, Heard};
use crate::harness::providers::Till;
use crate::harness::shop::{Shop, Store, id};
use crate::harness::{TestApp, on_each_store};
use chrono::TimeDelta;
use serde_json::{Value, json};

on_each_store!(
    every_change_of_places_is_heard_within_a_second,
    what_organisers_change_is_heard_and_what_is_hidden_is_not_shown,
);

async fn every_change_of_places_is_heard_within_a_second(store: Store) {
    let shop = Shop::open(store, 100).await;
    let (listener, buyer) = (shop.buyer().await, shop.buyer().await);
    let mut ear = Ear::open(&listener.client, &shop.event).await;
    ear.hears(100).await;
    let hold = shop.hold(&buyer, 3).await;
    ear.hears(97).await;
    let path = format!("/seats/hold/{}", hold["hold_id"].as_str().unwrap());
    buyer.client.delete(&path).await.expect(204);
    ear.hears(100).await;
    // Nobody gives this one back: its time is over, and the worker finds it.
    shop.hold(&buyer, 2).await;
    ear.hears(98).await;
    shop.clock.advance(TimeDelta::seconds(601));
    shop.app.app.bookings.sweep().await.unwrap();
    ear.hears(100).await;
    // Paid, it is told by a provider; cancelled, it comes back.
    let booking = shop.book(&buyer, Till::Stripe).await;
    ear.hears(99).await;
    shop.press(&booking, "pay?webhook=now").await;
    shop.work().await;
    assert_eq!(shop.look(&buyer, &booking).await["status"], "confirmed");
    let refund = json!({"reason": "ill"});
    let path = format!("/admin/bookings/{}/refund", id(&booking));
    shop.again(&shop.admin).await.client.post(&path, &refund).await.expect(200);
    ear.hears(100).await;
    // What is not paid in time is called off by the worker.
    shop.book(&buyer, Till::Stripe).await;
    ear.hears(99).await;
    shop.later(601).await;
    let mut ear = Ear::open(&shop.again(&listener).await.client, &shop.event).await;
    ear.hears(100).await;
    shop.come_to_rest().await;
}

async fn what_organisers_change_is_heard_and_what_is_hidden_is_not_shown(store: Store) {
    let shop = Shop::open(store, 100).await;
    let listener = shop.buyer().await;
    let mut ear = Ear::open(&listener.client, &shop.event).await;
    ear.hears(100).await;
    let client = &shop.admin.client;
    let path = format!("/admin/ticket-types/{}", shop.ticket_type);
    let kind = |quantity: u32| json!({"name": "Entry", "price": {"amount": 2500, "currency": "EUR"}, "quantity": quantity});
    client.put(&path, &kind(40)).await.expect(200);
    ear.hears(40).await;
    let mut secret = kind(7);
    (secret["name"], secret["hidden"]) = (json!("For friends"), json!(true));
    let kinds = format!("/admin/events/{}/ticket-types", shop.event);
    let made = client.post(&kinds, &secret).await.expect(201);
    client.put(&path, &kind(50)).await.expect(200);
    let names = |heard: &Value| heard["items"].as_array().unwrap().len();
    assert_eq!(names(&ear.snapshot().await), 1, "what is hidden is shown");
    secret["hidden"] = json!(false);
    client.put(&format!("/admin/ticket-types/{}", id(&made)), &secret).await.expect(200);
    let shown = ear.snapshot().await;
    assert_eq!(names(&shown), 2);
    let asked = listener.client.get(&format!("/events/{}/availability", shop.event)).await.expect(200);
    assert_eq!(shown, asked, "it is not what GET shows");
}

#[tokio::test]
async fn a_stream_begins_with_what_is_left_and_says_nothing_twice() {
    let app = TestApp::with(&[("live.heartbeat_seconds", "1"), ("auth.registration", "open")]).await;
    app.app.events.ensure_default_organisation("House").await.unwrap();
    let admin = app.admin().await;
    let (event, _) = crate::harness::shop::put_on_sale(&admin, app.app.clock.now(), 10).await;
    let member = app.member().await;
    let path = format!("/events/{event}/stream");
    let response = member.client.request(reqwest::Method::GET, &path).send().await.unwrap();
    let headers = ["content-type", "cache-control", "x-accel-buffering"]
        .map(|name| response.headers()[name].to_str().unwrap().to_owned());
    assert_eq!(headers, ["text/event-stream", "no-store", "no"]);
    assert!(response.headers().get("content-encoding").is_none());
    drop(response);
    let mut ear = Ear::open(&member.client, &event).await;
    assert!(matches!(ear.next().await, Some(Heard::Retry(2000..4000))));
    let Some(Heard::Availability { id, data }) = ear.next().await else { panic!("no snapshot") };
    assert_eq!((id.len(), data["items"][0]["available"].as_i64()), (24, Some(10)));
    // It is looked at again and again meanwhile, and nothing has changed.
    app.app.answers.places_changed(event.parse().unwrap());
    for _ in 0..3 {
        assert_eq!(ear.next().await, Some(Heard::Beat));
    }
    let metrics = app.stranger().get("/metrics").await.text;
    assert!(metrics.contains("synesthesie_live_listeners 1"), "{metrics}");
    assert!(metrics.contains("synesthesie_live_news_total 2"), "{metrics}");
    // Who asks for the head alone is not kept waiting for a body that never ends.
    let head = member.client.request(reqwest::Method::HEAD, &path).send().await.unwrap();
    assert_eq!((head.status().as_u16(), head.text().await.unwrap().as_str()), (200, ""));
}
