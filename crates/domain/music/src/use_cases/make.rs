use super::Music;
use super::perform::sweeps;
use crate::{
    Effect, MusicSet, ProcessError, Processed, Processor, Progress, Refusal, Rendition, SetStatus, SoundFile,
    SoundObject, hls, tracklist, waveform,
};
use chrono::SubsecRound;
use kernel::{Body, Fetch, ObjectError, Owed, PassId, SetId, StoreError, transact};
use std::path::{Path, PathBuf};

/// Shares of the whole, in hundredths, that are done when the file was fetched and when everything is made.
const FETCHED: u8 = 10;
const PROCESSED: u8 = 90;
/// What a set is made with.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// Brings the file.
    pub fetch: &'a dyn Fetch,
    /// Makes everything of it.
    pub processor: &'a dyn Processor,
    /// Where the file is to lie; nothing is there yet.
    pub source: &'a Path,
    /// Where everything is to lie; an empty folder.
    pub into: &'a Path,
    /// Told how far it has come, in hundredths.
    pub progress: Progress<'a>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// The set can be heard.
    Ready,
    /// Nothing can be made of it.
    Failed(Refusal),
    /// There was nothing to do: it was made before, by whoever was faster, or is not there any more.
    Before,
}

/// Why it is to be tried again.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// It could not be processed; never [`ProcessError::Refused`].
    #[error(transparent)]
    Process(ProcessError),
    /// The objects cannot be reached.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Music {
    /// Makes all that is delivered of a set: brings the file that was sent, has it processed, puts everything under a new
    /// pass and makes the set ready. A worker that is killed on the way leaves objects that nothing refers to; they go when
    /// the one after it has ended.
    ///
    /// # Errors
    /// [`MakeError`]: try again.
    pub async fn make(&self, id: SetId, bench: &Bench<'_>) -> Result<Made, MakeError> {
        let Some(set) = self.store.set(id).await?.filter(|set| set.status == SetStatus::Processing) else {
            return self.end(id, None).await;
        };
        if let Some(program) = bench.processor.missing() {
            return Err(MakeError::Process(ProcessError::Missing(program)));
        }
        if !self.fetch(&set, bench).await? {
            return self.end(id, Some(Err(Refusal::Missing))).await;
        }
        let told = |done: u8| (bench.progress)(share(FETCHED, PROCESSED, done.into(), 100));
        match bench.processor.process(bench.source, bench.into, &told).await {
            Ok(processed) => {
                let pass = PassId::generate(self.clock.now());
                self.put(&set, pass, &processed, bench.progress).await?;
                self.end(id, Some(Ok((pass, &processed)))).await
            }
            Err(ProcessError::Refused(reason)) => self.end(id, Some(Err(reason))).await,
            Err(error) => Err(MakeError::Process(error)),
        }
    }

    /// Writes down how far the processing has come: a hint that nobody waits for.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn save_progress(&self, id: SetId, progress: u8) -> Result<(), StoreError> {
        self.store.save_progress(id, progress).await
    }

    /// Says of a set that is still processed that it failed: it was tried again and again, and nobody tries any more until
    /// somebody wants it.
    ///
    /// # Errors
    /// [`MakeError`]: try again.
    pub async fn give_up(&self, id: SetId) -> Result<Made, MakeError> {
        self.end(id, Some(Err(Refusal::Internal))).await
    }

    /// Brings the file that was sent; `false` when it is not there.
    async fn fetch(&self, set: &MusicSet, bench: &Bench<'_>) -> Result<bool, ObjectError> {
        let Some(key) = set.original_key() else { return Ok(false) };
        let told = |bytes| (bench.progress)(share(0, FETCHED, bytes, set.original_bytes));
        bench.fetch.fetch(&key, bench.source, &told).await
    }

    async fn put(
        &self,
        set: &MusicSet,
        pass: PassId,
        made: &Processed,
        progress: Progress<'_>,
    ) -> Result<(), MakeError> {
        let total = made.files.iter().map(|file| file.stream_bytes + file.file_bytes).sum();
        let mut done = 0;
        for file in &made.files {
            for (object, path, bytes) in of_rendition(file) {
                self.put_one(set, pass, object, Body::File(path)).await?;
                done += bytes;
                progress(share(PROCESSED, 99, done, total));
            }
            let index = serde_json::to_vec(&file.index).map_err(|cause| broken(cause.into()))?;
            self.put_one(set, pass, SoundObject::Index(file.rung), Body::Bytes(index)).await?;
        }
        for peaks in &made.peaks {
            let body = Body::Bytes(waveform::json(peaks));
            self.put_one(set, pass, SoundObject::Peaks(peaks.zoom), body).await?;
        }
        Ok(())
    }

    async fn put_one(
        &self,
        set: &MusicSet,
        pass: PassId,
        object: SoundObject,
        body: Body,
    ) -> Result<(), ObjectError> {
        let key = set.key(pass, object).ok_or_else(|| broken("an object without a name".into()))?;
        self.objects.put(&key, body, object.content_type()).await
    }

    /// Writes what came of it, if somebody still waits for that, and owes the removal of what is left over.
    async fn end(
        &self,
        id: SetId,
        outcome: Option<Result<(PassId, &Processed), Refusal>>,
    ) -> Result<Made, MakeError> {
        let now = self.clock.now();
        let keeps_originals = self.keeps_originals;
        transact(self.store.begin_music().await?, async |tx| {
            let mut effects = sweeps(id, now).to_vec();
            let set = tx.lock_set(id).await?.filter(|set| set.status == SetStatus::Processing);
            let made = match (set, outcome) {
                (Some(mut set), Some(outcome)) => {
                    let made = match outcome {
                        Ok((pass, processed)) => {
                            set.is_made(pass, processed);
                            Made::Ready
                        }
                        Err(reason) => {
                            set.status = SetStatus::Failed { reason };
                            Made::Failed(reason)
                        }
                    };
                    if made == Made::Ready && !keeps_originals {
                        let keys = set.original.take().into_iter().collect();
                        effects.push(Owed::now(Effect::Remove { keys }, now));
                    }
                    tx.save_set(&set).await?;
                    made
                }
                _ => Made::Before,
            };
            tx.enqueue_music(&effects).await?;
            Ok(made)
        })
        .await
    }
}

