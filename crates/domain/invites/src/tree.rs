//! Who brought whom, and which branches of that tree are shut.
//!
//! The edges are not kept a second time: an account keeps the invite that it came in with, and an invite its maker,
//! and neither ever changes or goes. Since an account is newer than its invite, and the invite than its maker, no
//! account can come to stand below itself.

use kernel::{AccountId, Cursor, InviteId, Timestamp};
use serde::{Deserialize, Serialize};

/// How many steps below a root an account may stand, so that the way up is short whatever people do. Who stands so
/// deep brings nobody.
pub const DEEPEST: u32 = 64;

/// What is kept of an account as somebody who brings others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inviter {
    /// Whose it is.
    pub account: AccountId,
    /// How many uses an admin allows; without it, as many as is configured for everybody.
    pub budget: Option<u32>,
    /// The latest word on its branch, if there ever was one.
    pub ruling: Option<Ruling>,
}

/// An admin's word on a branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// Whether it is shut.
    pub frozen: bool,
    /// Since when.
    pub at: Timestamp,
    /// By whom.
    pub by: AccountId,
    /// Why, for admins.
    pub note: Option<String>,
}

/// The budget would be less than what was given away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{spent} uses have been given away")]
pub struct BelowSpent {
    /// The least that it can be.
    pub spent: u32,
}

impl Inviter {
    /// Of an account that nothing was ever said about.
    #[must_use]
    pub const fn new(account: AccountId) -> Self {
        Self { account, budget: None, ruling: None }
    }

    /// Whether its own branch is shut; one further up may be as well.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.ruling.as_ref().is_some_and(|ruling| ruling.frozen)
    }

    /// What it may give away, where `usual` is configured for everybody.
    #[must_use]
    pub fn total(&self, usual: u32) -> u32 {
        self.budget.unwrap_or(usual)
    }

    /// Gives it a budget of its own, or takes that away again.
    ///
    /// # Errors
    /// [`BelowSpent`]; it is then unchanged.
    pub fn allow(&mut self, budget: Option<u32>, usual: u32, spent: u32) -> Result<(), BelowSpent> {
        if budget.unwrap_or(usual) < spent {
            return Err(BelowSpent { spent });
        }
        self.budget = budget;
        Ok(())
    }

    /// Shuts its branch or opens it again; `false`, and nothing changed, when it is so already.
    pub fn rule(&mut self, ruling: Ruling) -> bool {
        if self.is_frozen() == ruling.frozen {
            return false;
        }
        self.ruling = Some(ruling);
        true
    }

    /// Its person is forgotten: it gives nothing away any more, and what was noted about them goes. A branch that is
    /// shut stays so.
    pub fn close(&mut self) {
        self.budget = Some(0);
        if let Some(ruling) = &mut self.ruling {
            ruling.note = None;
        }
    }
}

/// One account on the way up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ancestor {
    /// Which one.
    pub account: AccountId,
    /// What it came in with; a root came without.
    pub invite: Option<InviteId>,
    /// Whether its own branch is shut.
    pub frozen: bool,
    /// Whether its person was sent away or not let in yet: what they made opens nothing until that changes. One whose
    /// person was erased is not barred: their own invites were taken back then, and those of the platform stay good.
    pub barred: bool,
}

/// The way from an account, which comes first, up to its root; empty when there is no such account. A store need not
/// tell more than [`DEEPEST`] steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage(pub Vec<Ancestor>);

/// Why somebody brings nobody. Strangers are not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Shut {
    /// The branch, or one that it is part of, is frozen.
    #[error("the branch is frozen")]
    Frozen,
    /// They stand too far from their root.
    #[error("the branch is too long")]
    TooDeep,
    /// There is no such account.
    #[error("there is no such account")]
    Unknown,
    /// They may not log in at present.
    #[error("the account is not active")]
    Barred,
}

