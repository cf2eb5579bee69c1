//! Recordings, read and packed by ffmpeg: programs beside ours, confined, and ended with whoever waits for them.
//!
//! One program reads the recording, once, and says nothing but bare samples: 48,000 a second, left and right, as 32-bit
//! floats. Those go to the waveform and to one program for each rendition, which never see a foreign byte. ffmpeg itself
//! packs one rendition after the other on one core; so they use as many as there are. Why, and what it costs:
//! `docs/decisions/0122-sound.md`.

pub mod boxes;
mod complaints;
mod encode;
mod loudness;
mod pass;
mod peaks;
mod probe;
mod running;
mod sniff;
mod times;

pub use peaks::ZOOMS;
pub use probe::MOST_CHAPTERS;

use async_trait::async_trait;
use media::Confines;
use music::{ProcessError, Processed, Processor, Progress, Refusal};
use sniff::{Kind, SniffError};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Samples a second, of everything that is made.
const RATE: u64 = 48_000;

/// What each of the programs may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of address space.
    pub memory: u64,
    /// Processor time for looking at a file. Ten times this by the clock: a machine that is busy takes longer, and is tried
    /// again.
    pub probe: Duration,
    /// Processor time for decoding a file.
    pub decode: Duration,
    /// Processor time for packing one rendition.
    pub encode: Duration,
    /// How long the decoder may say nothing.
    pub silence: Duration,
}

impl Default for Limits {
    /// Many times what six hours of music need.
    fn default() -> Self {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        Self {
            memory: 1 << 30,
            probe: Duration::from_secs(60),
            decode: hours(2),
            encode: hours(6),
            silence: Duration::from_secs(120),
        }
    }
}

/// Processes recordings with ffmpeg.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    /// How the programs are confined.
    pub confines: Confines,
    /// Where `ffmpeg` lies.
    pub ffmpeg: PathBuf,
    /// Where `ffprobe` lies.
    pub ffprobe: PathBuf,
    /// What they may use.
    pub limits: Limits,
}

impl Ffmpeg {
    /// With these programs, and room for any recording that is taken.
    #[must_use]
    pub fn new(confines: Confines, ffmpeg: PathBuf, ffprobe: PathBuf) -> Self {
        Self { confines, ffmpeg, ffprobe, limits: Limits::default() }
    }

    /// The programs that are not there.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        [("ffmpeg", &self.ffmpeg), ("ffprobe", &self.ffprobe)]
            .into_iter()
            .filter(|(_, program)| !program.is_file())
            .map(|(name, _)| name)
            .collect()
    }
}

#[async_trait]
impl Processor for Ffmpeg {
    async fn process(
        &self,
        source: &Path,
        into: &Path,
        progress: Progress<'_>,
    ) -> Result<Processed, ProcessError> {
        if let Some(name) = self.missing().first() {
            return Err(ProcessError::Missing(name));
        }
        // What confines goes by where files really are, and the programs work in another folder.
        let source = tokio::fs::canonicalize(source).await.map_err(failed)?;
        let into = tokio::fs::canonicalize(into).await.map_err(failed)?;
        let programs = Self {
            ffmpeg: std::path::absolute(&self.ffmpeg).map_err(failed)?,
            ffprobe: std::path::absolute(&self.ffprobe).map_err(failed)?,
            ..self.clone()
        };
        let kind = looked_at(source.clone()).await?;
        let about = probe::probe(&programs, &source, kind).await?;
        let heard = pass::run(&programs, &source, &into, kind, &about, progress).await?;
        let files = encode::files(into, heard.duration_ms()).await?;
        progress(100);
        Ok(Processed {
            duration_ms: heard.duration_ms(),
            loudness: heard.loudness,
            peaks: heard.peaks,
            chapters: about.chapters,
            recorded_at: about.recorded_at,
            files,
        })
    }
}

async fn looked_at(source: PathBuf) -> Result<Kind, ProcessError> {
    let look = move || sniff::sniff(&mut std::io::BufReader::new(std::fs::File::open(source)?));
    match tokio::task::spawn_blocking(look).await.map_err(failed)? {
        Ok(kind) => Ok(kind),
        Err(SniffError::Refused(refusal)) => Err(ProcessError::Refused(refusal)),
        Err(SniffError::Read(error)) => Err(failed(error)),
    }
}

/// How a program opens a recording: one reader and few decoders, one file, and no other that it may name.
fn reading(source: &Path, kind: Kind, decoders: &str) -> Vec<OsString> {
    let mut file = OsString::from("file:");
    file.push(source);
    let mut arguments: Vec<OsString> =
        ["-f", kind.reader(), "-protocol_whitelist", "file", "-codec_whitelist", decoders]
            .map(Into::into)
            .into();
    if kind.format == media::Format::M4a {
        arguments.extend(["-enable_drefs", "0"].map(Into::into));
    }
    arguments.extend(["-i".into(), file]);
    arguments
}

/// What a program that gave up on a recording means by what it said. What it said stays here: it may have read it aloud.
fn unreadable(said: &str, refusal: Refusal) -> ProcessError {
    let ours = ["Permission denied", "No such file", "Too many open files", "No space left"];
    match complaints::found(said, &ours) {
        Some(words) => failed(format!("ffmpeg says: {words}")),
        None => ProcessError::Refused(refusal),
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ProcessError {
    ProcessError::Failed(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_called_is_not_what_is_wrong_with_it() {
        let titled = "[info]     title           : No such file\n[flac @ 0x1] [error] invalid sync code\n";
        assert!(matches!(unreadable(titled, Refusal::Malformed), ProcessError::Refused(Refusal::Malformed)));
        let ours = "[error] file:/secret/name: No such file or directory\n";
        let ProcessError::Failed(why) = unreadable(ours, Refusal::Malformed) else { panic!("it is ours") };
        assert_eq!(why.to_string(), "ffmpeg says: No such file");
    }
}
