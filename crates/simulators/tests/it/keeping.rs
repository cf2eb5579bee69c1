//! The state file.

use crate::scene::{clock, link, open, send};
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn a_buyer_pays_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data/simulators.json");
    let clock = clock();
    let first = open(Arc::clone(&clock), Some(file.clone())).await;
    let (session, order) = (first.session().await, first.order().await);
    let key = |scene: &crate::scene::Scene| {
        let request = scene.stripe(reqwest::Method::POST, "/v1/checkout/sessions");
        request.header("idempotency-key", "k").form(&crate::scene::SESSION)
    };
    let keyed = send(key(&first)).await.body;
    // Not stopped but forgotten: as after a crash, only the file is left.
    drop(first);

    let second = open(clock, Some(file)).await;
    let id = session["id"].as_str().unwrap();
    let found = second.stripe_get(&format!("/v1/checkout/sessions/{id}")).await.body;
    assert!(found["url"].as_str().unwrap().starts_with(&second.running.stripe_base));
    second.press(&found["url"], "pay").await;
    let paid = second.stripe_get(&format!("/v1/checkout/sessions/{id}")).await.body;
    assert_eq!(paid["payment_status"], "paid");
    let by_payment = format!("/v1/payment_intents/{}", paid["payment_intent"].as_str().unwrap());
    assert_eq!(second.stripe_get(&by_payment).await.status, 200);
    assert_eq!(send(key(&second)).await.body["id"], keyed["id"]);

    let path = format!("/v2/checkout/orders/{}", order["id"].as_str().unwrap());
    let order = second.paypal_get(&path).await.body;
    second.press(&link(&order, "approve"), "pay").await;
    assert_eq!(second.paypal_post(&format!("{path}/capture"), &json!({})).await.body["status"], "COMPLETED");
}

#[tokio::test]
async fn a_notice_that_was_owed_is_sent_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("simulators.json");
    let clock = clock();
    let first = open(Arc::clone(&clock), Some(file.clone())).await;
    let session = first.session().await;
    first.press(&session["url"], "pay?webhook=late&delay_ms=3600000").await;
    first.running.stop().await;
    assert!(first.shop.kinds().is_empty());
    let second = open(clock, Some(file)).await;
    second.running.drained().await;
    assert_eq!(second.shop.kinds(), ["payment_intent.succeeded", "checkout.session.completed"]);
}

#[tokio::test]
async fn a_broken_state_file_is_named_and_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("simulators.json");
    let broken = folder.path().join("simulators.paypal.json");
    std::fs::write(&broken, "{").unwrap();
    let settings = simulators::Settings { state_file: Some(file), ..crate::scene::settings(clock()) };
    let Err(refused) = simulators::start(settings).await else { panic!("it started") };
    assert!(refused.to_string().contains("simulators.paypal.json"), "{refused}");
    assert_eq!(std::fs::read_to_string(broken).unwrap(), "{");
}
