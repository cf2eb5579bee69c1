//! The program with its objects in a bucket: pages send there and read from there, by links of the program.

use super::House;
use super::house::{asked, made_up, text, whole};
use crate::gallery::archives;
use crate::harness::shop::Store;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long anything may take on a machine that compiles meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);

impl House {
    /// What every link of its objects begins with.
    fn base(&self) -> String {
        self.bucket.as_ref().unwrap().base()
    }

    async fn published(&self, path: &str, said: &Value) {
        self.admin().await.patch(path, said).await.expect(200);
    }

    /// Reads what a link leads to, which is in the bucket; its headers are as browsers need them.
    async fn read(&self, url: &str, content_type: &str) -> (String, Vec<u8>) {
        assert!(url.starts_with(&self.base()), "{url} leads past the bucket");
        let answer = self.follow(url, &[]).await;
        let header = |name: &str| {
            answer.headers().get(name).map_or_else(String::new, |it| it.to_str().unwrap().to_owned())
        };
        assert_eq!((answer.status().as_u16(), header("content-type")), (200, content_type.to_owned()));
        let cached = header("cache-control");
        assert!(cached.starts_with("private, max-age=") && cached.ends_with("immutable"), "{cached}");
        let disposition = header("content-disposition");
        (disposition, answer.bytes().await.unwrap().to_vec())
    }

