//! What providers tell us: late, twice, in the wrong order, never, and what strangers tell us in their name.

use super::with_each_provider;
use crate::harness::providers::Till;
use crate::harness::shop::{LOOK, PRICE, Shop, Store};
use chrono::TimeDelta;
use futures_util::future::join;
use serde_json::Value;

with_each_provider!(
    a_lost_notice_costs_no_more_than_a_look,
    notices_that_come_twice_count_once,
    notices_in_the_wrong_order_come_to_the_same,
    a_notice_that_comes_after_the_look_changes_nothing,
    a_forged_notice_is_refused_and_changes_nothing,
    a_notice_that_was_changed_on_its_way_is_refused,
    a_buyer_who_comes_back_does_not_wait_for_the_notice,
    the_buyer_s_return_and_the_notice_at_once_confirm_once,
    a_buyer_who_only_turned_back_has_paid_nothing,
);

async fn a_lost_notice_costs_no_more_than_a_look(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    shop.press(&booking, "pay?webhook=lost").await;
    shop.later(LOOK - 1).await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "pending_payment");
    shop.later(1).await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.charges, 1);
}

async fn notices_that_come_twice_count_once(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    shop.press(&booking, "pay?webhook=twice").await;
    shop.work().await;
    let paid = shop.look(&ada, &booking).await;
    assert_eq!((&paid["status"], &paid["paid"]["amount"]), (&"confirmed".into(), &PRICE.into()));
    for notice in shop.providers.notices(till).await {
        assert!(
            notice["accepted"].as_u64() >= Some(2),
            "each was answered with 200, however often: {notice}"
        );
    }
    shop.come_to_rest().await;
    assert_eq!(shop.subjects(&ada.email), ["Your tickets for A night out"]);
}

async fn notices_in_the_wrong_order_come_to_the_same(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    shop.press(&booking, "pay?webhook=reversed").await;
    // PayPal tells of the capture before it tells of the approval: it is the look that captures then.
    shop.later(LOOK).await;
    let paid = shop.look(&ada, &booking).await;
    assert_eq!((&paid["status"], &paid["paid"]["amount"]), (&"confirmed".into(), &PRICE.into()));
    let kinds: Vec<_> = shop.hooks.calls().into_iter().map(|call| call.kind()).collect();
    match till {
        Till::Stripe => assert_eq!(kinds, ["checkout.session.completed", "payment_intent.succeeded"]),
        Till::Paypal => assert_eq!(kinds, ["PAYMENT.CAPTURE.COMPLETED", "CHECKOUT.ORDER.APPROVED"]),
    }
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.charges, 1);
}

async fn a_notice_that_comes_after_the_look_changes_nothing(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    shop.press(&booking, "pay?webhook=late&delay_ms=700").await;
    assert_eq!(shop.hooks.calls().len(), 0, "it is not there yet");
    shop.clock.advance(TimeDelta::seconds(LOOK));
    synesthesie::worker::round(&shop.app.app).await.unwrap();
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    shop.work().await;
    assert!(!shop.hooks.calls().is_empty());
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.charges, 1);
}

async fn a_forged_notice_is_refused_and_changes_nothing(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    shop.press(&booking, "pay?webhook=lost").await;
    let before = shop.look(&ada, &booking).await;
    for notice in shop.providers.notices(till).await {
        assert_eq!(shop.providers.forge(till, notice["id"].as_str().unwrap()).await, 400);
    }
    let bare = shop.app.stranger().post(&format!("/webhooks/{}", till.name()), &Value::Null).await;
    bare.expect_problem(400, "signature_invalid");
    assert_eq!(shop.look(&ada, &booking).await, before);
    // The genuine ones are not mistaken for repeats of the forged.
    assert!(shop.providers.resend(till, None).await.iter().all(|status| *status == 200));
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    shop.come_to_rest().await;
}

