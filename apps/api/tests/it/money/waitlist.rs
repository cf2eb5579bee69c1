//! The waiting list: in its order, before everybody else, and the places of an offer are nobody else's.

use super::cancelling::tickets;
use super::on_each_store;
use crate::events::cast::mistakes;
use crate::harness::providers::Till;
use crate::harness::shop::{PRICE, Shop, Store, id};
use crate::harness::{Answer, PASSWORD, Person, answer, method};
use chrono::TimeDelta;
use futures_util::future::join_all;
use kernel::{Clock, EventId};
use serde_json::{Value, json};
use uuid::Uuid;

on_each_store!(
    a_freed_place_is_offered_paid_and_used,
    an_offer_that_nobody_takes_passes_on_and_both_are_told,
    a_crowd_of_outsiders_gets_nothing_while_somebody_waits,
    groups_wait_for_all_their_places_and_prices_have_a_limit,
    at_night_places_are_kept_and_the_clock_waits_for_the_morning,
    more_places_reach_the_list_by_themselves,
    organisers_see_the_list_and_offer_by_hand,
    what_cannot_be_wanted_is_refused,
    the_list_of_an_event_is_its_organisers_alone,
    who_erases_their_account_is_off_the_list,
    an_event_that_is_cancelled_offers_nothing,
    those_who_wait_learn_that_sales_are_over,
);

impl Shop {
    async fn join(&self, who: &Person, more: &Value) -> Answer {
        let mut wish = json!({"event_id": self.event});
        for (key, value) in more.as_object().unwrap() {
            wish[key] = value.clone();
        }
        self.again(who).await.client.post("/waitlist", &wish).await
    }

    /// Somebody new at the end of the list.
    async fn waiting(&self) -> Person {
        let person = self.buyer().await;
        let entry = self.join(&person, &json!({})).await.expect(201);
        assert_eq!(entry["status"], "waiting", "{entry}");
        person
    }

    pub(super) async fn standing(&self, who: &Person) -> Value {
        let path = format!("/waitlist/status/{}", self.event);
        self.again(who).await.client.get(&path).await.expect(200)
    }

    /// Staff takes tickets of a booking back; what is owed then is not done yet.
    async fn take_back(&self, booking: &Value, count: usize) {
        let ids: Vec<_> = tickets(booking).iter().take(count).map(id).collect();
        let wish = json!({"reason": "ill", "ticket_ids": ids});
        let path = format!("/admin/bookings/{}/refund", id(booking));
        self.again(&self.admin).await.client.post(&path, &wish).await.expect(200);
    }

    async fn try_hold(&self, who: &Person, quantity: u32) -> Answer {
        let items = json!([{"ticket_type_id": self.ticket_type, "quantity": quantity}]);
        let wish = json!({"event_id": self.event, "items": items});
        who.client.post("/seats/hold", &wish).await
    }
}

/// A shop whose places are all sold to one buyer.
async fn sold_out(store: Store, places: u32) -> (Shop, Person, Value) {
    let shop = Shop::open(store, places).await;
    let ada = shop.buyer().await;
    let booking = shop.buy(&ada, places, Till::Stripe).await;
    (shop, ada, booking)
}

fn offered(entry: &Value) -> bool {
    entry["status"] == "offered" && entry["hold_id"].is_string() && entry["position"].is_null()
}

/// Somebody to whom the one free place is offered, and somebody who waits behind them.
async fn one_offered_one_waiting(store: Store) -> (Shop, Person, Person) {
    let (shop, _, booking) = sold_out(store, 2).await;
    let lucky = shop.waiting().await;
    shop.take_back(&booking, 1).await;
    shop.work().await;
    assert!(offered(&shop.standing(&lucky).await));
    let person = shop.waiting().await;
    (shop, lucky, person)
}

