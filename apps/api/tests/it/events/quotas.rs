//! Places that several kinds of tickets share.

use super::cast::{Cast, column, id, mistakes, ticket_type};
use crate::harness::{Person, TestApp};
use serde_json::{Value, json};

async fn share(manager: &Person, event: &Value, quota: &Value, name: &str, quantity: u32) -> Value {
    let mut body = ticket_type(name, quantity);
    (body["quota_id"], body["price"]["amount"]) = (quota["id"].clone(), json!(0));
    manager.client.post(&format!("/admin/events/{}/ticket-types", id(event)), &body).await.expect(201)
}

async fn hold(person: &Person, event: &Value, ticket_type: &Value, quantity: u32) -> crate::harness::Answer {
    let items = json!([{"ticket_type_id": ticket_type["id"], "quantity": quantity}]);
    person.client.post("/seats/hold", &json!({"event_id": event["id"], "items": items})).await
}

#[tokio::test]
async fn kinds_of_tickets_that_share_a_quota_are_sold_out_together() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let mut body = cast.event("Opening");
    body["capacity"] = json!(10);
    let event = cast.draft(&body).await;
    let quotas = format!("/admin/events/{}/quotas", id(&event));
    let made = cast.manager.client.post(&quotas, &json!({"name": "The hall", "quantity": 10})).await;
    let path = made.header("location").to_owned();
    let hall = made.expect(201);
    assert_eq!(path, format!("/api/v1/admin/quotas/{}", id(&hall)));
    assert_eq!((&hall["quantity"], &hall["taken"]), (&json!(10), &json!(0)));
    let early = share(&cast.manager, &event, &hall, "Early bird", 4).await;
    let regular = share(&cast.manager, &event, &hall, "Regular", 10).await;
    assert_eq!(early["quota_id"], hall["id"]);
    // 14 tickets, but 10 places: that fits into the capacity.
    cast.manager.client.post(&format!("/admin/events/{}/publish", id(&event)), &json!({})).await.expect(200);
    hold(&cast.member, &event, &early, 4).await.expect(201);
    hold(&cast.member, &event, &early, 1).await.expect_problem(409, "sold_out");
    let left = cast.member.client.get(&format!("/events/{}/availability", id(&event))).await.expect(200);
    assert_eq!(
        (column(&left, "name"), &left["items"][1]["available"]),
        (vec!["Early bird", "Regular"], &json!(6))
    );
    hold(&cast.member, &event, &regular, 7).await.expect_problem(409, "sold_out");
    hold(&cast.member, &event, &regular, 6).await.expect(201);
    cast.door.client.get(&quotas).await.expect_problem(403, "forbidden");
    let list = cast.owner.client.get(&quotas).await.expect(200);
    assert_eq!(list["items"][0]["taken"], json!(10));
    let smaller = json!({"name": "The hall", "quantity": 9});
    let refused = cast.manager.client.put(&path, &smaller).await.expect_problem(422, "invalid_input");
    assert_eq!(mistakes(&refused), [("quantity", "below_taken")]);
    let larger =
        cast.manager.client.put(&path, &json!({"name": "Ballroom", "quantity": 12})).await.expect(200);
    assert_eq!(
        (&larger["name"], &larger["quantity"], &larger["taken"]),
        (&json!("Ballroom"), &json!(12), &json!(10))
    );
    cast.manager.client.delete(&path).await.expect_problem(409, "quota_in_use");
}

#[tokio::test]
async fn a_quota_belongs_to_its_event_and_its_organisation() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let (event, other) = (cast.draft(&cast.event("Here")).await, cast.draft(&cast.event("There")).await);
    let quotas = format!("/admin/events/{}/quotas", id(&event));
    let hall = cast.manager.client.post(&quotas, &json!({"name": "Hall", "quantity": 5})).await.expect(201);
    let path = format!("/admin/quotas/{}", id(&hall));
    let mut body = ticket_type("Regular", 5);
    body["quota_id"] = hall["id"].clone();
    let elsewhere = format!("/admin/events/{}/ticket-types", id(&other));
    let refused = cast.manager.client.post(&elsewhere, &body).await.expect_problem(422, "invalid_input");
    assert_eq!(mistakes(&refused), [("quota_id", "unknown")]);
    for stranger in [&cast.foreigner, &cast.door, &cast.member] {
        let status =
            if std::ptr::eq(stranger, &cast.foreigner) { (404, "not_found") } else { (403, "forbidden") };
        stranger
            .client
            .put(&path, &json!({"name": "Mine", "quantity": 1}))
            .await
            .expect_problem(status.0, status.1);
        stranger.client.delete(&path).await.expect_problem(status.0, status.1);
        stranger
            .client
            .post(&quotas, &json!({"name": "Mine", "quantity": 1}))
            .await
            .expect_problem(status.0, status.1);
    }
    cast.owner.client.delete(&path).await.expect(204);
    cast.owner.client.delete(&path).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn limits_of_an_event_count_over_all_kinds_of_tickets() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let mut body = cast.event("Opening");
    (body["max_per_order"], body["max_per_user"]) = (json!(3), json!(4));
    let event = cast.draft(&body).await;
    assert_eq!((&event["max_per_order"], &event["max_per_user"]), (&json!(3), &json!(4)));
    let kinds = format!("/admin/events/{}/ticket-types", id(&event));
    let mut made = Vec::new();
    for name in ["One", "Other"] {
        let mut body = ticket_type(name, 20);
        body["price"]["amount"] = json!(0);
        made.push(cast.manager.client.post(&kinds, &body).await.expect(201));
    }
    cast.manager.client.post(&format!("/admin/events/{}/publish", id(&event)), &json!({})).await.expect(200);
    let items: Vec<_> = made.iter().map(|one| json!({"ticket_type_id": one["id"], "quantity": 2})).collect();
    let both = json!({"event_id": event["id"], "items": items});
    let too_many = cast.member.client.post("/seats/hold", &both).await.expect_problem(422, "limit_exceeded");
    assert_eq!(mistakes(&too_many), [("items.quantity", "event_per_order")]);
    let made_hold = hold(&cast.member, &event, &made[0], 3).await;
    let location = made_hold.header("location").replace("/api/v1", "");
    let kept = made_hold.expect(201);
    assert_eq!(cast.member.client.get(&location).await.expect(200)["hold_id"], kept["hold_id"]);
    let too_many = hold(&cast.member, &event, &made[1], 2).await.expect_problem(422, "limit_exceeded");
    assert_eq!(mistakes(&too_many), [("items.quantity", "event_per_user")]);
    assert!(too_many["detail"].as_str().unwrap().contains("of this event"), "{too_many}");
    hold(&cast.member, &event, &made[1], 1).await.expect(201);
}
