//! One picture, and what is delivered of it.

use crate::words::{self, LONGEST_CAPTION};
use crate::{ImageFormat, Refusal, Rendered};
use chrono::SubsecRound;
use kernel::{AccountId, AlbumId, Cursor, Invalid, ObjectKey, PassId, PictureId, Timestamp};
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

/// A file that becomes a picture: it lies in the store already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What its sender calls it.
    pub filename: String,
    /// Under which name it lies.
    pub key: ObjectKey,
    /// How large it is.
    pub bytes: u64,
    /// What is written under the picture.
    pub caption: Option<String>,
}

/// Where the file lies that a picture is made of, unless it came as an upload of its own; it ends as its format is
/// called.
#[must_use]
pub fn original(picture: PictureId, extension: &str) -> Option<ObjectKey> {
    ObjectKey::parse(&format!("{}original.{extension}", prefix(picture)))
}

/// Under what all that belongs to a picture lies, but for what came as an upload of its own.
#[must_use]
pub fn prefix(picture: PictureId) -> String {
    format!("pictures/{picture}/")
}

impl PictureStatus {
    /// As shown.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Ready => "ready",
            Self::Failed { .. } => "failed",
        }
    }
}

impl Picture {
    /// A new one, of which nothing is made yet.
    ///
    /// # Errors
    /// What is wrong with its caption.
    pub fn create(
        id: PictureId,
        album: AlbumId,
        sent: &Sent,
        by: AccountId,
        now: Timestamp,
    ) -> Result<Self, Invalid> {
        Ok(Self {
            id,
            album,
            filename: words::filename(&sent.filename),
            original_bytes: sent.bytes,
            original: Some(sent.key.to_string()),
            status: PictureStatus::Processing,
            pass: None,
            width: 0,
            height: 0,
            thumbhash: Vec::new(),
            renditions: Vec::new(),
            taken_at: None,
            caption: words::note("caption", sent.caption.as_deref(), LONGEST_CAPTION)?,
            published_at: None,
            removal_asked: false,
            created_by: by,
            created_at: now,
        })
    }

    /// Writes something under it, or nothing.
    ///
    /// # Errors
    /// What is wrong with the words.
    pub fn describe(&mut self, caption: Option<&str>) -> Result<(), Invalid> {
        self.caption = words::note("caption", caption, LONGEST_CAPTION)?;
        Ok(())
    }

    /// Shows it to members, or not any more; `false` when it is so already.
    pub fn publish(&mut self, published: bool, now: Timestamp) -> bool {
        if self.published_at.is_some() == published {
            return false;
        }
        self.published_at = published.then_some(now);
        true
    }

    /// Its renditions lie under `pass`.
    pub fn finish(&mut self, pass: PassId, made: &Rendered) {
        let rendition = |file: &crate::RenderedFile| Rendition {
            width: file.width,
            height: file.height,
            format: file.format,
            bytes: file.bytes,
        };
        self.status = PictureStatus::Ready;
        self.pass = Some(pass);
        (self.width, self.height) = (made.width, made.height);
        self.thumbhash.clone_from(&made.thumbhash);
        // What a camera says without knowing the time need not be an instant that can be kept.
        self.taken_at = made.taken_at.map(|at| at.trunc_subsecs(6)).filter(|at| kernel::is_kept(*at));
        self.renditions = made.files.iter().map(rendition).collect();
    }

    /// Nothing can be made of it.
    pub fn fail(&mut self, reason: Refusal) {
        self.status = PictureStatus::Failed { reason };
    }

    /// Tries again what failed, as long as there is something to try with; `false` when there is nothing to do.
    pub fn retry(&mut self) -> bool {
        let again = matches!(self.status, PictureStatus::Failed { .. }) && self.original.is_some();
        if again {
            self.status = PictureStatus::Processing;
        }
        again
    }

    /// The names of all its files.
    #[must_use]
    pub fn keys(&self) -> Vec<ObjectKey> {
        let pass = self.pass.into_iter();
        let made = pass.flat_map(|pass| self.renditions.iter().map(move |one| self.rendition_key(pass, one)));
        self.original_key().into_iter().chain(made.flatten()).collect()
    }

    /// The largest file of a format.
    #[must_use]
    pub fn largest(&self, format: ImageFormat) -> Option<&Rendition> {
        self.renditions.iter().filter(|one| one.format == format).max_by_key(|one| one.width)
    }

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

    /// Where it stands among all that were sent: newest first.
    #[must_use]
    pub const fn sent(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id.as_uuid() }
    }

    /// Whether members see it, if they may see its album.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        self.published_at.is_some() && !self.removal_asked && self.status == PictureStatus::Ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{noon, picture, rendered};

    #[test]
    fn a_picture_is_seen_when_it_is_ready_and_published_and_nobody_asked_that_it_goes() {
        let mut it = picture();
        assert!(it.publish(true, noon()) && !it.publish(true, noon()));
        assert!(!it.is_visible(), "nothing is made of it yet");
        it.finish(PassId::generate(noon()), &rendered());
        assert!(it.is_visible());
        it.removal_asked = true;
        assert!(!it.is_visible());
        it.removal_asked = false;
        assert!(it.publish(false, noon()) && !it.is_visible());
    }

    #[test]
    fn what_failed_is_tried_again_as_long_as_its_file_is_kept() {
        let mut it = picture();
        assert!(!it.retry(), "it is under way");
        it.fail(Refusal::Truncated);
        assert!(it.retry());
        assert_eq!(it.status, PictureStatus::Processing);
        it.fail(Refusal::Truncated);
        it.original = None;
        assert!(!it.retry());
        it.finish(PassId::generate(noon()), &rendered());
        assert!(!it.retry());
    }

    #[test]
    fn a_picture_may_be_old_but_no_older_than_what_can_be_kept() {
        let mut it = picture();
        let mut taken = |at: &str| {
            it.finish(
                PassId::generate(noon()),
                &Rendered { taken_at: Some(at.parse().unwrap()), ..rendered() },
            );
            (it.taken_at.map(|at| at.to_string()), it.cursor().at)
        };
        assert_eq!(taken("1965-07-01T12:00:00Z").0.as_deref(), Some("1965-07-01 12:00:00 UTC"));
        let fine = taken("1965-07-01T12:00:00.123456789Z");
        assert_eq!(fine.0.as_deref(), Some("1965-07-01 12:00:00.123456 UTC"));
        for never in ["0000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "+10000-01-01T00:00:00Z"] {
            assert_eq!(taken(never), (None, noon()), "{never}");
        }
    }

    #[test]
    fn all_its_files_are_named_and_lie_under_its_name() {
        let mut it = picture();
        assert_eq!(it.keys().len(), 1, "the file that was sent");
        it.finish(PassId::generate(noon()), &rendered());
        let keys = it.keys();
        assert_eq!(keys.len(), 1 + rendered().files.len());
        assert!(keys.iter().all(|key| key.as_str().starts_with(&prefix(it.id))), "{keys:?}");
        assert_eq!(it.largest(ImageFormat::Jpeg).unwrap().width, 640);
    }
}
