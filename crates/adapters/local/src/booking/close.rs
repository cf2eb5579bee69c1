//! Days whose money was compared.

use crate::document::{Document, Key, Step, Table};
use crate::paging::wanted;
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::booking::close::{Day, DayClose, DayStatus, DaySummary};
use ::booking::{Booking, CloseStore, CloseTx, Provider};
use async_trait::async_trait;
use kernel::{BookingId, Cursor, Page, PageRequest, StoreError, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Bound;
use uuid::Uuid;

/// When the program took its turn at a day.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CloseTurn {
    day: Day,
    taken_at: Timestamp,
}

impl Key for Day {
    fn bytes(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

impl Document for CloseTurn {
    const KIND: &'static str = "close_turn";
    type Key = Day;

    fn key(&self) -> Day {
        self.day
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.close_turns
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.close_turns
    }

    fn index(&self, _state: &mut State, _step: Step) {}
}

impl Document for DayClose {
    const KIND: &'static str = "daily_close";
    type Key = Day;

    fn key(&self) -> Day {
        self.summary.day
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.closes
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.closes
    }

    fn index(&self, _state: &mut State, _step: Step) {}
}

#[async_trait]
impl CloseTx for LocalTx {
    /// There is one writer, so every day is locked.
    async fn lock_day(&mut self, day: Day) -> Result<Option<DayClose>, StoreError> {
        Ok(self.state().copy::<DayClose>(&day))
    }

    async fn save_day(&mut self, close: &DayClose) -> Result<(), StoreError> {
        let DaySummary { status, complete, open, unnamed, .. } = &close.summary;
        if *status == DayStatus::Closed && (!complete || *open > 0 || *unnamed > 0) {
            return Err(self.broken("saving a day", "it is closed with open tasks"));
        }
        self.put(close.clone());
        Ok(())
    }

    async fn claim_day(&mut self, day: Day, now: Timestamp, due: Timestamp) -> Result<bool, StoreError> {
        let free = self.state().get::<CloseTurn>(&day).is_none_or(|turn| turn.taken_at <= due);
        if free {
            self.put(CloseTurn { day, taken_at: now });
        }
        Ok(free)
    }
}

#[async_trait]
impl CloseStore for LocalStore {
    async fn day_close(&self, day: Day) -> Result<Option<DayClose>, StoreError> {
        Ok(self.read().copy::<DayClose>(&day))
    }

    async fn day_closes(
        &self,
        status: Option<DayStatus>,
        page: PageRequest,
    ) -> Result<Page<DaySummary>, StoreError> {
        let state = self.read();
        let end = page.after.map_or(Bound::Unbounded, |after| Bound::Excluded(Day::of(after.at)));
        let days = state.booking.closes.range((Bound::Unbounded, end)).rev();
        let days = days.map(|(_, close)| &close.summary);
        let found = days.filter(|day| status.is_none_or(|status| day.status == status));
        let found = found.take(wanted(page)).cloned().collect();
        Ok(Page::cut(found, page.limit, |day: &DaySummary| Cursor { at: day.day.start(), id: Uuid::nil() }))
    }

    async fn bookings_of_charges(
        &self,
        provider: Provider,
        charges: &[String],
    ) -> Result<Vec<Booking>, StoreError> {
        let state = self.read();
        let tables = &state.booking;
        let payments = charges.iter().filter_map(|charge| tables.charges.get(&(provider, charge.clone())));
        let ids: BTreeSet<BookingId> =
            payments.filter_map(|payment| tables.payments.get(payment)).copied().collect();
        Ok(ids.iter().filter_map(|id| state.copy(id)).collect())
    }

    async fn charged_between(
        &self,
        (from, until): (Timestamp, Timestamp),
        page: PageRequest,
    ) -> Result<Page<BookingId>, StoreError> {
        let state = self.read();
        let bookings = state.booking.bookings.values();
        let mut found: Vec<_> = bookings
            .flat_map(|booking| booking.payments.iter().map(|payment| (booking.id, payment)))
            .filter_map(|(booking, payment)| {
                let cursor = Cursor { at: payment.came_at()?, id: payment.id.as_uuid() };
                let later = page.after.is_none_or(|after| after < cursor);
                (from <= cursor.at && cursor.at < until && later).then_some((cursor, booking))
            })
            .collect();
        found.sort_unstable();
        found.truncate(wanted(page));
        Ok(Page::cut(found, page.limit, |(cursor, _)| *cursor).map(|(_, booking)| booking))
    }

    async fn bookings_by_id(&self, ids: &[BookingId]) -> Result<Vec<Booking>, StoreError> {
        let state = self.read();
        let ids: BTreeSet<_> = ids.iter().collect();
        Ok(ids.into_iter().filter_map(|id| state.copy(id)).collect())
    }
}
