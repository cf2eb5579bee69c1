use super::Accounts;
use crate::{Account, AccountFilter};
use kernel::{AccountId, Page, PageRequest, StoreError, transact};

impl Accounts {
    /// For admins: accounts, the newest first. The query loses control characters and all beyond 200 characters.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn list(&self, filter: AccountFilter, page: PageRequest) -> Result<Page<Account>, StoreError> {
        let printable = |query: String| -> String {
            query.trim().chars().filter(|one| !one.is_control()).take(200).collect()
        };
        let query = filter.query.map(printable).filter(|query| !query.is_empty());
        self.store.accounts(&AccountFilter { query, ..filter }, page).await
    }

    /// One account.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.store.account(id).await
    }

    /// All active admins, for mails to them; there are few.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn admins(&self) -> Result<Vec<Account>, StoreError> {
        let ids = transact(self.store.begin().await?, async |tx| tx.lock_admins().await).await?;
        let mut admins = Vec::with_capacity(ids.len());
        for id in ids {
            admins.extend(self.store.account(id).await?);
        }
        Ok(admins)
    }
}
