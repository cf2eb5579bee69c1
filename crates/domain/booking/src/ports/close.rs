//! What is needed of a store for the daily close.

use crate::close::{Day, DayClose, DayStatus, DaySummary};
use crate::{Booking, Provider};
use async_trait::async_trait;
use kernel::{AuditTx, BookingId, Page, PageRequest, StoreError, Timestamp};

/// Reads; they see what was committed.
#[async_trait]
pub trait CloseStore: Send + Sync {
    /// The record of a day, if it was ever looked at.
    async fn day_close(&self, day: Day) -> Result<Option<DayClose>, StoreError>;
    /// Days that were looked at, the latest first; the cursor is the day's first instant.
    async fn day_closes(
        &self,
        status: Option<DayStatus>,
        page: PageRequest,
    ) -> Result<Page<DaySummary>, StoreError>;
    /// The bookings that these charges of a provider paid, in no order, each once.
    async fn bookings_of_charges(
        &self,
        provider: Provider,
        charges: &[String],
    ) -> Result<Vec<Booking>, StoreError>;
    /// Bookings of the charges of a span, first instant included and last not, in the order in which the charges came;
    /// one may come more than once.
    async fn charged_between(
        &self,
        span: (Timestamp, Timestamp),
        page: PageRequest,
    ) -> Result<Page<BookingId>, StoreError>;
    /// Bookings by their ids, in no order; unknown ones are left out.
    async fn bookings_by_id(&self, ids: &[BookingId]) -> Result<Vec<Booking>, StoreError>;
}

/// Writes.
#[async_trait]
pub trait CloseTx: AuditTx {
    /// The record of a day; whoever else wants this day waits until we end, also when there is no record yet.
    async fn lock_day(&mut self, day: Day) -> Result<Option<DayClose>, StoreError>;
    /// Writes the record of a locked day with all its tasks.
    async fn save_day(&mut self, close: &DayClose) -> Result<(), StoreError>;
    /// Takes the turn to look at a day, unless somebody took it after `due`: only one of those who ask at once gets
    /// it.
    async fn claim_day(&mut self, day: Day, now: Timestamp, due: Timestamp) -> Result<bool, StoreError>;
}
