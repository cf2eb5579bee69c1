//! Figures over HTTP: what the dashboard and analytics say after a few sales, and to whom.

use crate::events::cast::mistakes;
use crate::harness::providers::Till;
use crate::harness::shop::{PRICE, Shop, Store, TO_PAY, id};
use crate::harness::{Client, Person, answer, method, on_each_store, unique_email};
use accounts::{Account, PasswordHash};
use chrono::TimeDelta;
use kernel::{Clock, StoreError, transact};
use serde_json::{Value, json};

on_each_store!(
    everything_at_one_glance,
    what_is_out_of_sight_is_not_to_come,
    revenue_is_told_apart,
    events_are_shown_one_by_one,
    what_goes_back_is_taken_off,
    organisers_see_what_is_theirs,
    bookings_are_found_by_name_and_mail,
);

/// The day on which everything is sold here.
const TODAY: &str = "2026-06-01";

/// A shop of five places that sold three of them, to two people. One ticket has admitted, and one more place waits for
/// its money. All of this was counted.
struct Evening {
    shop: Shop,
    ada: Person,
    bob: Person,
    /// That of two tickets.
    booking: Value,
}

impl Evening {
    async fn of(store: Store) -> Self {
        let shop = Shop::open(store, 5).await;
        let (ada, bob, cy) = (shop.buyer().await, shop.buyer().await, shop.buyer().await);
        let booking = bought(&shop, &ada, 2).await;
        bought(&shop, &bob, 1).await;
        shop.book(&cy, Till::Stripe).await;
        let admin = shop.again(&shop.admin).await.client;
        let scan = json!({"code": booking["tickets"][0]["code"]});
        assert_eq!(admin.post("/tickets/verify", &scan).await.expect(200)["result"], "admitted");
        let counted = shop.app.app.figures.count_now().await.unwrap();
        assert!(counted.kept && counted.whole, "{counted:?}");
        Self { shop, ada, bob, booking }
    }

    async fn admin(&self) -> Client {
        self.shop.again(&self.shop.admin).await.client
    }

    /// Somebody new who manages this organisation.
    async fn manager(&self, organisation: &str) -> Client {
        let person = self.shop.buyer().await;
        let path = format!("/admin/organisations/{organisation}/members");
        let body = json!({"account_id": person.id, "role": "manager"});
        self.admin().await.post(&path, &body).await.expect(201);
        self.shop.again(&person).await.client
    }
}

/// A booking of so many places whose tickets are out.
async fn bought(shop: &Shop, who: &Person, quantity: u32) -> Value {
    let hold = shop.hold(who, quantity).await;
    let wish = json!({"hold_id": hold["hold_id"], "payment": {"provider": "stripe"}});
    let booking = shop.again(who).await.client.post("/bookings/confirm", &wish).await.expect(201);
    shop.press(&booking, "pay").await;
    shop.work().await;
    let booking = shop.look(who, &booking).await;
    assert_eq!(booking["status"], "confirmed");
    booking
}

fn euro(minor: i64) -> Value {
    json!({"amount": minor, "currency": "EUR"})
}

/// Tickets, orders, and what was sold and is left of it, where all of it is in euro.
fn sales(sums: &Value) -> (i64, i64, i64, i64) {
    let number = |value: &Value| value.as_i64().unwrap_or(0);
    let revenue = &sums["revenue"];
    assert!(revenue.as_array().unwrap().len() < 2, "{sums}");
    let money = |name: &str| number(&revenue[0][name]["amount"]);
    (number(&sums["tickets"]), number(&sums["orders"]), money("sold"), money("net"))
}

