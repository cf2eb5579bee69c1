//! E-mail addresses: one canonical spelling, so that an account cannot be opened twice by changing the case.

use crate::AccountId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An address in its canonical spelling: trimmed, lower case, ASCII. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// The text is no address that mail can be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an e-mail address")]
pub struct MalformedEmail;

/// Longest address that fits into an SMTP path (RFC 5321, section 4.5.3.1.3, less the two angle brackets).
const MAX_BYTES: usize = 254;
/// Longest part before the `@` (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;
/// Longest label of a domain name (RFC 1035, section 2.3.4).
const MAX_LABEL_BYTES: usize = 63;
/// Reserved for ever (RFC 2606): nobody can have it, so erased accounts can be told apart by it.
const NOBODY: &str = "invalid";

impl Email {
    /// Reads what a person typed.
    ///
    /// # Errors
    /// [`MalformedEmail`], also for the reserved domain `invalid`, which belongs to erased accounts.
    pub fn parse(text: &str) -> Result<Self, MalformedEmail> {
        let email = Self::stored(text.trim())?;
        if email.domain() == NOBODY { Err(MalformedEmail) } else { Ok(email) }
    }

    /// Reads what a store has kept, erased addresses included.
    ///
    /// # Errors
    /// [`MalformedEmail`].
    pub fn stored(text: &str) -> Result<Self, MalformedEmail> {
        let (local, domain) = text.split_once('@').ok_or(MalformedEmail)?;
        if text.len() <= MAX_BYTES && is_local(local) && is_domain(domain) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(MalformedEmail)
        }
    }

    /// What stands in the place of an erased account's address: unique, and nobody's.
    #[must_use]
    pub fn erased(account: AccountId) -> Self {
        Self(format!("deleted-{account}@{NOBODY}"))
    }

    /// The canonical spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

/// A dot-atom (RFC 5322, section 3.2.3). Quoted local parts are refused: hardly anybody has one, and they can
/// smuggle separators into headers.
fn is_local(local: &str) -> bool {
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.len() <= MAX_LOCAL_BYTES && local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom))
}

fn is_domain(domain: &str) -> bool {
    domain.split('.').all(|label| {
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

impl FromStr for Email {
    type Err = MalformedEmail;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Email {
    type Error = MalformedEmail;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::stored(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_equal() {
        assert_eq!(Email::parse("  Ada@Example.ORG "), Email::parse("ada@example.org"));
        assert_eq!(
            Email::parse("a.b+tickets@sub.example.org").unwrap().as_str(),
            "a.b+tickets@sub.example.org"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        let longer = format!("a@{}", ["abcdefgh"; 30].join("."));
        for text in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "a@b@c",
            "ada@-x.org",
            "ada@x..org",
            ".ada@x.org",
            "a b@x.org",
            "ada@x.org\r\nBcc: b@x.org",
            "ada\0@x.org",
            "<ada@x.org>",
            "\"a\"@x.org",
            "ä@x.org",
            &long,
            &longer,
        ] {
            assert_eq!(Email::parse(text), Err(MalformedEmail), "{text:?}");
        }
    }

    #[test]
    fn nobody_can_take_the_address_of_an_erased_account() {
        let erased = Email::erased(AccountId::generate("2026-06-01T12:00:00Z".parse().unwrap()));
        assert_eq!(Email::parse(erased.as_str()), Err(MalformedEmail));
        assert_eq!(Email::stored(erased.as_str()), Ok(erased.clone()));
        let document = serde_json::to_string(&erased).unwrap();
        assert_eq!(serde_json::from_str::<Email>(&document).unwrap(), erased);
    }

    #[test]
    fn an_address_does_not_leak_through_debug() {
        assert!(!format!("{:?}", Email::parse("ada@example.org").unwrap()).contains("ada"));
    }
}
