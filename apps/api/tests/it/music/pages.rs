//! A page in a real browser that plays a set with hls.js.

use super::{Stage, hearing};
use crate::harness::browser::{browse, tools};
use crate::harness::shop::Store;
use serde_json::{Value, json};
use std::net::TcpListener;

pub(super) async fn play() {
    // The page does not come from the server, so that nothing works but for what the server allows.
    let origin = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let stage = Stage::with(Store::Local, &[("http.allowed_origins", &origin)]).await;
    let set = hearing::heard(&stage, 60).await;
    let member = stage.member().await;
    let shown = member.get(&format!("/music/sets/{set}")).await.expect(200);
    let case = json!({
        "url": stage.desk.app.url, "page": format!("{origin}/player.html"),
        "library": tools().join("node_modules/hls.js/dist/hls.min.js"),
        "stream": stage.stream(&member, &set, "").await,
        "peaks_url": shown["peaks_url"], "duration": shown["duration_seconds"],
    });
    browse("music/player.mjs", &case, async |_: &str| Value::Null).await;
    stage.desk.app.stop().await;
}
