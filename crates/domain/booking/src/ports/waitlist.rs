//! What is needed of a store for the waiting list.

use crate::waitlist::{Entry, EntryStatus, Free, Rules};
use async_trait::async_trait;
use kernel::{AccountId, EventId, Page, PageRequest, StoreError, TicketTypeId, Transaction, WaitlistEntryId};

/// A list in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListCounts {
    /// How many entries stand so; states that none is in may be left out.
    pub by_status: Vec<(EntryStatus, u64)>,
    /// Of those that expired or left, how many had been offered places.
    pub lapsed_offers: u64,
    /// Places that those who wait want, in all.
    pub wanted: u64,
    /// Half of those who were offered places waited no longer, in whole seconds.
    pub median_wait_seconds: Option<i64>,
}

/// Reads; they see what was committed.
#[async_trait]
pub trait WaitlistReads: Send + Sync {
    /// An entry.
    async fn entry(&self, id: WaitlistEntryId) -> Result<Option<Entry>, StoreError>;
    /// Somebody's last entry for an event, living or not.
    async fn last_entry(&self, event: EventId, buyer: AccountId) -> Result<Option<Entry>, StoreError>;
    /// Up to `limit` of somebody's entries that live, in the order of their events, after this one.
    async fn living_entries(
        &self,
        buyer: AccountId,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError>;
    /// Somebody's entries of all events, whatever became of them, the latest first; the cursor is `(joined_at, id)`.
    async fn entries_of_buyer(&self, buyer: AccountId, page: PageRequest) -> Result<Page<Entry>, StoreError>;
    /// How many wait who joined before this number.
    async fn waiting_before(&self, event: EventId, number: u64) -> Result<u64, StoreError>;
    /// The entries of an event in their order; the cursor is `(joined_at, id)`.
    async fn entries_of_event(&self, event: EventId, page: PageRequest) -> Result<Page<Entry>, StoreError>;
    /// The list in numbers.
    async fn count_entries(&self, event: EventId) -> Result<ListCounts, StoreError>;
    /// Up to `limit` events for which somebody waits, after this one by id.
    async fn events_waited_for(&self, after: Option<EventId>, limit: u32)
    -> Result<Vec<EventId>, StoreError>;
}

/// Writes. The sale is locked.
#[async_trait]
pub trait WaitlistTx: Transaction {
    /// Of each of these events up to `limit` who wait, in their order, after this number, and whom something of what is
    /// free of it fits.
    async fn waiting(
        &mut self,
        lists: &[(EventId, &[Free])],
        after: u64,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError>;
    /// Those types of what is free that fit somebody who waits.
    async fn wanted(&mut self, event: EventId, free: &[Free]) -> Result<Vec<TicketTypeId>, StoreError>;
    /// Places that those who wait behind this number wish of what is free and fits them, by type: an entry that several
    /// types fit counts with each.
    async fn wished(
        &mut self,
        event: EventId,
        free: &[Free],
        after: u64,
    ) -> Result<Vec<(TicketTypeId, u64)>, StoreError>;
    /// Up to `limit` who wait and named types none of which is among these.
    async fn waiting_in_vain(
        &mut self,
        event: EventId,
        known: &[TicketTypeId],
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError>;
    /// Up to `limit` who wait, in their order, whatever they want.
    async fn all_waiting(&mut self, event: EventId, limit: u32) -> Result<Vec<Entry>, StoreError>;
    /// Up to `limit` who were offered places, in their order.
    async fn all_offered(&mut self, event: EventId, limit: u32) -> Result<Vec<Entry>, StoreError>;
    /// Somebody's living entry for an event.
    async fn living_entry(&mut self, event: EventId, buyer: AccountId) -> Result<Option<Entry>, StoreError>;
    /// Entries by id; unknown ones are left out.
    async fn entries(&mut self, ids: &[WaitlistEntryId]) -> Result<Vec<Entry>, StoreError>;
    /// The highest number that was given on this list; zero when there was none.
    async fn last_number(&mut self, event: EventId) -> Result<u64, StoreError>;
    /// Writes a new entry. Of a buyer and event only one is stored that lives.
    async fn add_entry(&mut self, entry: &Entry) -> Result<(), StoreError>;
    /// Writes what may change of entries: status, hold and instants.
    async fn save_entries(&mut self, entries: &[Entry]) -> Result<(), StoreError>;
    /// Writes how the event's list and return desk are run.
    async fn save_rules(&mut self, event: EventId, rules: Rules) -> Result<(), StoreError>;
}
