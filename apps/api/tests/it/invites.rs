//! Invites over HTTP.

use crate::harness::{TestApp, registration, unique_email};
use serde_json::{Value, json};

#[tokio::test]
async fn admins_make_invites_see_them_used_and_take_them_back() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let wish = json!({"count": 3, "max_uses": 2, "note": "for friends"});
    let made = admin.client.post("/admin/invites", &wish).await.expect(201);
    let made = made["items"].as_array().unwrap();
    assert_eq!(made.len(), 3);
    let code = made[0]["code"].as_str().unwrap();
    let body = registration(&code.to_lowercase().replace('-', " "), &unique_email("ada"));
    app.stranger().post("/auth/register", &body).await.expect(201);
    let listed = admin.client.get("/admin/invites").await.expect(200);
    let listed = listed["items"].as_array().unwrap();
    let used = listed.iter().find(|invite| invite["id"] == made[0]["id"]).unwrap();
    assert_eq!((&used["used"], &used["max_uses"], &used["code"]), (&json!(1), &json!(2), &json!(code)));
    let path = format!("/admin/invites/{}", made[0]["id"].as_str().unwrap());
    admin.client.delete(&path).await.expect(204);
    admin.client.delete(&path).await.expect(204);
    let body = registration(code, &unique_email("bob"));
    app.stranger().post("/auth/register", &body).await.expect_problem(422, "invite_invalid");
}

#[tokio::test]
async fn everybody_may_ask_whether_a_code_is_valid() {
    let app = TestApp::start().await;
    let code = app.invite(1).await;
    let valid =
        async |code: &str| app.stranger().get(&format!("/invites/{code}")).await.expect(200)["valid"].clone();
    assert_eq!(valid(&code).await, Value::Bool(true));
    app.stranger().post("/auth/register", &registration(&code, &unique_email("ada"))).await.expect(201);
    for code in [code.as_str(), "0000-0000-0000", "nonsense", "%F0%9F%8E%AB"] {
        assert_eq!(valid(code).await, Value::Bool(false), "{code}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_wish_is_named() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let wish = json!({"count": 0, "max_uses": 1001, "expires_at": "2001-01-01T00:00:00Z", "email": "nobody"});
    let problem = admin.client.post("/admin/invites", &wish).await.expect_problem(422, "invalid_input");
    let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|one| &one["field"]).collect();
    assert_eq!(fields, ["count", "max_uses", "expires_at", "email"]);
}
