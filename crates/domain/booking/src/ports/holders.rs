//! What somebody holds, for those who tell holders more than others.

use async_trait::async_trait;
use kernel::{AccountId, EventId, StoreError, Timestamp};

/// Reads of tickets by who holds them, as they were committed last.
#[async_trait]
pub trait HolderStore: Send + Sync {
    /// Whether somebody holds a ticket of this event that lives.
    async fn holds_living(&self, holder: AccountId, event: EventId) -> Result<bool, StoreError>;
    /// Up to `limit` events of somebody's tickets, with whether any of them lives: that of the newest ticket first,
    /// then by id. Tickets that went to somebody else do not count.
    async fn events_held(&self, holder: AccountId, limit: u32) -> Result<Vec<(EventId, bool)>, StoreError>;
    /// Of these events, those that somebody was at, in no order: they were let in with a ticket that they hold; or, where
    /// the door let in nobody by a scan, they hold one that lives and the event had begun at `now`.
    async fn attended(
        &self,
        holder: AccountId,
        events: &[EventId],
        now: Timestamp,
    ) -> Result<Vec<EventId>, StoreError>;
}
