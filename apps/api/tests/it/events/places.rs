//! Where exactly an event is, and how it is found without telling.

use super::cast::{Cast, column, id, in_hours, mistakes};
pub(super) use crate::harness::on_each_store;
use crate::harness::shop::Store;
use crate::harness::{Person, TestApp};
use adapter_postgres::testing::{FreshDatabase, fresh_database};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A server on one of the stores. The database is dropped when nobody uses it any more.
pub(crate) async fn on(store: Store) -> (TestApp, Option<FreshDatabase>) {
    let database = match store {
        Store::Local => None,
        Store::Postgres => Some(fresh_database(&testkit::servers::postgres().url).await.unwrap()),
    };
    let url = database.as_ref().map_or_else(|| "local::memory:".to_owned(), FreshDatabase::url);
    (TestApp::with(&[("store.url", &url)]).await, database)
}

on_each_store!(
    ticket_holders_are_told_where_it_is_in_time_and_that_is_noted,
    a_place_that_was_told_is_taken_back,
    whoever_makes_an_event_is_noted_as_one_who_saw_where_it_is,
    events_are_found_around_a_point,
    drafts_and_events_of_others_are_found_and_copied_by_nobody_else,
);

/// Publishes an event with free tickets.
pub(super) async fn free(cast: &Cast, body: &Value) -> Value {
    let event = cast.published(body).await;
    let kind = json!({"name": "Free", "price": {"amount": 0, "currency": "EUR"}, "quantity": 10});
    let path = format!("/admin/events/{}/ticket-types", id(&event));
    cast.manager.client.post(&path, &kind).await.expect(201);
    event
}

/// Gets a free ticket: the booking.
pub(super) async fn go(who: &Person, event: &Value) -> Value {
    let types = who.client.get(&format!("/events/{}/ticket-types", id(event))).await.expect(200);
    let kind = types["items"].as_array().unwrap().iter().find(|kind| kind["name"] == "Free").unwrap();
    let wish = json!({
        "event_id": event["id"], "items": [{"ticket_type_id": kind["ticket_type_id"], "quantity": 1}],
    });
    let hold = who.client.post("/seats/hold", &wish).await.expect(201);
    let booking =
        who.client.post("/bookings/confirm", &json!({"hold_id": hold["hold_id"]})).await.expect(201);
    assert_eq!(booking["status"], "confirmed");
    booking
}

/// Says from when on holders are told, in hours from now.
pub(super) async fn tell(cast: &Cast, event: &Value, title: &str, hours: Option<i64>) {
    let mut body = cast.event(title);
    body["location"]["address_visible_from"] = json!(hours.map(in_hours));
    cast.manager.client.put(&format!("/admin/events/{}", id(event)), &body).await.expect(200);
}

/// The place as somebody is shown it; all of it or nothing.
async fn place(who: &Person, event: &Value) -> bool {
    let shown = who.client.get(&format!("/events/{}", event["slug"].as_str().unwrap())).await.expect(200);
    let place = &shown["location"];
    assert_eq!(place["approximate"], json!({"latitude": 53.5, "longitude": 9.9}));
    let exact = json!([place["address"], place["latitude"], place["longitude"]]);
    if exact == json!([null, null, null]) {
        return false;
    }
    assert_eq!(exact, json!(["Quay 7", 53.512, 9.913]));
    true
}

/// An event whose exact place differs from where everybody may think it is.
fn hidden(cast: &Cast, title: &str) -> Value {
    let mut body = cast.event(title);
    (body["location"]["latitude"], body["location"]["longitude"]) = (json!(53.512), json!(9.913));
    body["location"]["address_visible_from"] = json!(in_hours(1));
    body
}

