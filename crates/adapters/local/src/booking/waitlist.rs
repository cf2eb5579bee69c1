//! The waiting list.

use super::BookingTables;
use crate::document::{Document, Step, Table};
use crate::paging::wanted;
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::booking::waitlist::Free;
use ::booking::{EntryStatus, ListCounts, Rules, WaitlistEntry, WaitlistReads, WaitlistTx};
use ::events::Event;
use async_trait::async_trait;
use kernel::{AccountId, Cursor, EventId, Page, PageRequest, StoreError, TicketTypeId, WaitlistEntryId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Bound;
use uuid::Uuid;

/// How the list and the return desk of an event are run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptRules {
    pub(crate) event: EventId,
    pub(crate) rules: Rules,
}

impl Document for KeptRules {
    const KIND: &'static str = "waitlist_rules";
    type Key = EventId;

    fn key(&self) -> EventId {
        self.event
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.rules
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.rules
    }

    fn index(&self, _state: &mut State, _step: Step) {}
}

impl Document for WaitlistEntry {
    const KIND: &'static str = "waitlist_entry";
    type Key = WaitlistEntryId;

    fn key(&self) -> WaitlistEntryId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.entries_on_list
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.entries_on_list
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.booking;
        step.map(&mut tables.list, (self.event, self.number), self.id);
        step.set(&mut tables.list_by_buyer, (self.buyer, self.event, self.number));
        if self.status == EntryStatus::Waiting {
            step.set(&mut tables.waiting, (self.event, self.number));
        }
        if self.status.lives() {
            step.map(&mut tables.living_by_buyer, (self.buyer, self.event), self.id);
        }
    }
}

impl BookingTables {
    /// All who are or were on the list of an event.
    pub(crate) fn list_of(&self, event: EventId) -> Vec<WaitlistEntryId> {
        self.list.range((event, 0)..=(event, u64::MAX)).map(|(_, id)| *id).collect()
    }

    pub(super) fn somebody_waits(&self, event: EventId) -> bool {
        self.waiting.range((event, 0)..=(event, u64::MAX)).next().is_some()
    }
}

impl State {
    /// Who waits, in their order, after a number.
    fn waiting(&self, event: EventId, after: u64) -> impl Iterator<Item = WaitlistEntry> {
        let range = (Bound::Excluded((event, after)), Bound::Included((event, u64::MAX)));
        let waiting = self.booking.waiting.range(range);
        waiting.filter_map(|place| self.copy(self.booking.list.get(place)?))
    }

    fn last_entry(&self, event: EventId, buyer: AccountId) -> Option<WaitlistEntry> {
        let range = (buyer, event, 0)..=(buyer, event, u64::MAX);
        let (_, _, number) = self.booking.list_by_buyer.range(range).next_back()?;
        self.copy(self.booking.list.get(&(event, *number))?)
    }
}

