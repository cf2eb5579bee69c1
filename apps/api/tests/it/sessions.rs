//! Logging in, staying logged in, and no longer being so.

use crate::harness::{PASSWORD, Person, TestApp, unique_email};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::sync::Arc;
use synesthesie::worker::QUICK;
use testkit::StoppedClock;

async fn refresh(app: &TestApp, token: &str) -> crate::harness::Answer {
    app.stranger().post("/auth/refresh", &json!({"refresh_token": token})).await
}

async fn login(app: &TestApp, email: &str, password: &str) -> crate::harness::Answer {
    app.stranger().post("/auth/login", &json!({"email": email, "password": password})).await
}

async fn assert_out(person: &Person) {
    person.client.get("/users/me").await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_login_answers_alike_whatever_is_wrong() {
    let app = TestApp::start().await;
    let known = app.member().await.email;
    let mut answers = Vec::new();
    for (email, password) in [
        (known.as_str(), "not the password"),
        (known.as_str(), "short"),
        (known.as_str(), ""),
        ("nobody@example.org", PASSWORD),
        ("no address", PASSWORD),
        ("", ""),
    ] {
        let mut problem = login(&app, email, password).await.expect_problem(401, "invalid_credentials");
        problem.as_object_mut().unwrap().remove("request_id");
        answers.push(problem);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    login(&app, &known.to_uppercase(), PASSWORD).await.expect(200);
}

#[tokio::test]
async fn refresh_tokens_rotate_and_using_one_twice_ends_the_session_for_both() {
    let app = TestApp::start().await;
    let (first, other) = (app.member().await, app.member().await);
    let second = refresh(&app, &first.refresh_token).await.expect(200);
    let client = app.with_token(second["access_token"].as_str().unwrap());
    client.get("/users/me").await.expect(200);
    refresh(&app, &first.refresh_token).await.expect_problem(401, "refresh_reused");
    let newest = second["refresh_token"].as_str().unwrap();
    refresh(&app, newest).await.expect_problem(401, "refresh_invalid");
    client.get("/users/me").await.expect_problem(401, "unauthenticated");
    assert_out(&first).await;
    other.client.get("/users/me").await.expect(200);
}

#[tokio::test]
async fn made_up_refresh_tokens_are_refused() {
    let app = TestApp::start().await;
    let genuine = app.member().await.refresh_token;
    for token in ["", "x", &genuine[1..], &format!("{genuine}A"), &"A".repeat(5_000)] {
        refresh(&app, token).await.expect_problem(401, "refresh_invalid");
    }
    refresh(&app, &genuine).await.expect(200);
}

#[tokio::test]
async fn logging_out_ends_this_session_at_once_and_no_other() {
    let app = TestApp::start().await;
    let first = app.member().await;
    let second = app.login(&first.email, PASSWORD).await;
    first.client.post("/auth/logout", &json!({})).await.expect(204);
    assert_out(&first).await;
    refresh(&app, &first.refresh_token).await.expect_problem(401, "refresh_invalid");
    second.client.get("/users/me").await.expect(200);
    second.client.post("/auth/logout-all", &json!({})).await.expect(204);
    assert_out(&second).await;
}

#[tokio::test]
async fn people_see_where_they_are_logged_in_and_end_it_there() {
    let app = TestApp::start().await;
    let (first, other) = (app.member().await, app.member().await);
    let second = app.login(&first.email, PASSWORD).await;
    let sessions = second.client.get("/users/me/sessions").await.expect(200);
    let sessions = sessions["items"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let of_first = sessions.iter().find(|session| session["current"] == false).unwrap();
    let path = format!("/users/me/sessions/{}", of_first["id"].as_str().unwrap());
    other.client.delete(&path).await.expect_problem(404, "not_found");
    first.client.get("/users/me").await.expect(200);
    second.client.delete(&path).await.expect(204);
    assert_out(&first).await;
}

#[tokio::test]
async fn people_see_with_what_and_from_where_they_are_logged_in() {
    let app = TestApp::with(&[("http.trusted_proxies", "1")]).await;
    let person = app.member().await;
    let from = async |address: &str, path: &str, body: Value| {
        let request = app.stranger().request(reqwest::Method::POST, path).json(&body);
        let request = request.header("x-forwarded-for", address);
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        crate::harness::answer(request.header("user-agent", firefox)).await.expect(200)
    };
    let credentials = json!({"email": person.email, "password": PASSWORD});
    let session = from("203.0.113.77", "/auth/login", credentials).await;
    let seen = async |session: &Value| {
        let client = app.with_token(session["access_token"].as_str().unwrap());
        let all = client.get("/users/me/sessions").await.expect(200);
        all["items"].as_array().unwrap().iter().find(|one| one["current"] == true).unwrap().clone()
    };
    let here = seen(&session).await;
    assert_eq!((&here["device"], &here["network"]), (&json!("Firefox on Linux"), &json!("203.0.113.0/24")));
    assert_eq!(here["last_network"], here["network"]);
    let token = json!({"refresh_token": session["refresh_token"]});
    let session = from("2001:db8:12:3456::1", "/auth/refresh", token).await;
    let moved = seen(&session).await;
    assert_eq!((&moved["id"], &moved["network"]), (&here["id"], &json!("203.0.113.0/24")));
    assert_eq!(moved["last_network"], "2001:db8:12::/48");
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let app = TestApp::start().await;
    let (here, new) = (app.member().await, "an entirely new one");
    let elsewhere = app.login(&here.email, PASSWORD).await;
    let change = async |current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        here.client.post("/auth/change-password", &body).await
    };
    change("not the password", new).await.expect_problem(403, "wrong_password");
    change(PASSWORD, "short").await.expect_problem(422, "password_too_short");
    elsewhere.client.get("/users/me").await.expect(200);
    change(PASSWORD, new).await.expect(204);
    here.client.get("/users/me").await.expect(200);
    assert_out(&elsewhere).await;
    login(&app, &here.email, PASSWORD).await.expect_problem(401, "invalid_credentials");
    login(&app, &here.email, new).await.expect(200);
}

#[tokio::test]
async fn access_tokens_end_after_a_quarter_of_an_hour_and_forged_ones_are_none() {
    let clock = Arc::new(StoppedClock::default());
    let app = TestApp::with_clock(&[], clock.clone()).await;
    let person = app.member().await;
    clock.advance(TimeDelta::seconds(899));
    person.client.get("/users/me").await.expect(200);
    clock.advance(TimeDelta::seconds(1));
    assert_out(&person).await;
    let fresh = refresh(&app, &person.refresh_token).await.expect(200);
    let token = fresh["access_token"].as_str().unwrap();
    app.with_token(token).get("/users/me").await.expect(200);
    let (head, rest) = token.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let unsigned = data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT"}"#);
    let elsewhere = TestApp::with_clock(&[("auth.signing_key", &"ab".repeat(32))], clock).await;
    let other = elsewhere.member().await.client.token.unwrap();
    for forged in [
        "x".to_owned(),
        format!("{head}.{claims}."),
        format!("{unsigned}.{claims}."),
        format!("{unsigned}.{claims}.{signature}"),
        format!("{head}.{}.{signature}", claims.replace(&claims[10..12], "xx")),
        other,
    ] {
        app.with_token(&forged).get("/users/me").await.expect_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn whoever_is_suspended_is_out_at_once_until_let_in_again() {
    let app = TestApp::start().await;
    let (admin, person) = (app.admin().await, app.member().await);
    let path = format!("/admin/users/{}", person.id);
    person.client.get("/users/me").await.expect(200);
    admin.client.patch(&path, &json!({"status": "suspended"})).await.expect(200);
    assert_out(&person).await;
    refresh(&app, &person.refresh_token).await.expect_problem(401, "refresh_invalid");
    login(&app, &person.email, PASSWORD).await.expect_problem(403, "account_suspended");
    login(&app, &person.email, "wrong").await.expect_problem(401, "invalid_credentials");
    admin.client.patch(&path, &json!({"status": "active"})).await.expect(200);
    login(&app, &person.email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_role_counts_from_the_moment_it_is_given_or_taken() {
    let app = TestApp::start().await;
    let (admin, person) = (app.admin().await, app.member().await);
    let path = format!("/admin/users/{}", person.id);
    person.client.get("/admin/users").await.expect_problem(403, "forbidden");
    admin.client.patch(&path, &json!({"role": "admin"})).await.expect(200);
    person.client.get("/admin/users").await.expect(200);
    person.client.patch(&format!("/admin/users/{}", admin.id), &json!({"role": "member"})).await.expect(200);
    admin.client.get("/admin/users").await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn the_last_admin_cannot_send_themselves_away() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let path = format!("/admin/users/{}", admin.id);
    for change in [json!({"role": "member"}), json!({"status": "suspended"})] {
        admin.client.patch(&path, &change).await.expect_problem(409, "last_admin");
    }
    admin.client.get("/admin/users").await.expect(200);
}

#[tokio::test]
async fn a_link_sets_a_new_password_once_and_ends_all_sessions() {
    let app = TestApp::start().await;
    let person = app.member().await;
    let answers =
        [person.email.as_str(), "nobody@example.org", "no address"].map(|email| json!({"email": email}));
    for body in &answers {
        let answer = app.stranger().post("/auth/forgot-password", body).await;
        assert_eq!((answer.status, answer.text.as_str()), (202, ""));
    }
    let token = reset_token(&app, &person.email).await.unwrap();
    let reset = async |password: &str| {
        let body = json!({"token": token, "new_password": password});
        app.stranger().post("/auth/reset-password", &body).await
    };
    reset("short").await.expect_problem(422, "password_too_short");
    person.client.get("/users/me").await.expect(200);
    reset("an entirely new one").await.expect(204);
    reset("another entirely new one").await.expect_problem(422, "token_invalid");
    assert_out(&person).await;
    let again = app.login(&person.email, "an entirely new one").await;
    let me = again.client.get("/users/me").await.expect(200);
    assert_eq!(me["email_verified"], true, "the link arrived");
}

/// The token that the worker would mail for what was asked last.
async fn reset_token(app: &TestApp, email: &str) -> Option<String> {
    let now = app.app.clock.now();
    let due = app.app.outbox.claim(&QUICK, now, now + TimeDelta::seconds(1), 100).await.unwrap();
    let asked = due.iter().filter(|due| due.domain == accounts::DOMAIN);
    for due in asked {
        if let accounts::Effect::AskedForReset { email: typed } = serde_json::from_str(&due.body).unwrap()
            && typed.as_str() == email
        {
            let letter = app.app.accounts.reset_letter(due.id, &typed).await.unwrap();
            return letter.map(|letter| letter.token.expose().to_owned());
        }
    }
    None
}

#[tokio::test]
async fn a_link_proves_an_address_once() {
    let app = TestApp::start().await;
    let person = app.member().await;
    let now = app.app.clock.now();
    let due = app.app.outbox.claim(&QUICK, now, now + TimeDelta::seconds(1), 100).await.unwrap();
    let links = due.iter().filter_map(|due| match serde_json::from_str(&due.body) {
        Ok(accounts::Effect::SendVerification { one_time }) => Some(one_time),
        _ => None,
    });
    let mut token = None;
    for link in links {
        let letter = app.app.accounts.verification_letter(link).await.unwrap().unwrap();
        token = (letter.to.as_str() == person.email).then(|| letter.token.expose().to_owned()).or(token);
    }
    let body = json!({"token": token.unwrap()});
    app.stranger()
        .post("/auth/reset-password", &json!({"token": body["token"], "new_password": PASSWORD}))
        .await
        .expect_problem(422, "token_invalid");
    app.stranger().post("/auth/verify-email", &body).await.expect(204);
    assert_eq!(person.client.get("/users/me").await.expect(200)["email_verified"], true);
    app.stranger().post("/auth/verify-email", &body).await.expect_problem(422, "token_invalid");
}

#[tokio::test]
async fn people_change_what_they_tell_about_themselves() {
    let app = TestApp::start().await;
    let person = app.member().await;
    let change = json!({"first_name": " Grace ", "profile": {"bio": "Counts.", "preferences": {"theme": "dark"}},
        "role": "admin", "email": "other@example.org"});
    let me = person.client.patch("/users/me", &change).await.expect(200);
    assert_eq!((&me["first_name"], &me["role"]), (&json!("Grace"), &json!("member")));
    assert_eq!((&me["email"], &me["profile"]["bio"]), (&json!(person.email), &json!("Counts.")));
    let me = person.client.patch("/users/me", &json!({"profile": {"bio": null}})).await.expect(200);
    assert_eq!(me["profile"]["bio"], Value::Null);
    assert_eq!(me["profile"]["preferences"]["theme"], "dark");
    let wrong = json!({"profile": {"website": "javascript:alert(1)"}});
    let problem = person.client.patch("/users/me", &wrong).await.expect_problem(422, "invalid_input");
    assert_eq!(problem["errors"][0]["field"], "profile.website");
}

#[tokio::test]
async fn what_is_kept_about_someone_is_theirs_to_have_and_has_no_secrets() {
    let app = TestApp::start().await;
    let person = app.member().await;
    let answer = person.client.get("/users/me/export").await;
    assert!(answer.header("content-disposition").starts_with("attachment"));
    assert!(!answer.text.contains("$2b$"), "{}", answer.text);
    assert_eq!(answer.expect(200)["email"], json!(person.email));
}

#[tokio::test]
async fn an_erased_account_is_gone_and_its_address_is_free() {
    let app = TestApp::start().await;
    let person = app.member().await;
    let erase = async |password: &str| {
        let request = person.client.request(reqwest::Method::DELETE, "/users/me");
        crate::harness::answer(request.json(&json!({"password": password}))).await
    };
    erase("not the password").await.expect_problem(403, "wrong_password");
    erase(PASSWORD).await.expect(204);
    assert_out(&person).await;
    login(&app, &person.email, PASSWORD).await.expect_problem(401, "invalid_credentials");
    let body = crate::harness::registration(&app.invite(1).await, &person.email);
    app.stranger().post("/auth/register", &body).await.expect(201);
}

#[tokio::test]
async fn erasing_oneself_without_the_password_takes_a_fresh_login() {
    let clock = Arc::new(StoppedClock::default());
    let app = TestApp::with_clock(&[], clock.clone()).await;
    let (tired, fresh) = (app.member().await, app.member().await);
    fresh.client.delete("/users/me").await.expect(204);
    assert_out(&fresh).await;
    clock.advance(TimeDelta::minutes(10));
    tired.client.delete("/users/me").await.expect_problem(403, "password_needed");
    tired.client.get("/users/me").await.expect(200);
}

#[tokio::test]
async fn admins_find_people_in_pages() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for _ in 0..5 {
        let names = ("Page", "Turner");
        app.app.accounts.create_admin(&unique_email("paged"), PASSWORD.into(), names).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut path = "/admin/users?query=TURNER&limit=2".to_owned();
    loop {
        let page = admin.client.get(&path).await.expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|user| user["id"].to_string()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/admin/users?query=TURNER&limit=2&cursor={cursor}"),
            None => break,
        }
    }
    let newest_first = seen.clone();
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len(), newest_first.len()), (5, 5));
    for wrong in ["limit=0", "limit=101", "limit=x", "cursor=x", "status=nice"] {
        let path = format!("/admin/users?{wrong}");
        admin.client.get(&path).await.expect_problem(422, "invalid_input");
    }
}

#[tokio::test]
async fn what_one_instance_ends_the_others_forget_when_told() {
    let app = TestApp::start().await;
    let person = app.member().await;
    let ear = tokio::spawn({
        let app = app.app.clone();
        async move { app.gate.listen().await }
    });
    person.client.get("/users/me").await.expect(200);
    // As another instance does it: in the store, and then by word to all.
    let actor = app.app.gate.actor(person.client.token.as_deref().unwrap()).await.unwrap().unwrap();
    app.app.accounts.logout(&actor).await.unwrap();
    let told = std::time::Instant::now();
    loop {
        let message = format!("session {}", actor.session);
        app.app.broadcast.publish("gate", message.as_bytes()).await.unwrap();
        if person.client.get("/users/me").await.status == 401 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(told.elapsed() < std::time::Duration::from_secs(4), "sooner than it would find out by itself");
    ear.abort();
}
