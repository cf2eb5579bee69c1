//! Copies of events.

use super::cast::{Cast, id, in_hours, mistakes};
use super::places::{free, go, on, on_each_store};
use crate::harness::shop::Store;
use serde_json::{Value, json};

on_each_store!(
    a_copy_has_everything_but_what_was_sold,
    a_copy_is_refused_with_all_its_mistakes,
    a_repeated_request_makes_one_copy,
);

async fn a_copy_has_everything_but_what_was_sold(store: Store) {
    let (app, _database) = on(store).await;
    let cast = Cast::of(&app).await;
    let mut body = cast.event("Winter night");
    let further = json!({
        "description": "Come", "capacity": 50, "hold_seconds": 300, "visibility": "members", "tags": ["house"],
        "starts_at": "2031-02-07T21:00:00Z", "ends_at": "2031-02-08T04:00:00Z", "doors_at": "2031-02-07T20:30:00Z",
    });
    body.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    body["location"]["address_visible_from"] = json!("2031-02-06T11:00:00Z");
    let draft = cast.draft(&body).await;
    let path = format!("/admin/events/{}", id(&draft));
    let manager = &cast.manager.client;
    let kind = json!({
        "name": "Free", "price": {"amount": 0, "currency": "EUR"}, "quantity": 10, "max_per_user": 2,
        "sales_end": "2031-02-07T17:00:00Z", "vat_percent": 7,
    });
    manager.post(&format!("{path}/ticket-types"), &kind).await.expect(201);
    let policy = json!({
        "refundable": true,
        "tiers": [{"until_hours_before": 48, "fee_percent": 12.5, "fee_fixed": {"amount": 100, "currency": "EUR"}}],
    });
    let policy = manager.post(&format!("{path}/cancellation-policy"), &policy).await.expect(201);
    let event = manager.post(&format!("{path}/publish"), &json!({})).await.expect(200);
    go(&cast.member, &event).await;

    let wish = json!({"starts_at": "2031-06-06T20:00:00Z", "title": "Summer night"});
    let made = manager.post(&format!("{path}/duplicate"), &wish).await;
    let location = made.header("location").to_owned();
    let copy = made.expect(201);
    assert_eq!(manager.get(&location).await.expect(200), copy);
    let mut expected = event.clone();
    for (field, value) in [
        ("id", copy["id"].clone()),
        ("created_at", copy["created_at"].clone()),
        ("updated_at", copy["updated_at"].clone()),
        ("title", json!("Summer night")),
        ("slug", json!("summer-night")),
        ("status", json!("draft")),
        ("availability", json!("not_on_sale")),
        ("starts_at", json!("2031-06-06T20:00:00Z")),
        ("ends_at", json!("2031-06-07T03:00:00Z")),
        ("doors_at", json!("2031-06-06T19:30:00Z")),
    ] {
        expected[field] = value;
    }
    expected["location"]["address_visible_from"] = json!("2031-06-05T10:00:00Z");
    assert_eq!(copy, expected);
    let types = manager.get(&format!("{location}/ticket-types")).await.expect(200);
    let kind = &types["items"][0];
    assert_eq!((&types["items"][1], &kind["sold"], &kind["held"]), (&Value::Null, &json!(0), &json!(0)));
    assert_eq!(
        (&kind["quantity"], &kind["max_per_user"], &kind["vat_percent"]),
        (&json!(10), &json!(2), &json!(7))
    );
    assert_eq!(kind["sales_end"], "2031-06-06T16:00:00Z");
    assert_eq!(manager.get(&format!("{location}/cancellation-policy")).await.expect(200), policy);
    // Without anything said it is the same once more, beside the first.
    let same = manager.post(&format!("{path}/duplicate"), &json!({})).await.expect(201);
    assert_eq!((&same["slug"], &same["starts_at"]), (&json!("winter-night-2"), &event["starts_at"]));
    let audit = cast.admin.client.get(&format!("/admin/audit?subject_id={}", id(&copy))).await.expect(200);
    let acts: Vec<_> = audit["items"].as_array().unwrap().iter().map(|act| &act["act"]).collect();
    assert!(acts.contains(&&json!("event.duplicate")), "{acts:?}");
    assert!(!audit.to_string().contains("Quay"), "{audit}");
}

async fn a_copy_is_refused_with_all_its_mistakes(store: Store) {
    let (app, _database) = on(store).await;
    let cast = Cast::of(&app).await;
    let event = free(&cast, &cast.event("Night")).await;
    let path = format!("/admin/events/{}/duplicate", id(&event));
    let wish = json!({"starts_at": "2200-01-01T00:00:00Z", "title": " ", "slug": "No Slug"});
    let refused = cast.owner.client.post(&path, &wish).await.expect_problem(422, "invalid_input");
    for expected in [("starts_at", "out_of_range"), ("title", "required"), ("slug", "malformed")] {
        assert!(mistakes(&refused).contains(&expected), "{expected:?} not in {refused}");
    }
    let refused = cast.owner.client.post(&path, &json!({"slug": "night"})).await;
    assert_eq!(mistakes(&refused.expect_problem(422, "invalid_input")), [("slug", "taken")]);
    let refused = cast.owner.client.post(&path, &json!({"starts_at": "soon"})).await;
    assert!((400..500).contains(&refused.status), "{}", refused.text);
    for (who, status) in [(&cast.member, 403), (&cast.door, 403)] {
        who.client
            .post(&path, &json!({"starts_at": in_hours(500)}))
            .await
            .expect_problem(status, "forbidden");
    }
    let all = cast.admin.client.get("/admin/events").await.expect(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
}

async fn a_repeated_request_makes_one_copy(store: Store) {
    let (app, _database) = on(store).await;
    let cast = Cast::of(&app).await;
    let draft = cast.draft(&cast.event("Night")).await;
    let path = format!("/admin/events/{}/duplicate", id(&draft));
    let wish = json!({"title": "Other night"});
    let first = cast.manager.client.post_once(&path, "copy", &wish).await;
    let again = cast.manager.client.post_once(&path, "copy", &wish).await;
    assert_eq!((first.status, &first.json), (201, &again.json));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = cast.manager.client.post_once(&path, "copy", &json!({"title": "Third night"})).await;
    other.expect_problem(422, "idempotency_mismatch");
    let all = cast.manager.client.get("/admin/events").await.expect(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
}
