//! Halls, and the seats of events.

use crate::{Seating, TemplateSummary, VenueTemplate};
use async_trait::async_trait;
use kernel::{AuditTx, EventId, OrganisationId, Page, PageRequest, SeatId, StoreError, VenueTemplateId};

/// Reads of halls and seats.
#[async_trait]
pub trait VenueStore: Send + Sync {
    /// A hall with its seats.
    async fn template(&self, id: VenueTemplateId) -> Result<Option<VenueTemplate>, StoreError>;
    /// Halls of these organisations or of all, the newest first; the cursor is `(created_at, id)`.
    async fn templates(
        &self,
        organisations: Option<&[OrganisationId]>,
        page: PageRequest,
    ) -> Result<Page<TemplateSummary>, StoreError>;
    /// The seats of an event.
    async fn seating(&self, event: EventId) -> Result<Option<Seating>, StoreError>;
    /// At which version they are.
    async fn seating_version(&self, event: EventId) -> Result<Option<u32>, StoreError>;
}

/// Writes of halls and seats. An event is locked before its hall.
#[async_trait]
pub trait VenueTx: AuditTx {
    /// Adds a hall; the organisation exists.
    async fn add_template(&mut self, template: &VenueTemplate) -> Result<(), StoreError>;
    /// A hall; other transactions wait for it until we end.
    async fn lock_template(&mut self, id: VenueTemplateId) -> Result<Option<VenueTemplate>, StoreError>;
    /// Writes name and sections of a locked hall.
    async fn save_template(&mut self, template: &VenueTemplate) -> Result<(), StoreError>;
    /// Removes a locked hall. `false`, and nothing removed, when an event was made of it.
    async fn delete_template(&mut self, id: VenueTemplateId) -> Result<bool, StoreError>;
    /// The seats of a locked event.
    async fn event_seating(&mut self, event: EventId) -> Result<Option<Seating>, StoreError>;
    /// Writes the seats of a locked event, whether it had some or not.
    async fn save_seating(&mut self, seating: &Seating) -> Result<(), StoreError>;
    /// Removes the seats of a locked event.
    async fn remove_seating(&mut self, event: EventId) -> Result<(), StoreError>;
    /// Those of these seats of a locked event on which there is a claim, ended ones too.
    async fn claimed_among(&mut self, event: EventId, seats: &[SeatId]) -> Result<Vec<SeatId>, StoreError>;
}
