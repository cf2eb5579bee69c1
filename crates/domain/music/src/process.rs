//! How recordings are processed: apart from the program, by whatever keeps [`Processor`].

use crate::{Loudness, Rung};
use async_trait::async_trait;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Longest recording, in seconds: six hours.
pub const LONGEST_SECONDS: u64 = 6 * 3600;

/// Why nothing was made of a file. Whoever tries again soon and with nothing changed ends like that again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It is none of the formats that are taken.
    UnknownFormat,
    /// There is no sound in it.
    NoSound,
    /// It lasts for more than six hours.
    TooLong,
    /// It ends before the sound does.
    Truncated,
    /// It contradicts itself.
    Malformed,
    /// It took more memory or time than any recording needs.
    TooMuch,
    /// The file that was sent is not in the object store any more.
    Missing,
    /// It was tried for more than a day and never worked, by no fault of the file that anybody knows of.
    Internal,
}

impl Refusal {
    /// Each of them.
    pub const ALL: [Self; 8] = [
        Self::UnknownFormat,
        Self::NoSound,
        Self::TooLong,
        Self::Truncated,
        Self::Malformed,
        Self::TooMuch,
        Self::Missing,
        Self::Internal,
    ];

    /// As shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownFormat => "unknown_format",
            Self::NoSound => "no_sound",
            Self::TooLong => "too_long",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::TooMuch => "too_much",
            Self::Missing => "missing",
            Self::Internal => "internal",
        }
    }
}

/// A run of a stream that can be played by itself, after the beginning of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Milliseconds.
    pub duration_ms: u32,
    /// Bytes from the beginning of the file.
    pub start: u64,
    /// Bytes.
    pub length: u64,
}

/// Where the segments of a stream lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Bytes at the beginning of the file that every segment needs (`ftyp` and `moov`).
    pub init: u64,
    /// One after the other, without a gap.
    pub segments: Vec<Segment>,
}

/// A waveform: for each run of samples the lowest and the highest, as 8-bit numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peaks {
    /// Samples of 48,000 a second per point.
    pub zoom: u32,
    /// Lowest and highest in turn, of the two channels together.
    pub points: Vec<i8>,
}

/// A chapter that the file itself names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// Where it begins.
    pub at_ms: u64,
    /// What it is called.
    pub title: String,
}

/// One rendition that was made, as files in the folder that was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoundFile {
    /// Which.
    pub rung: Rung,
    /// To be played by segments.
    pub stream: PathBuf,
    /// Where those lie.
    pub index: Index,
    /// As one ordinary file.
    pub file: PathBuf,
    /// Bytes of `stream`.
    pub stream_bytes: u64,
    /// Bytes of `file`.
    pub file_bytes: u64,
}

/// What was made of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Processed {
    /// Milliseconds.
    pub duration_ms: u64,
    /// How loud it is.
    pub loudness: Loudness,
    /// Waveforms, finest first.
    pub peaks: Vec<Peaks>,
    /// What the file says is in it.
    pub chapters: Vec<Chapter>,
    /// When the file says that it was recorded.
    pub recorded_at: Option<Timestamp>,
    /// As [`crate::LADDER`] has them.
    pub files: Vec<SoundFile>,
}

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// Nothing can be made of it.
    #[error("the recording is refused: {}", .0.as_str())]
    Refused(Refusal),
    /// A program is missing here.
    #[error("{0} is not installed")]
    Missing(&'static str),
    /// It did not work, and may work again.
    #[error("the recording could not be processed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Told how far the work has come, in hundredths; may be called often.
pub type Progress<'a> = &'a (dyn Fn(u8) + Send + Sync);

/// Makes what is delivered of recordings, with one pass of decoding.
#[async_trait]
pub trait Processor: Send + Sync {
    /// The program that is not here now and without which nothing can be processed, so that nothing need be brought in vain.
    fn missing(&self) -> Option<&'static str> {
        None
    }

    /// Makes everything of the recording in `source` as files in the folder `into`, which is empty and the caller's.
    /// Dropping the future ends the work.
    async fn process(
        &self,
        source: &Path,
        into: &Path,
        progress: Progress<'_>,
    ) -> Result<Processed, ProcessError>;
}
