//! An invite, and when it may be used.

use crate::CodeHash;
use kernel::{AccountId, Cursor, Email, InviteId, Timestamp};
use serde::{Deserialize, Serialize};

/// The right to open so many accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// Names it; the code is derived from it.
    pub id: InviteId,
    /// By what the code is recognised.
    pub code_hash: CodeHash,
    /// How many accounts it may open.
    pub max_uses: u32,
    /// How many it has opened; never more than `max_uses`.
    pub used: u32,
    /// From then on it opens none.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// The only address that may use it.
    pub email: Option<Email>,
    /// For its maker.
    pub note: Option<String>,
    /// Who made it.
    pub created_by: AccountId,
    /// Whether it is taken out of its maker's budget; what admins make for everybody is not.
    #[serde(default)]
    pub counted: bool,
    /// When.
    pub created_at: Timestamp,
}

/// Why an invite opens no account. Strangers are told one and the same for all of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InviteRefusal {
    /// It was taken back.
    #[error("this invite was revoked")]
    Revoked,
    /// Its time is over.
    #[error("this invite has expired")]
    Expired,
    /// It has opened all the accounts it may.
    #[error("this invite is used up")]
    UsedUp,
    /// It was made for another address.
    #[error("this invite is for another address")]
    OtherAddress,
}

impl Invite {
    /// Where it stands in lists: newest first.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id.as_uuid() }
    }

    /// Uses it once.
    ///
    /// # Errors
    /// An [`InviteRefusal`]; it is then unchanged.
    pub fn redeem(&mut self, email: &Email, now: Timestamp) -> Result<(), InviteRefusal> {
        self.check(now)?;
        if self.email.as_ref().is_some_and(|bound| bound != email) {
            return Err(InviteRefusal::OtherAddress);
        }
        self.used += 1;
        Ok(())
    }

    /// Whether it can open an account at all.
    ///
    /// # Errors
    /// An [`InviteRefusal`], but never [`InviteRefusal::OtherAddress`].
    pub fn check(&self, now: Timestamp) -> Result<(), InviteRefusal> {
        if self.revoked_at.is_some() {
            return Err(InviteRefusal::Revoked);
        }
        if self.expires_at.is_some_and(|end| now >= end) {
            return Err(InviteRefusal::Expired);
        }
        if self.used >= self.max_uses { Err(InviteRefusal::UsedUp) } else { Ok(()) }
    }

    /// Takes it back; again changes nothing.
    pub fn revoke(&mut self, now: Timestamp) {
        self.revoked_at.get_or_insert(now);
    }

    /// What it takes out of its maker's budget: all that can still be done with it. Once it opens nothing any more,
    /// what was not used comes back. Stores have to agree with this.
    #[must_use]
    pub fn spends(&self, now: Timestamp) -> u32 {
        let over = self.revoked_at.is_some() || self.expires_at.is_some_and(|end| now >= end);
        match (self.counted, over) {
            (false, _) => 0,
            (true, true) => self.used,
            (true, false) => self.max_uses,
        }
    }

    /// Forgets for whom it was and what was noted on it, because its maker or that person wants to be forgotten. What is
    /// left of it is taken back, or anybody could use it.
    pub fn forget(&mut self, now: Timestamp) {
        (self.email, self.note) = (None, None);
        self.revoke(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn ada() -> Email {
        "ada@example.org".parse().unwrap()
    }

    fn invite(max_uses: u32) -> Invite {
        Invite {
            id: InviteId::generate(noon()),
            code_hash: CodeHash([0; 32]),
            max_uses,
            used: 0,
            expires_at: None,
            revoked_at: None,
            email: None,
            note: None,
            created_by: AccountId::generate(noon()),
            counted: false,
            created_at: noon(),
        }
    }

    #[test]
    fn it_ends_at_its_very_instant() {
        let mut invite = Invite { expires_at: Some(noon()), ..invite(1) };
        let before = noon() - chrono::TimeDelta::microseconds(1);
        assert_eq!(invite.redeem(&ada(), noon()), Err(InviteRefusal::Expired));
        assert_eq!(invite.redeem(&ada(), before), Ok(()));
    }

    #[test]
    fn what_was_taken_back_stays_so_and_remembers_when() {
        let mut invite = invite(1);
        invite.revoke(noon());
        invite.revoke(noon() + chrono::TimeDelta::days(1));
        assert_eq!(invite.revoked_at, Some(noon()));
        assert_eq!(invite.redeem(&ada(), noon()), Err(InviteRefusal::Revoked));
    }

    #[test]
    fn an_addressed_invite_serves_only_its_address() {
        let mut invite = Invite { email: Some(ada()), ..invite(1) };
        let other = "bob@example.org".parse().unwrap();
        assert_eq!(invite.redeem(&other, noon()), Err(InviteRefusal::OtherAddress));
        assert_eq!(invite.used, 0);
        assert_eq!(invite.redeem(&"Ada@Example.org".parse().unwrap(), noon()), Ok(()));
    }

    #[test]
    fn forgetting_the_address_opens_it_to_nobody() {
        let mut invite = Invite { email: Some(ada()), ..invite(2) };
        invite.forget(noon());
        assert_eq!(invite.email, None);
        assert_eq!(invite.redeem(&"eve@example.org".parse().unwrap(), noon()), Err(InviteRefusal::Revoked));
    }

    #[test]
    fn what_was_not_used_comes_back_when_it_can_be_used_no_more() {
        let living = Invite { used: 1, counted: true, expires_at: Some(noon()), ..invite(3) };
        let before = noon() - chrono::TimeDelta::microseconds(1);
        assert_eq!((living.spends(before), living.spends(noon())), (3, 1));
        let mut revoked = living.clone();
        revoked.revoke(before);
        assert_eq!(revoked.spends(before), 1);
        assert_eq!(Invite { counted: false, ..living }.spends(before), 0);
    }

    #[test]
    fn what_is_forgotten_says_nothing_and_opens_nothing() {
        let mut invite =
            Invite { email: Some(ada()), note: Some("my aunt".into()), counted: true, ..invite(2) };
        invite.forget(noon());
        assert_eq!((&invite.email, &invite.note, invite.spends(noon())), (&None, &None, 0));
        assert_eq!(invite.check(noon()), Err(InviteRefusal::Revoked));
    }

    proptest! {
        #[test]
        fn it_opens_exactly_as_many_accounts_as_it_may(max in 1..20_u32, tries in 0..40_u32) {
            let mut invite = invite(max);
            let opened = (0..tries).filter(|_| invite.redeem(&ada(), noon()).is_ok()).count();
            prop_assert_eq!(u32::try_from(opened).unwrap(), max.min(tries));
            prop_assert_eq!(invite.used, max.min(tries));
        }
    }
}
