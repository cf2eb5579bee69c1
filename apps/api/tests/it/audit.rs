//! The audit log over HTTP: what is recorded, who reads it, and the table of it.

use crate::events::cast::{Cast, column, id, ticket_type};
use crate::harness::{Client, Person, TestApp, answer, method};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use synesthesie::worker::seal_round;

/// Sends in a request of this name.
async fn named(client: &Client, name: &str, call: &str, path: &str, body: &Value) -> Value {
    let request = client.request(method(call), path).header("x-request-id", name).json(body);
    let answer = answer(request).await;
    assert!((200..300).contains(&answer.status), "{call} {path}: {}", answer.text);
    answer.json
}

/// What was done in the request of this name: act, actor, and the kind of thing it was done to.
async fn recorded(admin: &Person, name: &str) -> Vec<(String, String, String)> {
    let all = admin.client.get("/admin/audit?limit=100").await.expect(200);
    let items = all["items"].as_array().unwrap().iter().filter(|act| act["request_id"] == name);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    items
        .map(|act| (text(&act["act"]), text(&act["actor"]["account_id"]), text(&act["subject"]["kind"])))
        .collect()
}

#[tokio::test]
async fn every_administrative_request_leaves_its_name_and_its_act() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let (admin, manager) = (&cast.admin, &cast.manager);
    let member = format!("/admin/users/{}", cast.member.id);
    let members = format!("/admin/organisations/{}/members", cast.organisation);
    let made = named(&admin.client, "invite", "POST", "/admin/invites", &json!({})).await;
    let invite = format!("/admin/invites/{}", made["items"][0]["id"].as_str().unwrap());
    named(&admin.client, "revoke", "DELETE", &invite, &json!({})).await;
    named(&admin.client, "suspend", "PATCH", &member, &json!({"status": "suspended"})).await;
    named(&admin.client, "organisation", "POST", "/admin/organisations", &json!({"name": "New"})).await;
    let body = json!({"account_id": cast.door.id, "role": "manager"});
    named(&cast.owner.client, "member", "POST", &members, &body).await;
    let gone = format!("{members}/{}", cast.door.id);
    named(&cast.owner.client, "gone", "DELETE", &gone, &json!({})).await;
    let event = named(&manager.client, "event", "POST", "/admin/events", &cast.event("Night")).await;
    let path = format!("/admin/events/{}", id(&event));
    let kinds = format!("{path}/ticket-types");
    let kind = named(&manager.client, "kind", "POST", &kinds, &ticket_type("Regular", 10)).await;
    let kind = format!("/admin/ticket-types/{}", id(&kind));
    named(&manager.client, "kind-edit", "PUT", &kind, &ticket_type("Late", 10)).await;
    named(&manager.client, "publish", "POST", &format!("{path}/publish"), &json!({})).await;
    named(&manager.client, "deactivate", "POST", &format!("{path}/deactivate"), &json!({})).await;
    named(&manager.client, "edit", "PUT", &path, &cast.event("Later")).await;
    named(&manager.client, "kind-gone", "DELETE", &kind, &json!({})).await;
    named(&manager.client, "event-gone", "DELETE", &path, &json!({})).await;
    for (name, act, who, kind) in [
        ("invite", "invite.create", admin, "invite"),
        ("revoke", "invite.revoke", admin, "invite"),
        ("suspend", "account.change_standing", admin, "account"),
        ("organisation", "organisation.create", admin, "organisation"),
        ("member", "organisation.set_member", &cast.owner, "account"),
        ("gone", "organisation.remove_member", &cast.owner, "account"),
        ("event", "event.create", manager, "event"),
        ("kind", "ticket_type.create", manager, "ticket_type"),
        ("kind-edit", "ticket_type.update", manager, "ticket_type"),
        ("publish", "event.publish", manager, "event"),
        ("deactivate", "event.deactivate", manager, "event"),
        ("edit", "event.update", manager, "event"),
        ("kind-gone", "ticket_type.delete", manager, "ticket_type"),
        ("event-gone", "event.delete", manager, "event"),
    ] {
        let expected = (act.to_owned(), who.id.clone(), kind.to_owned());
        assert_eq!(recorded(admin, name).await, [expected], "{name}");
    }
}

#[tokio::test]
async fn an_act_is_shown_with_who_and_what_and_its_number_once_it_is_sealed() {
    let app = TestApp::start().await;
    let (admin, member) = (app.admin().await, app.member().await);
    let path = format!("/admin/users/{}", member.id);
    named(&admin.client, "the-request", "PATCH", &path, &json!({"status": "suspended"})).await;
    let look = format!("/admin/audit?subject_id={}&act=account.change_standing", member.id);
    let shown = admin.client.get(&look).await.expect(200);
    let act = &shown["items"][0];
    let expected = json!({
        "id": act["id"], "at": act["at"],
        "actor": {"kind": "account", "account_id": admin.id, "provider": null},
        "act": "account.change_standing",
        "subject": {"kind": "account", "id": member.id},
        "organisation_id": null,
        "request_id": "the-request",
        "before": {"status": "active", "role": "member"},
        "after": {"status": "suspended", "role": "member"},
        "number": null,
    });
    assert_eq!(shown, json!({"items": [expected], "next_cursor": null}));
    assert!(seal_round(&app.app).await.unwrap() > 0);
    assert_eq!(seal_round(&app.app).await.unwrap(), 0, "there is nothing left to seal");
    let sealed = admin.client.get(&look).await.expect(200);
    assert!(sealed["items"][0]["number"].as_u64().is_some_and(|number| number > 0), "{sealed}");
}

