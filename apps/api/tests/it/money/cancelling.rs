//! Buyers who cancel: what was promised, to the cent, and what is for staff to decide.

use super::with_each_provider;
use crate::harness::Person;
use crate::harness::providers::Till;
use crate::harness::shop::{LOOK, PRICE, Shop, Store, id};
use chrono::TimeDelta;
use serde_json::{Value, json};

with_each_provider!(
    a_ticket_that_is_cancelled_gives_back_what_the_preview_said,
    what_was_bought_keeps_its_promise,
    what_was_not_promised_is_for_staff_to_decide,
    a_booking_that_was_not_paid_is_called_off,
    what_belongs_to_others_is_not_cancelled,
);

/// So much percent is kept, until two days before.
pub(super) fn policy(percent: f64) -> Value {
    json!({"refundable": true, "tiers": [{"until_hours_before": 48, "fee_percent": percent}]})
}

impl Shop {
    /// Promises this to those who buy from now on.
    pub(super) async fn promise(&self, policy: &Value) -> Value {
        let path = format!("/admin/events/{}/cancellation-policy", self.event);
        self.again(&self.admin).await.client.put(&path, policy).await.expect(200)
    }

    /// A booking of so many places that was paid; the tickets are out.
    pub(super) async fn buy(&self, who: &Person, quantity: u32, till: Till) -> Value {
        let hold = self.hold(who, quantity).await;
        let wish = json!({"hold_id": hold["hold_id"], "payment": {"provider": till.name()}});
        let booking = self.again(who).await.client.post("/bookings/confirm", &wish).await.expect(201);
        self.press(&booking, "pay").await;
        self.work().await;
        let mut booking = self.look(who, &booking).await;
        // On a busy machine a call may take longer than we wait for it; the next look makes up for that.
        for _ in 0..3 {
            if booking["status"] != "confirmed" {
                self.later(LOOK).await;
                booking = self.look(who, &booking).await;
            }
        }
        assert_eq!((&booking["status"], tickets(&booking).len()), (&json!("confirmed"), quantity as usize));
        booking
    }

    /// What somebody was told by mail, in the order of the alphabet.
    pub(super) fn told(&self, who: &Person) -> Vec<String> {
        let mut subjects = self.subjects(&who.email);
        subjects.sort();
        subjects
    }

    /// What the door says to a ticket's code.
    pub(super) async fn at_the_door(&self, ticket: &Value) -> Value {
        let admin = self.again(&self.admin).await;
        let scan = json!({"code": ticket["code"], "dry_run": true});
        admin.client.post("/tickets/verify", &scan).await.expect(200)["result"].clone()
    }
}

pub(super) fn tickets(booking: &Value) -> &Vec<Value> {
    booking["tickets"].as_array().unwrap()
}

fn path(booking: &Value, rest: &str) -> String {
    format!("/bookings/{}/{rest}", id(booking))
}

async fn a_ticket_that_is_cancelled_gives_back_what_the_preview_said(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let shown = shop.promise(&policy(12.5)).await;
    let event = shop.app.stranger().get(&format!("/events/{}", shop.event)).await.expect(200);
    assert_eq!(event["cancellation_policy"], shown, "buyers see it before they buy");
    assert_eq!(shown["tiers"], json!([{"until_hours_before": 48, "fee_percent": 12.5, "fee_fixed": null}]));
    let ada = shop.buyer().await;
    let booking = shop.buy(&ada, 3, till).await;
    assert_eq!(booking["cancellation_policy"], shown);
    let ticket = &tickets(&booking)[1];
    let client = shop.again(&ada).await.client;
    let preview = path(&booking, &format!("cancellation-preview?ticket_ids={}", id(ticket)));
    let quote = client.get(&preview).await.expect(200);
    let (fee, refund) = (313, 2187);
    assert_eq!((&quote["fee"]["amount"], &quote["refund"]["amount"]), (&json!(fee), &json!(refund)));
    assert_eq!((&quote["cancellable"], quote["lines"].as_array().unwrap().len()), (&json!(true), 1));
    assert_eq!(shop.at_the_door(ticket).await, "admitted");
    let wish = json!({"ticket_ids": [id(ticket)]});
    let cancelled = client.post_once(&path(&booking, "cancel"), "cancel-1", &wish).await.expect(200);
    let again = client.post_once(&path(&booking, "cancel"), "cancel-1", &wish).await.expect(200);
    assert_eq!(cancelled, again, "the same key, the same answer");
    assert_eq!(shop.at_the_door(ticket).await, "cancelled", "at once");
    assert_eq!(shop.left().await, 3, "at once");
    assert_eq!(
        (&cancelled["status"], &cancelled["refunded"]["amount"]),
        (&json!("partially_refunded"), &json!(refund))
    );
    client.post(&path(&booking, "cancel"), &wish).await.expect_problem(409, "ticket_not_cancellable");
    shop.come_to_rest().await;
    let seen = shop.look(&ada, &booking).await;
    assert_eq!(
        (&seen["refunds"][0]["status"], &seen["refunds"][0]["reason"]),
        (&json!("done"), &json!("cancelled"))
    );
    assert_eq!(seen["refunds"][0]["ticket_ids"], json!([id(ticket)]));
    let ledger = shop.providers.ledger(till).await;
    assert_eq!((ledger.refunds, ledger.kept["EUR"]), (1, 3 * PRICE - refund));
    assert_eq!(shop.told(&ada), ["Your cancellation", "Your tickets for A night out"]);
    let all = shop.again(&ada).await.client.post(&path(&booking, "cancel"), &json!({})).await.expect(200);
    assert_eq!((&all["status"], &all["paid"]["amount"]), (&json!("cancelled"), &json!(3 * fee)));
    shop.come_to_rest().await;
    assert_eq!(shop.left().await, 5);
}

