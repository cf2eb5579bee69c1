//! However many large pictures come and go, the program stays as small as it was.

use super::House;
use super::house::{asked, text};
use crate::gallery::filled;
use crate::harness::shop::Store;
use crate::harness::{TestApp, form};
use gallery::ImageFormat;
use kernel::Body;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How much larger the program may get.
const ROOM: u64 = 32 * 1024 * 1024;
/// Bytes of a picture that is sent.
const SENT: usize = 12 * 1024 * 1024;
/// Bytes of the largest file that is made of a picture, when every pixel differs from those around it.
const MADE: usize = 4 * 1024 * 1024;
/// Pictures that are sent: 240 MiB together.
const MANY_SENT: usize = 20;
/// Pictures of an archive: as much.
const MANY_MADE: usize = 60;

/// Sends so many large pictures in one form, without having all of it in memory here; what was answered.
async fn send(house: &House, album: &str, count: usize) -> Value {
    let head = |number: usize| form::before(&format!("{number:04}.jpg"));
    let length = count * (head(0).len() + SENT + form::BEHIND.len()) + form::END.len();
    let token = house.admin().await.token.unwrap();
    let host = house.url.strip_prefix("http://").unwrap();
    let mut picture = vec![7_u8; SENT];
    picture[..4].copy_from_slice(b"\xFF\xD8\xFF\xE0");
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!(
        "POST /api/v1/admin/albums/{album}/images HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: {}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n",
        form::KIND
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    for number in 0..count {
        stream.write_all(head(number).as_bytes()).await.unwrap();
        stream.write_all(&picture).await.unwrap();
        stream.write_all(form::BEHIND.as_bytes()).await.unwrap();
    }
    stream.write_all(form::END.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (headers, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(headers.starts_with("HTTP/1.1 201"), "{answer}");
    // It comes in one piece, or in chunks with their lengths around it.
    let json = body.find('{').zip(body.rfind('}')).map(|(first, last)| &body[first..=last]);
    serde_json::from_str(json.unwrap()).unwrap_or_else(|error| panic!("{error}: {body}"))
}

#[tokio::test]
async fn a_form_with_many_large_pictures_leaves_the_program_small() {
    let house = House::open(Store::Local).await;
    let album = json!({"title": "The night"});
    let album = text(&house.admin().await.post("/admin/albums", &album).await.expect(201), "id");
    // Once, so that what any first request needs is there.
    send(&house, &album, 1).await;
    let before = house.peak();
    let sent = send(&house, &album, MANY_SENT).await;
    let taken = sent["items"].as_array().unwrap().iter().filter(|item| item["image"].is_object());
    assert_eq!(taken.count(), MANY_SENT, "{sent}");
    let after = house.peak();
    assert!(after < before + ROOM, "{before} bytes before, {after} at most meanwhile");
}

/// An album that members see, of so many pictures of so many bytes; its id.
async fn shown(house: &House, beside: &TestApp, count: usize, bytes: usize) -> String {
    let album = json!({"title": "The night", "access": "members"});
    let album = text(&house.admin().await.post("/admin/albums", &album).await.expect(201), "id");
    for id in filled(beside, &album, u32::try_from(count).unwrap()).await {
        let picture = beside.app.gallery.picture(id.parse().unwrap()).await.unwrap().unwrap();
        let largest = picture.largest(ImageFormat::Jpeg).unwrap();
        let key = picture.rendition_key(picture.pass.unwrap(), largest).unwrap();
        house.objects.put(&key, Body::Bytes(vec![7; bytes]), "image/jpeg").await.unwrap();
    }
    album
}

#[tokio::test]
async fn an_archive_of_many_large_pictures_leaves_the_program_small() {
    let house = House::open(Store::Postgres).await;
    let beside = TestApp::with(&[("store.url", &house.store())]).await;
    let (one, many) = (shown(&house, &beside, 1, 1000).await, shown(&house, &beside, MANY_MADE, MADE).await);
    let member = house.member().await;
    let read = async |album: &str| {
        let mut answer = asked(&member, &format!("/gallery/albums/{album}/archive.zip")).await;
        assert_eq!(answer.status().as_u16(), 200);
        let mut bytes = 0;
        while let Some(some) = answer.chunk().await.unwrap() {
            bytes += some.len();
        }
        bytes
    };
    // Once, so that what any first request needs is there.
    assert!(read(&one).await > 1000);
    let before = house.peak();
    assert!(read(&many).await > MANY_MADE * MADE, "all of them are in it");
    let after = house.peak();
    assert!(after < before + ROOM, "{before} bytes before, {after} at most meanwhile");
    beside.stop().await;
}