async fn everything_at_one_glance(store: Store) {
    let evening = Evening::of(store).await;
    let client = evening.admin().await;
    let seen = client.get("/admin/dashboard").await.expect(200);
    assert_eq!((&seen["day"], &seen["complete"]), (&json!(TODAY), &json!(true)));
    for span in ["today", "seven_days", "thirty_days"] {
        assert_eq!(sales(&seen["sales"][span]), (3, 2, 3 * PRICE, 3 * PRICE), "{span}");
    }
    let full = json!({"places": 5, "taken": 3, "percent": 60});
    assert_eq!(seen["occupancy"], full);
    assert_eq!(seen["check_ins"], json!({"events": 1, "tickets": 3, "checked_in": 1}));
    assert_eq!(seen["waitlist"], json!({"waiting": 0, "offered": 0, "places_wanted": 0}));
    assert_eq!(seen["open"], json!({"stuck_payments": 0, "incidents": 0}));
    let next = &seen["next_events"];
    assert_eq!((next.as_array().unwrap().len(), &next[0]["id"]), (1, &json!(evening.shop.event)));
    assert_eq!((&next[0]["occupancy"], &next[0]["held"]), (&full, &json!(1)));
    let platform = &seen["platform"];
    assert!(platform["new_members"]["today"].as_u64().unwrap() >= 4, "{platform}");
    assert_eq!(platform["jobs"]["failed"], 0);
    // Another day is today for who says so.
    let earlier = client.get("/admin/dashboard?day=2026-05-31").await.expect(200);
    assert_eq!(sales(&earlier["sales"]["thirty_days"]), (0, 0, 0, 0));
    let later = client.get("/admin/dashboard?day=2026-06-07").await.expect(200);
    let of_late = ["today", "seven_days"].map(|span| sales(&later["sales"][span]).0);
    assert_eq!(of_late, [0, 3]);
    // Who has it is not sent it again.
    let first = client.get("/admin/dashboard").await;
    let again =
        client.request(method("GET"), "/admin/dashboard").header("if-none-match", first.header("etag"));
    assert_eq!((answer(again).await.status, first.header("cache-control")), (304, "private, no-cache"));
    let wrong = client.get("/admin/dashboard?day=1.6.2026&organisation_id=lost").await;
    let wrong = wrong.expect_problem(422, "invalid_input");
    assert_eq!(mistakes(&wrong), [("day", "malformed"), ("organisation_id", "malformed")]);
}

async fn what_is_out_of_sight_is_not_to_come(store: Store) {
    let evening = Evening::of(store).await;
    let admin = evening.admin().await;
    let after = async |what: &str| {
        let path = format!("/admin/events/{}/{what}", evening.shop.event);
        admin.post(&path, &json!({})).await.expect(200);
        evening.shop.clock.advance(TimeDelta::seconds(1));
        let counted = evening.shop.app.app.figures.count_now().await.unwrap();
        assert!(counted.kept && counted.whole, "{counted:?}");
        admin.get("/admin/dashboard").await.expect(200)
    };
    let hidden = after("deactivate").await;
    assert_eq!(hidden["occupancy"], json!({"places": 0, "taken": 0, "percent": null}));
    assert_eq!(hidden["check_ins"], json!({"events": 0, "tickets": 0, "checked_in": 0}));
    assert_eq!(hidden["next_events"], json!([]));
    assert_eq!(sales(&hidden["sales"]["today"]).0, 3, "what was sold was sold");
    let shown = after("publish").await;
    assert_eq!(shown["occupancy"], json!({"places": 5, "taken": 3, "percent": 60}));
    assert_eq!(shown["check_ins"], json!({"events": 1, "tickets": 3, "checked_in": 1}));
}