async fn what_was_bought_keeps_its_promise(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    shop.promise(&policy(0.0)).await;
    let ada = shop.buyer().await;
    let booking = shop.buy(&ada, 1, till).await;
    shop.promise(&json!({"refundable": false, "tiers": []})).await;
    let late = shop.buy(&ada, 1, till).await;
    let client = shop.again(&ada).await.client;
    let quote = client.get(&path(&late, "cancellation-preview")).await.expect(200);
    assert_eq!((&quote["refund"]["amount"], &quote["fee"]["amount"]), (&json!(0), &json!(PRICE)));
    assert_eq!((&quote["cancellable"], &quote["code"]), (&json!(false), &json!("not_refundable")));
    client.post(&path(&late, "cancel"), &json!({})).await.expect_problem(409, "not_refundable");
    let seen = client.post(&path(&booking, "cancel"), &json!({})).await.expect(200);
    assert_eq!((&seen["status"], &seen["refunded"]["amount"]), (&json!("refunded"), &json!(PRICE)));
    let soon = shop.buy(&ada, 1, till).await;
    // Two days before the event the time is over for everybody.
    shop.clock.advance(TimeDelta::days(28) + TimeDelta::seconds(1));
    let client = shop.again(&ada).await.client;
    client.post(&path(&soon, "cancel"), &json!({})).await.expect_problem(409, "not_refundable");
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.refunds, 1);
}

async fn what_was_not_promised_is_for_staff_to_decide(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.buy(&ada, 2, till).await;
    let client = shop.again(&ada).await.client;
    client.post(&path(&booking, "cancel"), &json!({})).await.expect_problem(409, "not_refundable");
    let wish = json!({"ticket_ids": [id(&tickets(&booking)[0])], "message": "I am ill"});
    let asked = client.post(&path(&booking, "request-cancel"), &wish).await.expect(200);
    assert_eq!(asked["cancellation_request"]["status"], "open");
    client.post(&path(&booking, "request-cancel"), &wish).await.expect_problem(409, "request_waiting");
    let admin = shop.again(&shop.admin).await.client;
    let waiting = admin.get("/admin/cancellation-requests").await.expect(200);
    assert_eq!(waiting["items"].as_array().unwrap().len(), 1);
    assert_eq!(waiting["items"][0]["cancellation_request"]["message"], "I am ill");
    assert_eq!(waiting["items"][0]["tickets"][0].get("code"), None, "staff sees no codes");
    let decide = format!("/admin/bookings/{}/cancellation-request", id(&booking));
    let yes =
        json!({"decision": "grant", "amount": {"amount": 2000, "currency": "EUR"}, "answer": "Get well"});
    admin.post(&decide, &yes).await.expect(200);
    admin.post(&decide, &yes).await.expect_problem(409, "nothing_asked");
    let seen = shop.look(&ada, &booking).await;
    assert_eq!((&seen["status"], &seen["refunded"]["amount"]), (&json!("partially_refunded"), &json!(2000)));
    assert_eq!(seen["cancellation_request"]["answer"], "Get well");
    assert_eq!(seen["refunds"][0].get("note"), None, "what staff writes for the books is not for buyers");
    assert_eq!(shop.left().await, 4);
    assert_eq!(admin.get("/admin/cancellation-requests").await.expect(200)["items"], json!([]));
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(till).await.kept["EUR"], 2 * PRICE - 2000);
}

async fn a_booking_that_was_not_paid_is_called_off(till: Till, store: Store) {
    let shop = Shop::open(store, 1).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    assert_eq!(shop.left().await, 0);
    let client = shop.again(&ada).await.client;
    let quote = client.get(&path(&booking, "cancellation-preview")).await.expect(200);
    assert_eq!((&quote["refund"]["amount"], &quote["lines"]), (&json!(0), &json!([])));
    client.post(&path(&booking, "cancel"), &json!({})).await.expect(200);
    client.post(&path(&booking, "cancel"), &json!({})).await.expect_problem(409, "nothing_to_cancel");
    assert_eq!((shop.left().await, &shop.look(&ada, &booking).await["status"]), (1, &json!("cancelled")));
    // The buyer had the page open and pays all the same, before we could close it.
    shop.providers.try_press(crate::harness::shop::checkout_url(&booking), "pay").await;
    shop.come_to_rest().await;
    let seen = shop.look(&ada, &booking).await;
    assert_eq!((&seen["paid"]["amount"], tickets(&seen).len()), (&json!(0), 0));
    assert_eq!(shop.providers.ledger(till).await.kept.get("EUR"), None, "nothing is kept");
    assert_eq!(shop.left().await, 1);
}

async fn what_belongs_to_others_is_not_cancelled(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    shop.promise(&policy(0.0)).await;
    let (ada, eve) = (shop.buyer().await, shop.buyer().await);
    let booking = shop.buy(&ada, 1, till).await;
    let other = shop.buy(&eve, 1, till).await;
    let client = shop.again(&eve).await.client;
    for rest in ["cancel", "request-cancel"] {
        client.post(&path(&booking, rest), &json!({})).await.expect_problem(404, "not_found");
    }
    client.get(&path(&booking, "cancellation-preview")).await.expect_problem(404, "not_found");
    let foreign = json!({"ticket_ids": [id(&tickets(&booking)[0])]});
    client.post(&path(&other, "cancel"), &foreign).await.expect_problem(422, "invalid_input");
    client
        .post(&path(&other, "cancel"), &json!({"ticket_ids": []}))
        .await
        .expect_problem(422, "invalid_input");
    let staff = format!("/admin/bookings/{}/refund", id(&other));
    client.post(&staff, &json!({"reason": "mine"})).await.expect_problem(403, "forbidden");
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    shop.come_to_rest().await;
}
