//! Opening accounts: who may, with what, and how often.

use crate::harness::{PASSWORD, TestApp, registration, unique_email};
use futures_util::future::join_all;
use serde_json::{Value, json};

async fn register(app: &TestApp, body: &Value) -> crate::harness::Answer {
    app.stranger().post("/auth/register", body).await
}

#[tokio::test]
async fn whoever_was_invited_gets_an_account_and_is_logged_in() {
    let app = TestApp::start().await;
    let (code, email) = (app.invite(1).await, unique_email("Ada"));
    let answer = register(&app, &registration(&code, &format!(" {} ", email.to_uppercase()))).await;
    assert_eq!(answer.header("location"), "/api/v1/users/me");
    let session = answer.expect(201);
    assert_eq!(session["user"]["email"], email.to_lowercase());
    assert_eq!(session["user"]["email_verified"], false);
    assert_eq!(session["user"]["status"], "active");
    assert_eq!(session["expires_in"], 900);
    let me = app.with_token(session["access_token"].as_str().unwrap()).get("/users/me").await.expect(200);
    assert_eq!(me, session["user"]);
}

#[tokio::test]
async fn a_role_in_the_body_changes_nothing() {
    let app = TestApp::start().await;
    let mut body = registration(&app.invite(1).await, &unique_email("eve"));
    for (field, value) in [("role", "admin"), ("status", "active"), ("email_verified", "true"), ("id", "x")] {
        body[field] = json!(value);
    }
    let session = register(&app, &body).await.expect(201);
    assert_eq!(session["user"]["role"], "member");
    let client = app.with_token(session["access_token"].as_str().unwrap());
    client.get("/admin/users").await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn registration_follows_its_policy() {
    let strict = TestApp::start().await;
    let mut body = registration("", &unique_email("ada"));
    register(&strict, &body).await.expect_problem(422, "invite_required");
    body.as_object_mut().unwrap().remove("invite_code");
    register(&strict, &body).await.expect_problem(422, "invite_required");
    let open = TestApp::with(&[("auth.registration", "open")]).await;
    register(&open, &body).await.expect(201);
    let careful = TestApp::with(&[("auth.registration", "approval")]).await;
    let waiting = register(&careful, &body).await.expect(201);
    assert_eq!((&waiting["user"]["status"], &waiting["access_token"]), (&json!("pending"), &Value::Null));
    let login = json!({"email": body["email"], "password": PASSWORD});
    careful.stranger().post("/auth/login", &login).await.expect_problem(403, "account_pending");
    let path = format!("/admin/users/{}", waiting["user"]["id"].as_str().unwrap());
    let approved = careful.admin().await.client.patch(&path, &json!({"status": "active"})).await.expect(200);
    assert_eq!(approved["status"], "active");
    careful.stranger().post("/auth/login", &login).await.expect(200);
}

#[tokio::test]
async fn an_address_opens_one_account_however_it_is_spelled() {
    let app = TestApp::start().await;
    let (code, email) = (app.invite(3).await, unique_email("ada"));
    register(&app, &registration(&code, &email)).await.expect(201);
    let again = registration(&code, &email.to_uppercase());
    register(&app, &again).await.expect_problem(409, "email_taken");
    let other = registration(&code, &unique_email("bob"));
    register(&app, &other).await.expect(201);
}

#[tokio::test]
async fn passwords_have_bounds_in_bytes() {
    let app = TestApp::start().await;
    let mut body = registration(&app.invite(2).await, &unique_email("ada"));
    for (password, code) in [
        ("123456789".to_owned(), "password_too_short"),
        (String::new(), "password_too_short"),
        ("x".repeat(73), "password_too_long"),
        ("ä".repeat(37), "password_too_long"),
    ] {
        body["password"] = json!(password);
        register(&app, &body).await.expect_problem(422, code);
    }
    body["password"] = json!("ä".repeat(36));
    register(&app, &body).await.expect(201);
    app.login(body["email"].as_str().unwrap(), &"ä".repeat(36)).await;
}

#[tokio::test]
async fn all_that_is_wrong_with_a_person_is_said_at_once() {
    let app = TestApp::start().await;
    let mut body = registration(&app.invite(1).await, "nobody");
    body["first_name"] = json!(" ");
    body["last_name"] = json!("x".repeat(101));
    let problem = register(&app, &body).await.expect_problem(422, "invalid_input");
    let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|one| &one["field"]).collect();
    assert_eq!(fields, ["email", "first_name", "last_name"]);
}

#[tokio::test]
async fn strangers_cannot_tell_why_a_code_is_not_valid() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let used = app.invite(1).await;
    register(&app, &registration(&used, &unique_email("first"))).await.expect(201);
    let make =
        async |wish: Value| admin.client.post("/admin/invites", &wish).await.expect(201)["items"][0].clone();
    let revoked = make(json!({})).await;
    let path = format!("/admin/invites/{}", revoked["id"].as_str().unwrap());
    admin.client.delete(&path).await.expect(204);
    let bound = make(json!({"email": "someone-else@example.org"})).await;
    let codes = [
        "0000-0000-0000",
        "nonsense",
        &used,
        revoked["code"].as_str().unwrap(),
        bound["code"].as_str().unwrap(),
    ];
    let mut answers = Vec::new();
    for code in codes {
        let mut problem = register(&app, &registration(code, &unique_email("late"))).await;
        problem.assert_problem();
        problem.json.as_object_mut().unwrap().remove("request_id");
        answers.push((problem.status, problem.json));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    assert_eq!(answers[0].1["code"], "invite_invalid");
}

#[tokio::test]
async fn two_hundred_registrations_with_a_code_of_five_uses_open_five_accounts() {
    let app = TestApp::start().await;
    let code = app.invite(5).await;
    let attempts = (0..200).map(|_| {
        let (client, body) = (app.stranger(), registration(&code, &unique_email("crowd")));
        async move { client.post("/auth/register", &body).await }
    });
    let answers = join_all(attempts).await;
    let opened = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(opened, 5);
    let refused = answers.iter().filter(|answer| answer.json["code"] == "invite_invalid").count();
    assert_eq!(refused, 195);
    let users = app.admin().await.client.get("/admin/users?query=crowd-&limit=100").await.expect(200);
    assert_eq!(users["items"].as_array().unwrap().len(), 5);
}
