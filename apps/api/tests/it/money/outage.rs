//! Providers that act without answering, that break, and that are not there.

use super::overpaid::overpaid;
use super::{on_each_store, with_each_provider};
use crate::harness::providers::{Ledger, Till};
use crate::harness::shop::{LOOK, PRICE, Shop, Store, TO_PAY};
use crate::harness::wire::{Moment, Trick};
use serde_json::Value;

with_each_provider!(
    an_opening_whose_answer_is_lost_opens_no_second_checkout,
    a_provider_that_never_answers_an_opening_is_asked_again,
    a_provider_that_breaks_while_opening_is_asked_again,
    a_question_whose_answer_is_lost_is_asked_again,
    a_refund_whose_answer_is_lost_is_made_once,
    a_provider_that_never_answers_a_refund_refunds_once,
    a_provider_that_breaks_while_refunding_is_asked_again,
    a_provider_that_is_down_opens_the_checkout_when_it_is_back,
    a_provider_that_is_down_until_the_end_charges_nobody,
);

/// A booking whose checkout could not be opened yet, or so it seemed.
async fn without_checkout(shop: &Shop, ada: &crate::harness::Person, till: Till) -> Value {
    let booking = shop.book(ada, till).await;
    assert_eq!(booking["payment"].get("checkout_url"), None, "no address that we cannot stand by");
    assert_eq!(booking["payment"]["status"], "created");
    booking
}

/// Looks until there is an address, pays there, and checks that one checkout was opened and paid once.
async fn opened_later_and_paid_once(shop: Shop, ada: &crate::harness::Person, booking: &Value, till: Till) {
    shop.later(LOOK).await;
    let opened = shop.look(ada, booking).await;
    assert_eq!(opened["payment"]["status"], "open");
    shop.press(&opened, "pay").await;
    shop.work().await;
    assert_eq!(shop.look(ada, booking).await["status"], "confirmed");
    shop.come_to_rest().await;
    let Ledger { charges, refunds, checkouts, .. } = shop.providers.ledger(till).await;
    assert_eq!((charges, refunds, checkouts), (1, 0, 1));
}

async fn an_opening_whose_answer_is_lost_opens_no_second_checkout(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    shop.line(till).trap(till.open(), Moment::Acted, Trick::HangUp);
    let booking = without_checkout(&shop, &ada, till).await;
    assert_eq!(shop.providers.ledger(till).await.checkouts, 1);
    opened_later_and_paid_once(shop, &ada, &booking, till).await;
}

async fn a_provider_that_never_answers_an_opening_is_asked_again(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    shop.providers.break_calls(till, till.open(), "timeout_after_act", 1).await;
    let booking = without_checkout(&shop, &ada, till).await;
    opened_later_and_paid_once(shop, &ada, &booking, till).await;
}

async fn a_provider_that_breaks_while_opening_is_asked_again(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    shop.providers.break_calls(till, till.open(), "error_500", 1).await;
    let booking = without_checkout(&shop, &ada, till).await;
    opened_later_and_paid_once(shop, &ada, &booking, till).await;
}

async fn a_question_whose_answer_is_lost_is_asked_again(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    shop.press(&booking, "pay?webhook=lost").await;
    shop.providers.break_calls(till, till.ask(), "error_500", 1).await;
    shop.later(LOOK).await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "pending_payment");
    shop.line(till).trap(till.ask(), Moment::Acted, Trick::HangUp);
    shop.later(LOOK).await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "pending_payment");
    shop.later(LOOK).await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    assert!(shop.providers.all_faults_struck(till).await && shop.line(till).armed() == 0);
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.charges, 1);
}

