//! The return desk: a ticket goes back, its code is dead, and its money comes when it is sold again.

use super::cancelling::tickets;
use super::with_each_provider;
use crate::harness::Person;
use crate::harness::providers::Till;
use crate::harness::shop::{PRICE, Shop, Store, id};
use chrono::TimeDelta;
use serde_json::{Value, json};

with_each_provider!(
    a_returned_ticket_is_offered_sold_again_and_paid_out_once,
    a_ticket_that_nobody_buys_is_good_again,
    what_is_taken_back_has_a_new_code,
    a_cancelled_event_pays_for_what_waits_at_the_desk,
    what_cannot_be_returned_is_refused,
);

fn path(ticket: &Value) -> String {
    format!("/tickets/{}/return", id(ticket))
}

impl Shop {
    async fn give_back(&self, who: &Person, ticket: &Value) -> Value {
        self.again(who).await.client.post(&path(ticket), &json!({})).await.expect(201)
    }

    async fn returns(&self, who: &Person) -> Value {
        self.again(who).await.client.get("/users/me/returns").await.expect(200)["items"].clone()
    }
}

async fn a_returned_ticket_is_offered_sold_again_and_paid_out_once(till: Till, store: Store) {
    let shop = Shop::open(store, 2).await;
    let (ada, bob) = (shop.buyer().await, shop.buyer().await);
    let booking = shop.buy(&ada, 2, till).await;
    bob.client.post("/waitlist", &json!({"event_id": shop.event})).await.expect(201);
    let (gone, kept) = (&tickets(&booking)[0], &tickets(&booking)[1]);
    assert_eq!(shop.at_the_door(gone).await, "admitted");
    let made = shop.give_back(&ada, gone).await;
    assert_eq!((&made["status"], &made["price"]["amount"]), (&json!("waiting"), &json!(PRICE)));
    assert_eq!(
        (shop.at_the_door(gone).await, shop.at_the_door(kept).await),
        (json!("cancelled"), json!("admitted"))
    );
    let client = shop.again(&ada).await.client;
    client.post(&path(gone), &json!({})).await.expect_problem(409, "ticket_not_returnable");
    let seen = client.get(&format!("/tickets/{}", id(gone))).await.expect(200);
    assert_eq!((&seen["status"], &seen["code"]), (&json!("returned"), &Value::Null));
    let entry = shop.standing(&bob).await;
    assert_eq!((&entry["status"], shop.left().await), (&json!("offered"), 0), "{entry}");
    shop.work().await;
    assert!(shop.look(&ada, &booking).await["refunds"].as_array().unwrap().is_empty(), "not sold yet");
    let wish = json!({"hold_id": entry["hold_id"], "payment": {"provider": till.name()}});
    let again = shop.again(&bob).await.client.post("/bookings/confirm", &wish).await.expect(201);
    shop.press(&again, "pay").await;
    shop.come_to_rest().await;
    assert_eq!(shop.look(&bob, &again).await["status"], "confirmed");
    let seen = shop.look(&ada, &booking).await;
    let refunds = seen["refunds"].as_array().unwrap();
    assert_eq!(refunds.len(), 1, "{seen}");
    assert_eq!(
        (&refunds[0]["amount"]["amount"], &refunds[0]["reason"], &refunds[0]["status"]),
        (&json!(PRICE), &json!("resold"), &json!("done"))
    );
    assert_eq!(shop.returns(&ada).await[0]["status"], "refunded");
    let sold = shop.again(&ada).await.client.get(&format!("/tickets/{}", id(gone))).await.expect(200);
    assert_eq!((&sold["status"], &sold["code"]), (&json!("cancelled"), &Value::Null), "it opens no door");
    assert_eq!(shop.at_the_door(gone).await, "cancelled");
    assert!(shop.subjects(&ada.email).contains(&"Money comes back to you".to_owned()));
    let admin = shop.again(&shop.admin).await.client;
    let listed = admin.get(&format!("/admin/events/{}/returns", shop.event)).await.expect(200);
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["holder_id"]), (&made["id"], &json!(ada.id)));
}

