//! Faults that tests order.

use crate::scene::{SESSION, Scene, scene, send};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

async fn order(scene: &Scene, fault: Value) {
    assert_eq!(scene.control(&scene.running.stripe_base, "faults", &fault).await.status, 201);
}

async fn sessions(scene: &Scene) -> usize {
    let state = send(scene.http.get(format!("{}/simulator/state", scene.running.stripe_base))).await.body;
    state["sessions"].as_array().unwrap().len()
}

fn create(scene: &Scene) -> reqwest::RequestBuilder {
    let request = scene.stripe(Method::POST, "/v1/checkout/sessions").header("idempotency-key", "k");
    request.form(&SESSION)
}

#[tokio::test]
async fn a_dropped_call_has_no_answer_and_no_effect() {
    let scene = scene().await;
    order(&scene, json!({ "on": "POST /v1/checkout/sessions", "kind": "drop" })).await;
    let error = create(&scene).send().await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    assert_eq!(sessions(&scene).await, 0);
    assert_eq!(send(create(&scene)).await.status, 200);
}

#[tokio::test]
async fn a_broken_provider_has_done_nothing() {
    let scene = scene().await;
    order(&scene, json!({ "on": "POST /v1/checkout/sessions", "kind": "error_500", "times": 2 })).await;
    for _ in 0..2 {
        let answer = send(create(&scene)).await;
        assert_eq!((answer.status, answer.body["error"]["type"].as_str()), (500, Some("api_error")));
    }
    assert_eq!(sessions(&scene).await, 0);
    assert_eq!(send(create(&scene)).await.status, 200);
}

#[tokio::test]
async fn a_call_that_times_out_was_done_and_its_key_finds_the_answer() {
    let scene = scene().await;
    order(&scene, json!({ "on": "POST /v1/checkout/sessions", "kind": "timeout_after_act" })).await;
    let hanging = tokio::spawn(create(&scene).send());
    while sessions(&scene).await == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!hanging.is_finished());
    hanging.abort();
    let again = send(create(&scene)).await;
    assert_eq!(again.headers.get("idempotent-replayed").map(String::as_str), Some("true"));
    assert_eq!((again.status, sessions(&scene).await), (200, 1));
}

#[tokio::test]
async fn faults_can_be_seen_and_taken_back() {
    let scene = scene().await;
    order(&scene, json!({ "on": "GET /v1/refunds/{id}", "kind": "drop", "times": 3 })).await;
    let at = format!("{}/simulator/faults", scene.running.stripe_base);
    assert_eq!(send(scene.http.get(&at)).await.body["faults"][0]["times"], 3);
    send(scene.http.delete(&at)).await;
    assert_eq!(scene.stripe_get("/v1/refunds/re_x").await.status, 404);
    let nonsense = scene.control(&scene.running.stripe_base, "faults", &json!({ "kind": "fire" })).await;
    assert_eq!(nonsense.status, 400);
}

#[tokio::test]
async fn stopping_ends_calls_that_would_hang() {
    let scene = scene().await;
    order(&scene, json!({ "on": "POST /v1/checkout/sessions", "kind": "timeout_after_act" })).await;
    let hanging = tokio::spawn(create(&scene).send());
    while sessions(&scene).await == 0 {
        tokio::task::yield_now().await;
    }
    tokio::time::timeout(Duration::from_secs(20), scene.running.stop()).await.unwrap();
    assert!(hanging.await.unwrap().is_err());
}

#[tokio::test]
async fn a_call_can_be_done_and_its_connection_closed() {
    let scene = scene().await;
    order(&scene, json!({ "on": "POST /v1/checkout/sessions", "kind": "drop_after_act" })).await;
    assert!(create(&scene).send().await.is_err());
    assert_eq!(sessions(&scene).await, 1);
    let again = send(create(&scene)).await;
    assert_eq!((again.status, sessions(&scene).await), (200, 1));
}

#[tokio::test]
async fn calls_fail_with_a_probability_and_the_same_ones_for_the_same_seed() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let scene = scene().await;
        order(&scene, json!({ "on": "GET /v1/**", "kind": "error_500", "per_mille": 300, "seed": 4 })).await;
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(scene.stripe_get("/v1/refunds").await.status);
        }
        assert!(statuses.contains(&500) && statuses.contains(&200), "{statuses:?}");
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn bad_weather_loses_and_doubles_notices() {
    let scene = scene().await;
    let base = scene.running.stripe_base.clone();
    let storm = scene.control(&base, "weather", &json!({ "lost": 1000 })).await;
    assert_eq!(storm.status, 200);
    scene.paid_session().await;
    scene.running.drained().await;
    assert!(scene.shop.kinds().is_empty());
    scene.control(&base, "weather", &json!({ "twice": 1000 })).await;
    scene.paid_session().await;
    scene.running.drained().await;
    assert_eq!(scene.shop.kinds().len(), 4);
    assert_eq!(scene.control(&base, "weather", &json!({ "rain": 1 })).await.status, 400);
}
