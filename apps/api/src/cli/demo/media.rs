//! What was seen and heard: two albums and two sets, all made up here, and processed like what people send.

use super::{compose, paint};
use crate::cli::Failure;
use crate::wiring::App;
use crate::worker;
use gallery::{Access, AlbumChange, Received, Which};
use kernel::{Actor, AlbumId, Body, EventId, SetId};
use media::upload::NewUpload;
use music::{DownloadInput, SetChange, SetInput, Track, TracklistInput};

/// Pictures of each album.
const PICTURES: u32 = 6;

/// A set of the demo.
struct Recording {
    title: &'static str,
    artist: &'static str,
    piece: compose::Piece,
    tracklist: &'static [(u32, &'static str)],
    downloadable: bool,
}

const RECORDINGS: [Recording; 2] = [
    Recording {
        title: "First light",
        artist: "The machine downstairs",
        piece: compose::Piece { tempo: 122.0, root: 55.0, chords: &[0, 0, 5, 3], seconds: 64, seed: 1 },
        tracklist: &[(0, "Doors"), (20, "Two floors"), (44, "The gate")],
        downloadable: true,
    },
    Recording {
        title: "Cushions",
        artist: "The machine downstairs",
        piece: compose::Piece { tempo: 84.0, root: 49.0, chords: &[0, 7, 5, 10], seconds: 48, seed: 2 },
        tracklist: &[(0, "Side A"), (24, "Side B")],
        downloadable: false,
    },
];

/// Fills two albums and two sets, waits until everything is made of them that can be made here, and publishes it. Where a
/// program is missing, what needs it stays owed, and appears once `serve` runs with it.
pub(super) async fn fill(app: &App, admin: Actor, event: EventId) -> Result<(), Failure> {
    let albums =
        [("The last night", Some(event), Access::Members), ("Cushions and records", None, Access::Members)];
    let mut made = Vec::new();
    for (number, (title, event, access)) in (0..).zip(albums) {
        let said = AlbumChange { title: Some(title.into()), event: Some(event), access: Some(access) };
        let album = app.gallery.create_album(&admin, &said).await?.id;
        for picture in 0..PICTURES {
            add_picture(app, &admin, album, number * PICTURES + picture).await?;
        }
        made.push(album);
    }
    let mut sets = Vec::new();
    for recording in &RECORDINGS {
        sets.push(add_set(app, &admin, recording).await?);
    }
    worker::work_off(app).await?;
    for album in made {
        app.gallery.publish(&admin, &Which::Album(album), true).await?;
    }
    for set in sets {
        let change = SetChange { published: Some(true), ..SetChange::default() };
        app.music.change(&admin, set, change).await?;
    }
    Ok(())
}

async fn add_picture(app: &App, admin: &Actor, album: AlbumId, number: u32) -> Result<(), Failure> {
    let file = tokio::task::spawn_blocking(move || paint::picture(number)).await??;
    let file = Received {
        filename: format!("night-{number:02}.png"),
        extension: "png",
        content_type: "image/png",
        bytes: u64::try_from(file.len())?,
        body: Body::Bytes(file),
        caption: None,
    };
    app.gallery.receive(admin, album, file).await?;
    Ok(())
}

async fn add_set(app: &App, admin: &Actor, recording: &Recording) -> Result<SetId, Failure> {
    let file = compose::wav(&recording.piece);
    let filename = format!("{}.wav", recording.title);
    let wish = NewUpload {
        kind: "set".into(),
        filename: filename.clone(),
        size: i64::try_from(file.len())?,
        content_type: "audio/wav".into(),
    };
    let upload = app.uploads.begin(&wish, admin).await?.upload;
    // What a browser would send in parts is put in one go.
    let key = upload.key().ok_or("no such name")?;
    app.objects.drop_parts(&key, &upload.parts_id()).await?;
    app.objects.put(&key, Body::Bytes(file), "audio/wav").await?;
    let upload = app.uploads.complete(admin, upload.id, &[]).await?;
    let of = music::Recording { upload: upload.id, filename, bytes: upload.size, object: key.to_string() };
    let tracks = recording.tracklist.iter().map(|(at_seconds, title)| Track {
        at_seconds: *at_seconds,
        artist: recording.artist.into(),
        title: (*title).into(),
    });
    let input = SetInput {
        title: recording.title.into(),
        artist: recording.artist.into(),
        tracklist: TracklistInput { tracks: Some(tracks.collect()), cue: None },
        downloads: DownloadInput { allowed: Some(recording.downloadable), formats: None },
        ..SetInput::default()
    };
    Ok(app.music.create(admin, &of, input).await?.id)
}
