//! Refunds that take their time, and those that the provider will not make.

use super::on_each_store;
use crate::harness::Person;
use crate::harness::providers::Till;
use crate::harness::shop::{PRICE, Shop, Store};
use chrono::TimeDelta;
use serde_json::Value;

on_each_store!(
    a_refund_that_takes_its_time_is_followed_until_it_is_done,
    a_refund_that_nobody_tells_of_is_asked_about,
    a_refund_that_fails_is_told_to_an_admin_and_counts_as_ours,
    a_refund_that_the_provider_refuses_is_told_to_an_admin,
);

/// Paid in two tabs, with a refund that stays pending; the booking and the provider's name for the refund.
async fn with_a_pending_refund(shop: &Shop, ada: &Person) -> (Value, String) {
    shop.providers.break_calls(Till::Stripe, Till::Stripe.refund(), "refund_pending", 1).await;
    let booking = paid_twice(shop, ada).await;
    shop.work().await;
    let seen = shop.look(ada, &booking).await;
    assert_eq!(seen["refunds"][0]["status"], "in_transit");
    assert_eq!((&seen["paid"]["amount"], &seen["refunded"]["amount"]), (&PRICE.into(), &PRICE.into()));
    let state = shop.providers.state(Till::Stripe).await;
    let sessions = state["sessions"].as_array().unwrap();
    let refund = sessions.iter().find_map(|session| session["payment_intent"]["refunds"][0]["id"].as_str());
    (booking, refund.unwrap().to_owned())
}

async fn paid_twice(shop: &Shop, ada: &Person) -> Value {
    let first = shop.book(ada, Till::Stripe).await;
    let second = shop.pay_again(ada, &first, Till::Stripe).await;
    shop.press(&first, "pay").await;
    shop.press(&second, "pay").await;
    first
}

fn told(shop: &Shop) -> Vec<String> {
    let subjects = shop.subjects(&shop.admin.email);
    subjects.into_iter().filter(|subject| subject.starts_with("A payment needs you")).collect()
}

async fn a_refund_that_takes_its_time_is_followed_until_it_is_done(store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let (booking, refund) = with_a_pending_refund(&shop, &ada).await;
    shop.later(TimeDelta::hours(30).num_seconds()).await;
    assert_eq!(shop.look(&ada, &booking).await["refunds"][0]["status"], "in_transit");
    shop.providers.finish_refund(Till::Stripe, &refund, "succeeded").await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["refunds"][0]["status"], "done");
    shop.come_to_rest().await;
    assert_eq!((told(&shop).len(), shop.providers.ledger(Till::Stripe).await.refunds), (0, 1));
}

async fn a_refund_that_nobody_tells_of_is_asked_about(store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let (booking, refund) = with_a_pending_refund(&shop, &ada).await;
    shop.hooks.redirect("http://127.0.0.1:9");
    let asked = shop.providers.finish_refund(Till::Stripe, &refund, "succeeded");
    asked.await;
    shop.clock.advance(TimeDelta::hours(1));
    synesthesie::worker::round(&shop.app.app).await.unwrap();
    assert_eq!(shop.look(&ada, &booking).await["refunds"][0]["status"], "done");
    shop.hooks.redirect(&shop.app.url);
    shop.come_to_rest().await;
}

async fn a_refund_that_fails_is_told_to_an_admin_and_counts_as_ours(store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let (booking, refund) = with_a_pending_refund(&shop, &ada).await;
    shop.providers.finish_refund(Till::Stripe, &refund, "failed").await;
    shop.work().await;
    let seen = shop.look(&ada, &booking).await;
    assert_eq!((&seen["status"], &seen["refunds"][0]["status"]), (&"confirmed".into(), &"failed".into()));
    assert_eq!((&seen["paid"]["amount"], &seen["refunded"]["amount"]), (&(2 * PRICE).into(), &0.into()));
    shop.come_to_rest().await;
    assert_eq!(told(&shop), ["A payment needs you"], "once, however often the provider says it");
    assert_eq!(shop.providers.ledger(Till::Stripe).await.refunds, 0, "nobody tried again");
}

async fn a_refund_that_the_provider_refuses_is_told_to_an_admin(store: Store) {
    use crate::harness::wire::{Moment, Trick};
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let no = serde_json::json!({"error": {"type": "invalid_request_error", "code": "charge_disputed", "message": "No"}});
    shop.line(Till::Stripe).trap(Till::Stripe.refund(), Moment::Before, Trick::Answer(400, no));
    let booking = paid_twice(&shop, &ada).await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["refunds"][0]["status"], "failed");
    shop.come_to_rest().await;
    assert_eq!(told(&shop), ["A payment needs you"]);
    assert_eq!(shop.providers.ledger(Till::Stripe).await.refunds, 0);
}
