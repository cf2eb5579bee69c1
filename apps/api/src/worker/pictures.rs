//! What the gallery owes: renditions of pictures, files that go, and mails about those that somebody wants gone.

use super::perform::{Done, Failure};
use crate::wiring::App;
use crate::workplace::Fetched;
use chrono::TimeDelta;
use gallery::use_cases::Bench;
use gallery::{Made, MakeError};
use kernel::PictureId;

/// Before looking again whether a program is there that was missing; meanwhile a worker may take it up that has it.
const LATER: TimeDelta = TimeDelta::minutes(1);

/// Makes what is delivered of a picture, in a room of its own.
///
/// # Errors
/// A [`Failure`]: try again later.
pub async fn make(app: &App, picture: PictureId) -> Result<Done, Failure> {
    let room = app.workplace.room()?;
    let (source, into) = (room.path().join("original"), room.path().join("made"));
    tokio::fs::create_dir(&into).await?;
    let bench = Bench { fetch: &Fetched(&*app.objects), source: &source, into: &into };
    match app.gallery.make(picture, &bench).await? {
        Made::Nothing => Ok(Done::Finished),
        Made::Ready(album) | Made::Failed(album, _) => {
            app.albums.changed(&*app.broadcast, album).await;
            Ok(Done::Finished)
        }
        Made::Waits(program) => {
            tracing::warn!(%picture, program, "a picture waits for a program that is not installed");
            Ok(Done::Again(app.clock.now() + LATER))
        }
    }
}

/// Says of a picture that it failed, as nobody tries any more.
///
/// # Errors
/// A [`MakeError`]: try again later.
pub async fn give_up(app: &App, picture: PictureId) -> Result<(), MakeError> {
    if let Made::Failed(album, _) = app.gallery.give_up(picture).await? {
        app.albums.changed(&*app.broadcast, album).await;
    }
    Ok(())
}

/// Removes the files of a picture that is to go.
///
/// # Errors
/// A [`Failure`]: try again later.
pub async fn erase(app: &App, removal: kernel::RemovalId) -> Result<Done, Failure> {
    if let Some(album) = app.gallery.erase(removal).await? {
        app.albums.changed(&*app.broadcast, album).await;
    }
    Ok(Done::Finished)
}
