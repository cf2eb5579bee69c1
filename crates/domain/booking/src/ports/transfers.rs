//! What is needed of a store for tickets that are handed on.

use crate::Transfer;
use async_trait::async_trait;
use kernel::{AccountId, Page, PageRequest, StoreError, TicketId, Timestamp, Transaction, TransferId};

/// Reads; they see what was committed.
#[async_trait]
pub trait TransferReads: Send + Sync {
    /// A transfer.
    async fn transfer(&self, id: TransferId) -> Result<Option<Transfer>, StoreError>;
    /// What somebody was offered, the latest first.
    async fn transfers_to(&self, account: AccountId, page: PageRequest)
    -> Result<Page<Transfer>, StoreError>;
    /// What somebody offered, the latest first.
    async fn transfers_from(
        &self,
        account: AccountId,
        page: PageRequest,
    ) -> Result<Page<Transfer>, StoreError>;
}

/// Writes. The ticket is locked before.
#[async_trait]
pub trait TransferTx: Transaction {
    /// All transfers of a ticket, in no order.
    async fn transfers_of_ticket(&mut self, ticket: TicketId) -> Result<Vec<Transfer>, StoreError>;
    /// Writes a new transfer. Of a ticket only one is stored as offered at a time.
    async fn add_transfer(&mut self, transfer: &Transfer) -> Result<(), StoreError>;
    /// Writes what became of a transfer; nothing else of it changes.
    async fn save_transfer(&mut self, transfer: &Transfer) -> Result<(), StoreError>;
    /// [`Transfer::end_with_ticket`] for the offers of all these tickets.
    async fn end_transfers_of(&mut self, tickets: &[TicketId], now: Timestamp) -> Result<(), StoreError>;
}
