//! Bytes under names: where pictures and music lie, be it a folder or a bucket. Nothing in it is public: who may not
//! ask the store itself gets a link that is signed for one object, one method and a short time.

use crate::{AccountId, Timestamp};
use async_trait::async_trait;
use chrono::TimeDelta;
use std::fmt;
use std::path::{Path, PathBuf};

/// What the names of all objects begin with that this program keeps: those of pictures, of sets, and of what is sent.
pub const TOPS: [&str; 3] = ["pictures/", "sets/", "uploads/"];
/// What follows one of the [`TOPS`] where somebody only tries what a store does. Such an object belongs to nothing.
pub const PROBES: &str = "probe/";

/// The name of an object. Made by this program alone, never by who sends bytes: lower-case letters, digits and `-`, `.`
/// in parts that `/` divides, none of them empty or beginning with a dot; at most 200 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Most bytes of a name; a bucket's prefix comes on top.
    pub const LONGEST: usize = 200;

    /// The name, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
        let part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(known);
        (text.len() <= Self::LONGEST && text.split('/').all(part)).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A run of bytes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first one, counted from 0.
    pub start: u64,
    /// How many; fewer come when the object ends before.
    pub length: u64,
}

/// What an object is made of.
#[derive(Debug, Clone)]
pub enum Body {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What this file holds when the store gets to it.
    File(PathBuf),
}

/// What is known of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Bytes.
    pub size: u64,
    /// As it was given when it was put.
    pub content_type: String,
    /// Another one whenever the bytes are others; without quotes.
    pub etag: String,
}

/// An object in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub key: ObjectKey,
    /// Bytes.
    pub size: u64,
    /// When it was put.
    pub changed_at: Timestamp,
    /// As [`StoredObject::etag`]; nothing, where the store cannot tell.
    pub etag: Option<String>,
}

/// Bytes on their way out of the store.
#[async_trait]
pub trait Reader: Send {
    /// The next ones, at most a few hundred KiB; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, ObjectError>;
}

/// An object that is being read.
pub struct Content {
    /// The whole object, not only what was asked for.
    pub object: StoredObject,
    /// What was asked for.
    pub reader: Box<dyn Reader>,
}

/// How long links are the same: whoever asks twice within a window gets the same text, so that what keeps copies by
/// address keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window(pub TimeDelta);

impl Window {
    /// From when and until when a link that is made at `now` is good: from the beginning of the window that `now` lies
    /// in to the end of the next one, so that it lasts for one to two windows.
    #[must_use]
    pub fn around(self, now: Timestamp) -> (Timestamp, Timestamp) {
        let length = self.0.num_seconds().max(1);
        let seconds = now.timestamp().div_euclid(length) * length;
        let start = Timestamp::from_timestamp(seconds, 0).unwrap_or(now);
        (start, start + TimeDelta::seconds(2 * length))
    }

    /// The answer's `Cache-Control`, the same on every store: nobody but the browser that asked keeps it, as long as a
    /// link can be good.
    #[must_use]
    pub fn cache_control(self) -> String {
        format!("private, max-age={}, immutable", 2 * self.0.num_seconds().max(1))
    }
}

/// What a browser does with what a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// Shows or plays it.
    Inline,
    /// Shows or plays it, and offers this name to whoever saves it.
    InlineAs(String),
    /// Saves it under this name.
    Attachment(String),
}