async fn ticket_holders_are_told_where_it_is_in_time_and_that_is_noted(store: Store) {
    let (app, _database) = on(store).await;
    let cast = Cast::of(&app).await;
    let event = free(&cast, &hidden(&cast, "Night")).await;
    let path = format!("/admin/events/{}/address-views", id(&event));
    go(&cast.member, &event).await;
    assert!(!place(&cast.member, &event).await);
    let mut told = hidden(&cast, "Night");
    told["location"]["address_visible_from"] = json!(in_hours(-1));
    cast.manager.client.put(&format!("/admin/events/{}", id(&event)), &told).await.expect(200);
    assert!(!place(&cast.foreigner, &event).await);
    let changed = cast.manager.client.get(&path).await.expect(200);
    let who = column(&changed, "account_id");
    assert!(
        !who.is_empty() && who.iter().all(|it| *it == cast.manager.id),
        "a change is answered with all: {changed}"
    );
    assert!(place(&cast.member, &event).await);
    assert!(place(&cast.member, &event).await);
    for list in ["/events", "/events/upcoming"] {
        for who in [&cast.member, &cast.manager] {
            let list = who.client.get(list).await.expect(200);
            assert_eq!(list["items"][0]["location"]["address"], Value::Null);
        }
    }
    let list = cast.manager.client.get("/admin/events").await.expect(200);
    assert_eq!(list["items"][0]["location"]["address"], Value::Null, "nobody would be noted");
    let views = cast.manager.client.get(&path).await.expect(200);
    let guests =
        views["items"].as_array().unwrap().iter().filter(|it| it["account_id"] == json!(cast.member.id));
    let guests: Vec<_> = guests.collect();
    let first = guests.last().unwrap();
    assert_eq!(first["event_id"], event["id"]);
    assert!(first["request_id"].is_string() && first["viewed_at"].is_string(), "{first}");
    let at = |view: &Value, which| view[which].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    assert!(guests.iter().all(|it| at(it, "last_viewed_at") >= at(it, "viewed_at")), "{views}");
    // The hour may have changed in between.
    assert!((1..=2).contains(&guests.len()), "{views}");
    assert_eq!(guests.iter().map(|it| it["views"].as_u64().unwrap()).sum::<u64>(), 2, "{views}");
    assert_eq!(cast.owner.client.get(&path).await.expect(200), views);
    assert!(place(&cast.door, &event).await);
    cast.admin.client.get(&format!("/admin/events/{}", id(&event))).await.expect(200);
    let staff = cast.owner.client.get(&path).await.expect(200);
    let who = column(&staff, "account_id");
    assert!(who.contains(&cast.door.id.as_str()) && who.contains(&cast.admin.id.as_str()), "{staff}");
    for (who, status, code) in [
        (&cast.member, 403, "forbidden"),
        (&cast.door, 403, "forbidden"),
        (&cast.foreigner, 404, "not_found"),
    ] {
        who.client.get(&path).await.expect_problem(status, code);
    }
    let refused = cast.manager.client.get(&format!("{path}?limit=0&cursor=x")).await;
    refused.expect_problem(422, "invalid_input");
}

async fn a_place_that_was_told_is_taken_back(store: Store) {
    let (app, _database) = on(store).await;
    let cast = Cast::of(&app).await;
    let mut body = hidden(&cast, "Night");
    body["location"]["address_visible_from"] = json!(in_hours(-1));
    let event = free(&cast, &body).await;
    let booking = go(&cast.member, &event).await;
    assert!(place(&cast.member, &event).await);
    cast.member.client.post(&format!("/bookings/{}/cancel", id(&booking)), &json!({})).await.expect(200);
    assert!(!place(&cast.member, &event).await);
    go(&cast.member, &event).await;
    assert!(place(&cast.member, &event).await);
    cast.manager.client.post(&format!("/admin/events/{}/cancel", id(&event)), &json!({})).await.expect(202);
    assert!(!place(&cast.member, &event).await);
}

async fn events_are_found_around_a_point(store: Store) {
    let (app, _database) = on(store).await;
    let cast = Cast::of(&app).await;
    let at = async |title: &str, latitude: f64, longitude: f64, hours: i64| {
        let mut body = cast.event(title);
        (body["location"]["latitude"], body["location"]["longitude"]) = (json!(latitude), json!(longitude));
        (body["starts_at"], body["ends_at"]) = (json!(in_hours(hours)), json!(in_hours(hours + 2)));
        cast.published(&body).await;
    };
    at("Harbour", 53.541, 9.984, 50).await;
    at("Alster", 53.571, 10.004, 20).await;
    at("Berlin", 52.52, 13.405, 30).await;
    at("Fiji", -17.0, 179.98, 40).await;
    let mut nowhere = cast.event("Nowhere");
    nowhere["location"] = json!({"area": "Somewhere"});
    let nowhere = cast.published(&nowhere).await;
    assert_eq!(nowhere["location"]["approximate"], Value::Null);
    for client in [app.stranger(), cast.member.client.clone(), cast.manager.client.clone()] {
        for (query, expected) in [
            ("near=53.55,10.0&radius_km=10", vec!["Alster", "Harbour"]),
            // The harbour lies 1.6 km from here, and is taken for where its part of the map has its middle.
            ("near=53.541,9.984&radius_km=1", vec![]),
            ("near=53.55,10&radius_km=1", vec!["Alster", "Harbour"]),
            ("near=53.55,10&radius_km=300", vec!["Alster", "Berlin", "Harbour"]),
            ("near=53.55,10&radius_km=300&query=berlin", vec!["Berlin"]),
            ("near=-17,-179.9&radius_km=20", vec!["Fiji"]),
            ("near=0,0&radius_km=500", vec![]),
            ("near=&radius_km=", vec!["Alster", "Berlin", "Fiji", "Harbour", "Nowhere"]),
        ] {
            let found = client.get(&format!("/events?{query}")).await.expect(200);
            assert_eq!(column(&found, "title"), expected, "{query}");
        }
        let first = client.get("/events?near=53.55,10&radius_km=300&limit=2").await.expect(200);
        assert_eq!(column(&first, "title"), ["Alster", "Berlin"]);
        let next = first["next_cursor"].as_str().unwrap();
        let second = client.get(&format!("/events?near=53.55,10&radius_km=300&limit=2&cursor={next}")).await;
        assert_eq!(column(&second.expect(200), "title"), ["Harbour"]);
    }
    for (query, expected) in [
        ("near=53.55&radius_km=10", vec![("near", "malformed")]),
        ("near=91,10&radius_km=501", vec![("near", "out_of_range"), ("radius_km", "out_of_range")]),
        ("near=53.55,10&radius_km=far", vec![("radius_km", "malformed")]),
        ("near=53.55,10", vec![("radius_km", "required")]),
        ("radius_km=10", vec![("near", "required")]),
    ] {
        let refused = app.stranger().get(&format!("/events?{query}")).await;
        assert_eq!(mistakes(&refused.expect_problem(422, "invalid_input")), expected, "{query}");
    }
}

