use super::Accounts;
use crate::{Account, AccountFilter, Status, acts};
use kernel::{AccountId, Actor, Email, Page, PageRequest, StoreError, transact};

/// The filter without what nobody is called by.
fn legible(filter: AccountFilter) -> AccountFilter {
    let printable = |query: String| -> String {
        query.trim().chars().filter(|one| !one.is_control()).take(200).collect()
    };
    let query = filter.query.map(printable).filter(|query| !query.is_empty());
    AccountFilter { query, ..filter }
}

impl Accounts {
    /// For admins: accounts, the newest first. The query loses control characters and all beyond 200 characters.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn list(&self, filter: AccountFilter, page: PageRequest) -> Result<Page<Account>, StoreError> {
        self.store.accounts(&legible(filter), page).await
    }

    /// For admins: records that somebody takes out all that [`Self::list`] finds, before the first line of it leaves.
    ///
    /// # Errors
    /// When the store cannot answer; nothing shall leave then.
    pub async fn take_out(&self, filter: AccountFilter, by: &Actor) -> Result<(), StoreError> {
        let acts = [acts::table_taken(by, &legible(filter), self.clock.now())];
        transact(self.store.begin().await?, async |tx| tx.record(&acts).await).await
    }

    /// These accounts, in no order; those that are erased or unknown are left out.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn people(&self, ids: &[AccountId]) -> Result<Vec<Account>, StoreError> {
        let found = if ids.is_empty() { Vec::new() } else { self.store.accounts_of(ids).await? };
        Ok(found.into_iter().filter(|account| account.status != Status::Deleted).collect())
    }

    /// One account.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.store.account(id).await
    }

    /// The active member who has proved to read mail at this address.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn member_with(&self, email: &Email) -> Result<Option<AccountId>, StoreError> {
        let account = self.store.account_by_email(email).await?;
        let reads = |it: &Account| it.status == Status::Active && it.email_verified_at.is_some();
        Ok(account.filter(reads).map(|account| account.id))
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
