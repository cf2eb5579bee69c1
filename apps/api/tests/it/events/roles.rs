//! Every call of this part, as every kind of person.

use super::cast::{Cast, event_of, id, ticket_type};
use crate::harness::{Client, TestApp, answer, method};
use serde_json::{Value, json};

/// What each is answered: a stranger, a member, door, manager and owner of the organisation, an admin, and the owner
/// of another organisation.
type Statuses = [u16; 7];

struct Call {
    method: &'static str,
    path: String,
    body: Value,
    statuses: Statuses,
}

fn call(method: &'static str, path: &str, body: &Value, statuses: Statuses) -> Call {
    Call { method, path: path.to_owned(), body: body.clone(), statuses }
}

const PLATFORM: Statuses = [401, 403, 403, 403, 403, 201, 403];
const ANY_STAFF: Statuses = [401, 403, 200, 200, 200, 200, 200];
const STAFF: Statuses = [401, 403, 200, 200, 200, 200, 404];

/// Those who run events get `status`; others are refused, and foreigners told of nothing.
const fn run(status: u16) -> Statuses {
    [401, 403, 403, status, status, status, 404]
}

/// Those who decide who works there get `status`.
const fn own(status: u16) -> Statuses {
    [401, 403, 403, 403, status, status, 404]
}

fn calls(cast: &Cast, event: &Value, kind: &Value, somebody: &str) -> Vec<Call> {
    let organisation = format!("/admin/organisations/{}", cast.organisation);
    let members = format!("{organisation}/members");
    let path = format!("/admin/events/{}", id(event));
    let kinds = format!("{path}/ticket-types");
    let kind_path = format!("/admin/ticket-types/{}", id(kind));
    let public = format!("/events/{}", id(event));
    let nobody = json!({});
    let role = json!({"account_id": somebody, "role": "door"});
    let (body, kind) = (cast.event("Everybody's"), ticket_type("Regular", 10));
    vec![
        call("POST", "/admin/organisations", &json!({"name": "New"}), PLATFORM),
        call("GET", "/admin/organisations", &Value::Null, ANY_STAFF),
        call("GET", &organisation, &Value::Null, STAFF),
        call("GET", &members, &Value::Null, run(200)),
        call("POST", &members, &role, own(201)),
        call("DELETE", &format!("{members}/{}", uuid::Uuid::nil()), &Value::Null, own(404)),
        // Which organisations there are is nobody else's business: it is a mistake in the body.
        call("POST", "/admin/events", &body, [401, 403, 403, 201, 201, 201, 422]),
        call("GET", "/admin/events", &Value::Null, ANY_STAFF),
        // It is a draft: no door has to know of it.
        call("GET", &path, &Value::Null, run(200)),
        call("PUT", &path, &body, run(200)),
        call("POST", &format!("{path}/deactivate"), &nobody, run(409)),
        call("GET", &kinds, &Value::Null, run(200)),
        call("POST", &kinds, &kind, run(201)),
        call("PUT", &kind_path, &kind, run(200)),
        // A draft does not exist for others than those who run it.
        call("GET", &public, &Value::Null, [404, 404, 404, 200, 200, 200, 404]),
        call("GET", &format!("{public}/ticket-types"), &Value::Null, [401, 404, 404, 200, 200, 200, 404]),
        call("GET", &format!("{public}/availability"), &Value::Null, [401, 404, 404, 200, 200, 200, 404]),
        call("GET", "/events", &Value::Null, [200; 7]),
        call("GET", "/events/upcoming", &Value::Null, [200; 7]),
        // What ends something comes last: the first who may do it does it, and it is gone for those after them.
        call("DELETE", &kind_path, &Value::Null, [401, 403, 403, 204, 404, 404, 404]),
        call("POST", &format!("{path}/publish"), &nobody, [401, 403, 403, 200, 409, 409, 404]),
        call("DELETE", &path, &Value::Null, [401, 403, 403, 204, 404, 404, 404]),
    ]
}

#[tokio::test]
async fn every_call_answers_everybody_as_their_role_has_it() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.draft(&cast.event("Everybody's")).await;
    let path = format!("/admin/events/{}/ticket-types", id(&event));
    let kind = cast.manager.client.post(&path, &ticket_type("Doomed", 10)).await.expect(201);
    let somebody = app.member().await;
    let people: [(&str, Client); 7] = [
        ("stranger", app.stranger()),
        ("member", cast.member.client.clone()),
        ("door", cast.door.client.clone()),
        ("manager", cast.manager.client.clone()),
        ("owner", cast.owner.client.clone()),
        ("admin", cast.admin.client.clone()),
        ("foreigner", cast.foreigner.client.clone()),
    ];
    for Call { method: name, path, body, statuses } in calls(&cast, &event, &kind, &somebody.id) {
        for ((who, client), status) in people.iter().zip(statuses) {
            let request = client.request(method(name), &path);
            let request = if body.is_null() { request } else { request.json(&body) };
            let answered = answer(request).await;
            assert_eq!(answered.status, status, "{name} {path} as {who}: {}", answered.text);
            if answered.status >= 400 {
                answered.assert_problem();
            }
        }
    }
}

