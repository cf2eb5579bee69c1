//! What happens outside the shop: refunds by hand, disputes, and what the accounts then show.

use crate::scene::{Scene, link, scene};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// A session that was paid, with its page.
async fn paid(scene: &Scene) -> (Value, String) {
    let session = scene.session().await;
    scene.press(&session["url"], "pay").await;
    let path = format!("/v1/checkout/sessions/{}", session["id"].as_str().unwrap());
    let intent = scene.stripe_get(&path).await.body["payment_intent"].as_str().unwrap().to_owned();
    scene.running.drained().await;
    scene.shop.received.lock().unwrap().clear();
    (session["url"].clone(), intent)
}

async fn movements(scene: &Scene) -> Vec<(String, i64, i64)> {
    let body = scene.stripe_get("/v1/balance_transactions?limit=100").await.body;
    let data = body["data"].as_array().unwrap().iter();
    data.map(|one| {
        let text = one["reporting_category"].as_str().unwrap().to_owned();
        (text, one["amount"].as_i64().unwrap(), one["fee"].as_i64().unwrap())
    })
    .collect()
}

fn movement(category: &str, amount: i64, fee: i64) -> (String, i64, i64) {
    (category.to_owned(), amount, fee)
}

#[tokio::test]
async fn a_refund_by_hand_is_told_listed_and_moves_money() {
    let scene = scene().await;
    let (page, intent) = paid(&scene).await;
    assert_eq!(scene.press(&page, "refund?amount=1000").await.status, 200);
    scene.running.drained().await;
    assert_eq!(scene.shop.kinds(), ["refund.created", "charge.refunded"]);
    let listed = scene.stripe_get(&format!("/v1/refunds?payment_intent={intent}")).await.body;
    assert_eq!((&listed["data"][0]["amount"], &listed["data"][0]["metadata"]), (&json!(1000), &json!({})));
    assert_eq!(movements(&scene).await, [movement("refund", -1000, 0), movement("charge", 2500, 62)]);
    assert_eq!(scene.press(&page, "refund?amount=1501").await.status, 409);
    assert_eq!(scene.press(&page, "refund").await.status, 200);
}

#[tokio::test]
async fn a_dispute_takes_the_money_and_blocks_refunds_until_it_is_won() {
    let scene = scene().await;
    let (page, intent) = paid(&scene).await;
    scene.press(&page, "dispute?amount=2600").await;
    scene.running.drained().await;
    assert_eq!(scene.shop.kinds(), ["charge.dispute.created", "charge.dispute.funds_withdrawn"]);
    let refused = scene.stripe_post("/v1/refunds", &[("payment_intent", &intent)]).await;
    assert_eq!((refused.status, &refused.body["error"]["code"]), (400, &json!("charge_disputed")));
    scene.press(&page, "dispute?outcome=won").await;
    scene.running.drained().await;
    assert_eq!(scene.shop.kinds()[2..], ["charge.dispute.closed", "charge.dispute.funds_reinstated"]);
    let expected = [
        movement("dispute_reversal", 2600, 0),
        movement("dispute", -2600, 2000),
        movement("charge", 2500, 62),
    ];
    assert_eq!(movements(&scene).await, expected);
    assert_eq!(scene.stripe_post("/v1/refunds", &[("payment_intent", &intent)]).await.status, 200);
}

#[tokio::test]
async fn the_balance_is_listed_by_time_and_in_pages() {
    let scene = scene().await;
    let (first, _) = paid(&scene).await;
    scene.clock.forward(TimeDelta::minutes(10));
    scene.press(&first, "refund?amount=100").await;
    scene.clock.forward(TimeDelta::minutes(10));
    scene.press(&first, "refund?amount=200").await;
    let amounts = |body: &Value| -> Vec<i64> {
        body["data"].as_array().unwrap().iter().map(|one| one["amount"].as_i64().unwrap()).collect()
    };
    let begin = 1_800_000_000;
    let window =
        format!("/v1/balance_transactions?created[gte]={}&created[lt]={}", begin + 600, begin + 1200);
    assert_eq!(amounts(&scene.stripe_get(&window).await.body), [-100]);
    let page = scene.stripe_get("/v1/balance_transactions?limit=2&expand[]=data.source").await.body;
    assert_eq!((amounts(&page), &page["has_more"]), (vec![-200, -100], &json!(true)));
    assert_eq!(page["data"][0]["source"]["object"], "refund");
    let last = page["data"][1]["id"].as_str().unwrap();
    let rest = scene.stripe_get(&format!("/v1/balance_transactions?starting_after={last}")).await.body;
    assert_eq!((amounts(&rest), &rest["has_more"]), (vec![2500], &json!(false)));
}

