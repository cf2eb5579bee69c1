//! Money that moves at the providers without us.

use super::with_each_provider;
use crate::harness::Person;
use crate::harness::providers::Till;
use crate::harness::shop::{PRICE, Shop, Store, id};
use chrono::TimeDelta;
use serde_json::{Value, json};

with_each_provider!(
    a_refund_made_in_the_dashboard_is_noticed_and_voids_no_ticket,
    a_refund_that_no_webhook_told_is_found_by_looking,
    a_lost_dispute_is_told_posted_and_can_be_shown,
);

async fn paid(shop: &Shop, till: Till) -> (Person, Value) {
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    shop.press(&booking, "pay").await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    (ada, booking)
}

/// Time passes until accounts are looked at again.
async fn look_outside(shop: &Shop) -> usize {
    shop.clock.advance(TimeDelta::minutes(20));
    let looked = shop.app.app.bookings.look_outside().await.unwrap();
    assert!(looked.failures.is_empty(), "{:?}", looked.failures);
    shop.work().await;
    looked.news
}

async fn sent_back_by_hand(shop: &Shop, ada: &Person, booking: &Value) {
    let seen = shop.look(ada, booking).await;
    let refunds = seen["refunds"].as_array().unwrap();
    assert_eq!(refunds.len(), 1, "{seen}");
    assert_eq!((&refunds[0]["reason"], &refunds[0]["status"]), (&json!("external"), &json!("done")));
    assert_eq!(refunds[0]["amount"]["amount"], 1000);
    assert_eq!(seen["paid"]["amount"], PRICE - 1000);
    assert_eq!(seen["tickets"][0]["status"], "valid");
    assert_eq!(
        shop.providers.ledger(Till::Stripe).await.refunds + shop.providers.ledger(Till::Paypal).await.refunds,
        1
    );
}

async fn a_refund_made_in_the_dashboard_is_noticed_and_voids_no_ticket(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let (ada, booking) = paid(&shop, till).await;
    shop.press(&booking, "refund?amount=1000&webhook=twice").await;
    shop.work().await;
    sent_back_by_hand(&shop, &ada, &booking).await;
    assert_eq!(look_outside(&shop).await, 0, "it is known");
    shop.come_to_rest().await;
    sent_back_by_hand(&shop, &ada, &booking).await;
}

async fn a_refund_that_no_webhook_told_is_found_by_looking(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let (ada, booking) = paid(&shop, till).await;
    assert_eq!(look_outside(&shop).await, 0);
    shop.press(&booking, "refund?amount=1000&webhook=lost").await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["refunds"], json!([]));
    assert_eq!(look_outside(&shop).await, 1);
    sent_back_by_hand(&shop, &ada, &booking).await;
    // The notice comes after all.
    shop.providers.resend(till, None).await;
    shop.work().await;
    assert_eq!(look_outside(&shop).await, 0);
    shop.come_to_rest().await;
    sent_back_by_hand(&shop, &ada, &booking).await;
}

async fn a_lost_dispute_is_told_posted_and_can_be_shown(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let (ada, booking) = paid(&shop, till).await;
    shop.press(&booking, "dispute?amount=2600").await;
    shop.work().await;
    shop.press(&booking, "dispute?outcome=lost&webhook=lost").await;
    assert_eq!(look_outside(&shop).await, 1);
    let told = shop.subjects(&shop.admin.email);
    assert_eq!(told.iter().filter(|subject| *subject == "A payment needs you").count(), 2, "{told:?}");
    let placed = shop.placed().await;
    let dispute = placed[0].booking.disputes[0].id;
    let path = format!("/admin/payments/disputes/{dispute}/evidence");
    let admin = shop.again(&shop.admin).await;
    let evidence = admin.client.get(&path).await.expect(200);
    assert_eq!(
        (&evidence["dispute"]["status"], &evidence["dispute"]["amount"]["amount"]),
        (&json!("lost"), &json!(2600))
    );
    assert_eq!(
        (&evidence["booking"]["id"], &evidence["payments"][0]["status"]),
        (&json!(id(&booking)), &json!("paid"))
    );
    assert!(evidence["payments"][0]["charge"].is_string(), "{evidence}");
    assert_eq!(
        evidence["booking"]["cancellation_policy"],
        shop.look(&ada, &booking).await["cancellation_policy"]
    );
    let managed = admin.client.get("/admin/bookings").await.expect(200);
    assert_eq!(managed["items"][0]["disputes"][0], evidence["dispute"]);
    assert_eq!(evidence["mails"][0]["what"], "tickets");
    assert_eq!((evidence["tickets"].as_array().unwrap().len(), &evidence["scans"]), (1, &json!([])));
    shop.again(&ada).await.client.get(&path).await.expect(403);
    assert_eq!(shop.look(&ada, &booking).await["tickets"][0]["status"], "valid");
    shop.come_to_rest().await;
}
