//! The gallery: from a file to what members see, and back to nothing.

pub(crate) mod archives;
mod forms;
mod house;
mod pages;
mod removals;
mod stuck;

use crate::events::cast::{Cast, staff};
use crate::harness::shop::Store;
use crate::harness::{TestApp, on_each_store};
use crate::night::Night;
use chrono::TimeDelta;
use gallery::{ImageFormat, Picture, PictureStatus, Rendition, Sent};
use house::{House, text};
use kernel::{AccountId, AlbumId, ObjectKey, PassId, PictureId, transact};
use reqwest::Method;
use serde_json::json;

on_each_store!(
    House::open: a_picture_is_made_and_seen_by_the_same_links_until_it_is_withdrawn,
    albums_and_pictures_are_changed_in_bulk_and_leave_nothing,
    an_album_for_those_who_attended_is_there_for_nobody_else,
    five_hundred_pictures_come_in_one_call,
);

async fn a_picture_is_made_and_seen_by_the_same_links_until_it_is_withdrawn(house: House) {
    let (album, member) = (house.open_album().await, house.app.member().await);
    let path = format!("/gallery/albums/{album}/images");
    let id = house.made(&album).await;
    let whole = house.image(&id).await;
    assert_eq!((whole["status"].as_str(), whole["width"].as_u64()), (Some("ready"), Some(700)), "{whole}");
    assert_eq!((whole["filename"].as_str(), whole["published"].as_bool()), (Some("a.png"), Some(false)));
    // What is not published is not there, nor is its album.
    member.client.get(&path).await.expect_problem(404, "not_found");
    assert_eq!(member.client.get("/gallery/albums").await.expect(200)["items"], json!([]));

    assert_eq!(house.publish(&[&id], true).await, json!({"changed": 1, "unknown": []}));
    let albums = member.client.get("/gallery/albums").await.expect(200);
    assert_eq!(
        (albums["items"][0]["id"].as_str(), albums["items"][0]["image_count"].as_u64()),
        (Some(&*album), Some(1))
    );
    assert_eq!(albums["items"][0]["cover"]["id"].as_str(), Some(&*id));
    let first = member.client.get(&path).await;
    let image = first.json["items"][0].clone();
    assert!(image["thumbhash"].is_string() && image.get("filename").is_none(), "{image}");
    let sources = image["sources"].as_array().unwrap();
    let widths: Vec<_> =
        sources.iter().map(|one| (one["width"].as_u64().unwrap(), text(one, "format"))).collect();
    assert!(widths.contains(&(320, "webp".into())) && widths.contains(&(700, "jpeg".into())), "{widths:?}");
    for source in sources {
        let answer = house.follow(&text(source, "url")).await;
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(answer.status(), 200);
        assert_eq!(header("content-type"), format!("image/{}", text(source, "format")));
        assert!(header("cache-control").contains("private") && header("cache-control").contains("immutable"));
    }
    // Asked again, by whomever, it is the same to the letter, and need not be sent.
    let other = house.app.member().await;
    let second = other.client.get(&path).await;
    assert_eq!(second.text, first.text);
    let known = other.client.request(Method::GET, &path).header("if-none-match", first.header("etag"));
    assert_eq!(known.send().await.unwrap().status(), 304);

    house.publish(&[&id], false).await;
    member.client.get(&path).await.expect_problem(404, "not_found");
    // The link lives on for its short life, and no longer.
    let url = text(&sources[0], "url");
    assert_eq!(house.follow(&url).await.status(), 200);
    house.clock.advance(TimeDelta::hours(2));
    assert_ne!(house.follow(&url).await.status(), 200);
    house.publish_again(&id).await;
    let fresh = house.again(&member).await.get(&path).await.expect(200);
    assert_ne!(text(&fresh["items"][0]["sources"][0], "url"), url, "of another window");
    house.app.stop().await;
}

impl House {
    /// With a token that is good now.
    async fn publish_again(&self, id: &str) {
        let body = json!({"ids": [id], "published": true});
        self.again(&self.admin).await.patch("/admin/images", &body).await.expect(200);
    }
}

