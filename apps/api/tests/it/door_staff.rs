//! Who may let people in, and where.

use crate::events::cast::{Cast, id, staff};
use crate::harness::{Client, TestApp};
use crate::night::{Night, wish};
use serde_json::{Value, json};

/// A night to which the cast's member has tickets.
struct Evening {
    app: TestApp,
    cast: Cast,
    night: Night,
    tickets: Vec<Value>,
}

impl Evening {
    async fn with_tickets(count: u32) -> Self {
        let app = TestApp::start().await;
        let cast = Cast::of(&app).await;
        let night = Night::of(&cast, "Opening").await;
        let booking = night.book(&cast.member.client, count).await;
        let tickets = booking["tickets"].as_array().unwrap().clone();
        Self { app, cast, night, tickets }
    }

    fn scan(&self, ticket: usize) -> Value {
        json!({"code": self.tickets[ticket]["code"]})
    }

    fn scan_named(&self, ticket: usize, nonce: &str) -> Value {
        json!({"code": self.tickets[ticket]["code"], "nonce": nonce})
    }

    fn undo(&self) -> String {
        format!("/tickets/{}/undo-check-in", id(&self.tickets[0]))
    }

    fn stats(&self) -> String {
        format!("/admin/events/{}/check-in/stats", self.night.event)
    }

    /// How many are in, as the organisation counts.
    async fn checked_in(&self) -> Value {
        self.cast.owner.client.get(&self.stats()).await.expect(200)["checked_in"].clone()
    }

    /// Where a ticket stands, as its holder sees it.
    async fn status(&self, ticket: usize) -> Value {
        let path = format!("/tickets/{}", id(&self.tickets[ticket]));
        self.cast.member.client.get(&path).await.expect(200)["status"].clone()
    }
}

async fn verify(client: &Client, scan: &Value) -> Value {
    client.post("/tickets/verify", scan).await.expect(200)
}

/// What somebody is told for whom there is no such ticket.
fn unknown() -> Value {
    json!({"result": "unknown", "checked_in_at": null})
}

#[tokio::test]
async fn strangers_and_members_stand_at_no_door_not_even_with_their_own_ticket() {
    let evening = Evening::with_tickets(1).await;
    let stranger = evening.app.stranger();
    for (client, status, code) in
        [(&stranger, 401, "unauthenticated"), (&evening.cast.member.client, 403, "forbidden")]
    {
        client.post("/tickets/verify", &evening.scan(0)).await.expect_problem(status, code);
        client.post(&evening.undo(), &json!({})).await.expect_problem(status, code);
        client.get(&evening.stats()).await.expect_problem(status, code);
    }
    assert_eq!((evening.checked_in().await, evening.status(0).await), (json!(0), json!("valid")));
}

#[tokio::test]
async fn a_door_reads_names_and_no_addresses() {
    let evening = Evening::with_tickets(1).await;
    let Evening { cast, night, .. } = &evening;
    let mut order = wish(&night.hold(&cast.member.client, &night.free, 1).await, "free");
    let guest = json!({"first_name": "Ottilie", "last_name": "Byron"});
    order["attendees"] = json!([guest]);
    order["attendees"][0]["email"] = json!("ottilie@example.org");
    let booking = cast.member.client.post("/bookings/confirm", &order).await.expect(201);
    let ticket = &booking["tickets"][0];
    assert_eq!(ticket["attendee"]["email"], "ottilie@example.org", "it is known to who bought it");
    let admitted = verify(&cast.door.client, &json!({"code": ticket["code"]})).await;
    assert_eq!(admitted["ticket"]["attendee"], guest);
    let path = format!("/tickets/{}/undo-check-in", id(ticket));
    let undone = cast.door.client.post(&path, &json!({})).await.expect(200);
    assert_eq!(undone["attendee"], guest);
}

#[tokio::test]
async fn everybody_who_works_here_lets_in_takes_it_back_and_counts() {
    let evening = Evening::with_tickets(1).await;
    let Evening { cast, night, tickets, .. } = &evening;
    for who in [&cast.door, &cast.manager, &cast.owner, &cast.admin] {
        let client = &who.client;
        let looked = json!({"code": tickets[0]["code"], "dry_run": true});
        assert_eq!(verify(client, &looked).await["result"], "admitted");
        assert_eq!(evening.checked_in().await, 0, "only looked at");
        let admitted = verify(client, &evening.scan(0)).await;
        assert_eq!((&admitted["result"], &admitted["ticket"]["id"]), (&json!("admitted"), &tickets[0]["id"]));
        assert!(admitted["checked_in_at"].is_string());
        assert_eq!(admitted["ticket"].get("code"), None, "a door passes no codes on");
        let second = verify(client, &evening.scan(0)).await;
        assert_eq!(second["result"], "already_checked_in");
        assert_eq!(second["checked_in_at"], admitted["checked_in_at"]);
        let counted = client.get(&evening.stats()).await.expect(200);
        let guests = json!({"ticket_type_id": night.free, "tickets": 1, "checked_in": 1, "inside": 1});
        assert_eq!((&counted["tickets"], &counted["checked_in"]), (&json!(1), &json!(1)));
        assert!(counted["by_ticket_type"].as_array().unwrap().contains(&guests), "{counted}");
        let undone = client.post(&evening.undo(), &json!({})).await.expect(200);
        assert_eq!((&undone["status"], &undone["checked_in_at"]), (&json!("valid"), &Value::Null));
        client.post(&evening.undo(), &json!({})).await.expect_problem(409, "not_checked_in");
        assert_eq!((evening.checked_in().await, evening.status(0).await), (json!(0), json!("valid")));
    }
}

