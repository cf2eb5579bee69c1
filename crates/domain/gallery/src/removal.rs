//! Somebody wants a picture gone.

use crate::Picture;
use crate::words::{self, LONGEST_NOTE};
use kernel::{AccountId, AlbumId, Cursor, Invalid, PictureId, RemovalId, Timestamp};
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
    /// An admin did not agree: the picture is seen again, if it is published.
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

impl RemovalStatus {
    /// The one that is called so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Asked, Self::Removing, Self::Removed, Self::Refused];
        all.into_iter().find(|one| one.as_str() == name)
    }

    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Removing => "removing",
            Self::Removed => "removed",
            Self::Refused => "refused",
        }
    }
}

impl Removal {
    /// A new one; the picture is out of sight from now on. Links that were given out before end at `links_end_at`.
    ///
    /// # Errors
    /// What is wrong with the words.
    pub fn ask(
        picture: &mut Picture,
        by: AccountId,
        reason: Option<&str>,
        now: Timestamp,
        links_end_at: Timestamp,
    ) -> Result<Self, Invalid> {
        let reason = words::note("reason", reason, LONGEST_NOTE)?;
        picture.removal_asked = true;
        Ok(Self {
            id: RemovalId::generate(now),
            picture: picture.id,
            album: picture.album,
            by: Some(by),
            reason,
            asked_at: now,
            status: RemovalStatus::Asked,
            decided_by: None,
            decided_at: None,
            note: None,
            keys: Vec::new(),
            proof: Vec::new(),
            links_end_at: Some(links_end_at),
            removed_at: None,
        })
    }

    /// An admin agrees: all that is known of the picture is to go, whatever becomes of its row. `false`, and nothing
    /// changed, when it was decided before.
    ///
    /// # Errors
    /// What is wrong with the words.
    pub fn agree(
        &mut self,
        picture: Option<&Picture>,
        by: AccountId,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, Invalid> {
        let note = words::note("note", note, LONGEST_NOTE)?;
        if self.status != RemovalStatus::Asked {
            return Ok(false);
        }
        self.keys = picture.map(Picture::keys).unwrap_or_default().iter().map(ToString::to_string).collect();
        self.decide(RemovalStatus::Removing, by, note, now);
        Ok(true)
    }

    /// An admin does not agree: the picture is seen again. `false`, and nothing changed, when it was decided before.
    ///
    /// # Errors
    /// What is wrong with the words.
    pub fn refuse(
        &mut self,
        picture: Option<&mut Picture>,
        by: AccountId,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, Invalid> {
        let note = words::note("note", note, LONGEST_NOTE)?;
        if self.status != RemovalStatus::Asked {
            return Ok(false);
        }
        if let Some(picture) = picture {
            picture.removal_asked = false;
        }
        self.decide(RemovalStatus::Refused, by, note, now);
        Ok(true)
    }

    /// Nothing is left: every name was looked for.
    pub fn prove(&mut self, proof: Vec<Absence>, now: Timestamp) {
        self.status = RemovalStatus::Removed;
        self.proof = proof;
        self.removed_at = Some(now);
    }

    fn decide(&mut self, status: RemovalStatus, by: AccountId, note: Option<String>, now: Timestamp) {
        self.status = status;
        self.decided_by = Some(by);
        self.decided_at = Some(now);
        self.note = note;
    }

    /// Where it stands in lists.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.asked_at, id: self.id.as_uuid() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{noon, picture};

    #[test]
    fn a_wish_is_decided_once() {
        let (mut of, me, admin) = (picture(), AccountId::generate(noon()), AccountId::generate(noon()));
        let mut wish = Removal::ask(&mut of, me, Some(" my face "), noon(), noon()).unwrap();
        assert!(of.removal_asked && wish.reason.as_deref() == Some("my face"));
        let asked = wish.clone();
        assert!(wish.agree(Some(&of), admin, None, noon()).unwrap());
        assert_eq!((wish.status, wish.keys.len()), (RemovalStatus::Removing, 1));
        assert!(!wish.refuse(Some(&mut of), admin, None, noon()).unwrap());
        assert!(of.removal_asked, "what was agreed to is never seen again");
        let mut wish = asked;
        assert!(wish.refuse(Some(&mut of), admin, Some("it is not you"), noon()).unwrap());
        assert!(!of.removal_asked);
        assert!(!wish.agree(Some(&of), admin, None, noon()).unwrap());
        assert_eq!(wish.status, RemovalStatus::Refused);
        assert_eq!(RemovalStatus::named(wish.status.as_str()), Some(wish.status));
        assert_eq!(RemovalStatus::named("refuse"), None);
    }
}
