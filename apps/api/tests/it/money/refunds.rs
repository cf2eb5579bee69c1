//! Refunds that take their time, and those that the provider will not make.

use super::overpaid::overpaid;
use super::with_each_provider;
use crate::harness::Person;
use crate::harness::providers::Till;
use crate::harness::shop::{LOOK, PRICE, Shop, Store};
use crate::harness::wire::{Moment, Trick};
use chrono::TimeDelta;
use serde_json::{Value, json};

with_each_provider!(
    a_refund_that_takes_its_time_is_followed_until_it_is_done,
    a_refund_that_nobody_tells_of_is_asked_about,
    a_refund_that_fails_is_told_to_an_admin_and_counts_as_ours,
    a_refund_that_the_provider_refuses_is_told_to_an_admin,
);

/// Between two looks at a refund that the provider has accepted, in seconds.
const HOUR: i64 = 3600;

/// Paid twice, with a refund that stays pending; the booking and the provider's name for the refund.
async fn with_a_pending_refund(shop: &Shop, ada: &Person, till: Till) -> (Value, String) {
    shop.providers.break_calls(till, till.refund(), "refund_pending", 1).await;
    let booking = overpaid(shop, ada, till).await;
    shop.later(LOOK).await;
    let seen = shop.look(ada, &booking).await;
    assert_eq!(seen["refunds"][0]["status"], "in_transit");
    assert_eq!((&seen["paid"]["amount"], &seen["refunded"]["amount"]), (&PRICE.into(), &PRICE.into()));
    let state = shop.providers.state(till).await;
    let refund = match till {
        Till::Stripe => {
            let sessions = state["sessions"].as_array().unwrap();
            sessions.iter().find_map(|session| session["payment_intent"]["refunds"][0]["id"].as_str())
        }
        Till::Paypal => state["orders"][0]["captures"][0]["refunds"][0]["id"].as_str(),
    };
    (booking, refund.unwrap().to_owned())
}

fn told(shop: &Shop) -> Vec<String> {
    let subjects = shop.subjects(&shop.admin.email);
    subjects.into_iter().filter(|subject| subject.starts_with("A payment needs you")).collect()
}

async fn a_refund_that_takes_its_time_is_followed_until_it_is_done(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let (booking, refund) = with_a_pending_refund(&shop, &ada, till).await;
    shop.later(30 * HOUR).await;
    assert_eq!(shop.look(&ada, &booking).await["refunds"][0]["status"], "in_transit");
    shop.providers.finish_refund(till, &refund, "succeeded").await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["refunds"][0]["status"], "done");
    shop.come_to_rest().await;
    assert_eq!((told(&shop).len(), shop.providers.ledger(till).await.refunds), (0, 1));
}

async fn a_refund_that_nobody_tells_of_is_asked_about(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let (booking, refund) = with_a_pending_refund(&shop, &ada, till).await;
    // Notices go nowhere.
    shop.hooks.redirect("http://127.0.0.1:9");
    shop.providers.finish_refund(till, &refund, "succeeded").await;
    shop.clock.advance(TimeDelta::seconds(HOUR));
    synesthesie::worker::round(&shop.app.app).await.unwrap();
    assert_eq!(shop.look(&ada, &booking).await["refunds"][0]["status"], "done");
    shop.hooks.redirect(&shop.app.url);
    shop.come_to_rest().await;
}

async fn a_refund_that_fails_is_told_to_an_admin_and_counts_as_ours(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let (booking, refund) = with_a_pending_refund(&shop, &ada, till).await;
    shop.providers.finish_refund(till, &refund, "failed").await;
    // Stripe tells of it; PayPal has to be asked.
    shop.later(if till == Till::Stripe { 0 } else { HOUR }).await;
    let seen = shop.look(&ada, &booking).await;
    assert_eq!((&seen["status"], &seen["refunds"][0]["status"]), (&"confirmed".into(), &"failed".into()));
    assert_eq!((&seen["paid"]["amount"], &seen["refunded"]["amount"]), (&(2 * PRICE).into(), &0.into()));
    shop.come_to_rest().await;
    assert_eq!(told(&shop), ["A payment needs you"], "once, however often the provider says it");
    assert_eq!(shop.providers.ledger(till).await.refunds, 0, "nobody tried again");
}

async fn a_refund_that_the_provider_refuses_is_told_to_an_admin(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let (status, no) = match till {
        Till::Stripe => (
            400,
            json!({"error": {"type": "invalid_request_error", "code": "charge_disputed", "message": "No"}}),
        ),
        Till::Paypal => {
            (422, json!({"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": "REFUND_NOT_ALLOWED"}]}))
        }
    };
    shop.line(till).trap(till.refund(), Moment::Before, Trick::Answer(status, no));
    let booking = overpaid(&shop, &ada, till).await;
    shop.later(LOOK).await;
    assert_eq!(shop.look(&ada, &booking).await["refunds"][0]["status"], "failed");
    shop.come_to_rest().await;
    assert_eq!(told(&shop), ["A payment needs you"]);
    assert_eq!(shop.providers.ledger(till).await.refunds, 0);
}
