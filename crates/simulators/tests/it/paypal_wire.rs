//! PayPal's rules as they show on the wire.

use crate::scene::{Answer, Scene, link, order_request, scene, send};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

fn capture_id(captured: &Value) -> String {
    captured["purchase_units"][0]["payments"]["captures"][0]["id"].as_str().unwrap().to_owned()
}

async fn refund(scene: &Scene, capture: &str, body: &Value) -> Answer {
    scene.paypal_post(&format!("/v2/payments/captures/{capture}/refund"), body).await
}

fn euros(value: &str) -> Value {
    json!({ "amount": { "currency_code": "EUR", "value": value } })
}

fn issue(answer: &Answer) -> &str {
    answer.body["details"][0]["issue"].as_str().unwrap_or_else(|| panic!("{}", answer.body))
}

#[tokio::test]
async fn a_token_serves_its_time_and_no_other_does() {
    let scene = scene().await;
    let url = format!("{}/v1/oauth2/token", scene.running.paypal_base);
    let ask = |secret: &'static str, grant: &'static str| {
        send(scene.http.post(&url).basic_auth("simulator", Some(secret)).body(grant))
    };
    let token = ask("secret", "grant_type=client_credentials").await.body;
    assert_eq!((&token["token_type"], &token["expires_in"]), (&json!("Bearer"), &json!(32_400)));
    assert_eq!(ask("wrong", "grant_type=client_credentials").await.body["error"], "invalid_client");
    assert_eq!(ask("secret", "grant_type=password").await.body["error"], "unsupported_grant_type");

    let order = format!("{}/v2/checkout/orders/X", scene.running.paypal_base);
    let status = |token: String| send(scene.http.get(&order).bearer_auth(token));
    let token = token["access_token"].as_str().unwrap().to_owned();
    assert_eq!(status(token.clone()).await.status, 404);
    assert_eq!(status(token.replace("A21AA18", "A21AA28")).await.status, 401);
    scene.clock.forward(TimeDelta::seconds(32_400));
    assert_eq!(status(token).await.status, 401);
}

#[tokio::test]
async fn a_request_id_makes_one_thing() {
    let scene = scene().await;
    let keyed = async |path: &str, key: &str, body: &Value| {
        send(scene.paypal(Method::POST, path).await.header("paypal-request-id", key).json(body)).await
    };
    let first = keyed("/v2/checkout/orders", "1", &order_request()).await;
    let again = keyed("/v2/checkout/orders", "1", &order_request()).await;
    assert_eq!((first.status, again.status, &first.body["id"]), (201, 200, &again.body["id"]));
    let other = keyed("/v2/checkout/orders", "2", &order_request()).await;
    assert_ne!(other.body["id"], first.body["id"]);

    scene.press(&link(&first.body, "approve"), "pay").await;
    let path = format!("/v2/checkout/orders/{}/capture", first.body["id"].as_str().unwrap());
    let captured = keyed(&path, "3", &json!({})).await;
    let again = keyed(&path, "3", &json!({})).await;
    assert_eq!((captured.status, again.status), (201, 200));
    let capture = capture_id(&captured.body);
    assert_eq!(capture_id(&again.body), capture);

    let path = format!("/v2/payments/captures/{capture}/refund");
    let refunded = keyed(&path, "4", &euros("10.00")).await;
    let again = keyed(&path, "4", &euros("10.00")).await;
    assert_eq!((refunded.status, again.status, &refunded.body["id"]), (201, 200, &again.body["id"]));
    let found = scene.paypal_get(&format!("/v2/payments/captures/{capture}")).await;
    assert_eq!(found.body["status"], "PARTIALLY_REFUNDED");
}

#[tokio::test]
async fn no_more_is_refunded_than_was_captured() {
    let scene = scene().await;
    let capture = capture_id(&scene.captured_order("pay").await.body);
    let first = refund(&scene, &capture, &euros("10.00")).await;
    assert_eq!((first.status, &first.body["status"]), (201, &json!("COMPLETED")));
    let answer = refund(&scene, &capture, &euros("15.01")).await;
    assert_eq!((answer.status, issue(&answer)), (422, "REFUND_AMOUNT_EXCEEDED"));
    let yen = json!({ "amount": { "currency_code": "JPY", "value": "1" } });
    assert_eq!(issue(&refund(&scene, &capture, &yen).await), "REFUND_CAPTURE_CURRENCY_MISMATCH");
    assert_eq!(issue(&refund(&scene, &capture, &euros("0.00")).await), "CANNOT_BE_ZERO_OR_NEGATIVE");
    let rest = refund(&scene, &capture, &json!({})).await.body;
    assert_eq!(rest["seller_payable_breakdown"]["total_refunded_amount"]["value"], "25.00");
    assert_eq!(rest["amount"]["value"], "15.00");
    assert_eq!(issue(&refund(&scene, &capture, &json!({})).await), "CAPTURE_FULLY_REFUNDED");
    let found = scene.paypal_get(&format!("/v2/payments/refunds/{}", rest["id"].as_str().unwrap())).await;
    assert_eq!(found.body["amount"], rest["amount"]);
    assert_eq!(refund(&scene, "NOBODY", &json!({})).await.status, 404);
    scene.running.drained().await;
    assert_eq!(scene.shop.last().kind(), "PAYMENT.CAPTURE.REFUNDED");
}

