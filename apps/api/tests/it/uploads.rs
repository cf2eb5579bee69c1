//! Uploads: what admins send in parts, until it is whole or given up.

mod bucket;
mod desk;
mod flat;
mod kept;
mod pages;
mod picture;

pub(crate) use desk::Desk;

use crate::harness::on_each_store;
use chrono::TimeDelta;
use desk::{FLAC, PART, etags, part, parts, path, sound, text};
use kernel::{Clock, ObjectKey};
use serde_json::json;

on_each_store!(
    Desk::open: a_page_that_was_loaded_anew_goes_on_where_it_was,
    what_has_not_arrived_is_named,
    a_part_is_as_large_as_it_was_to_be,
    what_is_not_what_was_promised_is_dropped,
    what_is_smaller_than_it_looks_is_not_completed,
    uploads_of_others_are_none,
    what_nobody_ends_is_swept_with_its_bytes,
    what_is_given_up_leaves_nothing,
    every_mistake_is_named_at_once,
    one_admin_has_five_hundred_open_at_most,
);

async fn a_page_that_was_loaded_anew_goes_on_where_it_was(desk: Desk) {
    let whole = sound(PART + 5);
    let begun = desk.begin("set", whole.len(), "audio/flac").await;
    assert_eq!((parts(&begun), begun["part_size"].as_u64()), (vec![1, 2], u64::try_from(PART).ok()));
    let sent = desk.send(part(&begun, 2), &whole[PART..]).await;
    assert_eq!(sent.status, 200, "{}", sent.text);
    let etag = sent.header("etag").trim_matches('"').to_owned();
    assert!(!etag.is_empty());

    // All that the page knew is gone.
    let found = desk.admin().await.get("/admin/uploads").await.expect(200);
    assert_eq!(found["items"][0]["upload_id"], begun["upload_id"]);
    let found = desk.admin().await.get(&path(&found["items"][0])).await.expect(200);
    assert_eq!((parts(&found), found["arrived"][0]["etag"].as_str()), (vec![1], Some(&*etag)));
    desk.send(part(&found, 1), &whole[..PART]).await;
    let all = desk.admin().await.get(&path(&begun)).await.expect(200);
    assert_eq!((parts(&all), all["links_expire_at"].is_null()), (Vec::new(), true));
    let done = json!({"parts": etags(&all)});
    for _ in 0..2 {
        let completed = desk.complete(&begun, &done).await.expect(200);
        assert_eq!(
            (completed["status"].as_str(), completed["image_id"].is_null()),
            (Some("completed"), true)
        );
    }
    assert_eq!(desk.object(&begun).await.unwrap(), whole);
    assert_eq!(desk.admin().await.get(&path(&begun)).await.expect(200)["status"], "completed");
    desk.app.stop().await;
}

async fn what_has_not_arrived_is_named(desk: Desk) {
    let whole = sound(PART * 2 + 5);
    let begun = desk.begin("set", whole.len(), "audio/flac").await;
    desk.send(part(&begun, 2), &whole[PART..2 * PART]).await;
    let missing = desk.complete(&begun, &json!({})).await.expect_problem(409, "upload_incomplete");
    let fields: Vec<_> = missing["errors"].as_array().unwrap().iter().map(|one| text(one, "field")).collect();
    assert_eq!(fields, ["parts.1", "parts.3"]);
    desk.send(part(&begun, 1), &whole[..PART]).await;
    desk.send(part(&begun, 3), &whole[2 * PART..]).await;
    let other = json!({"parts": [{"number": 2, "etag": "other"}, {"number": 4, "etag": "x"}]});
    let refused = desk.complete(&begun, &other).await.expect_problem(409, "upload_incomplete");
    assert_eq!(refused["errors"].as_array().map(Vec::len), Some(2), "{refused}");
    // A part that is sent again replaces the one before.
    desk.send(part(&begun, 3), b"12345").await;
    desk.complete(&begun, &json!({})).await.expect(200);
    assert!(desk.object(&begun).await.unwrap().ends_with(b"12345"));
    desk.app.stop().await;
}

