//! What is needed of a store to tell people what is kept about them, and to forget it.

use crate::{OneTime, Session};
use async_trait::async_trait;
use kernel::{AccountId, Page, PageRequest, StoreError, Transaction};

/// Reads; they see what was committed.
#[async_trait]
pub trait OwnReads: Send + Sync {
    /// All logins of an account that are still kept, ended ones too, the newest first (by [`Session::cursor`],
    /// descending).
    async fn logins_of(&self, account: AccountId, page: PageRequest) -> Result<Page<Session>, StoreError>;
    /// All links of an account that are still kept, used ones too, the newest first (by [`OneTime::cursor`], descending).
    async fn links_of(&self, account: AccountId, page: PageRequest) -> Result<Page<OneTime>, StoreError>;
}

/// Writes. The account is locked before.
#[async_trait]
pub trait OwnTx: Transaction {
    /// [`Session::forget_device`] for all logins of an account, ended ones too.
    async fn forget_devices_of(&mut self, account: AccountId) -> Result<(), StoreError>;
}
