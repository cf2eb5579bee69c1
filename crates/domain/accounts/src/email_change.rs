//! Another address to log in with: asked for by who is logged in, made by who reads mail there.

use crate::Account;
use crate::one_time::Spent;
use chrono::TimeDelta;
use kernel::{AccountId, Cursor, Email, EmailChangeId, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

/// How long the link in the mail works.
const LASTS: TimeDelta = TimeDelta::hours(24);

/// What a link proves, as it is signed.
pub(crate) const PURPOSE: &str = "change_email";

/// Somebody's wish to log in with another address; the link that makes it true is derived from it with a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailChange {
    /// Names it.
    pub id: EmailChangeId,
    /// Whose address it is.
    pub account: AccountId,
    /// In which session it was asked for: it goes on when all others end.
    pub session: SessionId,
    /// The address until then.
    pub old: Email,
    /// The address from then on.
    pub new: Email,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// From then on the link does nothing.
    pub expires_at: Timestamp,
    /// When it was made.
    pub made_at: Option<Timestamp>,
    /// When it was called off.
    pub ended_at: Option<Timestamp>,
}

impl EmailChange {
    /// A new wish, which waits for the link to be followed.
    #[must_use]
    pub fn ask(account: &Account, session: SessionId, new: Email, now: Timestamp) -> Self {
        Self {
            id: EmailChangeId::generate(now),
            account: account.id,
            session,
            old: account.email.clone(),
            new,
            asked_at: now,
            expires_at: now + LASTS,
            made_at: None,
            ended_at: None,
        }
    }

    /// Whether the link works.
    #[must_use]
    pub fn waits(&self, now: Timestamp) -> bool {
        self.made_at.is_none() && self.ended_at.is_none() && now < self.expires_at
    }

    /// Gives the account its new address. That the link arrived proves it.
    ///
    /// # Errors
    /// [`Spent`], also when the account has another address by now than when it was asked; nothing is then changed.
    pub fn make(&mut self, account: &mut Account, now: Timestamp) -> Result<(), Spent> {
        if !self.waits(now) || account.id != self.account || account.email != self.old {
            return Err(Spent);
        }
        self.made_at = Some(now);
        account.email = self.new.clone();
        account.email_verified_at = Some(now);
        account.updated_at = now;
        Ok(())
    }

    /// Calls it off; again, or once it was made, changes nothing.
    pub fn end(&mut self, now: Timestamp) {
        if self.made_at.is_none() {
            self.ended_at.get_or_insert(now);
        }
    }

    /// Where it stands in lists: newest first.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.asked_at, id: self.id.as_uuid() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PasswordHash, Person};

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn ada() -> Account {
        let person = Person::read("ada@example.org", "Ada", "Byron").unwrap();
        Account::open(person, PasswordHash::new("hash"), noon())
    }

    fn asked(account: &Account) -> EmailChange {
        EmailChange::ask(
            account,
            SessionId::generate(noon()),
            "countess@example.org".parse().unwrap(),
            noon(),
        )
    }

    #[test]
    fn an_address_changes_once_and_in_time_and_is_proven() {
        let mut account = ada();
        let mut change = asked(&account);
        let end = noon() + TimeDelta::hours(24);
        assert_eq!(change.make(&mut account, end), Err(Spent));
        assert_eq!((account.email.as_str(), account.email_verified_at), ("ada@example.org", None));
        let now = end - TimeDelta::microseconds(1);
        assert_eq!(change.make(&mut account, now), Ok(()));
        assert_eq!((account.email.as_str(), account.email_verified_at), ("countess@example.org", Some(now)));
        assert_eq!(change.make(&mut account, now), Err(Spent));
        change.end(now);
        assert_eq!((change.made_at, change.ended_at), (Some(now), None), "what was made is not called off");
    }

    #[test]
    fn what_was_called_off_or_asked_of_another_address_is_not_made() {
        let mut account = ada();
        let mut change = asked(&account);
        change.end(noon());
        change.end(noon() + TimeDelta::hours(1));
        assert_eq!(change.ended_at, Some(noon()));
        assert_eq!(change.make(&mut account, noon()), Err(Spent));
        let mut late = asked(&account);
        account.email = "other@example.org".parse().unwrap();
        assert_eq!(late.make(&mut account, noon()), Err(Spent));
        assert_eq!(late.make(&mut ada(), noon()), Err(Spent), "somebody else's");
        assert_eq!(late.made_at, None);
    }
}
