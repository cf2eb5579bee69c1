//! What is needed of a store for addresses that change.

use crate::{Account, EmailChange};
use async_trait::async_trait;
use kernel::{AccountId, EmailChangeId, StoreError, Timestamp, Transaction};

/// Reads; they see what was committed.
#[async_trait]
pub trait EmailChangeReads: Send + Sync {
    /// One wish.
    async fn email_change(&self, id: EmailChangeId) -> Result<Option<EmailChange>, StoreError>;
    /// Those of an account: the 100 newest, the newest first (by [`EmailChange::cursor`], descending).
    async fn email_changes_of(&self, account: AccountId) -> Result<Vec<EmailChange>, StoreError>;
}

/// Writes. The account is locked before.
#[async_trait]
pub trait EmailChangeTx: Transaction {
    /// Writes a changed account whose address is another now: `false`, and nothing written, when somebody else has that
    /// address. Whoever opens an account with it at the same time waits until we end.
    async fn take_email(&mut self, account: &Account) -> Result<bool, StoreError>;
    /// Writes a new wish.
    async fn add_email_change(&mut self, change: &EmailChange) -> Result<(), StoreError>;
    /// Other transactions wait for this row until we end.
    async fn lock_email_change(&mut self, id: EmailChangeId) -> Result<Option<EmailChange>, StoreError>;
    /// Writes a changed one.
    async fn save_email_change(&mut self, change: &EmailChange) -> Result<(), StoreError>;
    /// [`EmailChange::end`] for all of this account.
    async fn end_email_changes(&mut self, account: AccountId, now: Timestamp) -> Result<(), StoreError>;
    /// Forgets all of this account, with the addresses in them.
    async fn forget_email_changes(&mut self, account: AccountId) -> Result<(), StoreError>;
}
