//! The processing of one recording: in a room of its own, with how far it has come written down once a second.

use super::perform::{Done, Failure};
use crate::wiring::App;
use async_trait::async_trait;
use chrono::TimeDelta;
use kernel::{ObjectError, ObjectKey, ObjectStore, SetId};
use music::{Bench, Fetch, Made, MakeError, ProcessError};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

/// Between two looks at how far it has come.
const LOOK: Duration = Duration::from_secs(1);
/// When it is tried again where a program is missing: somebody has to install it first.
const MISSING: TimeDelta = TimeDelta::minutes(10);

/// Brings objects into files.
pub struct Fetched<'a>(pub &'a dyn ObjectStore);

#[async_trait]
impl Fetch for Fetched<'_> {
    async fn fetch(
        &self,
        key: &ObjectKey,
        into: &Path,
        told: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<bool, ObjectError> {
        let Some(mut content) = self.0.get(key, None).await? else { return Ok(false) };
        let mut file = File::create_new(into).await.map_err(unwritten)?;
        let mut bytes = 0;
        while let Some(more) = content.reader.next().await? {
            file.write_all(&more).await.map_err(unwritten)?;
            bytes += u64::try_from(more.len()).unwrap_or(u64::MAX);
            told(bytes);
        }
        file.flush().await.map_err(unwritten)?;
        Ok(true)
    }
}

fn unwritten(cause: io::Error) -> ObjectError {
    ObjectError::Broken { doing: "writing a recording to media.workplace", cause: cause.into() }
}

/// Makes what is delivered of a set. Dropping the future ends the work, and leaves nothing in the workplace.
///
/// # Errors
/// A [`Failure`]: try again later.
pub async fn make(app: &App, set: SetId) -> Result<Done, Failure> {
    let room = app.workplace.room()?;
    let (source, into) = (room.path().join("original"), room.path().join("made"));
    tokio::fs::create_dir(&into).await?;
    let done = AtomicU8::new(0);
    let told = |hundredths| {
        done.fetch_max(hundredths, Ordering::Relaxed);
    };
    let fetch = Fetched(&*app.objects);
    let bench =
        Bench { fetch: &fetch, processor: &*app.processor, source: &source, into: &into, progress: &told };
    let making = app.music.make(set, &bench);
    tokio::pin!(making);
    let mut written = 0;
    let made = loop {
        tokio::select! {
            made = &mut making => break made,
            () = tokio::time::sleep(LOOK) => {
                let now = done.load(Ordering::Relaxed);
                // A hint: what cannot be written now is written the next time.
                if now != written && app.music.save_progress(set, now).await.is_ok() {
                    written = now;
                }
            }
        }
    };
    match made {
        Ok(Made::Failed(reason)) => {
            tracing::info!(%set, reason = reason.as_str(), "nothing can be made of a recording");
            Ok(Done::Finished)
        }
        Ok(Made::Ready | Made::Before) => Ok(Done::Finished),
        Err(MakeError::Process(ProcessError::Missing(program))) => {
            tracing::warn!(%set, program, "a recording waits for a program that is not installed");
            Ok(Done::Again(app.clock.now() + MISSING))
        }
        Err(error) => Err(error.into()),
    }
}