async fn drafts_and_events_of_others_are_found_and_copied_by_nobody_else(store: Store) {
    let (app, _database) = on(store).await;
    let cast = Cast::of(&app).await;
    let draft = cast.draft(&cast.event("Draft")).await;
    let mut members = cast.event("Members");
    members["visibility"] = json!("members");
    let members = free(&cast, &members).await;
    let near = "/events?near=53.5,9.9&radius_km=5";
    assert_eq!(column(&app.stranger().get(near).await.expect(200), "title"), [""; 0]);
    assert_eq!(column(&cast.foreigner.client.get(near).await.expect(200), "title"), ["Members"]);
    let own = cast.manager.client.get("/admin/events?near=53.5,9.9&radius_km=5").await.expect(200);
    assert_eq!(column(&own, "title"), ["Draft", "Members"]);
    let others = cast.foreigner.client.get("/admin/events?near=53.5,9.9&radius_km=5").await.expect(200);
    assert_eq!(others["items"], json!([]));
    for who in [&cast.member, &cast.foreigner] {
        who.client
            .get(&format!("/events/{}/calendar.ics", id(&draft)))
            .await
            .expect_problem(404, "not_found");
        assert_eq!(who.client.get(&format!("/events/{}/calendar.ics", id(&members))).await.status, 200);
    }
    assert_eq!(cast.manager.client.get(&format!("/events/{}/calendar.ics", id(&draft))).await.status, 200);
    assert_eq!(cast.door.client.get(&format!("/events/{}/calendar.ics", id(&draft))).await.status, 404);
    for event in [&draft, &members] {
        let path = format!("/admin/events/{}", id(event));
        for call in ["duplicate", "address-views"] {
            let path = format!("{path}/{call}");
            let refused = match call {
                "duplicate" => cast.foreigner.client.post(&path, &json!({})).await,
                _ => cast.foreigner.client.get(&path).await,
            };
            refused.expect_problem(404, "not_found");
        }
    }
}

async fn whoever_makes_an_event_is_noted_as_one_who_saw_where_it_is(store: Store) {
    let (app, _database) = on(store).await;
    let cast = Cast::of(&app).await;
    let noted = async |event: &Value| {
        let path = format!("/admin/events/{}/address-views", id(event));
        let views = cast.admin.client.get(&path).await.expect(200);
        column(&views, "account_id").into_iter().map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let made = cast.draft(&hidden(&cast, "Made")).await;
    assert_eq!(made["location"]["address"], "Quay 7");
    assert_eq!(noted(&made).await, BTreeSet::from([cast.manager.id.clone()]));
    let path = format!("/admin/events/{}", id(&made));
    let copy = cast.owner.client.post(&format!("{path}/duplicate"), &json!({})).await.expect(201);
    assert_eq!(copy["location"]["address"], "Quay 7");
    assert_eq!(noted(&copy).await, BTreeSet::from([cast.owner.id.clone()]));
    cast.owner.client.put(&path, &hidden(&cast, "Changed")).await.expect(200);
    assert_eq!(noted(&made).await, BTreeSet::from([cast.owner.id.clone(), cast.manager.id.clone()]));
}
