//! Who holds tickets and who waits for some, for those who show events.

use async_trait::async_trait;
use booking::{Bookings, HolderStore};
use events::{Guests, Held, WaitingLists};
use kernel::{AccountId, EventId, StoreError, TicketTypeId};
use std::sync::Arc;

/// Tickets as booking keeps them.
pub struct Holders(pub Arc<dyn HolderStore>);

#[async_trait]
impl Guests for Holders {
    async fn holds(&self, account: AccountId, event: EventId) -> Result<bool, StoreError> {
        self.0.holds_living(account, event).await
    }

    async fn events_of(&self, account: AccountId, limit: u32) -> Result<Vec<Held>, StoreError> {
        let held = self.0.events_held(account, limit).await?;
        Ok(held.into_iter().map(|(event, living)| Held { event, living }).collect())
    }
}

/// Waiting lists as booking serves them.
pub struct Waiters(pub Arc<Bookings>);

#[async_trait]
impl WaitingLists for Waiters {
    async fn kept(&self, events: &[EventId]) -> Result<Vec<(TicketTypeId, u32)>, StoreError> {
        self.0.kept(events).await
    }
}
