//! What is needed of a store for second factors.

use crate::SecondFactor;
use async_trait::async_trait;
use kernel::{AccountId, StoreError, Transaction};

/// Reads; they see what was committed.
#[async_trait]
pub trait SecondFactorReads: Send + Sync {
    /// The second factors of these accounts, in no order; who has none is left out.
    async fn second_factors(&self, accounts: &[AccountId]) -> Result<Vec<SecondFactor>, StoreError>;
}

/// Writes. The account is locked before.
#[async_trait]
pub trait SecondFactorTx: Transaction {
    /// Other transactions wait for this row until we end.
    async fn lock_second_factor(&mut self, account: AccountId) -> Result<Option<SecondFactor>, StoreError>;
    /// Writes the one of its account, in the place of another if there is one.
    async fn save_second_factor(&mut self, factor: &SecondFactor) -> Result<(), StoreError>;
    /// Forgets the one of an account, if there is one.
    async fn drop_second_factor(&mut self, account: AccountId) -> Result<(), StoreError>;
}