async fn a_notice_that_was_changed_on_its_way_is_refused(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let (ada, bob) = (shop.buyer().await, shop.buyer().await);
    let (paid, unpaid) = (shop.book(&ada, till).await, shop.book(&bob, till).await);
    shop.press(&paid, "pay").await;
    shop.work().await;
    let attempt = |booking: &Value| booking["payment"]["id"].as_str().unwrap().to_owned();
    for call in shop.hooks.calls() {
        let other = call.with_body(&call.text().replace(&attempt(&paid), &attempt(&unpaid)));
        let (status, problem) = shop.hooks.replay(&other).await;
        assert_eq!((status, &problem["code"]), (400, &"signature_invalid".into()));
    }
    assert_eq!(shop.look(&bob, &unpaid).await["status"], "pending_payment");
    shop.come_to_rest().await;
}

async fn a_buyer_who_comes_back_does_not_wait_for_the_notice(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    let pressed = shop.press(&booking, "pay?webhook=lost").await;
    let back = pressed["redirect_url"].as_str().unwrap();
    let attempt = booking["payment"]["id"].as_str().unwrap();
    assert!(back.starts_with(&format!("{}/api/v1/payments/{attempt}/return", shop.app.url)), "{back}");
    assert_eq!(shop.come_back(&booking).await, 200);
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.charges, 1);
}

async fn the_buyer_s_return_and_the_notice_at_once_confirm_once(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    for _ in 0..3 {
        let booking = shop.book(&ada, till).await;
        shop.press(&booking, "pay?webhook=lost").await;
        let returns = || shop.come_back(&booking);
        let (told, (first, second)) =
            join(shop.providers.resend(till, None), join(returns(), returns())).await;
        assert_eq!((first, second), (200, 200));
        assert!(told.iter().all(|status| *status == 200), "{told:?}");
        shop.work().await;
        let paid = shop.look(&ada, &booking).await;
        assert_eq!((&paid["status"], &paid["paid"]["amount"]), (&"confirmed".into(), &PRICE.into()));
    }
    shop.come_to_rest().await;
    let ledger = shop.providers.ledger(till).await;
    assert_eq!((ledger.charges, ledger.refunds), (3, 0));
}

async fn a_buyer_who_only_turned_back_has_paid_nothing(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    shop.press(&booking, "leave").await;
    assert_eq!(shop.come_back(&booking).await, 200);
    let left = shop.look(&ada, &booking).await;
    assert_eq!((&left["status"], &left["payment"]["status"]), (&"pending_payment".into(), &"open".into()));
    shop.press(&booking, "pay").await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    shop.come_to_rest().await;
}

#[tokio::test]
async fn a_notice_that_was_signed_long_ago_is_refused() {
    let shop = Shop::open(Store::Local, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, Till::Stripe).await;
    shop.press(&booking, "pay").await;
    shop.work().await;
    let calls = shop.hooks.calls();
    assert_eq!(shop.hooks.replay(&calls[0]).await.0, 200, "a repeat in time is none");
    shop.clock.advance(TimeDelta::minutes(10));
    let (status, problem) = shop.hooks.replay(&calls[0]).await;
    assert_eq!((status, &problem["code"]), (400, &"signature_invalid".into()));
    shop.come_to_rest().await;
}

/// PayPal itself is asked whether a notice is its own; while it does not answer, it shall send it again.
#[tokio::test]
async fn a_notice_that_cannot_be_checked_is_not_taken_and_not_lost() {
    let shop = Shop::open(Store::Local, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, Till::Paypal).await;
    shop.press(&booking, "pay?webhook=lost").await;
    let verify = "POST /v1/notifications/verify-webhook-signature";
    shop.providers.break_calls(Till::Paypal, verify, "error_500", 1).await;
    assert_eq!(shop.providers.resend(Till::Paypal, None).await, [503]);
    assert_eq!(shop.look(&ada, &booking).await["payment"]["status"], "open");
    assert_eq!(shop.providers.resend(Till::Paypal, None).await, [200]);
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    shop.come_to_rest().await;
}
