//! One recording, and what is delivered of it.

use crate::{Codec, Refusal, Rung, Track};
use kernel::{AccountId, Cursor, EventId, ObjectKey, PassId, SetId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum SetStatus {
    /// What is delivered of it is still to be made.
    Processing,
    /// It can be played.
    Ready,
    /// Nothing can be made of it.
    Failed {
        /// Why.
        reason: Refusal,
    },
}

/// How loud it is (EBU R 128, ITU-R BS.1770).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Loudness {
    /// Integrated, in LUFS; -70 for silence.
    pub integrated_lufs: f64,
    /// The highest true peak, in dBTP.
    pub true_peak_dbtp: f64,
    /// Loudness range, in LU.
    pub range_lu: f64,
}

/// One rendition that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendition {
    /// Which.
    pub rung: Rung,
    /// Bytes of the file that is played by segments (CMAF).
    pub stream_bytes: u64,
    /// Bytes of the file that is played in one go, or saved.
    pub file_bytes: u64,
    /// The most bits per second of any segment.
    pub peak_bps: u64,
}

/// One recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MusicSet {
    /// Names it.
    pub id: SetId,
    /// 1 to 200 characters.
    pub title: String,
    /// 1 to 200 characters.
    pub artist: String,
    /// Where it was played.
    pub event: Option<EventId>,
    /// When it was recorded.
    pub recorded_at: Option<Timestamp>,
    /// By time; no two at the same.
    pub tracklist: Vec<Track>,
    /// What members may save; empty: nothing.
    pub downloads: Vec<Rung>,
    /// What the sender called the file; shown to admins only.
    pub filename: String,
    /// Of the file that was sent.
    pub original_bytes: u64,
    /// The object that the file lies in, while it is kept.
    pub original: Option<String>,
    /// How far it has come.
    pub status: SetStatus,
    /// In hundredths, while it is processed.
    pub progress: u8,
    /// Under what its files lie; `None` until it was ready once.
    pub pass: Option<PassId>,
    /// Milliseconds; 0 until it was ready once.
    pub duration_ms: u64,
    /// `None` until it was ready once.
    pub loudness: Option<Loudness>,
    /// As [`crate::LADDER`] has them; none until it was ready once.
    pub renditions: Vec<Rendition>,
    /// The zooms of its waveform: samples of 48,000 a second per point, finest first.
    pub zooms: Vec<u32>,
    /// Since when members may hear it.
    pub published_at: Option<Timestamp>,
    /// Who sent it.
    pub created_by: AccountId,
    /// When.
    pub created_at: Timestamp,
}

/// What may be wrong with a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// Pieces of its tracklist, which was written before anybody knew how long it is, begin behind its end; members are
    /// not told of them.
    TracklistCut,
}

impl Warning {
    /// As shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TracklistCut => "tracklist_cut",
        }
    }
}

impl MusicSet {
    /// Where it stands in lists.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id.as_uuid() }
    }

    /// Whether everything is made that is delivered of it.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status == SetStatus::Ready
    }

    /// Whether members hear it.
    #[must_use]
    pub fn is_audible(&self) -> bool {
        self.published_at.is_some() && self.is_ready()
    }

    /// The pieces that a member is told of: one that begins behind the end cannot be heard.
    pub fn heard(&self) -> impl Iterator<Item = &Track> {
        self.tracklist.iter().filter(|track| !self.is_behind_the_end(track))
    }

    /// What whoever runs the set should look at.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let cut = self.tracklist.iter().any(|track| self.is_behind_the_end(track));
        cut.then_some(Warning::TracklistCut).into_iter().collect()
    }

    /// Of a set that is still to be processed nobody knows where it ends.
    fn is_behind_the_end(&self, track: &Track) -> bool {
        self.duration_ms > 0 && u64::from(track.at_seconds) * 1000 >= self.duration_ms
    }

    /// Where the file that was sent lies, while it is kept.
    #[must_use]
    pub fn original_key(&self) -> Option<ObjectKey> {
        self.original.as_deref().and_then(ObjectKey::parse)
    }

    /// Where a file of a pass lies.
    #[must_use]
    pub fn key(&self, pass: PassId, file: SoundObject) -> Option<ObjectKey> {
        ObjectKey::parse(&format!("{}{pass}/{}", Self::prefix(self.id), file.name()))
    }

    /// What the names of all files begin with that are made of a set.
    #[must_use]
    pub fn prefix(id: SetId) -> String {
        format!("sets/{id}/")
    }

    /// The name of a file, if it was made.
    #[must_use]
    pub fn made(&self, file: SoundObject) -> Option<ObjectKey> {
        let known = match file {
            SoundObject::Stream(rung) | SoundObject::Index(rung) | SoundObject::File(rung) => {
                self.rendition(rung).is_some()
            }
            SoundObject::Peaks(zoom) => self.zooms.contains(&zoom),
        };
        self.key(self.pass.filter(|_| known)?, file)
    }

    /// The names of all files that were made.
    #[must_use]
    pub fn keys(&self) -> BTreeSet<ObjectKey> {
        let sound = self.renditions.iter().flat_map(|one| SoundObject::of(one.rung));
        let peaks = self.zooms.iter().map(|zoom| SoundObject::Peaks(*zoom));
        sound.chain(peaks).filter_map(|file| self.made(file)).collect()
    }
}

/// What lies under a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SoundObject {
    /// A rendition to be played by segments: one file, fragmented (CMAF).
    Stream(Rung),
    /// Where its segments lie: [`crate::Index`] as JSON.
    Index(Rung),
    /// The same sound as one ordinary file.
    File(Rung),
    /// A waveform of so many samples per point, as JSON.
    Peaks(u32),
}

impl SoundObject {
    /// The files of a rendition.
    #[must_use]
    pub const fn of(rung: Rung) -> [Self; 3] {
        [Self::Stream(rung), Self::Index(rung), Self::File(rung)]
    }

    /// Its media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Stream(_) => "audio/mp4",
            Self::Index(_) | Self::Peaks(_) => "application/json",
            Self::File(rung) => rung.codec.file_type(),
        }
    }

    /// The end of its name.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Stream(rung) => format!("{}.mp4", rung.name()),
            Self::Index(rung) => format!("{}.json", rung.name()),
            Self::File(rung) => match rung.codec {
                Codec::Opus => format!("{}.ogg", rung.name()),
                Codec::Aac => format!("{}.m4a", rung.name()),
            },
            Self::Peaks(zoom) => format!("peaks-{zoom}.json"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn pieces_behind_the_end_are_told_to_whom_they_can_be_of_use() {
        let track = |at_seconds| Track { at_seconds, artist: String::new(), title: "x".into() };
        let mut set = MusicSet { tracklist: vec![track(0), track(9)], ..samples::ready() };
        assert_eq!((set.heard().count(), set.warnings()), (2, vec![]));
        set.tracklist.push(track(10));
        assert_eq!((set.heard().count(), set.warnings()), (2, vec![Warning::TracklistCut]));
        set.duration_ms = 0;
        assert_eq!((set.heard().count(), set.warnings()), (3, vec![]), "nobody knows yet");
    }
}
