//! What is made of every recording.

use serde::{Deserialize, Serialize};

/// How sound is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// For every browser of today: better at the same rate.
    Opus,
    /// For what does not know Opus in MP4, as older Safari.
    Aac,
}

/// One rendition: a codec at a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rung {
    /// How it is packed.
    pub codec: Codec,
    /// In 1,000 bits per second.
    pub kbps: u32,
}

/// All of them. Why these: `docs/decisions/0122-sound.md`.
pub const LADDER: [Rung; 5] = [
    Rung { codec: Codec::Opus, kbps: 64 },
    Rung { codec: Codec::Opus, kbps: 128 },
    Rung { codec: Codec::Opus, kbps: 192 },
    Rung { codec: Codec::Aac, kbps: 128 },
    Rung { codec: Codec::Aac, kbps: 256 },
];

impl Codec {
    /// As shown and as names of objects have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Aac => "aac",
        }
    }

    /// As `CODECS` of a playlist has it (RFC 6381).
    #[must_use]
    pub const fn rfc6381(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Aac => "mp4a.40.2",
        }
    }

    /// The end of names of files that are saved.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Aac => "m4a",
        }
    }

    /// The media type of files that are saved.
    #[must_use]
    pub const fn file_type(self) -> &'static str {
        match self {
            Self::Opus => "audio/ogg",
            Self::Aac => "audio/mp4",
        }
    }
}

impl Rung {
    /// `opus-128`.
    #[must_use]
    pub fn name(self) -> String {
        format!("{}-{}", self.codec.as_str(), self.kbps)
    }

    /// The rung of this name, if the ladder has it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        LADDER.into_iter().find(|rung| rung.name() == name)
    }
}
