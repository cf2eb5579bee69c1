//! What is needed of a store to tell people what is kept about them, beside what other reads have.

use crate::{Hold, Incident, Scan};
use async_trait::async_trait;
use kernel::{AccountId, BookingId, Page, PageRequest, StoreError, TicketId};

/// Reads; they see what was committed.
#[async_trait]
pub trait OwnReads: Send + Sync {
    /// A buyer's holds, living or not, the newest first; the cursor is `(created_at, id)`.
    async fn holds_of(&self, buyer: AccountId, page: PageRequest) -> Result<Page<Hold>, StoreError>;
    /// The scans that somebody made, the latest first; the cursor is `(at, id)`.
    async fn scans_by(&self, scanner: AccountId, page: PageRequest) -> Result<Page<Scan>, StoreError>;
    /// Every scan of these tickets, the earliest first, and then by id.
    async fn scans_of(&self, tickets: &[TicketId]) -> Result<Vec<Scan>, StoreError>;
    /// Every case of these bookings for a person, decided or not, by id.
    async fn incidents_of(&self, bookings: &[BookingId]) -> Result<Vec<Incident>, StoreError>;
}