#[tokio::test]
async fn a_pending_capture_is_decided_later() {
    for (outcome, kind, status) in [
        ("completed", "PAYMENT.CAPTURE.COMPLETED", "COMPLETED"),
        ("denied", "PAYMENT.CAPTURE.DENIED", "DECLINED"),
    ] {
        let scene = scene().await;
        let order = scene.order().await;
        let page = link(&order, "approve");
        scene.press(&page, "pay?capture=pending").await;
        let path = format!("/v2/checkout/orders/{}/capture", order["id"].as_str().unwrap());
        let capture = capture_id(&scene.paypal_post(&path, &json!({})).await.body);
        assert_eq!(issue(&refund(&scene, &capture, &json!({})).await), "PENDING_CAPTURE");
        assert_eq!(scene.press(&page, &format!("finish?outcome={outcome}")).await.status, 200);
        assert_eq!(scene.press(&page, &format!("finish?outcome={outcome}")).await.status, 409);
        let found = scene.paypal_get(&format!("/v2/payments/captures/{capture}")).await.body;
        assert_eq!(found["status"], status);
        scene.running.drained().await;
        assert_eq!(scene.shop.kinds().last().unwrap(), kind);
        assert!(scene.shop.kinds().contains(&"PAYMENT.CAPTURE.PENDING".to_owned()));
    }
}

#[tokio::test]
async fn a_capture_can_be_denied_or_refused() {
    let scene = scene().await;
    let denied = scene.captured_order("pay?capture=denied").await;
    let capture = &denied.body["purchase_units"][0]["payments"]["captures"][0];
    assert_eq!((denied.status, &capture["status"]), (201, &json!("DECLINED")));
    let refused = scene.captured_order("pay?capture=instrument_declined").await;
    assert_eq!((refused.status, issue(&refused)), (422, "INSTRUMENT_DECLINED"));
    assert!(link(&refused.body, "redirect").as_str().unwrap().contains("/checkoutnow/"));
}

#[tokio::test]
async fn an_invoice_number_is_paid_once() {
    let scene = scene().await;
    let mut request = order_request();
    request["purchase_units"][0]["invoice_id"] = json!("2026-7");
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let order = scene.paypal_post("/v2/checkout/orders", &request).await.body;
        scene.press(&link(&order, "approve"), "pay").await;
        let path = format!("/v2/checkout/orders/{}/capture", order["id"].as_str().unwrap());
        let answer = scene.paypal_post(&path, &json!({})).await;
        statuses.push((answer.status, answer.body["details"][0]["issue"].clone()));
    }
    assert_eq!(statuses, [(201, Value::Null), (422, json!("DUPLICATE_INVOICE_ID"))]);
}

#[tokio::test]
async fn an_order_that_makes_no_sense_is_refused() {
    let scene = scene().await;
    let cases = [
        ("/intent", json!("AUTHORIZE"), 422, "UNSUPPORTED_INTENT"),
        ("/intent", json!("GIVE"), 400, "INVALID_PARAMETER_VALUE"),
        ("/purchase_units", json!([]), 400, "INVALID_ARRAY_MIN_ITEMS"),
        ("/purchase_units/0/amount", json!({ "currency_code": "EUR" }), 400, "MISSING_REQUIRED_PARAMETER"),
        ("/purchase_units/0/amount/value", json!("26.00"), 422, "AMOUNT_MISMATCH"),
        ("/purchase_units/0/amount/value", json!("25.001"), 422, "DECIMAL_PRECISION"),
        ("/purchase_units/0/items/0/quantity", json!("3"), 422, "ITEM_TOTAL_MISMATCH"),
        ("/purchase_units/0/items/0/unit_amount/currency_code", json!("USD"), 422, "MULTI_CURRENCY_ORDER"),
        ("/purchase_units/0/amount/breakdown", Value::Null, 422, "ITEM_TOTAL_REQUIRED"),
        ("/purchase_units/0/custom_id", json!("x".repeat(128)), 400, "INVALID_STRING_LENGTH"),
        ("/application_context/return_url", json!("nowhere"), 400, "INVALID_PARAMETER_SYNTAX"),
    ];
    for (at, value, status, expected) in cases {
        let mut request = order_request();
        *request.pointer_mut(at).unwrap() = value;
        let answer = scene.paypal_post("/v2/checkout/orders", &request).await;
        assert_eq!((answer.status, issue(&answer)), (status, expected), "{at}: {}", answer.body);
    }
    let text = scene.paypal(Method::POST, "/v2/checkout/orders").await.body("{");
    assert_eq!(issue(&send(text).await), "MALFORMED_REQUEST_JSON");
}

