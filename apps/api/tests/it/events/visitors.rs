//! Finding events.

use super::cast::{Cast, column, id, in_hours, mistakes};
use crate::harness::TestApp;
use kernel::{Clock, SystemClock};
use serde_json::{Value, json};
use std::sync::Arc;
use testkit::StoppedClock;

/// Publishes an event that begins in so many hours and lasts two.
async fn publish(cast: &Cast, title: &str, hours: i64, further: Value) -> Value {
    let mut body = cast.event(title);
    (body["starts_at"], body["ends_at"]) = (json!(in_hours(hours)), json!(in_hours(hours + 2)));
    body.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    cast.published(&body).await
}

#[tokio::test]
async fn an_event_is_shown_as_the_contract_has_it() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = publish(&cast, "Opening night", 24, json!({"tags": ["house"], "description": "Come"})).await;
    let shown = app.stranger().get(&format!("/events/{}", id(&event))).await.expect(200);
    let expected = json!({
        "id": event["id"], "slug": "opening-night", "title": "Opening night", "description": "Come",
        "starts_at": event["starts_at"], "ends_at": event["ends_at"], "doors_at": null,
        "timezone": "Europe/Berlin", "currency": "EUR", "status": "published",
        "location": {
            "area": "Old harbour", "address": null, "latitude": null, "longitude": null,
            "address_visible_from": event["location"]["address_visible_from"],
            "approximate": {"latitude": 53.5, "longitude": 9.9},
        },
        "images": [], "tags": ["house"], "price_from": {"amount": 2500, "currency": "EUR"},
        "availability": "available",
    });
    let mut whole = expected.clone();
    whole["cancellation_policy"] = json!(null);
    assert_eq!(shown, whole);
    assert_eq!(app.stranger().get("/events/opening-night").await.expect(200), whole);
    let list = cast.member.client.get("/events").await.expect(200);
    assert_eq!(list, json!({"items": [expected], "next_cursor": null}));
    for unknown in ["/events/closing-night", "/events/Opening-Night", "/events/%2e", "/events/0", "/events/ä"]
    {
        app.stranger().get(unknown).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn only_those_who_run_an_event_learn_its_address_here() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let path = format!("/events/{}", id(&publish(&cast, "Hidden place", 24, json!({})).await));
    for client in [&app.stranger(), &cast.member.client, &cast.foreigner.client] {
        for (path, place) in [(path.as_str(), "/location"), ("/events", "/items/0/location")] {
            let shown = client.get(path).await.expect(200);
            let place = shown.pointer(place).unwrap();
            assert_eq!((&place["area"], &place["address"]), (&json!("Old harbour"), &Value::Null));
            assert_eq!((&place["latitude"], &place["longitude"]), (&Value::Null, &Value::Null));
        }
    }
    for client in [&cast.door.client, &cast.manager.client, &cast.owner.client, &cast.admin.client] {
        assert_eq!(client.get(&path).await.expect(200)["location"]["address"], "Quay 7");
        // A list would be a look at every address at once, which nobody could note one by one.
        let listed = client.get("/events").await.expect(200);
        assert_eq!(listed["items"][0]["location"]["address"], Value::Null);
    }
}

#[tokio::test]
async fn drafts_and_what_was_taken_out_of_sight_are_found_by_nobody_else() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let draft = cast.draft(&cast.event("Draft")).await;
    let gone = publish(&cast, "Gone", 24, json!({})).await;
    let path = format!("/admin/events/{}/deactivate", id(&gone));
    cast.manager.client.post(&path, &json!({})).await.expect(200);
    for client in [&app.stranger(), &cast.member.client, &cast.foreigner.client] {
        for path in ["/events", "/events/upcoming", "/events?query=Gone", "/events?query=Draft"] {
            assert_eq!(client.get(path).await.expect(200)["items"], json!([]), "{path}");
        }
        for event in [&draft, &gone] {
            client.get(&format!("/events/{}", id(event))).await.expect_problem(404, "not_found");
            let slug = event["slug"].as_str().unwrap();
            client.get(&format!("/events/{slug}")).await.expect_problem(404, "not_found");
        }
    }
    let shown = cast.manager.client.get("/events/draft").await.expect(200);
    assert_eq!(shown["status"], "draft");
    cast.door.client.get("/events/draft").await.expect_problem(404, "not_found");
    let shown = cast.door.client.get(&format!("/events/{}", id(&gone))).await.expect(200);
    assert_eq!(shown["status"], "deactivated");
    // Lists for visitors are alike for all: drafts are found under /admin/events.
    assert_eq!(cast.admin.client.get("/events").await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn events_for_members_do_not_exist_for_strangers() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    publish(&cast, "Open", 24, json!({})).await;
    let secret = publish(&cast, "Closed", 48, json!({"visibility": "members"})).await;
    // In both orders: what was made for one is not shown to the other.
    for _ in 0..2 {
        for path in ["/events", "/events/upcoming"] {
            let seen = app.stranger().get(path).await.expect(200);
            assert_eq!(column(&seen, "title"), ["Open"], "{path}");
            for client in [&cast.member.client, &cast.foreigner.client, &cast.admin.client] {
                let seen = client.get(path).await.expect(200);
                assert_eq!(column(&seen, "title"), ["Open", "Closed"], "{path}");
            }
        }
    }
    let path = format!("/events/{}", id(&secret));
    app.stranger().get(&path).await.expect_problem(404, "not_found");
    app.stranger().get(&format!("{path}/availability")).await.expect_problem(401, "unauthenticated");
    app.with_token("nonsense").get(&path).await.expect_problem(401, "unauthenticated");
    app.with_token("nonsense").get("/events").await.expect_problem(401, "unauthenticated");
    assert_eq!(cast.member.client.get(&path).await.expect(200)["title"], "Closed");
}

