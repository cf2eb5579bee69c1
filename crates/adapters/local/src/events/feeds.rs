//! Addresses at which calendars are read.

use crate::document::{Document, Step, Table};
use crate::state::State;
use crate::store::LocalStore;
use ::events::{Feed, FeedStore, TokenHash};
use async_trait::async_trait;
use kernel::{AccountId, StoreError, Transaction};

impl Document for Feed {
    const KIND: &'static str = "calendar_feed";
    type Key = AccountId;

    fn key(&self) -> AccountId {
        self.account
    }

    fn table(state: &State) -> &Table<Self> {
        &state.events.feeds
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.events.feeds
    }

    fn index(&self, state: &mut State, step: Step) {
        step.map(&mut state.events.feeds_by_token, self.token, self.account);
    }
}

#[async_trait]
impl FeedStore for LocalStore {
    async fn feed(&self, token: &TokenHash) -> Result<Option<Feed>, StoreError> {
        let state = self.read();
        Ok(state.events.feeds_by_token.get(token).and_then(|account| state.copy(account)))
    }

    async fn feed_of(&self, account: AccountId) -> Result<Option<Feed>, StoreError> {
        Ok(self.read().copy(&account))
    }

    async fn save_feed(&self, feed: &Feed) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let other = tx.state().events.feeds_by_token.get(&feed.token).is_some_and(|it| *it != feed.account);
        if other {
            return Err(tx.broken("saving the address of a calendar", "another account has it"));
        }
        tx.put(*feed);
        tx.commit().await
    }

    async fn remove_feed(&self, account: AccountId) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let gone = tx.remove::<Feed>(&account);
        tx.commit().await?;
        Ok(gone)
    }
}
