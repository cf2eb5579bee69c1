//! A whole album as one file.

use super::house::{House, text};
use crate::harness::on_each_store;
use crate::harness::shop::Store;
use chrono::TimeDelta;
use kernel::Clock;
use reqwest::Method;
use serde_json::{Value, json};
use std::process::Command;

on_each_store!(House::open: an_archive_is_read_by_another_program_and_has_what_is_seen);

/// What Python's own reader finds in a file; it checks every checksum, and what every picture begins as.
pub(crate) fn read(bytes: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("album.zip");
    std::fs::write(&path, bytes).unwrap();
    let script = "import sys, zipfile\n\
        with zipfile.ZipFile(sys.argv[1]) as z:\n    assert z.testzip() is None\n    \
        for i in z.infolist():\n        assert z.read(i)[:3] == b'\\xff\\xd8\\xff', i\n        print(i.filename)";
    let output = Command::new("python3").args(["-c", script]).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

async fn an_archive_is_read_by_another_program_and_has_what_is_seen(house: House) {
    let album = house.album(&json!({"title": "Nächte: eins", "access": "members"})).await;
    let (hidden, member) = (house.made(&album).await, house.app.member().await);
    let path = format!("/gallery/albums/{album}/archive.zip");
    member.client.get(&path).await.expect_problem(404, "not_found");
    let (one, two) = (house.shown(&album).await, house.shown(&album).await);
    let answer = member.client.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
        (200, "application/zip")
    );
    let said = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(said.contains("filename*=UTF-8''N%C3%A4chte-%20eins.zip"), "{said}");
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(read(&bytes), ["Nächte- eins/0001.jpg", "Nächte- eins/0002.jpg"]);
    // What was sent counts.
    let used = member.client.get("/users/me/egress").await.expect(200);
    let sizes = bytes.len() as u64;
    assert!((sizes / 2..=sizes).contains(&used["signed_bytes"].as_u64().unwrap()), "{used} of {sizes}");
    let (metrics, signed) = (house.app.app.metrics.text(), &used["signed_bytes"]);
    let counted = format!("synesthesie_egress_bytes_total{{how=\"archived\"}} {signed}\n");
    assert!(metrics.contains(&counted), "{counted} in {metrics}");
    assert!(house.image(&hidden).await["published"] == false);
    house.publish(&[&one, &two], false).await;
    member.client.get(&path).await.expect_problem(404, "not_found");
    house.app.stop().await;
}

#[tokio::test]
async fn a_browser_downloads_by_an_address_that_is_good_for_one_album_and_ten_minutes() {
    let house = House::open(Store::Local).await;
    let (album, other) = (house.open_album().await, house.open_album().await);
    house.shown(&album).await;
    house.shown(&other).await;
    let member = house.app.member().await;
    let path = format!("/gallery/albums/{album}/archive.zip");
    let link: Value = member.client.get(&format!("{path}?link=true")).await.expect(200);
    let url = text(&link, "url");
    let answer = house.follow(&url).await;
    assert_eq!((answer.status().as_u16(), read(&answer.bytes().await.unwrap()).len()), (200, 1));
    let stranger = house.app.stranger();
    stranger.get(&path).await.expect_problem(401, "unauthenticated");
    let pass = url.rsplit("pass=").next().unwrap();
    stranger
        .get(&format!("/gallery/albums/{other}/archive.zip?pass={pass}"))
        .await
        .expect_problem(404, "not_found");
    for wrong in ["", "x", &pass[1..], &format!("B{}", &pass[1..])] {
        stranger.get(&format!("{path}?pass={wrong}")).await.expect_problem(404, "not_found");
    }
    // Whoever may not log in any more downloads nothing.
    let standing = format!("/admin/users/{}", member.id);
    house.admin.client.patch(&standing, &json!({"status": "suspended"})).await.expect(200);
    assert_eq!(house.follow(&url).await.status(), 404);
    house.admin.client.patch(&standing, &json!({"status": "active"})).await.expect(200);
    assert_eq!(house.follow(&url).await.status(), 404, "the login that it was made for has ended");
    let again = house.again(&member).await;
    let url = text(&again.get(&format!("{path}?link=true")).await.expect(200), "url");
    assert_eq!(house.follow(&url).await.status(), 200);
    house.clock.advance(TimeDelta::minutes(11));
    assert_eq!(house.follow(&url).await.status(), 404);
    house.app.stop().await;
}

#[tokio::test]
async fn an_archive_is_not_sent_to_whom_too_much_was_sent() {
    let house = House::with(Store::Local, &[("media.egress_gb", "1")]).await;
    let album = house.open_album().await;
    house.shown(&album).await;
    let member = house.app.member().await;
    let account = member.id.parse().unwrap();
    house.app.app.meter.streamed(account, 1_000_000_000).await.unwrap();
    let path = format!("/gallery/albums/{album}/archive.zip");
    let refused = member.client.get(&path).await;
    assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0));
    refused.expect_problem(429, "egress_budget_exhausted");
    member.client.get(&format!("{path}?link=true")).await.expect_problem(429, "egress_budget_exhausted");
    house.app.stop().await;
}

#[tokio::test]
async fn an_archive_that_is_larger_than_what_is_left_is_not_begun() {
    let house = House::with(Store::Local, &[("media.egress_gb", "1")]).await;
    let album = house.open_album().await;
    house.shown(&album).await;
    let member = house.app.member().await;
    house.app.app.meter.streamed(member.id.parse().unwrap(), 999_999_900).await.unwrap();
    let path = format!("/gallery/albums/{album}/archive.zip");
    member.client.get(&path).await.expect_problem(429, "egress_budget_exhausted");
    member.client.get(&format!("{path}?link=true")).await.expect_problem(429, "egress_budget_exhausted");
    assert_eq!(member.client.get("/users/me/egress").await.expect(200)["bytes"], 999_999_900);
    house.app.stop().await;
}

#[tokio::test]
async fn nobody_downloads_more_than_two_archives_at_once() {
    let house = House::open(Store::Local).await;
    let album = house.open_album().await;
    house.shown(&album).await;
    let (member, other) = (house.app.member().await, house.app.member().await);
    let path = format!("/gallery/albums/{album}/archive.zip");
    let archives = &house.app.app.albums.archives;
    let take = |who: &str| archives.take(who.parse().unwrap());
    let mine = [take(&member.id).unwrap(), take(&member.id).unwrap()];
    let refused = member.client.get(&path).await;
    assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0));
    refused.expect_problem(429, "too_many_attempts");
    let whole = async |who: &crate::harness::Person| {
        who.client.request(Method::GET, &path).send().await.unwrap().bytes().await.unwrap()
    };
    assert_eq!(read(&whole(&other).await).len(), 1, "others do");
    drop(mine);
    assert_eq!(read(&whole(&member).await).len(), 1);
    // All together have only so many.
    let all: Vec<_> =
        (0..8).map(|_| take(&kernel::AccountId::generate(house.clock.now()).to_string())).collect();
    assert!(all.iter().all(Result::is_ok));
    member.client.get(&path).await.expect_problem(503, "unavailable");
    house.app.stop().await;
}