async fn a_part_is_as_large_as_it_was_to_be(desk: Desk) {
    let begun = desk.begin("set", 10, "audio/flac").await;
    for wrong in [&b"fLaC"[..], b"", b"fLaC and much more"] {
        let refused = desk.send(part(&begun, 1), wrong).await;
        refused.expect_problem(422, "part_size_differs");
    }
    let missing = desk.complete(&begun, &json!({})).await.expect_problem(409, "upload_incomplete");
    assert_eq!(missing["errors"][0]["field"], "parts.1");
    assert_eq!(desk.bytes_on_disk(), 0, "nothing of it is kept");
    desk.send(part(&begun, 1), b"fLaC 12345").await;
    desk.complete(&begun, &json!({})).await.expect(200);
    desk.app.stop().await;
}

async fn what_is_not_what_was_promised_is_dropped(desk: Desk) {
    for (kind, promised, sent, found) in [
        ("set", "audio/flac", &b"<script>alert(1)</script>"[..], "it is nothing that is taken"),
        ("set", "audio/flac", b"ID3\x04\0\0\0\0\0\0 and some music", "it is audio/mpeg"),
        ("image", "image/jpeg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it is nothing that is taken"),
        ("image", "image/png", b"\xFF\xD8\xFF\xE0 a JPEG", "it is image/jpeg"),
    ] {
        let begun = desk.begin(kind, sent.len(), promised).await;
        desk.send(part(&begun, 1), sent).await;
        let refused = desk.complete(&begun, &json!({})).await.expect_problem(422, "upload_mismatch");
        assert_eq!(text(&refused["errors"][0], "message"), found);
        assert_eq!(desk.admin().await.get(&path(&begun)).await.expect(200)["status"], "dropped");
        desk.complete(&begun, &json!({})).await.expect_problem(409, "upload_over");
        assert!(desk.object(&begun).await.is_some(), "it is removed by the worker");
        desk.work().await;
        assert_eq!(desk.object(&begun).await, None);
    }
    assert_eq!(desk.bytes_on_disk(), 0);
    desk.app.stop().await;
}

async fn what_is_smaller_than_it_looks_is_not_completed(desk: Desk) {
    let begun = desk.begin("set", FLAC.len(), "audio/flac").await;
    desk.send(part(&begun, 1), FLAC).await;
    // Somebody who can get at the store itself puts something else in its place.
    let key = ObjectKey::parse(&format!("uploads/{}", text(&begun, "upload_id"))).unwrap();
    let (objects, id) = (&desk.app.app.objects, text(&begun, "upload_id").parse().unwrap());
    let kept = desk.app.app.uploads.show(desk.me(), id).await.unwrap();
    objects.finish_parts(&key, &kept.upload.parts_id(), &kept.there).await.unwrap();
    objects.put(&key, kernel::Body::Bytes(b"fLaC".to_vec()), "audio/flac").await.unwrap();
    let refused = desk.complete(&begun, &json!({})).await.expect_problem(422, "upload_mismatch");
    assert_eq!(refused["errors"][0]["field"], "size");
    desk.app.stop().await;
}

async fn uploads_of_others_are_none(desk: Desk) {
    let begun = desk.begin("set", FLAC.len(), "audio/flac").await;
    desk.send(part(&begun, 1), FLAC).await;
    let (other, member) = (desk.app.admin().await.client, desk.app.member().await.client);
    other.get(&path(&begun)).await.expect_problem(404, "not_found");
    other.post(&format!("{}/complete", path(&begun)), &json!({})).await.expect_problem(404, "not_found");
    other.delete(&path(&begun)).await.expect_problem(404, "not_found");
    assert_eq!(other.get("/admin/uploads").await.expect(200)["items"], json!([]));
    member.get(&path(&begun)).await.expect_problem(403, "forbidden");
    member.post("/admin/uploads", &json!({})).await.expect_problem(403, "forbidden");
    desk.complete(&begun, &json!({})).await.expect(200);
    desk.app.stop().await;
}

