//! The map of a large hall.

use super::{House, hold_seats, seats};
use crate::harness::Client;
use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Read;
use std::time::Duration;

/// What is sent to a browser, and what it makes of it.
async fn zipped(who: &Client, path: &str) -> (usize, String, Value) {
    let sent =
        who.request(Method::GET, path).header("accept-encoding", "br;q=1, gzip;q=0.8").send().await.unwrap();
    assert_eq!(sent.status(), 200);
    assert_eq!(sent.headers()["content-encoding"], "gzip");
    assert!(sent.headers()["vary"].to_str().unwrap().contains("accept-encoding"));
    let etag = sent.headers()["etag"].to_str().unwrap().to_owned();
    let bytes = sent.bytes().await.unwrap();
    let mut text = String::new();
    GzDecoder::new(bytes.as_ref()).read_to_string(&mut text).unwrap();
    (bytes.len(), etag, serde_json::from_str(&text).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_map_of_ten_thousand_seats_is_small_on_the_wire_and_asked_for_once() {
    let house = House::local().await;
    let sections = [("Stalls", "50", 100, json!(1)), ("Circle", "50", 100, json!(1.5))];
    let hall = house.hall(&sections).await;
    let event = house.published(&hall, 1000).await;
    let member = &house.cast.member.client;
    let path = format!("/events/{event}/seats");
    let (size, etag, map) = zipped(member, &path).await;
    assert_eq!(map["items"].as_array().unwrap().len(), 10_000);
    assert_eq!(map["items"][9_999]["price"]["amount"], 1500);
    assert!(size < 500_000, "{size} bytes");
    let plain =
        member.request(Method::GET, &path).header("accept-encoding", "gzip;q=0").send().await.unwrap();
    assert!(plain.headers().get("content-encoding").is_none());
    assert_eq!(plain.json::<Value>().await.unwrap(), map);
    let again =
        member.request(Method::GET, &path).header("accept-encoding", "gzip").header("if-none-match", &etag);
    assert_eq!(again.send().await.unwrap().status(), 304);
    let (small, _, states) = zipped(member, &format!("{path}?view=status")).await;
    assert!(small < 2_000, "{small} bytes");
    assert_eq!(states["states"], "a".repeat(10_000));
    assert_eq!(states["version"], map["version"]);
    let (_, _, plan) = zipped(member, &format!("{path}?view=plan")).await;
    assert!(plan["items"][0].get("status").is_none());
    assert_eq!(plan["items"][0]["label"], map["items"][0]["label"]);
    let circle = format!("{path}?section_id={}", map["items"][9_999]["section_id"].as_str().unwrap());
    let (_, _, part) = zipped(member, &circle).await;
    assert_eq!(part["items"].as_array().unwrap().len(), 5_000);
    member.get(&format!("{path}?view=other")).await.expect_problem(422, "invalid_input");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_map_is_never_more_than_a_second_old() {
    let house = House::local().await;
    let hall = house.hall(&[("Stalls", "A", 4, json!(1))]).await;
    let event = house.published(&hall, 0).await;
    let member = &house.cast.member.client;
    let before = seats(member, &event).await;
    let hold = hold_seats(member, &event, &[&before[2]["id"]]).await.expect(201);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let path = format!("/events/{event}/seats?view=status");
    assert_eq!(member.get(&path).await.expect(200)["states"], "aaha");
    member.post("/bookings/confirm", &crate::night::wish(&hold, "free")).await.expect(201);
    let block = json!({"seats": [{"seat_id": before[0]["id"], "blocked": true}]});
    house.cast.manager.client.put(&format!("/admin/events/{event}/seats"), &block).await.expect(200);
    assert_eq!(
        member.get(&path).await.expect(200)["states"],
        "basa",
        "what was changed here is seen at once"
    );
    let sections = member.get(&format!("/events/{event}/sections")).await.expect(200);
    let stalls = &sections["items"][0];
    assert_eq!((&stalls["seat_count"], &stalls["available"]), (&json!(4), &json!(2)));
}
