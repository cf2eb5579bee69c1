//! Whom a stream is not for, and what ends it.

use super::{Ear, PATIENCE};
use crate::events::cast::{Cast, id};
use crate::harness::{PASSWORD, TestApp};
use chrono::TimeDelta;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::StoppedClock;

const QUICK: (&str, &str) = ("live.heartbeat_seconds", "1");

#[tokio::test]
async fn who_may_not_know_of_an_event_cannot_listen_to_it() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let draft = format!("/events/{}/stream", id(&cast.draft(&cast.event("Secret")).await));
    cast.member.client.get(&draft).await.expect_problem(404, "not_found");
    cast.foreigner.client.get(&draft).await.expect_problem(404, "not_found");
    // Who runs it has nothing to hear yet.
    assert_eq!(cast.manager.client.get(&draft).await.status, 204);
    app.stranger().get(&draft).await.expect_problem(401, "unauthenticated");
    let nothing = "/events/01900000-0000-7000-8000-000000000000/stream";
    cast.member.client.get(nothing).await.expect_problem(404, "not_found");
    cast.member.client.get("/events/x/stream").await.expect_problem(404, "not_found");
    assert_eq!(app.app.live.listeners(), 0);
}

#[tokio::test]
async fn an_event_that_is_taken_away_ends_its_stream_and_says_why() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let client = &cast.manager.client;
    let mut ears = Vec::new();
    for title in ["Deactivated", "Cancelled", "Deleted"] {
        let event = cast.published(&cast.event(title)).await;
        let path = format!("/admin/events/{}", id(&event));
        ears.push((Ear::open(&cast.member.client, id(&event)).await, path));
    }
    client.post(&format!("{}/deactivate", ears[0].1), &json!({})).await.expect(200);
    client.post(&format!("{}/cancel", ears[1].1), &json!({"reason": "storm"})).await.expect(202);
    client.delete(&ears[2].1).await.expect(204);
    for ((ear, path), expected) in ears.iter_mut().zip(["withdrawn", "cancelled", "withdrawn"]) {
        assert_eq!(ear.reason().await, expected);
        let again = cast.member.client.get(&path.replace("/admin", "").clone()).await.status;
        let stream = cast.member.client.get(&format!("{}/stream", path.replace("/admin", ""))).await;
        // A cancelled event is shown still, and has no news.
        assert_eq!(stream.status, if again == 200 { 204 } else { 404 });
    }
}

#[tokio::test]
async fn an_event_that_is_over_ends_its_stream() {
    let clock = Arc::new(StoppedClock::default());
    let app = TestApp::with_clock(&[QUICK], clock.clone()).await;
    app.app.events.ensure_default_organisation("House").await.unwrap();
    let admin = app.admin().await;
    let (event, _) = crate::harness::shop::put_on_sale(&admin, kernel::Clock::now(&*clock), 10).await;
    clock.advance(TimeDelta::days(31) - TimeDelta::seconds(30));
    let listener = app.member().await;
    let mut ear = Ear::open(&listener.client, &event).await;
    ear.snapshot().await;
    clock.advance(TimeDelta::seconds(60));
    assert_eq!(ear.reason().await, "over");
    assert_eq!(listener.client.get(&format!("/events/{event}/stream")).await.status, 204);
}

#[tokio::test]
async fn whoever_logs_out_hears_nothing_more() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.published(&cast.event("Opening")).await;
    let mut ear = Ear::open(&cast.member.client, id(&event)).await;
    let mut other = Ear::open(&app.login(&cast.member.email, PASSWORD).await.client, id(&event)).await;
    cast.member.client.post("/auth/logout", &json!({})).await.expect(204);
    ear.is_logged_out().await;
    // The other session counts still.
    assert!(other.snapshot().await["items"].is_array());
    let suspended = json!({"status": "suspended"});
    cast.admin.client.patch(&format!("/admin/users/{}", cast.member.id), &suspended).await.expect(200);
    other.is_logged_out().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let clock = Arc::new(StoppedClock::default());
    let app = TestApp::with_clock(&[QUICK], clock.clone()).await;
    app.app.events.ensure_default_organisation("House").await.unwrap();
    let admin = app.admin().await;
    let now = kernel::Clock::now(&*clock);
    let (event, _) = crate::harness::shop::put_on_sale(&admin, now, 10).await;
    let mut ear = Ear::open(&app.member().await.client, &event).await;
    ear.hears(10).await;
    clock.advance(TimeDelta::seconds(899));
    assert!(ear.next().await.is_some());
    clock.advance(TimeDelta::seconds(1));
    assert_eq!(ear.reason().await, "expired");
}

#[tokio::test]
async fn no_more_listen_than_may() {
    let app = TestApp::with(&[("live.listeners", "3"), ("live.per_account", "2"), QUICK]).await;
    let cast = Cast::of(&app).await;
    let event = cast.published(&cast.event("Opening")).await;
    let path = format!("/events/{}/stream", id(&event));
    let member = &cast.member.client;
    let one = Ear::open(member, id(&event)).await;
    let _other = Ear::open(member, id(&event)).await;
    let refused = member.get(&path).await;
    assert_eq!(refused.header("retry-after"), "1");
    refused.expect_problem(429, "too_many_streams");
    let _third = Ear::open(&cast.owner.client, id(&event)).await;
    let refused = cast.door.client.get(&path).await;
    assert!(!refused.header("retry-after").is_empty());
    refused.expect_problem(503, "unavailable");
    // Whoever goes makes room, as soon as the server notices.
    drop(one);
    let since = Instant::now();
    while app.app.live.listeners() > 2 {
        assert!(since.elapsed() < PATIENCE, "the place of who has gone is kept");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ear::open(member, id(&event)).await;
}

#[tokio::test]
async fn a_server_that_stops_does_not_wait_for_those_who_listen() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.published(&cast.event("Opening")).await;
    let mut ears = Vec::new();
    for _ in 0..10 {
        ears.push(Ear::open(&cast.member.client, id(&event)).await);
    }
    let since = Instant::now();
    app.stop().await;
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
    for ear in &mut ears {
        assert_eq!(ear.reason().await, "nothing was said");
    }
}
