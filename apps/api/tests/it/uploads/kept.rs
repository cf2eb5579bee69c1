//! What a killed process leaves.

use super::Desk;
use super::desk::{FLAC, part, path, text};
use crate::harness::on_each_store;
use chrono::TimeDelta;
use kernel::{Body, Clock, ObjectKey, SystemClock};
use serde_json::json;

on_each_store!(
    Desk::open: what_was_put_together_without_being_written_down_is_completed_later,
    parts_that_no_upload_has_are_dropped_once_nobody_can_be_beginning_them,
    a_thing_done_twice_is_done_once,
    what_the_store_has_lost_is_dropped,
    what_was_put_to_try_the_store_is_removed,
);

async fn what_was_put_together_without_being_written_down_is_completed_later(desk: Desk) {
    let begun = desk.begin("set", FLAC.len(), "audio/flac").await;
    desk.send(part(&begun, 1), FLAC).await;
    let id = text(&begun, "upload_id").parse().unwrap();
    let shown = desk.app.app.uploads.show(desk.me(), id).await.unwrap();
    let key = shown.upload.key().unwrap();
    desk.app.app.objects.finish_parts(&key, &shown.upload.parts_id(), &shown.there).await.unwrap();

    let found = desk.admin().await.get(&path(&begun)).await.expect(200);
    assert_eq!((&found["status"], &found["parts"]), (&json!("open"), &json!([])));
    assert_eq!(desk.complete(&begun, &json!({})).await.expect(200)["status"], "completed");
    assert_eq!(desk.object(&begun).await.unwrap(), FLAC);
    desk.app.stop().await;
}

async fn parts_that_no_upload_has_are_dropped_once_nobody_can_be_beginning_them(desk: Desk) {
    let objects = &desk.app.app.objects;
    let nobodys = ObjectKey::parse("uploads/01900000-0000-7000-8000-000000000000").unwrap();
    objects.begin_parts(&nobodys, "audio/flac").await.unwrap();
    let open = desk.begin("set", FLAC.len(), "audio/flac").await;
    assert_eq!(desk.app.app.uploads.tidy().await.unwrap(), 0, "somebody may just be beginning it");
    desk.clock.advance(TimeDelta::hours(50));
    desk.app.app.uploads.tidy().await.unwrap();
    let left = objects.unfinished("uploads/", 10).await.unwrap();
    let left: Vec<_> = left.iter().map(|one| one.key.to_string()).collect();
    assert_eq!(left, [format!("uploads/{}", text(&open, "upload_id"))], "it waits for the sweep");
    desk.app.stop().await;
}

async fn what_the_store_has_lost_is_dropped(desk: Desk) {
    let begun = desk.begin("set", FLAC.len(), "audio/flac").await;
    desk.send(part(&begun, 1), FLAC).await;
    let id = text(&begun, "upload_id").parse().unwrap();
    let shown = desk.app.app.uploads.show(desk.me(), id).await.unwrap();
    let key = shown.upload.key().unwrap();
    // As a rule of a bucket may have it.
    desk.app.app.objects.drop_parts(&key, &shown.upload.parts_id()).await.unwrap();
    let found = desk.admin().await.get(&path(&begun)).await.expect(200);
    let said = (&found["status"], &found["parts"], &found["filename"]);
    assert_eq!(said, (&json!("dropped"), &json!([]), &json!("")));
    desk.complete(&begun, &json!({})).await.expect_problem(409, "upload_over");
    assert_eq!(desk.admin().await.get("/admin/uploads").await.expect(200)["items"], json!([]));
    desk.app.stop().await;
}

async fn what_was_put_to_try_the_store_is_removed(desk: Desk) {
    let objects = &desk.app.app.objects;
    for name in ["pictures/probe/1-ours", "uploads/probe/1-own"] {
        let key = ObjectKey::parse(name).unwrap();
        objects.put(&key, Body::Bytes(vec![1]), "text/plain").await.unwrap();
    }
    let parts = ObjectKey::parse("sets/1/2/aac-256.mp4").unwrap();
    objects.begin_parts(&parts, "audio/mp4").await.unwrap();
    // Files are as old as the machine's clock says.
    desk.clock.set(SystemClock.now());
    assert_eq!(objects.list("", None, 10).await.unwrap().len(), 2);
    desk.clock.advance(TimeDelta::hours(26));
    desk.app.app.uploads.tidy().await.unwrap();
    assert_eq!(objects.list("", None, 10).await.unwrap(), []);
    assert_eq!(objects.unfinished("", 10).await.unwrap(), []);
    desk.app.stop().await;
}

async fn a_thing_done_twice_is_done_once(desk: Desk) {
    let admin = desk.admin().await;
    let wish = super::desk::wish("set", FLAC.len(), "audio/flac");
    let first = admin.post_once("/admin/uploads", "one", &wish).await.expect(201);
    assert_eq!(admin.post_once("/admin/uploads", "one", &wish).await.expect(201), first);
    desk.send(part(&first, 1), FLAC).await;
    let nothing = json!({});
    let both = futures_util::join!(desk.complete(&first, &nothing), desk.complete(&first, &nothing));
    assert_eq!((both.0.status, both.1.status), (200, 200), "{} {}", both.0.text, both.1.text);
    desk.app.stop().await;
}