async fn refunded_once(shop: Shop, ada: &crate::harness::Person, booking: &Value, till: Till) {
    shop.come_to_rest().await;
    let seen = shop.look(ada, booking).await;
    assert_eq!((&seen["status"], &seen["paid"]["amount"]), (&"confirmed".into(), &PRICE.into()));
    assert_eq!((&seen["refunds"][0]["status"], &seen["refunds"][1]), (&"done".into(), &Value::Null));
    assert_eq!(shop.providers.ledger(till).await.refunds, 1);
    assert!(shop.providers.all_faults_struck(till).await && shop.line(till).armed() == 0);
}

async fn a_refund_whose_answer_is_lost_is_made_once(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = overpaid(&shop, &ada, till).await;
    shop.line(till).trap(till.refund(), Moment::Acted, Trick::HangUp);
    refunded_once(shop, &ada, &booking, till).await;
}

async fn a_provider_that_never_answers_a_refund_refunds_once(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = overpaid(&shop, &ada, till).await;
    shop.providers.break_calls(till, till.refund(), "timeout_after_act", 1).await;
    refunded_once(shop, &ada, &booking, till).await;
}

async fn a_provider_that_breaks_while_refunding_is_asked_again(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = overpaid(&shop, &ada, till).await;
    shop.providers.break_calls(till, till.refund(), "error_500", 2).await;
    refunded_once(shop, &ada, &booking, till).await;
}

async fn a_provider_that_is_down_opens_the_checkout_when_it_is_back(till: Till, store: Store) {
    let mut shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    shop.providers.keep().await;
    shop.providers.stop().await;
    let booking = without_checkout(&shop, &ada, till).await;
    shop.later(LOOK).await;
    assert_eq!(shop.look(&ada, &booking).await["payment"]["status"], "created");
    shop.providers.restart().await;
    opened_later_and_paid_once(shop, &ada, &booking, till).await;
}

async fn a_provider_that_is_down_until_the_end_charges_nobody(till: Till, store: Store) {
    let mut shop = Shop::open(store, 1).await;
    let ada = shop.buyer().await;
    shop.providers.keep().await;
    shop.providers.stop().await;
    let booking = without_checkout(&shop, &ada, till).await;
    shop.later(TO_PAY).await;
    // Nobody was ever told an address, so nobody can have paid: the places need not wait for the provider.
    assert_eq!(shop.look(&ada, &booking).await["status"], "expired");
    assert_eq!(shop.left().await, 1);
    shop.providers.restart().await;
    shop.later(LOOK).await;
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.charges, 0);
}

on_each_store!(
    a_capture_whose_answer_is_lost_takes_the_money_once,
    a_provider_that_never_answers_a_capture_takes_the_money_once,
    a_provider_that_breaks_while_capturing_is_asked_again,
);

const CAPTURE: &str = "POST /v2/checkout/orders/*/capture";

async fn captured_once(shop: Shop, ada: &crate::harness::Person, booking: &Value) {
    shop.press(booking, "pay").await;
    shop.work().await;
    shop.later(LOOK).await;
    assert_eq!(shop.look(ada, booking).await["status"], "confirmed");
    shop.come_to_rest().await;
    let ledger = shop.providers.ledger(Till::Paypal).await;
    assert_eq!((ledger.charges, ledger.refunds), (1, 0));
    assert!(shop.providers.all_faults_struck(Till::Paypal).await && shop.line(Till::Paypal).armed() == 0);
}

async fn a_capture_whose_answer_is_lost_takes_the_money_once(store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, Till::Paypal).await;
    shop.line(Till::Paypal).trap(CAPTURE, Moment::Acted, Trick::HangUp);
    captured_once(shop, &ada, &booking).await;
}

async fn a_provider_that_never_answers_a_capture_takes_the_money_once(store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, Till::Paypal).await;
    shop.providers.break_calls(Till::Paypal, CAPTURE, "timeout_after_act", 1).await;
    captured_once(shop, &ada, &booking).await;
}

async fn a_provider_that_breaks_while_capturing_is_asked_again(store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, Till::Paypal).await;
    shop.providers.break_calls(Till::Paypal, CAPTURE, "error_500", 2).await;
    captured_once(shop, &ada, &booking).await;
}
