//! Work that waits, fails or was set aside, over HTTP.

use crate::harness::{Person, TestApp, unique_email};
use chrono::TimeDelta;
use kernel::{Due, Timestamp};
use serde_json::{Value, json};

/// No work has it.
const NOBODYS: &str = "01900000-0000-7000-8000-000000000000";

/// A mail that is owed, and that somebody has begun to send: bound to an address, an invite owes one.
async fn begun(app: &TestApp, admin: &Person) -> Due {
    let wish = json!({"email": unique_email("guest")});
    admin.client.post("/admin/invites", &wish).await.expect(201);
    let now = app.app.clock.now();
    let until = now + TimeDelta::minutes(1);
    let mut due = app.app.outbox.claim(&[invites::DOMAIN], now, until, 100).await.unwrap();
    assert_eq!(due.len(), 1);
    due.remove(0)
}

/// One that was set aside.
async fn parked(app: &TestApp, admin: &Person) -> (Due, Timestamp) {
    let (due, now) = (begun(app, admin).await, app.app.clock.now());
    assert!(app.app.outbox.park(due.lease(), "the mail server refused it", now).await.unwrap());
    (due, now)
}

/// One that failed, and is tried again in an hour.
async fn failing(app: &TestApp, admin: &Person) -> (Due, Timestamp) {
    let (due, later) = (begun(app, admin).await, app.app.clock.now() + TimeDelta::hours(1));
    let away = Some("the mail server is away");
    assert!(app.app.outbox.postpone(due.lease(), later, away).await.unwrap());
    (due, later)
}