#[tokio::test]
async fn a_door_knows_what_is_on_sale_and_not_how_it_sells() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let draft = cast.draft(&cast.event("Secret")).await;
    let event = cast.published(&cast.event("Known")).await;
    for (who, known) in [(&cast.door, vec![id(&event)]), (&cast.manager, vec![id(&draft), id(&event)])] {
        let list = who.client.get("/admin/events").await.expect(200);
        let mut seen: Vec<_> = list["items"].as_array().unwrap().iter().map(id).collect();
        seen.sort_unstable();
        assert_eq!(seen, known);
        let path = format!("/admin/events/{}/ticket-types", id(&event));
        let kinds = who.client.get(&path).await.expect(200);
        let runs = known.len() == 2;
        for count in ["quantity", "held", "sold", "reserved"] {
            assert_eq!(kinds["items"][0].get(count).is_some(), runs, "{count}: {kinds}");
        }
        assert_eq!(kinds["items"][0]["name"], "Regular");
        let status = if runs { 200 } else { 403 };
        assert_eq!(who.client.get(&format!("/admin/events/{}/quotas", id(&event))).await.status, status);
    }
    let ended = format!("/admin/events/{}/deactivate", id(&event));
    cast.manager.client.post(&ended, &json!({})).await.expect(200);
    cast.door.client.get(&format!("/admin/events/{}", id(&event))).await.expect(200);
}

#[tokio::test]
async fn what_is_foreign_and_what_is_unknown_are_answered_alike() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let event = cast.draft(&cast.event("Secret")).await;
    let kinds = format!("/admin/events/{}/ticket-types", id(&event));
    let kind = cast.manager.client.post(&kinds, &ticket_type("Regular", 10)).await.expect(201);
    let nil = uuid::Uuid::nil().to_string();
    let (body, kind_body) = (event_of(&cast.elsewhere, "x"), ticket_type("x", 1));
    let role = json!({"email": "nobody@example.org", "role": "door"});
    for (verb, pattern, real, body) in [
        ("GET", "/admin/events/{}", id(&event), &Value::Null),
        ("PUT", "/admin/events/{}", id(&event), &body),
        ("DELETE", "/admin/events/{}", id(&event), &Value::Null),
        ("POST", "/admin/events/{}/publish", id(&event), &Value::Null),
        ("POST", "/admin/events/{}/deactivate", id(&event), &Value::Null),
        ("GET", "/admin/events/{}/ticket-types", id(&event), &Value::Null),
        ("POST", "/admin/events/{}/ticket-types", id(&event), &kind_body),
        ("PUT", "/admin/ticket-types/{}", id(&kind), &kind_body),
        ("DELETE", "/admin/ticket-types/{}", id(&kind), &Value::Null),
        ("GET", "/admin/organisations/{}", &cast.organisation, &Value::Null),
        ("GET", "/admin/organisations/{}/members", &cast.organisation, &Value::Null),
        ("POST", "/admin/organisations/{}/members", &cast.organisation, &role),
        ("GET", "/events/{}", id(&event), &Value::Null),
        ("GET", "/events/{}/availability", id(&event), &Value::Null),
    ] {
        let mut answers = Vec::new();
        for id in [real, nil.as_str()] {
            let request = cast.foreigner.client.request(method(verb), &pattern.replace("{}", id));
            let mut answered = answer(if body.is_null() { request } else { request.json(body) }).await;
            answered.json["request_id"] = Value::Null;
            answers.push((answered.status, answered.json));
        }
        assert_eq!(answers[0], answers[1], "{verb} {pattern}");
        assert_eq!(answers[0].0, 404, "{verb} {pattern}");
    }
    // An event for an organisation that is not one's own: as for one that does not exist.
    let mut errors = Vec::new();
    for organisation in [&cast.organisation, &nil] {
        let body = event_of(organisation, "Cuckoo");
        let refused = cast.foreigner.client.post("/admin/events", &body).await;
        errors.push(refused.expect_problem(422, "invalid_input")["errors"].clone());
    }
    assert_eq!(errors[0], errors[1]);
    // Nor does an edit move one's own event to where one does not work.
    let mine = event_of(&cast.elsewhere, "Mine");
    let mine = cast.foreigner.client.post("/admin/events", &mine).await.expect(201);
    let moved = event_of(&cast.organisation, "Mine");
    let refused = cast.foreigner.client.put(&format!("/admin/events/{}", id(&mine)), &moved).await;
    refused.expect_problem(422, "invalid_input");
}
