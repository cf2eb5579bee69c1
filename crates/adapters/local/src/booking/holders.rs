//! Tickets by who holds them.

use crate::paging::{FIRST, LAST};
use crate::store::LocalStore;
use ::booking::{HolderStore, Ticket, TicketStatus};
use async_trait::async_trait;
use kernel::{AccountId, EventId, StoreError, TicketId, Timestamp};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use uuid::Uuid;

#[async_trait]
impl HolderStore for LocalStore {
    async fn holds_living(&self, holder: AccountId, event: EventId) -> Result<bool, StoreError> {
        let range =
            (holder, event, TicketId::from(Uuid::nil()))..=(holder, event, TicketId::from(Uuid::max()));
        Ok(self.read().booking.living_by_holder.range(range).next().is_some())
    }

    async fn events_held(&self, holder: AccountId, limit: u32) -> Result<Vec<(EventId, bool)>, StoreError> {
        let state = self.read();
        let tickets = state.booking.tickets_by_holder.range((holder, FIRST)..=(holder, LAST));
        let mut events: BTreeMap<EventId, (Timestamp, bool)> = BTreeMap::new();
        for (_, cursor) in tickets {
            let Some(ticket) = state.get::<Ticket>(&TicketId::from(cursor.id)) else { continue };
            if ticket.status == TicketStatus::Transferred {
                continue;
            }
            let (newest, living) = events.entry(ticket.event).or_insert((ticket.issued_at, false));
            *newest = ticket.issued_at.max(*newest);
            *living |= ticket.status.lives();
        }
        let mut found: Vec<_> = events.into_iter().collect();
        found.sort_by_key(|(event, (newest, _))| (Reverse(*newest), *event));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found.into_iter().map(|(event, (_, living))| (event, living)).collect())
    }
}