#[tokio::test]
async fn organisers_read_what_was_done_to_what_is_theirs() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    let here = id(&cast.draft(&cast.event("Here")).await).to_owned();
    let elsewhere = crate::events::cast::event_of(&cast.elsewhere, "Elsewhere");
    cast.foreigner.client.post("/admin/events", &elsewhere).await.expect(201);
    for reader in [&cast.manager, &cast.owner] {
        let seen = reader.client.get("/admin/audit?limit=100").await.expect(200);
        let owners: BTreeSet<_> = column(&seen, "organisation_id").into_iter().collect();
        assert_eq!(owners, BTreeSet::from([cast.organisation.as_str()]));
        assert!(seen["items"].as_array().unwrap().iter().any(|act| act["subject"]["id"] == here.as_str()));
        let same = format!("/admin/audit?limit=100&organisation_id={}", cast.organisation);
        assert_eq!(reader.client.get(&same).await.expect(200), seen);
    }
    let asked = format!("organisation_id={}", cast.organisation);
    for path in [format!("/admin/audit?{asked}"), format!("/admin/audit/export?{asked}")] {
        let none = cast.foreigner.client.get(&path).await;
        assert!(none.status == 200 && !none.text.contains(&cast.organisation), "{}", none.text);
        cast.door.client.get(&path).await.expect_problem(403, "forbidden");
        cast.member.client.get(&path).await.expect_problem(403, "forbidden");
        assert_eq!(cast.admin.client.get(&path).await.status, 200);
    }
    let by_subject = format!("/admin/audit?subject_id={here}");
    let none = cast.foreigner.client.get(&by_subject).await.expect(200);
    assert_eq!(none, json!({"items": [], "next_cursor": null}));
    let table = cast.foreigner.client.get("/admin/audit/export").await;
    assert!(!table.text.contains(&cast.organisation) && table.text.contains(&cast.elsewhere));
}

#[tokio::test]
async fn acts_are_found_by_actor_kind_and_time() {
    let app = TestApp::start().await;
    let cast = Cast::of(&app).await;
    cast.published(&cast.event("Night")).await;
    let get = async |query: String| cast.admin.client.get(&format!("/admin/audit?limit=100&{query}")).await;
    let own = get(format!("account_id={}", cast.manager.id)).await.expect(200);
    assert_eq!(column(&own, "act"), ["event.publish", "ticket_type.create", "event.create"]);
    let kind = get("act=event".into()).await.expect(200);
    assert_eq!(column(&kind, "act"), ["event.publish", "event.create"]);
    let first = own["items"][2]["at"].as_str().unwrap();
    let before = get(format!("account_id={}&to={first}", cast.manager.id)).await.expect(200);
    assert_eq!(column(&before, "act"), Vec::<&str>::new());
    let since = get(format!("account_id={}&from={first}", cast.manager.id)).await.expect(200);
    assert_eq!(since, own);
    for wrong in ["organisation_id=1", "subject_id=x", "account_id=x", "from=soon", "to=late"] {
        let problem = get(wrong.into()).await.expect_problem(422, "invalid_input");
        assert_eq!(problem["errors"][0]["field"], wrong.split('=').next().unwrap());
    }
    let long = "x".repeat(101);
    get(format!("act={long}")).await.expect_problem(422, "invalid_input");
}

#[tokio::test]
async fn the_table_has_every_act_once_and_nothing_that_a_spreadsheet_would_run() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for _ in 0..6 {
        admin.client.post("/admin/invites", &json!({"count": 100})).await.expect(201);
    }
    let made = named(&admin.client, "=1+1", "POST", "/admin/invites", &json!({})).await;
    assert_eq!(made["items"].as_array().unwrap().len(), 1);
    let table = admin.client.get("/admin/audit/export?act=invite.create").await;
    assert_eq!(table.status, 200);
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"audit.csv\"");
    let mut lines = table.text.split_terminator("\r\n");
    let names = lines.next().unwrap();
    assert!(names.starts_with("number,at,id,actor_kind,actor,act,subject_kind,subject_id,"), "{names}");
    let lines: Vec<&str> = lines.collect();
    // More than are read at a time.
    assert_eq!(lines.len(), 601);
    let ids: BTreeSet<&str> = lines.iter().map(|line| line.split(',').nth(2).unwrap()).collect();
    assert_eq!(ids.len(), 601);
    assert_eq!(lines[0].split(',').nth(9), Some("\"'=1+1\""), "{}", lines[0]);
    let none = admin.client.get("/admin/audit/export?act=nothing").await;
    assert_eq!(none.text.lines().count(), 1, "the line of names alone");
}
