//! Music: recordings of sets, ready to be played from anywhere at once, and where each member stopped listening.

pub mod ladder;
pub mod ports;
pub mod position;
pub mod process;
pub mod set;
pub mod tracklist;

pub use ladder::{Codec, LADDER, Rung};
pub use ports::{Effect, MusicStore, MusicTx};
pub use position::Position;
pub use process::{
    Chapter, Index, LONGEST_SECONDS, Peaks, ProcessError, Processed, Processor, Progress, Refusal, Segment,
    SoundFile,
};
pub use set::{Loudness, MusicSet, Rendition, SetStatus, SoundObject};
pub use tracklist::Track;

/// What this domain's quick effects are filed under in the outbox.
pub const DOMAIN: &str = "music";
/// What the processing of recordings is filed under: work of many minutes, for a lane of its own.
pub const SOUND: &str = "music.sound";
