//! What organisers do with halls and with the seats of their events.

use super::{House, hold_best, hold_seats, labels, seats};
use crate::events::cast::{id, mistakes};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hall_is_made_marked_used_and_kept_on_both_stores() {
    for house in House::both().await {
        let manager = &house.cast.manager.client;
        let hall = house.hall(&[("Stalls", "B", 3, json!(1.25))]).await;
        let path = format!("/admin/venue-templates/{hall}");
        let seen = manager.get(&path).await.expect(200);
        let stalls = &seen["sections"][0];
        assert_eq!((&seen["seat_count"], &stalls["price_multiplier"]), (&json!(6), &json!(1.25)));
        let seat = &stalls["seats"][5];
        assert_eq!(
            (&seat["row"], &seat["number"], &seat["label"]),
            (&json!("B"), &json!(3), &json!("Stalls B-3"))
        );
        let edit = json!({"name": "Hall two", "seats": [
            {"seat_id": seat["id"], "blocked": true},
            {"id": stalls["seats"][0]["id"], "accessible": true, "aisle_after": true},
        ]});
        let edited = manager.put(&path, &edit).await.expect(200);
        // What was read can be sent back.
        let marked = manager.get(&path).await.expect(200)["sections"][0]["seats"].clone();
        manager.put(&path, &json!({"name": "Hall two", "seats": marked})).await.expect(200);
        assert_eq!(manager.get(&path).await.expect(200)["sections"][0]["seats"], marked);
        assert_eq!((&edited["name"], &edited["seat_count"]), (&json!("Hall two"), &json!(6)));
        assert_eq!(edited.get("sections"), None);
        assert_eq!(manager.get(&path).await.expect(200)["sections"][0]["seats"][5]["blocked"], true);
        let event = house.published(&hall, 1000).await;
        let managed = manager.get(&format!("/admin/events/{event}")).await.expect(200);
        assert_eq!(managed["venue_template_id"], json!(hall));
        let types = manager.get(&format!("/admin/events/{event}/ticket-types")).await.expect(200);
        let kind = &types["items"][0];
        assert_eq!((&kind["quantity"], &kind["price"]["amount"]), (&json!(5), &json!(1250)));
        assert_eq!(kind["section_id"], stalls["id"]);
        manager.delete(&path).await.expect_problem(409, "venue_template_in_use");
        let unused = house.hall(&[]).await;
        let list = manager.get("/admin/venue-templates").await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), 2);
        manager.delete(&format!("/admin/venue-templates/{unused}")).await.expect(204);
        for (call, body) in [
            (manager.post(&format!("{path}/sections"), &json!({})).await, "a section of nothing"),
            (manager.post(&format!("{path}/sections"), &json!({
                "name": "X", "row_start": "A", "row_end": "1", "seats_per_row": 0, "price_multiplier": -1,
            })).await, "nonsense"),
        ] {
            assert!((400..500).contains(&call.status), "{body}: {}", call.text);
        }
        let copy = manager.post(&format!("/admin/events/{event}/duplicate"), &json!({})).await.expect(201);
        assert_eq!(seats(manager, id(&copy)).await.len(), 6);
        let acts = house.cast.admin.client.get("/admin/audit?limit=100").await.expect(200);
        let names: Vec<_> = acts["items"].as_array().unwrap().iter().map(|it| it["act"].clone()).collect();
        for name in ["venue_template.create", "venue_template.update", "venue_template.delete"] {
            assert!(names.contains(&json!(name)), "{names:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_that_is_not_blocked_any_more_is_offered_at_once() {
    for house in House::both().await {
        let hall = house.hall(&[("Stalls", "A", 2, json!(1))]).await;
        let event = house.published(&hall, 0).await;
        let (manager, member) = (&house.cast.manager.client, &house.cast.member.client);
        let all = seats(manager, &event).await;
        let path = format!("/admin/events/{event}/seats");
        let block = |blocked: bool| json!({"seats": [{"seat_id": all[1]["id"], "blocked": blocked}]});
        manager.put(&path, &block(true)).await.expect(200);
        hold_seats(&house.app.member().await.client, &event, &[&all[0]["id"]]).await.expect(201);
        member.post("/waitlist", &json!({"event_id": event})).await.expect(201);
        let standing = format!("/waitlist/status/{event}");
        assert_eq!(member.get(&standing).await.expect(200)["status"], "waiting");
        manager.put(&path, &block(false)).await.expect(200);
        assert_eq!(member.get(&standing).await.expect(200)["status"], "offered", "nobody had to ask");
        house.consistent().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_two_seats_of_a_hall_have_one_label_and_a_wrong_section_is_mended_on_both_stores() {
    for house in House::both().await {
        let manager = &house.cast.manager.client;
        let hall = house.hall(&[("Stalls", "A", 3, json!(1)), ("Circle", "A", 2, json!(2))]).await;
        let event = house.published(&hall, 1000).await;
        let before = seats(manager, &event).await;
        let path = format!("/admin/venue-templates/{hall}");
        let again = json!({"name": "stalls", "row_start": "A", "row_end": "A", "seats_per_row": 1});
        let refused = manager.post(&format!("{path}/sections"), &again).await;
        assert_eq!(mistakes(&refused.expect_problem(422, "invalid_input")), [("name", "taken")]);
        let made = manager.get(&path).await.expect(200);
        let (stalls, circle) = (id(&made["sections"][0]), id(&made["sections"][1]));
        let refused = manager.put(&format!("{path}/sections/{circle}"), &json!({"name": "Stalls"})).await;
        assert_eq!(mistakes(&refused.expect_problem(422, "invalid_input")), [("name", "taken")]);
        let edit = json!({"name": "Balcony", "price_multiplier": 1.5, "position": 0});
        let edited = manager.put(&format!("{path}/sections/{circle}"), &edit).await.expect(200);
        let expected = json!({
            "id": circle, "name": "Balcony", "price_multiplier": 1.5, "position": 0, "seat_count": 2,
        });
        assert_eq!(edited, expected);
        let nowhere = format!("{path}/sections/{event}");
        manager.put(&nowhere, &edit).await.expect_problem(404, "not_found");
        manager.delete(&nowhere).await.expect_problem(404, "not_found");
        manager.delete(&format!("{path}/sections/{stalls}")).await.expect(204);
        manager.delete(&format!("{path}/sections/{stalls}")).await.expect_problem(404, "not_found");
        let left = manager.get(&path).await.expect(200);
        assert_eq!((&left["section_count"], &left["seat_count"]), (&json!(1), &json!(2)));
        assert_eq!(left["sections"][0]["seats"][0]["label"], "Balcony A-1");
        // The event has its own copy, with the names that its tickets bear.
        assert_eq!(seats(manager, &event).await, before);
    }
}

#[tokio::test]
async fn what_belongs_to_another_organisation_is_not_there() {
    let house = House::local().await;
    let hall = house.hall(&[("Stalls", "A", 3, json!(1))]).await;
    let event = house.published(&hall, 0).await;
    let (foreigner, member) = (&house.cast.foreigner.client, &house.cast.member.client);
    let path = format!("/admin/venue-templates/{hall}");
    let section = json!({"name": "X", "row_start": "A", "row_end": "A", "seats_per_row": 1});
    foreigner.get(&path).await.expect_problem(404, "not_found");
    foreigner.put(&path, &json!({"name": "Mine"})).await.expect_problem(404, "not_found");
    foreigner.delete(&path).await.expect_problem(404, "not_found");
    foreigner.post(&format!("{path}/sections"), &section).await.expect_problem(404, "not_found");
    let stalls = house.cast.manager.client.get(&path).await.expect(200);
    let stalls = format!("{path}/sections/{}", id(&stalls["sections"][0]));
    foreigner.put(&stalls, &json!({"name": "Mine"})).await.expect_problem(404, "not_found");
    foreigner.delete(&stalls).await.expect_problem(404, "not_found");
    house.cast.door.client.delete(&stalls).await.expect_problem(403, "forbidden");
    let body = json!({"seats": []});
    foreigner.put(&format!("/admin/events/{event}/seats"), &body).await.expect_problem(404, "not_found");
    member.get(&path).await.expect_problem(403, "forbidden");
    house.cast.door.client.put(&path, &json!({"name": "Mine"})).await.expect_problem(403, "forbidden");
    let list = foreigner.get("/admin/venue-templates").await.expect(200);
    assert_eq!(list["items"], json!([]));
    let mut theirs = house.event("Theirs", &hall, 0);
    theirs["organisation_id"] = json!(house.cast.elsewhere);
    let refused = foreigner.post("/admin/events", &theirs).await.expect_problem(422, "invalid_input");
    assert_eq!(mistakes(&refused), [("venue_template_id", "unknown")]);
    let mut unpriced = house.event("Unpriced", &hall, 0);
    unpriced["base_price"] = Value::Null;
    let refused = house.cast.manager.client.post("/admin/events", &unpriced).await;
    assert_eq!(mistakes(&refused.expect_problem(422, "invalid_input")), [("base_price", "required")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seats_of_an_event_are_blocked_priced_and_sold_as_other_kinds_on_both_stores() {
    for house in House::both().await {
        let hall = house.hall(&[("Stalls", "A", 5, json!(1))]).await;
        let event = house.published(&hall, 2000).await;
        let (manager, member) = (&house.cast.manager.client, &house.cast.member.client);
        let all = seats(manager, &event).await;
        let ids: Vec<&Value> = all.iter().map(|seat| &seat["id"]).collect();
        hold_seats(member, &event, &ids[..1]).await.expect(201);
        let path = format!("/admin/events/{event}/seats");
        let change = |seats: Value| json!({"seats": seats});
        let taken =
            change(json!([{"seat_id": ids[0], "blocked": true}, {"seat_id": ids[1], "blocked": true}]));
        let refused = manager.put(&path, &taken).await.expect_problem(409, "seat_unavailable");
        assert_eq!(refused["errors"][0]["message"], *ids[0]);
        let changed = manager
            .put(
                &path,
                &change(json!([
                    {"seat_id": ids[1], "blocked": true},
                    {"seat_id": ids[2], "price": {"amount": 5000, "currency": "EUR"}},
                    {"id": ids[3], "price_multiplier": 0.5},
                ])),
            )
            .await
            .expect(200);
        assert_eq!((&changed["changed"], &changed["for_sale"]), (&json!(3), &json!(4)));
        for (wrong, field) in [
            (
                json!([{"seat_id": ids[2], "price": {"amount": 1, "currency": "JPY"}}]),
                "seats.0.price.currency",
            ),
            (json!([{"seat_id": event, "blocked": true}]), "seats.0.id"),
            (json!([{"seat_id": ids[2], "price_multiplier": "1.2345"}]), "seats.0.price_multiplier"),
        ] {
            let refused = manager.put(&path, &change(wrong)).await.expect_problem(422, "invalid_input");
            assert_eq!(mistakes(&refused)[0].0, field);
        }
        let types = manager.get(&format!("/admin/events/{event}/ticket-types")).await.expect(200);
        let own = &types["items"][0];
        assert_eq!((&own["quantity"], &own["held"]), (&json!(4), &json!(1)));
        let reduced = json!({
            "name": "Reduced", "price": {"amount": 1000, "currency": "EUR"}, "quantity": 2,
            "section_id": own["section_id"],
        });
        let reduced =
            manager.post(&format!("/admin/events/{event}/ticket-types"), &reduced).await.expect(201);
        assert_eq!(reduced["quota_id"], own["quota_id"]);
        let wish = json!({"event_id": event, "seat_ids": [ids[2]], "seats": [
            {"seat_id": ids[3], "ticket_type_id": reduced["id"]},
        ]});
        let hold = member.post("/seats/hold", &wish).await.expect(201);
        let prices: Vec<_> =
            hold["items"].as_array().unwrap().iter().map(|it| it["unit_price"]["amount"].clone()).collect();
        assert_eq!(
            (labels(&hold), prices),
            (vec!["Stalls A-3", "Stalls A-4"], vec![json!(5000), json!(500)])
        );
        assert_eq!(hold["total"]["amount"], 5500);
        let other = house.app.member().await.client;
        hold_best(&other, &event, &own["id"], 2).await.expect_problem(409, "sold_out");
        let last = hold_best(&other, &event, &reduced["id"], 1).await.expect(201);
        assert_eq!(labels(&last), ["Stalls A-5"]);
        let mut smaller = json!({"name": "Stalls", "price": own["price"], "quantity": 3});
        let kind = format!("/admin/ticket-types/{}", own["id"].as_str().unwrap());
        let refused = manager.put(&kind, &smaller).await.expect_problem(422, "invalid_input");
        assert_eq!(mistakes(&refused), [("quantity", "of_section")]);
        smaller["quantity"] = json!(4);
        manager.put(&kind, &smaller).await.expect(200);
        manager.delete(&kind).await.expect_problem(409, "of_section");
        let quota = format!("/admin/quotas/{}", own["quota_id"].as_str().unwrap());
        let body = json!({"name": "Stalls", "quantity": 100});
        let refused = manager.put(&quota, &body).await.expect_problem(422, "invalid_input");
        assert_eq!(mistakes(&refused), [("quantity", "of_section")]);
        manager.delete(&quota).await.expect_problem(409, "quota_in_use");
        let acts = house.cast.admin.client.get("/admin/audit?limit=100").await.expect(200);
        let mut names = acts["items"].as_array().unwrap().iter().map(|it| &it["act"]);
        assert!(names.any(|name| name == "event.change_seats"));
        house.consistent().await;
    }
}
