//! The name of a request, as far as it travels with what the request causes.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The longest name.
const LONGEST: usize = 64;

/// What a request is called in answers and in the log: 1 to 64 visible ASCII characters. Kept inline, so that
/// whoever acts can carry it along.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestName {
    bytes: [u8; LONGEST],
    length: u8,
}

/// The text is empty, too long, or has something but visible ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a request's name has 1 to {LONGEST} visible ASCII characters")]
pub struct NoRequestName;

impl RequestName {
    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let used = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        // Only visible ASCII gets in.
        str::from_utf8(used).unwrap_or_default()
    }
}

impl FromStr for RequestName {
    type Err = NoRequestName;

    fn from_str(text: &str) -> Result<Self, NoRequestName> {
        let fits = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        let length = u8::try_from(text.len()).ok().filter(|_| fits).ok_or(NoRequestName)?;
        let mut bytes = [0; LONGEST];
        bytes.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
        Ok(Self { bytes, length })
    }
}

impl fmt::Display for RequestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestName({})", self.as_str())
    }
}

impl Serialize for RequestName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RequestName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_up_to_its_longest() {
        for text in ["1", "7f9c-~!", &"x".repeat(64)] {
            let name: RequestName = text.parse().unwrap();
            assert_eq!(name.as_str(), text);
            let json = serde_json::to_string(&name).unwrap();
            assert_eq!(serde_json::from_str::<RequestName>(&json).unwrap(), name);
        }
    }

    #[test]
    fn what_could_break_a_line_or_a_column_is_no_name() {
        for text in ["", "a b", "a\n", "ü", &"x".repeat(65)] {
            assert_eq!(text.parse::<RequestName>(), Err(NoRequestName), "{text}");
        }
    }
}