impl Disposition {
    /// As the header `Content-Disposition` says it (RFC 6266): a name that every browser can read, and the real one beside
    /// it when it has other letters. What could divide folders or end the header becomes `_`.
    #[must_use]
    pub fn header(&self) -> String {
        let (kind, name) = match self {
            Self::Inline => return "inline".into(),
            Self::InlineAs(name) => ("inline", name),
            Self::Attachment(name) => ("attachment", name),
        };
        let name: String = name
            .trim()
            .chars()
            .map(|letter| if letter.is_control() || r#"/\":%"#.contains(letter) { '_' } else { letter })
            .collect();
        if name.is_empty() {
            return kind.into();
        }
        if name.is_ascii() {
            return format!(r#"{kind}; filename="{name}""#);
        }
        let readable = name.replace(|letter: char| !letter.is_ascii(), "_");
        format!(r#"{kind}; filename="{readable}"; filename*=UTF-8''{}"#, encoded(&name))
    }
}

/// With everything as `%XX` that the value of a parameter cannot hold (RFC 8187).
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte);
    text.bytes().fold(String::with_capacity(text.len()), |mut so_far, byte| {
        if plain(byte) {
            so_far.push(char::from(byte));
        } else {
            so_far.push_str(&format!("%{byte:02X}"));
        }
        so_far
    })
}

/// What a link says of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The answer's `Content-Type`.
    pub content_type: String,
    /// The answer's `Content-Disposition`.
    pub disposition: Disposition,
    /// Whose bytes they are, where the store can count what it serves; part of the link there.
    pub meter: Option<AccountId>,
}

/// An address that opens one object by one method for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The address.
    pub url: String,
    /// No more from then on.
    pub expires_at: Timestamp,
}

/// What the store calls an object that is being sent in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartsId(pub String);

/// A part that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// 1 to 10,000.
    pub number: u32,
    /// As the store answered it; without quotes.
    pub etag: String,
    /// Bytes.
    pub size: u64,
}

/// An object in parts that was neither finished nor dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// What it shall become.
    pub key: ObjectKey,
    /// What the store calls it.
    pub parts: PartsId,
    /// When it was begun.
    pub since: Timestamp,
}

