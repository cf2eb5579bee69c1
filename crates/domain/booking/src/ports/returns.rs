//! What is needed of a store for tickets that wait to be sold again.

use crate::returns::Return;
use async_trait::async_trait;
use kernel::{
    AccountId, EventId, Page, PageRequest, ReturnId, SeatId, StoreError, TicketId, TicketTypeId, Transaction,
};

/// Reads; they see what was committed.
#[async_trait]
pub trait ReturnReads: Send + Sync {
    /// A return.
    async fn ticket_return(&self, id: ReturnId) -> Result<Option<Return>, StoreError>;
    /// What somebody gave back, the latest first.
    async fn returns_of(&self, holder: AccountId, page: PageRequest) -> Result<Page<Return>, StoreError>;
    /// What was given back of an event, the latest first.
    async fn returns_of_event(&self, event: EventId, page: PageRequest) -> Result<Page<Return>, StoreError>;
}

/// Writes. The sale is locked, and the booking where a return ends.
#[async_trait]
pub trait ReturnTx: Transaction {
    /// A return.
    async fn return_by_id(&mut self, id: ReturnId) -> Result<Option<Return>, StoreError>;
    /// The returns of these tickets that wait, in no order.
    async fn waiting_returns_of(&mut self, tickets: &[TicketId]) -> Result<Vec<Return>, StoreError>;
    /// The returns of an event that wait for one of these seats to be sold again, in no order.
    async fn waiting_returns_of_seats(
        &mut self,
        event: EventId,
        seats: &[SeatId],
    ) -> Result<Vec<Return>, StoreError>;
    /// How many tickets of each type wait to be sold again.
    async fn count_returns(&mut self, event: EventId) -> Result<Vec<(TicketTypeId, u32)>, StoreError>;
    /// The one of these types that waits longest.
    async fn oldest_return(
        &mut self,
        event: EventId,
        ticket_types: &[TicketTypeId],
    ) -> Result<Option<Return>, StoreError>;
    /// Writes a new return. Of a ticket only one is stored that waits.
    async fn add_return(&mut self, made: &Return) -> Result<(), StoreError>;
    /// Writes what became of a return; nothing else of it changes.
    async fn save_return(&mut self, made: &Return) -> Result<(), StoreError>;
}
