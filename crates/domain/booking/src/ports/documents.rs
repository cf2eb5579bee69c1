//! What is needed of a store for receipts, invoices and credit notes.

use crate::{Document, DocumentKind};
use async_trait::async_trait;
use kernel::{
    AuditTx, BookingId, DocumentId, EventId, OrganisationId, Page, PageRequest, StoreError, Timestamp,
};

/// Which documents are wanted; what is `None` does not narrow, and all that is given has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DocumentFilter {
    /// Of one of these organisations; an empty list finds nothing.
    pub organisations: Option<Vec<OrganisationId>>,
    /// Of this event.
    pub event: Option<EventId>,
    /// Of this kind.
    pub kind: Option<DocumentKind>,
    /// With exactly this number.
    pub number: Option<String>,
    /// Issued then or later.
    pub from: Option<Timestamp>,
    /// Issued before.
    pub to: Option<Timestamp>,
}

/// Reads of what was committed.
#[async_trait]
pub trait DocumentStore: Send + Sync {
    /// A document.
    async fn document(&self, id: DocumentId) -> Result<Option<Document>, StoreError>;
    /// All documents of a booking, by `(issued_at, number.serial)`.
    async fn documents_of_booking(&self, booking: BookingId) -> Result<Vec<Document>, StoreError>;
    /// Documents by `(issued_at, id)`, the newest first.
    async fn documents(
        &self,
        filter: &DocumentFilter,
        page: PageRequest,
    ) -> Result<Page<Document>, StoreError>;
    /// Which of these were taken back by which documents: `(wrong, cancellation)`, in the order of the former.
    async fn taken_back(&self, ids: &[DocumentId]) -> Result<Vec<(DocumentId, DocumentId)>, StoreError>;
}

/// Documents are only ever added. The booking is locked first, then the numbers.
#[async_trait]
pub trait DocumentTx: AuditTx {
    /// All documents of a booking that we have locked, by `(issued_at, number.serial)`.
    async fn documents_of(&mut self, booking: BookingId) -> Result<Vec<Document>, StoreError>;
    /// The next serial number of an organisation in a year: 1, 2, 3, ... Other transactions wait for theirs until we
    /// end, and get this one if we are undone: there is no gap.
    async fn next_number(&mut self, organisation: OrganisationId, year: i32) -> Result<u64, StoreError>;
    /// Writes a document. No other has its origin, nor its number within the organisation.
    async fn add_document(&mut self, document: &Document) -> Result<(), StoreError>;
}