impl Lineage {
    /// Whether anybody on the way is frozen.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.0.iter().any(|ancestor| ancestor.frozen)
    }

    /// Whether the account may bring others.
    ///
    /// # Errors
    /// Why it may not.
    pub fn opens(&self) -> Result<(), Shut> {
        // Whom somebody brought before they were sent away may bring others: only their own invites are shut.
        if self.0.first().ok_or(Shut::Unknown)?.barred {
            return Err(Shut::Barred);
        }
        if self.is_frozen() {
            return Err(Shut::Frozen);
        }
        let steps = u32::try_from(self.0.len()).unwrap_or(u32::MAX) - 1;
        if steps >= DEEPEST { Err(Shut::TooDeep) } else { Ok(()) }
    }
}

/// An account in the tree, with what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Which one.
    pub account: AccountId,
    /// Who brought it; nobody brought a root.
    pub inviter: Option<AccountId>,
    /// With what.
    pub invite: Option<InviteId>,
    /// When it was opened.
    pub joined_at: Timestamp,
    /// The latest word on it.
    pub ruling: Option<Ruling>,
    /// How many accounts it brought.
    pub invited: u32,
    /// How many stand anywhere below it.
    pub below: u32,
}

impl Branch {
    /// Where it stands in lists: newest first.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.joined_at, id: self.account.as_uuid() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn ruling(frozen: bool) -> Ruling {
        Ruling { frozen, at: noon(), by: AccountId::generate(noon()), note: Some("Sold codes.".into()) }
    }

    fn lineage(accounts: u32, frozen: Option<u32>) -> Lineage {
        let ancestor = |number| Ancestor {
            account: AccountId::generate(noon()),
            invite: None,
            frozen: frozen == Some(number),
            barred: false,
        };
        Lineage((0..accounts).map(ancestor).collect())
    }

    #[test]
    fn whoever_is_frozen_on_the_way_up_shuts_the_branch() {
        assert_eq!(lineage(3, None).opens(), Ok(()));
        for frozen in 0..3 {
            assert_eq!(lineage(3, Some(frozen)).opens(), Err(Shut::Frozen));
        }
    }

    #[test]
    fn who_was_sent_away_brings_nobody_and_shuts_nobody_else_out() {
        let barred = |at: usize| {
            let mut way = lineage(3, None);
            way.0[at].barred = true;
            way.opens()
        };
        assert_eq!(barred(0), Err(Shut::Barred));
        assert_eq!((barred(1), barred(2)), (Ok(()), Ok(())));
    }

    #[test]
    fn a_branch_has_an_end() {
        assert_eq!(lineage(DEEPEST, None).opens(), Ok(()), "its newcomer is the last");
        assert_eq!(lineage(DEEPEST + 1, None).opens(), Err(Shut::TooDeep));
        assert_eq!(lineage(0, None).opens(), Err(Shut::Unknown), "who is nobody brings nobody");
    }

    #[test]
    fn the_first_word_stays_until_there_is_another() {
        let mut inviter = Inviter::new(AccountId::generate(noon()));
        assert!(!inviter.rule(ruling(false)), "it was open");
        let first = ruling(true);
        assert!(inviter.rule(first.clone()) && inviter.is_frozen());
        assert!(!inviter.rule(ruling(true)));
        assert_eq!(inviter.ruling, Some(first));
        assert!(inviter.rule(ruling(false)) && !inviter.is_frozen());
    }

    #[test]
    fn a_budget_is_never_less_than_what_was_given_away() {
        let mut inviter = Inviter::new(AccountId::generate(noon()));
        assert_eq!(inviter.allow(Some(5), 0, 5), Ok(()));
        assert_eq!(inviter.allow(Some(4), 9, 5), Err(BelowSpent { spent: 5 }));
        assert_eq!(inviter.allow(None, 4, 5), Err(BelowSpent { spent: 5 }));
        assert_eq!(inviter.total(4), 5);
        assert_eq!(inviter.allow(None, 6, 5), Ok(()));
        assert_eq!(inviter.total(6), 6);
    }

    #[test]
    fn who_is_forgotten_gives_nothing_away_and_stays_frozen() {
        let mut inviter = Inviter { budget: Some(9), ..Inviter::new(AccountId::generate(noon())) };
        inviter.rule(ruling(true));
        inviter.close();
        assert!(inviter.is_frozen());
        assert_eq!((inviter.total(7), inviter.ruling.unwrap().note), (0, None));
    }
}
