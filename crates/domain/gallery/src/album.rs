//! Pictures that belong together.

use kernel::{AccountId, AlbumId, Cursor, EventId, Timestamp};
use serde::{Deserialize, Serialize};

/// Who may see an album.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Every member.
    Members,
    /// Those who attended its event.
    Attendees,
}

/// Pictures that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Album {
    /// Names it.
    pub id: AlbumId,
    /// 1 to 200 characters.
    pub title: String,
    /// Of which event; always there when only those who attended may see it.
    pub event: Option<EventId>,
    /// Who may see it.
    pub access: Access,
    /// Who made it.
    pub created_by: AccountId,
    /// When.
    pub created_at: Timestamp,
}

impl Album {
    /// Where it stands in lists.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id.as_uuid() }
    }
}