    /// Where an address of ours leads.
    async fn leads_to(&self, url: &str) -> String {
        let answer = self.follow(url, &[]).await;
        assert_eq!(answer.status().as_u16(), 302, "{url}");
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    /// So many uploads are under way in the bucket.
    async fn until_under_way(&self, wanted: usize) {
        let since = Instant::now();
        loop {
            let found = self.objects.unfinished("", 10).await.unwrap();
            if found.len() == wanted {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "{found:?} instead of {wanted}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn a_picture_goes_into_the_bucket_and_from_there_to_members() {
    let house = House::in_bucket(Store::Postgres).await;
    let jpeg = made_up("testsrc2=s=1600x1200:d=1", "jpg", "-frames:v 1 -q:v 3").await;
    let (album, image) = house.image(&jpeg, "image/jpeg").await;
    house.ready(&format!("/admin/images/{image}")).await;
    house.published("/admin/images", &json!({"ids": [image], "published": true})).await;

    let (one, other) = (house.member().await, house.member().await);
    let albums = one.get("/gallery/albums").await.expect(200);
    assert!(text(&albums["items"][0]["cover"]["sources"][0], "url").starts_with(&house.base()), "{albums}");
    let path = format!("/gallery/albums/{album}/images");
    let page = one.get(&path).await;
    assert_eq!(other.get(&path).await.text, page.text, "the same links for everybody");
    let page = page.expect(200);
    let sources = page["items"][0]["sources"].as_array().unwrap();
    assert!(sources.len() >= 8, "{page}");
    for source in sources {
        let format = text(source, "format");
        let (disposition, bytes) = house.read(&text(source, "url"), &format!("image/{format}")).await;
        assert!(disposition.starts_with("inline; filename="), "{disposition}");
        let begins = if format == "jpeg" { &b"\xFF\xD8\xFF"[..] } else { b"RIFF" };
        assert!(bytes.starts_with(begins), "{source}");
    }
    let url = text(sources.iter().find(|source| source["width"] == 320).unwrap(), "url");
    let bare = url.split_once('?').unwrap().0;
    let other = url.replace("/320.", "/640.");
    let longer = url.replace("X-Amz-Expires=", "X-Amz-Expires=1");
    for refused in [bare, other.as_str(), longer.as_str()] {
        assert_ne!(refused, url);
        assert_eq!(house.follow(refused, &[]).await.status().as_u16(), 403, "{refused}");
    }

    let archive = asked(&one, &format!("/gallery/albums/{album}/archive.zip")).await;
    assert_eq!(archive.status().as_u16(), 200);
    let bytes = archive.bytes().await.unwrap();
    assert_eq!(archives::read(&bytes), ["Nächte- eins/0001.jpg"]);

    let request = house.admin().await;
    assert_eq!(request.delete(&format!("/admin/albums/{album}?with_images=true")).await.status, 204);
    one.get(&path).await.expect_problem(404, "not_found");
    house.until_empty().await;
}

#[tokio::test]
async fn a_set_is_sent_in_parts_and_heard_from_the_bucket() {
    let house = House::in_bucket(Store::Local).await;
    // More than one part of 16 MiB.
    let wav = made_up("sine=f=300:r=44100:d=100", "wav", "-ac 2").await;
    assert!(wav.len() > 16 * 1024 * 1024);
    let set = house.set(&wav, "audio/wav").await;
    house.ready(&format!("/admin/sets/{set}")).await;
    house.published(&format!("/admin/sets/{set}"), &json!({"published": true})).await;
    let member = house.member().await;
    let played = member.get(&format!("/music/sets/{set}/stream")).await.expect(200);
    let master = text(&played, "hls_url");
    assert_eq!(house.follow(&master, &[]).await.status().as_u16(), 200);
    for rung in ["opus-64", "opus-128", "opus-192", "aac-128", "aac-256"] {
        let list = house
            .follow(&master.replace("master.m3u8", &format!("{rung}.m3u8")), &[])
            .await
            .text()
            .await
            .unwrap();
        let link = list.lines().find(|line| !line.starts_with('#')).unwrap();
        let (_, bytes) = house.read(link, "audio/mp4").await;
        let whole_stream = house.leads_to(&master.replace("master.m3u8", &format!("{rung}.mp4"))).await;
        assert_eq!(whole_stream, link, "by segments or at once, it is the same file");
        // As a player asks: the beginning, and then one segment after the other.
        let runs = list.lines().filter_map(|line| {
            let run = line.strip_prefix("#EXT-X-BYTERANGE:").or(line.split("BYTERANGE=\"").nth(1))?;
            let (length, start) = run.trim_end_matches('"').split_once('@')?;
            Some((length.parse::<usize>().unwrap(), start.parse::<usize>().unwrap()))
        });
        let mut end = 0;
        for (length, start) in runs {
            assert_eq!(start, end, "without a gap");
            end = start + length;
            let range = format!("bytes={start}-{}", end - 1);
            let part = house.follow(link, &[("range", range.as_str())]).await;
            assert_eq!(part.status().as_u16(), 206, "{rung} {range}");
            assert!(part.bytes().await.unwrap() == bytes[start..end], "{rung} {range}");
        }
        assert_eq!(end, bytes.len(), "to the end");
    }
    for source in played["sources"].as_array().unwrap() {
        let kind = if source["codec"] == "opus" { "audio/ogg" } else { "audio/mp4" };
        house.read(&house.leads_to(&text(source, "url")).await, kind).await;
    }
    let shown = member.get(&format!("/music/sets/{set}")).await.expect(200);
    let peaks = whole(house.follow(&text(&shown, "peaks_url"), &[]).await, 200).await;
    assert_eq!(peaks.json["version"], 2);
    let saved = member.get(&format!("/music/sets/{set}/download?link=true")).await.expect(200);
    let (disposition, _) = house.read(&text(&saved, "url"), "audio/mp4").await;
    assert!(disposition.starts_with("attachment; filename=\"Ada - The night.m4a\""), "{disposition}");

    house.admin().await.delete(&format!("/admin/sets/{set}")).await.expect(204);
    house.until_empty().await;
}

#[tokio::test]
async fn an_upload_that_is_given_up_leaves_nothing_in_the_bucket() {
    let house = House::in_bucket(Store::Local).await;
    let (admin, size) = (house.admin().await, 16 * 1024 * 1024 + 5);
    let wish = json!({"kind": "set", "filename": "a.flac", "size": size, "content_type": "audio/flac"});
    let begun = admin.post("/admin/uploads", &wish).await.expect(201);
    house.sent(&begun, &vec![7; size], 1).await;
    let path = format!("/admin/uploads/{}", text(&begun, "upload_id"));
    let shown = admin.get(&path).await.expect(200);
    assert_eq!(
        (shown["arrived"][0]["number"].as_u64(), shown["parts"][0]["number"].as_u64()),
        (Some(1), Some(2))
    );
    house.until_under_way(1).await;
    admin.delete(&path).await.expect(204);
    house.until_under_way(0).await;
    assert_eq!(house.objects.list("", None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn the_doctor_finds_nothing_wrong_with_a_private_bucket_and_its_rules() {
    let mut house = House::in_bucket(Store::Local).await;
    let said = house.run(&["doctor"]).await;
    for check in ["media", "media_privacy", "media_cors", "media_programs", "media_workplace"] {
        let line = said.lines().find(|line| line.split_whitespace().nth(1) == Some(check));
        assert!(line.is_some_and(|line| line.starts_with("ok")), "{check}: {said}");
    }
    assert_eq!(house.objects.list("", None, 10).await.unwrap(), [], "what it tried is gone");
    assert_eq!(house.objects.unfinished("", 10).await.unwrap(), []);
}
