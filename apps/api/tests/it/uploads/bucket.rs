//! Uploads into a bucket that nobody ends.

use super::Desk;
use super::desk::{PART, part, parts, path, sound};
use crate::harness::bucket::OwnBucket;
use chrono::TimeDelta;
use serde_json::json;

#[tokio::test]
async fn what_nobody_ends_is_swept_out_of_the_bucket() {
    let bucket = OwnBucket::new().await;
    let desk = Desk::in_bucket(&bucket, &[]).await;
    let whole = sound(PART + 5);
    let begun = desk.begin("set", whole.len(), "audio/flac").await;
    assert_eq!(desk.send(part(&begun, 1), &whole[..PART]).await.status, 200);
    let shown = desk.admin().await.get(&path(&begun)).await.expect(200);
    assert_eq!(parts(&shown), [2], "the first one has arrived");
    let objects = bucket.objects();
    assert_eq!(objects.unfinished("", 10).await.unwrap().len(), 1);
    desk.clock.advance(TimeDelta::hours(48));
    assert_eq!(desk.app.app.uploads.sweep().await.unwrap(), 1);
    desk.work().await;
    assert_eq!(objects.unfinished("", 10).await.unwrap(), []);
    assert_eq!(objects.list("", None, 10).await.unwrap(), []);
    assert_eq!(desk.admin().await.get(&path(&begun)).await.expect(200)["status"], "dropped");
    desk.complete(&begun, &json!({})).await.expect_problem(409, "upload_over");
    let late = desk.send(part(&begun, 2), &whole[PART..]).await;
    assert!((400..500).contains(&late.status), "{}", late.text);
    desk.app.stop().await;
}