#[tokio::test]
async fn an_order_that_names_its_source_waits_for_the_payer() {
    let scene = scene().await;
    let mut request = order_request();
    let context = request.as_object_mut().unwrap().remove("application_context").unwrap();
    request["payment_source"] = json!({ "paypal": { "experience_context": context } });
    let answer = scene.paypal_post("/v2/checkout/orders", &request).await;
    assert_eq!(issue(&answer), "PAYPAL_REQUEST_ID_REQUIRED");
    let keyed = scene.paypal(Method::POST, "/v2/checkout/orders").await.header("paypal-request-id", "1");
    let order = send(keyed.json(&request)).await.body;
    assert_eq!(order["status"], "PAYER_ACTION_REQUIRED");
    let approved = scene.press(&link(&order, "payer-action"), "pay").await;
    assert!(
        approved.body["redirect_url"]
            .as_str()
            .unwrap()
            .starts_with("https://shop.example/ok?booking=7&token=")
    );
}

#[tokio::test]
async fn little_is_answered_unless_the_whole_is_preferred() {
    let scene = scene().await;
    let token = scene.token().await;
    let create =
        scene.http.post(format!("{}/v2/checkout/orders", scene.running.paypal_base)).bearer_auth(token);
    let order = send(create.json(&order_request())).await.body;
    let names: Vec<_> = order.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["id", "links", "status"]);
}

#[tokio::test]
async fn an_order_is_forgotten_after_three_hours() {
    let scene = scene().await;
    let order = scene.order().await;
    scene.clock.forward(TimeDelta::hours(3));
    let path = format!("/v2/checkout/orders/{}", order["id"].as_str().unwrap());
    assert_eq!(scene.paypal_get(&path).await.status, 404);
    assert_eq!(scene.press(&link(&order, "approve"), "pay").await.status, 404);
}

#[tokio::test]
async fn a_request_that_is_running_is_a_conflict() {
    let scene = scene().await;
    let base = &scene.running.paypal_base;
    let fault = json!({ "on": "POST /v2/checkout/orders", "kind": "delay", "delay_ms": 1_500 });
    scene.control(base, "faults", &fault).await;
    let create = scene.paypal(Method::POST, "/v2/checkout/orders").await;
    let create = create.header("paypal-request-id", "1").json(&order_request());
    let twin = create.try_clone().unwrap();
    let slow = tokio::spawn(send(create));
    scene.faults_struck(base).await;
    let conflict = send(twin).await;
    assert_eq!((conflict.status, issue(&conflict)), (409, "PREVIOUS_REQUEST_IN_PROGRESS"));
    assert_eq!(slow.await.unwrap().status, 201);
}

#[tokio::test]
async fn a_pending_refund_is_told_when_it_has_gone_back() {
    let scene = scene().await;
    let capture = capture_id(&scene.captured_order("pay").await.body);
    let fault = json!({ "on": "POST /v2/payments/captures/{id}/refund", "kind": "refund_pending" });
    scene.control(&scene.running.paypal_base, "faults", &fault).await;
    let made = refund(&scene, &capture, &json!({})).await.body;
    assert_eq!(made["status"], "PENDING");
    scene.running.drained().await;
    assert_ne!(scene.shop.last().kind(), "PAYMENT.CAPTURE.REFUNDED");
    let finish = format!("refunds/{}/finish?outcome=succeeded", made["id"].as_str().unwrap());
    scene.control(&scene.running.paypal_base, &finish, &json!({})).await;
    scene.running.drained().await;
    assert_eq!(scene.shop.last().kind(), "PAYMENT.CAPTURE.REFUNDED");
}
