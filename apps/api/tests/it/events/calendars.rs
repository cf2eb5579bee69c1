//! Events in calendar programs.

use super::cast::{Cast, id, in_hours};
use super::places::{free, go, on, on_each_store, tell};
use crate::harness::shop::Store;
use crate::harness::{Client, PASSWORD, Person, TestApp, answer};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;
use synesthesie::worker::QUICK;

on_each_store!(
    an_event_is_a_file_for_calendar_programs,
    a_calendar_is_read_by_its_secret_address_alone,
    a_calendar_ends_with_the_right_to_log_in,
    a_calendar_ends_with_all_logins_and_with_the_password,
);

/// Lines as a reader puts them together.
fn lines(text: &str) -> Vec<String> {
    assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])), "{text:?}");
    text.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
}

fn has(text: &str, line: &str) -> bool {
    lines(text).iter().any(|it| it == line)
}

async fn an_event_is_a_file_for_calendar_programs(store: Store) {
    let (app, _database) = on(store).await;
    let cast = Cast::of(&app).await;
    let mut body = cast.event("Night; one, two");
    body["description"] = json!("A very long night, as nobody has seen one before. ".repeat(5) + "\nÖl 🎧");
    body["location"]["address_visible_from"] = json!(null);
    let event = free(&cast, &body).await;
    let path = format!("/events/{}/calendar.ics", id(&event));
    app.stranger().get(&path).await.expect_problem(401, "unauthenticated");
    let file = cast.member.client.get(&path).await;
    assert_eq!((file.status, file.header("content-type")), (200, "text/calendar; charset=utf-8"));
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"night-one-two.ics\"");
    assert!(file.header("last-modified").ends_with(" GMT"), "{:?}", file.headers);
    for line in [
        "BEGIN:VCALENDAR",
        "SUMMARY:Night\\; one\\, two",
        "LOCATION:Old harbour",
        "STATUS:CONFIRMED",
        &format!("UID:{}", id(&event)),
        &format!("URL:{}/events/night-one-two", app.url),
        "END:VCALENDAR",
    ] {
        assert!(has(&file.text, line), "{line} not in {}", file.text);
    }
    let starts = event["starts_at"].as_str().unwrap().replace(['-', ':'], "");
    assert!(has(&file.text, &format!("DTSTART:{starts}")), "{}", file.text);
    // Nobody but organisers, before and after, and then those who hold a ticket.
    go(&cast.member, &event).await;
    let unchanged =
        cast.member.client.request(Method::GET, &path).header("if-none-match", file.header("etag"));
    assert_eq!(answer(unchanged).await.status, 304);
    assert!(has(&cast.door.client.get(&path).await.text, "LOCATION:Quay 7\\, Old harbour"));
    tell(&cast, &event, "Night", Some(-1)).await;
    let file = cast.member.client.get(&path).await;
    assert!(has(&file.text, "LOCATION:Quay 7\\, Old harbour") && has(&file.text, "GEO:53.500000;9.900000"));
    let other = cast.foreigner.client.get(&path).await.text;
    assert!(has(&other, "LOCATION:Old harbour") && !other.contains("GEO"));
    let views =
        cast.manager.client.get(&format!("/admin/events/{}/address-views", id(&event))).await.expect(200);
    assert_eq!(views["items"][0]["account_id"], json!(cast.member.id));
    cast.manager.client.post(&format!("/admin/events/{}/cancel", id(&event)), &json!({})).await.expect(202);
    let file = cast.member.client.get(&path).await.text;
    assert!(has(&file, "STATUS:CANCELLED") && has(&file, "LOCATION:Old harbour"), "{file}");
    for unknown in ["01900000-0000-7000-8000-000000000000", "night-one-two", "x"] {
        let gone = cast.member.client.get(&format!("/events/{unknown}/calendar.ics")).await;
        gone.expect_problem(404, "not_found");
    }
}

/// Opens somebody's calendar: the path of its address.
async fn open(app: &TestApp, who: &Person) -> String {
    let opened = who.client.post("/users/me/calendar", &json!({})).await;
    let path = opened.header("location").to_owned();
    let opened = opened.expect(201);
    assert_eq!(opened["url"], format!("{}{path}", app.url));
    assert!(
        path.starts_with("/api/v1/calendar/") && path.len() == "/api/v1/calendar/.ics".len() + 43,
        "{path}"
    );
    path
}

async fn read(client: &Client, path: &str) -> String {
    let read = client.get(path).await;
    assert_eq!(
        (read.status, read.header("content-type")),
        (200, "text/calendar; charset=utf-8"),
        "{}",
        read.text
    );
    assert_eq!(read.header("cache-control"), "private, no-cache");
    read.text
}

