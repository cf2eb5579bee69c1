//! Money that is not what was asked for: nothing is issued, the evidence is kept, an admin is told.

use super::with_each_provider;
use crate::harness::providers::Till;
use crate::harness::shop::{LOOK, Shop, Store, TO_PAY};
use booking::PaymentStatus;

with_each_provider!(
    a_wrong_amount_issues_nothing_and_tells_an_admin,
    a_wrong_currency_issues_nothing_and_tells_an_admin,
    a_right_payment_after_a_wrong_one_is_confirmed,
);

async fn a_wrong_amount_issues_nothing_and_tells_an_admin(till: Till, store: Store) {
    let evidence = nothing_is_issued(till, store, "amount=2499").await;
    assert!(evidence.contains("wrong_amount") && evidence.contains("asked for 25.00 EUR"), "{evidence}");
    assert!(evidence.contains("24.99 EUR"), "{evidence}");
}

async fn a_wrong_currency_issues_nothing_and_tells_an_admin(till: Till, store: Store) {
    let evidence = nothing_is_issued(till, store, "currency=USD").await;
    assert!(evidence.contains("wrong_currency") && evidence.contains("asked for 25.00 EUR"), "{evidence}");
    assert!(evidence.contains("25.00 USD"), "{evidence}");
}

/// What the admin was told.
async fn nothing_is_issued(till: Till, store: Store, booked: &str) -> String {
    let shop = Shop::open(store, 1).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    shop.press(&booking, &format!("pay?{booked}")).await;
    shop.work().await;
    shop.later(LOOK).await;
    let seen = shop.look(&ada, &booking).await;
    assert_eq!(
        (&seen["status"], &seen["payment"]["status"]),
        (&"pending_payment".into(), &"mismatched".into())
    );
    assert_eq!((&seen["tickets"], &seen["paid"]["amount"]), (&serde_json::json!([]), &0.into()));
    let kept = shop.placed().await.remove(0).booking.payments.remove(0);
    assert_eq!(kept.status, PaymentStatus::Mismatched);
    assert!(kept.charge.is_some() && kept.paid.is_some_and(|paid| paid != kept.amount), "{kept:?}");
    let told = shop.mails(&shop.admin.email);
    let told: Vec<_> = told.iter().filter(|mail| mail.subject.starts_with("A payment needs you")).collect();
    assert_eq!(told.len(), 1, "once, however often the provider says it");
    assert!(told[0].text.contains(seen["reference"].as_str().unwrap()));
    let evidence = format!("{}\n{}", told[0].subject, told[0].text);
    // In the end the places go to others, and nobody tells the buyer that nothing was charged.
    shop.later(TO_PAY).await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "expired");
    assert_eq!(shop.left().await, 1);
    let news = shop.mails(&ada.email).pop().unwrap().text;
    assert!(!news.contains("Nothing was charged") && news.contains("not what was asked for"), "{news}");
    shop.come_to_rest().await;
    let ledger = shop.providers.ledger(till).await;
    assert_eq!((ledger.charges, ledger.refunds), (1, 0), "what becomes of it is for a person to decide");
    evidence
}

async fn a_right_payment_after_a_wrong_one_is_confirmed(till: Till, store: Store) {
    let shop = Shop::open(store, 1).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    shop.press(&booking, "pay?amount=1").await;
    shop.work().await;
    let second = shop.pay_again(&ada, &booking, till).await;
    shop.press(&second, "pay").await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    shop.come_to_rest().await;
}
