//! The processing of one recording: in a room of its own, with how far it has come written down once a second.

use super::perform::{Done, Failure};
use crate::wiring::App;
use crate::workplace::Fetched;
use chrono::TimeDelta;
use kernel::SetId;
use music::{Bench, Made, MakeError, ProcessError};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// Between two looks at how far it has come.
const LOOK: Duration = Duration::from_secs(1);
/// When it is tried again where a program went away just now; meanwhile a worker may take it up that has it.
const MISSING: TimeDelta = TimeDelta::minutes(1);

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
