//! A page in a real browser that plays a set with hls.js.

use super::{Stage, hearing};
use crate::harness::browser::{browse, tools};
use crate::harness::shop::Store;
use serde_json::{Value, json};

/// Where the page comes from: not from the server, so that nothing works but for what the server allows.
const PAGE: &str = "http://localhost:9/player.html";

pub(super) async fn play() {
    let stage = Stage::with(Store::Local, &[("http.allowed_origins", "http://localhost:9")]).await;
    let set = hearing::heard(&stage, 60).await;
    let member = stage.member().await;
    let shown = member.get(&format!("/music/sets/{set}")).await.expect(200);
    let case = json!({
        "url": stage.desk.app.url, "page": PAGE,
        "library": tools().join("node_modules/hls.js/dist/hls.min.js"),
        "stream": stage.stream(&member, &set, "").await,
        "peaks_url": shown["peaks_url"], "duration": shown["duration_seconds"],
    });
    browse("music/player.mjs", &case, async |_: &str| Value::Null).await;
    stage.desk.app.stop().await;
}
