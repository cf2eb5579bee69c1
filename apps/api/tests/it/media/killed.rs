//! The whole program killed while it makes something: that is made to the end when it is back, and nothing else is left.

use super::House;
use super::house::{made_up, name_in, text};
use super::processes::{Hanging, Helper};
use crate::harness::shop::Store;
use crate::harness::{TestApp, on_each_store};
use adapter_ffmpeg::ZOOMS;
use chrono::TimeDelta;
use kernel::{Clock, ObjectKey, SystemClock};
use music::{LADDER, SoundObject};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::StoppedClock;

on_each_store!(
    House::open: a_program_killed_while_ffmpeg_works_makes_the_set_when_it_is_back,
    a_program_killed_while_it_puts_a_set_leaves_nothing_but_the_set,
    a_program_killed_while_it_reads_a_picture_makes_it_when_it_is_back,
    a_program_killed_while_it_puts_a_picture_leaves_nothing_but_the_picture,
);

/// How long a helper of a dead program may take to see that nobody listens.
const MOMENT: Duration = Duration::from_secs(20);
/// How long anything else may take on a machine that compiles meanwhile.
const PATIENCE: Duration = Duration::from_secs(240);
/// Between two looks.
const POLL: Duration = Duration::from_millis(10);
/// Between two looks for what is over in a moment.
const QUICK: Duration = Duration::from_millis(1);
/// How often a kill may come too late, when everything is put and written down.
const TRIES: usize = 10;