/// What admins are recorded to have done to work.
async fn recorded(admin: &Person, act: &str) -> Vec<Value> {
    let acts = admin.client.get(&format!("/admin/audit?limit=100&act={act}")).await.expect(200);
    acts["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn admins_see_what_was_set_aside_and_have_it_tried_again() {
    let app = TestApp::start().await;
    let (admin, member) = (app.admin().await, app.member().await);
    let (due, now) = parked(&app, &admin).await;

    let path = format!("/admin/jobs/{}/retry", due.id);
    member.client.get("/admin/jobs").await.expect_problem(403, "forbidden");
    member.client.post(&path, &json!({})).await.expect_problem(403, "forbidden");
    let listed = admin.client.get("/admin/jobs").await.expect(200);
    let shown = json!({
        "id": due.id.to_string(), "domain": "invites", "kind": "send_invite", "state": "parked", "attempts": 1,
        "due_at": due.due_at, "leased_until": null, "parked_at": now, "error": "the mail server refused it",
    });
    assert_eq!(listed, json!({"items": [shown], "next_cursor": null}));

    admin.client.post(&path, &json!({})).await.expect(204);
    let listed = admin.client.get("/admin/jobs").await.expect(200);
    assert_eq!(listed, json!({"items": [], "next_cursor": null}));
    let acts = recorded(&admin, "job.retry").await;
    assert_eq!((acts.len(), &acts[0]["subject"]["id"]), (1, &json!(due.id.to_string())));
    let (now, outbox) = (app.app.clock.now(), &app.app.outbox);
    let again = outbox.claim(&[invites::DOMAIN], now, now + TimeDelta::minutes(1), 100).await.unwrap();
    assert!(again.iter().any(|again| again.id == due.id && again.attempts == 0), "the worker takes it");
    admin.client.post(&path, &json!({})).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn work_is_found_by_where_it_stands_and_nobody_reads_what_it_says() {
    let app = TestApp::start().await;
    let (admin, member) = (app.admin().await, app.member().await);
    let (due, later) = failing(&app, &admin).await;
    let asked = json!({"email": member.email});
    app.stranger().post("/auth/forgot-password", &asked).await.expect(202);

    let waiting = admin.client.get("/admin/jobs?state=waiting&domain=accounts&kind=asked_for_reset").await;
    assert!(!waiting.text.contains(&member.email), "{}", waiting.text);
    let waiting = waiting.expect(200);
    assert_eq!(waiting["items"].as_array().unwrap().len(), 1, "{waiting}");
    let one = &waiting["items"][0];
    assert_eq!((&one["state"], &one["kind"]), (&json!("waiting"), &json!("asked_for_reset")));
    assert_eq!((&one["attempts"], &one["error"]), (&json!(0), &Value::Null));

    let listed = admin.client.get("/admin/jobs?state=failing").await.expect(200);
    let shown = json!({
        "id": due.id.to_string(), "domain": "invites", "kind": "send_invite", "state": "failing", "attempts": 1,
        "due_at": later, "leased_until": null, "parked_at": null, "error": "the mail server is away",
    });
    assert_eq!(listed, json!({"items": [shown], "next_cursor": null}));
    for none in ["state=failing&domain=accounts", "state=failing&kind=send_tickets", "domain=invites"] {
        let listed = admin.client.get(&format!("/admin/jobs?{none}")).await.expect(200);
        assert_eq!(listed["items"], json!([]), "{none}");
    }

    let counts = admin.client.get("/admin/jobs/counts").await.expect(200);
    let mut of_invites = counts["items"].as_array().unwrap().iter().filter(|one| one["domain"] == "invites");
    let expected = json!({
        "domain": "invites", "kind": "send_invite", "waiting": 0, "failing": 1, "parked": 0, "oldest_due_at": later,
    });
    assert_eq!((of_invites.next(), of_invites.next()), (Some(&expected), None));
    member.client.get("/admin/jobs/counts").await.expect_problem(403, "forbidden");

    for wrong in ["state=broken", "domain=a%20b", "kind=%27", "state=failing&domain=%C3%A4"] {
        let path = format!("/admin/jobs?{wrong}");
        admin.client.get(&path).await.expect_problem(422, "invalid_input");
    }
}

#[tokio::test]
async fn much_is_tried_again_by_name_or_by_where_it_stands() {
    let app = TestApp::start().await;
    let (admin, member) = (app.admin().await, app.member().await);
    let (first, _) = parked(&app, &admin).await;
    let (second, _) = parked(&app, &admin).await;
    let (third, _) = failing(&app, &admin).await;
    let all = [first.id, second.id, third.id].map(|id| id.to_string());
    let retry = async |body: Value| admin.client.post("/admin/jobs/retry", &body).await;

    let many: Vec<_> = (0..1001).map(|number| format!("01900000-0000-7000-8000-{number:012}")).collect();
    for wrong in [
        json!({}),
        json!({"ids": many}),
        json!({"state": "waiting"}),
        json!({"state": "broken"}),
        json!({"domain": "invites"}),
        json!({"kind": "send_invite"}),
        json!({"state": "parked", "domain": "no such"}),
        json!({"ids": [all[0]], "state": "parked"}),
    ] {
        retry(wrong).await.expect_problem(422, "invalid_input");
    }
    let by_name = json!({"ids": [all[0], all[0], NOBODYS]});
    member.client.post("/admin/jobs/retry", &by_name).await.expect_problem(403, "forbidden");
    assert_eq!(recorded(&admin, "job.retry").await, Vec::<Value>::new());

    let done = retry(by_name).await.expect(200);
    assert_eq!(done, json!({"changed": 1, "unknown": [NOBODYS], "more": false}));
    let elsewhere = json!({"state": "parked", "domain": "accounts"});
    assert_eq!(retry(elsewhere).await.expect(200), json!({"changed": 0, "unknown": [], "more": false}));
    let mails = json!({"state": "parked", "domain": "invites", "kind": "send_invite"});
    assert_eq!(retry(mails).await.expect(200), json!({"changed": 1, "unknown": [], "more": false}));
    let failed = json!({"state": "failing"});
    assert_eq!(retry(failed).await.expect(200), json!({"changed": 1, "unknown": [], "more": false}));

    let (now, outbox) = (app.app.clock.now(), &app.app.outbox);
    let due = outbox.claim(&[invites::DOMAIN], now, now + TimeDelta::minutes(1), 100).await.unwrap();
    let mut taken: Vec<_> = due.iter().map(|due| (due.id.to_string(), due.attempts)).collect();
    taken.sort_unstable();
    let mut expected: Vec<_> = all.iter().map(|id| (id.clone(), 0)).collect();
    expected.sort_unstable();
    assert_eq!(taken, expected);
    assert_eq!(recorded(&admin, "job.retry").await.len(), 3, "one act for each");
}

#[tokio::test]
async fn admins_do_without_what_was_set_aside_and_it_is_on_record() {
    let app = TestApp::start().await;
    let (admin, member) = (app.admin().await, app.member().await);
    let (other, _) = failing(&app, &admin).await;
    let (due, now) = parked(&app, &admin).await;
    let path = format!("/admin/jobs/{}", due.id);
    member.client.delete(&path).await.expect_problem(403, "forbidden");
    for id in [other.id.to_string(), NOBODYS.to_owned()] {
        admin.client.delete(&format!("/admin/jobs/{id}")).await.expect_problem(404, "not_found");
    }
    admin.client.delete(&path).await.expect(204);
    admin.client.delete(&path).await.expect_problem(404, "not_found");
    admin.client.post(&format!("{path}/retry"), &json!({})).await.expect_problem(404, "not_found");
    assert_eq!(admin.client.get("/admin/jobs").await.expect(200)["items"], json!([]));
    let failing = admin.client.get("/admin/jobs?state=failing").await.expect(200);
    assert_eq!(failing["items"][0]["id"], other.id.to_string(), "what is tried again goes on");

    let acts = recorded(&admin, "job.discard").await;
    assert_eq!(acts.len(), 1, "{acts:?}");
    assert_eq!(acts[0]["actor"]["account_id"], admin.id);
    assert_eq!(acts[0]["subject"], json!({"kind": "job", "id": due.id.to_string()}));
    let before = json!({"domain": "invites", "kind": "send_invite", "attempts": 1, "parked_at": now});
    assert_eq!((&acts[0]["before"], &acts[0]["after"]), (&before, &Value::Null));
}
