//! Vouchers, and what is used of them.

use super::BookingTables;
use crate::document::{Document, Step, Table};
use crate::paging::{newest_of, wanted};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::booking::{
    Booking, BookingStatus, Hold, Issued, Item, Reserve, Ticket, Usage, Voucher, VoucherHash, VoucherReads,
    VoucherTx,
};
use async_trait::async_trait;
use kernel::{
    AccountId, Cursor, EventId, HoldId, Page, PageRequest, StoreError, TicketTypeId, Timestamp, VoucherId,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

impl Document for Voucher {
    const KIND: &'static str = "voucher";
    type Key = VoucherId;

    fn key(&self) -> VoucherId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.vouchers
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.vouchers
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.booking;
        step.set(&mut tables.vouchers_by_event, (self.event, cursor(self)));
        step.map(&mut tables.vouchers_by_code, self.code, self.id);
        let Some(places) = self.reserve.filter(|_| self.keeps) else { return };
        step.set(&mut tables.vouchers_by_type, (places.ticket_type, self.id));
        if let Some(until) = self.valid_until {
            step.set(&mut tables.vouchers_by_end, (until, self.event, self.id));
        }
    }
}

fn cursor(voucher: &Voucher) -> Cursor {
    Cursor { at: voucher.created_at, id: voucher.id.as_uuid() }
}

impl BookingTables {
    /// An event's vouchers.
    pub(crate) fn vouchers_of(&self, event: EventId) -> Vec<VoucherId> {
        let first = Cursor { at: Timestamp::MIN_UTC, id: Uuid::nil() };
        let last = Cursor { at: Timestamp::MAX_UTC, id: Uuid::max() };
        let range = (event, first)..=(event, last);
        self.vouchers_by_event.range(range).map(|(_, cursor)| cursor.id.into()).collect()
    }

    /// Events of vouchers that have expired and still keep places; one may come several times.
    pub(super) fn events_with_ended_reserves(&self, now: Timestamp) -> impl Iterator<Item = EventId> {
        let last = (now, EventId::from(Uuid::max()), VoucherId::from(Uuid::max()));
        self.vouchers_by_end.range(..=last).map(|(_, event, _)| *event)
    }
}

fn holds(state: &State, id: VoucherId) -> impl Iterator<Item = &Hold> {
    let range = (id, HoldId::from(Uuid::nil()))..=(id, HoldId::from(Uuid::max()));
    let ids = state.booking.holds_by_voucher.range(range);
    ids.filter_map(|(_, hold)| state.get::<Hold>(hold).map(AsRef::as_ref))
}

fn bookings(state: &State, id: VoucherId) -> impl Iterator<Item = &Booking> {
    let first = Cursor { at: Timestamp::MIN_UTC, id: Uuid::nil() };
    let last = Cursor { at: Timestamp::MAX_UTC, id: Uuid::max() };
    let ids = state.booking.bookings_by_voucher.range((id, first)..=(id, last));
    ids.filter_map(|(_, cursor)| state.get::<Booking>(&cursor.id.into()).map(AsRef::as_ref))
}

/// Places of a type that are held or sold with a voucher.
fn places(state: &State, id: VoucherId, ticket_type: TicketTypeId) -> u32 {
    let of_items = |items: &[Item]| {
        let of_type = items.iter().filter(|item| item.ticket_type == ticket_type);
        of_type.map(|item| item.quantity).fold(0, u32::saturating_add)
    };
    let held = holds(state, id).map(|hold| of_items(&hold.items));
    let booked = bookings(state, id).map(|booking| match booking.status {
        BookingStatus::PendingPayment => of_items(&booking.items),
        BookingStatus::Confirmed => {
            let tickets = state.booking.tickets_of(booking.id).filter_map(|id| state.get::<Ticket>(&id));
            let living = tickets.filter(|it| it.ticket_type == ticket_type && it.status.lives()).count();
            u32::try_from(living).unwrap_or(u32::MAX)
        }
        BookingStatus::Cancelled | BookingStatus::Expired => 0,
    });
    held.chain(booked).fold(0, u32::saturating_add)
}

/// What vouchers keep of the types of an event.
pub(super) fn reserves(state: &State, event: EventId) -> Vec<Reserve> {
    state.events.stocked(event).flat_map(|(ticket_type, _)| reserves_of(state, ticket_type.id)).collect()
}

fn reserves_of(state: &State, ticket_type: TicketTypeId) -> impl Iterator<Item = Reserve> {
    let range = (ticket_type, VoucherId::from(Uuid::nil()))..=(ticket_type, VoucherId::from(Uuid::max()));
    let ids = state.booking.vouchers_by_type.range(range);
    ids.filter_map(move |(_, id)| {
        let voucher = state.get::<Voucher>(id)?;
        let used = places(state, *id, ticket_type);
        Some(Reserve { voucher: *id, places: voucher.reserve?, used, until: voucher.valid_until })
    })
}

/// How many places vouchers keep of a type.
pub(super) fn kept(state: &State, ticket_type: TicketTypeId) -> u32 {
    reserves_of(state, ticket_type).map(|reserve| reserve.left()).fold(0, u32::saturating_add)
}

