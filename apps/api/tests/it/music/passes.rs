//! Addresses that players are given: for whom, for what, and until when.

use super::Stage;
use super::stage::{beside, play};
use crate::harness::on_each_store;
use chrono::TimeDelta;
use serde_json::{Value, json};

on_each_store!(
    Stage::open: a_pass_opens_its_set_alone,
    a_pass_ends,
    a_pass_ends_with_its_login,
    a_pass_ends_when_its_member_is_sent_out,
    a_pass_to_a_set_that_was_deleted_opens_nothing,
);

async fn hls(stage: &Stage, set: &str) -> String {
    let played = stage.stream(&stage.member().await, set, "").await;
    played["hls_url"].as_str().unwrap().to_owned()
}

const FILES: [&str; 4] = ["master.m3u8", "opus-128.m3u8", "opus-128.mp4", "aac-256.m4a"];

async fn all_are(url: &str, code: &str) {
    for file in FILES {
        play(&beside(url, file)).await.expect_problem(403, code);
    }
}

async fn a_pass_opens_its_set_alone(stage: Stage) {
    let (one, other) = (stage.heard(&json!({})).await, stage.heard(&json!({})).await);
    let url = hls(&stage, &one).await;
    for file in FILES {
        let status = play(&beside(&url, file)).await.status;
        assert_eq!(status, if file.ends_with("m3u8") { 200 } else { 302 }, "{file}");
    }
    all_are(&url.replace(&one, &other), "pass_invalid").await;
    let pass = url.split('/').rev().nth(1).unwrap();
    all_are(&url.replace(pass, "made-up"), "pass_invalid").await;
    let turned: String = pass.chars().rev().collect();
    all_are(&url.replace(pass, &turned), "pass_invalid").await;
    for none in ["opus-32.m3u8", "opus-128.m4a", "aac-256.ogg", "opus-128", "..", "opus-128.json"] {
        let status = play(&beside(&url, none)).await.status;
        assert_eq!(status, 404, "{none}");
    }
    let quality = play(&beside(&url, "master.m3u8?quality=best")).await;
    quality.expect_problem(422, "invalid_input");
    stage.desk.app.stop().await;
}

async fn a_pass_ends(stage: Stage) {
    let set = stage.heard(&json!({})).await;
    let played = stage.stream(&stage.member().await, &set, "").await;
    let url = played["hls_url"].as_str().unwrap();
    stage.desk.clock.advance(TimeDelta::hours(12));
    assert_eq!(play(url).await.status, 200, "it is good for half a day");
    stage.desk.clock.advance(TimeDelta::hours(1));
    all_are(url, "pass_expired").await;
    stage.desk.app.stop().await;
}

async fn a_pass_ends_with_its_login(stage: Stage) {
    let set = stage.heard(&json!({})).await;
    let member = stage.member().await;
    let played = stage.stream(&member, &set, "").await;
    let url = played["hls_url"].as_str().unwrap();
    member.post("/auth/logout-all", &Value::Null).await.expect(204);
    all_are(url, "session_ended").await;
    all_are(&beside(url, "x").replace("/x", "/opus-64.ogg"), "session_ended").await;
    stage.desk.app.stop().await;
}

async fn a_pass_to_a_set_that_was_deleted_opens_nothing(stage: Stage) {
    let set = stage.heard(&json!({})).await;
    let url = hls(&stage, &set).await;
    assert_eq!(play(&url).await.status, 200);
    stage.admin().await.delete(&format!("/admin/sets/{set}")).await.expect(204);
    for file in FILES {
        play(&beside(&url, file)).await.expect_problem(404, "not_found");
    }
    stage.desk.work().await;
    for file in FILES {
        play(&beside(&url, file)).await.expect_problem(404, "not_found");
    }
    stage.desk.app.stop().await;
}

async fn a_pass_ends_when_its_member_is_sent_out(stage: Stage) {
    let set = stage.heard(&json!({})).await;
    let url = hls(&stage, &set).await;
    let path = format!("/admin/users/{}", stage.member.id);
    stage.admin().await.patch(&path, &json!({"status": "suspended"})).await.expect(200);
    all_are(&url, "session_ended").await;
    stage.desk.app.stop().await;
}