async fn revenue_is_told_apart(store: Store) {
    let evening = Evening::of(store).await;
    let client = evening.admin().await;
    let by = async |query: &str| client.get(&format!("/admin/analytics/revenue{query}")).await.expect(200);
    let days = by("").await;
    assert_eq!((&days["by"], &days["items"][0]["day"]), (&json!("day"), &json!(TODAY)));
    assert_eq!((&days["items"][0]["tickets"], &days["items"][0]["orders"]), (&json!(3), &json!(2)));
    let events = by("?by=event").await;
    assert_eq!(events["items"][0]["event_id"], json!(evening.shop.event));
    assert_eq!(events["items"][0]["event_title"], "A night out");
    let types = by(&format!("?by=ticket_type&event_id={}&limit=1", evening.shop.event)).await;
    assert_eq!(types["items"][0]["ticket_type_id"], json!(evening.shop.ticket_type));
    assert_eq!(types["items"][0]["ticket_type_name"], "Entry");
    for one in [&days, &events, &types] {
        assert_eq!(one["items"].as_array().unwrap().len(), 1, "{one}");
        assert_eq!(one["items"][0]["revenue"]["sold"], euro(3 * PRICE), "{one}");
        assert_eq!(sales(&one["total"]), (3, 2, 3 * PRICE, 3 * PRICE), "{one}");
    }
    for query in ["?from=2026-05-01&to=2026-05-31", "?by=event&to=2026-05-31", "?by=event&from=2026-06-02"] {
        assert_eq!(by(query).await["items"], json!([]), "{query}");
    }
    let popular = client.get("/admin/analytics/popular-events").await.expect(200);
    let first = &popular["items"][0];
    assert_eq!((&first["event_id"], &first["tickets"]), (&json!(evening.shop.event), &json!(3)));
    assert_eq!((&first["occupancy_percent"], &first["waiting"]), (&json!(60), &json!(0)));
    assert_eq!(first["revenue"][0]["net"], euro(3 * PRICE));
    for (query, expected) in [
        (
            "by=week&event_id=lost&limit=0&from=soon&organisation_id=lost",
            &["by", "event_id", "from", "organisation_id", "limit"][..],
        ),
        ("from=2026-06-02&to=2026-06-01", &["to"]),
        ("from=2020-01-01&to=2026-06-01", &["from"]),
        ("by=event&limit=101", &["limit"]),
    ] {
        let wrong = client.get(&format!("/admin/analytics/revenue?{query}")).await;
        let wrong = wrong.expect_problem(422, "invalid_input");
        let fields: Vec<_> = mistakes(&wrong).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, expected, "every mistake is named at once: {query}");
    }
}

async fn events_are_shown_one_by_one(store: Store) {
    let evening = Evening::of(store).await;
    let client = evening.admin().await;
    let list = client.get("/admin/events/analytics?limit=5").await.expect(200);
    let path = format!("/admin/events/{}/analytics", evening.shop.event);
    let whole = client.get(&path).await.expect(200);
    for one in [&list["items"][0], &whole] {
        assert_eq!(
            (&one["event"]["id"], &one["event"]["status"]),
            (&json!(evening.shop.event), &json!("published"))
        );
        assert_eq!(sales(&one["sales"]), (3, 2, 3 * PRICE, 3 * PRICE));
        let standing = &one["standing"];
        assert_eq!(standing["occupancy"], json!({"places": 5, "taken": 3, "percent": 60}));
        assert_eq!(
            (&standing["attendance"]["checked_in"], &standing["attendance"]["expected"]),
            (&json!(1), &json!(0))
        );
        assert_eq!(
            (&standing["orders"]["confirmed"], &standing["orders"]["pending_payment"]),
            (&json!(2), &json!(1))
        );
        assert_eq!((&one["guests"]["guests"], &one["guests"]["returning"]), (&json!(2), &json!(0)));
    }
    let entry = &whole["ticket_types"][0];
    assert_eq!(
        (&entry["name"], &entry["issued"], &entry["tickets"]),
        (&json!("Entry"), &json!(3), &json!(3))
    );
    assert_eq!((&entry["checked_in"], &entry["revenue"][0]["sold"]), (&json!(1), &euro(3 * PRICE)));
    assert_eq!((whole["days"].as_array().unwrap().len(), &whole["days"][0]["day"]), (1, &json!(TODAY)));
    assert_eq!(whole["refunds"], json!([]));
    let before = client.get(&format!("{path}?to=2026-05-31")).await.expect(200);
    assert_eq!((sales(&before["sales"]), &before["days"]), ((0, 0, 0, 0), &json!([])));
    assert_eq!(before["standing"]["occupancy"]["taken"], 3, "that is how it stands, whatever days are shown");
    client.get(&format!("{path}?from=soon")).await.expect_problem(422, "invalid_input");
    client.get("/admin/events/analytics?to=soon").await.expect_problem(422, "invalid_input");
    // When the night is over, those who did not come are known, because somebody scanned.
    evening.shop.clock.advance(TimeDelta::days(32));
    let over = evening.admin().await.get("/admin/analytics").await.expect(200);
    let attendance = &over["standing"]["attendance"];
    assert_eq!((&attendance["expected"], &attendance["no_shows"]), (&json!(3), &json!(2)));
    assert_eq!(attendance["no_show_percent"], 67);
}

