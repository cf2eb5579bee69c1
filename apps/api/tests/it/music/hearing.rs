//! Real sound, made by the real thing and heard by somebody else's players.

use super::stage::{beside, play};
use super::{Stage, pages};
use crate::events::cast::id;
use crate::harness::bucket::OwnBucket;
use crate::harness::on_each_store;
use crate::harness::shop::Store;
use serde_json::{Value, json};
use std::process::Command;
use tokio::task::spawn_blocking;

on_each_store!(Stage::open: playlists_say_what_players_have_to_know);

/// A tone that rises for so many seconds.
pub(super) fn tone(seconds: u32) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tone.flac");
    let sound = format!("aevalsrc='0.3*sin(2*PI*t*(200+20*t))|0.2*sin(2*PI*t*330)':d={seconds}:s=44100");
    let made = Command::new("ffmpeg").args(["-v", "error", "-f", "lavfi", "-i", &sound]).arg(&file).status();
    assert!(made.expect("ffmpeg is installed: `./dev test` brings it").success());
    std::fs::read(file).unwrap()
}

/// A set of a tone, made by the worker; its id.
pub(super) async fn heard(stage: &Stage, seconds: u32) -> String {
    let flac = spawn_blocking(move || tone(seconds)).await.unwrap();
    let upload = stage.recording(&flac, "audio/flac").await;
    let set = id(&stage.set_of(&upload, &json!({"downloadable": true})).await.expect(201)).to_owned();
    stage.desk.work().await;
    let ready = stage.change(&set, &json!({"published": true})).await.expect(200);
    assert_eq!((&ready["status"], &ready["error"]), (&json!("ready"), &Value::Null));
    set
}

/// What ffprobe says of an address, having read it through.
async fn probed(url: &str) -> Value {
    let url = url.to_owned();
    let said = spawn_blocking(move || {
        let entries = "stream=codec_name,nb_read_packets:format=duration";
        Command::new("ffprobe")
            .args(["-v", "error", "-count_packets", "-show_entries", entries, "-of", "json", &url])
            .output()
            .expect("ffprobe is installed: `./dev test` brings it")
    });
    let said = said.await.unwrap();
    let complaints = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success() && complaints.is_empty(), "{complaints}");
    serde_json::from_slice(&said.stdout).unwrap()
}

/// How many seconds ffmpeg decodes of an address, without a complaint.
async fn decoded(url: &str) -> f64 {
    let url = url.to_owned();
    let said = spawn_blocking(move || {
        let quiet = ["-v", "error", "-progress", "-", "-nostats"];
        Command::new("ffmpeg").args(quiet).args(["-i", &url, "-map", "0:a:0", "-f", "null", "-"]).output()
    });
    let said = said.await.unwrap().unwrap();
    let complaints = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success() && complaints.is_empty(), "decoding: {complaints}");
    let text = String::from_utf8(said.stdout).unwrap();
    let mut times = text.lines().filter_map(|line| line.strip_prefix("out_time_us="));
    times.next_back().unwrap().parse::<f64>().unwrap() / 1e6
}

async fn playlists_say_what_players_have_to_know(stage: Stage) {
    let set = stage.heard(&json!({})).await;
    let member = stage.member().await;
    for (quality, rungs) in [
        ("", "opus-128 opus-64 opus-192 aac-128 aac-256"),
        ("?quality=low", "opus-64 aac-128"),
        ("?quality=normal", "opus-128 aac-128"),
        ("?quality=high", "opus-192 aac-256"),
    ] {
        let played = stage.stream(&member, &set, quality).await;
        let master = play(played["hls_url"].as_str().unwrap()).await;
        assert_eq!(master.header("content-type"), "application/vnd.apple.mpegurl");
        assert_eq!(master.header("cross-origin-resource-policy"), "cross-origin");
        assert_eq!(master.header("cache-control"), "no-store");
        let names: Vec<_> = master.text.lines().filter_map(|line| line.strip_suffix(".m3u8")).collect();
        assert_eq!(names.join(" "), rungs);
        let sources = played["sources"].as_array().unwrap();
        let tried: Vec<_> = sources
            .iter()
            .map(|it| format!("{}-{}", it["codec"].as_str().unwrap(), it["bitrate_kbps"]))
            .collect();
        assert_eq!(tried.join(" "), rungs);
    }
    member.get(&format!("/music/sets/{set}/stream?quality=best")).await.expect_problem(422, "invalid_input");
    let played = stage.stream(&member, &set, "").await;
    let media = play(&beside(played["hls_url"].as_str().unwrap(), "aac-128.m3u8")).await;
    let links: Vec<_> = media.text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(links.len(), 2);
    assert_eq!(links[0], links[1], "all segments lie in one file");
    assert!(media.text.contains(&format!("#EXT-X-MAP:URI=\"{}\",BYTERANGE=\"100@0\"", links[0])));
    assert!(media.text.contains("#EXT-X-BYTERANGE:600@100\n") && media.text.ends_with("#EXT-X-ENDLIST\n"));
    let again = play(&beside(played["hls_url"].as_str().unwrap(), "aac-128.m3u8")).await;
    assert_eq!(again.text, media.text, "the same for a whole window");
    assert_eq!(play(links[0]).await.text, "aac-128 mp4");
    stage.desk.app.stop().await;
}

