//! Writing accounts, sessions and links.

use crate::paging::newest_of;
use crate::transaction::LocalTx;
use ::accounts::{ALERTS, Account, AccountTx, Alert, DOMAIN, Effect, OneTime, Purpose, Session};
use ::events::Feed;
use async_trait::async_trait;
use kernel::{AccountId, OneTimeId, Owed, PageRequest, SessionId, StoreError, Timestamp};
use uuid::Uuid;

const SAVING: &str = "saving an account";

#[async_trait]
impl AccountTx for LocalTx {
    async fn add_account(&mut self, account: &Account) -> Result<bool, StoreError> {
        if self.state().accounts.accounts_by_email.contains_key(&account.email) {
            return Ok(false);
        }
        self.add(account.clone(), "adding an account")?;
        Ok(true)
    }

    async fn lock_account(&mut self, id: AccountId) -> Result<Option<Account>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn lock_admins(&mut self) -> Result<Vec<AccountId>, StoreError> {
        Ok(self.state().accounts.active_admins.iter().copied().collect())
    }

    async fn save_account(&mut self, account: &Account) -> Result<(), StoreError> {
        let owner = self.state().accounts.accounts_by_email.get(&account.email);
        if owner.is_some_and(|owner| *owner != account.id) {
            return Err(self.broken(SAVING, "its address belongs to another account"));
        }
        self.save(account.clone(), SAVING)
    }

    async fn add_session(&mut self, session: &Session) -> Result<(), StoreError> {
        self.add(session.clone(), "adding a session")
    }

    async fn lock_session(&mut self, id: SessionId) -> Result<Option<Session>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn save_session(&mut self, session: &Session) -> Result<(), StoreError> {
        self.save(session.clone(), "saving a session")
    }

    async fn end_sessions_of(
        &mut self,
        account: AccountId,
        except: Option<SessionId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let all = PageRequest { limit: u32::MAX, after: None };
        let open: Vec<_> = newest_of(&self.state().accounts.open_sessions, account, all)
            .map(SessionId::from)
            .filter(|id| Some(*id) != except)
            .filter_map(|id| self.state().copy::<Session>(&id))
            .collect();
        for mut session in open {
            session.end(now);
            self.put(session);
        }
        Ok(())
    }

    async fn close_calendar_of(&mut self, account: AccountId) -> Result<(), StoreError> {
        self.remove::<Feed>(&account);
        Ok(())
    }

    async fn add_one_time(&mut self, link: &OneTime) -> Result<bool, StoreError> {
        let new = self.state().get::<OneTime>(&link.id).is_none();
        if new {
            self.put(link.clone());
        }
        Ok(new)
    }

    async fn lock_one_time(&mut self, id: OneTimeId) -> Result<Option<OneTime>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn save_one_time(&mut self, link: &OneTime) -> Result<(), StoreError> {
        self.save(link.clone(), "saving a link")
    }

    async fn void_one_times(
        &mut self,
        account: AccountId,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let range = (account, OneTimeId::from(Uuid::nil()))..=(account, OneTimeId::from(Uuid::max()));
        let unused = self.state().accounts.unused_links.range(range);
        let links: Vec<OneTime> = unused.filter_map(|(_, id)| self.state().copy(id)).collect();
        for link in links.into_iter().filter(|link| link.purpose == purpose) {
            self.put(OneTime { used_at: Some(now), ..link });
        }
        Ok(())
    }

    async fn enqueue_accounts(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue(DOMAIN, effects)
    }

    async fn enqueue_alerts(&mut self, alerts: &[Owed<Alert>]) -> Result<(), StoreError> {
        self.enqueue(ALERTS, alerts)
    }
}