async fn albums_and_pictures_are_changed_in_bulk_and_leave_nothing(house: House) {
    let (album, other) = (house.open_album().await, house.open_album().await);
    let admin = &house.admin.client;
    let (first, second, third) =
        (house.made(&album).await, house.made(&album).await, house.made(&other).await);
    let all = json!({"album_id": album, "published": true});
    assert_eq!(admin.patch("/admin/images", &all).await.expect(200)["changed"], 2);
    let member = house.app.member().await.client;
    let path = format!("/gallery/albums/{album}/images");
    assert_eq!(member.get(&path).await.expect(200)["items"].as_array().map(Vec::len), Some(2));
    let nobodys = "01900000-0000-7000-8000-000000000000";
    let told = house.publish(&[&first, nobodys], false).await;
    assert_eq!(told, json!({"changed": 1, "unknown": [nobodys]}));
    let both = json!({"ids": [first], "album_id": album, "published": true});
    admin.patch("/admin/images", &both).await.expect_problem(422, "invalid_input");
    admin.patch("/admin/images", &json!({"published": true})).await.expect_problem(422, "invalid_input");
    let nowhere = json!({"album_id": nobodys, "published": true});
    admin.patch("/admin/images", &nowhere).await.expect_problem(404, "not_found");

    let said =
        admin.patch(&format!("/admin/images/{second}"), &json!({"caption": "Lights"})).await.expect(200);
    assert_eq!(said["caption"], "Lights");
    assert_eq!(member.get(&path).await.expect(200)["items"][0]["caption"], "Lights", "at once");
    let changed =
        admin.patch(&format!("/admin/albums/{album}"), &json!({"title": "Later"})).await.expect(200);
    assert_eq!((changed["title"].as_str(), changed["access"].as_str()), (Some("Later"), Some("members")));
    let closed = json!({"access": "attendees"});
    admin.patch(&format!("/admin/albums/{album}"), &closed).await.expect_problem(422, "invalid_input");

    let request = admin.request(Method::DELETE, "/admin/images").json(&json!({"ids": [third]}));
    assert_eq!(request.send().await.unwrap().status(), 204);
    house.work().await;
    admin.get(&format!("/admin/images/{third}")).await.expect_problem(404, "not_found");
    assert!(house.files().iter().all(|file| !file.to_string_lossy().contains(&third)));
    assert_eq!(admin.delete(&format!("/admin/albums/{other}")).await.status, 204);
    let full = format!("/admin/albums/{album}");
    admin.delete(&full).await.expect_problem(409, "album_not_empty");
    assert_eq!(admin.delete(&format!("{full}?with_images=true")).await.status, 204);
    house.work().await;
    assert_eq!(house.files(), Vec::<std::path::PathBuf>::new());
    admin.get(&full).await.expect_problem(404, "not_found");
    member.get(&path).await.expect_problem(404, "not_found");
    house.app.stop().await;
}