#[tokio::test]
async fn a_list_is_read_page_by_page_by_the_beginning_of_events() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    for (title, hours) in [("e", 50), ("a", 10), ("d", 40), ("b", 20), ("c", 30)] {
        publish(&cast, title, hours, json!({})).await;
    }
    for path in ["/events", "/events/upcoming"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = app.stranger().get(&format!("{path}?limit=2{cursor}")).await.expect(200);
            assert!(page["items"].as_array().unwrap().len() <= 2);
            seen.extend(column(&page, "title").into_iter().map(str::to_owned));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, ["a", "b", "c", "d", "e"], "{path}");
    }
    for query in ["limit=0", "limit=101", "limit=x", "cursor=x", "limit=0&cursor=x"] {
        let refused = app.stranger().get(&format!("/events?{query}")).await;
        refused.expect_problem(422, "invalid_input");
    }
}

#[tokio::test]
async fn a_list_is_narrowed_by_time_tag_and_text() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    publish(&cast, "Ölbad 100%", 24, json!({"tags": ["house", "vinyl"], "description": "In the garden"}))
        .await;
    publish(&cast, "Late", 72, json!({"tags": ["techno"], "location": {"area": "Garden city"}})).await;
    let (early, late) = (in_hours(27), in_hours(28));
    for (query, expected) in [
        (String::new(), vec!["Ölbad 100%", "Late"]),
        ("tag=house".into(), vec!["Ölbad 100%"]),
        ("tag=%20HOUSE".into(), vec!["Ölbad 100%"]),
        ("tag=hous".into(), vec![]),
        ("query=GARDEN".into(), vec!["Ölbad 100%", "Late"]),
        ("query=%C3%96LB".into(), vec!["Ölbad 100%"]),
        ("query=%25".into(), vec!["Ölbad 100%"]),
        ("query=_".into(), vec![]),
        ("query=%27%3B--".into(), vec![]),
        ("query=&tag=&from=&to=".into(), vec!["Ölbad 100%", "Late"]),
        (format!("from={early}"), vec!["Late"]),
        (format!("to={early}"), vec!["Ölbad 100%"]),
        (format!("from={early}&to={late}"), vec![]),
        ("from=0001-01-01T00:00:00Z".into(), vec!["Ölbad 100%", "Late"]),
        ("to=%2B262000-01-01T00:00:00Z".into(), vec!["Ölbad 100%", "Late"]),
        ("tag=techno&query=late&nonsense=1".into(), vec!["Late"]),
    ] {
        let found = app.stranger().get(&format!("/events?{query}")).await.expect(200);
        assert_eq!(column(&found, "title"), expected, "{query}");
    }
    let long = "x".repeat(201);
    let refused = app.stranger().get(&format!("/events?from=soon&to=x&tag={long}&query={long}")).await;
    let refused = refused.expect_problem(422, "invalid_input");
    let expected = [("from", "malformed"), ("to", "malformed"), ("tag", "too_long"), ("query", "too_long")];
    assert_eq!(mistakes(&refused), expected);
    app.stranger().get("/events?tag=a&tag=b").await.expect_problem(400, "malformed_query");
    app.stranger().get("/events?query=%00").await.expect_problem(400, "malformed_address");
}

#[tokio::test]
async fn what_is_over_is_not_upcoming_and_says_so() {
    let clock = Arc::new(StoppedClock::at(SystemClock.now()));
    let app = TestApp::with_clock(&[], clock.clone()).await;
    let cast = Cast::of(&app).await;
    publish(&cast, "Soon over", 0, json!({"starts_at": in_hours(1), "ends_at": in_hours(2)})).await;
    publish(&cast, "Later", 24, json!({})).await;
    clock.advance(chrono::TimeDelta::minutes(90));
    let seen = app.stranger().get("/events/soon-over").await.expect(200);
    assert_eq!((&seen["status"], &seen["availability"]), (&json!("published"), &json!("not_on_sale")));
    clock.advance(chrono::TimeDelta::minutes(31));
    let seen = app.stranger().get("/events/soon-over").await.expect(200);
    assert_eq!(seen["status"], "ended");
    let upcoming = app.stranger().get("/events/upcoming").await.expect(200);
    assert_eq!(column(&upcoming, "title"), ["Later"]);
}
