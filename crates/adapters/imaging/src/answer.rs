//! What the process that reads a picture tells the one that started it: one document of JSON.

use gallery::{Refusal, Rendered};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// What came of a picture.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Its renditions.
    Made(Rendered),
    /// Nothing can be made of it.
    Refused(Refusal),
    /// It is HEIC of an allowed size, which somebody else has to decode.
    Convert(Convert),
}

/// What a decoded HEIC no longer says of itself.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Convert {
    /// When it was taken.
    pub taken_at: Option<Timestamp>,
    /// Its colours as code points (primaries, transfer; ITU-T H.273), where it has no profile.
    pub colours: Option<[u8; 2]>,
}
