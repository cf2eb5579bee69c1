//! Buyers who pay: once, after a refusal, twice.

use super::{on_each_store, with_each_provider};
use crate::harness::providers::Till;
use crate::harness::shop::{LOOK, PRICE, Shop, Store};

with_each_provider!(
    what_is_paid_is_confirmed_with_its_tickets_and_one_mail,
    a_declined_payment_can_be_made_on_the_same_page,
    after_a_declined_payment_another_attempt_can_be_made,
    a_payment_in_a_second_tab_costs_the_buyer_nothing,
    of_two_payments_that_nobody_told_us_of_one_is_kept,
    paying_with_both_providers_keeps_one_payment,
);

async fn what_is_paid_is_confirmed_with_its_tickets_and_one_mail(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    assert_eq!(booking["payment"]["status"], "open");
    shop.press(&booking, "pay").await;
    shop.work().await;
    let paid = shop.look(&ada, &booking).await;
    assert_eq!((&paid["status"], &paid["paid"]["amount"]), (&"confirmed".into(), &PRICE.into()));
    assert_eq!(paid["payment"]["status"], "paid");
    assert_eq!(paid["payment"].get("checkout_url"), None, "it cannot be paid again");
    assert_eq!(paid["tickets"].as_array().unwrap().len(), 1);
    assert_eq!(shop.subjects(&ada.email), ["Your tickets for A night out"]);
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.charges, 1);
}

async fn a_declined_payment_can_be_made_on_the_same_page(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    // PayPal decides about the buyer's means when the money is taken, after the buyer agreed.
    match till {
        Till::Stripe => shop.press(&booking, "decline").await,
        Till::Paypal => shop.press(&booking, "pay?capture=instrument_declined").await,
    };
    shop.work().await;
    let declined = shop.look(&ada, &booking).await;
    assert_eq!(
        (&declined["status"], &declined["payment"]["status"]),
        (&"pending_payment".into(), &"open".into())
    );
    assert_eq!(declined["payment"]["problem"], "declined");
    shop.press(&declined, "pay").await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.charges, 1);
}

async fn after_a_declined_payment_another_attempt_can_be_made(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    shop.press(&booking, "decline").await;
    shop.work().await;
    let second = shop.pay_again(&ada, &booking, till).await;
    assert_ne!(second["payment"]["checkout_url"], booking["payment"]["checkout_url"]);
    shop.press(&second, "pay").await;
    shop.work().await;
    let paid = shop.look(&ada, &booking).await;
    assert_eq!((&paid["status"], &paid["payment"]["id"]), (&"confirmed".into(), &second["payment"]["id"]));
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.charges, 1);
}

async fn a_payment_in_a_second_tab_costs_the_buyer_nothing(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let first = shop.book(&ada, till).await;
    let second = shop.pay_again(&ada, &first, till).await;
    // Both are paid before anything that follows from the first is done.
    shop.press(&first, "pay").await;
    shop.press(&second, "pay").await;
    shop.work().await;
    let ledger = shop.providers.ledger(till).await;
    let paid = shop.look(&ada, &first).await;
    assert_eq!((&paid["status"], &paid["paid"]["amount"]), (&"confirmed".into(), &PRICE.into()));
    match till {
        // Stripe takes the money by itself: the second payment goes back, once, and the buyer is told.
        Till::Stripe => {
            assert_eq!((ledger.charges, ledger.refunds), (2, 1));
            assert_eq!(paid["refunded"]["amount"], PRICE);
            assert_eq!(paid["refunds"][0]["reason"], "overpaid");
            assert!(shop.subjects(&ada.email).contains(&"You paid twice".to_owned()));
        }
        // PayPal waits for us to take it: the second agreement is never taken up.
        Till::Paypal => assert_eq!((ledger.charges, ledger.refunds), (1, 0)),
    }
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await, ledger, "nothing more happens");
}

async fn of_two_payments_that_nobody_told_us_of_one_is_kept(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let first = shop.book(&ada, till).await;
    let second = shop.pay_again(&ada, &first, till).await;
    shop.press(&first, "pay?webhook=lost").await;
    shop.press(&second, "pay?webhook=lost").await;
    shop.later(LOOK).await;
    let paid = shop.look(&ada, &first).await;
    assert_eq!((&paid["status"], &paid["paid"]["amount"]), (&"confirmed".into(), &PRICE.into()));
    let ledger = shop.providers.ledger(till).await;
    assert_eq!((ledger.charges, ledger.refunds), if till == Till::Stripe { (2, 1) } else { (1, 0) });
    // What the provider had not told comes after all, and changes nothing.
    for status in shop.providers.resend(till, None).await {
        assert_eq!(status, 200);
    }
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await, ledger);
}

async fn paying_with_both_providers_keeps_one_payment(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let first = shop.book(&ada, till).await;
    let second = shop.pay_again(&ada, &first, till.other()).await;
    shop.press(&first, "pay").await;
    shop.press(&second, "pay").await;
    shop.work().await;
    let paid = shop.look(&ada, &first).await;
    assert_eq!((&paid["status"], &paid["paid"]["amount"]), (&"confirmed".into(), &PRICE.into()));
    shop.come_to_rest().await;
    let stripe = shop.providers.ledger(Till::Stripe).await;
    let paypal = shop.providers.ledger(Till::Paypal).await;
    // Stripe was paid at once; PayPal is only asked for money that is still owed.
    assert_eq!((stripe.charges, stripe.refunds), (1, 0));
    assert_eq!((paypal.charges, paypal.refunds), (0, 0));
}

on_each_store!(an_unpaid_attempt_is_ended_at_its_provider_once_another_is_paid);

async fn an_unpaid_attempt_is_ended_at_its_provider_once_another_is_paid(store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let first = shop.book(&ada, Till::Stripe).await;
    let second = shop.pay_again(&ada, &first, Till::Paypal).await;
    shop.press(&second, "pay").await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &first).await["status"], "confirmed");
    let url = first["payment"]["checkout_url"].as_str().unwrap();
    assert_eq!(shop.providers.try_press(url, "pay").await.status, 409, "its page cannot be paid any more");
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(Till::Stripe).await.charges, 0);
}

/// Instants are kept in UTC; people are told when it is at the place.
#[tokio::test]
async fn mails_tell_the_time_of_the_place() {
    let shop = Shop::open(Store::Local, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, Till::Stripe).await;
    shop.press(&booking, "pay").await;
    shop.work().await;
    let mails = shop.mails(&ada.email);
    let tickets = mails.iter().find(|mail| mail.subject.starts_with("Your tickets")).unwrap();
    assert!(tickets.text.contains("Wednesday, 1 July 2026, 14:00 (CEST)"), "{}", tickets.text);
    shop.come_to_rest().await;
}
