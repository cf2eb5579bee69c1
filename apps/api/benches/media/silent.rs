//! Pictures and a set of which there is everything but what is to be seen and heard: lists tell of them alike.

use crate::Failure;
use crate::house::{Admin, House, text};
use async_trait::async_trait;
use gallery::{ImageFormat, Picture, Rendered, RenderedFile, Sent, WIDTHS};
use kernel::{AlbumId, Clock, ObjectKey, PassId, PictureId, SystemClock, transact};
use music::{
    Bench, Index, LADDER, Loudness, Made, Peaks, ProcessError, Processed, Processor, Progress, Rung, Segment,
    SoundFile,
};
use serde_json::json;
use std::path::Path;
use synesthesie::workplace::Fetched;

/// Segments of an hour.
const SEGMENTS: u64 = 600;
const SECONDS: u32 = 6;

/// Puts so many pictures into an album of members, published; its id.
pub(crate) async fn album(house: &House, admin: &Admin, pictures: u32) -> Result<String, Failure> {
    let made = admin.post("/admin/albums", &json!({"title": "The night", "access": "members"})).await?;
    let id = text(&made, "/id")?;
    let album: AlbumId = id.parse()?;
    let all = (0..pictures).map(|number| picture(album, admin, number)).collect::<Result<Vec<_>, _>>()?;
    transact(house.app.gallery.store.begin_gallery().await?, async |tx| {
        tx.add_pictures(&all).await?;
        Ok::<_, kernel::StoreError>(())
    })
    .await?;
    Ok(id)
}

fn picture(album: AlbumId, admin: &Admin, number: u32) -> Result<Picture, Failure> {
    let now = SystemClock.now();
    let id = PictureId::generate(now);
    let key = ObjectKey::parse(&format!("pictures/{id}/original.jpg")).ok_or("no name for a picture")?;
    let sent = Sent { filename: format!("DSC_{number}.JPG"), key, bytes: 9_000_000, caption: None };
    let wrong = |invalid: kernel::Invalid| format!("a picture is refused: {invalid:?}");
    let mut picture = Picture::create(id, album, &sent, admin.id, now).map_err(wrong)?;
    let file = |width: u32, format| RenderedFile {
        path: "nowhere".into(),
        width,
        height: width * 2 / 3,
        format,
        bytes: u64::from(width) * 200,
    };
    let files = WIDTHS.into_iter();
    let files = files.flat_map(|width| [file(width, ImageFormat::Jpeg), file(width, ImageFormat::WebP)]);
    let thumbhash = (0..25).map(|place: u8| place.wrapping_mul(number.to_le_bytes()[0])).collect();
    let rendered =
        Rendered { width: 6000, height: 4000, thumbhash, taken_at: Some(now), files: files.collect() };
    picture.finish(PassId::generate(now), &rendered);
    picture.publish(true, now);
    Ok(picture)
}

/// A set of an hour that members hear; its id.
pub(crate) async fn set(house: &House, admin: &Admin) -> Result<String, Failure> {
    let bytes = b"fLaC and no music behind it";
    let wish =
        json!({"kind": "set", "filename": "night.flac", "size": bytes.len(), "content_type": "audio/flac"});
    let begun = admin.post("/admin/uploads", &wish).await?;
    let sent = house.http.put(text(&begun, "/parts/0/url")?).body(bytes.to_vec()).send().await?;
    sent.error_for_status()?;
    let upload = text(&begun, "/upload_id")?;
    admin.post(&format!("/admin/uploads/{upload}/complete"), &json!({})).await?;
    let body = json!({"title": "The night", "artist": "Ada", "upload_id": upload});
    let set = text(&admin.post("/admin/sets", &body).await?, "/id")?;
    let room = tempfile::tempdir()?;
    let (source, into) = (room.path().join("original"), room.path().join("made"));
    std::fs::create_dir(&into)?;
    let fetch = Fetched(&*house.app.objects);
    let bench = Bench { fetch: &fetch, processor: &Silence, source: &source, into: &into, progress: &|_| () };
    match house.app.music.make(set.parse()?, &bench).await? {
        Made::Ready => {}
        other => return Err(format!("the set was not made: {other:?}").into()),
    }
    admin.patch(&format!("/admin/sets/{set}"), &json!({"published": true})).await?;
    Ok(set)
}

/// Makes an hour of nothing in no time.
struct Silence;

impl Silence {
    fn file(rung: Rung, into: &Path) -> std::io::Result<SoundFile> {
        let write = |ending: &str| {
            let path = into.join(format!("{}.{ending}", rung.name()));
            std::fs::write(&path, "nothing").map(|()| path)
        };
        let (init, length) = (1000, u64::from(rung.kbps) * 125 * u64::from(SECONDS));
        let segment =
            |number: u64| Segment { duration_ms: SECONDS * 1000, start: init + number * length, length };
        let bytes = init + SEGMENTS * length;
        Ok(SoundFile {
            rung,
            stream: write("mp4")?,
            index: Index { init, segments: (0..SEGMENTS).map(segment).collect() },
            file: write("whole")?,
            stream_bytes: bytes,
            file_bytes: bytes,
        })
    }
}

#[async_trait]
impl Processor for Silence {
    async fn process(&self, _: &Path, into: &Path, _: Progress<'_>) -> Result<Processed, ProcessError> {
        let files: std::io::Result<Vec<SoundFile>> =
            LADDER.into_iter().map(|rung| Self::file(rung, into)).collect();
        Ok(Processed {
            duration_ms: SEGMENTS * u64::from(SECONDS) * 1000,
            loudness: Loudness { integrated_lufs: -14.5, true_peak_dbtp: -1.0, range_lu: 4.0 },
            peaks: vec![Peaks { zoom: 2_400, points: vec![-3, 4, -5, 6] }],
            chapters: Vec::new(),
            recorded_at: None,
            files: files.map_err(|error| ProcessError::Failed(error.into()))?,
        })
    }
}
