//! Somebody wants a picture gone.

use kernel::{AccountId, AlbumId, Cursor, PictureId, RemovalId, Timestamp};
use serde::{Deserialize, Serialize};

/// What became of the wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalStatus {
    /// The picture is out of sight, and an admin has to decide.
    Asked,
    /// An admin agreed: its files are being removed.
    Removing,
    /// Nothing is left of it, and each file was looked for.
    Removed,
    /// An admin did not agree: the picture is seen again.
    Refused,
}

/// A file that was looked for and was not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// The object's name.
    pub key: String,
    /// When the store said that it has no such object.
    pub seen_at: Timestamp,
}

/// Somebody's wish that a picture goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// Names it.
    pub id: RemovalId,
    /// Which picture; its row goes when its files have gone.
    pub picture: PictureId,
    /// Of which album.
    pub album: AlbumId,
    /// Who asked; `None` once that account was erased.
    pub by: Option<AccountId>,
    /// Why, in their words, up to 1,000 characters.
    pub reason: Option<String>,
    /// When they asked.
    pub asked_at: Timestamp,
    /// What became of it.
    pub status: RemovalStatus,
    /// Who decided.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// What the one who asked is told besides, up to 1,000 characters.
    pub note: Option<String>,
    /// The names of all its files, from when it was decided to remove them.
    pub keys: Vec<String>,
    /// The proof: each file of it, seen to be absent.
    pub proof: Vec<Absence>,
    /// Until when links that were given out before may still have worked.
    pub links_end_at: Option<Timestamp>,
    /// When nothing was left.
    pub removed_at: Option<Timestamp>,
}

impl Removal {
    /// Where it stands in lists.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.asked_at, id: self.id.as_uuid() }
    }
}
