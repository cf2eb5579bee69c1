//! Some of the corpus that the reader of recordings is held against, sent in parts.

#[path = "../../../../../../crates/adapters/ffmpeg/tests/it/bench.rs"]
#[allow(dead_code, reason = "it offers what any test of recordings may need")]
mod bench;
#[path = "../../../../../../crates/adapters/ffmpeg/tests/it/corpus.rs"]
mod corpus;

use super::{House, Sound};
use crate::harness::Answer;
use crate::harness::shop::Store;
use crate::media::house::{made_up, text};
use corpus::{End, corpus};
use serde_json::json;

/// One of each kind of trouble.
const CHOSEN: [&str; 20] = [
    "empty.wav",
    "page.m4a",
    "list.mp3",
    "noise.flac",
    "noise.wav",
    "elsewhere.m4a",
    "half.flac",
    "half-slow.m4a",
    "tag.mp3",
    "channels-65535.wav",
    "long.flac",
    "ten-hours.mp3",
    "samples.m4a",
    "damaged.flac",
    "eight-hours.flac",
    "chapters.mp3",
    "picture.mp3",
    "chunks.wav",
    "mute.mp4",
    "and-zip.wav",
];

/// What its sender says that it is.
fn promised(name: &str) -> &'static str {
    match name.rsplit_once('.').unwrap().1 {
        "wav" => "audio/wav",
        "flac" => "audio/flac",
        "mp3" => "audio/mpeg",
        _ => "audio/mp4",
    }
}

/// A set of this file, on its way; else by which code it was refused before anything was made of it.
async fn offered(house: &House, bytes: &[u8], content_type: &str) -> Result<String, String> {
    let code = |refused: &Answer| {
        assert_eq!(refused.status, 422, "{}", refused.text);
        text(&refused.json, "code")
    };
    let admin = house.admin().await;
    let wish = json!({"kind": "set", "filename": "a.bin", "size": bytes.len(), "content_type": content_type});
    let begun = admin.post("/admin/uploads", &wish).await;
    if begun.status != 201 {
        return Err(code(&begun));
    }
    house.sent(&begun.json, bytes, usize::MAX).await;
    let upload = text(&begun.json, "upload_id");
    let completed = admin.post(&format!("/admin/uploads/{upload}/complete"), &json!({})).await;
    if completed.status != 200 {
        return Err(code(&completed));
    }
    let set = json!({"title": "The night", "artist": "Ada", "upload_id": upload, "downloadable": true});
    Ok(text(&admin.post("/admin/sets", &set).await.expect(201), "id"))
}

/// What is wrong with what became of it.
fn fault(name: &str, end: &End, refusal: Option<&str>) -> Option<String> {
    let as_it_should = match (end, refusal) {
        (End::Played, refusal) => refusal.is_none(),
        (End::Refused(_), None) => false,
        // It was not even looked into: it is nothing, or does not begin as what it is said to be.
        (End::Refused(_), Some("invalid_input" | "upload_mismatch")) => true,
        (End::Refused(reasons), Some(code)) => reasons.iter().any(|reason| reason.as_str() == code),
    };
    (!as_it_should).then(|| format!("{name} came to {refusal:?}"))
}

#[tokio::test]
async fn recordings_that_are_meant_badly_end_with_a_reason_and_leave_the_program_as_it_was() {
    let corpus = corpus();
    let flac = made_up("sine=f=300:r=44100:d=20", "flac", "").await;
    let house = House::open(Store::Local).await;
    // Once, so that what any first one needs is there.
    let first = house.set(&flac, "audio/flac").await;
    house.ready(&format!("/admin/sets/{first}")).await;
    let sound = Sound::of(house).await;
    let house = &sound.house;

    let (mut taken, mut good, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for (number, name) in CHOSEN.into_iter().enumerate() {
        let found = corpus.files.iter().find(|(path, _)| path.ends_with(name));
        let (path, end) = found.unwrap_or_else(|| panic!("there is no {name}"));
        let bytes = std::fs::read(path).unwrap();
        match offered(house, &bytes, promised(name)).await {
            Ok(set) => taken.push((name, end, set)),
            Err(code) => faults.extend(fault(name, end, Some(code.as_str()))),
        }
        if number == CHOSEN.len() / 2 {
            let (_, image) = house.image(&sound.picture, "image/jpeg").await;
            good.push(format!("/admin/images/{image}"));
            good.push(format!("/admin/sets/{}", house.set(&flac, "audio/flac").await));
        }
    }
    assert!(taken.len() >= 15, "most of them begin as recordings do: {}", taken.len());
    for (name, end, set) in &taken {
        let refusal = sound.refusal(&format!("/admin/sets/{set}")).await;
        faults.extend(fault(name, end, refusal.as_deref()));
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert_eq!(good.len(), 2);
    for path in good {
        assert_eq!(sound.refusal(&path).await, None, "{path}");
    }
    sound.is_as_it_was().await;
}