/// Why a store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// It cannot be reached now, or is too busy; the same may work later.
    #[error("the object store is away while {doing}")]
    Unavailable {
        /// What was tried.
        doing: &'static str,
        /// Why not.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What was asked contradicts what it has: parts that are not there, too small, or others than were sent.
    #[error("the object store refuses {doing}")]
    Refused {
        /// What was tried.
        doing: &'static str,
        /// Why not.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It will not work by trying again: wrong keys, no such bucket, a full disk.
    #[error("the object store failed {doing}")]
    Broken {
        /// What was tried.
        doing: &'static str,
        /// Why not.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Keeps objects. Every call is complete in itself; an object is there whole or not at all.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// Puts it, in the place of what was there.
    async fn put(&self, key: &ObjectKey, body: Body, content_type: &str) -> Result<(), ObjectError>;
    /// What is known of it; `None` when it is not there.
    async fn head(&self, key: &ObjectKey) -> Result<Option<StoredObject>, ObjectError>;
    /// Reads it, or a run of its bytes; `None` when it is not there. A run that begins behind the end is empty.
    async fn get(&self, key: &ObjectKey, span: Option<Span>) -> Result<Option<Content>, ObjectError>;
    /// Removes them, in as few calls as the store has; those that are not there are none the less gone.
    async fn delete(&self, keys: &[ObjectKey]) -> Result<(), ObjectError>;
    /// Up to `limit` (1 to 1,000) objects whose names begin with `prefix`, by name, after that one.
    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectKey>,
        limit: u32,
    ) -> Result<Vec<Listed>, ObjectError>;
    /// An address by which it can be read (`GET`, ranges too; by no other method, save `HEAD` where a store lets it pass)
    /// from now to the end of the next window; the same one for the whole window. Whether the object is there is not
    /// looked at.
    ///
    /// # Errors
    /// [`ObjectError::Broken`], when no link can be good for that long.
    fn link(
        &self,
        key: &ObjectKey,
        delivery: &Delivery,
        window: Window,
        now: Timestamp,
    ) -> Result<Link, ObjectError>;

    /// Begins an object that is sent in parts.
    async fn begin_parts(&self, key: &ObjectKey, content_type: &str) -> Result<PartsId, ObjectError>;
    /// An address to which exactly `size` bytes can be `PUT` as one part until then; its answer carries an `ETag`. A part
    /// that is sent again replaces the one before.
    ///
    /// # Errors
    /// [`ObjectError`], when there can be no such part, or no link that is good for that long.
    fn part_link(
        &self,
        key: &ObjectKey,
        parts: &PartsId,
        number: u32,
        size: u64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Link, ObjectError>;
    /// The parts that have arrived, by number; `None` when the store knows of no such parts.
    async fn parts(&self, key: &ObjectKey, parts: &PartsId) -> Result<Option<Vec<Part>>, ObjectError>;
    /// Makes the object of these parts, which have to be all that are to be in it, by number. `Refused` when one is not
    /// there or has another etag.
    async fn finish_parts(&self, key: &ObjectKey, parts: &PartsId, of: &[Part]) -> Result<(), ObjectError>;
    /// Drops what has arrived; what is not there is none the less gone.
    async fn drop_parts(&self, key: &ObjectKey, parts: &PartsId) -> Result<(), ObjectError>;
    /// Up to `limit` (1 to 1,000) objects whose names begin with `prefix` and that were begun and not ended, by name.
    async fn unfinished(&self, prefix: &str, limit: u32) -> Result<Vec<Unfinished>, ObjectError>;
}

/// Brings an object into a file, for programs that read files.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// Writes the object into a new file, and tells after every run of bytes how many there are by then; `false` when
    /// there is no such object.
    async fn fetch(
        &self,
        key: &ObjectKey,
        into: &Path,
        told: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<bool, ObjectError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_this_program_could_have_made() {
        for good in ["a", "sets/0190/opus-128.mp4", "pictures/1/2/320.webp"] {
            assert_eq!(ObjectKey::parse(good).map(|key| key.to_string()), Some(good.to_owned()));
        }
        let long = "a".repeat(ObjectKey::LONGEST + 1);
        for bad in
            ["", "/a", "a/", "a//b", "../a", "a/..", "a/.b", "A", "a b", "a\\b", "a%2e", "ä", "a\0", &long]
        {
            assert_eq!(ObjectKey::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_name_for_saving_is_readable_everywhere_and_cannot_say_more_than_a_name() {
        let header = |name: &str| Disposition::Attachment(name.into()).header();
        assert_eq!(Disposition::Inline.header(), "inline");
        assert_eq!(header(""), "attachment");
        assert_eq!(header("Night one.zip"), r#"attachment; filename="Night one.zip""#);
        assert_eq!(
            header("Sörens Träume, 2 €.opus"),
            "attachment; filename=\"S_rens Tr_ume, 2 _.opus\"; \
             filename*=UTF-8''S%C3%B6rens%20Tr%C3%A4ume%2C%202%20%E2%82%AC.opus"
        );
        let shown = |name: &str| Disposition::InlineAs(name.into()).header();
        assert_eq!(
            (shown(" "), shown("a b.webp")),
            ("inline".into(), r#"inline; filename="a b.webp""#.into())
        );
        assert_eq!(shown("ä.webp"), "inline; filename=\"_.webp\"; filename*=UTF-8''%C3%A4.webp");
        for bad in
            ["a\"; filename=\"b.exe", "a\r\nSet-Cookie: b", "../../etc/passwd", "a\\b", "C:a", "100%41"]
        {
            let said = header(bad);
            let name = said.strip_prefix("attachment; filename=\"").unwrap().strip_suffix('"').unwrap();
            assert!(!name.contains(['"', '\r', '\n', '/', '\\', ':', '%']), "{said}");
        }
    }

    #[test]
    fn links_of_one_window_begin_and_end_together() {
        let window = Window(TimeDelta::minutes(10));
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let whole = (at("2026-06-01T12:10:00Z"), at("2026-06-01T12:30:00Z"));
        assert_eq!(window.around(at("2026-06-01T12:10:00Z")), whole);
        assert_eq!(window.around(at("2026-06-01T12:19:59.999Z")), whole);
        assert_eq!(window.around(at("2026-06-01T12:20:00Z")).0, at("2026-06-01T12:20:00Z"));
        assert_eq!(window.cache_control(), "private, max-age=1200, immutable");
    }
}
