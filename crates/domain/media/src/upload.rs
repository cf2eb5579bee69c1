//! Bytes that somebody sends in parts, straight to where they are kept.

use kernel::{AccountId, Cursor, ObjectKey, PartsId, Timestamp, UploadId};
use serde::{Deserialize, Serialize};

/// What it is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadKind {
    /// A picture of an album.
    Image,
    /// A recording of music.
    Set,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadStatus {
    /// Parts may still be sent.
    Open,
    /// All parts are there, its size and its first bytes are what was promised.
    Completed,
    /// A picture or a set was made of it, which the object belongs to from now on.
    Taken,
    /// It was given up, or nobody ended it in time.
    Dropped,
}

/// Something that is being sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Names it.
    pub id: UploadId,
    /// Who sends it.
    pub by: AccountId,
    /// What it is to become.
    pub kind: UploadKind,
    /// What its sender calls it; shown, and never a name of an object.
    pub filename: String,
    /// How many bytes were promised.
    pub size: u64,
    /// What was promised to be in it.
    pub format: Format,
    /// Bytes of every part but the last.
    pub part_size: u64,
    /// What the store calls its parts.
    pub parts: String,
    /// How far it has come.
    pub status: UploadStatus,
    /// When it was begun.
    pub created_at: Timestamp,
    /// Parts are taken until then; an upload that is completed waits so long for what is made of it.
    pub expires_at: Timestamp,
}

/// What the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A picture.
    Jpeg,
    /// A picture.
    Png,
    /// A picture.
    WebP,
    /// A picture, as telephones make them.
    Heic,
    /// Sound, whole.
    Wav,
    /// Sound, whole, packed.
    Flac,
    /// Sound, whole.
    Aiff,
    /// Sound.
    Mp3,
    /// Sound: AAC or ALAC.
    M4a,
}

impl Upload {
    /// Under which name its bytes lie.
    #[must_use]
    pub fn key(&self) -> Option<ObjectKey> {
        ObjectKey::parse(&format!("uploads/{}", self.id))
    }

    /// What the store calls its parts.
    #[must_use]
    pub fn parts_id(&self) -> PartsId {
        PartsId(self.parts.clone())
    }

    /// Where it stands in lists.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id.as_uuid() }
    }
}
