//! What is kept of somebody's logins and links, for themselves.

use crate::paging::{newest_of, wanted};
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::accounts::{OneTime, OwnReads, OwnTx, Session};
use async_trait::async_trait;
use kernel::{AccountId, Page, PageRequest, StoreError};

/// All that come.
const ALL: PageRequest = PageRequest { limit: u32::MAX, after: None };

#[async_trait]
impl OwnReads for LocalStore {
    async fn logins_of(&self, account: AccountId, page: PageRequest) -> Result<Page<Session>, StoreError> {
        let state = self.read();
        let ids = newest_of(&state.accounts.sessions_by_account, account, page).take(wanted(page));
        let found = ids.filter_map(|id| state.copy::<Session>(&id.into())).collect();
        Ok(Page::cut(found, page.limit, Session::cursor))
    }

    async fn links_of(&self, account: AccountId, page: PageRequest) -> Result<Page<OneTime>, StoreError> {
        let state = self.read();
        let ids = newest_of(&state.accounts.links_by_account, account, page).take(wanted(page));
        let found = ids.filter_map(|id| state.copy::<OneTime>(&id.into())).collect();
        Ok(Page::cut(found, page.limit, OneTime::cursor))
    }
}

#[async_trait]
impl OwnTx for LocalTx {
    async fn forget_devices_of(&mut self, account: AccountId) -> Result<(), StoreError> {
        let ids = newest_of(&self.state().accounts.sessions_by_account, account, ALL);
        let logins: Vec<_> = ids.filter_map(|id| self.state().copy::<Session>(&id.into())).collect();
        for mut session in logins {
            session.forget_device();
            self.put(session);
        }
        Ok(())
    }
}