/// Returns when it is so.
async fn until(what: &str, pause: Duration, mut so: impl AsyncFnMut() -> bool) {
    let since = Instant::now();
    while !so().await {
        assert!(since.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(pause).await;
    }
}

/// Nobody works on for a program that is dead.
async fn have_ended(helpers: &[Helper]) {
    let since = Instant::now();
    while let Some(works) = helpers.iter().find(|helper| helper.works()) {
        assert!(since.elapsed() < MOMENT, "{works:?} works on");
        tokio::time::sleep(POLL).await;
    }
}

/// Nobody works any more, and nothing lies where they worked, neither of the dead nor of the living.
async fn nothing_is_left(house: &House) {
    until("nobody works", POLL, async || house.helpers().is_empty()).await;
    until("an empty workplace", POLL, async || house.workplace() == [Vec::<String>::new()]).await;
}

/// All that belongs to a set which is ready: what lies under the pass that its playlists lead to.
async fn of_set(house: &House, set: &str) -> Vec<String> {
    let admin = house.admin().await;
    admin.patch(&format!("/admin/sets/{set}"), &json!({"published": true})).await.expect(200);
    let played = house.member().await.get(&format!("/music/sets/{set}/stream")).await.expect(200);
    let url = text(&played, "hls_url").replace("master.m3u8", "opus-128.m3u8");
    let list = house.follow(&url, &[]).await.text().await.unwrap();
    let link = list.lines().find(|line| !line.starts_with('#')).unwrap_or_else(|| panic!("{list}"));
    let folder = name_in(link, "sets/").strip_suffix("opus-128.mp4").unwrap();
    let renditions = LADDER
        .into_iter()
        .flat_map(|rung| [SoundObject::Stream(rung), SoundObject::Index(rung), SoundObject::File(rung)]);
    let all = renditions.chain(ZOOMS.map(SoundObject::Peaks));
    let mut all: Vec<_> = all.map(|object| format!("{folder}{}", object.name())).collect();
    all.sort();
    all
}

/// All that belongs to a picture which is ready, besides what was sent.
fn of_picture(shown: &Value) -> Vec<String> {
    let sources = shown["sources"].as_array().unwrap().iter();
    let mut all: Vec<_> = sources.map(|one| name_in(&text(one, "url"), "pictures/").to_owned()).collect();
    all.sort();
    all
}

/// Whether a recording is being read and packed: by one program, and by five.
fn packs(house: &House) -> bool {
    house.helpers().iter().filter(|helper| helper.line.contains("ffmpeg")).count() >= 6
}

/// Whether a picture is being read.
fn reads(house: &House) -> bool {
    house.helpers().iter().any(|helper| helper.line.contains("synesthesie picture"))
}

async fn a_program_killed_while_ffmpeg_works_makes_the_set_when_it_is_back(mut house: House) {
    let flac = made_up("sine=f=300:r=44100:d=90", "flac", "").await;
    let set = house.set(&flac, "audio/flac").await;
    let path = format!("/admin/sets/{set}");
    for _ in 0..2 {
        until("ffmpeg works", POLL, async || packs(&house)).await;
        let helpers = house.helpers();
        house.kill().await;
        have_ended(&helpers).await;
        house.rise().await;
    }
    house.ready(&path).await;
    let wanted = of_set(&house, &set).await;
    house.until_only(&format!("sets/{set}/"), &wanted).await;
    nothing_is_left(&house).await;
}

async fn a_program_killed_while_it_puts_a_set_leaves_nothing_but_the_set(mut house: House) {
    killed_while_it_puts_a_set(&mut house).await;
}

/// Kills it until it has put only some of a set, and has it made to the end; what belongs to each set that was made.
async fn killed_while_it_puts_a_set(house: &mut House) -> Vec<Vec<String>> {
    let flac = made_up("sine=f=300:r=44100:d=20", "flac", "").await;
    let mut all = Vec::new();
    for _ in 0..TRIES {
        let set = house.set(&flac, "audio/flac").await;
        let prefix = format!("sets/{set}/");
        until("something is put", QUICK, async || !house.names(&prefix).await.is_empty()).await;
        house.kill().await;
        let left = house.names(&prefix).await;
        house.rise().await;
        house.ready(&format!("/admin/sets/{set}")).await;
        let wanted = of_set(house, &set).await;
        house.until_only(&prefix, &wanted).await;
        nothing_is_left(house).await;
        let half = left.iter().any(|name| !wanted.contains(name));
        all.push(wanted);
        if half {
            return all;
        }
    }
    panic!("it was always faster");
}

async fn a_program_killed_while_it_reads_a_picture_makes_it_when_it_is_back(mut house: House) {
    let png = made_up("testsrc2=s=9000x6000:d=1", "png", "-frames:v 1").await;
    let (_, image) = house.image(&png, "image/png").await;
    for _ in 0..2 {
        until("it is read", POLL, async || reads(&house)).await;
        let helpers = house.helpers();
        house.kill().await;
        have_ended(&helpers).await;
        house.rise().await;
    }
    let ready = house.ready(&format!("/admin/images/{image}")).await;
    assert_eq!((ready["width"].as_u64(), ready["height"].as_u64()), (Some(9000), Some(6000)));
    house.until_only(&format!("pictures/{image}/"), &of_picture(&ready)).await;
    nothing_is_left(&house).await;
}

async fn a_program_killed_while_it_puts_a_picture_leaves_nothing_but_the_picture(mut house: House) {
    killed_while_it_puts_a_picture(&mut house).await;
}

/// The same with a picture.
async fn killed_while_it_puts_a_picture(house: &mut House) -> Vec<Vec<String>> {
    let jpeg = made_up("testsrc2=s=3000x2000:d=1", "jpg", "-frames:v 1 -q:v 3").await;
    let mut all = Vec::new();
    for _ in 0..TRIES {
        let (_, image) = house.image(&jpeg, "image/jpeg").await;
        let prefix = format!("pictures/{image}/");
        until("something is put", QUICK, async || !house.names(&prefix).await.is_empty()).await;
        house.kill().await;
        let left = house.names(&prefix).await;
        house.rise().await;
        let ready = house.ready(&format!("/admin/images/{image}")).await;
        let wanted = of_picture(&ready);
        house.until_only(&prefix, &wanted).await;
        nothing_is_left(house).await;
        let half = left.iter().any(|name| !wanted.contains(name));
        all.push(wanted);
        if half {
            return all;
        }
    }
    panic!("it was always faster");
}

/// Nothing lies in the bucket but what belongs to these, and the file that was sent for each of them.
async fn nothing_else_is_in_the_bucket(house: &House, made: &[Vec<String>]) {
    let listed = house.objects.list("", None, 1000).await.unwrap();
    let names = listed.into_iter().map(|one| one.key.to_string());
    let (sent, there): (Vec<_>, Vec<_>) =
        names.partition(|name| name.starts_with("uploads/") || name.contains("/original."));
    let mut wanted = made.concat();
    wanted.sort();
    assert_eq!(there, wanted);
    assert_eq!(sent.len(), made.len(), "{sent:#?}");
}

/// Whatever was begun in parts and not ended is dropped by who tidies a day later, also what somebody who was killed had
/// begun under that prefix.
async fn nothing_is_left_half_sent_after_a_day(house: &House, prefix: &str) {
    // As of a file that is too large for one call.
    let key = ObjectKey::parse(&format!("{prefix}large")).unwrap();
    house.objects.begin_parts(&key, "application/octet-stream").await.unwrap();
    let begun = house.objects.unfinished("", 1000).await.unwrap();
    assert!(begun.iter().any(|one| one.key == key), "{begun:#?}");

    let settings = house.bucket.as_ref().unwrap().settings();
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let clock = Arc::new(StoppedClock::at(SystemClock.now()));
    let told: Arc<dyn Clock> = clock.clone();
    let tidier = TestApp::with_clock(&settings, told).await;
    assert_eq!(tidier.app.uploads.tidy().await.unwrap(), 0, "somebody may still be at it");
    clock.advance(TimeDelta::hours(25));
    let tidied = tidier.app.uploads.tidy().await.unwrap();
    assert_eq!(house.objects.unfinished("", 1000).await.unwrap(), []);
    assert_eq!(usize::try_from(tidied).unwrap(), begun.len());
    tidier.stop().await;
}

/// Of what is made while the program is killed, a bucket has what belongs to it, and by the day after nothing else.
async fn killed_beside_a_bucket(prefix: &str, made: impl AsyncFnOnce(&mut House) -> Vec<Vec<String>>) {
    let mut house = House::in_bucket(Store::Local).await;
    let made = made(&mut house).await;
    nothing_else_is_in_the_bucket(&house, &made).await;
    nothing_is_left_half_sent_after_a_day(&house, prefix).await;
    nothing_else_is_in_the_bucket(&house, &made).await;
}

#[tokio::test]
async fn a_program_killed_while_it_puts_a_set_into_a_bucket_leaves_nothing_but_the_set() {
    killed_beside_a_bucket("sets/1/2/", killed_while_it_puts_a_set).await;
}

#[tokio::test]
async fn a_program_killed_while_it_puts_a_picture_into_a_bucket_leaves_nothing_but_the_picture() {
    killed_beside_a_bucket("pictures/1/2/", killed_while_it_puts_a_picture).await;
}

/// What hangs does not see that nobody listens any more: it has to be ended with the program.
async fn end_with_the_program(house: &mut House) {
    let hanging = Hanging::all(house.helpers());
    house.kill().await;
    have_ended(&hanging.0).await;
    house.rise().await;
}

#[tokio::test]
async fn an_ffmpeg_that_hangs_ends_with_the_program() {
    let mut house = House::open(Store::Local).await;
    let flac = made_up("sine=f=300:r=44100:d=60", "flac", "").await;
    let set = house.set(&flac, "audio/flac").await;
    until("ffmpeg works", POLL, async || packs(&house)).await;
    end_with_the_program(&mut house).await;
    house.ready(&format!("/admin/sets/{set}")).await;
    nothing_is_left(&house).await;
}

#[tokio::test]
async fn a_reader_of_pictures_that_hangs_ends_with_the_program() {
    let mut house = House::open(Store::Local).await;
    let png = made_up("testsrc2=s=9000x6000:d=1", "png", "-frames:v 1").await;
    let (_, image) = house.image(&png, "image/png").await;
    until("it is read", POLL, async || reads(&house)).await;
    end_with_the_program(&mut house).await;
    house.ready(&format!("/admin/images/{image}")).await;
    nothing_is_left(&house).await;
}
