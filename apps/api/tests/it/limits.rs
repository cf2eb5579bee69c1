//! Those who try too often have to wait, and cannot tell what they would have found.

use crate::harness::{Answer, PASSWORD, TestApp, registration, unique_email};
use chrono::TimeDelta;
use serde_json::json;
use std::sync::Arc;
use testkit::StoppedClock;
use testkit::servers::RedisServer;

async fn limited(clock: &Arc<StoppedClock>) -> TestApp {
    let settings = [("limits.enabled", "true"), ("http.trusted_proxies", "1")];
    TestApp::with_clock(&settings, clock.clone()).await
}

async fn login(app: &TestApp, from: &str, email: &str, password: &str) -> Answer {
    let request = app.stranger().request(reqwest::Method::POST, "/auth/login");
    let request = request.header("x-forwarded-for", format!("203.0.113.99, {from}"));
    crate::harness::answer(request.json(&json!({"email": email, "password": password}))).await
}

#[tokio::test]
async fn guessing_a_password_ends_after_ten_tries_whether_there_is_an_account_or_not() {
    let clock = Arc::new(StoppedClock::default());
    let app = limited(&clock).await;
    let known = app.admin().await.email;
    for email in [known.as_str(), "nobody@example.org"] {
        for _ in 0..10 {
            login(&app, "192.0.2.1", email, "wrong password")
                .await
                .expect_problem(401, "invalid_credentials");
        }
        for password in ["wrong password", PASSWORD] {
            let refused = login(&app, "192.0.2.1", &email.to_uppercase(), password).await;
            let wait: u64 = refused.header("retry-after").parse().unwrap();
            assert!((1..=901).contains(&wait), "{wait}");
            refused.expect_problem(429, "too_many_attempts");
        }
    }
    login(&app, "192.0.2.2", &known, PASSWORD).await.expect(200);
    clock.advance(TimeDelta::seconds(902));
    login(&app, "192.0.2.1", &known, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn guessing_from_many_places_ends_too() {
    let app = limited(&Arc::default()).await;
    let known = app.admin().await.email;
    for place in 0..100 {
        let answer = login(&app, &format!("198.51.100.{place}"), &known, "wrong password").await;
        answer.expect_problem(401, "invalid_credentials");
    }
    login(&app, "192.0.2.1", &known, "wrong password").await.expect_problem(429, "too_many_attempts");
    login(&app, "192.0.2.2", &known, PASSWORD).await.expect_problem(429, "too_many_attempts");
}

#[tokio::test]
async fn logging_in_rightly_is_not_guessing() {
    let app = limited(&Arc::default()).await;
    let known = app.admin().await.email;
    for _ in 0..30 {
        login(&app, "192.0.2.1", &known, PASSWORD).await.expect(200);
    }
}

#[tokio::test]
async fn asking_for_codes_and_mails_is_limited() {
    let app = limited(&Arc::default()).await;
    for _ in 0..30 {
        app.stranger().get("/invites/0000-0000-0000").await.expect(200);
    }
    app.stranger().get("/invites/0000-0000-0000").await.expect_problem(429, "too_many_attempts");
    let body = json!({"email": "ada@example.org"});
    for _ in 0..5 {
        app.stranger().post("/auth/forgot-password", &body).await.expect(202);
    }
    // The answer stays the same; only nothing more is owed.
    app.stranger().post("/auth/forgot-password", &body).await.expect(202);
    assert_eq!(app.app.outbox.backlog().await.unwrap().waiting, 5);
    let other = registration("0000-0000-0000", &unique_email("bob"));
    app.stranger().post("/auth/register", &other).await.expect_problem(422, "invite_invalid");
}

#[tokio::test]
async fn forging_notices_is_limited() {
    let app = limited(&Arc::default()).await;
    let body = json!({});
    for _ in 0..30 {
        app.stranger().post("/webhooks/stripe", &body).await.expect_problem(400, "signature_invalid");
    }
    for provider in ["stripe", "paypal"] {
        let path = format!("/webhooks/{provider}");
        app.stranger().post(&path, &body).await.expect_problem(429, "too_many_attempts");
    }
}

#[tokio::test]
async fn secret_addresses_of_calendars_are_not_tried_for_ever() {
    let app = limited(&Arc::default()).await;
    let token = "Q6Xn5o0wJvY4cQ7yq1mZkq3o5x6rQe9b0uJfTn8sVYE";
    let attempt = async |from: &str| {
        let request = app.stranger().request(reqwest::Method::GET, &format!("/calendar/{token}.ics"));
        crate::harness::answer(request.header("x-forwarded-for", format!("203.0.113.99, {from}"))).await
    };
    for _ in 0..600 {
        attempt("192.0.2.1").await.expect_problem(404, "not_found");
    }
    let refused = attempt("192.0.2.1").await;
    assert!(
        refused.header("retry-after").parse::<u64>().is_ok_and(|wait| wait <= 61),
        "{:?}",
        refused.headers
    );
    refused.expect_problem(429, "too_many_attempts");
    attempt("192.0.2.2").await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn nobodys_mail_box_is_filled_by_invites_and_offers() {
    let settings =
        [("limits.enabled", "true"), ("http.trusted_proxies", "1"), ("invites.member_budget", "99")];
    let app = TestApp::with_clock(&settings, Arc::new(StoppedClock::default())).await;
    let (ada, bob) = (app.member().await, app.member().await);
    let bound = json!({"email": "eve@example.org"});
    for _ in 0..5 {
        ada.client.post("/users/me/invites", &bound).await.expect(201);
    }
    // Nobody else can go on where one had to stop, whether the address is a member's or not.
    bob.client.post("/users/me/invites", &bound).await.expect_problem(429, "too_many_attempts");
    bob.client.post("/users/me/invites", &json!({})).await.expect(201);
    let offer = "/tickets/01900000-0000-7000-8000-000000000000/transfer";
    ada.client.post(offer, &bound).await.expect_problem(429, "too_many_attempts");
    for typed in [&bob.email, "nobody@example.org"] {
        for _ in 0..5 {
            ada.client.post(offer, &json!({"email": typed})).await.expect_problem(404, "not_found");
        }
        let refused = ada.client.post(offer, &json!({"email": typed})).await;
        refused.expect_problem(429, "too_many_attempts");
    }
    // One account gets no further by other addresses.
    let mut refused = 0;
    for number in 0..30 {
        let answer = ada.client.post(offer, &json!({"email": format!("n{number}@example.org")})).await;
        refused += u32::from(answer.status == 429);
    }
    assert_eq!(refused, 13, "thirteen of thirty were tried before");
}

/// Each has a store of its own here: what they share is Redis alone.
#[tokio::test]
async fn who_has_to_wait_at_one_instance_has_to_wait_at_the_other() {
    let redis = RedisServer::start().unwrap();
    let url = redis.url();
    let settings = [("limits.enabled", "true"), ("redis.url", url.as_str())];
    let (one, other) = (TestApp::with(&settings).await, TestApp::with(&settings).await);
    let apps = [one.stranger(), other.stranger()];
    for app in apps.iter().cycle().take(30) {
        app.get("/invites/0000-0000-0000").await.expect(200);
    }
    for app in &apps {
        app.get("/invites/0000-0000-0000").await.expect_problem(429, "too_many_attempts");
    }
}
