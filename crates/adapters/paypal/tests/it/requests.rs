//! Every request that the adapter makes is one that PayPal describes.

use crate::adapter;
use crate::documents::Documents;
use crate::recorder::{Recorded, Recorder};
use booking::{PaymentProvider, Standing};
use chrono::TimeDelta;
use kernel::{Clock, Money};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::payment_provider::{Site, Stage, opened, refund_of};

/// Makes every call that the adapter knows, in every currency whose decimals differ.
async fn all_calls() -> Vec<Recorded> {
    let stage = Stage::start().await;
    let recorder = Recorder::before(&stage.site.paypal_base);
    let adapter = adapter(&Site { paypal_base: recorder.base.clone(), ..stage.site.clone() });
    for (minor, currency) in [(2_500, "EUR"), (2_500, "JPY"), (250_000, "HUF")] {
        let order = stage.order(Money::new(minor, currency.parse().unwrap()).unwrap());
        let opened = opened(&adapter, &order).await;
        adapter.ask(&opened.session).await.unwrap();
        adapter.capture(order.payment, 0, &opened.session).await.unwrap();
        stage.press(&opened.checkout_url, "pay").await;
        let standing = adapter.capture(order.payment, 0, &opened.session).await.unwrap();
        let Standing::Paid(charge) = standing else { panic!("not paid: {standing:?}") };
        let mut refund =
            refund_of(&order, &opened.session, &charge.reference, order.amount, &*stage.site.clock);
        let made = adapter.refund(&refund).await.unwrap();
        adapter.find_refund(&refund).await.unwrap().unwrap();
        refund.reference = Some(made.reference);
        adapter.find_refund(&refund).await.unwrap().unwrap();
        adapter.close(&opened.session).await.unwrap();
        adapter.refunds_of(&opened.session, &charge.reference).await.unwrap();
    }
    let now = stage.site.clock.now();
    let order = stage.order(Money::eur(2_500));
    let opened = opened(&adapter, &order).await;
    stage.press(&opened.checkout_url, "pay").await;
    adapter.capture(order.payment, 0, &opened.session).await.unwrap();
    stage.press(&opened.checkout_url, "dispute").await;
    adapter.transactions(now - TimeDelta::days(40), now + TimeDelta::days(1), None).await.unwrap();
    assert_eq!(adapter.disputes(now - TimeDelta::days(40), None).await.unwrap().items.len(), 1);
    adapter.health().await.unwrap();
    let notices = stage.notices().await;
    assert!(!notices.is_empty());
    for notice in notices {
        adapter.read_notice(&notice).await.unwrap();
    }
    recorder.seen()
}

/// Method and path, with ids replaced.
fn name(request: &Recorded) -> String {
    let known =
        ["v1", "v2", "oauth2", "token", "checkout", "orders", "capture", "payments", "captures", "refund"];
    let more = [
        "refunds",
        "notifications",
        "verify-webhook-signature",
        "webhooks",
        "customer",
        "disputes",
        "reporting",
        "transactions",
    ];
    let part = |part| if known.contains(&part) || more.contains(&part) { part } else { "*" };
    let path: Vec<_> = request.path.split('/').skip(1).map(part).collect();
    format!("{} /{}", request.method, path.join("/"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_is_as_paypal_describes_it() {
    let seen = all_calls().await;
    let names: BTreeSet<_> = seen.iter().map(name).collect();
    let expected = [
        "GET /v1/customer/disputes",
        "GET /v1/customer/disputes/*",
        "GET /v1/notifications/webhooks",
        "GET /v1/reporting/transactions",
        "GET /v2/checkout/orders/*",
        "GET /v2/payments/refunds/*",
        "POST /v1/notifications/verify-webhook-signature",
        "POST /v1/oauth2/token",
        "POST /v2/checkout/orders",
        "POST /v2/checkout/orders/*/capture",
        "POST /v2/payments/captures/*/refund",
    ];
    assert_eq!(names, expected.map(str::to_owned).into());
    let Some(documents) = Documents::load() else { return };
    // The documents describe neither tokens nor the transaction search.
    let described = |request: &&Recorded| {
        !["/v1/oauth2/token", "/v1/reporting/transactions"].contains(&request.path.as_str())
    };
    for request in seen.iter().filter(described) {
        let complaints = documents.complaints(request);
        let body = String::from_utf8_lossy(&request.body);
        assert!(complaints.is_empty(), "{} {body}: {complaints:#?}", name(request));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_something_carries_a_key_of_its_own() {
    let seen = all_calls().await;
    let changes = seen.iter().filter(|request| request.method == "POST" && request.path.starts_with("/v2/"));
    let mut keys = BTreeSet::new();
    for request in changes {
        let key = &request.headers["paypal-request-id"];
        let kind =
            ["capture", "refund"].into_iter().find(|end| request.path.ends_with(end)).unwrap_or("open");
        assert_eq!(key.split('-').next(), Some(kind));
        keys.insert(key.clone());
    }
    // Three orders were opened, captured and refunded, a fourth was not refunded; that some were captured twice makes
    // no other key.
    assert_eq!(keys.len(), 11, "{keys:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_asked_for_as_a_form() {
    let seen = all_calls().await;
    let tokens: Vec<_> = seen.iter().filter(|request| request.path == "/v1/oauth2/token").collect();
    assert_eq!(tokens.len(), 1);
    assert_eq!(tokens[0].body, b"grant_type=client_credentials");
    assert_eq!(tokens[0].headers["content-type"], "application/x-www-form-urlencoded");
    assert!(tokens[0].headers["authorization"].starts_with("Basic "));
}

/// A check that lets everything pass checks nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_request_would_be_seen() {
    let Some(documents) = Documents::load() else { return };
    let seen = all_calls().await;
    let create = seen.iter().find(|request| name(request) == "POST /v2/checkout/orders").unwrap();
    let verify = seen.iter().find(|request| name(request).ends_with("verify-webhook-signature")).unwrap();
    let altered = |request: &Recorded, alter: &dyn Fn(&mut Value)| {
        let mut body: Value = serde_json::from_slice(&request.body).unwrap();
        alter(&mut body);
        let request = Recorded { body: body.to_string().into_bytes(), ..request.clone() };
        documents.complaints(&request)
    };
    assert_eq!(altered(create, &|_| {}), Vec::<String>::new());
    let wrongs: [&dyn Fn(&mut Value); 6] = [
        &|body| body["intent"] = json!("TAKE"),
        &|body| body["purchase_units"] = json!([]),
        &|body| body["purchase_units"][0]["amount"]["value"] = json!("25,00"),
        &|body| body["purchase_units"][0]["amount"]["value"] = json!(25),
        &|body| body["purchase_units"][0]["custom"] = json!("x"),
        &|body| body["payment_source"]["paypal"]["experience_context"]["user_action"] = json!("PAY_LATER"),
    ];
    for (number, wrong) in wrongs.into_iter().enumerate() {
        assert!(!altered(create, wrong).is_empty(), "{number}");
    }
    assert!(!altered(verify, &|body| body["webhook_id"] = json!("not an id")).is_empty());
    assert!(!altered(verify, &|body| body["transmission_time"] = json!("yesterday")).is_empty());
    let lost = Recorded { path: "/v2/checkout/order".into(), ..create.clone() };
    assert!(!documents.complaints(&lost).is_empty());
    let mut strange = create.clone();
    strange.headers.insert("paypal-request-identity".into(), "x".into());
    assert!(!documents.complaints(&strange).is_empty());
}