async fn what_goes_back_is_taken_off(store: Store) {
    let evening = Evening::of(store).await;
    let shop = &evening.shop;
    let wish = json!({"reason": "ill", "ticket_ids": [id(&evening.booking["tickets"][1])]});
    let path = format!("/admin/bookings/{}/refund", id(&evening.booking));
    evening.admin().await.post(&path, &wish).await.expect(200);
    // Until the place that nobody paid for is free again.
    shop.later(2 * TO_PAY).await;
    shop.come_to_rest().await;
    let seen = evening.admin().await.get("/admin/analytics").await.expect(200);
    assert_eq!(sales(&seen["sales"]), (3, 2, 3 * PRICE, 2 * PRICE));
    let because = &seen["refunds"][0];
    assert_eq!((&because["reason"], &because["refunds"]), (&json!("staff"), &json!(1)));
    assert_eq!((&because["decided"], &because["gone"]), (&euro(PRICE), &euro(PRICE)));
    assert_eq!(seen["sales"]["revenue"][0]["gone_back"], euro(PRICE));
    let standing = &seen["standing"];
    assert_eq!(
        (&standing["occupancy"]["taken"], &standing["attendance"]["cancelled"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(
        (&standing["orders"]["expired"], &standing["orders"]["pending_payment"]),
        (&json!(1), &json!(0))
    );
    // What was issued was issued, whatever became of it.
    let path = format!("/admin/events/{}/analytics", shop.event);
    let whole = evening.admin().await.get(&path).await.expect(200);
    let entry = &whole["ticket_types"][0];
    assert_eq!((&entry["issued"], &entry["tickets"], &entry["cancelled"]), (&json!(3), &json!(2), &json!(1)));
    assert_eq!(entry["revenue"][0]["net"], euro(2 * PRICE));
}

async fn organisers_see_what_is_theirs(store: Store) {
    let evening = Evening::of(store).await;
    let admin = evening.admin().await;
    let event = admin.get(&format!("/admin/events/{}", evening.shop.event)).await.expect(200);
    let here = event["organisation_id"].as_str().unwrap();
    let made = admin.post("/admin/organisations", &json!({"name": "Elsewhere"})).await.expect(201);
    let elsewhere = id(&made);
    let (own, foreign) = (evening.manager(here).await, evening.manager(elsewhere).await);
    let detail = format!("/admin/events/{}/analytics", evening.shop.event);
    for (client, query, tickets, events) in [
        (&own, String::new(), 3, 1),
        (&own, format!("?organisation_id={here}"), 3, 1),
        (&own, format!("?organisation_id={elsewhere}"), 0, 0),
        (&foreign, String::new(), 0, 0),
        (&foreign, format!("?organisation_id={here}"), 0, 0),
        (&admin, format!("?organisation_id={elsewhere}"), 0, 0),
        (&admin, format!("?organisation_id={here}"), 3, 1),
    ] {
        let seen = client.get(&format!("/admin/dashboard{query}")).await.expect(200);
        assert_eq!(sales(&seen["sales"]["today"]).0, tickets, "{query}");
        assert_eq!(seen["occupancy"]["taken"], tickets, "{query}");
        assert_eq!(seen["next_events"].as_array().unwrap().len(), events, "{query}");
        let seen = client.get(&format!("/admin/analytics{query}")).await.expect(200);
        assert_eq!(
            (sales(&seen["sales"]).0, &seen["standing"]["events"]),
            (tickets, &json!(events)),
            "{query}"
        );
        let seen = client.get(&format!("/admin/analytics/revenue{query}")).await.expect(200);
        assert_eq!(sales(&seen["total"]).0, tickets, "{query}");
        let seen = client.get(&format!("/admin/analytics/popular-events{query}")).await.expect(200);
        assert_eq!(seen["items"].as_array().unwrap().len(), events, "{query}");
        let seen = client.get(&format!("/admin/events/analytics{query}")).await.expect(200);
        assert_eq!(seen["items"].as_array().unwrap().len(), events, "{query}");
        let table = client.get(&format!("/admin/events/analytics/export{query}")).await;
        assert_eq!((table.status, table.text.lines().count()), (200, 1 + events), "{query}");
    }
    for (client, visits) in [(&own, 0), (&admin, 2)] {
        let seen = client.get(&format!("/admin/analytics?organisation_id={here}")).await.expect(200);
        let told = (&seen["visits"], &seen["returning_visits"]);
        assert_eq!(told, (&json!(visits), &json!(0)), "two guests could be known by their number");
    }
    for (client, events) in [(&own, 1), (&foreign, 0)] {
        let list = client.get("/admin/events/analytics").await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), events);
        assert_eq!(client.get("/admin/dashboard").await.expect(200)["platform"], Value::Null);
        assert_eq!(client.get("/admin/analytics/members").await.status, 403);
    }
    let seen = own.get(&detail).await.expect(200);
    assert_eq!(
        (sales(&seen["sales"]).0, &seen["guests"]),
        (3, &Value::Null),
        "two guests could be known by their number"
    );
    assert_eq!(foreign.get(&detail).await.status, 404);
    // Who joined is the platform's to know.
    let newcomer = evening.shop.app.member().await;
    let grown = admin.get("/admin/analytics/members").await.expect(200);
    assert_eq!((&grown["joined"][0]["day"], &grown["invited"]), (&json!(TODAY), &json!(1)));
    assert_eq!((grown["brought"].as_array().unwrap().len(), &grown["brought"][0]["members"]), (1, &json!(1)));
    assert_eq!(grown["brought"][0]["name"], "Site Admin");
    assert_eq!((&grown["invites"]["invites"], &grown["invites"]["used"]), (&json!(1), &json!(1)));
    let refused = newcomer.client.get("/admin/dashboard").await;
    refused.expect_problem(403, "forbidden");
    let wrong = admin.get("/admin/analytics/members?from=2020-01-01").await;
    assert_eq!(mistakes(&wrong.expect_problem(422, "invalid_input")), [("from", "out_of_range")]);
}

/// Members who have bought nothing.
async fn add_namesakes(shop: &Shop, count: usize) {
    let tx = shop.app.app.accounts.store.begin().await.unwrap();
    let added = transact(tx, async |tx| {
        for _ in 0..count {
            let person = accounts::Person::read(&unique_email("namesake"), "Ada", "Byron").unwrap();
            let account = Account::open(person, PasswordHash::new("of no password"), shop.clock.now());
            assert!(tx.add_account(&account).await?);
        }
        Ok::<_, StoreError>(())
    });
    added.await.unwrap();
}

async fn bookings_are_found_by_name_and_mail(store: Store) {
    let evening = Evening::of(store).await;
    let admin = evening.admin().await;
    let (ada, bob) = (evening.ada.email.to_uppercase(), &evening.bob.email);
    let event = &evening.shop.event;
    for (query, expected) in [
        ("?query=byron".to_owned(), 3),
        ("?query=Ada%20Byron".to_owned(), 3),
        ("?query=byron&status=confirmed".to_owned(), 2),
        (format!("?query=byron&event_id={event}"), 3),
        (format!("?query={}", ada.replace('+', "%2B")), 1),
        (format!("?query={bob}"), 1),
        ("?query=nobody".to_owned(), 0),
    ] {
        let found = admin.get(&format!("/admin/bookings{query}")).await.expect(200);
        assert_eq!(found["items"].as_array().unwrap().len(), expected, "{query}: {found}");
    }
    let found = admin.get(&format!("/admin/bookings?query={bob}")).await.expect(200);
    assert_eq!(
        (&found["items"][0]["buyer_email"], &found["items"][0]["buyer_name"]),
        (&json!(bob), &json!("Ada Byron"))
    );
    // However many members are called so: those count alone who have to do with these events.
    add_namesakes(&evening.shop, 501).await;
    for query in ["?query=byron".to_owned(), format!("?query=byron&event_id={event}")] {
        let found = admin.get(&format!("/admin/bookings{query}")).await.expect(200);
        assert_eq!(found["items"].as_array().unwrap().len(), 3, "{query}: {found}");
    }
    let made = admin.post("/admin/organisations", &json!({"name": "Elsewhere"})).await.expect(201);
    let foreign = evening.manager(id(&made)).await;
    assert_eq!(foreign.get("/admin/bookings?query=byron").await.expect(200)["items"], json!([]));
}