#[tokio::test]
async fn ffmpeg_plays_every_address_through() {
    let stage = Stage::open(Store::Local).await;
    let set = heard(&stage, 20).await;
    let played = stage.stream(&stage.member().await, &set, "").await;
    let url = played["hls_url"].as_str().unwrap();
    for rung in ["opus-64", "opus-128", "opus-192", "aac-128", "aac-256"] {
        let list = beside(url, &format!("{rung}.m3u8"));
        let said = probed(&list).await;
        assert_eq!(said["streams"][0]["codec_name"], rung.split('-').next().unwrap());
        let packets: u32 = said["streams"][0]["nb_read_packets"].as_str().unwrap().parse().unwrap();
        // Opus has 50 packets a second, AAC 46.875.
        assert!((930..=1010).contains(&packets), "{rung}: {said}");
        let seconds: f64 = said["format"]["duration"].as_str().unwrap().parse().unwrap();
        assert!((19.8..20.3).contains(&seconds), "{rung}: {said}");
        let heard = decoded(&list).await;
        assert!((19.8..20.3).contains(&heard), "{rung}: {heard} s");
        let stream = decoded(&beside(url, &format!("{rung}.mp4"))).await;
        assert!((19.8..20.3).contains(&stream), "{rung} in one go: {stream} s");
    }
    let master = decoded(url).await;
    assert!((19.8..20.3).contains(&master), "{master} s");
    for source in played["sources"].as_array().unwrap() {
        let seconds = decoded(source["url"].as_str().unwrap()).await;
        assert!((19.8..20.3).contains(&seconds), "{source}: {seconds} s");
    }
    stage.desk.app.stop().await;
}

#[tokio::test]
async fn a_range_of_any_file_is_answered() {
    let stage = Stage::open(Store::Local).await;
    let set = heard(&stage, 13).await;
    let played = stage.stream(&stage.member().await, &set, "").await;
    let list = play(&beside(played["hls_url"].as_str().unwrap(), "opus-128.m3u8")).await.text;
    let link = list.lines().find(|line| !line.starts_with('#')).unwrap().to_owned();
    let http = reqwest::Client::new();
    let whole = http.get(&link).send().await.unwrap().bytes().await.unwrap();
    let runs: Vec<(usize, usize)> = list
        .lines()
        .filter_map(|line| line.strip_prefix("#EXT-X-BYTERANGE:")?.split_once('@'))
        .map(|(length, start)| (length.parse().unwrap(), start.parse().unwrap()))
        .collect();
    assert_eq!(runs.len(), 3, "six seconds each");
    for (length, start) in &runs {
        let range = format!("bytes={start}-{}", start + length - 1);
        let part = http.get(&link).header("range", range).send().await.unwrap();
        assert_eq!(part.status().as_u16(), 206);
        assert!(part.bytes().await.unwrap() == whole[*start..start + length]);
    }
    let (length, start) = runs.last().unwrap();
    assert_eq!(start + length, whole.len(), "nothing is behind the last");
    let source = played["sources"][0]["url"].as_str().unwrap();
    let part = http.get(source).header("range", "bytes=0-3").send().await.unwrap();
    assert_eq!((part.status().as_u16(), &*part.bytes().await.unwrap()), (206, b"OggS".as_slice()));
    stage.desk.app.stop().await;
}

#[tokio::test]
async fn a_page_of_another_origin_plays_and_seeks() {
    pages::play(None).await;
}

#[tokio::test]
async fn a_page_plays_and_seeks_what_lies_in_a_bucket() {
    pages::play(Some(OwnBucket::new().await)).await;
}
