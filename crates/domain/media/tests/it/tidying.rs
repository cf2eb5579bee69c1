//! What was left by whoever was stopped.

use crate::completing::Desk;
use chrono::TimeDelta;
use kernel::{Body, Clock, ObjectKey, ObjectStore, PartsId, Unfinished};

fn key(name: &str) -> ObjectKey {
    ObjectKey::parse(name).unwrap()
}

#[tokio::test]
async fn parts_of_what_a_killed_worker_was_putting_are_dropped_after_a_day() {
    let desk = Desk::open();
    let begun = |name: &str, hours| Unfinished {
        key: key(name),
        parts: PartsId(name.into()),
        since: desk.clock.now() - TimeDelta::hours(hours),
    };
    let all = [
        begun("sets/1/2/aac-256.mp4", 25),
        begun("sets/1/2/opus-64.mp4", 23),
        begun("pictures/1/original.jpg", 25),
        begun("uploads/probe/1-own", 25),
        // Somebody may go on with an upload for two days.
        begun("uploads/01900000-0000-7000-8000-000000000000", 48),
        begun("uploads/01900000-0000-7000-8000-000000000001", 50),
        // Of nobody that we know.
        begun("backups/monday.tar", 1000),
    ];
    *desk.bucket.left.lock().unwrap() = all.to_vec();
    assert_eq!(desk.uploads.tidy().await.unwrap(), 4);
    let left: Vec<_> = desk.bucket.left.lock().unwrap().iter().map(|left| left.key.to_string()).collect();
    let young =
        ["sets/1/2/opus-64.mp4", "uploads/01900000-0000-7000-8000-000000000000", "backups/monday.tar"];
    assert_eq!(left, young);
}

#[tokio::test]
async fn what_was_put_to_try_the_store_is_removed_after_an_hour() {
    let desk = Desk::open();
    for name in ["pictures/probe/1-ours", "sets/probe/1-ours", "uploads/probe/1-own", "uploads/1", "probe/1"]
    {
        desk.bucket.put(&key(name), Body::Bytes(vec![1]), "text/plain").await.unwrap();
    }
    *desk.bucket.put_at.lock().unwrap() = desk.clock.now();
    desk.clock.advance(TimeDelta::hours(1));
    assert_eq!(desk.uploads.tidy().await.unwrap(), 0);
    desk.clock.advance(TimeDelta::seconds(1));
    assert_eq!(desk.uploads.tidy().await.unwrap(), 3);
    assert_eq!(desk.bucket.names(), ["probe/1", "uploads/1"]);
}
