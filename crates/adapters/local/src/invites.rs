//! Invites.

mod tree;

use crate::document::{Document, Step, Table};
use crate::paging::{newest, newest_of, wanted};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::invites::{Branch, CodeHash, DOMAIN, Effect, Invite, InviteStore, InviteTx, Inviter, Lineage, Made};
use async_trait::async_trait;
use imbl::{OrdMap, OrdSet};
use kernel::{AccountId, Cursor, InviteId, Owed, Page, PageRequest, StoreError, Timestamp};
use uuid::Uuid;

const ADDING: &str = "adding an invite";
const SAVING: &str = "saving an invite";

/// This domain's documents and their indexes.
#[derive(Clone, Default)]
pub(crate) struct InviteTables {
    pub(crate) inviters: Table<Inviter>,
    pub(crate) invites: Table<Invite>,
    pub(crate) by_hash: OrdMap<CodeHash, InviteId>,
    pub(crate) by_age: OrdSet<Cursor>,
    pub(crate) by_maker: OrdSet<(AccountId, Cursor)>,
}

impl Document for Invite {
    const KIND: &'static str = "invite";
    type Key = InviteId;

    fn key(&self) -> InviteId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.invites.invites
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.invites.invites
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.invites;
        step.map(&mut tables.by_hash, self.code_hash, self.id);
        step.set(&mut tables.by_age, self.cursor());
        step.set(&mut tables.by_maker, (self.created_by, self.cursor()));
    }
}

impl State {
    fn invite_by_hash(&self, hash: CodeHash) -> Option<Invite> {
        self.invites.by_hash.get(&hash).and_then(|id| self.copy(id))
    }
}

#[async_trait]
impl InviteStore for LocalStore {
    async fn begin_invites(&self) -> Result<Box<dyn InviteTx>, StoreError> {
        Ok(self.write().await?)
    }

    async fn invite(&self, id: InviteId) -> Result<Option<Invite>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn invite_by_hash(&self, hash: CodeHash) -> Result<Option<Invite>, StoreError> {
        Ok(self.read().invite_by_hash(hash))
    }

    async fn invites(
        &self,
        created_by: Option<AccountId>,
        page: PageRequest,
    ) -> Result<Page<Invite>, StoreError> {
        let state = self.read();
        let copies = |ids: &mut dyn Iterator<Item = Uuid>| {
            ids.filter_map(|id| state.copy::<Invite>(&id.into())).take(wanted(page)).collect()
        };
        let found = match created_by {
            Some(maker) => copies(&mut newest_of(&state.invites.by_maker, maker, page)),
            None => copies(&mut newest(&state.invites.by_age, page)),
        };
        Ok(Page::cut(found, page.limit, Invite::cursor))
    }

    async fn invites_made(
        &self,
        (from, until): (Timestamp, Timestamp),
        now: Timestamp,
    ) -> Result<Made, StoreError> {
        let state = self.read();
        let at = |at| Cursor { at, id: Uuid::nil() };
        let mut made = Made::default();
        for cursor in state.invites.by_age.range(at(from)..at(until.max(from))) {
            if let Some(invite) = state.get::<Invite>(&cursor.id.into()) {
                made.add(invite, now);
            }
        }
        Ok(made)
    }

    async fn inviter(&self, account: AccountId) -> Result<Option<Inviter>, StoreError> {
        Ok(self.read().inviter(account))
    }

    async fn spent(&self, account: AccountId, now: Timestamp) -> Result<u32, StoreError> {
        Ok(self.read().spent(account, now))
    }

    async fn lineage(&self, account: AccountId) -> Result<Lineage, StoreError> {
        Ok(self.read().lineage(account))
    }

    async fn branches(
        &self,
        under: Option<AccountId>,
        page: PageRequest,
    ) -> Result<Page<Branch>, StoreError> {
        Ok(Page::cut(self.read().branches(under, page), page.limit, Branch::cursor))
    }
}

#[async_trait]
impl InviteTx for LocalTx {
    async fn lock_invite_by_hash(&mut self, hash: CodeHash) -> Result<Option<Invite>, StoreError> {
        Ok(self.state().invite_by_hash(hash))
    }

    async fn lock_invite(&mut self, id: InviteId) -> Result<Option<Invite>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn add_invites(&mut self, invites: &[Invite]) -> Result<(), StoreError> {
        for invite in invites {
            self.check_invite(invite, ADDING)?;
            self.add(invite.clone(), ADDING)?;
        }
        Ok(())
    }

    async fn save_invite(&mut self, invite: &Invite) -> Result<(), StoreError> {
        self.check_invite(invite, SAVING)?;
        self.save(invite.clone(), SAVING)
    }

    async fn spent(&mut self, account: AccountId, now: Timestamp) -> Result<u32, StoreError> {
        Ok(self.state().spent(account, now))
    }

    async fn lock_inviter(&mut self, account: AccountId) -> Result<Option<Inviter>, StoreError> {
        Ok(self.state().inviter(account))
    }

    async fn save_inviter(&mut self, inviter: &Inviter) -> Result<(), StoreError> {
        self.put(inviter.clone());
        Ok(())
    }

    async fn lock_lineage(&mut self, account: AccountId) -> Result<Lineage, StoreError> {
        Ok(self.state().lineage(account))
    }

    async fn forget_invites_of(&mut self, maker: AccountId, now: Timestamp) -> Result<(), StoreError> {
        let counted = self.state().made_by(maker).filter(|invite| invite.counted);
        for mut invite in counted.cloned().collect::<Vec<_>>() {
            invite.forget(now);
            self.put(invite);
        }
        Ok(())
    }

    async fn enqueue_invites(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue(DOMAIN, effects)
    }
}

impl LocalTx {
    /// Codes name one invite each, and none is used more often than it may.
    fn check_invite(&mut self, invite: &Invite, doing: &'static str) -> Result<(), StoreError> {
        let owner = self.state().invites.by_hash.get(&invite.code_hash);
        if owner.is_some_and(|owner| *owner != invite.id) {
            return Err(self.broken(doing, "its code belongs to another invite"));
        }
        if invite.used > invite.max_uses {
            return Err(self.broken(doing, "it would be used more often than it may"));
        }
        Ok(())
    }
}