fn issued(state: &State, voucher: &Voucher, buyers: &BTreeSet<AccountId>, now: Timestamp) -> Issued {
    let mut usage = Usage::default();
    let held = holds(state, voucher.id).filter(|hold| hold.lives(now)).map(|it| (it.buyer, it.voucher));
    let counts = |status| matches!(status, BookingStatus::PendingPayment | BookingStatus::Confirmed);
    let booked = bookings(state, voucher.id).filter(|it| counts(it.status)).map(|it| (it.buyer, it.voucher));
    let mut by_buyer: BTreeMap<AccountId, u32> = BTreeMap::new();
    for (buyer, applied) in held.chain(booked) {
        usage.uses = usage.uses.saturating_add(1);
        let discount = applied.map_or(0, |applied| applied.discount.minor());
        usage.spent = usage.spent.saturating_add(discount);
        if buyers.contains(&buyer) {
            let theirs = by_buyer.entry(buyer).or_default();
            *theirs = theirs.saturating_add(1);
        }
    }
    usage.by_buyer = by_buyer;
    usage.places = voucher.reserve.map_or(0, |it| places(state, voucher.id, it.ticket_type));
    Issued { voucher: voucher.clone(), usage }
}

#[async_trait]
impl VoucherReads for LocalStore {
    async fn voucher(&self, id: VoucherId, now: Timestamp) -> Result<Option<Issued>, StoreError> {
        let state = self.read();
        Ok(state.get::<Voucher>(&id).map(|voucher| issued(&state, voucher, &BTreeSet::new(), now)))
    }

    async fn voucher_by_code(
        &self,
        code: VoucherHash,
        buyer: AccountId,
        now: Timestamp,
    ) -> Result<Option<Issued>, StoreError> {
        let state = self.read();
        let found = state.booking.vouchers_by_code.get(&code).and_then(|id| state.get::<Voucher>(id));
        Ok(found.map(|voucher| issued(&state, voucher, &BTreeSet::from([buyer]), now)))
    }

    async fn vouchers(
        &self,
        event: EventId,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Page<Issued>, StoreError> {
        let state = self.read();
        let found = newest_of(&state.booking.vouchers_by_event, event, page)
            .filter_map(|id| state.get::<Voucher>(&id.into()))
            .map(|voucher| issued(&state, voucher, &BTreeSet::new(), now))
            .take(wanted(page));
        Ok(Page::cut(found.collect(), page.limit, |it| cursor(&it.voucher)))
    }

    async fn bookings_with(&self, id: VoucherId, page: PageRequest) -> Result<Page<Booking>, StoreError> {
        let state = self.read();
        let found = newest_of(&state.booking.bookings_by_voucher, id, page)
            .filter_map(|id| state.copy::<Booking>(&id.into()))
            .take(wanted(page));
        let cursor = |booking: &Booking| Cursor { at: booking.created_at, id: booking.id.as_uuid() };
        Ok(Page::cut(found.collect(), page.limit, cursor))
    }
}

#[async_trait]
impl VoucherTx for LocalTx {
    async fn vouchers_in_sale(
        &mut self,
        ids: &[VoucherId],
        codes: &[VoucherHash],
        buyers: &[AccountId],
        now: Timestamp,
    ) -> Result<Vec<Issued>, StoreError> {
        let state = self.state();
        let named = codes.iter().filter_map(|code| state.booking.vouchers_by_code.get(code));
        let ids: BTreeSet<_> = ids.iter().chain(named).copied().collect();
        let buyers: BTreeSet<_> = buyers.iter().copied().collect();
        let found = ids.into_iter().filter_map(|id| state.get::<Voucher>(&id));
        Ok(found.map(|voucher| issued(state, voucher, &buyers, now)).collect())
    }

    async fn count_vouchers(&mut self, event: EventId) -> Result<u32, StoreError> {
        Ok(u32::try_from(self.state().booking.vouchers_of(event).len()).unwrap_or(u32::MAX))
    }

    async fn places_with(&mut self, id: VoucherId, ticket_type: TicketTypeId) -> Result<u32, StoreError> {
        Ok(places(self.state(), id, ticket_type))
    }

    async fn add_vouchers(&mut self, vouchers: &[Voucher]) -> Result<bool, StoreError> {
        let known = |voucher: &Voucher| self.state().booking.vouchers_by_code.contains_key(&voucher.code);
        if vouchers.iter().any(known) {
            return Ok(false);
        }
        for voucher in vouchers {
            self.add(voucher.clone(), "adding a voucher")?;
        }
        Ok(true)
    }

    async fn save_voucher(&mut self, voucher: &Voucher) -> Result<(), StoreError> {
        self.save(voucher.clone(), "saving a voucher")
    }

    async fn delete_voucher(&mut self, id: VoucherId) -> Result<bool, StoreError> {
        let used = holds(self.state(), id).next().is_some() || bookings(self.state(), id).next().is_some();
        Ok(!used && self.remove::<Voucher>(&id))
    }

    async fn end_reserves(&mut self, ids: &[VoucherId]) -> Result<(), StoreError> {
        for id in ids {
            if let Some(voucher) = self.state().copy::<Voucher>(id) {
                self.save(Voucher { keeps: false, ..voucher }, "ending the reserve of a voucher")?;
            }
        }
        Ok(())
    }
}
