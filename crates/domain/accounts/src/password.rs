//! Passwords on their way to the hasher, and what it makes of them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A password of acceptable length. `Debug` hides it; it cannot be written anywhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why a password cannot be taken. Lengths are in bytes, because that is what bcrypt counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Easy to guess.
    #[error("a password needs at least {} bytes", Password::MIN_BYTES)]
    TooShort,
    /// bcrypt would ignore the rest.
    #[error("a password has at most {} bytes", Password::MAX_BYTES)]
    TooLong,
}

impl Password {
    /// Shortest acceptable.
    pub const MIN_BYTES: usize = 10;
    /// All that bcrypt looks at.
    pub const MAX_BYTES: usize = 72;

    /// Takes what a person typed, unchanged.
    ///
    /// # Errors
    /// A [`PasswordError`].
    pub fn new(text: impl Into<String>) -> Result<Self, PasswordError> {
        let text = text.into();
        match text.len() {
            ..Self::MIN_BYTES => Err(PasswordError::TooShort),
            Self::MIN_BYTES..=Self::MAX_BYTES => Ok(Self(text)),
            _ => Err(PasswordError::TooLong),
        }
    }

    /// Hashed in place of a password that cannot be one.
    pub(crate) fn stand_in() -> Self {
        Self("0123456789".to_owned())
    }

    /// For the hasher alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// What the hasher made, with its parameters (for bcrypt the modular crypt format, `$2b$12$...`).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// What a hasher made, or a store has kept.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// For the hasher and the store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_counted_in_bytes() {
        assert_eq!(Password::new("a".repeat(9)), Err(PasswordError::TooShort));
        assert!(Password::new("a".repeat(10)).is_ok());
        assert!(Password::new("ä".repeat(5)).is_ok());
        assert!(Password::new("ä".repeat(36)).is_ok());
        assert_eq!(Password::new("ä".repeat(36) + "a"), Err(PasswordError::TooLong));
    }

    #[test]
    fn neither_password_nor_hash_leaks_through_debug() {
        let shown = format!("{:?} {:?}", Password::new("correct horse").unwrap(), PasswordHash::new("$2b$"));
        assert_eq!(shown, "Password(..) PasswordHash(..)");
    }
}
