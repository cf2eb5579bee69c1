//! One picture, and what is delivered of it.

use crate::{ImageFormat, Refusal};
use kernel::{AccountId, AlbumId, Cursor, ObjectKey, PassId, PictureId, Timestamp};
use serde::{Deserialize, Serialize};

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum PictureStatus {
    /// What is delivered of it is still to be made.
    Processing,
    /// It can be delivered.
    Ready,
    /// Nothing can be made of it.
    Failed {
        /// Why.
        reason: Refusal,
    },
}

/// One file that is delivered of a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendition {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// What it is.
    pub format: ImageFormat,
    /// How large it is.
    pub bytes: u64,
}

/// One picture of an album.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Names it.
    pub id: PictureId,
    /// Where it belongs.
    pub album: AlbumId,
    /// What its sender called the file; shown to admins only.
    pub filename: String,
    /// Of the file that was sent.
    pub original_bytes: u64,
    /// The object that the file lies in, while it is kept.
    pub original: Option<String>,
    /// How far it has come.
    pub status: PictureStatus,
    /// Under what its renditions lie; `None` until it was ready once.
    pub pass: Option<PassId>,
    /// Pixels of the picture as it is to be looked at; 0 until it was ready once.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// A blur of it in about 25 bytes, for while it loads (<https://evanw.github.io/thumbhash/>).
    pub thumbhash: Vec<u8>,
    /// Smallest first, and by format within a width.
    pub renditions: Vec<Rendition>,
    /// When it was taken, as its file said; in UTC when the file said where, else as if it had been.
    pub taken_at: Option<Timestamp>,
    /// Up to 500 characters.
    pub caption: Option<String>,
    /// Since when members may see it.
    pub published_at: Option<Timestamp>,
    /// Whether a request took it out of sight until an admin has decided.
    pub removal_asked: bool,
    /// Who sent it.
    pub created_by: AccountId,
    /// When.
    pub created_at: Timestamp,
}

impl Picture {
    /// Where the file that was sent lies, while it is kept.
    #[must_use]
    pub fn original_key(&self) -> Option<ObjectKey> {
        self.original.as_deref().and_then(ObjectKey::parse)
    }

    /// Where a rendition of a pass lies.
    #[must_use]
    pub fn rendition_key(&self, pass: PassId, rendition: &Rendition) -> Option<ObjectKey> {
        let (width, extension) = (rendition.width, rendition.format.extension());
        ObjectKey::parse(&format!("pictures/{}/{pass}/{width}.{extension}", self.id))
    }

    /// Where it stands in its album: by when it was taken, else sent.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.taken_at.unwrap_or(self.created_at), id: self.id.as_uuid() }
    }

    /// Whether members see it, if they may see its album.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        self.published_at.is_some() && !self.removal_asked && self.status == PictureStatus::Ready
    }
}