async fn a_freed_place_is_offered_paid_and_used(store: Store) {
    let (shop, _, booking) = sold_out(store, 2).await;
    let (first, second) = (shop.waiting().await, shop.waiting().await);
    assert_eq!(shop.standing(&first).await["position"], 1);
    assert_eq!(shop.standing(&second).await["position"], 2);
    shop.take_back(&booking, 1).await;
    shop.work().await;
    let entry = shop.standing(&first).await;
    assert!(offered(&entry), "{entry}");
    assert_eq!(shop.standing(&second).await["position"], 1);
    assert_eq!(shop.left().await, 0);
    let client = shop.again(&second).await.client;
    let stolen = json!({"hold_id": entry["hold_id"], "payment": {"provider": "stripe"}});
    client.post("/bookings/confirm", &stolen).await.expect_problem(409, "hold_expired");
    let client = shop.again(&first).await.client;
    let path = format!("/seats/hold/{}/validate", entry["hold_id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.expect(200)["expires_at"], entry["expires_at"]);
    let placed = client.post("/bookings/confirm", &stolen).await.expect(201);
    assert_eq!(placed["total"]["amount"], PRICE);
    assert_eq!(shop.standing(&first).await["status"], "accepted");
    shop.press(&placed, "pay").await;
    shop.work().await;
    assert_eq!(shop.look(&first, &placed).await["status"], "confirmed");
    assert_eq!(shop.subjects(&first.email).iter().filter(|it| *it == "Your turn").count(), 1);
    shop.come_to_rest().await;
}

async fn an_offer_that_nobody_takes_passes_on_and_both_are_told(store: Store) {
    let (shop, _, booking) = sold_out(store, 1).await;
    let (first, second) = (shop.waiting().await, shop.waiting().await);
    shop.take_back(&booking, 1).await;
    shop.work().await;
    assert!(offered(&shop.standing(&first).await));
    shop.clock.advance(TimeDelta::hours(12));
    assert_eq!(shop.standing(&first).await["status"], "expired", "by the clock alone");
    shop.app.app.bookings.sweep().await.unwrap();
    assert!(offered(&shop.standing(&second).await));
    shop.work().await;
    let told =
        |shop: &Shop| shop.subjects(&first.email).iter().filter(|it| *it == "Your turn is over").count();
    assert_eq!(told(&shop), 0, "it is two at night, and nothing can be done about it");
    shop.clock.advance(TimeDelta::hours(6));
    shop.work().await;
    assert_eq!(told(&shop), 1);
    // Who does not want it says so, and it passes on at once.
    let third = shop.waiting().await;
    let path = format!("/waitlist/{}", shop.event);
    let client = shop.again(&second).await.client;
    client.delete(&path).await.expect(204);
    client.delete(&path).await.expect_problem(404, "not_found");
    assert_eq!(shop.standing(&second).await["status"], "left");
    let entry = shop.standing(&third).await;
    assert!(offered(&entry), "{entry}");
    let hold = format!("/seats/hold/{}", entry["hold_id"].as_str().unwrap());
    shop.again(&third).await.client.delete(&hold).await.expect(204);
    assert_eq!(shop.standing(&third).await["status"], "left");
    assert_eq!(shop.left().await, 1, "nobody waits any more");
    shop.join(&third, &json!({})).await.expect_problem(409, "places_available");
    shop.come_to_rest().await;
}

async fn a_crowd_of_outsiders_gets_nothing_while_somebody_waits(store: Store) {
    let (shop, _, booking) = sold_out(store, 6).await;
    let mut waiting = Vec::new();
    for _ in 0..6 {
        waiting.push(shop.waiting().await);
    }
    let mut crowd = Vec::new();
    for _ in 0..10 {
        crowd.push(shop.buyer().await);
    }
    let (shop, crowd) = (&shop, &crowd);
    let wishes = (0..200_usize).map(|at| shop.try_hold(&crowd[at % crowd.len()], 1));
    let freed = async {
        let admin = shop.again(&shop.admin).await.client;
        for ticket in tickets(&booking) {
            let wish = json!({"reason": "ill", "ticket_ids": [id(ticket)]});
            let path = format!("/admin/bookings/{}/refund", id(&booking));
            admin.post(&path, &wish).await.expect(200);
        }
    };
    let (answers, ()) = tokio::join!(join_all(wishes), freed);
    for answer in answers {
        answer.expect_problem(409, "sold_out");
    }
    shop.work().await;
    for person in &waiting {
        assert!(offered(&shop.standing(person).await));
    }
    assert_eq!(shop.app.app.bookings.stock_differences().await.unwrap(), []);
}

async fn groups_wait_for_all_their_places_and_prices_have_a_limit(store: Store) {
    let (shop, _, booking) = sold_out(store, 3).await;
    let (group, thrifty, single) = (shop.buyer().await, shop.buyer().await, shop.buyer().await);
    let euros = |amount: i64| json!({"max_price": {"amount": amount, "currency": "EUR"}});
    let cheap = shop.join(&thrifty, &euros(PRICE - 1)).await.expect_problem(422, "invalid_input");
    assert_eq!(mistakes(&cheap), [("max_price", "too_low")]);
    let wish = json!({"quantity": 2, "ticket_type_ids": [shop.ticket_type]});
    let joined = shop.join(&group, &wish).await.expect(201);
    assert_eq!((&joined["quantity"], &joined["ticket_type_ids"]), (&json!(2), &json!([shop.ticket_type])));
    shop.join(&single, &euros(PRICE)).await.expect(201);
    shop.take_back(&booking, 1).await;
    shop.work().await;
    assert!(offered(&shop.standing(&single).await), "one fits");
    assert_eq!(shop.standing(&group).await["position"], 1, "two do not, and keep their place");
    shop.again(&single).await.client.delete(&format!("/waitlist/{}", shop.event)).await.expect(204);
    assert_eq!(shop.left().await, 1);
    let ids = json!([id(&tickets(&booking)[1])]);
    let path = format!("/admin/bookings/{}/refund", id(&booking));
    let refund = json!({"reason": "ill", "ticket_ids": ids});
    shop.again(&shop.admin).await.client.post(&path, &refund).await.expect(200);
    shop.work().await;
    let entry = shop.standing(&group).await;
    assert!(offered(&entry), "{entry}");
    let wish = json!({"hold_id": entry["hold_id"], "payment": {"provider": "stripe"}});
    let placed = shop.again(&group).await.client.post("/bookings/confirm", &wish).await.expect(201);
    assert_eq!(placed["total"]["amount"], 2 * PRICE);
    shop.come_to_rest().await;
}

async fn at_night_places_are_kept_and_the_clock_waits_for_the_morning(store: Store) {
    let (shop, _, booking) = sold_out(store, 1).await;
    let person = shop.waiting().await;
    // Eleven in the evening in Berlin.
    shop.clock.advance(TimeDelta::hours(9));
    shop.take_back(&booking, 1).await;
    shop.work().await;
    let entry = shop.standing(&person).await;
    let (morning, evening) =
        (shop.clock.now() + TimeDelta::hours(9), shop.clock.now() + TimeDelta::hours(21));
    assert!(offered(&entry), "{entry}");
    let ends: kernel::Timestamp = entry["expires_at"].as_str().unwrap().parse().unwrap();
    assert_eq!((ends, shop.left().await), (evening, 0));
    let told = |shop: &Shop| shop.subjects(&person.email).iter().filter(|it| *it == "Your turn").count();
    assert_eq!(told(&shop), 0);
    shop.clock.set(morning - TimeDelta::seconds(1));
    shop.work().await;
    assert_eq!(told(&shop), 0);
    shop.clock.set(morning);
    shop.work().await;
    assert_eq!(told(&shop), 1);
    let mails = shop.mails(&person.email);
    let mail = mails.iter().find(|mail| mail.subject.starts_with("Your turn")).unwrap();
    assert!(mail.text.contains("20:00 (CEST)"), "{}", mail.text);
    shop.come_to_rest().await;
}

async fn more_places_reach_the_list_by_themselves(store: Store) {
    let (shop, _, _) = sold_out(store, 1).await;
    let (first, second) = (shop.waiting().await, shop.waiting().await);
    let admin = shop.again(&shop.admin).await.client;
    let path = format!("/admin/ticket-types/{}", shop.ticket_type);
    let price = json!({"amount": PRICE, "currency": "EUR"});
    admin.put(&path, &json!({"name": "Entry", "price": price, "quantity": 2})).await.expect(200);
    assert!(offered(&shop.standing(&first).await));
    assert_eq!(shop.standing(&second).await["position"], 1);
    shop.come_to_rest().await;
}

async fn organisers_see_the_list_and_offer_by_hand(store: Store) {
    let (shop, _, booking) = sold_out(store, 2).await;
    let admin = shop.again(&shop.admin).await.client;
    let path = |what: &str| format!("/admin/waitlist/{what}/{}", shop.event);
    let usual = json!({"offers": "automatic", "returns_allowed": true});
    assert_eq!(admin.get(&path("settings")).await.expect(200), usual);
    let manual = json!({"offers": "manual", "returns_allowed": true});
    assert_eq!(admin.put(&path("settings"), &manual).await.expect(200), manual);
    let first = shop.waiting().await;
    shop.take_back(&booking, 2).await;
    shop.work().await;
    assert_eq!(shop.standing(&first).await["status"], "waiting");
    let outsider = shop.buyer().await;
    let told = async || {
        let path = format!("/events/{}/availability", shop.event);
        let left = outsider.client.get(&path).await.expect(200);
        left["items"][0]["available"].as_i64().unwrap()
    };
    assert_eq!((shop.left().await, told().await), (1, 1), "one of two is kept");
    let second = shop.waiting().await;
    assert_eq!((shop.left().await, told().await), (0, 0), "both are");
    let event = outsider.client.get(&format!("/events/{}", shop.event)).await.expect(200);
    assert_eq!(event["availability"], "sold_out");
    shop.try_hold(&outsider, 1).await.expect_problem(409, "sold_out");
    for count in [json!(0), json!(1001), json!(-1), json!("1"), Value::Null] {
        let refused = admin.post(&path("notify"), &json!({"count": count})).await;
        refused.expect_problem(422, "invalid_input");
    }
    let one = json!({"count": 1});
    assert_eq!(admin.post(&path("notify"), &one).await.expect(200), json!({"offered": 1}));
    assert!(offered(&shop.standing(&first).await));
    let page = admin.get(&format!("{}?limit=1", path("entries"))).await.expect(200);
    let entry = &page["items"][0];
    assert_eq!((&entry["email"], &entry["name"]), (&json!(first.email), &json!("Ada Byron")));
    assert_eq!((&entry["status"], &entry["number"]), (&json!("offered"), &json!(1)));
    let next = page["next_cursor"].as_str().unwrap();
    let rest = admin.get(&format!("{}?limit=1&cursor={next}", path("entries"))).await.expect(200);
    assert_eq!((&rest["items"][0]["email"], &rest["next_cursor"]), (&json!(second.email), &Value::Null));
    let stats = admin.get(&path("stats")).await.expect(200);
    assert_eq!(
        (&stats["waiting"], &stats["offered"], &stats["places_wanted"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!((&stats["conversion_percent"], &stats["median_wait_seconds"]), (&Value::Null, &json!(0)));
    let wrong = json!({"offers": "later", "returns_allowed": true});
    let problem = admin.put(&path("settings"), &wrong).await.expect_problem(422, "invalid_input");
    assert_eq!(mistakes(&problem), [("offers", "unknown")]);
    admin.put(&path("settings"), &usual).await.expect(200);
    assert!(offered(&shop.standing(&second).await), "by itself again");
    let audit = admin.get(&format!("/admin/audit?subject_id={}", shop.event)).await.expect(200).to_string();
    assert!(audit.contains("waitlist.notify") && audit.contains("waitlist.settings"), "{audit}");
    shop.come_to_rest().await;
}

async fn what_cannot_be_wanted_is_refused(store: Store) {
    let shop = Shop::open(store, 4).await;
    let ada = shop.buyer().await;
    shop.join(&ada, &json!({})).await.expect_problem(409, "places_available");
    shop.buy(&ada, 4, Till::Stripe).await;
    let bob = shop.buyer().await;
    let nobody = "01900000-0000-7000-8000-000000000000";
    let path = format!("/waitlist/status/{}", shop.event);
    bob.client.get(&path).await.expect_problem(404, "not_found");
    for (wish, field, code) in [
        (json!({"quantity": 0}), "quantity", "out_of_range"),
        (json!({"quantity": 5}), "quantity", "out_of_range"),
        (json!({"ticket_type_ids": [nobody]}), "ticket_type_ids", "unknown"),
        (json!({"ticket_type_ids": vec![shop.ticket_type.clone(); 51]}), "ticket_type_ids", "too_many"),
        (json!({"max_price": {"amount": 1, "currency": "USD"}}), "max_price", "wrong_currency"),
        (json!({"max_price": {"amount": -1, "currency": "EUR"}}), "max_price", "malformed"),
        (json!({"max_price": {"amount": 1, "currency": "money"}}), "max_price", "malformed"),
    ] {
        let problem = shop.join(&bob, &wish).await.expect_problem(422, "invalid_input");
        assert_eq!(mistakes(&problem), [(field, code)], "{wish}");
    }
    for wish in [json!({"quantity": -1}), json!({"quantity": "two"}), json!({"quantity": 5_000_000_000_u64})]
    {
        assert_eq!(shop.join(&bob, &wish).await.status, 422, "{wish}");
    }
    let limit = shop.join(&bob, &json!({"quantity": 11})).await.expect_problem(422, "limit_exceeded");
    assert_eq!(mistakes(&limit), [("quantity", "per_order")]);
    shop.join(&bob, &json!({"event_id": nobody})).await.expect_problem(404, "not_found");
    shop.join(&bob, &json!({"quantity": 2})).await.expect(201);
    shop.join(&bob, &json!({})).await.expect_problem(409, "already_waiting");
    shop.clock.advance(TimeDelta::days(30));
    shop.join(&shop.buyer().await, &json!({})).await.expect_problem(422, "not_on_sale");
    shop.app.app.bookings.serve_lists().await.unwrap();
    assert_eq!(shop.standing(&bob).await["status"], "expired", "sales are over");
}

async fn the_list_of_an_event_is_its_organisers_alone(store: Store) {
    let shop = Shop::open(store, 1).await;
    let admin = shop.again(&shop.admin).await;
    let other = admin.client.post("/admin/organisations", &json!({"name": "Elsewhere"})).await.expect(201);
    let staff = |organisation: &str, role: &'static str| {
        let organisation = organisation.to_owned();
        let (shop, admin) = (&shop, &admin);
        async move {
            let person = shop.buyer().await;
            let body = json!({"account_id": person.id, "role": role});
            let path = format!("/admin/organisations/{organisation}/members");
            admin.client.post(&path, &body).await.expect(201);
            person
        }
    };
    let own = admin.client.get("/admin/organisations").await.expect(200);
    let own = own["items"].as_array().unwrap().iter().find(|it| it["id"] != other["id"]).unwrap();
    let (door, foreigner) = (staff(id(own), "door").await, staff(id(&other), "owner").await);
    for (person, status, code) in [(&door, 403, "forbidden"), (&foreigner, 404, "not_found")] {
        for what in ["entries", "stats", "settings"] {
            let path = format!("/admin/waitlist/{what}/{}", shop.event);
            person.client.get(&path).await.expect_problem(status, code);
        }
        let notify = format!("/admin/waitlist/notify/{}", shop.event);
        person.client.post(&notify, &json!({"count": 1})).await.expect_problem(status, code);
        let settings = format!("/admin/waitlist/settings/{}", shop.event);
        let manual = json!({"offers": "manual", "returns_allowed": false});
        person.client.put(&settings, &manual).await.expect_problem(status, code);
        let returns = format!("/admin/events/{}/returns", shop.event);
        person.client.get(&returns).await.expect_problem(status, code);
    }
}

async fn who_erases_their_account_is_off_the_list(store: Store) {
    let (shop, _, booking) = sold_out(store, 1).await;
    let (first, second) = (shop.waiting().await, shop.waiting().await);
    shop.take_back(&booking, 1).await;
    shop.work().await;
    assert!(offered(&shop.standing(&first).await));
    let erased = async |who: &Person| {
        let leaving = shop.again(who).await.client;
        let request = leaving.request(method("DELETE"), "/users/me").json(&json!({"password": PASSWORD}));
        answer(request).await.expect(204);
    };
    erased(&first).await;
    shop.work().await;
    assert!(offered(&shop.standing(&second).await), "it is the next one's turn");
    erased(&second).await;
    let outsider = shop.buyer().await;
    let told = async || {
        let path = format!("/events/{}/availability", shop.event);
        outsider.client.get(&path).await.expect(200)["items"][0]["available"].clone()
    };
    assert_eq!(told().await, 0);
    shop.work().await;
    assert_eq!(told().await, 1, "whoever asks from then on sees it");
    let admin = shop.again(&shop.admin).await.client;
    let page = admin.get(&format!("/admin/waitlist/entries/{}", shop.event)).await.expect(200);
    let gone = &page["items"][0];
    assert_eq!(
        (&gone["status"], &gone["email"], &gone["name"]),
        (&json!("left"), &Value::Null, &Value::Null)
    );
    assert_eq!(shop.app.app.bookings.stock_differences().await.unwrap(), []);
}

async fn an_event_that_is_cancelled_offers_nothing(store: Store) {
    let (shop, lucky, person) = one_offered_one_waiting(store).await;
    let admin = shop.again(&shop.admin).await.client;
    admin.post(&format!("/admin/events/{}/cancel", shop.event), &json!({})).await.expect(202);
    shop.work().await;
    for who in [&lucky, &person] {
        let entry = shop.standing(who).await;
        assert_eq!((&entry["status"], &entry["hold_id"]), (&json!("expired"), &Value::Null), "{entry}");
        let told = shop.subjects(&who.email);
        assert_eq!(told.iter().filter(|it| *it == "Cancelled").count(), 1, "{told:?}");
    }
    shop.join(&shop.buyer().await, &json!({})).await.expect_problem(422, "not_on_sale");
    shop.come_to_rest().await;
}

async fn those_who_wait_learn_that_sales_are_over(store: Store) {
    let (shop, lucky, person) = one_offered_one_waiting(store).await;
    let event = EventId::from(shop.event.parse::<Uuid>().unwrap());
    let sale = shop.app.app.bookings.sale(event).await.unwrap().unwrap();
    shop.clock.set(sale.starts_at);
    shop.app.app.bookings.serve_lists().await.unwrap();
    while shop.app.app.bookings.sweep().await.unwrap() > 0 {}
    shop.work().await;
    for (who, subject, says) in [
        (&person, "The waiting list has ended", "No tickets are sold any more"),
        (&lucky, "Your turn is over", "You did not book in time, and no tickets are sold any more"),
    ] {
        assert_eq!(shop.standing(who).await["status"], "expired");
        let told: Vec<_> =
            shop.mails(&who.email).into_iter().filter(|mail| mail.subject.starts_with(subject)).collect();
        assert_eq!(told.len(), 1, "{:?}", shop.subjects(&who.email));
        assert!(told[0].text.contains(says), "{}", told[0].text);
    }
}
