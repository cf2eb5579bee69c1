//! What a buyer sees and does.

use crate::scene::{link, scene, send};
use chrono::TimeDelta;
use serde_json::{Value, json};

#[tokio::test]
async fn the_pages_say_that_no_money_moves() {
    let scene = scene().await;
    let session = scene.session().await;
    let order = scene.order().await;
    for url in [&session["url"], &link(&order, "approve")] {
        let answer = scene.http.get(url.as_str().unwrap()).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        let page = answer.text().await.unwrap();
        for text in ["SIMULATOR", "no real money", "25.00 EUR", ">Pay<", ">Decline<", ">Leave<"] {
            assert!(page.contains(text), "{text} is not in {page}");
        }
    }
}

#[tokio::test]
async fn a_browser_is_sent_on_and_a_program_is_told() {
    let scene = scene().await;
    let session = scene.session().await;
    let id = session["id"].as_str().unwrap();
    let url = session["url"].as_str().unwrap();
    let left = scene.press(&session["url"], "leave").await;
    assert_eq!(left.body, json!({ "status": "left", "redirect_url": "https://shop.example/cancel" }));
    let declined = send(scene.http.post(format!("{url}/decline")).header("accept", "text/html")).await;
    assert_eq!(declined.status, 200);
    assert!(declined.body.as_str().unwrap().contains("Your card was declined."));
    let paid = send(scene.http.post(format!("{url}/pay")).header("accept", "text/html,*/*")).await;
    assert_eq!(paid.status, 303);
    assert_eq!(paid.headers["location"], format!("https://shop.example/ok?session={id}"));
    let again = scene.press(&session["url"], "pay").await;
    assert_eq!((again.status, again.body["error"].is_string()), (409, true));
    let page = send(scene.http.get(url)).await;
    assert!(page.body.as_str().unwrap().contains("This was paid."));
}

#[tokio::test]
async fn an_expired_session_cannot_be_paid() {
    let scene = scene().await;
    let session = scene.session().await;
    scene.clock.forward(TimeDelta::minutes(30));
    assert_eq!(scene.press(&session["url"], "pay").await.status, 409);
    let path = format!("/v1/checkout/sessions/{}", session["id"].as_str().unwrap());
    let expired = scene.stripe_get(&path).await.body;
    assert_eq!((&expired["status"], &expired["url"]), (&json!("expired"), &Value::Null));
    scene.running.drained().await;
    assert_eq!(scene.shop.kinds(), ["checkout.session.expired"]);
}

#[tokio::test]
async fn a_session_expires_although_nobody_looks() {
    let scene = scene().await;
    scene.session().await;
    scene.clock.forward(TimeDelta::minutes(30));
    let told = async {
        while scene.shop.kinds().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), told).await.unwrap();
    assert_eq!(scene.shop.kinds(), ["checkout.session.expired"]);
}

#[tokio::test]
async fn an_order_is_approved_once_and_no_money_moves_yet() {
    let scene = scene().await;
    let order = scene.order().await;
    let page = link(&order, "approve");
    let id = order["id"].as_str().unwrap();
    assert_eq!(scene.press(&page, "decline").await.body["status"], "declined");
    let left = scene.press(&page, "leave").await;
    assert_eq!(left.body["redirect_url"], format!("https://shop.example/cancel?token={id}"));
    let approved = scene.press(&page, "pay").await;
    assert_eq!(approved.body["status"], "approved");
    let to = approved.body["redirect_url"].as_str().unwrap();
    assert!(to.starts_with(&format!("https://shop.example/ok?booking=7&token={id}&PayerID=")), "{to}");
    assert_eq!(scene.press(&page, "pay").await.status, 409);
    let order = scene.paypal_get(&format!("/v2/checkout/orders/{id}")).await.body;
    assert_eq!(
        (&order["status"], &order["purchase_units"][0]["payments"]),
        (&json!("APPROVED"), &Value::Null)
    );
}

#[tokio::test]
async fn a_test_may_have_something_else_booked() {
    let scene = scene().await;
    let session = scene.session().await;
    scene.press(&session["url"], "pay?amount=1&currency=USD").await;
    let path = format!("/v1/checkout/sessions/{}", session["id"].as_str().unwrap());
    let session = scene.stripe_get(&path).await.body;
    assert_eq!((&session["amount_total"], &session["currency"]), (&json!(1), &json!("usd")));
    let captured = scene.captured_order("pay?amount=1&currency=USD").await.body;
    let capture = &captured["purchase_units"][0]["payments"]["captures"][0];
    assert_eq!(capture["amount"], json!({ "currency_code": "USD", "value": "0.01" }));
}

#[tokio::test]
async fn a_choice_that_makes_no_sense_changes_nothing() {
    let scene = scene().await;
    let session = scene.session().await;
    let order = scene.order().await;
    let choices =
        ["pay?webhook=never", "pay?delay_ms=x", "pay?amount=-1", "pay?currency=XXX", "finish?outcome=x"];
    for choice in choices {
        assert_eq!(scene.press(&session["url"], choice).await.status, 400, "{choice}");
        assert_eq!(scene.press(&link(&order, "approve"), choice).await.status, 400, "{choice}");
    }
    assert_eq!(scene.press(&session["url"], "pay?outcome=maybe").await.status, 400);
    assert_eq!(scene.press(&link(&order, "approve"), "pay?capture=maybe").await.status, 400);
    assert_eq!(scene.press(&session["url"], "finish?outcome=failed").await.status, 409);
    assert_eq!(scene.press(&session["url"], "steal").await.status, 404);
    assert_eq!(scene.press(&session["url"], "pay").await.status, 200);
}
