//! Halls and their seats: how organisers make them, and how they are sold.

mod crowd;
mod map;
mod organisers;

use crate::events::cast::{Cast, id};
use crate::harness::{Answer, Client, TestApp};
use crate::night::wish;
use adapter_postgres::testing::{FreshDatabase, fresh_database};
use serde_json::{Value, json};

/// A system with people, on one of the stores.
pub(crate) struct House {
    pub(crate) app: TestApp,
    pub(crate) cast: Cast,
    /// Dropped last.
    _database: Option<FreshDatabase>,
}

impl House {
    pub(crate) async fn local() -> Self {
        let app = TestApp::start().await;
        let cast = Cast::of(&app).await;
        Self { app, cast, _database: None }
    }

    async fn postgres() -> Self {
        let database = fresh_database(&testkit::servers::postgres().url).await.unwrap();
        let app = TestApp::with(&[("store.url", &database.url())]).await;
        let cast = Cast::of(&app).await;
        Self { app, cast, _database: Some(database) }
    }

    /// One on each store.
    async fn both() -> [Self; 2] {
        [Self::local().await, Self::postgres().await]
    }

    /// A hall with these sections: name, last row, seats per row, factor.
    pub(crate) async fn hall(&self, sections: &[(&str, &str, u32, Value)]) -> String {
        let manager = &self.cast.manager.client;
        let body = json!({"organisation_id": self.cast.organisation, "name": "The great hall"});
        let made = manager.post("/admin/venue-templates", &body).await.expect(201);
        let hall = id(&made).to_owned();
        for (name, row_end, seats, factor) in sections {
            let section = json!({
                "name": name, "row_start": if row_end.parse::<u32>().is_ok() { "1" } else { "A" },
                "row_end": row_end, "seats_per_row": seats, "price_multiplier": factor,
            });
            let path = format!("/admin/venue-templates/{hall}/sections");
            manager.post(&path, &section).await.expect(201);
        }
        hall
    }

    /// A body for an event in a hall.
    pub(crate) fn event(&self, title: &str, hall: &str, cents: u32) -> Value {
        let mut body = self.cast.event(title);
        body["venue_template_id"] = json!(hall);
        body["base_price"] = json!({"amount": cents, "currency": "EUR"});
        body
    }

    /// A published event in a hall.
    pub(crate) async fn published(&self, hall: &str, cents: u32) -> String {
        let draft = self.cast.draft(&self.event("Opening", hall, cents)).await;
        let path = format!("/admin/events/{}/publish", id(&draft));
        self.cast.manager.client.post(&path, &json!({})).await.expect(200);
        id(&draft).to_owned()
    }

    pub(crate) async fn consistent(&self) {
        assert_eq!(self.app.app.bookings.stock_differences().await.unwrap(), []);
    }
}

/// The seats of an event.
pub(crate) async fn seats(who: &Client, event: &str) -> Vec<Value> {
    let map = who.get(&format!("/events/{event}/seats")).await.expect(200);
    map["items"].as_array().unwrap().clone()
}

/// As somebody for whom nothing is kept ready.
async fn status_of(house: &House, event: &str, label: &str) -> String {
    let all = seats(&house.cast.manager.client, event).await;
    let seat = all.iter().find(|seat| seat["label"] == label).unwrap();
    seat["status"].as_str().unwrap().to_owned()
}

async fn hold_seats(who: &Client, event: &str, ids: &[&Value]) -> Answer {
    who.post("/seats/hold", &json!({"event_id": event, "seat_ids": ids})).await
}

async fn hold_best(who: &Client, event: &str, kind: &Value, quantity: u32) -> Answer {
    let items = json!([{"ticket_type_id": kind, "quantity": quantity}]);
    who.post("/seats/hold", &json!({"event_id": event, "items": items})).await
}

