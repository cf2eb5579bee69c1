//! An event that does not take place: every booking gets its money back, once, and what a person has to do is named.

use super::cancelling::{policy, tickets};
use super::with_each_provider;
use crate::harness::process::Process;
use crate::harness::providers::Till;
use crate::harness::shop::{PRICE, Shop, Store, id};
use crate::harness::wire::{Moment, Trick};
use serde_json::{Value, json};

with_each_provider!(
    a_cancelled_event_gives_everybody_their_money_back,
    what_cannot_go_back_by_itself_is_named_until_a_person_has_done_it,
    a_server_killed_while_it_cancels_goes_on_where_it_stood,
);

impl Shop {
    async fn job(&self, accepted: &Value) -> Value {
        let path = format!("/jobs/{}", accepted["job_id"].as_str().unwrap());
        self.again(&self.admin).await.client.get(&path).await.expect(200)
    }
}

async fn a_cancelled_event_gives_everybody_their_money_back(till: Till, store: Store) {
    let shop = Shop::open(store, 10).await;
    shop.promise(&policy(50.0)).await;
    let (ada, bob, cleo) = (shop.buyer().await, shop.buyer().await, shop.buyer().await);
    let first = shop.buy(&ada, 3, till).await;
    let second = shop.buy(&bob, 1, till).await;
    let waiting = shop.book(&cleo, till).await;
    // One ticket was given back before; the fee that was agreed on stays.
    let one = json!({"ticket_ids": [id(&tickets(&first)[0])]});
    let cancel = format!("/bookings/{}/cancel", id(&first));
    shop.again(&ada).await.client.post(&cancel, &one).await.expect(200);
    let path = format!("/admin/events/{}/cancel", shop.event);
    let admin = shop.again(&shop.admin).await.client;
    let accepted = admin.post(&path, &json!({"reason": "storm"})).await.expect(202);
    assert_eq!(admin.post(&path, &json!({})).await.expect(202), accepted, "one event, one job");
    assert_eq!(shop.job(&accepted).await["status"], "running");
    shop.again(&ada)
        .await
        .client
        .get(&format!("/jobs/{}", accepted["job_id"].as_str().unwrap()))
        .await
        .expect_problem(404, "not_found");
    let event = shop.app.stranger().get(&format!("/events/{}", shop.event)).await.expect(200);
    assert_eq!(event["status"], "cancelled");
    assert_eq!(shop.at_the_door(&tickets(&second)[0]).await, "cancelled", "before the work has begun");
    let wish =
        json!({"event_id": shop.event, "items": [{"ticket_type_id": shop.ticket_type, "quantity": 1}]});
    shop.again(&bob).await.client.post("/seats/hold", &wish).await.expect_problem(422, "not_on_sale");
    shop.come_to_rest().await;
    let job = shop.job(&accepted).await;
    assert_eq!((&job["status"], &job["done"], &job["total"]), (&json!("done"), &json!(3), &json!(3)));
    let report = &job["report"];
    assert_eq!((&report["bookings_refunded"], &report["refunded"]["amount"]), (&json!(2), &json!(3 * PRICE)));
    assert_eq!((&report["bookings_unpaid"], &report["needs_human"]), (&json!(1), &json!([])));
    assert_eq!(
        report["refunds"],
        json!({"created": 0, "in_transit": 0, "done": 2, "failed": 0, "uncertain": 0})
    );
    let states = [(&ada, &first, "cancelled"), (&bob, &second, "refunded"), (&cleo, &waiting, "cancelled")];
    for (who, booking, status) in states {
        let seen = shop.look(who, booking).await;
        assert_eq!(seen["status"], status, "{seen}");
        assert!(tickets(&seen).iter().all(|ticket| ticket["status"] == "cancelled"));
        let told = shop.told(who);
        assert_eq!(told.iter().filter(|subject| *subject == "Cancelled").count(), 1, "{told:?}");
    }
    let ledger = shop.providers.ledger(till).await;
    assert_eq!((ledger.refunds, ledger.kept["EUR"]), (3, PRICE / 2));
}

async fn what_cannot_go_back_by_itself_is_named_until_a_person_has_done_it(till: Till, store: Store) {
    let shop = Shop::open(store, 10).await;
    let (ada, bob) = (shop.buyer().await, shop.buyer().await);
    let (first, second) = (shop.buy(&ada, 1, till).await, shop.buy(&bob, 2, till).await);
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
    let admin = shop.again(&shop.admin).await.client;
    let accepted = admin.post(&format!("/admin/events/{}/cancel", shop.event), &json!({})).await.expect(202);
    shop.come_to_rest().await;
    let report = shop.job(&accepted).await["report"].clone();
    assert_eq!((&report["refunds"]["done"], &report["refunds"]["failed"]), (&json!(1), &json!(1)));
    let named = report["needs_human"].as_array().unwrap();
    assert_eq!((named.len(), &named[0]["code"]), (1, &json!("refund_failed")));
    let booking = [&first, &second].into_iter().find(|it| it["id"] == named[0]["booking_id"]).unwrap();
    assert_eq!(named[0]["reference"], booking["reference"]);
    assert_eq!(named[0]["amount"], booking["total"]);
    let refund = named[0]["refund_id"].as_str().unwrap();
    let retry = format!("/admin/bookings/{}/refunds/{refund}/retry", id(booking));
    shop.again(&shop.admin).await.client.post(&retry, &json!({})).await.expect(200);
    shop.come_to_rest().await;
    let report = shop.job(&accepted).await["report"].clone();
    assert_eq!((&report["refunds"]["done"], &report["needs_human"]), (&json!(2), &json!([])));
    assert_eq!(shop.providers.ledger(till).await.kept.get("EUR"), None);
}

/// Bookings of the event that is cancelled while the server dies again and again.
const BOOKINGS: usize = 5;

async fn a_server_killed_while_it_cancels_goes_on_where_it_stood(till: Till, store: Store) {
    let process = Process::start(store, 3600).await;
    for _ in 0..BOOKINGS {
        let booking = process.book(till).await;
        let opened = |now: &Value| now["payment"].get("checkout_url").is_some();
        let booking = process.until(&booking, "opened", opened).await;
        process.providers.press(booking["payment"]["checkout_url"].as_str().unwrap(), "pay").await;
        process.until(&booking, "confirmed", |now| now["status"] == "confirmed").await;
    }
    for (passing, moment) in [(0, Moment::Before), (1, Moment::Acted), (2, Moment::Answered)] {
        process.kill_at(process.line(till), passing, till.refund(), moment);
    }
    let accepted = process.cancel_event().await;
    process.restart().await;
    for booking in process.bookings().await {
        process.until(&booking, "refunded", |now| now["refunds"][0]["status"] == "done").await;
    }
    process.until_idle().await;
    let job = process.job(&accepted).await;
    assert_eq!((&job["status"], &job["done"]), (&json!("done"), &json!(BOOKINGS)));
    assert_eq!(
        (&job["report"]["refunds"]["done"], &job["report"]["needs_human"]),
        (&json!(BOOKINGS), &json!([]))
    );
    for booking in process.bookings().await {
        assert_eq!(
            (&booking["status"], booking["refunds"].as_array().unwrap().len()),
            (&json!("refunded"), 1)
        );
    }
    let ledger = process.providers.ledger(till).await;
    assert_eq!((ledger.charges, ledger.refunds, ledger.kept.get("EUR")), (BOOKINGS, BOOKINGS, None));
    process.stop_and_recount().await;
}
