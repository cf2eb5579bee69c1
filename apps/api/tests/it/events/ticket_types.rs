//! Kinds of tickets.

use super::cast::{Cast, column, id, in_hours, mistakes, ticket_type};
use crate::harness::TestApp;
use serde_json::{Value, json};

#[tokio::test]
async fn organisers_add_edit_and_remove_kinds_of_tickets() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.draft(&cast.event("Opening")).await;
    let kinds = format!("/admin/events/{}/ticket-types", id(&event));
    let body = json!({
        "name": "Early bird", "description": "For the quick", "price": {"amount": 1500, "currency": "EUR"},
        "quantity": 50, "max_per_user": 2, "max_per_order": 4, "sales_start": in_hours(1),
        "sales_end": in_hours(100), "hidden": true,
    });
    let made = cast.manager.client.post(&kinds, &body).await;
    let path = made.header("location").to_owned();
    let made = made.expect(201);
    assert_eq!(path, format!("/api/v1/admin/ticket-types/{}", id(&made)));
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    for (field, value) in [("held", json!(0)), ("sold", json!(0)), ("position", json!(0))] {
        assert_eq!(made[field], value, "{field}");
    }
    assert_eq!(made["event_id"], event["id"]);
    let second = cast.manager.client.post(&kinds, &ticket_type("Regular", 100)).await.expect(201);
    assert_eq!((&second["position"], &second["hidden"]), (&json!(1), &json!(false)));
    let mut first = ticket_type("At the door", 20);
    first["position"] = json!(5);
    let after = cast.manager.client.put(&path, &first).await.expect(200);
    assert_eq!((&after["id"], &after["name"]), (&made["id"], &json!("At the door")));
    assert_eq!((&after["max_per_user"], &after["sales_start"]), (&Value::Null, &Value::Null));
    let list = cast.owner.client.get(&kinds).await.expect(200);
    assert_eq!(column(&list, "name"), ["Regular", "At the door"]);
    cast.manager.client.delete(&path).await.expect(204);
    cast.manager.client.delete(&path).await.expect_problem(404, "not_found");
    assert_eq!(column(&cast.owner.client.get(&kinds).await.expect(200), "name"), ["Regular"]);
}

#[tokio::test]
async fn all_mistakes_of_a_kind_of_ticket_are_named_at_once() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.draft(&cast.event("Opening")).await;
    let kinds = format!("/admin/events/{}/ticket-types", id(&event));
    let body = json!({
        "name": "", "price": {"amount": -1, "currency": "JPY"}, "quantity": 0, "max_per_user": 0,
        "max_per_order": 1001, "sales_start": in_hours(2), "sales_end": in_hours(1), "position": -1,
    });
    let refused = cast.manager.client.post(&kinds, &body).await.expect_problem(422, "invalid_input");
    let mut found = mistakes(&refused);
    found.sort_unstable();
    let expected = [
        ("max_per_order", "out_of_range"),
        ("max_per_user", "out_of_range"),
        ("name", "required"),
        ("position", "out_of_range"),
        ("price.amount", "out_of_range"),
        ("price.currency", "currency_mismatch"),
        ("quantity", "out_of_range"),
        ("sales_end", "before_start"),
    ];
    assert_eq!(found, expected);
    assert_eq!(cast.manager.client.get(&kinds).await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn visitors_learn_of_kinds_of_tickets_that_are_not_hidden_and_what_is_left() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let mut body = cast.event("Opening");
    body["capacity"] = json!(115);
    let event = cast.published(&body).await;
    let kinds = format!("/admin/events/{}/ticket-types", id(&event));
    let mut hidden = ticket_type("Friends", 10);
    (hidden["hidden"], hidden["price"]["amount"]) = (json!(true), json!(100));
    let hidden = cast.manager.client.post(&kinds, &hidden).await.expect(201);
    let mut later = ticket_type("Later", 5);
    later["sales_start"] = json!(in_hours(24));
    cast.manager.client.post(&kinds, &later).await.expect(201);
    for path in ["ticket-types", "availability"] {
        let path = format!("/events/{}/{path}", id(&event));
        let left = cast.member.client.get(&path).await.expect(200);
        assert_eq!((column(&left, "name"), &left["next_cursor"]), (vec!["Regular", "Later"], &Value::Null));
        let regular = &left["items"][0];
        assert_eq!(regular["price"], json!({"amount": 2500, "currency": "EUR"}));
        assert_eq!((&regular["quantity"], &regular["available"]), (&json!(100), &json!(100)));
        assert_eq!((&regular["on_sale"], &left["items"][1]["on_sale"]), (&json!(true), &json!(false)));
        assert!(!left.to_string().contains(id(&hidden)));
    }
    let seen = app.stranger().get(&format!("/events/{}", id(&event))).await.expect(200);
    assert_eq!(seen["price_from"], json!({"amount": 2500, "currency": "EUR"}));
}

#[tokio::test]
async fn an_event_has_at_most_a_hundred_kinds_of_tickets() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.draft(&cast.event("Opening")).await;
    let kinds = format!("/admin/events/{}/ticket-types", id(&event));
    for number in 0..100 {
        cast.manager.client.post(&kinds, &ticket_type(&format!("Kind {number}"), 1)).await.expect(201);
    }
    let refused = cast.manager.client.post(&kinds, &ticket_type("One too many", 1)).await;
    refused.expect_problem(422, "too_many_ticket_types");
}
