//! What stands against putting an event on sale.

use super::cast::{Cast, id, mistakes, ticket_type};
use crate::harness::TestApp;
use serde_json::{Value, json};

/// A server through which nobody can pay.
async fn without_providers() -> TestApp {
    TestApp::with(&[("payments.simulators", "false")]).await
}

fn priced(amount: u32, currency: &str, quantity: u32) -> Value {
    json!({"name": "Regular", "price": {"amount": amount, "currency": currency}, "quantity": quantity})
}

#[tokio::test]
async fn a_dry_run_names_every_reason_that_publishing_would_and_changes_nothing() {
    let app = without_providers().await;
    let cast = Cast::of(&app).await;
    let mut body = cast.event("Night");
    body["capacity"] = json!(5);
    body["location"]["address"] = Value::Null;
    let event = cast.draft(&body).await;
    let path = format!("/admin/events/{}", id(&event));
    cast.manager.client.post(&format!("{path}/ticket-types"), &ticket_type("Regular", 5)).await.expect(201);
    let client = &cast.manager.client;
    let check = client.get(&format!("{path}/publish-check")).await.expect(200);
    let expected = [("location.address_visible_from", "no_address"), ("ticket_types.0.price", "no_provider")];
    assert_eq!((mistakes(&check), &check["sellable"]), (expected.to_vec(), &json!(false)));
    let refused = client.post(&format!("{path}/publish"), &json!({})).await;
    let refused = refused.expect_problem(422, "event_not_sellable");
    assert_eq!(refused["errors"], check["errors"]);
    assert_eq!(client.get(&path).await.expect(200)["status"], "draft");
}

#[tokio::test]
async fn what_is_given_away_needs_no_way_to_pay() {
    let app = without_providers().await;
    let cast = Cast::of(&app).await;
    let event = cast.draft(&cast.event("Night")).await;
    let path = format!("/admin/events/{}", id(&event));
    let client = &cast.manager.client;
    client.post(&format!("{path}/ticket-types"), &priced(0, "EUR", 10)).await.expect(201);
    let check = client.get(&format!("{path}/publish-check")).await.expect(200);
    assert_eq!(check, json!({"sellable": true, "errors": [], "warnings": []}));
    client.post(&format!("{path}/publish"), &json!({})).await.expect(200);
}

#[tokio::test]
async fn what_costs_something_says_what_goes_back_before_it_is_sold() {
    for strict in [false, true] {
        let app =
            TestApp::with(&[("booking.require_refund_rule", if strict { "true" } else { "false" })]).await;
        let cast = Cast::of(&app).await;
        let event = cast.draft(&cast.event("Night")).await;
        let path = format!("/admin/events/{}", id(&event));
        let client = &cast.manager.client;
        client.post(&format!("{path}/ticket-types"), &priced(2500, "EUR", 10)).await.expect(201);
        let check = client.get(&format!("{path}/publish-check")).await.expect(200);
        let (found, clear) = if strict { ("errors", "warnings") } else { ("warnings", "errors") };
        assert_eq!((&check["sellable"], &check[clear]), (&json!(!strict), &json!([])));
        assert_eq!(
            (&check[found][0]["code"], check[found].as_array().unwrap().len()),
            (&json!("no_refund_rule"), 1)
        );
        if strict {
            let refused = client.post(&format!("{path}/publish"), &json!({})).await;
            let refused = refused.expect_problem(422, "event_not_sellable");
            assert_eq!(mistakes(&refused), [("cancellation_policy", "no_refund_rule")]);
        }
        // That nothing goes back is a rule as well.
        let policy = json!({"refundable": false, "tiers": []});
        client.post(&format!("{path}/cancellation-policy"), &policy).await.expect(201);
        let check = client.get(&format!("{path}/publish-check")).await.expect(200);
        assert_eq!(check, json!({"sellable": true, "errors": [], "warnings": []}));
        client.post(&format!("{path}/publish"), &json!({})).await.expect(200);
    }
}

#[tokio::test]
async fn a_price_below_what_the_provider_charges_is_refused() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.draft(&cast.event("Night")).await;
    let path = format!("/admin/events/{}", id(&event));
    let client = &cast.manager.client;
    client.post(&format!("{path}/ticket-types"), &priced(49, "EUR", 10)).await.expect(201);
    let refused = client.post(&format!("{path}/publish"), &json!({})).await;
    let refused = refused.expect_problem(422, "event_not_sellable");
    assert_eq!(mistakes(&refused), [("ticket_types.0.price", "below_minimum")]);
    for (who, status) in [(&cast.door, 403), (&cast.member, 403), (&cast.foreigner, 404), (&cast.admin, 200)]
    {
        assert_eq!(who.client.get(&format!("{path}/publish-check")).await.status, status);
    }
}