async fn what_nobody_ends_is_swept_with_its_bytes(desk: Desk) {
    let whole = sound(PART + 5);
    let open = desk.begin("set", whole.len(), "audio/flac").await;
    desk.send(part(&open, 1), &whole[..PART]).await;
    let completed = desk.begin("set", FLAC.len(), "audio/flac").await;
    desk.send(part(&completed, 1), FLAC).await;
    desk.complete(&completed, &json!({})).await.expect(200);
    desk.clock.advance(TimeDelta::hours(48) - TimeDelta::seconds(1));
    assert_eq!(desk.app.app.uploads.sweep().await.unwrap(), 0);
    assert!(desk.bytes_on_disk() > u64::try_from(PART).unwrap());
    desk.clock.advance(TimeDelta::seconds(1));
    assert_eq!(desk.app.app.uploads.sweep().await.unwrap(), 2);
    desk.work().await;
    assert_eq!(desk.bytes_on_disk(), 0);
    for begun in [&open, &completed] {
        assert_eq!(desk.admin().await.get(&path(begun)).await.expect(200)["status"], "dropped");
        desk.complete(begun, &json!({})).await.expect_problem(409, "upload_over");
    }
    assert_eq!(desk.admin().await.get("/admin/uploads").await.expect(200)["items"], json!([]));
    desk.send(part(&open, 2), &whole[PART..]).await.expect_problem(403, "link_invalid");
    assert_eq!(desk.app.app.uploads.sweep().await.unwrap(), 0);
    desk.app.stop().await;
}

async fn what_is_given_up_leaves_nothing(desk: Desk) {
    let begun = desk.begin("set", FLAC.len(), "audio/flac").await;
    desk.send(part(&begun, 1), FLAC).await;
    for _ in 0..2 {
        let gone = desk.admin().await.delete(&path(&begun)).await;
        assert_eq!(gone.status, 204, "{}", gone.text);
    }
    desk.complete(&begun, &json!({})).await.expect_problem(409, "upload_over");
    desk.work().await;
    assert_eq!(desk.bytes_on_disk(), 0);
    // The address of a part is still good, and leads nowhere.
    let late = desk.send(part(&begun, 1), FLAC).await;
    assert_eq!(late.status, 404, "{}", late.text);
    assert_eq!(desk.bytes_on_disk(), 0);
    desk.app.stop().await;
}

async fn every_mistake_is_named_at_once(desk: Desk) {
    let wrong = json!({"kind": "video", "filename": "", "size": 0, "content_type": "text/html"});
    let refused =
        desk.admin().await.post("/admin/uploads", &wrong).await.expect_problem(422, "invalid_input");
    let fields: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|one| text(one, "field")).collect();
    assert_eq!(fields, ["kind", "filename", "size", "content_type"]);
    assert_eq!(desk.app.app.objects.unfinished("uploads/", 10).await.unwrap(), []);
    desk.app.stop().await;
}

async fn one_admin_has_five_hundred_open_at_most(desk: Desk) {
    let admin = desk.admin().await;
    let body = desk::wish("set", 5, "audio/mpeg");
    let first = admin.post("/admin/uploads", &body).await.expect(201);
    for _ in 1..500 {
        assert_eq!(admin.post("/admin/uploads", &body).await.status, 201);
    }
    admin.post("/admin/uploads", &body).await.expect_problem(409, "too_many_uploads");
    let unfinished = desk.app.app.objects.unfinished("uploads/", 1000).await.unwrap();
    assert_eq!(unfinished.len(), 500, "what was refused left nothing");
    assert_eq!(admin.delete(&path(&first)).await.status, 204);
    admin.post("/admin/uploads", &body).await.expect(201);
    desk.app.stop().await;
}

#[tokio::test]
async fn a_link_ends_before_its_upload_and_is_given_anew() {
    let desk = Desk::open(crate::harness::shop::Store::Local).await;
    let begun = desk.begin("set", FLAC.len(), "audio/flac").await;
    let end: kernel::Timestamp = text(&begun, "links_expire_at").parse().unwrap();
    assert_eq!(end - desk.clock.now(), TimeDelta::hours(12));
    desk.clock.advance(TimeDelta::hours(12));
    desk.send(part(&begun, 1), FLAC).await.expect_problem(403, "link_invalid");
    let shown = desk.admin().await.get(&path(&begun)).await.expect(200);
    assert_eq!(desk.send(part(&shown, 1), FLAC).await.status, 200);
    desk.app.stop().await;
}
