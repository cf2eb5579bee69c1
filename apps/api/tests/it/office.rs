//! Money as those see it who run events: by hand, stuck, and cases for a person.

use crate::events::cast::mistakes;
use crate::harness::Person;
use crate::harness::providers::Till;
use crate::harness::shop::{PRICE, Shop, Store, TO_PAY, id};
use chrono::TimeDelta;
use serde_json::{Value, json};

const DAY: i64 = 86_400;

/// A booking that waits for a bank transfer.
async fn awaiting(shop: &Shop, who: &Person) -> Value {
    let hold = shop.hold(who, 1).await;
    let wish = json!({"hold_id": hold["hold_id"], "payment": {"provider": "bank_transfer"}});
    shop.again(who).await.client.post("/bookings/confirm", &wish).await.expect(201)
}

async fn mark(shop: &Shop, booking: &Value, body: Value) -> crate::harness::Answer {
    let path = format!("/admin/bookings/{}/mark-paid", id(booking));
    shop.again(&shop.admin).await.client.post(&path, &body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_transfer_is_awaited_for_days_and_marked_by_staff_on_both_stores() {
    for store in [Store::Local, Store::Postgres] {
        let shop = Shop::open(store, 5).await;
        let ada = shop.buyer().await;
        let booking = awaiting(&shop, &ada).await;
        assert_eq!(
            (&booking["status"], &booking["payment"]["provider"]),
            (&"pending_payment".into(), &"bank_transfer".into())
        );
        let transfer = &booking["payment"]["transfer"];
        assert_eq!(transfer["iban"], "DE89370400440532013000");
        assert_eq!(transfer["reference"], booking["reference"]);
        shop.later(TO_PAY + DAY).await;
        assert_eq!(shop.look(&ada, &booking).await["status"], "pending_payment", "a transfer takes days");
        let marked =
            mark(&shop, &booking, json!({"provider": "bank_transfer", "note": "statement 12"})).await;
        assert_eq!(marked.expect(200)["status"], "confirmed");
        let seen = shop.look(&ada, &booking).await;
        assert_eq!((seen["tickets"].as_array().unwrap().len(), &seen["paid"]["amount"]), (1, &PRICE.into()));
        mark(&shop, &booking, json!({"provider": "cash"})).await.expect_problem(409, "already_paid");
        shop.come_to_rest().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_that_never_comes_gives_its_places_back_and_one_that_comes_late_gets_them_again() {
    let shop = Shop::open(Store::Local, 1).await;
    let ada = shop.buyer().await;
    let booking = awaiting(&shop, &ada).await;
    assert_eq!(shop.left().await, 0);
    shop.later(8 * DAY).await;
    assert_eq!((shop.look(&ada, &booking).await["status"].clone(), shop.left().await), ("expired".into(), 1));
    mark(&shop, &booking, json!({"provider": "bank_transfer"})).await.expect(200);
    let seen = shop.look(&ada, &booking).await;
    assert_eq!((&seen["status"], &seen["notes"][0]["code"]), (&"confirmed".into(), &"paid_late".into()));
    shop.come_to_rest().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_too_late_by_hand_is_sent_back_by_hand() {
    let shop = Shop::open(Store::Local, 1).await;
    let (ada, bob) = (shop.buyer().await, shop.buyer().await);
    let booking = awaiting(&shop, &ada).await;
    shop.later(8 * DAY).await;
    let other = shop.book(&bob, Till::Stripe).await;
    shop.press(&other, "pay").await;
    shop.work().await;
    mark(&shop, &booking, json!({"provider": "bank_transfer"})).await.expect(200);
    shop.work().await;
    let seen = shop.look(&ada, &booking).await;
    assert_eq!((&seen["status"], &seen["notes"][0]["code"]), (&"expired".into(), &"paid_too_late".into()));
    let admin = shop.again(&shop.admin).await.client;
    let stuck = admin.get("/admin/payments/stuck").await.expect(200);
    assert_eq!(
        (&stuck["items"][0]["why"], &stuck["items"][0]["booking_id"]),
        (&"refund_by_hand".into(), &booking["id"])
    );
    let refund = stuck["items"][0]["refund_id"].as_str().unwrap();
    assert_eq!(admin.post(&format!("/admin/refunds/{refund}/mark-sent"), &json!({})).await.status, 204);
    assert_eq!(shop.look(&ada, &booking).await["refunds"][0]["status"], "done");
    assert_eq!(admin.get("/admin/payments/stuck").await.expect(200)["items"], json!([]));
    shop.come_to_rest().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_amount_is_a_case_that_staff_decides() {
    let shop = Shop::open(Store::Local, 5).await;
    let ada = shop.buyer().await;
    let booking = awaiting(&shop, &ada).await;
    let less = json!({"provider": "bank_transfer", "amount": {"amount": PRICE - 100, "currency": "EUR"}});
    mark(&shop, &booking, less).await.expect(200);
    assert_eq!(shop.look(&ada, &booking).await["notes"][0]["code"], "payment_under_review");
    let admin = shop.again(&shop.admin).await.client;
    let cases = admin.get("/admin/payments/incidents?status=open").await.expect(200);
    let case = &cases["items"][0];
    assert_eq!((&case["kind"], &case["booking_reference"]), (&"wrong_amount".into(), &booking["reference"]));
    let path = format!("/admin/payments/incidents/{}/resolve", id(case));
    admin
        .post(&path, &json!({"resolution": "accept", "note": " "}))
        .await
        .expect_problem(422, "invalid_input");
    let closed = admin.post(&path, &json!({"resolution": "accept", "note": "good enough"})).await.expect(200);
    assert_eq!(closed["resolution"]["note"], "good enough");
    let other = admin.post(&path, &json!({"resolution": "refund", "note": "no"})).await;
    other.expect_problem(409, "resolved_before");
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    assert_eq!(admin.get("/admin/payments/incidents?status=open").await.expect(200)["items"], json!([]));
    shop.work().await;
    let compared = shop.app.app.ledger.compare(|difference| panic!("{difference:?}")).await.unwrap();
    assert!(compared.agrees());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bookings_and_payments_are_found_by_reference_and_status() {
    let shop = Shop::open(Store::Local, 5).await;
    let ada = shop.buyer().await;
    let first = awaiting(&shop, &ada).await;
    // Ids of one millisecond have no order.
    shop.clock.advance(TimeDelta::seconds(1));
    let second = shop.book(&ada, Till::Stripe).await;
    let admin = shop.again(&shop.admin).await.client;
    let reference = first["reference"].as_str().unwrap().to_lowercase();
    for (path, expected) in [
        (format!("/admin/bookings?query={reference}"), vec![&first]),
        ("/admin/bookings".to_owned(), vec![&second, &first]),
        (format!("/admin/bookings?event_id={}&status=confirmed", shop.event), vec![]),
    ] {
        let found = admin.get(&path).await.expect(200);
        let found: Vec<_> =
            found["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
        assert_eq!(found, expected.iter().map(|it| it["id"].clone()).collect::<Vec<_>>(), "{path}");
    }
    let found = admin.get("/admin/payments?provider=bank_transfer&status=open").await.expect(200);
    assert_eq!(
        (found["items"].as_array().unwrap().len(), &found["items"][0]["booking_id"]),
        (1, &first["id"])
    );
    admin.get("/admin/payments?status=lost").await.expect_problem(422, "invalid_input");
    for (list, fields) in [
        ("payments", &["organisation_id", "status", "provider"][..]),
        ("bookings", &["organisation_id", "event_id", "status"]),
        ("payments/incidents", &["status", "organisation_id"]),
    ] {
        let query: Vec<_> = fields.iter().map(|field| format!("{field}=lost")).collect();
        let refused = admin.get(&format!("/admin/{list}?{}", query.join("&"))).await;
        let refused = refused.expect_problem(422, "invalid_input");
        let named: Vec<_> = mistakes(&refused).into_iter().map(|(field, _)| field).collect();
        assert_eq!(named, fields, "every mistake is named at once");
    }
    admin.get("/admin/bookings?status=lost").await.expect_problem(422, "invalid_input");
}
