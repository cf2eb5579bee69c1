//! What people call a booking by.

use data_encoding::{Encoding, Specification};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::LazyLock;
use uuid::Uuid;

/// How many letters and digits one has.
const LENGTH: usize = 12;

/// A booking's name for people: twelve letters and digits without look-alikes, in groups of four.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(String);

static LETTERS: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut letters = Specification::new();
    letters.symbols.push_str("23456789ABCDEFGHJKLMNPQRSTUVWXYZ");
    letters.encoding().ok()
});

impl Reference {
    /// A random one: 60 bits.
    #[must_use]
    pub fn generate() -> Self {
        let random = Uuid::new_v4().into_bytes();
        // The last eight bytes of a version 4 UUID are random but for two bits, which the first group leaves out.
        let text: String = match LETTERS.as_ref() {
            Some(letters) => letters.encode(&random).chars().skip(13).take(LENGTH).collect(),
            None => String::new(),
        };
        Self::from_stored(text)
    }

    /// One that was generated before.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// One as people type it, with or without hyphens and in either case; `None` of what is something else.
    #[must_use]
    pub fn typed(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        (plain.len() == LENGTH && !text.contains('@')).then(|| Self(plain.to_ascii_uppercase()))
    }

    /// The bare text, as stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, letter) in self.0.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_known_however_it_is_typed() {
        let reference = Reference::from_stored("ABCDEFGH2345".into());
        assert_eq!(reference.to_string(), "ABCD-EFGH-2345");
        for typed in ["ABCD-EFGH-2345", "abcdefgh2345", " abcd efgh 2345 "] {
            assert_eq!(Reference::typed(typed), Some(reference.clone()), "{typed}");
        }
        for other in ["", "ABCD-EFGH", "ABCD-EFGH-2345-6", "abcde@fgh.2345", "Ada Byron"] {
            assert_eq!(Reference::typed(other), None, "{other}");
        }
    }
}
