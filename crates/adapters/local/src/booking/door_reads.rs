//! Reads of the door.

use crate::paging::{FIRST, LAST, newest_of, wanted};
use crate::state::State;
use crate::store::LocalStore;
use ::booking::ports::{DoorCounts, DoorReads, Quarter, TypeCount};
use ::booking::{Scan, Ticket, TicketStatus, Verdict, Way};
use async_trait::async_trait;
use chrono::DateTime;
use kernel::{Cursor, EventId, Page, PageRequest, ScanId, StoreError, TicketId};
use std::collections::BTreeMap;
use std::ops::Bound;
use uuid::Uuid;

impl State {
    fn tickets_of_event_after(
        &self,
        event: EventId,
        after: Option<TicketId>,
    ) -> impl Iterator<Item = TicketId> {
        let start = match after {
            Some(after) => Bound::Excluded((event, after)),
            None => Bound::Included((event, Uuid::nil().into())),
        };
        let end = Bound::Included((event, Uuid::max().into()));
        self.booking.tickets_by_event.range((start, end)).map(|(_, ticket)| *ticket)
    }
}

#[async_trait]
impl DoorReads for LocalStore {
    async fn tickets_of_event(
        &self,
        event: EventId,
        after: Option<TicketId>,
        limit: u32,
    ) -> Result<Vec<Ticket>, StoreError> {
        let state = self.read();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let found = state.tickets_of_event_after(event, after).take(limit);
        Ok(found.filter_map(|id| state.copy(&id)).collect())
    }

    async fn door_counts(&self, event: EventId) -> Result<DoorCounts, StoreError> {
        let state = self.read();
        let mut types = BTreeMap::new();
        for ticket in state.tickets_of_event_after(event, None).filter_map(|id| state.get::<Ticket>(&id)) {
            let none = TypeCount { ticket_type: ticket.ticket_type, tickets: 0, checked_in: 0, inside: 0 };
            let count = types.entry(ticket.ticket_type).or_insert(none);
            count.tickets += u32::from(ticket.status.lives());
            count.checked_in += u32::from(ticket.status == TicketStatus::CheckedIn);
            count.inside += ticket.inside();
        }
        let types = types.into_values().filter(|count| count.tickets > 0 || count.inside > 0).collect();
        let mut counts = DoorCounts { types, ..DoorCounts::default() };
        let (mut refused, mut quarters) = (BTreeMap::new(), BTreeMap::new());
        let scans = state.booking.scans_by_event.range((event, FIRST)..=(event, LAST));
        for scan in scans.filter_map(|(_, cursor)| state.get::<Scan>(&ScanId::from(cursor.id))) {
            counts.forced += u32::from(scan.overruled.is_some());
            counts.offline += u32::from(scan.offline.is_some());
            counts.conflicts += u32::from(!scan.flags.is_empty());
            if scan.passed() {
                let seconds = scan.at.timestamp();
                let start = seconds - seconds.rem_euclid(DoorCounts::QUARTER_SECONDS);
                let (entered, left): &mut (u32, u32) = quarters.entry(start).or_default();
                match scan.way {
                    Way::In => *entered += 1,
                    Way::Out => *left += 1,
                }
            } else if scan.verdict != Verdict::Undone {
                let (_, count) = refused.entry(scan.verdict.as_str()).or_insert((scan.verdict, 0));
                *count += 1;
            }
        }
        counts.refused = refused.into_values().collect();
        let skipped = quarters.len().saturating_sub(DoorCounts::QUARTERS);
        let quarter = |(start, (entered, left))| {
            Some(Quarter { from: DateTime::from_timestamp(start, 0)?, entered, left })
        };
        counts.quarters = quarters.into_iter().skip(skipped).filter_map(quarter).collect();
        Ok(counts)
    }

    async fn conflicts(&self, event: EventId, page: PageRequest) -> Result<Page<Scan>, StoreError> {
        let state = self.read();
        let ids = newest_of(&state.booking.conflicts_by_event, event, page).take(wanted(page));
        let found = ids.filter_map(|id| state.copy(&ScanId::from(id))).collect();
        Ok(Page::cut(found, page.limit, |scan: &Scan| Cursor { at: scan.at, id: scan.id.as_uuid() }))
    }
}
