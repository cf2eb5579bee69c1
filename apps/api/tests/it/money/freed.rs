//! Places that organisers free reach those who wait by themselves, and nobody waits who cannot be served.

use super::on_each_store;
use crate::harness::Person;
use crate::harness::providers::Till;
use crate::harness::shop::{Shop, Store, id};
use serde_json::{Value, json};

on_each_store!(
    what_a_voucher_keeps_no_more_is_offered_at_once,
    who_waits_for_a_type_that_is_removed_waits_no_longer,
    who_is_suspended_is_off_the_list,
    lists_and_returns_are_told_to_whom_they_concern,
);

impl Shop {
    /// Somebody new who waits, for these types or any.
    async fn queued(&self, types: &[&str]) -> Person {
        let person = self.buyer().await;
        let wish = json!({"event_id": self.event, "ticket_type_ids": types});
        person.client.post("/waitlist", &wish).await.expect(201);
        person
    }

    async fn status_on_list(&self, who: &Person) -> Value {
        self.standing(who).await["status"].clone()
    }
}

async fn what_a_voucher_keeps_no_more_is_offered_at_once(store: Store) {
    let shop = Shop::open(store, 3).await;
    let admin = shop.again(&shop.admin).await.client;
    let keep = |places: u32| {
        let reserves = json!({"ticket_type_id": shop.ticket_type, "quantity": places});
        json!({"reserves": reserves})
    };
    let path = format!("/admin/events/{}/vouchers", shop.event);
    let made = admin.post(&path, &keep(2)).await.expect(201);
    let voucher = format!("/admin/vouchers/{}", id(&made["items"][0]));
    shop.buy(&shop.buyer().await, 1, Till::Stripe).await;
    let (first, second) = (shop.queued(&[]).await, shop.queued(&[]).await);
    admin.put(&voucher, &keep(1)).await.expect(200);
    assert_eq!(shop.status_on_list(&first).await, "offered", "nobody had to ask");
    assert_eq!(shop.status_on_list(&second).await, "waiting");
    admin.delete(&voucher).await.expect(204);
    assert_eq!(shop.status_on_list(&second).await, "offered");
    shop.come_to_rest().await;
}

async fn who_waits_for_a_type_that_is_removed_waits_no_longer(store: Store) {
    let shop = Shop::open(store, 1).await;
    let admin = shop.again(&shop.admin).await.client;
    let path = format!("/admin/events/{}/ticket-types", shop.event);
    let price = json!({"amount": 1000, "currency": "EUR"});
    let kind = json!({"name": "Balcony", "price": price, "quantity": 1});
    let kind = admin.post(&path, &kind).await.expect(201);
    shop.buy(&shop.buyer().await, 1, Till::Stripe).await;
    let other = shop.buyer().await;
    let items = json!([{"ticket_type_id": id(&kind), "quantity": 1}]);
    let held = other.client.post("/seats/hold", &json!({"event_id": shop.event, "items": items})).await;
    let held = held.expect(201);
    let (gone, any) = (shop.queued(&[id(&kind)]).await, shop.queued(&[]).await);
    let removal = format!("/admin/ticket-types/{}", id(&kind));
    admin.delete(&removal).await.expect_problem(409, "ticket_type_in_use");
    assert_eq!(shop.status_on_list(&gone).await, "waiting");
    // By hand, so that what is given back is not offered to them.
    let settings = format!("/admin/waitlist/settings/{}", shop.event);
    let manual = json!({"offers": "manual", "returns_allowed": true});
    admin.put(&settings, &manual).await.expect(200);
    let hold = format!("/seats/hold/{}", held["hold_id"].as_str().unwrap());
    other.client.delete(&hold).await.expect(204);
    admin.delete(&removal).await.expect(204);
    assert_eq!(shop.status_on_list(&gone).await, "expired");
    assert_eq!(shop.status_on_list(&any).await, "waiting");
    shop.come_to_rest().await;
    let mails = shop.mails(&gone.email);
    let told: Vec<_> = mails.iter().filter(|mail| mail.subject.starts_with("You wait no longer")).collect();
    assert_eq!(told.len(), 1, "{mails:?}");
    assert!(told[0].text.contains("were taken out of the sale"), "{}", told[0].text);
    assert!(!shop.mails(&any.email).iter().any(|mail| mail.subject.starts_with("You wait no longer")));
}

async fn who_is_suspended_is_off_the_list(store: Store) {
    let shop = Shop::open(store, 1).await;
    let booking = shop.buy(&shop.buyer().await, 1, Till::Stripe).await;
    let (first, second, third) = (shop.queued(&[]).await, shop.queued(&[]).await, shop.queued(&[]).await);
    let admin = shop.again(&shop.admin).await.client;
    let suspend = async |who: &Person| {
        let path = format!("/admin/users/{}", who.id);
        admin.patch(&path, &json!({"status": "suspended"})).await.expect(200);
    };
    suspend(&first).await;
    let refund = format!("/admin/bookings/{}/refund", id(&booking));
    admin.post(&refund, &json!({"reason": "ill"})).await.expect(200);
    shop.work().await;
    assert_eq!(shop.status_on_list(&second).await, "offered");
    suspend(&second).await;
    shop.work().await;
    assert_eq!(shop.status_on_list(&third).await, "offered", "it passes on at once");
    let page = admin.get(&format!("/admin/waitlist/entries/{}", shop.event)).await.expect(200);
    let left: Vec<_> = page["items"].as_array().unwrap().iter().map(|it| it["status"].clone()).collect();
    assert_eq!(left, ["left", "left", "offered"]);
    assert_eq!(shop.app.app.bookings.stock_differences().await.unwrap(), []);
}

async fn lists_and_returns_are_told_to_whom_they_concern(store: Store) {
    let shop = Shop::open(store, 2).await;
    let holder = shop.buyer().await;
    let booking = shop.buy(&holder, 2, Till::Stripe).await;
    let waits = shop.queued(&[&shop.ticket_type]).await;
    let ticket = &shop.look(&holder, &booking).await["tickets"][0].clone();
    let client = shop.again(&holder).await.client;
    client.post(&format!("/tickets/{}/return", id(ticket)), &json!({})).await.expect(201);
    let of_holder = client.get("/users/me/export").await.expect(200);
    assert_eq!(of_holder["returns"][0]["ticket_id"], ticket["id"]);
    assert_eq!((of_holder["returns"].as_array().unwrap().len(), &of_holder["waitlist"]), (1, &json!([])));
    let of_other = shop.again(&waits).await.client.get("/users/me/export").await.expect(200);
    assert_eq!(of_other["waitlist"][0]["event_id"], json!(shop.event));
    assert_eq!(of_other["waitlist"][0]["status"], "offered");
    assert_eq!((of_other["waitlist"].as_array().unwrap().len(), &of_other["returns"]), (1, &json!([])));
}