async fn a_calendar_is_read_by_its_secret_address_alone(store: Store) {
    let (app, _database) = on(store).await;
    let cast = Cast::of(&app).await;
    let stranger = app.stranger();
    let mut members = cast.event("Mine");
    members["visibility"] = json!("members");
    members["location"]["address_visible_from"] = json!(in_hours(1));
    let event = free(&cast, &members).await;
    free(&cast, &cast.event("Not mine")).await;
    let booking = go(&cast.member, &event).await;
    cast.member.client.delete("/users/me/calendar").await.expect_problem(404, "not_found");
    let path = open(&app, &cast.member).await;
    let text = read(&stranger, &path).await;
    assert!(
        has(&text, "SUMMARY:Mine") && has(&text, "LOCATION:Old harbour") && !text.contains("Not mine"),
        "{text}"
    );
    assert_eq!(lines(&text).iter().filter(|line| *line == "BEGIN:VEVENT").count(), 1);
    let etag = stranger.get(&path).await.header("etag").to_owned();
    let unchanged = answer(stranger.request(Method::GET, &path).header("if-none-match", &etag)).await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
    tell(&cast, &event, "Mine", Some(-1)).await;
    let text = read(&stranger, &path).await;
    assert!(has(&text, "LOCATION:Quay 7\\, Old harbour"), "{text}");
    let views =
        cast.manager.client.get(&format!("/admin/events/{}/address-views", id(&event))).await.expect(200);
    let seen = &views["items"][0];
    assert_eq!(seen["account_id"], json!(cast.member.id));
    assert!(seen["request_id"].is_string(), "{views}");
    // With the ticket goes the event.
    cast.member.client.post(&format!("/bookings/{}/cancel", id(&booking)), &json!({})).await.expect(200);
    assert!(!read(&stranger, &path).await.contains("VEVENT"));
    go(&cast.member, &event).await;
    cast.manager.client.post(&format!("/admin/events/{}/cancel", id(&event)), &json!({})).await.expect(202);
    let text = read(&stranger, &path).await;
    assert!(has(&text, "STATUS:CANCELLED") && has(&text, "LOCATION:Old harbour"), "{text}");
    // A new address ends the one before, and closing ends all.
    let next = open(&app, &cast.member).await;
    assert_ne!(next, path);
    stranger.get(&path).await.expect_problem(404, "not_found");
    read(&stranger, &next).await;
    for wrong in
        ["/api/v1/calendar/x.ics", "/api/v1/calendar/.ics", &next.replace(".ics", ""), &next.to_uppercase()]
    {
        let refused = stranger.get(wrong).await;
        assert_eq!(refused.status, 404, "{wrong}");
    }
    assert_eq!(cast.member.client.delete("/users/me/calendar").await.status, 204);
    stranger.get(&next).await.expect_problem(404, "not_found");
    stranger.post("/users/me/calendar", &json!({})).await.expect_problem(401, "unauthenticated");
}

async fn a_calendar_ends_with_the_right_to_log_in(store: Store) {
    let (app, _database) = on(store).await;
    let cast = Cast::of(&app).await;
    let stranger = app.stranger();
    let path = open(&app, &cast.member).await;
    read(&stranger, &path).await;
    let standing = format!("/admin/users/{}", cast.member.id);
    cast.admin.client.patch(&standing, &json!({"status": "suspended"})).await.expect(200);
    stranger.get(&path).await.expect_problem(404, "not_found");
    cast.admin.client.patch(&standing, &json!({"status": "active"})).await.expect(200);
    read(&stranger, &path).await;
    let again = app.login(&cast.member.email, PASSWORD).await;
    let gone = again.client.delete("/users/me").await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    stranger.get(&path).await.expect_problem(404, "not_found");
}

async fn a_calendar_ends_with_all_logins_and_with_the_password(store: Store) {
    let (app, _database) = on(store).await;
    let (cast, stranger) = (Cast::of(&app).await, app.stranger());
    let email = cast.member.email.clone();
    cast.member.client.get("/users/me/calendar").await.expect_problem(404, "not_found");
    let path = open(&app, &cast.member).await;
    let shown = cast.member.client.get("/users/me/calendar").await.expect(200);
    assert!(shown["created_at"].is_string() && shown["url"].is_null(), "{shown}");
    let export = cast.member.client.get("/users/me/export").await.expect(200);
    assert_eq!(export["calendar_open_since"], shown["created_at"]);
    cast.member.client.post("/auth/logout", &json!({})).await.expect(204);
    read(&stranger, &path).await;
    let again = app.login(&email, PASSWORD).await;
    again.client.post("/auth/logout-all", &json!({})).await.expect(204);
    stranger.get(&path).await.expect_problem(404, "not_found");
    let again = app.login(&email, PASSWORD).await;
    let path = open(&app, &again).await;
    let wrong = json!({"current_password": "not the password", "new_password": "another horse battery"});
    again.client.post("/auth/change-password", &wrong).await.expect_problem(403, "wrong_password");
    read(&stranger, &path).await;
    let change = json!({"current_password": PASSWORD, "new_password": "another horse battery"});
    again.client.post("/auth/change-password", &change).await.expect(204);
    stranger.get(&path).await.expect_problem(404, "not_found");
    let path = open(&app, &again).await;
    stranger.post("/auth/forgot-password", &json!({"email": email})).await.expect(202);
    let token = reset_token(&app, &email).await;
    let reset = json!({"token": token, "new_password": "a third horse battery"});
    stranger.post("/auth/reset-password", &reset).await.expect(204);
    stranger.get(&path).await.expect_problem(404, "not_found");
}

/// The token in the link that was sent to set a new password.
async fn reset_token(app: &TestApp, email: &str) -> String {
    let now = app.app.clock.now();
    for due in app.app.outbox.claim(&QUICK, now, now + TimeDelta::minutes(1), 1000).await.unwrap() {
        if let Ok(accounts::Effect::AskedForReset { email: to }) = serde_json::from_str(&due.body)
            && to.as_str() == email
        {
            let letter = app.app.accounts.reset_letter(due.id, &to).await.unwrap().unwrap();
            return letter.token.expose().to_owned();
        }
    }
    panic!("{email} was sent no link");
}
