//! Pictures that are sent as a form.

use super::house::{House, png, text};
use crate::harness::shop::Store;
use crate::harness::{form, on_each_store};
use serde_json::{Value, json};

on_each_store!(House::open: a_broken_file_fails_alone_with_its_reason);

async fn a_broken_file_fails_alone_with_its_reason(house: House) {
    let album = house.open_album().await;
    let whole = png(640, 480);
    let sent = house
        .send(
            &album,
            &[
                ("one.png", &whole),
                ("lies.jpg", b"<svg onload=alert(1)>"),
                ("half.png", &whole[..whole.len() / 2]),
                ("empty.png", b""),
                ("../../etc/passwd", &whole),
            ],
        )
        .await;
    assert_eq!(sent.header("location"), format!("/api/v1/gallery/albums/{album}/images"));
    let sent = sent.expect(201);
    let items = sent["items"].as_array().unwrap();
    let errors: Vec<_> = items.iter().map(|item| item["error"]["code"].as_str()).collect();
    assert_eq!(errors, [None, Some("unknown_format"), None, Some("empty"), None]);
    let names: Vec<_> = items.iter().map(|item| text(item, "filename")).collect();
    assert_eq!(names[4], "../../etc/passwd", "as it was sent, for whoever sent it");
    assert_eq!(items[4]["image"]["filename"], "passwd");
    house.work().await;
    let listed = format!("/gallery/albums/{album}/images?all=true");
    let listed = house.admin.client.get(&listed).await.expect(200);
    let of = |name: &str| {
        let mut all = listed["items"].as_array().unwrap().iter();
        all.find(|one| one["filename"] == name).unwrap().clone()
    };
    assert_eq!(of("one.png")["status"], "ready");
    assert_eq!(of("passwd")["status"], "ready");
    let half = of("half.png");
    assert_eq!(half["status"], "failed");
    assert!(["truncated", "malformed"].contains(&&*text(&half, "error")), "{half}");

    // Tried again it fails again, and what is ready stays as it is.
    let again = json!({"album_id": album});
    assert_eq!(house.admin.client.post("/admin/images/retry", &again).await.expect(200)["changed"], 1);
    assert_eq!(house.image(&text(&half, "id")).await["status"], "processing");
    house.work().await;
    assert_eq!(house.image(&text(&half, "id")).await["status"], "failed");
    house.app.stop().await;
}

#[tokio::test]
async fn a_form_that_is_none_is_refused() {
    let house = House::open(Store::Local).await;
    let album = house.open_album().await;
    let path = format!("/admin/albums/{album}/images");
    house.admin.client.post(&path, &json!({})).await.expect_problem(415, "unsupported_media_type");
    house.send(&album, &[]).await.expect_problem(422, "invalid_input");
    house.send_raw(&album, b"nothing of the kind".to_vec()).await.expect_problem(400, "incomplete_body");
    let nowhere = "01900000-0000-7000-8000-000000000000";
    house.send(nowhere, &[("a.png", &png(10, 10))]).await.expect_problem(404, "not_found");
    assert!(house.files().is_empty());
    house.app.stop().await;
}

#[tokio::test]
async fn more_files_than_a_form_may_have_are_told() {
    let house = House::open(Store::Local).await;
    let album = house.open_album().await;
    let picture = png(8, 8);
    let files: Vec<_> = (0..103).map(|_| ("a.png", &*picture)).collect();
    let sent = house.send(&album, &files).await.expect(201);
    let items = sent["items"].as_array().unwrap();
    let taken = items.iter().filter(|item| item.get("image").is_some()).count();
    assert_eq!((taken, items[100]["error"]["code"].as_str()), (100, Some("too_many_files")));
    house.app.stop().await;
}

#[tokio::test]
async fn a_form_that_breaks_off_keeps_what_had_come() {
    let house = House::open(Store::Local).await;
    let album = house.open_album().await;
    let picture = png(8, 8);
    let begun = |name: &str| form::before(name).into_bytes();
    let body = [begun("a.png"), picture.clone(), form::BEHIND.into(), begun("b.png"), picture[..20].to_vec()]
        .concat();
    let sent: Value = house.send_raw(&album, body).await.expect(201);
    assert!(sent["items"][0]["image"].is_object(), "{sent}");
    assert_eq!(sent["items"][1]["error"]["code"], "incomplete_body", "{sent}");
    house.app.stop().await;
}
