//! Reading without a transaction: what was committed last; and sweeping.

use crate::paging::{newest, newest_of, wanted};
use crate::state::State;
use crate::store::LocalStore;
use ::accounts::{
    Account, AccountFilter, AccountStore, AccountTx, Brought, EmailChange, Joined, OneTime, Session,
};
use async_trait::async_trait;
use kernel::{
    AccountId, Cursor, Email, OneTimeId, Page, PageRequest, SWEPT_AT_ONCE, SessionId, StoreError, Timestamp,
    Transaction,
};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Most sessions in the list of one account.
const MOST_SESSIONS: usize = 100;
/// All that come.
const ALL: PageRequest = PageRequest { limit: u32::MAX, after: None };

impl State {
    /// Accounts that were made within a span.
    fn accounts_between(&self, (from, until): (Timestamp, Timestamp)) -> impl Iterator<Item = &Account> {
        let at = |at| Cursor { at, id: Uuid::nil() };
        let made = self.accounts.accounts_by_age.range(at(from)..at(until.max(from)));
        made.filter_map(|cursor| self.get::<Account>(&cursor.id.into())).map(|account| &**account)
    }
}

#[async_trait]
impl AccountStore for LocalStore {
    async fn begin(&self) -> Result<Box<dyn AccountTx>, StoreError> {
        Ok(self.write().await?)
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        let state = self.read();
        Ok(state.accounts.accounts_by_email.get(email).and_then(|id| state.copy(id)))
    }

    async fn accounts(&self, filter: &AccountFilter, page: PageRequest) -> Result<Page<Account>, StoreError> {
        let state = self.read();
        let found = newest(&state.accounts.accounts_by_age, page)
            .filter_map(|id| state.get::<Account>(&id.into()))
            .filter(|account| filter.matches(account))
            .take(wanted(page))
            .map(|account| Account::clone(account));
        Ok(Page::cut(found.collect(), page.limit, Account::cursor))
    }

    async fn accounts_of(&self, ids: &[AccountId]) -> Result<Vec<Account>, StoreError> {
        let state = self.read();
        Ok(ids.iter().filter_map(|id| state.copy(id)).collect())
    }

    async fn sessions(&self, ids: &[SessionId]) -> Result<Vec<Session>, StoreError> {
        let state = self.read();
        Ok(ids.iter().filter_map(|id| state.copy(id)).collect())
    }

    async fn sessions_of(&self, account: AccountId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let state = self.read();
        let found = newest_of(&state.accounts.open_sessions, account, ALL)
            .filter_map(|id| state.get::<Session>(&id.into()))
            .filter(|session| session.is_alive(now))
            .take(MOST_SESSIONS)
            .map(|session| Session::clone(session));
        Ok(found.collect())
    }

    async fn sessions_counting(
        &self,
        ids: &[SessionId],
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError> {
        let state = self.read();
        let counts = |id: &&SessionId| {
            let session = state.get::<Session>(id).filter(|session| session.is_alive(now));
            let account = session.and_then(|session| state.get::<Account>(&session.account));
            account.is_some_and(|account| account.is_active())
        };
        Ok(ids.iter().filter(counts).copied().collect())
    }

    async fn one_time(&self, id: OneTimeId) -> Result<Option<OneTime>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn joined(&self, span: (Timestamp, Timestamp)) -> Result<Vec<Joined>, StoreError> {
        let state = self.read();
        let mut days = BTreeMap::new();
        for account in state.accounts_between(span) {
            let day = account.created_at.date_naive();
            let joined = days.entry(day).or_insert(Joined { day, members: 0, invited: 0 });
            joined.members += 1;
            joined.invited += u64::from(account.invite.is_some());
        }
        Ok(days.into_values().collect())
    }

    async fn most_brought(
        &self,
        span: (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<Brought>, StoreError> {
        let state = self.read();
        let mut brought: BTreeMap<AccountId, u64> = BTreeMap::new();
        for account in state.accounts_between(span) {
            if let Some(inviter) = state.brought_by(account) {
                *brought.entry(inviter).or_default() += 1;
            }
        }
        let mut brought: Vec<_> =
            brought.into_iter().map(|(account, members)| Brought { account, members }).collect();
        brought.sort_by_key(|one| (Reverse(one.members), one.account));
        brought.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(brought)
    }

    async fn sweep_accounts(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let (tables, most) = (&tx.state().accounts, usize::try_from(SWEPT_AT_ONCE).unwrap_or(usize::MAX));
        let sessions = tables.sessions_by_end.iter().take_while(|(end, _)| *end < before);
        let sessions: Vec<_> = sessions.take(most).map(|(_, id)| *id).collect();
        let links = tables.links_by_end.iter().take_while(|(end, _)| *end < before);
        let links: Vec<_> = links.take(most).map(|(_, id)| *id).collect();
        let changes = tables.email_changes_by_end.iter().take_while(|(end, _)| *end < before);
        let changes: Vec<_> = changes.take(most).map(|(_, id)| *id).collect();
        for id in &sessions {
            tx.remove::<Session>(id);
        }
        for id in &links {
            tx.remove::<OneTime>(id);
        }
        for id in &changes {
            tx.remove::<EmailChange>(id);
        }
        tx.commit().await?;
        Ok(u64::try_from(sessions.len() + links.len() + changes.len()).unwrap_or(u64::MAX))
    }
}