impl MusicSet {
    /// Everything was made of it, and lies under this pass.
    fn is_made(&mut self, pass: PassId, of: &Processed) {
        self.status = SetStatus::Ready;
        self.progress = 100;
        self.pass = Some(pass);
        self.duration_ms = of.duration_ms;
        self.loudness = Some(of.loudness);
        self.renditions = of.files.iter().map(rendition).collect();
        self.zooms = of.peaks.iter().map(|peaks| peaks.zoom).collect();
        let said = of.recorded_at.map(|at| at.trunc_subsecs(6)).filter(|at| kernel::is_kept(*at));
        self.recorded_at = self.recorded_at.or(said);
        if self.tracklist.is_empty() {
            self.tracklist = tracklist::of_chapters(&of.chapters, of.duration_ms);
        }
    }
}

fn rendition(file: &SoundFile) -> Rendition {
    Rendition {
        rung: file.rung,
        stream_bytes: file.stream_bytes,
        file_bytes: file.file_bytes,
        peak_bps: hls::peak_bps(&file.index),
    }
}

fn of_rendition(file: &SoundFile) -> [(SoundObject, PathBuf, u64); 2] {
    [
        (SoundObject::Stream(file.rung), file.stream.clone(), file.stream_bytes),
        (SoundObject::File(file.rung), file.file.clone(), file.file_bytes),
    ]
}

fn broken(cause: Box<dyn std::error::Error + Send + Sync>) -> ObjectError {
    ObjectError::Broken { doing: "putting what was made of a recording", cause }
}

/// How far it has come when `done` of `whole` is done of what leads from one share to another.
fn share(from: u8, to: u8, done: u64, whole: u64) -> u8 {
    let part = (u128::from(done) * u128::from(to - from)).checked_div(whole.into()).unwrap_or(0);
    from + u8::try_from(part).unwrap_or(u8::MAX).min(to - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_go_from_one_end_to_the_other() {
        assert_eq!([0, 50, 100, 1000].map(|done| share(10, 90, done, 100)), [10, 50, 90, 90]);
        assert_eq!((share(0, 10, 5, 0), share(0, 10, u64::MAX, u64::MAX)), (0, 10));
    }
}
