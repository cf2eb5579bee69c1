//! Our objects have the fields and JSON types of Stripe's published example objects.

use crate::scene::{Scene, document, scene};
use serde_json::Value;

/// Says where `ours` differs from `theirs`: a field that one side lacks, or another JSON type.
///
/// A field may be null on either side. Within a field that is null or empty there, nothing is known.
fn differences(theirs: &Value, ours: &Value, at: &str, found: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(theirs), Value::Object(ours)) => {
            // These hold whatever a shop or a payment method needs.
            if at.ends_with("metadata") || theirs.is_empty() {
                return;
            }
            for (name, value) in theirs {
                match ours.get(name) {
                    Some(mine) => differences(value, mine, &format!("{at}.{name}"), found),
                    None => found.push(format!("{at}.{name} is missing")),
                }
            }
            let known = |name: &&String| !theirs.contains_key(*name);
            found.extend(ours.keys().filter(known).map(|name| format!("{at}.{name} is not Stripe's")));
        }
        (Value::Array(theirs), Value::Array(ours)) => {
            if let (Some(theirs), Some(ours)) = (theirs.first(), ours.first()) {
                differences(theirs, ours, &format!("{at}[0]"), found);
            }
        }
        _ if std::mem::discriminant(theirs) == std::mem::discriminant(ours) => {}
        _ => found.push(format!("{at} is {ours}, Stripe's is {theirs}")),
    }
}

/// Fields that Stripe documents and its example objects leave out.
const DOCUMENTED: [&str; 3] = [
    "charge.outcome.risk_level is not Stripe's",
    "payment_intent.last_payment_error.charge is not Stripe's",
    "refund.failure_reason is not Stripe's",
];

fn compare(fixtures: &Value, name: &str, ours: &Value) {
    let theirs = &fixtures["resources"][name];
    assert!(theirs.is_object(), "Stripe has no example of {name}");
    assert!(ours.is_object(), "{name}: {ours}");
    let mut found = Vec::new();
    let at = name.rsplit('.').next().unwrap();
    differences(theirs, ours, at, &mut found);
    let known = |one: &String| {
        DOCUMENTED.contains(&one.as_str()) || one.starts_with("payment_intent.last_payment_error.")
    };
    found.retain(|one| !known(one));
    assert!(found.is_empty(), "{name}: {found:#?}");
}

async fn compare_session(scene: &Scene, fixtures: &Value, id: &str) {
    let expand = "expand[]=line_items&expand[]=payment_intent.latest_charge";
    let mut session = scene.stripe_get(&format!("/v1/checkout/sessions/{id}?{expand}")).await.body;
    let lines = session.as_object_mut().unwrap().remove("line_items").unwrap();
    compare(fixtures, "item", &lines["data"][0]);
    let payment = session["payment_intent"].take();
    compare(fixtures, "checkout.session", &session);
    if payment.is_object() {
        compare(fixtures, "charge", &payment["latest_charge"]);
        let mut payment = payment;
        payment["latest_charge"].take();
        compare(fixtures, "payment_intent", &payment);
    }
}

#[tokio::test]
async fn sessions_payments_and_charges_look_like_stripes_in_every_state() {
    let Some(fixtures) = document("stripe/fixtures3.json") else { return };
    let scene = scene().await;
    let session = scene.session().await;
    let id = session["id"].as_str().unwrap();
    compare_session(&scene, &fixtures, id).await;
    scene.press(&session["url"], "decline").await;
    compare_session(&scene, &fixtures, id).await;
    scene.press(&session["url"], "pay?outcome=processing").await;
    compare_session(&scene, &fixtures, id).await;
    scene.press(&session["url"], "finish?outcome=succeeded").await;
    compare_session(&scene, &fixtures, id).await;
    let session = scene.session().await;
    let id = session["id"].as_str().unwrap();
    scene.stripe_post(&format!("/v1/checkout/sessions/{id}/expire"), &[]).await;
    compare_session(&scene, &fixtures, id).await;
}

#[tokio::test]
async fn refunds_and_refunded_charges_look_like_stripes() {
    let Some(fixtures) = document("stripe/fixtures3.json") else { return };
    let scene = scene().await;
    let session = scene.paid_session().await;
    let form = [("payment_intent", session["payment_intent"].as_str().unwrap()), ("amount", "100")];
    let refund = scene.stripe_post("/v1/refunds", &form).await.body;
    compare(&fixtures, "refund", &refund);
    let listed = scene.stripe_get("/v1/refunds").await.body;
    compare(&fixtures, "refund", &listed["data"][0]);
    let charge = scene.stripe_get(&format!("/v1/charges/{}", refund["charge"].as_str().unwrap())).await.body;
    compare(&fixtures, "charge", &charge);
}

#[tokio::test]
async fn disputes_movements_and_endpoints_look_like_stripes() {
    let Some(fixtures) = document("stripe/fixtures3.json") else { return };
    let scene = scene().await;
    let url = scene.session().await["url"].clone();
    scene.press(&url, "pay").await;
    for action in ["refund?amount=500", "dispute?amount=1500", "dispute?outcome=won", "dispute?outcome=lost"]
    {
        assert_eq!(scene.press(&url, action).await.status, 200, "{action}");
        let disputes = scene.stripe_get("/v1/disputes?limit=100").await.body;
        for dispute in disputes["data"].as_array().unwrap() {
            compare(&fixtures, "dispute", dispute);
            for movement in dispute["balance_transactions"].as_array().unwrap() {
                compare(&fixtures, "balance_transaction", movement);
            }
        }
    }
    let movements = scene.stripe_get("/v1/balance_transactions?limit=100").await.body;
    assert_eq!(movements["data"].as_array().unwrap().len(), 5);
    for movement in movements["data"].as_array().unwrap() {
        compare(&fixtures, "balance_transaction", movement);
    }
    let endpoints = scene.stripe_get("/v1/webhook_endpoints").await.body;
    compare(&fixtures, "webhook_endpoint", &endpoints["data"][0]);
    scene.running.drained().await;
    for notice in scene.shop.received.lock().unwrap().iter() {
        let mut event = notice.json();
        let name = event["data"]["object"]["object"].as_str().unwrap().to_owned();
        compare(&fixtures, &name, &event["data"]["object"]);
        event["data"]["object"].take();
        compare(&fixtures, "event", &event);
    }
}

#[tokio::test]
async fn events_look_like_stripes() {
    let Some(fixtures) = document("stripe/fixtures3.json") else { return };
    let scene = scene().await;
    scene.paid_session().await;
    scene.running.drained().await;
    for notice in scene.shop.received.lock().unwrap().iter() {
        let mut event = notice.json();
        let name = event["data"]["object"]["object"].as_str().unwrap().to_owned();
        compare(&fixtures, &name, &event["data"]["object"]);
        event["data"]["object"].take();
        compare(&fixtures, "event", &event);
    }
}

#[test]
fn a_difference_would_be_found() {
    let theirs = serde_json::json!({ "id": "x", "list": [{ "a": 1 }], "inner": { "b": true } });
    let ours = serde_json::json!({ "id": 1, "list": [{ "c": 1 }], "inner": { "b": "true" } });
    let mut found = Vec::new();
    differences(&theirs, &ours, "thing", &mut found);
    assert_eq!(found.len(), 4, "{found:#?}");
}
