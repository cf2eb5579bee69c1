//! What opens an account stands neither in the log, at its most talkative, nor in the store.

use crate::harness::{PASSWORD, TestApp, registration, unique_email};
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex};
use testkit::fixtures_accounts::shown_code;
use tracing_subscriber::EnvFilter;

/// Collects all lines of this process.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// Somebody logs in, enrols a device, logs in by it, and asks for another address: all that nobody else shall see of the
/// device, and the address.
async fn enrolled(app: &TestApp, email: &str) -> (Vec<String>, String) {
    let person = app.login(email, PASSWORD).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let begun = person.client.post("/users/me/totp", &json!({"password": PASSWORD})).await.expect(201);
    let secret = text(&begun["secret"]);
    let first = json!({"totp": shown_code(&secret, app.app.clock.now())});
    let codes = person.client.post("/users/me/totp/confirm", &first).await.expect(200);
    let codes: Vec<_> = codes["recovery_codes"].as_array().unwrap().iter().map(text).collect();
    let login = json!({"email": email, "password": PASSWORD, "totp": codes[0]});
    app.stranger().post("/auth/login", &login).await.expect(200);
    let moved = unique_email("elsewhere");
    let asked = json!({"email": moved, "password": PASSWORD, "totp": codes[1]});
    person.client.post("/users/me/email", &asked).await.expect(202);
    (codes.into_iter().chain([secret]).collect(), moved)
}

#[tokio::test]
async fn no_password_token_code_or_address_is_logged() {
    let lines = Lines::default();
    let sink = lines.clone();
    let filter = EnvFilter::new("debug,actix_http::h1::dispatcher=off");
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || sink.clone()).init();
    let app = TestApp::start().await;
    let (code, email, wrong) = (app.invite(2).await, unique_email("secretive"), "a wrong password");
    let stranger = app.stranger();
    stranger.get(&format!("/invites/{code}")).await.expect(200);
    let opened = stranger.post("/auth/register", &registration(&code, &email)).await.expect(201);
    stranger.post("/auth/register", &registration(&code, &email)).await.expect_problem(409, "email_taken");
    let login = json!({"email": email, "password": wrong});
    stranger.post("/auth/login", &login).await.expect_problem(401, "invalid_credentials");
    let refresh = json!({"refresh_token": opened["refresh_token"]});
    let refreshed = stranger.post("/auth/refresh", &refresh).await.expect(200);
    stranger.post("/auth/refresh", &refresh).await.expect_problem(401, "refresh_reused");
    let malformed = format!("{{\"password\": \"{PASSWORD}\", \"email\": \"{email}\"");
    let broken = stranger.request(reqwest::Method::POST, "/auth/login").body(malformed).send().await.unwrap();
    assert!(broken.status().is_client_error());
    let (device, moved) = enrolled(&app, &email).await;
    let logged = lines.text();
    let secret = |name: &str| [&opened, &refreshed].map(|session| session[name].as_str().unwrap().to_owned());
    let said = [code, email, wrong.to_owned(), PASSWORD.to_owned(), moved];
    for secret in said.into_iter().chain(device).chain(secret("access_token")).chain(secret("refresh_token"))
    {
        assert!(!logged.contains(&secret), "{secret} is in the log:\n{logged}");
    }
    assert!(logged.contains("/api/v1/invites/{code}"), "the requests were logged: {logged}");
}

#[tokio::test]
async fn nothing_in_the_store_opens_an_account() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("local:{}", folder.path().display());
    let app = TestApp::with(&[("store.url", store.as_str())]).await;
    let (code, email) = (app.invite(2).await, unique_email("secretive"));
    let opened = app.stranger().post("/auth/register", &registration(&code, &email)).await.expect(201);
    app.stranger().post("/auth/forgot-password", &json!({"email": email})).await.expect(202);
    let tokens = ["access_token", "refresh_token"].map(|name| opened[name].as_str().unwrap().to_owned());
    let (device, _) = enrolled(&app, &email).await;
    app.stop().await;
    let mut kept = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        kept.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let holds = |text: &str| kept.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(&email), "the store was written");
    let bare = code.replace('-', "");
    for secret in tokens.iter().chain(&device).chain([&code, &bare]).map(String::as_str).chain([PASSWORD]) {
        assert!(!holds(secret), "{secret} is in the store");
    }
}
