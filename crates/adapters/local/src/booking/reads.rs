//! Reading without a transaction: what was committed last.

use super::{BookingTables, sales, seats};
use crate::paging::{newest_of, wanted};
use crate::state::State;
use crate::store::LocalStore;
use ::booking::{
    Booking, BookingStatus, BookingStore, BookingTx, Counter, EntryStatus, EventRefunds, Hold, Item, Job,
    Provider, Sale, StockDifference, Ticket, TicketStatus, WaitlistEntry,
};
use async_trait::async_trait;
use kernel::{
    AccountId, BookingId, Cursor, EventId, HoldId, JobId, OrganisationId, Page, PageRequest, PaymentId,
    RefundId, StoreError, TicketId, TicketTypeId, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use uuid::Uuid;

#[async_trait]
impl BookingStore for LocalStore {
    async fn begin(&self) -> Result<Box<dyn BookingTx>, StoreError> {
        Ok(self.write().await?)
    }

    async fn sales(&self, events: &[EventId]) -> Result<Vec<Sale>, StoreError> {
        Ok(sales(&self.read(), events))
    }

    async fn hold(&self, id: HoldId) -> Result<Option<Hold>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn living_holds(&self, now: Timestamp) -> Result<u64, StoreError> {
        let state = self.read();
        let living = state.booking.holds_by_end.iter().filter(|(_, end, _)| *end > now).count();
        Ok(u64::try_from(living).unwrap_or(u64::MAX))
    }

    async fn events_with_lapsed_holds(&self, now: Timestamp, limit: u32) -> Result<Vec<EventId>, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let state = self.read();
        let mut events: BTreeSet<_> = state.booking.events_with_lapsed_holds(now).take(limit).collect();
        events.extend(state.booking.events_with_ended_reserves(now).take(limit));
        Ok(events.into_iter().take(limit).collect())
    }

    async fn booking(&self, id: BookingId) -> Result<Option<Booking>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn booking_of_payment(&self, id: PaymentId) -> Result<Option<BookingId>, StoreError> {
        Ok(self.read().booking.payments.get(&id).copied())
    }

    async fn booking_of_refund(&self, id: RefundId) -> Result<Option<BookingId>, StoreError> {
        Ok(self.read().booking.refunds.get(&id).copied())
    }

    async fn payment_of_session(
        &self,
        provider: Provider,
        session: &str,
    ) -> Result<Option<(BookingId, PaymentId)>, StoreError> {
        Ok(self.read().booking.sessions.get(&(provider, session.to_owned())).copied())
    }

    async fn bookings_of(&self, buyer: AccountId, page: PageRequest) -> Result<Page<Booking>, StoreError> {
        let state = self.read();
        let found = newest_of(&state.booking.bookings_by_buyer, buyer, page)
            .filter_map(|id| state.copy::<Booking>(&id.into()))
            .take(wanted(page));
        let cursor = |booking: &Booking| Cursor { at: booking.created_at, id: booking.id.as_uuid() };
        Ok(Page::cut(found.collect(), page.limit, cursor))
    }

    async fn bookings_of_event(
        &self,
        event: EventId,
        page: PageRequest,
    ) -> Result<Page<Booking>, StoreError> {
        Ok(self.read().bookings_of_event(event, page))
    }

    async fn open_requests(
        &self,
        organisations: Option<Vec<OrganisationId>>,
        page: PageRequest,
    ) -> Result<Page<Booking>, StoreError> {
        Ok(self.read().open_requests(organisations.as_deref(), page))
    }

    async fn job(&self, id: JobId) -> Result<Option<Job>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn living_bookings(
        &self,
        event: EventId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<Vec<BookingId>, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.read().living_bookings(event, after).take(limit).collect())
    }

    async fn event_refunds(&self, event: EventId) -> Result<EventRefunds, StoreError> {
        Ok(self.read().event_refunds(event))
    }

    async fn tickets_of_bookings(&self, bookings: &[BookingId]) -> Result<Vec<Ticket>, StoreError> {
        let state = self.read();
        let bookings: BTreeSet<_> = bookings.iter().copied().collect();
        let ids: BTreeSet<_> =
            bookings.into_iter().flat_map(|booking| state.booking.tickets_of(booking)).collect();
        Ok(ids.into_iter().filter_map(|id| state.copy(&id)).collect())
    }

    async fn tickets_of(&self, holder: AccountId, page: PageRequest) -> Result<Page<Ticket>, StoreError> {
        let state = self.read();
        let found = newest_of(&state.booking.tickets_by_holder, holder, page)
            .filter_map(|id| state.copy::<Ticket>(&id.into()))
            .take(wanted(page));
        let cursor = |ticket: &Ticket| Cursor { at: ticket.issued_at, id: ticket.id.as_uuid() };
        Ok(Page::cut(found.collect(), page.limit, cursor))
    }

    async fn ticket(&self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        Ok(self.read().copy(&id))
    }

    /// Counts every row anew: the one read that looks at everything, because that is what it is for.
    async fn stock_differences(&self) -> Result<Vec<StockDifference>, StoreError> {
        let state = self.read();
        let found = count_places(&state);
        let differences = state.events.stocks.values().filter_map(|stock| {
            let counted = (stock.held, stock.sold);
            let found = found.get(&stock.ticket_type).copied().unwrap_or_default();
            (counted != found).then_some(StockDifference {
                of: Counter::Type(stock.ticket_type),
                counted,
                found,
            })
        });
        let reserved = state.events.stocks.values().filter_map(|stock| {
            let found = super::vouchers::kept(&state, stock.ticket_type);
            (stock.reserved != found).then_some(StockDifference {
                of: Counter::Reserved(stock.ticket_type),
                counted: (stock.reserved, 0),
                found: (found, 0),
            })
        });
        Ok(differences
            .chain(reserved)
            .chain(offer_differences(&state))
            .chain(seats::differences(&state))
            .collect())
    }
}

