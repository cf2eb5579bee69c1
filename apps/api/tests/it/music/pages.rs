//! A page in a real browser that plays a set with hls.js.

use super::{Stage, hearing};
use crate::harness::browser::{browse, tools};
use crate::harness::bucket::OwnBucket;
use crate::harness::shop::Store;
use crate::uploads::Desk;
use serde_json::{Value, json};
use std::net::TcpListener;

/// The page does not come from the server, so that nothing works but for what the server allows, or the bucket.
pub(super) async fn play(bucket: Option<OwnBucket>) {
    let origin = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let settings = [("http.allowed_origins", origin.as_str())];
    let stage = match &bucket {
        Some(bucket) => Stage::at(Desk::in_bucket(bucket, &settings).await).await,
        None => Stage::with(Store::Local, &settings).await,
    };
    let set = hearing::heard(&stage, 60).await;
    let member = stage.member().await;
    let shown = member.get(&format!("/music/sets/{set}")).await.expect(200);
    let media = bucket.map_or_else(|| format!("{}/media/", stage.desk.app.url), |bucket| bucket.base());
    assert!(shown["peaks_url"].as_str().unwrap().starts_with(&media), "{shown}");
    let case = json!({
        "url": stage.desk.app.url, "page": format!("{origin}/player.html"),
        "library": tools().join("node_modules/hls.js/dist/hls.min.js"),
        "stream": stage.stream(&member, &set, "").await, "media": media,
        "peaks_url": shown["peaks_url"], "duration": shown["duration_seconds"],
    });
    browse("music/player.mjs", &case, async |_: &str| Value::Null).await;
    stage.desk.app.stop().await;
}
