//! Tickets by who holds them.

use crate::paging::{FIRST, LAST};
use crate::state::State;
use crate::store::LocalStore;
use ::booking::{HolderStore, Scan, Ticket, TicketStatus, Verdict};
use async_trait::async_trait;
use events::Event;
use kernel::{AccountId, EventId, ScanId, StoreError, TicketId, Timestamp};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
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

    async fn attended(
        &self,
        holder: AccountId,
        events: &[EventId],
        now: Timestamp,
    ) -> Result<Vec<EventId>, StoreError> {
        let state = self.read();
        let tickets = state.booking.tickets_by_holder.range((holder, FIRST)..=(holder, LAST));
        let was_there = |ticket: &Ticket| {
            events.contains(&ticket.event)
                && (ticket.checked_in_at.is_some()
                    || (ticket.status.lives() && state.is_without_door(ticket.event, now)))
        };
        let tickets = tickets.filter_map(|(_, cursor)| state.get::<Ticket>(&TicketId::from(cursor.id)));
        let attended: BTreeSet<_> =
            tickets.filter(|ticket| was_there(ticket)).map(|ticket| ticket.event).collect();
        Ok(attended.into_iter().collect())
    }
}

impl State {
    /// Whether an event had begun at `now`, and nobody was let in to it by a scan.
    fn is_without_door(&self, event: EventId, now: Timestamp) -> bool {
        let begun = self.get::<Event>(&event).is_some_and(|event| event.starts_at <= now);
        let scans = self.booking.scans_by_event.range((event, FIRST)..=(event, LAST));
        let mut scans = scans.filter_map(|(_, cursor)| self.get::<Scan>(&ScanId::from(cursor.id)));
        begun && !scans.any(|scan| scan.verdict == Verdict::Admitted)
    }
}