/// An order that was captured, with its page and its capture.
async fn captured(scene: &Scene) -> (Value, String) {
    let order = scene.order().await;
    let page = link(&order, "approve");
    scene.press(&page, "pay").await;
    let path = format!("/v2/checkout/orders/{}/capture", order["id"].as_str().unwrap());
    let body = scene.paypal_post(&path, &json!({})).await.body;
    let capture = body["purchase_units"][0]["payments"]["captures"][0]["id"].as_str().unwrap().to_owned();
    scene.running.drained().await;
    scene.shop.received.lock().unwrap().clear();
    (page, capture)
}

const SEARCH: &str = "/v1/reporting/transactions?fields=transaction_info\
    &start_date=2027-01-14T00:00:00Z&end_date=2027-01-31T00:00:00Z";

async fn codes(scene: &Scene, query: &str) -> Vec<(String, String)> {
    let body = scene.paypal_get(&format!("{SEARCH}{query}")).await.body;
    let details = body["transaction_details"].as_array().unwrap().iter();
    details
        .map(|one| {
            let info = &one["transaction_info"];
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&info["transaction_event_code"]), text(&info["transaction_amount"]["value"]))
        })
        .collect()
}

#[tokio::test]
async fn paypals_search_shows_payments_refunds_and_disputes() {
    let scene = scene().await;
    let (page, capture) = captured(&scene).await;
    scene.press(&page, "refund?amount=500").await;
    scene.clock.forward(TimeDelta::hours(1));
    scene.press(&page, "dispute?amount=1500").await;
    scene.running.drained().await;
    assert_eq!(scene.shop.kinds(), ["PAYMENT.CAPTURE.REFUNDED", "CUSTOMER.DISPUTE.CREATED"]);
    let refund = scene.paypal_post(&format!("/v2/payments/captures/{capture}/refund"), &json!({})).await;
    assert_eq!((refund.status, &refund.body["details"][0]["issue"]), (422, &json!("REFUND_NOT_ALLOWED")));
    scene.clock.forward(TimeDelta::hours(1));
    scene.press(&page, "dispute?outcome=lost").await;
    let own = |code: &str, value: &str| (code.to_owned(), value.to_owned());
    let all = [
        own("T0006", "25.00"),
        own("T1107", "-5.00"),
        own("T1110", "-15.00"),
        own("T1111", "15.00"),
        own("T1106", "-15.00"),
        own("T0114", "-14.00"),
    ];
    assert_eq!(codes(&scene, "").await, all);
    assert_eq!(codes(&scene, "&page_size=4&page=2").await, all[4..]);
}

#[tokio::test]
async fn paypals_search_looks_at_31_days_at_most() {
    let scene = scene().await;
    for (from, until, status) in [
        ("2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z", 200),
        ("2027-01-01T00:00:00Z", "2027-02-01T00:00:01Z", 400),
        ("2027-01-02T00:00:00Z", "2027-01-01T00:00:00Z", 400),
        ("yesterday", "2027-01-01T00:00:00Z", 400),
    ] {
        let path = format!("/v1/reporting/transactions?start_date={from}&end_date={until}");
        assert_eq!(scene.paypal_get(&path).await.status, status, "{from} {until}");
    }
    assert_eq!(scene.paypal_get("/v1/reporting/transactions").await.status, 400);
}

#[tokio::test]
async fn a_webhook_is_registered_for_what_it_was_told() {
    let scene = scene().await;
    let listed = scene.stripe_get("/v1/webhook_endpoints").await.body;
    assert_eq!(listed["data"][0]["url"], json!(scene.webhook_url));
    assert_eq!(listed["data"][0]["enabled_events"], json!(["*"]));
    let base = scene.running.paypal_base.clone();
    scene.control(&base, "endpoint", &json!({ "events": ["PAYMENT.CAPTURE.COMPLETED"] })).await;
    let hooks = scene.paypal_get("/v1/notifications/webhooks").await.body;
    assert_eq!(hooks["webhooks"][0]["event_types"], json!([{ "name": "PAYMENT.CAPTURE.COMPLETED" }]));
}
