//! Links that work once: to set a new password, to prove an address.

use chrono::TimeDelta;
use kernel::{AccountId, Cursor, OneTimeId, Timestamp};
use serde::{Deserialize, Serialize};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Sets a new password; works for an hour.
    ResetPassword,
    /// Proves that mail to the account's address arrives; works for two days.
    VerifyEmail,
}

impl Purpose {
    /// As stored, and as signed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset_password",
            Self::VerifyEmail => "verify_email",
        }
    }

    const fn lifetime(self) -> TimeDelta {
        match self {
            Self::ResetPassword => TimeDelta::hours(1),
            Self::VerifyEmail => TimeDelta::hours(48),
        }
    }
}

impl std::str::FromStr for Purpose {
    type Err = UnknownPurpose;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::ResetPassword, Self::VerifyEmail]
            .into_iter()
            .find(|one| one.as_str() == text)
            .ok_or(UnknownPurpose)
    }
}

/// The text names no purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no purpose of a link")]
pub struct UnknownPurpose;

/// The record of a link; the link itself is derived from it with a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTime {
    /// Names it.
    pub id: OneTimeId,
    /// Whose.
    pub account: AccountId,
    /// What for.
    pub purpose: Purpose,
    /// When it was made.
    pub created_at: Timestamp,
    /// From then on it does nothing.
    pub expires_at: Timestamp,
    /// When it was used, or made void by something else.
    pub used_at: Option<Timestamp>,
}

/// It was used, is void, or came too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this link works no more")]
pub struct Spent;

impl OneTime {
    /// A new one.
    #[must_use]
    pub fn new(id: OneTimeId, account: AccountId, purpose: Purpose, now: Timestamp) -> Self {
        Self { id, account, purpose, created_at: now, expires_at: now + purpose.lifetime(), used_at: None }
    }

    /// Whether it works.
    #[must_use]
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }

    /// Uses it.
    ///
    /// # Errors
    /// [`Spent`]; it is then unchanged.
    pub fn spend(&mut self, now: Timestamp) -> Result<(), Spent> {
        if !self.is_alive(now) {
            return Err(Spent);
        }
        self.used_at = Some(now);
        Ok(())
    }

    /// Where it stands in lists: newest first.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id.as_uuid() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_works_once_and_in_time() {
        let noon: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let link =
            |purpose| OneTime::new(OneTimeId::generate(noon), AccountId::generate(noon), purpose, noon);
        for (purpose, hours) in [(Purpose::ResetPassword, 1), (Purpose::VerifyEmail, 48)] {
            let end = noon + TimeDelta::hours(hours);
            assert_eq!(link(purpose).spend(end), Err(Spent));
            let mut used = link(purpose);
            assert_eq!(used.spend(end - TimeDelta::microseconds(1)), Ok(()));
            assert_eq!(used.spend(noon), Err(Spent));
        }
    }

    #[test]
    fn purposes_survive_text() {
        for purpose in [Purpose::ResetPassword, Purpose::VerifyEmail] {
            assert_eq!(purpose.as_str().parse(), Ok(purpose));
        }
    }
}
