//! Bytes that somebody sends in parts, straight to where they are kept.

mod sniff;
mod wish;

pub use sniff::{SNIFFED, TAGS, behind_tag, sniff, tag_length};
pub use wish::{NewUpload, Promise};

use chrono::TimeDelta;
use kernel::{AccountId, Cursor, ObjectKey, PartsId, Timestamp, UploadId};
use serde::{Deserialize, Serialize};

/// Bytes of every part but the last: 16 MiB, so that 4 GiB are 256 parts, and a part that broke off costs little.
pub const PART_SIZE: u64 = 16 * 1024 * 1024;
/// How long parts are taken.
pub const LASTS: TimeDelta = TimeDelta::hours(48);
/// Most that one sender may have open or completed: the pictures of an evening, sent at once.
pub const MOST_OPEN: u32 = 500;
/// How long addresses of parts are good; then new ones are asked for.
pub const PART_LINKS: TimeDelta = TimeDelta::hours(12);

/// What it is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadKind {
    /// A picture of an album.
    Image,
    /// A recording of music.
    Set,
}

impl UploadKind {
    /// As shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Set => "set",
        }
    }

    /// What is called so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Image, Self::Set].into_iter().find(|kind| kind.as_str() == text)
    }

    /// Most bytes of one.
    #[must_use]
    pub const fn largest(self) -> u64 {
        match self {
            Self::Image => 200 * 1024 * 1024,
            Self::Set => 4 * 1024 * 1024 * 1024,
        }
    }
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

impl UploadStatus {
    /// As shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completed => "completed",
            Self::Taken => "taken",
            Self::Dropped => "dropped",
        }
    }
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
    /// What its sender calls it; shown, and never a name of an object. Empty once it is taken or dropped: files are called
    /// by people's names, too.
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

impl Format {
    /// Its media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Heic => "image/heic",
            Self::Wav => "audio/wav",
            Self::Flac => "audio/flac",
            Self::Aiff => "audio/aiff",
            Self::Mp3 => "audio/mpeg",
            Self::M4a => "audio/mp4",
        }
    }

    /// The one of this media type, by whichever of its names; parameters do not matter.
    #[must_use]
    pub fn of_content_type(text: &str) -> Option<Self> {
        let name = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Some(match name.as_str() {
            "image/jpeg" | "image/jpg" | "image/pjpeg" => Self::Jpeg,
            "image/png" => Self::Png,
            "image/webp" => Self::WebP,
            "image/heic" | "image/heif" => Self::Heic,
            "audio/wav" | "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => Self::Wav,
            "audio/flac" | "audio/x-flac" => Self::Flac,
            "audio/aiff" | "audio/x-aiff" => Self::Aiff,
            "audio/mpeg" | "audio/mp3" => Self::Mp3,
            "audio/mp4" | "audio/x-m4a" | "audio/m4a" => Self::M4a,
            _ => return None,
        })
    }

    /// What it can become.
    #[must_use]
    pub const fn kind(self) -> UploadKind {
        match self {
            Self::Jpeg | Self::Png | Self::WebP | Self::Heic => UploadKind::Image,
            Self::Wav | Self::Flac | Self::Aiff | Self::Mp3 | Self::M4a => UploadKind::Set,
        }
    }
}

