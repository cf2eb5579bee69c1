//! A page in a real browser that sends a file.

use super::Desk;
use super::desk::{PART, sound};
use crate::harness::browser::browse;
use crate::harness::bucket::OwnBucket;
use crate::harness::shop::Store;
use serde_json::{Value, json};
use std::net::TcpListener;

/// The page does not come from the server, so that nothing works but for what the server allows, or the bucket.
async fn send(bucket: Option<OwnBucket>) {
    let origin = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let settings = [("http.allowed_origins", origin.as_str())];
    let desk = match &bucket {
        Some(bucket) => Desk::in_bucket(bucket, &settings).await,
        None => Desk::with(Store::Local, &settings).await,
    };
    let (whole, admin) = (sound(2 * PART + 5), desk.admin().await);
    let case = json!({
        "url": desk.app.url, "page": format!("{origin}/sender.html"),
        "token": admin.token, "size": whole.len(),
    });
    browse("uploads/sender.mjs", &case, async |_: &str| Value::Null).await;
    let found = admin.get("/admin/uploads").await.expect(200);
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found["items"][0]["status"], "completed");
    assert!(desk.object(&found["items"][0]).await.unwrap() == whole, "its bytes are those that were sent");
    desk.app.stop().await;
}

#[tokio::test]
async fn a_page_that_is_loaded_anew_goes_on_sending_where_it_was() {
    send(None).await;
}

#[tokio::test]
async fn a_page_that_is_loaded_anew_goes_on_sending_into_a_bucket() {
    send(Some(OwnBucket::new().await)).await;
}
