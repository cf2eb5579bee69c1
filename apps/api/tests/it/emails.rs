//! Another address to log in with, over HTTP and on both stores.

use crate::harness::{PASSWORD, Person, TestApp, on_each_store, registration, unique_email};
use crate::totp::House;
use chrono::TimeDelta;
use kernel::Mail;
use serde_json::json;
use std::sync::Arc;
use testkit::StoppedClock;

on_each_store!(House::open:
    an_address_changes_by_the_link_that_goes_there,
    nobody_learns_whose_address_it_is,
    a_new_password_calls_a_change_off,
);

const ASKED: &str = "Another address was asked for";
const CHANGED: &str = "Your account has another address";
const CONFIRM: &str = "Please confirm your new address";

async fn ask(person: &Person, email: &str) -> crate::harness::Answer {
    person.client.post("/users/me/email", &json!({"email": email, "password": PASSWORD})).await
}

/// What the link in a mail carries.
fn token(mails: &[Mail]) -> String {
    let mail = mails.iter().find(|mail| mail.subject == CONFIRM).unwrap_or_else(|| panic!("{mails:?}"));
    let (_, token) = mail.text.split_once("/change-email#token=").unwrap();
    token.split_whitespace().next().unwrap().to_owned()
}

fn subjects(mails: &[Mail]) -> Vec<&str> {
    mails.iter().map(|mail| mail.subject.as_str()).collect()
}

async fn change(house: &House, token: &str) -> crate::harness::Answer {
    house.app.stranger().post("/auth/change-email", &json!({"token": token})).await
}

async fn an_address_changes_by_the_link_that_goes_there(house: House) {
    let (ada, admin) = (house.app.member().await, house.app.admin().await);
    let elsewhere = house.app.login(&ada.email, PASSWORD).await;
    let new = unique_email("moved");
    let body = json!({"email": new, "password": "another password"});
    ada.client.post("/users/me/email", &body).await.expect_problem(403, "wrong_password");
    for (email, code) in [("no address", "malformed"), (&*ada.email.to_uppercase(), "unchanged")] {
        let problem = ask(&ada, email).await.expect_problem(422, "invalid_input");
        assert_eq!(
            (&problem["errors"][0]["field"], &problem["errors"][0]["code"]),
            (&json!("email"), &json!(code))
        );
    }
    ask(&ada, &new).await.expect(202);
    let told = house.mails(&ada.email).await;
    let asked = told.iter().find(|mail| mail.subject == ASKED).unwrap();
    assert!(asked.text.contains(&new), "{}", asked.text);
    let mails = house.mails(&new).await;
    assert!(
        mails.iter().all(|mail| !mail.text.contains("Ada") && !mail.text.contains(&ada.email)),
        "{mails:?}"
    );
    let token = token(&mails);
    let other = if token.ends_with('x') { 'y' } else { 'x' };
    let spoiled = format!("{}{other}", &token[..token.len() - 1]);
    for nonsense in ["", "nonsense", spoiled.as_str()] {
        change(&house, nonsense).await.expect_problem(422, "token_invalid");
    }
    let reset = json!({"token": token, "new_password": PASSWORD});
    house.app.stranger().post("/auth/reset-password", &reset).await.expect_problem(422, "token_invalid");
    house.login(&ada.email, None).await.expect(200);

    change(&house, &token).await.expect(204);
    change(&house, &token).await.expect_problem(422, "token_invalid");
    let me = ada.client.get("/users/me").await.expect(200);
    assert_eq!((&me["email"], &me["email_verified"]), (&json!(new), &json!(true)));
    elsewhere.client.get("/users/me").await.expect_problem(401, "unauthenticated");
    house.login(&ada.email, None).await.expect_problem(401, "invalid_credentials");
    house.login(&new.to_uppercase(), None).await.expect(200);
    assert!(subjects(&house.mails(&ada.email).await).contains(&CHANGED));
    let found = admin.client.get(&format!("/admin/users?query={new}")).await.expect(200);
    assert_eq!(found["items"][0]["id"], json!(ada.id));
    let acts = admin.client.get(&format!("/admin/audit?subject_id={}", ada.id)).await;
    assert!(!acts.text.contains(&new) && !acts.text.contains(&ada.email), "{}", acts.text);
    let acts = acts.expect(200);
    let names: Vec<_> =
        acts["items"].as_array().unwrap().iter().map(|act| act["act"].as_str().unwrap()).collect();
    assert!(names.contains(&"account.ask_email") && names.contains(&"account.change_email"), "{names:?}");
    // The address of before is anybody's.
    let body = registration(&house.app.invite(1).await, &ada.email);
    house.app.stranger().post("/auth/register", &body).await.expect(201);
    let page = house.app.stranger().get("/change-email").await;
    assert!(page.status == 200 && page.text.contains("/api/v1/auth/change-email"));
}

async fn nobody_learns_whose_address_it_is(house: House) {
    let (ada, bob) = (house.app.member().await, house.app.member().await);
    let free = unique_email("free");
    let answers = [ask(&ada, &bob.email).await, ask(&ada, &free).await];
    for answer in &answers {
        assert_eq!((answer.status, answer.text.as_str()), (202, ""));
    }
    // The later wish called the earlier one off before its mail was written.
    house.mails(&free).await;
    ask(&ada, &bob.email).await.expect(202);
    let mails = house.mails(&bob.email).await;
    let told: Vec<_> = mails.iter().filter(|mail| mail.subject == "This address is yours already").collect();
    assert_eq!(told.len(), 1, "{mails:?}");
    assert!(!told[0].text.contains(&ada.email) && !told[0].text.contains("token="), "{}", told[0].text);
    assert_eq!(bob.client.get("/users/me").await.expect(200)["email"], json!(bob.email));
    // Nor when somebody takes the address while the link is on its way.
    let late = unique_email("late");
    ask(&ada, &late).await.expect(202);
    let token = token(&house.mails(&late).await);
    let body = registration(&house.app.invite(1).await, &late);
    house.app.stranger().post("/auth/register", &body).await.expect(201);
    change(&house, &token).await.expect_problem(422, "token_invalid");
    assert_eq!(ada.client.get("/users/me").await.expect(200)["email"], json!(ada.email));
}

async fn a_new_password_calls_a_change_off(house: House) {
    let ada = house.app.member().await;
    let new = unique_email("moved");
    ask(&ada, &new).await.expect(202);
    let first = token(&house.mails(&new).await);
    let body = json!({"current_password": PASSWORD, "new_password": PASSWORD});
    ada.client.post("/auth/change-password", &body).await.expect(204);
    change(&house, &first).await.expect_problem(422, "token_invalid");
    let later = unique_email("later");
    ask(&ada, &later).await.expect(202);
    let second = token(&house.mails(&later).await);
    house.clock.advance(TimeDelta::hours(24));
    change(&house, &second).await.expect_problem(422, "token_invalid");
}

#[tokio::test]
async fn nobodys_box_is_filled_by_wishes_for_another_address() {
    let settings = [("limits.enabled", "true"), ("http.trusted_proxies", "1")];
    let app = TestApp::with_clock(&settings, Arc::new(StoppedClock::default())).await;
    let (ada, bob) = (app.member().await, app.member().await);
    for _ in 0..5 {
        ask(&ada, "somebody@example.org").await.expect(202);
    }
    for person in [&ada, &bob] {
        ask(person, "somebody@example.org").await.expect_problem(429, "too_many_attempts");
    }
    ask(&bob, "other@example.org").await.expect(202);
}
