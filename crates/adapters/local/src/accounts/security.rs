//! Second factors and wishes for another address.

use crate::document::{Document, Step, Table};
use crate::paging::newest_of;
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::accounts::{
    Account, AccountTx, EmailChange, EmailChangeReads, EmailChangeTx, SecondFactor, SecondFactorReads,
    SecondFactorTx,
};
use async_trait::async_trait;
use kernel::{AccountId, EmailChangeId, PageRequest, StoreError, Timestamp};

/// Most wishes in the list of one account.
const MOST_CHANGES: usize = 100;
/// All that come.
const ALL: PageRequest = PageRequest { limit: u32::MAX, after: None };

impl Document for SecondFactor {
    const KIND: &'static str = "second_factor";
    type Key = AccountId;

    fn key(&self) -> AccountId {
        self.account
    }

    fn table(state: &State) -> &Table<Self> {
        &state.accounts.factors
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.accounts.factors
    }

    fn index(&self, _state: &mut State, _step: Step) {}
}

impl Document for EmailChange {
    const KIND: &'static str = "email_change";
    type Key = EmailChangeId;

    fn key(&self) -> EmailChangeId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.accounts.email_changes
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.accounts.email_changes
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.accounts;
        step.set(&mut tables.email_changes_by_account, (self.account, self.cursor()));
        step.set(&mut tables.email_changes_by_end, (self.expires_at, self.id));
    }
}

#[async_trait]
impl SecondFactorReads for LocalStore {
    async fn second_factors(&self, accounts: &[AccountId]) -> Result<Vec<SecondFactor>, StoreError> {
        let state = self.read();
        Ok(accounts.iter().filter_map(|id| state.copy(id)).collect())
    }
}

#[async_trait]
impl EmailChangeReads for LocalStore {
    async fn email_change(&self, id: EmailChangeId) -> Result<Option<EmailChange>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn email_changes_of(&self, account: AccountId) -> Result<Vec<EmailChange>, StoreError> {
        let state = self.read();
        let newest = newest_of(&state.accounts.email_changes_by_account, account, ALL);
        Ok(newest.take(MOST_CHANGES).filter_map(|id| state.copy::<EmailChange>(&id.into())).collect())
    }
}

#[async_trait]
impl SecondFactorTx for LocalTx {
    async fn lock_second_factor(&mut self, account: AccountId) -> Result<Option<SecondFactor>, StoreError> {
        Ok(self.state().copy(&account))
    }

    async fn save_second_factor(&mut self, factor: &SecondFactor) -> Result<(), StoreError> {
        self.put(factor.clone());
        Ok(())
    }

    async fn drop_second_factor(&mut self, account: AccountId) -> Result<(), StoreError> {
        self.remove::<SecondFactor>(&account);
        Ok(())
    }
}

#[async_trait]
impl EmailChangeTx for LocalTx {
    async fn take_email(&mut self, account: &Account) -> Result<bool, StoreError> {
        let owner = self.state().accounts.accounts_by_email.get(&account.email);
        if owner.is_some_and(|owner| *owner != account.id) {
            return Ok(false);
        }
        self.save_account(account).await.map(|()| true)
    }

    async fn add_email_change(&mut self, change: &EmailChange) -> Result<(), StoreError> {
        self.add(change.clone(), "adding a wish for another address")
    }

    async fn lock_email_change(&mut self, id: EmailChangeId) -> Result<Option<EmailChange>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn save_email_change(&mut self, change: &EmailChange) -> Result<(), StoreError> {
        self.save(change.clone(), "saving a wish for another address")
    }

    async fn end_email_changes(&mut self, account: AccountId, now: Timestamp) -> Result<(), StoreError> {
        for mut change in self.email_changes(account) {
            if change.made_at.is_none() && change.ended_at.is_none() {
                change.end(now);
                self.put(change);
            }
        }
        Ok(())
    }

    async fn forget_email_changes(&mut self, account: AccountId) -> Result<(), StoreError> {
        for change in self.email_changes(account) {
            self.remove::<EmailChange>(&change.id);
        }
        Ok(())
    }
}

impl LocalTx {
    fn email_changes(&self, account: AccountId) -> Vec<EmailChange> {
        let state = self.state();
        let all = newest_of(&state.accounts.email_changes_by_account, account, ALL);
        all.filter_map(|id| state.copy::<EmailChange>(&id.into())).collect()
    }
}
