//! Who holds tickets, who was there and who waits for some, for those who show events and their pictures.

use async_trait::async_trait;
use booking::{Bookings, HolderStore};
use events::{Guests, Held, WaitingLists};
use gallery::Attendance;
use kernel::{AccountId, EventId, StoreError, TicketTypeId, Timestamp};
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

/// Who was let in, as booking keeps it.
pub struct Attended(pub Arc<dyn HolderStore>);

#[async_trait]
impl Attendance for Attended {
    async fn attended(
        &self,
        account: AccountId,
        events: &[EventId],
        now: Timestamp,
    ) -> Result<Vec<EventId>, StoreError> {
        self.0.attended(account, events, now).await
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
