//! Music: recordings of sets, ready to be played from anywhere at once, and where each member stopped listening.

mod acts;
pub mod cue;
pub mod file_name;
pub mod hls;
pub mod input;
pub mod ladder;
pub mod pass;
pub mod ports;
pub mod position;
pub mod process;
pub mod quality;
#[cfg(test)]
mod samples;
pub mod set;
pub mod tracklist;
pub mod use_cases;
pub mod waveform;

pub use cue::{CueError, tracklist_from_cue};
pub use file_name::file_name;
pub use input::{DownloadInput, Recording, SetChange, SetInput, TracklistInput};
pub use ladder::{Codec, LADDER, Rung};
pub use pass::{PassKey, PassRefusal, StreamPass};
pub use ports::{Effect, MusicStore, MusicTx};
pub use position::Position;
pub use process::{
    Chapter, Index, LONGEST_SECONDS, Peaks, ProcessError, Processed, Processor, Progress, Refusal, Segment,
    SoundFile,
};
pub use quality::{NotDownloadable, Quality, USUAL_DOWNLOADS};
pub use set::{Loudness, MusicSet, Rendition, SetStatus, SoundObject, Warning};
pub use tracklist::Track;
pub use use_cases::{
    Bench, ChangeError, CreateError, Given, HearError, Made, MakeError, Music, PerformError, PositionError,
    RetryError,
};

/// What this domain's quick effects are filed under in the outbox.
pub const DOMAIN: &str = "music";
/// What the processing of recordings is filed under: work of many minutes, for a lane of its own.
pub const SOUND: &str = "music.sound";
