//! Running events.

use super::cast::{Cast, column, event_of, id, in_hours, mistakes, ticket_type};
use crate::harness::TestApp;
use serde_json::{Value, json};

#[tokio::test]
async fn a_new_event_is_a_draft_with_everything_that_was_sent() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let mut body = cast.event("Füße & Öl");
    let further = json!({
        "description": "Two\nlines", "doors_at": in_hours(239), "capacity": 120, "hold_seconds": 300,
        "base_price": {"amount": 1200, "currency": "eur"}, "visibility": "members", "tags": ["House ", "house"],
        "status": "published", "id": "x",
    });
    body.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    let made = cast.manager.client.post("/admin/events", &body).await;
    let location = made.header("location").to_owned();
    let made = made.expect(201);
    let mut located = body["location"].clone();
    located["approximate"] = json!({"latitude": 53.5, "longitude": 9.9});
    for (field, value) in [
        ("slug", json!("fuesse-oel")),
        ("title", json!("Füße & Öl")),
        ("description", json!("Two\nlines")),
        ("starts_at", body["starts_at"].clone()),
        ("ends_at", body["ends_at"].clone()),
        ("doors_at", body["doors_at"].clone()),
        ("timezone", json!("Europe/Berlin")),
        ("currency", json!("EUR")),
        ("status", json!("draft")),
        ("location", located),
        ("images", json!([])),
        ("tags", json!(["house"])),
        ("price_from", json!({"amount": 1200, "currency": "EUR"})),
        ("availability", json!("not_on_sale")),
        ("organisation_id", json!(cast.organisation)),
        ("capacity", json!(120)),
        ("base_price", json!({"amount": 1200, "currency": "EUR"})),
        ("hold_seconds", json!(300)),
        ("visibility", json!("members")),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    assert_eq!(cast.owner.client.get(&location).await.expect(200), made);
    cast.door.client.get(&location).await.expect_problem(403, "forbidden");
    let second = cast.draft(&cast.event("Füße & Öl")).await;
    assert_eq!((&second["slug"], &second["visibility"]), (&json!("fuesse-oel-2"), &json!("public")));
    assert_eq!((&second["capacity"], &second["price_from"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn all_mistakes_of_an_event_are_named_at_once_and_nothing_is_added() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let mut body = cast.event(" ");
    let wrong = json!({
        "organisation_id": cast.elsewhere, "slug": "No Slug", "ends_at": body["starts_at"], "timezone": "Berlin",
        "currency": "EURO", "capacity": 0, "hold_seconds": 59, "base_price": {"amount": -1, "currency": "EUR"},
        "location": {"area": "", "latitude": 91.0}, "tags": ["x".repeat(41)],
    });
    body.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
    let refused = cast.owner.client.post("/admin/events", &body).await.expect_problem(422, "invalid_input");
    for expected in [
        ("organisation_id", "unknown_organisation"),
        ("title", "required"),
        ("slug", "malformed"),
        ("ends_at", "before_start"),
        ("timezone", "unknown_timezone"),
        ("currency", "unknown_currency"),
        ("capacity", "out_of_range"),
        ("hold_seconds", "out_of_range"),
        ("base_price.amount", "out_of_range"),
        ("location.area", "required"),
        ("location", "incomplete"),
        ("location.latitude", "out_of_range"),
        ("tags.0", "too_long"),
    ] {
        assert!(mistakes(&refused).contains(&expected), "{expected:?} not in {refused}");
    }
    let list = cast.admin.client.get("/admin/events").await.expect(200);
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_by_field() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    for (field, value, code) in [
        ("visibility", json!("secret"), "wrong_type"),
        ("starts_at", json!("soon"), "wrong_type"),
        ("capacity", json!(1.5), "wrong_type"),
        ("location.area", json!(7), "wrong_type"),
        ("base_price.currency", Value::Null, "wrong_type"),
        ("organisation_id", json!("x"), "wrong_type"),
        ("title", json!("a\0b"), "malformed"),
    ] {
        let mut body = cast.event("Unreadable");
        match field.split_once('.') {
            Some(("base_price", inner)) => body["base_price"] = json!({"amount": 1, inner: value}),
            Some((outer, inner)) => body[outer][inner] = value,
            None => body[field] = value,
        }
        let refused =
            cast.manager.client.post("/admin/events", &body).await.expect_problem(422, "invalid_input");
        assert_eq!(mistakes(&refused), [(field, code)]);
    }
    for field in ["organisation_id", "title", "starts_at", "ends_at", "timezone", "currency", "location"] {
        let mut body = cast.event("Incomplete");
        body.as_object_mut().unwrap().remove(field);
        let refused =
            cast.manager.client.post("/admin/events", &body).await.expect_problem(422, "invalid_input");
        assert_eq!(mistakes(&refused), [(field, "required")]);
    }
}

#[tokio::test]
async fn an_event_is_published_when_it_can_be_sold_and_all_that_is_missing_is_named() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let mut body = cast.event("Soon");
    body["capacity"] = json!(10);
    let path = format!("/admin/events/{}", id(&cast.draft(&body).await));
    let publish = format!("{path}/publish");
    let refused = cast.manager.client.post(&publish, &json!({})).await;
    let refused = refused.expect_problem(422, "event_not_sellable");
    assert_eq!(mistakes(&refused), [("ticket_types", "no_ticket_type")]);
    let mut kind = ticket_type("Too many", 11);
    kind["sales_start"] = body["starts_at"].clone();
    let kinds = format!("{path}/ticket-types");
    let kind = cast.manager.client.post(&kinds, &kind).await.expect(201);
    let refused = cast.manager.client.post(&publish, &json!({})).await;
    let refused = refused.expect_problem(422, "event_not_sellable");
    let expected =
        [("capacity", "types_exceed_capacity"), ("ticket_types.0.sales_start", "sale_after_start")];
    assert_eq!(mistakes(&refused), expected);
    assert_eq!(cast.manager.client.get(&path).await.expect(200)["status"], "draft");

    let kind = format!("/admin/ticket-types/{}", id(&kind));
    cast.manager.client.put(&kind, &ticket_type("Just right", 10)).await.expect(200);
    let published = cast.manager.client.post(&publish, &json!({})).await.expect(200);
    assert_eq!(
        (&published["status"], &published["availability"]),
        (&json!("published"), &json!("available"))
    );
    cast.manager.client.post(&publish, &json!({})).await.expect_problem(409, "wrong_status");
    let mut wrong = body.clone();
    wrong["capacity"] = json!(9);
    (wrong["starts_at"], wrong["ends_at"]) = (json!("2020-01-01T20:00:00Z"), json!("2020-01-02T04:00:00Z"));
    let refused = cast.manager.client.put(&path, &wrong).await.expect_problem(422, "invalid_input");
    assert_eq!(mistakes(&refused), [("capacity", "types_exceed_capacity"), ("ends_at", "in_the_past")]);
    assert_eq!(cast.manager.client.put(&path, &body).await.expect(200)["status"], "published");
    let gone = cast.manager.client.post(&format!("{path}/deactivate"), &json!({})).await.expect(200);
    assert_eq!((&gone["status"], &gone["availability"]), (&json!("deactivated"), &json!("not_on_sale")));
}

#[tokio::test]
async fn an_edit_replaces_the_facts_but_for_the_slug() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.published(&cast.event("Before")).await;
    let path = format!("/admin/events/{}", id(&event));
    let mut body = cast.event("After");
    body["description"] = json!("New");
    let after = cast.manager.client.put(&path, &body).await.expect(200);
    assert_eq!((&after["title"], &after["slug"]), (&json!("After"), &json!("before")));
    assert_eq!((&after["status"], &after["created_at"]), (&json!("published"), &event["created_at"]));
    assert_eq!(after["price_from"], json!({"amount": 2500, "currency": "EUR"}));
    body["slug"] = json!("after");
    body["currency"] = json!("JPY");
    let refused = cast.manager.client.put(&path, &body).await.expect_problem(422, "invalid_input");
    assert_eq!(mistakes(&refused), [("slug", "frozen"), ("currency", "frozen")]);
}

#[tokio::test]
async fn an_event_is_deleted_with_its_ticket_types_unless_somebody_has_a_place() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let wanted = cast.published(&cast.event("Wanted")).await;
    let kinds =
        cast.manager.client.get(&format!("/admin/events/{}/ticket-types", id(&wanted))).await.expect(200);
    let kind = id(&kinds["items"][0]);
    let hold = json!({"event_id": wanted["id"], "items": [{"ticket_type_id": kind, "quantity": 2}]});
    cast.member.client.post("/seats/hold", &hold).await.expect(201);
    let path = format!("/admin/events/{}", id(&wanted));
    cast.owner.client.delete(&path).await.expect_problem(409, "event_in_use");
    let kind = format!("/admin/ticket-types/{kind}");
    cast.owner.client.delete(&kind).await.expect_problem(409, "ticket_type_in_use");
    let smaller = ticket_type("Regular", 1);
    let refused = cast.owner.client.put(&kind, &smaller).await.expect_problem(422, "invalid_input");
    assert_eq!(mistakes(&refused), [("quantity", "below_taken")]);
    let left = cast.owner.client.get(&format!("{path}/ticket-types")).await.expect(200);
    assert_eq!((&left["items"][0]["held"], &left["items"][0]["sold"]), (&json!(2), &json!(0)));

    let unwanted = cast.published(&cast.event("Unwanted")).await;
    let path = format!("/admin/events/{}", id(&unwanted));
    cast.owner.client.delete(&path).await.expect(204);
    cast.owner.client.get(&path).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn organisers_list_their_own_events_in_every_state() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    for (title, hours) in [("Third", 72), ("First", 24), ("Second", 48)] {
        let mut body = cast.event(title);
        (body["starts_at"], body["ends_at"]) = (json!(in_hours(hours)), json!(in_hours(hours + 1)));
        cast.draft(&body).await;
    }
    cast.foreigner.client.post("/admin/events", &event_of(&cast.elsewhere, "Theirs")).await.expect(201);
    let mut body = cast.event("Published");
    body["visibility"] = json!("members");
    cast.published(&body).await;
    let list = cast.owner.client.get("/admin/events").await.expect(200);
    assert_eq!(column(&list, "title"), ["First", "Second", "Third", "Published"]);
    let place = &list["items"][0]["location"];
    assert_eq!((&place["area"], &place["address"]), (&json!("Old harbour"), &Value::Null));
    let drafts = cast.manager.client.get("/admin/events?status=draft&limit=2").await.expect(200);
    assert_eq!(column(&drafts, "title"), ["First", "Second"]);
    let next =
        format!("/admin/events?status=draft&limit=2&cursor={}", drafts["next_cursor"].as_str().unwrap());
    let rest = cast.manager.client.get(&next).await.expect(200);
    assert_eq!((column(&rest, "title"), &rest["next_cursor"]), (vec!["Third"], &Value::Null));
    let theirs = cast.foreigner.client.get("/admin/events").await.expect(200);
    assert_eq!(column(&theirs, "title"), ["Theirs"]);
    let all = cast.admin.client.get("/admin/events?query=IR").await.expect(200);
    assert_eq!(column(&all, "title"), ["First", "Third", "Theirs"]);
    for status in ["ended", "sold", ""] {
        let refused = cast.owner.client.get(&format!("/admin/events?status={status}")).await;
        assert_eq!(mistakes(&refused.expect_problem(422, "invalid_input")), [("status", "unknown")]);
    }
}