async fn a_ticket_that_nobody_buys_is_good_again(till: Till, store: Store) {
    let shop = Shop::open(store, 1).await;
    let ada = shop.buyer().await;
    let booking = shop.buy(&ada, 1, till).await;
    let ticket = &tickets(&booking)[0];
    shop.give_back(&ada, ticket).await;
    assert_eq!(shop.left().await, 1);
    shop.clock.advance(TimeDelta::days(30));
    shop.work().await;
    assert_eq!(shop.returns(&ada).await[0]["status"], "given_back");
    let client = shop.again(&ada).await.client;
    let now = client.get(&format!("/tickets/{}", id(ticket))).await.expect(200);
    assert_eq!(now["status"], "valid");
    assert_eq!(
        (shop.at_the_door(ticket).await, shop.at_the_door(&now).await),
        (json!("cancelled"), json!("admitted"))
    );
    assert!(shop.subjects(&ada.email).iter().any(|it| it == "Your ticket for A night out"));
    client.post(&path(ticket), &json!({})).await.expect_problem(422, "not_on_sale");
    shop.come_to_rest().await;
}

async fn what_is_taken_back_has_a_new_code(till: Till, store: Store) {
    let shop = Shop::open(store, 1).await;
    let (ada, bob) = (shop.buyer().await, shop.buyer().await);
    let booking = shop.buy(&ada, 1, till).await;
    let ticket = &tickets(&booking)[0];
    shop.give_back(&ada, ticket).await;
    let hold = shop.hold(&bob, 1).await;
    let client = shop.again(&ada).await.client;
    client.delete(&path(ticket)).await.expect_problem(409, "sold_out");
    let held = format!("/seats/hold/{}", hold["hold_id"].as_str().unwrap());
    shop.again(&bob).await.client.delete(&held).await.expect(204);
    let now = client.delete(&path(ticket)).await.expect(200);
    assert_eq!(
        (shop.at_the_door(ticket).await, shop.at_the_door(&now).await),
        (json!("cancelled"), json!("admitted"))
    );
    client.delete(&path(ticket)).await.expect_problem(409, "ticket_not_returned");
    assert_eq!((shop.left().await, &shop.returns(&ada).await[0]["status"]), (0, &json!("taken_back")));
    shop.come_to_rest().await;
}

async fn a_cancelled_event_pays_for_what_waits_at_the_desk(till: Till, store: Store) {
    let shop = Shop::open(store, 2).await;
    let ada = shop.buyer().await;
    let booking = shop.buy(&ada, 2, till).await;
    shop.give_back(&ada, &tickets(&booking)[0]).await;
    let admin = shop.again(&shop.admin).await.client;
    admin.post(&format!("/admin/events/{}/cancel", shop.event), &json!({})).await.expect(202);
    shop.come_to_rest().await;
    let seen = shop.look(&ada, &booking).await;
    assert_eq!((&seen["status"], &seen["refunded"]["amount"]), (&json!("refunded"), &json!(2 * PRICE)));
    assert_eq!(shop.returns(&ada).await[0]["status"], "cancelled");
}

async fn what_cannot_be_returned_is_refused(till: Till, store: Store) {
    let shop = Shop::open(store, 3).await;
    let (ada, bob) = (shop.buyer().await, shop.buyer().await);
    let booking = shop.buy(&ada, 3, till).await;
    let [used, offered, last] = [0, 1, 2].map(|at| &tickets(&booking)[at]);
    let nobody = "/tickets/01900000-0000-7000-8000-000000000000/return";
    for wrong in [nobody, "/tickets/nonsense/return", path(used).as_str()] {
        bob.client.post(wrong, &json!({})).await.expect_problem(404, "not_found");
        bob.client.delete(wrong).await.expect_problem(404, "not_found");
    }
    let admin = shop.again(&shop.admin).await.client;
    admin.post("/tickets/verify", &json!({"code": used["code"]})).await.expect(200);
    ada.client.post(&path(used), &json!({})).await.expect_problem(409, "ticket_not_returnable");
    let transfer = format!("/tickets/{}/transfer", id(offered));
    ada.client.post(&transfer, &json!({"email": "nobody@example.org"})).await.expect(201);
    ada.client.post(&path(offered), &json!({})).await.expect_problem(409, "transfer_waiting");
    let settings = format!("/admin/waitlist/settings/{}", shop.event);
    admin.put(&settings, &json!({"offers": "automatic", "returns_allowed": false})).await.expect(200);
    ada.client.post(&path(last), &json!({})).await.expect_problem(409, "returns_not_allowed");
    assert_eq!(shop.left().await, 0, "nothing has changed");
    shop.come_to_rest().await;
}