fn limit(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[async_trait]
impl WaitlistReads for LocalStore {
    async fn entry(&self, id: WaitlistEntryId) -> Result<Option<WaitlistEntry>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn last_entry(
        &self,
        event: EventId,
        buyer: AccountId,
    ) -> Result<Option<WaitlistEntry>, StoreError> {
        Ok(self.read().last_entry(event, buyer))
    }

    async fn living_entries(
        &self,
        buyer: AccountId,
        after: Option<EventId>,
        most: u32,
    ) -> Result<Vec<WaitlistEntry>, StoreError> {
        let state = self.read();
        let after = after.unwrap_or(Uuid::nil().into());
        let range = (Bound::Excluded((buyer, after)), Bound::Included((buyer, Uuid::max().into())));
        let living = state.booking.living_by_buyer.range(range).take(limit(most));
        Ok(living.filter_map(|(_, id)| state.copy(id)).collect())
    }

    async fn entries_of_buyer(
        &self,
        buyer: AccountId,
        page: PageRequest,
    ) -> Result<Page<WaitlistEntry>, StoreError> {
        let state = self.read();
        let range = (buyer, EventId::from(Uuid::nil()), 0)..=(buyer, EventId::from(Uuid::max()), u64::MAX);
        let own = state.booking.list_by_buyer.range(range);
        let entry = |(_, event, number): &(_, EventId, u64)| {
            state.copy::<WaitlistEntry>(state.booking.list.get(&(*event, *number))?)
        };
        let mut found: Vec<_> = own.filter_map(entry).collect();
        found.sort_by_key(|entry| std::cmp::Reverse((entry.joined_at, entry.id)));
        let before = |entry: &WaitlistEntry| {
            page.after.is_none_or(|cursor| (entry.joined_at, entry.id.as_uuid()) < (cursor.at, cursor.id))
        };
        found.retain(before);
        found.truncate(wanted(page));
        Ok(Page::cut(found, page.limit, |it| Cursor { at: it.joined_at, id: it.id.as_uuid() }))
    }

    async fn waiting_before(&self, event: EventId, number: u64) -> Result<u64, StoreError> {
        let state = self.read();
        let before = state.booking.waiting.range((event, 0)..(event, number));
        Ok(before.fold(0, |count, _| count + 1))
    }

    async fn entries_of_event(
        &self,
        event: EventId,
        page: PageRequest,
    ) -> Result<Page<WaitlistEntry>, StoreError> {
        let state = self.read();
        let after = page.after.and_then(|cursor| state.copy::<WaitlistEntry>(&cursor.id.into()));
        let after = after.filter(|entry| entry.event == event).map_or(0, |entry| entry.number);
        let range = (Bound::Excluded((event, after)), Bound::Included((event, u64::MAX)));
        let found = state.booking.list.range(range).take(wanted(page));
        let found: Vec<WaitlistEntry> = found.filter_map(|(_, id)| state.copy(id)).collect();
        Ok(Page::cut(found, page.limit, |it| Cursor { at: it.joined_at, id: it.id.as_uuid() }))
    }

    async fn count_entries(&self, event: EventId) -> Result<ListCounts, StoreError> {
        let state = self.read();
        let (mut counts, mut waits) = (BTreeMap::<&str, (EntryStatus, u64)>::new(), Vec::new());
        let (mut wanted, mut lapsed_offers) = (0, 0);
        for (_, id) in state.booking.list.range((event, 0)..=(event, u64::MAX)) {
            let Some(entry) = state.get::<WaitlistEntry>(id) else { continue };
            counts.entry(entry.status.as_str()).or_insert((entry.status, 0)).1 += 1;
            if entry.status == EntryStatus::Waiting {
                wanted += u64::from(entry.quantity);
            }
            if entry.status.ends_untaken() && entry.offered_at.is_some() {
                lapsed_offers += 1;
            }
            waits.extend(entry.offered_at.map(|at| at - entry.joined_at));
        }
        waits.sort_unstable();
        let middle = waits.len().div_ceil(2).saturating_sub(1);
        let median_wait_seconds = waits.get(middle).map(|wait| wait.num_seconds());
        let by_status = counts.into_values().collect();
        Ok(ListCounts { by_status, lapsed_offers, wanted, median_wait_seconds })
    }

    async fn events_waited_for(&self, after: Option<EventId>, most: u32) -> Result<Vec<EventId>, StoreError> {
        let state = self.read();
        let mut from = after.map_or(Bound::Unbounded, |event| Bound::Excluded((event, u64::MAX)));
        let events = std::iter::from_fn(move || {
            let (event, _) = *state.booking.waiting.range((from, Bound::Unbounded)).next()?;
            from = Bound::Excluded((event, u64::MAX));
            Some(event)
        });
        Ok(events.take(limit(most)).collect())
    }
}

#[async_trait]
impl WaitlistTx for LocalTx {
    async fn waiting(
        &mut self,
        lists: &[(EventId, &[Free])],
        after: u64,
        most: u32,
    ) -> Result<Vec<WaitlistEntry>, StoreError> {
        let state = self.state();
        let of = |(event, free): &(EventId, &[Free])| {
            let fits = |entry: &WaitlistEntry| free.iter().any(|free| entry.fits(free));
            state.waiting(*event, after).filter(fits).take(limit(most)).collect::<Vec<_>>()
        };
        Ok(lists.iter().flat_map(of).collect())
    }

    async fn wanted(&mut self, event: EventId, free: &[Free]) -> Result<Vec<TicketTypeId>, StoreError> {
        let state = self.state();
        let fits = |free: &&Free| state.waiting(event, 0).any(|entry| entry.fits(free));
        Ok(free.iter().filter(fits).map(|free| free.ticket_type).collect())
    }

    async fn wished(
        &mut self,
        event: EventId,
        free: &[Free],
        after: u64,
    ) -> Result<Vec<(TicketTypeId, u64)>, StoreError> {
        let state = self.state();
        let of = |free: &Free| {
            let fitting = state.waiting(event, after).filter(|entry| entry.fits(free));
            (free.ticket_type, fitting.map(|entry| u64::from(entry.quantity)).sum())
        };
        Ok(free.iter().map(of).filter(|(_, places)| *places > 0).collect())
    }

    async fn waiting_in_vain(
        &mut self,
        event: EventId,
        known: &[TicketTypeId],
        most: u32,
    ) -> Result<Vec<WaitlistEntry>, StoreError> {
        let vain = |entry: &WaitlistEntry| {
            !entry.ticket_types.is_empty() && !entry.ticket_types.iter().any(|id| known.contains(id))
        };
        Ok(self.state().waiting(event, 0).filter(vain).take(limit(most)).collect())
    }

    async fn all_waiting(&mut self, event: EventId, most: u32) -> Result<Vec<WaitlistEntry>, StoreError> {
        Ok(self.state().waiting(event, 0).take(limit(most)).collect())
    }

    async fn all_offered(&mut self, event: EventId, most: u32) -> Result<Vec<WaitlistEntry>, StoreError> {
        let state = self.state();
        let listed = state.booking.list.range((event, 0)..=(event, u64::MAX));
        let entries = listed.filter_map(|(_, id)| state.copy::<WaitlistEntry>(id));
        let offered = entries.filter(|entry| entry.status == EntryStatus::Offered);
        Ok(offered.take(limit(most)).collect())
    }

    async fn living_entry(
        &mut self,
        event: EventId,
        buyer: AccountId,
    ) -> Result<Option<WaitlistEntry>, StoreError> {
        let state = self.state();
        Ok(state.booking.living_by_buyer.get(&(buyer, event)).and_then(|id| state.copy(id)))
    }

    async fn entries(&mut self, ids: &[WaitlistEntryId]) -> Result<Vec<WaitlistEntry>, StoreError> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids.iter().filter_map(|id| self.state().copy(id)).collect())
    }

    async fn last_number(&mut self, event: EventId) -> Result<u64, StoreError> {
        let last = self.state().booking.list.range((event, 0)..=(event, u64::MAX)).next_back();
        Ok(last.map_or(0, |((_, number), _)| *number))
    }

    async fn add_entry(&mut self, entry: &WaitlistEntry) -> Result<(), StoreError> {
        let doing = "adding an entry";
        let tables = &self.state().booking;
        if tables.living_by_buyer.contains_key(&(entry.buyer, entry.event)) {
            return Err(self.broken(doing, "the buyer is on the list already"));
        }
        if tables.list.contains_key(&(entry.event, entry.number)) {
            return Err(self.broken(doing, "the number was given before"));
        }
        self.add(entry.clone(), doing)
    }

    async fn save_entries(&mut self, entries: &[WaitlistEntry]) -> Result<(), StoreError> {
        for entry in entries {
            self.save(entry.clone(), "saving an entry")?;
        }
        Ok(())
    }

    async fn save_rules(&mut self, event: EventId, rules: Rules) -> Result<(), StoreError> {
        if self.state().get::<Event>(&event).is_none() {
            return Err(self.broken("saving the rules of a list", "there is no such event"));
        }
        self.put(KeptRules { event, rules });
        Ok(())
    }
}