async fn an_album_for_those_who_attended_is_there_for_nobody_else(house: House) {
    let cast = Cast::of(&house.app).await;
    let night = Night::of(&cast, "The night").await;
    let body = json!({"title": "The night", "event_id": night.event, "access": "attendees"});
    let album = house.album(&body).await;
    let unknown = json!({"title": "No night", "event_id": album, "access": "attendees"});
    house.admin.client.post("/admin/albums", &unknown).await.expect_problem(422, "invalid_input");
    house.shown(&album).await;
    let guest = house.app.member().await.client;
    let booking = night.book(&guest, 1).await;
    let door = staff(&house.app, &cast.admin, &cast.organisation, "door").await.client;
    let path = format!("/gallery/albums/{album}/images");
    let archive = format!("/gallery/albums/{album}/archive.zip");
    let image =
        text(&house.admin.client.get(&format!("{path}?all=true")).await.expect(200)["items"][0], "id");
    let wish = format!("/gallery/images/{image}/removal-request");
    for early in [&guest, &cast.member.client, &cast.owner.client] {
        early.get(&path).await.expect_problem(404, "not_found");
        early.get(&archive).await.expect_problem(404, "not_found");
        early.post(&wish, &json!({})).await.expect_problem(404, "not_found");
        assert_eq!(early.get("/gallery/albums").await.expect(200)["items"], json!([]));
    }
    door.post("/tickets/verify", &json!({"code": booking["tickets"][0]["code"]})).await.expect(200);
    assert_eq!(guest.get(&path).await.expect(200)["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(guest.get("/gallery/albums").await.expect(200)["items"].as_array().map(Vec::len), Some(1));
    cast.member.client.get(&path).await.expect_problem(404, "not_found");
    // Opened to all it is there for all, at once.
    let open = json!({"access": "members"});
    house.admin.client.patch(&format!("/admin/albums/{album}"), &open).await.expect(200);
    cast.member.client.get(&path).await.expect(200);
    house.app.stop().await;
}

/// Pictures that members see, as if they had been made, without the work; their ids.
pub(crate) async fn filled(app: &TestApp, album: &str, count: u32) -> Vec<String> {
    let (album, now): (AlbumId, _) = (album.parse().unwrap(), app.app.clock.now());
    let picture = |number: u32| {
        let id = PictureId::generate(now);
        let key = ObjectKey::parse(&format!("pictures/{id}/original.jpg")).unwrap();
        let sent = Sent { filename: format!("{number}.jpg"), key, bytes: 1, caption: None };
        let mut picture = Picture::create(id, album, &sent, AccountId::generate(now), now).unwrap();
        let widths = [320, 640, 960, 1280, 1920, 2560].into_iter();
        let both = |width| [(width, ImageFormat::Jpeg), (width, ImageFormat::WebP)];
        picture.renditions = widths
            .flat_map(both)
            .map(|(width, format)| Rendition { width, height: width * 2 / 3, format, bytes: 1 })
            .collect();
        (picture.status, picture.pass) = (PictureStatus::Ready, Some(PassId::generate(now)));
        (picture.width, picture.height) = (6000, 4000);
        picture.thumbhash = vec![7; 25];
        picture.taken_at = Some(now + TimeDelta::seconds(number.into()));
        picture.published_at = Some(now);
        picture
    };
    let pictures: Vec<_> = (0..count).map(picture).collect();
    let store = &app.app.gallery.store;
    let adding = transact(store.begin_gallery().await.unwrap(), async |tx| tx.add_pictures(&pictures).await);
    adding.await.unwrap();
    pictures.iter().map(|picture| picture.id.to_string()).collect()
}

async fn five_hundred_pictures_come_in_one_call(house: House) {
    let (album, member) = (house.open_album().await, house.app.member().await.client);
    filled(&house.app, &album, 510).await;
    let path = format!("/gallery/albums/{album}/images");
    let usual = member.get(&path).await.expect(200);
    assert_eq!(usual["items"].as_array().map(Vec::len), Some(100));
    let first = member.get(&format!("{path}?limit=500")).await.expect(200);
    let rest = format!("{path}?limit=500&cursor={}", text(&first, "next_cursor"));
    let rest = member.get(&rest).await.expect(200);
    let all: Vec<_> =
        [&first, &rest].into_iter().flat_map(|page| page["items"].as_array().unwrap()).collect();
    assert_eq!((all.len(), rest["next_cursor"].is_null()), (510, true));
    let taken: Vec<_> = all.iter().map(|one| text(one, "taken_at")).collect();
    assert!(taken.is_sorted(), "in the order in which they were taken");
    assert_eq!(all[0]["sources"].as_array().map(Vec::len), Some(12));
    member.get(&format!("{path}?limit=501")).await.expect_problem(422, "invalid_input");
    let request = member.request(Method::GET, &format!("{path}?limit=500"));
    let zipped = request.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(zipped.headers()["content-encoding"], "gzip");
    let bytes = zipped.bytes().await.unwrap();
    let mut plain = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*bytes), &mut plain).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&plain).unwrap(), first);
    house.app.stop().await;
}

#[tokio::test]
async fn what_members_do_not_see_is_for_admins_alone() {
    let house = House::open(Store::Local).await;
    let (album, member) = (house.open_album().await, house.app.member().await.client);
    house.made(&album).await;
    for path in ["/gallery/albums".to_owned(), format!("/gallery/albums/{album}/images")] {
        let all = format!("{path}?all=true");
        member.get(&all).await.expect_problem(403, "forbidden");
        house.app.stranger().get(&all).await.expect_problem(401, "unauthenticated");
        let seen = house.admin.client.get(&all).await.expect(200);
        assert_eq!(seen["items"].as_array().map(Vec::len), Some(1), "{path}");
    }
    house.app.stop().await;
}
