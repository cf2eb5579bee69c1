//! What is needed of a store for the figures.

use crate::figures::{
    By, Counts, DayFigures, EventFigures, Facts, FlowFilter, Guests, LocalDay, Look, StandingFilter, Sum,
};
use async_trait::async_trait;
use kernel::{EventId, OrganisationId, StoreError, Timestamp, Transaction};

/// Reads: of what there is to count, and of what was counted. They see what was committed.
#[async_trait]
pub trait FiguresStore: Send + Sync {
    /// Dropping the transaction undoes it; see [`kernel::transact`]. It touches nothing that a sale waits for.
    async fn begin_figures(&self) -> Result<Box<dyn FiguresTx>, StoreError>;
    /// In which hours (their first instants, in UTC) entries were posted or tickets issued from this instant on, and of
    /// which events; in no order.
    async fn touched(&self, since: Timestamp) -> Result<Vec<(EventId, Timestamp)>, StoreError>;
    /// The same hours of one event, from its beginning.
    async fn hours(&self, event: EventId) -> Result<Vec<Timestamp>, StoreError>;
    /// What happened to an event within a span, first instant included and last not.
    async fn facts(&self, event: EventId, span: (Timestamp, Timestamp)) -> Result<Facts, StoreError>;
    /// What there is now of these events, in no order; one of which there is nothing may be left out.
    async fn counts(&self, events: &[EventId]) -> Result<Vec<(EventId, Counts)>, StoreError>;
    /// The people who hold living tickets of an event, each with what they hold of other events of its organisation that
    /// began before this instant. Equal ones may come together, and so may equal tickets of one of them.
    async fn guests(
        &self,
        event: EventId,
        organisation: OrganisationId,
        before: Timestamp,
    ) -> Result<Vec<Guests>, StoreError>;
    /// Up to `limit` events that are not over by this instant, those first that end first.
    async fn open_events(&self, at: Timestamp, limit: u32) -> Result<Vec<EventId>, StoreError>;
    /// Up to `limit` events after this one, in the order of their ids.
    async fn events_after(&self, after: Option<EventId>, limit: u32) -> Result<Vec<EventId>, StoreError>;
    /// How far it was counted.
    async fn figures_look(&self) -> Result<Look, StoreError>;
    /// What is kept of an event's days, of all or of these, in their order; days on which nothing happened are left
    /// out.
    async fn days(&self, event: EventId, days: Option<&[LocalDay]>) -> Result<Vec<DayFigures>, StoreError>;
    /// How these events stand, in the order of their ids; one of which nothing was counted yet is left out.
    async fn standings(&self, filter: &StandingFilter) -> Result<Vec<EventFigures>, StoreError>;
    /// What the days come to, by [`Sum::key`]. What is nothing is left out.
    async fn sums(&self, filter: &FlowFilter, by: By) -> Result<Vec<Sum>, StoreError>;
}

/// Writes.
#[async_trait]
pub trait FiguresTx: Transaction {
    /// How far it was counted; whoever else counts waits until we end.
    async fn lock_look(&mut self) -> Result<Look, StoreError>;
    /// Writes how far; it is locked.
    async fn save_look(&mut self, look: &Look) -> Result<(), StoreError>;
    /// Writes days in the place of what is kept of them; one without rows is then kept no more.
    async fn save_days(&mut self, days: &[DayFigures]) -> Result<(), StoreError>;
    /// Forgets all days of an event.
    async fn drop_days(&mut self, event: EventId) -> Result<(), StoreError>;
    /// Writes how events stand. One that is gone is left out.
    async fn save_standings(&mut self, standings: &[EventFigures]) -> Result<(), StoreError>;
}