#[tokio::test]
async fn at_a_foreign_door_a_ticket_is_unknown_and_stays_good_for_its_own() {
    let evening = Evening::with_tickets(1).await;
    let Evening { app, cast, night, tickets } = &evening;
    let door = staff(app, &cast.admin, &cast.elsewhere, "door").await;
    for foreigner in [&door.client, &cast.foreigner.client] {
        let code = &tickets[0]["code"];
        for scan in [
            evening.scan(0),
            evening.scan_named(0, "first"),
            json!({"code": code, "event_id": night.event}),
            json!({"code": code, "dry_run": true}),
        ] {
            assert_eq!(verify(foreigner, &scan).await, unknown(), "{scan}");
        }
        foreigner.post(&evening.undo(), &json!({})).await.expect_problem(404, "not_found");
        foreigner.get(&evening.stats()).await.expect_problem(404, "not_found");
        assert_eq!((evening.checked_in().await, evening.status(0).await), (json!(0), json!("valid")));
    }
    // The foreigners' names for their scans are theirs alone.
    let admitted = verify(&cast.door.client, &evening.scan_named(0, "first")).await;
    assert_eq!(admitted["result"], "admitted");
    for foreigner in [&door.client, &cast.foreigner.client] {
        assert_eq!(verify(foreigner, &evening.scan_named(0, "first")).await, unknown());
        assert_eq!(verify(foreigner, &evening.scan(0)).await, unknown());
        foreigner.post(&evening.undo(), &json!({})).await.expect_problem(404, "not_found");
    }
    assert_eq!((evening.checked_in().await, evening.status(0).await), (json!(1), json!("checked_in")));
}

#[tokio::test]
async fn who_ceases_to_work_here_lets_nobody_in_from_then_on() {
    let evening = Evening::with_tickets(2).await;
    let cast = &evening.cast;
    assert_eq!(verify(&cast.door.client, &evening.scan_named(0, "first")).await["result"], "admitted");
    let path = format!("/admin/organisations/{}/members/{}", cast.organisation, cast.door.id);
    cast.owner.client.delete(&path).await.expect(204);
    for scan in [evening.scan_named(0, "first"), evening.scan(1)] {
        cast.door.client.post("/tickets/verify", &scan).await.expect_problem(403, "forbidden");
    }
    cast.door.client.post(&evening.undo(), &json!({})).await.expect_problem(403, "forbidden");
    assert_eq!((evening.checked_in().await, evening.status(1).await), (json!(1), json!("valid")));
}

#[tokio::test]
async fn a_scan_that_is_sent_again_gets_the_first_answer() {
    let evening = Evening::with_tickets(1).await;
    let door = &evening.cast.door.client;
    let first = verify(door, &evening.scan_named(0, "first")).await;
    assert_eq!(first["result"], "admitted");
    for _ in 0..2 {
        assert_eq!(verify(door, &evening.scan_named(0, "first")).await, first);
    }
    // Another scan is another matter, and so is the same name at another scanner.
    assert_eq!(verify(door, &evening.scan_named(0, "second")).await["result"], "already_checked_in");
    let other = verify(&evening.cast.manager.client, &evening.scan_named(0, "first")).await;
    assert_eq!(other["result"], "already_checked_in");
    assert_eq!(evening.checked_in().await, 1);
}

#[tokio::test]
async fn a_name_that_was_used_for_another_ticket_lets_nobody_in() {
    let evening = Evening::with_tickets(2).await;
    let door = &evening.cast.door.client;
    let first = verify(door, &evening.scan_named(0, "first")).await;
    assert_eq!(first["result"], "admitted");
    let refused = door.post("/tickets/verify", &evening.scan_named(1, "first")).await;
    refused.expect_problem(409, "nonce_reused");
    // So it is when the first was no ticket at all.
    let nonsense = json!({"code": "nonsense", "nonce": "second"});
    assert_eq!(verify(door, &nonsense).await, unknown());
    assert_eq!(verify(door, &nonsense).await, unknown());
    let refused = door.post("/tickets/verify", &evening.scan_named(1, "second")).await;
    refused.expect_problem(409, "nonce_reused");
    assert_eq!((evening.checked_in().await, evening.status(1).await), (json!(1), json!("valid")));
    assert_eq!(verify(door, &evening.scan_named(0, "first")).await, first);
    assert_eq!(verify(door, &evening.scan_named(1, "third")).await["result"], "admitted");
    assert_eq!((evening.checked_in().await, evening.status(1).await), (json!(2), json!("checked_in")));
}
