//! Keys as people write them.

use age::x25519::{Identity, Recipient};
use std::fmt;

/// How a private key begins.
const PRIVATE: &str = "AGE-SECRET-KEY-";

/// Public keys that backups are sealed to: each of their private keys opens them.
#[derive(Clone)]
pub struct Recipients(pub(crate) Vec<Recipient>);

/// Private keys.
#[derive(Clone)]
pub struct Identities(pub(crate) Vec<Identity>);

/// Why a text is no key. It never shows the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKey {
    /// There is none.
    #[error("there is no key")]
    None,
    /// A private key stands where everybody may read it.
    #[error("this is a private key, which belongs on no server: give the public one, age1…")]
    Private,
    /// It is no public key.
    #[error("number {0} is no public key of age: those begin with age1")]
    Public(usize),
    /// It is no private key.
    #[error("line {0} is no private key of age: those begin with AGE-SECRET-KEY-1")]
    Identity(usize),
}

impl Recipients {
    /// Reads them, as `age1…`.
    ///
    /// # Errors
    /// [`UnusableKey`].
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, UnusableKey> {
        let mut recipients = Vec::new();
        for (index, text) in texts.into_iter().enumerate() {
            let text = text.trim();
            if text.to_ascii_uppercase().starts_with(PRIVATE) {
                return Err(UnusableKey::Private);
            }
            recipients.push(text.parse::<Recipient>().map_err(|_| UnusableKey::Public(index + 1))?);
        }
        if recipients.is_empty() { Err(UnusableKey::None) } else { Ok(Self(recipients)) }
    }
}

impl Identities {
    /// Reads what `age-keygen` wrote: a key per line, and comments after `#`.
    ///
    /// # Errors
    /// [`UnusableKey`].
    pub fn read(text: &str) -> Result<Self, UnusableKey> {
        let mut identities = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                identities.push(line.parse::<Identity>().map_err(|_| UnusableKey::Identity(index + 1))?);
            }
        }
        if identities.is_empty() { Err(UnusableKey::None) } else { Ok(Self(identities)) }
    }
}

impl fmt::Debug for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(ToString::to_string)).finish()
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identities({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
    const PUBLIC: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

    #[test]
    fn what_age_keygen_wrote_is_read_and_never_shown() {
        let text = format!("# created: 2026-06-01T12:00:00Z\n# public key: {PUBLIC}\n{SECRET}\n\n");
        let identities = Identities::read(&text).unwrap();
        assert_eq!(identities.0.len(), 1);
        assert!(!format!("{identities:?}").contains("SECRET"));
        assert_eq!(Identities::read(&format!("#\n{SECRET}x\n")).unwrap_err(), UnusableKey::Identity(2));
        assert_eq!(Identities::read(&format!("{PUBLIC}\n")).unwrap_err(), UnusableKey::Identity(1));
        assert_eq!(Identities::read("# none\n").unwrap_err(), UnusableKey::None);
    }

    #[test]
    fn only_public_keys_are_taken_to_seal_to() {
        let recipients = Recipients::parse([PUBLIC, PUBLIC]).unwrap();
        assert_eq!(recipients.0.len(), 2);
        assert!(format!("{recipients:?}").contains(PUBLIC));
        assert_eq!(Recipients::parse([]).unwrap_err(), UnusableKey::None);
        assert_eq!(Recipients::parse([PUBLIC, "age1x"]).unwrap_err(), UnusableKey::Public(2));
        for secret in [SECRET.to_owned(), SECRET.to_lowercase()] {
            let refused = Recipients::parse([secret.as_str()]).unwrap_err();
            assert_eq!(refused, UnusableKey::Private);
            assert!(!refused.to_string().contains(secret.get(16..).unwrap()));
        }
    }
}
