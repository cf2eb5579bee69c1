//! Answers that are kept ready: never wrong for whoever asks, and never old after a change here.

use super::cast::{Cast, column, id, staff, ticket_type};
use crate::harness::{Answer, Client, TestApp, answer};
use crate::night::Night;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

async fn titles(client: &Client, path: &str) -> Vec<String> {
    let list = client.get(path).await.expect(200);
    column(&list, "title").into_iter().map(str::to_owned).collect()
}

/// Asks with the name of the body that one has.
async fn ask_again(client: &Client, path: &str, etag: &str) -> Answer {
    answer(client.request(Method::GET, path).header("if-none-match", etag)).await
}

#[tokio::test]
async fn every_change_of_an_event_shows_at_once() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let (stranger, member) = (app.stranger(), &cast.member.client);
    assert_eq!(titles(&stranger, "/events").await, [""; 0]);
    let event = cast.published(&cast.event("First")).await;
    let path = format!("/admin/events/{}", id(&event));
    for list in ["/events", "/events/upcoming"] {
        assert_eq!(titles(&stranger, list).await, ["First"]);
        cast.manager.client.put(&path, &cast.event("Second")).await.expect(200);
        assert_eq!(
            (titles(&stranger, list).await, titles(member, list).await),
            (vec!["Second".into()], vec!["Second".into()])
        );
        cast.manager.client.post(&format!("{path}/deactivate"), &json!({})).await.expect(200);
        assert_eq!(titles(&stranger, list).await, [""; 0]);
        cast.manager.client.post(&format!("{path}/publish"), &json!({})).await.expect(200);
        assert_eq!(titles(&stranger, list).await, ["Second"]);
        cast.manager.client.put(&path, &cast.event("First")).await.expect(200);
    }
    cast.manager.client.delete(&path).await.expect(204);
    assert_eq!((titles(&stranger, "/events").await, titles(member, "/events").await), (vec![], vec![]));
}

#[tokio::test]
async fn what_a_ticket_holder_sees_of_an_event_out_of_sight_is_given_to_nobody_else() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let night = Night::of(&cast, "Private").await;
    let (holder, other) = (app.member().await.client, &cast.member.client);
    night.book(&holder, 1).await;
    let path = format!("/admin/events/{}/deactivate", night.event);
    cast.manager.client.post(&path, &json!({})).await.expect(200);
    for what in ["availability", "ticket-types", "seats", "seats?view=status", "sections"] {
        let path = format!("/events/{}/{what}", night.event);
        // Whoever comes first, and at once: nobody is given what was made for the other.
        for _ in 0..2 {
            let (seen, hidden) = futures_util::join!(holder.get(&path), other.get(&path));
            seen.expect(200);
            hidden.expect_problem(404, "not_found");
            let (hidden, seen) = futures_util::join!(other.get(&path), holder.get(&path));
            seen.expect(200);
            hidden.expect_problem(404, "not_found");
        }
        holder.get(&path).await.expect(200);
        other.get(&path).await.expect_problem(404, "not_found");
        holder.get(&path).await.expect(200);
    }
}

#[tokio::test]
async fn every_change_of_a_kind_of_ticket_shows_at_once() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.published(&cast.event("Opening")).await;
    let kinds = format!("/admin/events/{}/ticket-types", id(&event));
    let left = format!("/events/{}/availability", id(&event));
    let names = async || {
        let left = cast.member.client.get(&left).await.expect(200);
        column(&left, "name").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let price =
        async || app.stranger().get("/events").await.expect(200)["items"][0]["price_from"]["amount"].clone();
    assert_eq!((names().await, price().await), (vec!["Regular".to_owned()], json!(2500)));
    let mut cheap = ticket_type("Cheap", 5);
    cheap["price"]["amount"] = json!(500);
    let made = cast.manager.client.post(&kinds, &cheap).await.expect(201);
    assert_eq!((names().await, price().await), (vec!["Regular".into(), "Cheap".into()], json!(500)));
    let path = format!("/admin/ticket-types/{}", id(&made));
    cheap["hidden"] = json!(true);
    cast.manager.client.put(&path, &cheap).await.expect(200);
    assert_eq!((names().await, price().await), (vec!["Regular".to_owned()], json!(2500)));
    cheap["hidden"] = json!(false);
    cast.manager.client.put(&path, &cheap).await.expect(200);
    assert_eq!(names().await.len(), 2);
    cast.manager.client.delete(&path).await.expect(204);
    assert_eq!((names().await, price().await), (vec!["Regular".to_owned()], json!(2500)));
}

