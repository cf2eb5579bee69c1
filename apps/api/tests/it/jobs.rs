//! Work that kept failing, over HTTP.

use crate::harness::{TestApp, unique_email};
use chrono::TimeDelta;
use serde_json::json;
use synesthesie::worker::QUICK;

#[tokio::test]
async fn admins_see_what_was_set_aside_and_have_it_tried_again() {
    let app = TestApp::start().await;
    let (admin, member) = (app.admin().await, app.member().await);
    // Bound to an address, an invite owes a mail.
    let wish = json!({"email": unique_email("guest")});
    admin.client.post("/admin/invites", &wish).await.expect(201);
    let (now, outbox) = (app.app.clock.now(), &app.app.outbox);
    let due = outbox.claim(&QUICK, now, now + TimeDelta::minutes(1), 100).await.unwrap();
    let due = due.into_iter().find(|due| due.domain == invites::DOMAIN).unwrap();
    outbox.park(due.lease(), "the mail server refused it", now).await.unwrap();

    let path = format!("/admin/jobs/{}/retry", due.id);
    member.client.get("/admin/jobs").await.expect_problem(403, "forbidden");
    member.client.post(&path, &json!({})).await.expect_problem(403, "forbidden");
    let listed = admin.client.get("/admin/jobs").await.expect(200);
    let shown = json!({
        "id": due.id.to_string(), "domain": "invites", "attempts": 1, "parked_at": now,
        "error": "the mail server refused it",
    });
    assert_eq!(listed, json!({"items": [shown], "next_cursor": null}));

    admin.client.post(&path, &json!({})).await.expect(204);
    let listed = admin.client.get("/admin/jobs").await.expect(200);
    assert_eq!(listed, json!({"items": [], "next_cursor": null}));
    let now = app.app.clock.now();
    let again = outbox.claim(&QUICK, now, now + TimeDelta::minutes(1), 100).await.unwrap();
    assert!(again.iter().any(|again| again.id == due.id && again.attempts == 0), "the worker takes it");
    admin.client.post(&path, &json!({})).await.expect_problem(404, "not_found");
}
