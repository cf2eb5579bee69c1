//! Time that runs out: for buyers who do not pay, who pay late, and for money that takes days.

use super::{on_each_store, with_each_provider};
use crate::harness::Person;
use crate::harness::providers::Till;
use crate::harness::shop::{LOOK, PRICE, Shop, Store, TO_PAY, checkout_url};
use crate::harness::wire::{Moment, Trick};
use serde_json::{Value, json};

with_each_provider!(
    what_is_not_paid_in_time_is_ended_at_the_provider_and_then_released,
    places_are_kept_while_the_provider_cannot_be_asked,
    what_was_paid_in_the_last_moment_is_confirmed,
    money_that_comes_late_gets_its_places_back,
    money_that_comes_late_goes_back_once_when_the_places_are_gone,
    money_on_its_way_keeps_its_places_and_then_confirms,
    money_that_fails_on_its_way_gives_its_places_back,
);

async fn what_is_not_paid_in_time_is_ended_at_the_provider_and_then_released(till: Till, store: Store) {
    let shop = Shop::open(store, 1).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    assert_eq!(shop.left().await, 0);
    shop.later(TO_PAY - 1).await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "pending_payment");
    shop.later(1).await;
    let ended = shop.look(&ada, &booking).await;
    assert_eq!((&ended["status"], &ended["payment"]["status"]), (&"expired".into(), &"closed".into()));
    assert_eq!(ended["payment"].get("checkout_url"), None);
    assert_eq!(shop.left().await, 1);
    if till == Till::Stripe {
        assert_eq!(shop.line(till).count("POST /v1/checkout/sessions/*/expire"), 1);
        let pressed = shop.providers.try_press(checkout_url(&booking), "pay").await;
        assert_eq!(pressed.status, 409, "it cannot be paid any more");
    }
    assert_eq!(shop.subjects(&ada.email), ["Your booking has ended"]);
    shop.again(&ada)
        .await
        .client
        .post(&pay_path(&booking), &json!({"provider": till.name()}))
        .await
        .expect_problem(409, "not_payable");
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.charges, 0);
}

fn pay_path(booking: &Value) -> String {
    format!("/bookings/{}/pay", booking["id"].as_str().unwrap())
}

async fn places_are_kept_while_the_provider_cannot_be_asked(till: Till, store: Store) {
    let shop = Shop::open(store, 1).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    shop.providers.break_calls(till, close(till), "error_500", 20).await;
    shop.later(TO_PAY).await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "pending_payment");
    assert_eq!(shop.left().await, 0, "it may still be paid there");
    shop.providers.mend(till).await;
    shop.later(LOOK).await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "expired");
    assert_eq!(shop.left().await, 1);
    shop.come_to_rest().await;
}

/// The call that ends a checkout; PayPal only has to be asked.
const fn close(till: Till) -> &'static str {
    match till {
        Till::Stripe => "POST /v1/checkout/sessions/*/expire",
        Till::Paypal => till.ask(),
    }
}

async fn what_was_paid_in_the_last_moment_is_confirmed(till: Till, store: Store) {
    let shop = Shop::open(store, 1).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    shop.later(TO_PAY - 1).await;
    shop.press(&booking, "pay?webhook=lost").await;
    shop.later(1).await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    assert_eq!(shop.left().await, 0);
    shop.come_to_rest().await;
}

/// A booking that was given up although its money had been taken: the provider said first that there was nothing.
async fn given_up_although_paid(shop: &Shop, ada: &Person, till: Till) -> Value {
    let booking = shop.book(ada, till).await;
    let nothing = match till {
        Till::Stripe => json!({"error": {
            "type": "invalid_request_error", "code": "resource_missing", "message": "No such checkout session",
        }}),
        Till::Paypal => json!({"name": "RESOURCE_NOT_FOUND", "details": [{"issue": "INVALID_RESOURCE_ID"}]}),
    };
    match till {
        Till::Stripe => drop(shop.press(&booking, "pay?webhook=lost").await),
        Till::Paypal => {
            shop.line(till).trap("POST /v2/checkout/orders/*/capture", Moment::Acted, Trick::HangUp);
            shop.press(&booking, "pay?webhook=lost").await;
            shop.come_back(&booking).await;
            shop.line(till).trap(
                "POST /v2/checkout/orders/*/capture",
                Moment::Before,
                Trick::Answer(404, nothing.clone()),
            );
        }
    }
    for call in [close(till), till.ask()] {
        shop.line(till).trap(call, Moment::Before, Trick::Answer(404, nothing.clone()));
    }
    shop.later(TO_PAY).await;
    shop.line(till).disarm();
    // A moment later, so that mails come in an order.
    shop.later(1).await;
    assert_eq!(shop.look(ada, &booking).await["status"], "expired");
    assert_eq!(shop.providers.ledger(till).await.charges, 1);
    booking
}

async fn money_that_comes_late_gets_its_places_back(till: Till, store: Store) {
    let shop = Shop::open(store, 1).await;
    let ada = shop.buyer().await;
    let booking = given_up_although_paid(&shop, &ada, till).await;
    assert_eq!(shop.left().await, 1);
    shop.providers.resend(till, None).await;
    shop.work().await;
    let late = shop.look(&ada, &booking).await;
    assert_eq!((&late["status"], &late["paid"]["amount"]), (&"confirmed".into(), &PRICE.into()));
    assert_eq!(shop.left().await, 0);
    shop.come_to_rest().await;
}