#[tokio::test]
async fn what_is_left_follows_places_that_are_said_to_have_changed() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.published(&cast.event("Opening")).await;
    let path = format!("/events/{}/availability", id(&event));
    let before = cast.member.client.get(&path).await.expect(200);
    assert_eq!(before["items"][0]["available"], 100);
    let wanted = json!([{"ticket_type_id": before["items"][0]["ticket_type_id"], "quantity": 3}]);
    let hold = json!({"event_id": event["id"], "items": wanted});
    cast.member.client.post("/seats/hold", &hold).await.expect(201);
    app.app.answers.places_changed(id(&event).parse().unwrap());
    let after = cast.member.client.get(&path).await.expect(200);
    assert_eq!(after["items"][0]["available"], 97);
}

#[tokio::test]
async fn an_unchanged_body_is_not_sent_again() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.published(&cast.event("Opening")).await;
    let left = format!("/events/{}/availability", id(&event));
    for (client, path, cache_control) in [
        (&app.stranger(), "/events", "private, max-age=1"),
        (&cast.member.client, "/events/upcoming", "private, max-age=1"),
        (&cast.admin.client, "/events", "private, max-age=1"),
        (&cast.member.client, left.as_str(), "private, no-cache"),
        (&cast.owner.client, left.as_str(), "private, no-cache"),
    ] {
        let first = client.get(path).await;
        let etag = first.header("etag").to_owned();
        assert_eq!((first.header("cache-control"), first.header("vary")), (cache_control, "authorization"));
        assert_eq!(first.header("content-type"), "application/json");
        let again = ask_again(client, path, &etag).await;
        assert_eq!((again.status, again.text.as_str(), again.header("etag")), (304, "", etag.as_str()));
        assert_eq!(again.header("cache-control"), cache_control);
        assert_eq!(ask_again(client, path, "\"other\"").await.expect(200), first.json);
    }
    let etag = app.stranger().get("/events").await.header("etag").to_owned();
    cast.manager.client.put(&format!("/admin/events/{}", id(&event)), &cast.event("New")).await.expect(200);
    assert_eq!(ask_again(&app.stranger(), "/events", &etag).await.expect(200)["items"][0]["title"], "New");
}

#[tokio::test]
async fn who_begins_to_work_somewhere_sees_more_at_once_and_who_ceases_to_less() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.published(&cast.event("Opening")).await;
    let hidden = cast.published(&cast.event("Out of sight")).await;
    let path = format!("/admin/events/{}/deactivate", id(&hidden));
    cast.manager.client.post(&path, &json!({})).await.expect(200);
    let address = async |client: &Client| {
        client.get(&format!("/events/{}", id(&event))).await.expect(200)["location"]["address"].clone()
    };
    let person = &cast.member;
    assert_eq!(address(&person.client).await, Value::Null);
    let members = format!("/admin/organisations/{}/members", cast.organisation);
    let role = json!({"account_id": person.id, "role": "door"});
    cast.owner.client.post(&members, &role).await.expect(201);
    assert_eq!(address(&person.client).await, "Quay 7");
    let left = format!("/events/{}/availability", id(&hidden));
    person.client.get(&left).await.expect(200);
    // What staff see is not shown to others.
    let other = app.member().await;
    assert_eq!((address(&other.client).await, address(&app.stranger()).await), (Value::Null, Value::Null));
    other.client.get(&left).await.expect_problem(404, "not_found");
    cast.owner.client.delete(&format!("{members}/{}", person.id)).await.expect(204);
    assert_eq!(address(&person.client).await, Value::Null);
    person.client.get(&left).await.expect_problem(404, "not_found");
    let seen = staff(&app, &cast.admin, &cast.organisation, "manager").await;
    assert_eq!(address(&seen.client).await, "Quay 7");
    assert_eq!(event["status"], "published");
}

#[tokio::test]
async fn a_crowd_with_odd_questions_gets_right_answers() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    cast.published(&cast.event("Opening")).await;
    let clients = [app.stranger(), cast.member.client.clone(), cast.admin.client.clone()];
    let asked = (0..600).map(|number| {
        let client = &clients[number % clients.len()];
        let (query, count) = match number % 4 {
            0 => (format!("query=opening&x={number}"), 1),
            1 => (format!("query=nothing-{number}"), 0),
            2 => (format!("limit={}", 1 + number % 100), 1),
            _ => (format!("from=2020-01-01T00:00:00.{number:06}Z"), 1),
        };
        async move {
            let found = client.get(&format!("/events?{query}")).await.expect(200);
            assert_eq!(found["items"].as_array().unwrap().len(), count, "{query}");
        }
    });
    join_all(asked).await;
}