/// Events whose entries that were offered places are not as many as the holds that keep them.
fn offer_differences(state: &State) -> Vec<StockDifference> {
    let mut counts = BTreeMap::<EventId, (u32, u32)>::new();
    let offered = |entry: &&std::sync::Arc<WaitlistEntry>| entry.status == EntryStatus::Offered;
    for entry in state.booking.entries_on_list.values().filter(offered) {
        counts.entry(entry.event).or_default().0 += 1;
    }
    for hold in state.booking.holds.values().filter(|hold| hold.entry.is_some()) {
        counts.entry(hold.event).or_default().1 += 1;
    }
    let differing = counts.into_iter().filter(|(_, (offered, held))| offered != held);
    let difference = |(event, (offered, held))| StockDifference {
        of: Counter::Offers(event),
        counted: (offered, 0),
        found: (held, 0),
    };
    differing.map(difference).collect()
}

impl BookingTables {
    pub(super) fn tickets_of(&self, booking: BookingId) -> impl Iterator<Item = TicketId> {
        let range = (booking, TicketId::from(Uuid::nil()))..=(booking, TicketId::from(Uuid::max()));
        self.tickets_by_booking.range(range).map(|(_, ticket)| *ticket)
    }

    /// Looks at the earliest end of each event that has holds, and jumps to the next event.
    fn events_with_lapsed_holds(&self, now: Timestamp) -> impl Iterator<Item = EventId> {
        let mut after = Bound::Unbounded;
        let firsts = std::iter::from_fn(move || {
            let (event, end, _) = *self.holds_by_end.range((after, Bound::Unbounded)).next()?;
            after = Bound::Excluded((event, Timestamp::MAX_UTC, HoldId::from(Uuid::max())));
            Some((event, end))
        });
        firsts.filter(move |(_, end)| *end <= now).map(|(event, _)| event)
    }
}

/// Held and sold places per type, from the rows themselves.
fn count_places(state: &State) -> BTreeMap<TicketTypeId, (u32, u32)> {
    let mut found = BTreeMap::<_, (u32, u32)>::new();
    let mut hold = |items: &[Item]| {
        for item in items {
            let (held, _) = found.entry(item.ticket_type).or_default();
            *held = held.saturating_add(item.quantity);
        }
    };
    let unpaid = |booking: &&std::sync::Arc<Booking>| booking.status == BookingStatus::PendingPayment;
    state.booking.holds.values().for_each(|kept| hold(&kept.items));
    state.booking.bookings.values().filter(unpaid).for_each(|booking| hold(&booking.items));
    let lives = |status| matches!(status, TicketStatus::Valid | TicketStatus::CheckedIn);
    for ticket in state.booking.tickets.values().filter(|ticket| lives(ticket.status)) {
        let (_, sold) = found.entry(ticket.ticket_type).or_default();
        *sold = sold.saturating_add(1);
    }
    found
}