async fn money_that_comes_late_goes_back_once_when_the_places_are_gone(till: Till, store: Store) {
    let shop = Shop::open(store, 1).await;
    let (ada, bob) = (shop.buyer().await, shop.buyer().await);
    let late = given_up_although_paid(&shop, &ada, till).await;
    let other = shop.book(&bob, till).await;
    for _ in 0..2 {
        shop.providers.resend(till, None).await;
        shop.work().await;
    }
    for notice in shop.providers.notices(till).await {
        shop.providers.resend(till, notice["id"].as_str()).await;
    }
    shop.work().await;
    let seen = shop.look(&ada, &late).await;
    assert_eq!((&seen["status"], &seen["paid"]["amount"]), (&"expired".into(), &0.into()));
    assert_eq!((&seen["refunds"][0]["reason"], &seen["refunds"][1]), (&"no_places".into(), &Value::Null));
    assert_eq!(shop.subjects(&ada.email), ["Your booking has ended", "Your payment came too late"]);
    shop.press(&other, "pay").await;
    shop.work().await;
    assert_eq!(shop.look(&bob, &other).await["status"], "confirmed");
    shop.come_to_rest().await;
    let ledger = shop.providers.ledger(till).await;
    assert_eq!((ledger.charges, ledger.refunds), (2, 1));
}

/// How a buyer pays with money that takes its time, and how it comes out.
const fn slowly(till: Till, well: bool) -> (&'static str, &'static str) {
    match (till, well) {
        (Till::Stripe, true) => ("pay?outcome=processing", "finish?outcome=succeeded"),
        (Till::Stripe, false) => ("pay?outcome=processing", "finish?outcome=failed"),
        (Till::Paypal, true) => ("pay?capture=pending", "finish?outcome=completed"),
        (Till::Paypal, false) => ("pay?capture=pending", "finish?outcome=denied"),
    }
}

async fn on_its_way(shop: &Shop, ada: &Person, till: Till, pay: &str) -> Value {
    let booking = shop.book(ada, till).await;
    shop.press(&booking, pay).await;
    shop.work().await;
    assert_eq!(shop.look(ada, &booking).await["payment"]["status"], "processing");
    // What is on its way cannot be ended, only awaited: also beyond the time to pay.
    shop.later(TO_PAY + 10 * LOOK).await;
    assert_eq!(shop.look(ada, &booking).await["status"], "pending_payment");
    assert_eq!(shop.left().await, 0);
    booking
}

async fn money_on_its_way_keeps_its_places_and_then_confirms(till: Till, store: Store) {
    let shop = Shop::open(store, 1).await;
    let ada = shop.buyer().await;
    let (pay, finish) = slowly(till, true);
    let booking = on_its_way(&shop, &ada, till, pay).await;
    shop.press(&booking, finish).await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.charges, 1);
}

async fn money_that_fails_on_its_way_gives_its_places_back(till: Till, store: Store) {
    let shop = Shop::open(store, 1).await;
    let ada = shop.buyer().await;
    let (pay, finish) = slowly(till, false);
    let booking = on_its_way(&shop, &ada, till, pay).await;
    shop.press(&booking, finish).await;
    shop.later(LOOK).await;
    let failed = shop.look(&ada, &booking).await;
    assert_eq!((&failed["status"], &failed["payment"]["status"]), (&"expired".into(), &"failed".into()));
    assert_eq!(shop.left().await, 1);
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.charges, 0);
}

on_each_store!(
    who_agrees_late_pays_if_there_is_a_place,
    who_agrees_late_is_not_charged_when_the_places_are_gone,
    an_agreement_that_nobody_came_back_from_is_captured_by_the_look,
);

async fn expired_at_paypal(shop: &Shop, ada: &Person) -> Value {
    let booking = shop.book(ada, Till::Paypal).await;
    shop.later(TO_PAY).await;
    assert_eq!(shop.look(ada, &booking).await["status"], "expired");
    booking
}

async fn who_agrees_late_pays_if_there_is_a_place(store: Store) {
    let shop = Shop::open(store, 1).await;
    let ada = shop.buyer().await;
    let booking = expired_at_paypal(&shop, &ada).await;
    shop.press(&booking, "pay").await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(Till::Paypal).await.charges, 1);
}

async fn who_agrees_late_is_not_charged_when_the_places_are_gone(store: Store) {
    let shop = Shop::open(store, 1).await;
    let (ada, bob) = (shop.buyer().await, shop.buyer().await);
    let booking = expired_at_paypal(&shop, &ada).await;
    shop.hold(&bob, 1).await;
    shop.press(&booking, "pay").await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "expired");
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(Till::Paypal).await.charges, 0);
}

async fn an_agreement_that_nobody_came_back_from_is_captured_by_the_look(store: Store) {
    let shop = Shop::open(store, 1).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, Till::Paypal).await;
    shop.press(&booking, "pay?webhook=lost").await;
    assert_eq!(shop.providers.ledger(Till::Paypal).await.charges, 0, "agreed is not paid");
    shop.later(LOOK).await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(Till::Paypal).await.charges, 1);
}
