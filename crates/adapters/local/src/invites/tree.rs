//! What members gave away, and who brought whom. The edges are found through invites each time.

use crate::document::{Document, Step, Table};
use crate::paging::{newest, newest_of, wanted};
use crate::state::State;
use ::accounts::{Account, Status};
use ::invites::{Ancestor, Branch, DEEPEST, Invite, Inviter, Lineage};
use imbl::OrdSet;
use kernel::{AccountId, Cursor, InviteId, PageRequest, Timestamp};

/// All that come.
const ALL: PageRequest = PageRequest { limit: u32::MAX, after: None };

impl Document for Inviter {
    const KIND: &'static str = "inviter";
    type Key = AccountId;

    fn key(&self) -> AccountId {
        self.account
    }

    fn table(state: &State) -> &Table<Self> {
        &state.invites.inviters
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.invites.inviters
    }

    fn index(&self, _: &mut State, _: Step) {}
}

impl State {
    pub(super) fn inviter(&self, account: AccountId) -> Option<Inviter> {
        self.get::<Account>(&account)?;
        Some(self.copy(&account).unwrap_or_else(|| Inviter::new(account)))
    }

    pub(super) fn spent(&self, account: AccountId, now: Timestamp) -> u32 {
        self.made_by(account).fold(0, |spent, invite| spent.saturating_add(invite.spends(now)))
    }

    pub(super) fn made_by(&self, maker: AccountId) -> impl Iterator<Item = &Invite> {
        let ids = newest_of(&self.invites.by_maker, maker, ALL);
        ids.filter_map(|id| self.get::<Invite>(&id.into())).map(|invite| &**invite)
    }

    pub(super) fn lineage(&self, account: AccountId) -> Lineage {
        let mut way = Vec::new();
        let mut next = self.get::<Account>(&account);
        while let Some(account) = next.filter(|_| way.len() <= usize::try_from(DEEPEST).unwrap_or(0)) {
            let frozen = self.get::<Inviter>(&account.id).is_some_and(|inviter| inviter.is_frozen());
            // Erased accounts are not barred; see `Ancestor::barred`.
            let barred = matches!(account.status, Status::Pending | Status::Suspended | Status::Rejected);
            way.push(Ancestor { account: account.id, invite: account.invite, frozen, barred });
            next = self.brought_by(account).and_then(|inviter| self.get(&inviter));
        }
        Lineage(way)
    }

    pub(crate) fn brought_by(&self, account: &Account) -> Option<AccountId> {
        self.get::<Invite>(&account.invite?).map(|invite| invite.created_by)
    }

    fn brought(&self, inviter: AccountId) -> OrdSet<Cursor> {
        let of = |invite: InviteId| newest_of(&self.accounts.accounts_by_invite, invite, ALL);
        let accounts = self.made_by(inviter).flat_map(|invite| of(invite.id));
        accounts.filter_map(|id| self.get::<Account>(&id.into())).map(|account| account.cursor()).collect()
    }

    pub(super) fn branches(&self, under: Option<AccountId>, page: PageRequest) -> Vec<Branch> {
        let brought = under.map(|account| self.brought(account));
        let ids = newest(brought.as_ref().unwrap_or(&self.accounts.roots_by_age), page).take(wanted(page));
        ids.filter_map(|id| self.get::<Account>(&id.into())).map(|account| self.branch(account)).collect()
    }

    fn branch(&self, account: &Account) -> Branch {
        let mut level: Vec<AccountId> = vec![account.id];
        let (mut invited, mut below) = (0_u32, 0_u32);
        for step in 0..DEEPEST {
            level = level
                .into_iter()
                .flat_map(|account| self.brought(account))
                .map(|cursor| cursor.id.into())
                .collect();
            let count = u32::try_from(level.len()).unwrap_or(u32::MAX);
            if step == 0 {
                invited = count;
            }
            below = below.saturating_add(count);
        }
        Branch {
            account: account.id,
            inviter: self.brought_by(account),
            invite: account.invite,
            joined_at: account.created_at,
            ruling: self.get::<Inviter>(&account.id).and_then(|inviter| inviter.ruling.clone()),
            invited,
            below,
        }
    }
}
