//! What a backup is called: the instant that it shows, so that names sort as time does, and a few letters behind it, so
//! that no two are called the same.

use chrono::{NaiveDateTime, SubsecRound, Timelike};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// How the instant is written: as a part of a name of an object may be.
const FORM: &str = "%Y%m%dt%H%M%Sz";
/// Letters behind it: three for the thousandths of the second, so that of two in one second the later one is the newer,
/// and three by chance.
const LETTERS: usize = 6;

/// A name, as `20260601t120000z-3f9a1c`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BackupName {
    made_at: Timestamp,
    letters: String,
}

impl BackupName {
    /// A new one for what shows this instant.
    #[must_use]
    pub fn generate(made_at: Timestamp) -> Self {
        let thousandths = made_at.nanosecond() / 1_000_000;
        let chance = Uuid::new_v4().as_u128() & 0xfff;
        Self { made_at: made_at.trunc_subsecs(0), letters: format!("{thousandths:03x}{chance:03x}") }
    }

    /// The name, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (instant, letters) = text.split_once('-')?;
        let made_at = NaiveDateTime::parse_from_str(instant, FORM).ok()?.and_utc();
        let known = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let name = Self { made_at, letters: letters.to_owned() };
        // An instant can be written in more ways than ours.
        let ours = letters.len() == LETTERS && letters.bytes().all(known) && name.to_string() == text;
        ours.then_some(name)
    }

    /// The instant, to the second.
    #[must_use]
    pub const fn made_at(&self) -> Timestamp {
        self.made_at
    }
}

impl fmt::Display for BackupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.made_at.format(FORM), self.letters)
    }
}

impl From<BackupName> for String {
    fn from(name: BackupName) -> Self {
        name.to_string()
    }
}

impl TryFrom<String> for BackupName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("no name of a backup")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::ObjectKey;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_is_read_as_it_is_written_and_names_an_object() {
        let name = BackupName::generate(at("2026-06-01T12:00:59.999Z"));
        assert!(name.to_string().starts_with("20260601t120059z-"), "{name}");
        assert_eq!(BackupName::parse(&name.to_string()), Some(name.clone()));
        assert_eq!(name.made_at(), at("2026-06-01T12:00:59Z"));
        assert!(ObjectKey::parse(&format!("{name}/manifest.json")).is_some());
        assert_ne!(BackupName::generate(name.made_at()), name, "two of one second");
    }

    #[test]
    fn names_sort_as_time_does() {
        let names = [
            "2026-01-31T23:59:59Z",
            "2026-02-01T00:00:00Z",
            "2026-10-01T00:00:00Z",
            "2026-10-01T00:00:00.001Z",
            "2026-10-01T00:00:00.999Z",
        ]
        .map(at)
        .map(BackupName::generate);
        assert!(names.is_sorted() && names.map(|name| name.to_string()).is_sorted());
    }

    #[test]
    fn what_is_no_name_is_none() {
        for text in [
            "",
            "20260601t120000z",
            "20260601t120000z-",
            "20260601t120000z-3f9a1",
            "20260601t120000z-3F9A1C",
            "20260601t120000z-3f9a1g",
            "20261301t120000z-3f9a1c",
            "+2026601t120000z-3f9a1c",
            "2026601t120000z-3f9a1c",
            "../../../etc/passwd",
        ] {
            assert_eq!(BackupName::parse(text), None, "{text}");
        }
    }
}
