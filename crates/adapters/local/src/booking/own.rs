//! What is kept of somebody as a buyer, a guest and one who stands at a door, for themselves.

use crate::paging::{newest_of, wanted};
use crate::store::LocalStore;
use ::booking::{Hold, Incident, OwnReads, Scan};
use async_trait::async_trait;
use kernel::{
    AccountId, BookingId, Cursor, EventId, HoldId, IncidentId, Page, PageRequest, ScanId, StoreError,
    TicketId, Timestamp,
};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use uuid::Uuid;

const fn cursor(hold: &Hold) -> Cursor {
    Cursor { at: hold.created_at, id: hold.id.as_uuid() }
}

#[async_trait]
impl OwnReads for LocalStore {
    /// Looks at all that a buyer has: the rules let nobody have many.
    async fn holds_of(&self, buyer: AccountId, page: PageRequest) -> Result<Page<Hold>, StoreError> {
        let state = self.read();
        let first = (buyer, EventId::from(Uuid::nil()), HoldId::from(Uuid::nil()));
        let last = (buyer, EventId::from(Uuid::max()), HoldId::from(Uuid::max()));
        let own = state.booking.holds_by_buyer.range(first..=last);
        let mut found: Vec<_> = own.filter_map(|(_, _, id)| state.copy::<Hold>(id)).collect();
        found.retain(|hold| page.after.is_none_or(|after| cursor(hold) < after));
        found.sort_by_key(|hold| Reverse(cursor(hold)));
        found.truncate(wanted(page));
        Ok(Page::cut(found, page.limit, cursor))
    }

    async fn scans_by(&self, scanner: AccountId, page: PageRequest) -> Result<Page<Scan>, StoreError> {
        let state = self.read();
        let ids = newest_of(&state.booking.scans_by_scanner, scanner, page).take(wanted(page));
        let found = ids.filter_map(|id| state.copy(&ScanId::from(id))).collect();
        Ok(Page::cut(found, page.limit, |scan: &Scan| Cursor { at: scan.at, id: scan.id.as_uuid() }))
    }

    async fn scans_of(&self, tickets: &[TicketId]) -> Result<Vec<Scan>, StoreError> {
        let state = self.read();
        let (none, end) = (ScanId::from(Uuid::nil()), ScanId::from(Uuid::max()));
        let tickets: BTreeSet<_> = tickets.iter().copied().collect();
        let of_ticket = |ticket: TicketId| {
            let range = (ticket, Timestamp::MIN_UTC, none)..=(ticket, Timestamp::MAX_UTC, end);
            state.booking.scans_by_ticket.range(range).map(|(_, at, scan)| (*at, *scan)).collect::<Vec<_>>()
        };
        let mut found: Vec<_> = tickets.into_iter().flat_map(of_ticket).collect();
        found.sort_unstable();
        Ok(found.into_iter().filter_map(|(_, scan)| state.copy(&scan)).collect())
    }

    async fn incidents_of(&self, bookings: &[BookingId]) -> Result<Vec<Incident>, StoreError> {
        let state = self.read();
        let (none, end) = (IncidentId::from(Uuid::nil()), IncidentId::from(Uuid::max()));
        let of_booking = |booking: &BookingId| {
            let range = (*booking, none)..=(*booking, end);
            state.booking.incidents_by_booking.range(range).map(|(_, id)| *id).collect::<Vec<_>>()
        };
        let ids: BTreeSet<_> = bookings.iter().flat_map(of_booking).collect();
        Ok(ids.into_iter().filter_map(|id| state.copy(&id)).collect())
    }
}
