//! What makes files of a recording in no time, so that tests of all else need no sound.

use async_trait::async_trait;
use kernel::SetId;
use music::{
    Bench, Index, LADDER, Loudness, Made, Peaks, ProcessError, Processed, Processor, Progress, Refusal, Rung,
    Segment, SoundFile,
};
use std::path::Path;
use synesthesie::wiring::App;
use synesthesie::workplace::Fetched;

/// Bytes of the beginning of a stream.
const INIT: u64 = 100;

/// Makes ten seconds of nothing.
#[derive(Clone, Copy)]
pub(crate) struct Fake {
    /// Told of each file, whatever it really has.
    pub(crate) bytes: u64,
    /// Refuses instead.
    pub(crate) refusal: Option<Refusal>,
}

impl Default for Fake {
    fn default() -> Self {
        Self { bytes: 1_000_000, refusal: None }
    }
}

impl Fake {
    /// Makes a set with it.
    pub(crate) async fn make(self, app: &App, set: &str) -> Made {
        self.make_telling(app, set, &|_| ()).await
    }

    /// The same, telling how far it has come.
    pub(crate) async fn make_telling(self, app: &App, set: &str, progress: Progress<'_>) -> Made {
        let room = tempfile::tempdir().unwrap();
        let (source, into) = (room.path().join("original"), room.path().join("made"));
        std::fs::create_dir(&into).unwrap();
        let fetch = Fetched(&*app.objects);
        let bench = Bench { fetch: &fetch, processor: &self, source: &source, into: &into, progress };
        app.music.make(set.parse::<SetId>().unwrap(), &bench).await.unwrap()
    }

    fn file(self, rung: Rung, into: &Path) -> SoundFile {
        let write = |ending: &str| {
            let path = into.join(format!("{}.{ending}", rung.name()));
            std::fs::write(&path, format!("{} {ending}", rung.name())).unwrap();
            path
        };
        let segment = |duration_ms, start, length| Segment { duration_ms, start, length };
        SoundFile {
            rung,
            stream: write("mp4"),
            index: Index {
                init: INIT,
                segments: vec![segment(6000, INIT, 600), segment(4000, INIT + 600, 400)],
            },
            file: write("whole"),
            stream_bytes: self.bytes,
            file_bytes: self.bytes,
        }
    }
}

#[async_trait]
impl Processor for Fake {
    async fn process(
        &self,
        source: &Path,
        into: &Path,
        progress: Progress<'_>,
    ) -> Result<Processed, ProcessError> {
        assert!(source.metadata().unwrap().len() > 0, "the file was brought");
        if let Some(refusal) = self.refusal {
            return Err(ProcessError::Refused(refusal));
        }
        progress(100);
        Ok(Processed {
            duration_ms: 10_000,
            loudness: Loudness { integrated_lufs: -14.5, true_peak_dbtp: -1.0, range_lu: 4.0 },
            peaks: vec![Peaks { zoom: 2_400, points: vec![-3, 4, -5, 6] }],
            chapters: vec![music::Chapter { at_ms: 4_000, title: "Ada - From the file".into() }],
            recorded_at: Some("2026-05-31T22:00:00Z".parse().unwrap()),
            files: LADDER.into_iter().map(|rung| self.file(rung, into)).collect(),
        })
    }
}
