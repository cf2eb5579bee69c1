//! An upload that becomes a picture.

use super::Desk;
use super::desk::{part, path};
use crate::harness::{answer, on_each_store};
use serde_json::json;

on_each_store!(Desk::open: a_picture_is_in_its_album_when_it_is_complete);

async fn a_picture_is_in_its_album_when_it_is_complete(desk: Desk) {
    let (admin, jpeg) = (desk.admin().await, b"\xFF\xD8\xFF\xE0 begins as a JPEG");
    let album = json!({"title": "The night", "access": "members"});
    let album = admin.post("/admin/albums", &album).await.expect(201);
    let begun = desk.begin("image", jpeg.len(), "image/jpeg").await;
    desk.send(part(&begun, 1), jpeg).await;
    let refused = desk.complete(&begun, &json!({})).await.expect_problem(422, "invalid_input");
    assert_eq!(refused["errors"][0]["field"], "album_id");
    let body = json!({"album_id": album["id"], "caption": "Lights"});
    let complete = format!("{}/complete", path(&begun));
    let taken = admin.post_once(&complete, "one", &body).await.expect(200);
    assert_eq!(taken["status"], "taken");
    assert!(taken["image_id"].is_string(), "{taken}");
    assert_eq!(admin.post_once(&complete, "one", &body).await.expect(200), taken);
    assert_eq!(
        admin.post(&complete, &body).await.expect(200),
        taken,
        "also without a key that says it is the same"
    );
    admin.delete(&path(&begun)).await.expect_problem(409, "upload_over");
    let shown = admin.get(&path(&begun)).await.expect(200);
    assert_eq!((&shown["status"], &shown["filename"]), (&json!("taken"), &json!("")));
    // Of what was deleted there is no second one.
    let deleting = admin.request(reqwest::Method::DELETE, "/admin/images");
    answer(deleting.json(&json!({"ids": [taken["image_id"]]}))).await.expect(204);
    admin.post(&complete, &body).await.expect_problem(409, "upload_over");
    desk.app.stop().await;
}
