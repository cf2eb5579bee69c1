//! Notices: order, count, repeats, forgeries.

use crate::scene::{STRIPE_KEY, Scene, WEBHOOK_ID, link, scene, send};
use chrono::TimeDelta;
use kernel::Clock;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn kinds_after(action: &str) -> (Scene, Vec<String>) {
    let scene = scene().await;
    let session = scene.session().await;
    scene.press(&session["url"], action).await;
    scene.running.drained().await;
    let kinds = scene.shop.kinds();
    (scene, kinds)
}

const SUCCEEDED: &str = "payment_intent.succeeded";
const COMPLETED: &str = "checkout.session.completed";

#[tokio::test]
async fn a_test_chooses_order_and_count() {
    assert_eq!(kinds_after("pay").await.1, [SUCCEEDED, COMPLETED]);
    assert_eq!(kinds_after("pay?webhook=reversed").await.1, [COMPLETED, SUCCEEDED]);
    assert_eq!(kinds_after("pay?webhook=twice").await.1, [SUCCEEDED, COMPLETED, SUCCEEDED, COMPLETED]);
    let before = Instant::now();
    assert_eq!(kinds_after("pay?webhook=late&delay_ms=300").await.1, [SUCCEEDED, COMPLETED]);
    assert!(before.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_second_copy_is_the_same_event() {
    let (scene, _) = kinds_after("pay?webhook=twice").await;
    let received = scene.shop.received.lock().unwrap().clone();
    assert_eq!(received[0].body, received[2].body);
}

#[tokio::test]
async fn a_lost_notice_can_be_sent_after_all() {
    let (scene, kinds) = kinds_after("pay?webhook=lost").await;
    assert!(kinds.is_empty());
    let answer = scene.control(&scene.running.stripe_base, "notices/resend", &json!({})).await.body;
    assert_eq!(answer["notices"][0]["status"], 200);
    assert_eq!(scene.shop.kinds(), [SUCCEEDED, COMPLETED]);
    let nothing = scene.control(&scene.running.stripe_base, "notices/resend", &json!({})).await.body;
    assert_eq!(nothing["notices"], json!([]));
    let id = &answer["notices"][1]["id"];
    scene.control(&scene.running.stripe_base, "notices/resend", &json!({ "id": id })).await;
    assert_eq!(scene.shop.kinds(), [SUCCEEDED, COMPLETED, COMPLETED]);
    let unknown =
        scene.control(&scene.running.stripe_base, "notices/resend", &json!({ "id": "evt_x" })).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_notice_is_repeated_until_it_is_accepted_and_in_order() {
    let scene = scene().await;
    scene.shop.answers.lock().unwrap().extend([500, 503, 200]);
    let session = scene.session().await;
    scene.press(&session["url"], "pay").await;
    scene.running.drained().await;
    assert_eq!(scene.shop.kinds(), [SUCCEEDED, SUCCEEDED, SUCCEEDED, COMPLETED]);
    let list = send(scene.http.get(format!("{}/simulator/notices", scene.running.stripe_base))).await.body;
    let first = &list["notices"][0];
    assert_eq!([&first["sent"], &first["accepted"], &first["owed"]], [&json!(3), &json!(1), &json!(0)]);
}

#[tokio::test]
async fn a_repeat_is_signed_anew() {
    let scene = scene().await;
    let session = scene.session().await;
    scene.press(&session["url"], "pay?webhook=lost").await;
    scene.clock.forward(TimeDelta::minutes(10));
    scene.control(&scene.running.stripe_base, "notices/resend", &json!({})).await;
    let signature = scene.shop.last().headers["stripe-signature"].clone();
    assert!(signature.starts_with(&format!("t={},v1=", scene.clock.now().timestamp())), "{signature}");
}

/// Asks PayPal about a notice, with the body exactly as it was received.
async fn verdict(scene: &Scene, index: usize, webhook_id: &str, alter: impl Fn(String) -> String) -> Value {
    let notice = scene.shop.received.lock().unwrap()[index].clone();
    let header = |name: &str| json!(notice.headers[name]);
    let claim = format!(
        r#"{{"auth_algo":{},"cert_url":{},"transmission_id":{},"transmission_sig":{},"transmission_time":{},
            "webhook_id":"{webhook_id}","webhook_event":{}}}"#,
        header("paypal-auth-algo"),
        header("paypal-cert-url"),
        header("paypal-transmission-id"),
        header("paypal-transmission-sig"),
        header("paypal-transmission-time"),
        alter(notice.body),
    );
    let request = scene.paypal(Method::POST, "/v1/notifications/verify-webhook-signature").await;
    send(request.header("content-type", "application/json").body(claim)).await.body["verification_status"]
        .clone()
}

#[tokio::test]
async fn paypal_tells_genuine_notices_from_others() {
    let scene = scene().await;
    scene.captured_order("pay").await;
    scene.running.drained().await;
    assert_eq!(scene.shop.kinds(), ["CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED"]);
    assert_eq!(verdict(&scene, 1, WEBHOOK_ID, |body| body).await, "SUCCESS");
    assert_eq!(verdict(&scene, 1, "ANOTHERWEBHOOK", |body| body).await, "FAILURE");
    assert_eq!(verdict(&scene, 1, WEBHOOK_ID, |body| body.replace("25.00", "99.00")).await, "FAILURE");
    let order = json!({ "type": "PAYMENT.CAPTURE.COMPLETED", "object": { "id": "X" } });
    let forged = scene.control(&scene.running.paypal_base, "notices/forge", &order).await;
    assert_eq!(forged.body["status"], 200);
    assert_eq!(verdict(&scene, 2, WEBHOOK_ID, |body| body).await, "FAILURE");
}

#[tokio::test]
async fn a_forged_stripe_notice_has_a_wrong_signature() {
    let (scene, _) = kinds_after("pay").await;
    let id = scene.shop.last().json()["id"].clone();
    let genuine = scene.shop.last();
    scene.control(&scene.running.stripe_base, "notices/forge", &json!({ "id": id })).await;
    let forged = scene.shop.last();
    assert_eq!(forged.body, genuine.body);
    assert_ne!(forged.headers["stripe-signature"], genuine.headers["stripe-signature"]);
    let nonsense = scene.control(&scene.running.stripe_base, "notices/forge", &json!({})).await;
    assert_eq!(nonsense.status, 400);
}

#[tokio::test]
async fn a_capture_can_be_told_before_its_approval() {
    let scene = scene().await;
    let order = scene.order().await;
    scene.press(&link(&order, "approve"), "pay?webhook=reversed").await;
    scene.running.drained().await;
    assert!(scene.shop.kinds().is_empty());
    let path = format!("/v2/checkout/orders/{}/capture", order["id"].as_str().unwrap());
    scene.paypal_post(&path, &json!({})).await;
    scene.running.drained().await;
    assert_eq!(scene.shop.kinds(), ["PAYMENT.CAPTURE.COMPLETED", "CHECKOUT.ORDER.APPROVED"]);
}

#[tokio::test]
async fn the_choice_holds_for_the_capture_too() {
    let scene = scene().await;
    scene.captured_order("pay?webhook=lost").await;
    scene.running.drained().await;
    assert!(scene.shop.kinds().is_empty());
}

#[tokio::test]
async fn notices_wait_for_an_address() {
    let clock = crate::scene::clock();
    let mut settings = crate::scene::settings(clock.clone());
    settings.stripe_webhook_url = None;
    let running = simulators::start(settings).await.unwrap();
    let shop = scene().await;
    let http = reqwest::Client::new();
    let create = http.post(format!("{}/v1/checkout/sessions", running.stripe_base)).bearer_auth(STRIPE_KEY);
    let session = send(create.form(&crate::scene::SESSION)).await.body;
    send(http.post(format!("{}/pay", session["url"].as_str().unwrap()))).await;
    running.drained().await;
    assert!(shop.shop.kinds().is_empty());
    running.deliver_to(Some(shop.webhook_url.clone()), None);
    running.drained().await;
    assert_eq!(shop.shop.kinds(), [SUCCEEDED, COMPLETED]);
}
