//! Pages of albums: where they begin, and what is called how.

use super::filled;
use super::house::{House, text};
use crate::events::cast::Cast;
use crate::harness::on_each_store;
use crate::harness::shop::Store;
use crate::night::Night;
use gallery::Picture;
use kernel::{PictureId, Timestamp, transact};
use serde_json::json;

on_each_store!(
    House::open: pages_go_on_behind_pictures_that_are_older_than_computers_time,
    an_album_of_which_nothing_is_to_be_seen_is_not_there_wherever_a_page_begins,
);

/// Says when a picture was taken, as its file would have.
async fn date(house: &House, id: &str, taken_at: &str) {
    let (id, taken_at): (PictureId, Timestamp) = (id.parse().unwrap(), taken_at.parse().unwrap());
    let store = &house.app.app.gallery.store;
    let dating = transact(store.begin_gallery().await.unwrap(), async |tx| {
        let before = tx.lock_pictures(&[id]).await?.remove(0);
        tx.save_pictures(&[Picture { taken_at: Some(taken_at), ..before }]).await
    });
    dating.await.unwrap();
}

async fn pages_go_on_behind_pictures_that_are_older_than_computers_time(house: House) {
    let (album, member) = (house.open_album().await, house.app.member().await.client);
    let ids = filled(&house.app, &album, 4).await;
    date(&house, &ids[2], "0001-01-01T00:00:00Z").await;
    date(&house, &ids[0], "1965-07-01T12:00:00.000001Z").await;
    date(&house, &ids[3], "1969-12-31T23:59:59.999999Z").await;
    for all in ["", "&all=true"] {
        let client = if all.is_empty() { &member } else { &house.admin.client };
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/gallery/albums/{album}/images?limit=1{all}{cursor}");
            let page = client.get(&path).await.expect(200);
            seen.extend(page["items"].as_array().unwrap().iter().map(|it| text(it, "id")));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, [&*ids[2], &*ids[0], &*ids[3], &*ids[1]], "{all}");
    }
    house.app.stop().await;
}

async fn an_album_of_which_nothing_is_to_be_seen_is_not_there_wherever_a_page_begins(house: House) {
    let (album, member) = (house.open_album().await, house.app.member().await.client);
    filled(&house.app, &album, 2).await;
    let path = format!("/gallery/albums/{album}/images?limit=1");
    let first = member.get(&path).await.expect(200);
    let behind = format!("{path}&cursor={}", text(&first, "next_cursor"));
    member.get(&behind).await.expect(200);
    let all = json!({"album_id": album, "published": false});
    house.admin.client.patch("/admin/images", &all).await.expect(200);
    let nowhere = path.replace(&album, "01900000-0000-7000-8000-000000000000");
    for gone in [&path, &behind, &nowhere, &behind.replace(&album, "01900000-0000-7000-8000-000000000000")] {
        member.get(gone).await.expect_problem(404, "not_found");
    }
    // Behind its last picture an album of which something is to be seen is empty, and there.
    let all = json!({"album_id": album, "published": true});
    house.admin.client.patch("/admin/images", &all).await.expect(200);
    member.get(&path).await.expect(200);
    let shown = member.get(&behind).await.expect(200);
    house.publish(&[&text(&shown["items"][0], "id")], false).await;
    assert_eq!(member.get(&behind).await.expect(200)["items"], json!([]));
    house.app.stop().await;
}

#[tokio::test]
async fn a_picture_that_is_saved_is_called_by_its_album_wherever_the_link_is_from() {
    let house = House::open(Store::Local).await;
    let album = house.album(&json!({"title": "Nächte: eins", "access": "members"})).await;
    let sent = house.send(&album, &[("IMG_0815 Olga.png", &super::house::png(400, 300))]).await.expect(201);
    house.work().await;
    let id = text(&sent["items"][0]["image"], "id");
    house.publish(&[&id], true).await;
    let member = house.app.member().await.client;
    let page = member.get(&format!("/gallery/albums/{album}/images")).await.expect(200);
    let source = page["items"][0]["sources"][0].clone();
    let answer = house.follow(&text(&source, "url")).await;
    let said = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
    let number = &id[id.len() - 8..];
    let ending = if source["format"] == "jpeg" { "jpg" } else { "webp" };
    let name = format!("inline; filename=\"N_chte- eins {number}.{ending}\"; ");
    assert!(said.starts_with(&name) && said.contains("filename*=UTF-8''N%C3%A4chte-%20eins"), "{said}");
    assert!(!said.contains("Olga"), "{said}");
    // One link in all answers, so that browsers keep one copy.
    let all = house.admin.client.get(&format!("/gallery/albums/{album}/images?all=true")).await.expect(200);
    let cards = member.get("/gallery/albums").await.expect(200);
    let wish = format!("/gallery/images/{id}/removal-request");
    member.post(&wish, &json!({})).await.expect(201);
    let cases = house.admin.client.get("/admin/removal-requests").await.expect(200);
    for image in
        [&house.image(&id).await, &all["items"][0], &cards["items"][0]["cover"], &cases["items"][0]["image"]]
    {
        assert_eq!(image["sources"][0], source);
    }
    house.app.stop().await;
}

#[tokio::test]
async fn an_archive_that_was_handed_out_is_closed_with_its_album() {
    let house = House::open(Store::Local).await;
    let cast = Cast::of(&house.app).await;
    let night = Night::of(&cast, "The night").await;
    let album = house.open_album().await;
    house.shown(&album).await;
    let member = house.app.member().await.client;
    let link = member.get(&format!("/gallery/albums/{album}/archive.zip?link=true")).await.expect(200);
    let url = text(&link, "url");
    assert_eq!(house.follow(&url).await.status(), 200);
    let closed = json!({"access": "attendees", "event_id": night.event});
    house.admin.client.patch(&format!("/admin/albums/{album}"), &closed).await.expect(200);
    assert_eq!(house.follow(&url).await.status(), 404);
    house.app.stop().await;
}
