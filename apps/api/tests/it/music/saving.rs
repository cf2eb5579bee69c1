//! What members may save, under which name, and how much of it.

use super::stage::{beside, play};
use super::{Fake, Stage};
use crate::harness::on_each_store;
use crate::harness::shop::Store;
use reqwest::redirect::Policy;
use serde_json::json;

on_each_store!(
    what_may_be_saved_has_a_readable_name,
    what_may_not_be_saved_is_refused,
    a_budget_that_is_used_up_says_so,
);

async fn what_may_be_saved_has_a_readable_name(store: Store) {
    let stage = Stage::open(store).await;
    let set = stage.heard(&json!({"downloadable": true})).await;
    let member = stage.member().await;
    let path = format!("/music/sets/{set}/download");
    for (query, filename, kind) in [
        ("", "Ada - Die Nächte.m4a", "audio/mp4"),
        ("?format=opus-192", "Ada - Die Nächte.opus", "audio/ogg"),
    ] {
        let and = if query.is_empty() { "?" } else { "&" };
        let given = member.get(&format!("{path}{query}{and}link=true")).await.expect(200);
        assert_eq!(given["filename"], filename);
        let http = crate::harness::http().redirect(Policy::none()).build().unwrap();
        let url = format!("{}/api/v1{path}{query}", stage.desk.app.url);
        let asked = http.get(url).bearer_auth(member.token.as_deref().unwrap()).send().await.unwrap();
        assert_eq!(asked.status().as_u16(), 302);
        let location = asked.headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(given["url"], location.as_str(), "the same for a whole window");
        let saved = play(&location).await;
        assert_eq!((saved.status, saved.header("content-type")), (200, kind));
        let disposition = saved.header("content-disposition");
        assert!(disposition.starts_with("attachment; filename=\"Ada - Die N"), "{disposition}");
        assert!(disposition.contains("filename*=UTF-8''Ada%20-%20Die%20N%C3%A4chte."), "{disposition}");
    }
    stage.desk.app.stop().await;
}

async fn what_may_not_be_saved_is_refused(store: Store) {
    let stage = Stage::open(store).await;
    let set = stage.heard(&json!({})).await;
    let member = stage.member().await;
    let path = format!("/music/sets/{set}/download");
    member.get(&path).await.expect_problem(403, "not_downloadable");
    let changed = stage.change(&set, &json!({"download_formats": ["opus-64"]})).await.expect(200);
    assert_eq!((&changed["downloadable"], &changed["download_formats"]), (&json!(true), &json!(["opus-64"])));
    member.get(&format!("{path}?link=true")).await.expect(200);
    for format in ["aac-256", "wav", "opus-192"] {
        member.get(&format!("{path}?format={format}")).await.expect_problem(403, "not_downloadable");
    }
    let again = stage.change(&set, &json!({"downloadable": true})).await.expect(200);
    assert_eq!(again["download_formats"], json!(["opus-64"]), "they were chosen");
    stage.change(&set, &json!({"downloadable": false})).await.expect(200);
    member.get(&path).await.expect_problem(403, "not_downloadable");
    stage.desk.app.stop().await;
}

async fn a_budget_that_is_used_up_says_so(store: Store) {
    let stage = Stage::with(store, &[("media.egress_gb", "1")]).await;
    let large = Fake { bytes: 600_000_000, ..Fake::default() };
    let set = stage.heard_as(&json!({"downloadable": true}), large).await;
    let member = stage.member().await;
    let played = stage.stream(&member, &set, "").await;
    let url = played["hls_url"].as_str().unwrap();
    for _ in 0..3 {
        assert_eq!(play(&beside(url, "opus-128.m3u8")).await.status, 200, "it is counted once");
        assert_eq!(play(&beside(url, "opus-128.mp4")).await.status, 302, "it is the same file");
    }
    for file in ["aac-128.m3u8", "aac-128.mp4", "aac-128.m4a", "opus-128.ogg"] {
        let refused = play(&beside(url, file)).await;
        assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
        refused.expect_problem(429, "egress_budget_exhausted");
    }
    let path = format!("/music/sets/{set}/download");
    member.get(&path).await.expect_problem(429, "egress_budget_exhausted");
    assert_eq!(play(url).await.status, 200, "something is left");
    let text = stage.desk.app.app.metrics.text();
    assert!(text.contains("synesthesie_egress_bytes_total{how=\"linked\"} 600000000\n"), "once: {text}");
    let account = stage.member.id.parse().unwrap();
    stage.desk.app.app.meter.streamed(account, 400_000_000).await.unwrap();
    play(url).await.expect_problem(429, "egress_budget_exhausted");
    assert_eq!(play(&beside(url, "opus-128.m3u8")).await.status, 200, "what was given out stays so");
    let usage = member.get("/users/me/egress").await.expect(200);
    assert_eq!(usage["bytes"], 1_000_000_000);
    let other = stage.desk.app.member().await.client;
    other.get(&format!("{path}?link=true")).await.expect(200);
    stage.desk.app.stop().await;
}
