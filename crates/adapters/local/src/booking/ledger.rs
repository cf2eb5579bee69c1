//! The ledger: entries enter, none leaves.

use crate::document::{Document, Step, Table};
use crate::paging::{newest, newest_of, wanted};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::booking::ledger::{Balance, Entry, EntryFilter, balances};
use ::booking::{Booking, LedgerStore, LedgerTx};
use async_trait::async_trait;
use kernel::{BookingId, Cursor, EntryId, Page, PageRequest, StoreError};
use std::collections::BTreeSet;
use std::ops::Bound;
use uuid::Uuid;

const POSTING: &str = "posting to the ledger";

impl Document for Entry {
    const KIND: &'static str = "entry";
    type Key = EntryId;

    fn key(&self) -> EntryId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.entries
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.entries
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.booking;
        let cursor = cursor(self);
        step.set(&mut tables.entries_by_time, cursor);
        step.set(&mut tables.entries_by_account, (self.from.clone(), cursor));
        step.set(&mut tables.entries_by_account, (self.to.clone(), cursor));
        if let Some(booking) = self.booking {
            step.set(&mut tables.entries_by_booking, (booking, cursor));
        }
        if let Some(event) = self.event {
            step.set(&mut tables.entries_by_event, (event, cursor));
        }
        if let Some(organisation) = self.organisation {
            step.set(&mut tables.entries_by_organisation, (organisation, cursor));
        }
    }
}

const fn cursor(entry: &Entry) -> Cursor {
    Cursor { at: entry.at, id: entry.id.as_uuid() }
}

/// All rows: no page is larger.
const ALL: PageRequest = PageRequest { limit: u32::MAX, after: None };

impl State {
    pub(super) fn entries_of(&self, booking: BookingId) -> Vec<Entry> {
        let found = newest_of(&self.booking.entries_by_booking, booking, ALL);
        found.filter_map(|id| self.copy(&EntryId::from(id))).collect()
    }

    /// Wanted entries, the newest first, found by the condition that narrows most.
    fn filtered<'a>(
        &'a self,
        filter: &'a EntryFilter,
        page: PageRequest,
    ) -> Box<dyn Iterator<Item = &'a Entry> + 'a> {
        let tables = &self.booking;
        let ids: Box<dyn Iterator<Item = Uuid> + 'a> = if let Some(booking) = filter.booking {
            Box::new(newest_of(&tables.entries_by_booking, booking, page))
        } else if let Some(event) = filter.event {
            Box::new(newest_of(&tables.entries_by_event, event, page))
        } else if let Some(account) = &filter.account {
            Box::new(newest_of(&tables.entries_by_account, account.clone(), page))
        } else if let Some(organisations) = &filter.organisations {
            let mut cursors = BTreeSet::<Cursor>::new();
            for organisation in organisations {
                let most = wanted(page);
                let ids = newest_of(&tables.entries_by_organisation, *organisation, page);
                let entries = ids.filter_map(|id| self.get::<Entry>(&id.into()));
                cursors.extend(entries.filter(|entry| filter.wants(entry)).take(most).map(|it| cursor(it)));
            }
            Box::new(cursors.into_iter().rev().map(|cursor| cursor.id))
        } else {
            Box::new(newest(&tables.entries_by_time, page))
        };
        let found = ids.filter_map(|id| self.get::<Entry>(&id.into()).map(AsRef::as_ref));
        Box::new(found.filter(|entry| filter.wants(entry)))
    }
}

#[async_trait]
impl LedgerTx for LocalTx {
    async fn post(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        for entry in entries {
            if entry.from == entry.to || entry.amount.is_zero() {
                return Err(self.broken(POSTING, "it moves nothing"));
            }
            if entry.booking.is_some_and(|booking| self.state().get::<Booking>(&booking).is_none()) {
                return Err(self.broken(POSTING, "there is no such booking"));
            }
            self.add(entry.clone(), POSTING)?;
        }
        Ok(())
    }

    async fn post_once(&mut self, entries: &[Entry]) -> Result<Vec<Entry>, StoreError> {
        for entry in entries {
            if self.state().get::<Entry>(&entry.id).is_none() {
                self.post(std::slice::from_ref(entry)).await?;
            }
        }
        Ok(entries.iter().filter_map(|entry| self.state().copy(&entry.id)).collect())
    }

    async fn entries_of_booking(&mut self, id: BookingId) -> Result<Vec<Entry>, StoreError> {
        Ok(self.state().entries_of(id))
    }
}

#[async_trait]
impl LedgerStore for LocalStore {
    async fn entries(&self, filter: &EntryFilter, page: PageRequest) -> Result<Page<Entry>, StoreError> {
        let state = self.read();
        let found = state.filtered(filter, page).take(wanted(page)).cloned().collect();
        Ok(Page::cut(found, page.limit, cursor))
    }

    async fn balances(&self, filter: &EntryFilter) -> Result<Vec<Balance>, StoreError> {
        let state = self.read();
        Ok(balances(state.filtered(filter, ALL)))
    }

    async fn entries_of_bookings(&self, ids: &[BookingId]) -> Result<Vec<Entry>, StoreError> {
        let state = self.read();
        Ok(ids.iter().flat_map(|id| state.entries_of(*id)).collect())
    }

    async fn strays(&self) -> Result<u64, StoreError> {
        let state = self.read();
        let known = |entry: &Entry| match entry.booking {
            Some(booking) => state.booking.bookings.contains_key(&booking),
            None => entry.kind.needs_no_booking(),
        };
        let strays = state.booking.entries.values().filter(|entry| !known(entry)).count();
        Ok(u64::try_from(strays).unwrap_or(u64::MAX))
    }

    async fn bookings_after(&self, after: Option<BookingId>, limit: u32) -> Result<Vec<Booking>, StoreError> {
        let state = self.read();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = state.booking.bookings.range((from, Bound::Unbounded));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(found.take(limit).map(|(_, booking)| Booking::clone(booking)).collect())
    }
}