/// Why an upload does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Over {
    /// Something was made of it already.
    #[error("something was made of this upload already")]
    Taken,
    /// It was given up.
    #[error("the upload was given up")]
    Dropped,
    /// Its time is over.
    #[error("the time of this upload is over")]
    Expired,
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

    /// How many parts it has: at least one.
    #[must_use]
    pub fn part_count(&self) -> u32 {
        u32::try_from(self.size.div_ceil(self.part_size.max(1))).unwrap_or(u32::MAX).max(1)
    }

    /// How many bytes its parts have, by number: from 1 on, all alike but for the last.
    pub fn part_sizes(&self) -> impl Iterator<Item = (u32, u64)> + use<> {
        let (size, part) = (self.size, self.part_size.max(1));
        let before = move |number: u32| u64::from(number - 1).saturating_mul(part);
        (1..=self.part_count()).map(move |number| (number, size.saturating_sub(before(number)).min(part)))
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        matches!(self.status, UploadStatus::Open | UploadStatus::Completed) && now >= self.expires_at
    }

    /// Whether it can be worked on.
    ///
    /// # Errors
    /// Why not: it is [`Over`].
    pub fn living(&self, now: Timestamp) -> Result<(), Over> {
        match self.status {
            UploadStatus::Taken => Err(Over::Taken),
            UploadStatus::Dropped => Err(Over::Dropped),
            UploadStatus::Open | UploadStatus::Completed if now >= self.expires_at => Err(Over::Expired),
            UploadStatus::Open | UploadStatus::Completed => Ok(()),
        }
    }

    /// It is whole, and what was promised; `false` when it was before.
    ///
    /// # Errors
    /// It is [`Over`].
    pub fn complete(&mut self, now: Timestamp) -> Result<bool, Over> {
        self.living(now)?;
        Ok(std::mem::replace(&mut self.status, UploadStatus::Completed) != UploadStatus::Completed)
    }

    /// Gives it up, also when its time is over; `false` when it was before.
    ///
    /// # Errors
    /// [`Over::Taken`]: what was made of it has its bytes.
    pub fn give_up(&mut self) -> Result<bool, Over> {
        match self.status {
            UploadStatus::Taken => Err(Over::Taken),
            UploadStatus::Dropped => Ok(false),
            UploadStatus::Open | UploadStatus::Completed => {
                self.end(UploadStatus::Dropped);
                Ok(true)
            }
        }
    }

    /// The store has nothing of it any more, be it that its keeper drops parts on their own; `false` when it is not open.
    pub fn lose(&mut self) -> bool {
        let open = self.status == UploadStatus::Open;
        if open {
            self.end(UploadStatus::Dropped);
        }
        open
    }

    /// Something is made of it.
    pub fn take(&mut self) {
        self.end(UploadStatus::Taken);
    }

    fn end(&mut self, status: UploadStatus) {
        self.status = status;
        self.filename.clear();
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    pub(crate) fn upload(size: u64) -> Upload {
        Upload {
            id: UploadId::generate(noon()),
            by: AccountId::generate(noon()),
            kind: UploadKind::Set,
            filename: "night.flac".into(),
            size,
            format: Format::Flac,
            part_size: PART_SIZE,
            parts: "parts".into(),
            status: UploadStatus::Open,
            created_at: noon(),
            expires_at: noon() + LASTS,
        }
    }

    #[test]
    fn all_parts_are_alike_but_for_the_last() {
        let sizes = |size| upload(size).part_sizes().collect::<Vec<_>>();
        assert_eq!(sizes(1), [(1, 1)]);
        assert_eq!(sizes(PART_SIZE), [(1, PART_SIZE)]);
        assert_eq!(sizes(PART_SIZE * 2 + 5), [(1, PART_SIZE), (2, PART_SIZE), (3, 5)]);
        assert_eq!(upload(UploadKind::Set.largest()).part_count(), 256);
    }

    proptest! {
        #[test]
        fn parts_are_as_large_together_as_the_whole(size in 1..=UploadKind::Set.largest()) {
            let upload = upload(size);
            let sizes: Vec<_> = upload.part_sizes().collect();
            prop_assert_eq!(sizes.iter().map(|(_, size)| size).sum::<u64>(), size);
            prop_assert!(sizes.iter().all(|(_, size)| (1..=PART_SIZE).contains(size)));
            prop_assert_eq!(u32::try_from(sizes.len()).unwrap(), upload.part_count());
        }
    }

    #[test]
    fn what_is_complete_can_be_completed_again_and_what_is_over_cannot() {
        let mut it = upload(1);
        assert_eq!(it.complete(noon()), Ok(true));
        assert_eq!((it.complete(noon()), it.status), (Ok(false), UploadStatus::Completed));
        assert_eq!(it.complete(it.expires_at), Err(Over::Expired));
        it.status = UploadStatus::Taken;
        assert_eq!((it.complete(noon()), it.give_up()), (Err(Over::Taken), Err(Over::Taken)));
        it.status = UploadStatus::Dropped;
        assert_eq!((it.complete(noon()), it.give_up()), (Err(Over::Dropped), Ok(false)));
    }

    #[test]
    fn what_has_ended_is_called_nothing() {
        let ended = |end: fn(&mut Upload)| {
            let mut it = upload(1);
            end(&mut it);
            (it.status, it.filename)
        };
        let dropped = (UploadStatus::Dropped, String::new());
        assert_eq!(ended(|it| assert_eq!(it.give_up(), Ok(true))), dropped);
        assert_eq!(ended(|it| assert!(it.lose())), dropped);
        assert_eq!(ended(Upload::take), (UploadStatus::Taken, String::new()));
        assert_eq!(ended(|it| assert_eq!(it.complete(noon()), Ok(true))).1, "night.flac");
    }

    #[test]
    fn only_what_is_open_can_be_lost() {
        for status in [UploadStatus::Completed, UploadStatus::Taken, UploadStatus::Dropped] {
            let mut it = Upload { status, ..upload(1) };
            assert!(!it.lose() && it.status == status);
        }
    }

    #[test]
    fn only_what_nothing_was_made_of_is_overdue() {
        let mut it = upload(1);
        assert!(!it.is_overdue(noon()) && it.is_overdue(it.expires_at));
        it.status = UploadStatus::Completed;
        assert!(it.is_overdue(it.expires_at));
        assert_eq!((it.give_up(), it.is_overdue(it.expires_at)), (Ok(true), false));
        it.status = UploadStatus::Taken;
        assert!(!it.is_overdue(it.expires_at));
    }

    #[test]
    fn every_format_is_known_by_its_media_type() {
        use Format::*;
        for format in [Jpeg, Png, WebP, Heic, Wav, Flac, Aiff, Mp3, M4a] {
            assert_eq!(Format::of_content_type(format.content_type()), Some(format));
        }
        assert_eq!(Format::of_content_type("Audio/X-WAV; rate=44100"), Some(Wav));
        for other in ["", "image/svg+xml", "text/html", "video/mp4", "application/octet-stream"] {
            assert_eq!(Format::of_content_type(other), None, "{other}");
        }
    }
}
