//! `Idempotency-Key` on the way to a ticket: the same request is answered alike, another one is refused.

use super::{on_each_store, with_each_provider};
use crate::harness::providers::Till;
use crate::harness::shop::{Shop, Store, id};
use futures_util::future::join_all;
use serde_json::json;

with_each_provider!(
    a_repeated_hold_keeps_places_once,
    a_repeated_confirmation_makes_one_booking_and_one_checkout,
    a_repeated_payment_makes_one_attempt,
    a_hold_confirmed_many_times_at_once_makes_one_booking,
);

on_each_store!(what_may_go_better_later_is_not_kept_under_its_key);

async fn a_repeated_hold_keeps_places_once(_: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let wish = |quantity: u32| json!({"event_id": shop.event, "items": [{"ticket_type_id": shop.ticket_type, "quantity": quantity}]});
    let first = ada.client.post_once("/seats/hold", "hold-1", &wish(2)).await.expect(201);
    let again = ada.client.post_once("/seats/hold", "hold-1", &wish(2)).await.expect(201);
    assert_eq!(first, again);
    ada.client.post_once("/seats/hold", "hold-1", &wish(1)).await.expect_problem(422, "idempotency_mismatch");
    assert_eq!(shop.left().await, 3);
    // Somebody else's key of the same name is another key.
    let bob = shop.buyer().await;
    bob.client.post_once("/seats/hold", "hold-1", &wish(1)).await.expect(201);
    assert_eq!(shop.left().await, 2);
    shop.later(3600).await;
    shop.come_to_rest().await;
}

async fn a_repeated_confirmation_makes_one_booking_and_one_checkout(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let (one, other) = (shop.hold(&ada, 1).await, shop.hold(&ada, 1).await);
    let wish =
        |hold: &serde_json::Value| json!({"hold_id": hold["hold_id"], "payment": {"provider": till.name()}});
    let first = ada.client.post_once("/bookings/confirm", "key", &wish(&one)).await.expect(201);
    let again = ada.client.post_once("/bookings/confirm", "key", &wish(&one)).await.expect(201);
    assert_eq!(first, again);
    ada.client
        .post_once("/bookings/confirm", "key", &wish(&other))
        .await
        .expect_problem(422, "idempotency_mismatch");
    // Without the key, or with another, the same hold is still the same booking.
    let plain = ada.client.post_once("/bookings/confirm", "other", &wish(&one)).await.expect(201);
    assert_eq!((id(&plain), &plain["payment"]), (id(&first), &first["payment"]));
    assert_eq!(shop.providers.ledger(till).await.checkouts, 1);
    shop.press(&first, "pay").await;
    shop.work().await;
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.charges, 1);
}

async fn a_repeated_payment_makes_one_attempt(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    let path = format!("/bookings/{}/pay", id(&booking));
    let wish = json!({"provider": till.name()});
    let first = ada.client.post_once(&path, "pay", &wish).await.expect(201);
    let again = ada.client.post_once(&path, "pay", &wish).await.expect(201);
    assert_eq!(first, again);
    assert_ne!(first["payment"]["id"], booking["payment"]["id"]);
    let other = json!({"provider": till.other().name()});
    ada.client.post_once(&path, "pay", &other).await.expect_problem(422, "idempotency_mismatch");
    assert_eq!(shop.providers.ledger(till).await.checkouts, 2);
    assert_eq!(shop.providers.ledger(till.other()).await.checkouts, 0);
    shop.come_to_rest().await;
}

async fn a_hold_confirmed_many_times_at_once_makes_one_booking(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let hold = shop.hold(&ada, 1).await;
    let wish = json!({"hold_id": hold["hold_id"], "payment": {"provider": till.name()}});
    let answers = join_all((0..8).map(|_| ada.client.post("/bookings/confirm", &wish))).await;
    let bookings: Vec<_> = answers.into_iter().map(|answer| answer.expect(201)).collect();
    assert!(bookings.iter().all(|booking| booking["id"] == bookings[0]["id"]));
    assert_eq!(shop.providers.ledger(till).await.checkouts, 1);
    shop.press(&shop.look(&ada, &bookings[0]).await, "pay").await;
    shop.work().await;
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.charges, 1);
}

async fn what_may_go_better_later_is_not_kept_under_its_key(store: Store) {
    let shop = Shop::open(store, 1).await;
    let (ada, bob) = (shop.buyer().await, shop.buyer().await);
    let held = shop.hold(&bob, 1).await;
    let wish =
        json!({"event_id": shop.event, "items": [{"ticket_type_id": shop.ticket_type, "quantity": 1}]});
    ada.client.post_once("/seats/hold", "key", &wish).await.expect_problem(409, "sold_out");
    let path = format!("/seats/hold/{}", held["hold_id"].as_str().unwrap());
    bob.client.delete(&path).await.expect(204);
    let hold = ada.client.post_once("/seats/hold", "key", &wish).await.expect(201);
    // What went well is kept.
    assert_eq!(ada.client.post_once("/seats/hold", "key", &wish).await.expect(201), hold);
    assert_eq!(shop.left().await, 0);
}