fn labels(hold: &Value) -> Vec<&str> {
    hold["items"].as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seats_are_chosen_held_sold_and_shown_to_the_door_on_both_stores() {
    for house in House::both().await {
        let hall = house.hall(&[("Stalls", "B", 4, json!(1)), ("Circle", "A", 2, json!("1.5"))]).await;
        let event = house.published(&hall, 0).await;
        let (member, other) = (&house.cast.member.client, house.app.member().await.client);
        let all = seats(member, &event).await;
        assert_eq!(all.len(), 10);
        let named: Vec<_> = all.iter().map(|seat| seat["label"].as_str().unwrap()).collect();
        assert_eq!((named[0], named[7], named[9]), ("Stalls A-1", "Stalls B-4", "Circle A-2"));
        assert_eq!(
            (&all[0]["row"], &all[0]["number"], &all[0]["status"]),
            (&json!("A"), &json!(1), &json!("available"))
        );
        let hold = hold_seats(member, &event, &[&all[1]["id"], &all[9]["id"]]).await.expect(201);
        assert_eq!(labels(&hold), ["Stalls A-2", "Circle A-2"]);
        assert_eq!(hold["items"][0]["seat_id"], all[1]["id"]);
        assert_eq!(status_of(&house, &event, "Stalls A-2").await, "held");
        let refused = hold_seats(&other, &event, &[&all[0]["id"], &all[1]["id"]]).await;
        let refused = refused.expect_problem(409, "seat_unavailable");
        assert_eq!(refused["errors"].as_array().unwrap().len(), 1);
        assert_eq!(
            (&refused["errors"][0]["field"], &refused["errors"][0]["message"]),
            (&json!("seat_ids"), &all[1]["id"])
        );
        assert_eq!(status_of(&house, &event, "Stalls A-1").await, "available", "all or nothing");
        let booking = member.post("/bookings/confirm", &wish(&hold, "free")).await.expect(201);
        assert_eq!(labels(&booking), ["Stalls A-2", "Circle A-2"]);
        assert_eq!(status_of(&house, &event, "Stalls A-2").await, "sold");
        let ticket = &booking["tickets"][0];
        assert_eq!(ticket["seat"], json!({"id": all[1]["id"], "label": "Stalls A-2"}));
        let scan = json!({"code": ticket["code"], "dry_run": true});
        let scanned = house.cast.door.client.post("/tickets/verify", &scan).await;
        assert_eq!(scanned.expect(200)["ticket"]["seat"]["label"], "Stalls A-2");
        let pdf = member.get(&format!("/tickets/{}/ticket.pdf", id(ticket))).await;
        assert_eq!((pdf.status, pdf.header("content-type")), (200, "application/pdf"));
        let refund = json!({"reason": "wrong seat", "ticket_ids": [ticket["id"]]});
        let path = format!("/admin/bookings/{}/refund", id(&booking));
        house.cast.manager.client.post(&path, &refund).await.expect(200);
        assert_eq!(status_of(&house, &event, "Stalls A-2").await, "available");
        let again = hold_seats(&other, &event, &[&all[1]["id"]]).await.expect(201);
        other.delete(&format!("/seats/hold/{}", again["hold_id"].as_str().unwrap())).await.expect(204);
        assert_eq!(status_of(&house, &event, "Stalls A-2").await, "available");
        house.consistent().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_best_seats_are_next_to_each_other_or_said_not_to_be_on_both_stores() {
    for house in House::both().await {
        let hall = house.hall(&[("Stalls", "B", 5, json!(1))]).await;
        let event = house.published(&hall, 2000).await;
        let member = &house.cast.member.client;
        let kinds = member.get(&format!("/events/{event}/ticket-types")).await.expect(200);
        let kind = &kinds["items"][0]["ticket_type_id"];
        let first = hold_best(member, &event, kind, 3).await.expect(201);
        assert_eq!(labels(&first), ["Stalls A-1", "Stalls A-2", "Stalls A-3"], "no seat is left alone");
        assert_eq!(first["total"], json!({"amount": 6000, "currency": "EUR"}));
        let second = hold_best(member, &event, kind, 3).await.expect(201);
        assert_eq!(labels(&second), ["Stalls B-1", "Stalls B-2", "Stalls B-3"]);
        let other = house.app.member().await.client;
        let refused = hold_best(&other, &event, kind, 3).await.expect_problem(409, "seat_unavailable");
        assert_eq!(refused["errors"][0]["code"], "not_together");
        assert!(refused["errors"][0]["message"].as_str().unwrap().starts_with("2 left"), "{refused}");
        let body = json!({
            "event_id": event, "together": false, "items": [{"ticket_type_id": kind, "quantity": 4}],
        });
        let apart = other.post("/seats/hold", &body).await.expect(201);
        assert_eq!(labels(&apart), ["Stalls A-4", "Stalls A-5", "Stalls B-4", "Stalls B-5"]);
        hold_best(&house.app.member().await.client, &event, kind, 1).await.expect_problem(409, "sold_out");
        house.consistent().await;
    }
}

#[tokio::test]
async fn wishes_that_make_no_sense_are_refused_and_change_nothing() {
    let house = House::local().await;
    let hall = house.hall(&[("Stalls", "A", 4, json!(1))]).await;
    let event = house.published(&hall, 1000).await;
    let member = &house.cast.member.client;
    let seat = &seats(member, &event).await[0]["id"];
    let unknown = json!("01900000-0000-7000-8000-000000000000");
    let refused = hold_seats(member, &event, &[seat, &unknown]).await.expect_problem(422, "invalid_input");
    assert_eq!(
        (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
        (&json!("seat_ids"), &json!("unknown"))
    );
    hold_seats(member, &event, &[seat, seat]).await.expect_problem(422, "invalid_input");
    hold_seats(member, &event, &[]).await.expect_problem(422, "invalid_input");
    let many = vec![seat; 201];
    hold_seats(member, &event, &many).await.expect_problem(422, "invalid_input");
    hold_seats(member, "01900000-0000-7000-8000-000000000000", &[seat])
        .await
        .expect_problem(404, "not_found");
    let draft = house.cast.draft(&house.event("Closed", &hall, 0)).await;
    hold_seats(member, id(&draft), &[seat]).await.expect_problem(404, "not_found");
    let body = json!({"event_id": event, "seats": [{"seat_id": seat, "ticket_type_id": unknown}]});
    member.post("/seats/hold", &body).await.expect_problem(422, "invalid_input");
    let text = json!({"event_id": event, "seat_ids": ["A-1"]});
    assert!((400..500).contains(&member.post("/seats/hold", &text).await.status));
    assert_eq!(status_of(&house, &event, "Stalls A-1").await, "available");
    house.consistent().await;
}
