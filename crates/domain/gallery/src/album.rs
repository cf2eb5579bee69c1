//! Pictures that belong together.

use crate::words::{self, LONGEST_TITLE};
use kernel::{AccountId, AlbumId, Cursor, EventId, Invalid, Timestamp};
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

impl Access {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Attendees => "attendees",
        }
    }
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

/// What of an album changes; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlbumChange {
    /// What it is called.
    pub title: Option<String>,
    /// Of which event it is; `Some(None)`: of none any more.
    pub event: Option<Option<EventId>>,
    /// Who may see it.
    pub access: Option<Access>,
}

impl Album {
    /// A new one; all that is not said of it has to be in `said`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn create(said: &AlbumChange, by: AccountId, now: Timestamp) -> Result<Self, Vec<Invalid>> {
        let blank = Self {
            id: AlbumId::generate(now),
            title: String::new(),
            event: None,
            access: Access::Members,
            created_by: by,
            created_at: now,
        };
        let title = Some(said.title.clone().unwrap_or_default());
        blank.changed(&AlbumChange { title, ..said.clone() })
    }

    /// The same album with what changes.
    ///
    /// # Errors
    /// All that is wrong with it: an album for those who attended has an event.
    pub fn changed(&self, change: &AlbumChange) -> Result<Self, Vec<Invalid>> {
        let mut wrong = Vec::new();
        let title = change.title.as_deref().map(|title| words::line("title", title, LONGEST_TITLE));
        let title = title.and_then(|read| read.map_err(|mistake| wrong.push(mistake)).ok());
        let after = Self {
            title: title.unwrap_or_else(|| self.title.clone()),
            event: change.event.unwrap_or(self.event),
            access: change.access.unwrap_or(self.access),
            ..self.clone()
        };
        if after.access == Access::Attendees && after.event.is_none() {
            wrong.push(Invalid::new("event_id", "required", "who attended is known of an event only"));
        }
        if wrong.is_empty() { Ok(after) } else { Err(wrong) }
    }

    /// Of which event somebody has to have been a guest to see it; `None` when every member may.
    #[must_use]
    pub fn wants_guests_of(&self) -> Option<EventId> {
        match self.access {
            Access::Members => None,
            Access::Attendees => self.event,
        }
    }

    /// Where it stands in lists.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id.as_uuid() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn codes(outcome: Result<Album, Vec<Invalid>>) -> Vec<(String, &'static str)> {
        outcome.unwrap_err().into_iter().map(|one| (one.field, one.code)).collect()
    }

    #[test]
    fn an_album_for_those_who_attended_has_an_event() {
        let (by, event) = (AccountId::generate(noon()), EventId::generate(noon()));
        let nothing = AlbumChange { access: Some(Access::Attendees), ..AlbumChange::default() };
        let wrong = [("title".to_owned(), "required"), ("event_id".to_owned(), "required")];
        assert_eq!(codes(Album::create(&nothing, by, noon())), wrong);
        let said = AlbumChange {
            title: Some("Night".into()),
            event: Some(Some(event)),
            access: Some(Access::Attendees),
        };
        let album = Album::create(&said, by, noon()).unwrap();
        assert_eq!(album.wants_guests_of(), Some(event));
        let without = AlbumChange { event: Some(None), ..AlbumChange::default() };
        assert_eq!(codes(album.changed(&without)), [("event_id".to_owned(), "required")]);
        let open = AlbumChange { access: Some(Access::Members), ..without };
        assert_eq!(album.changed(&open).unwrap().wants_guests_of(), None);
        assert_eq!(album.changed(&AlbumChange::default()).unwrap(), album, "what is not said stays");
    }

    #[test]
    fn an_album_is_for_members_unless_it_is_said_otherwise() {
        let said = AlbumChange { title: Some(" Summer ".into()), ..AlbumChange::default() };
        let album = Album::create(&said, AccountId::generate(noon()), noon()).unwrap();
        assert_eq!((album.title.as_str(), album.access), ("Summer", Access::Members));
    }
}
