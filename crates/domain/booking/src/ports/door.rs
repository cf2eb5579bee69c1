//! The door, where many scans are looked at together.

use crate::{Scan, Ticket, Verdict};
use async_trait::async_trait;
use kernel::{AccountId, AuditTx, EventId, Page, PageRequest, StoreError, TicketId, TicketTypeId, Timestamp};

/// How many there are of one ticket type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeCount {
    /// Of which.
    pub ticket_type: TicketTypeId,
    /// Living tickets.
    pub tickets: u32,
    /// Those that have admitted.
    pub checked_in: u32,
    /// People who are inside now, those with dead tickets included.
    pub inside: u32,
}

/// Who passed within a quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quarter {
    /// Its first instant, by the UTC clock.
    pub from: Timestamp,
    /// Who went in.
    pub entered: u32,
    /// Who went out.
    pub left: u32,
}

/// What happened at the door of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DoorCounts {
    /// Per ticket type of which there are tickets, in the order of their ids.
    pub types: Vec<TypeCount>,
    /// Scans that let nobody pass, by their verdict, in the order of the words.
    pub refused: Vec<(Verdict, u32)>,
    /// Scans whose verdict was overruled.
    pub forced: u32,
    /// Scans that were made without a network.
    pub offline: u32,
    /// Scans with a flag.
    pub conflicts: u32,
    /// The latest [`DoorCounts::QUARTERS`] in which anybody passed, the earliest first.
    pub quarters: Vec<Quarter>,
}

impl DoorCounts {
    /// Most quarters of an hour that are counted: two days.
    pub const QUARTERS: usize = 192;
    /// Seconds of a quarter of an hour.
    pub const QUARTER_SECONDS: i64 = 900;
}

/// Reads of the door.
#[async_trait]
pub trait DoorReads: Send + Sync {
    /// Up to `limit` tickets of an event after this one, whatever became of them, in the order of their ids.
    async fn tickets_of_event(
        &self,
        event: EventId,
        after: Option<TicketId>,
        limit: u32,
    ) -> Result<Vec<Ticket>, StoreError>;
    /// What happened at the door of an event.
    async fn door_counts(&self, event: EventId) -> Result<DoorCounts, StoreError>;
    /// Flagged scans at the door of an event, the latest first; the cursor is `(at, id)`.
    async fn conflicts(&self, event: EventId, page: PageRequest) -> Result<Page<Scan>, StoreError>;
}

/// Scans that are told together.
#[async_trait]
pub trait SyncTx: AuditTx {
    /// Tickets by id, in the order of their ids; unknown ones are left out. Other transactions wait for them until we
    /// end.
    async fn lock_tickets_named(&mut self, ids: &[TicketId]) -> Result<Vec<Ticket>, StoreError>;
    /// The scans that this scanner named so, in no order.
    async fn scans_by_nonces(
        &mut self,
        scanner: AccountId,
        nonces: &[String],
    ) -> Result<Vec<Scan>, StoreError>;
    /// Keeps scans; how many of them were new. One whose nonce its scanner used before is not written.
    async fn add_scans(&mut self, scans: &[Scan]) -> Result<usize, StoreError>;
    /// All scans of these tickets, in no order.
    async fn scans_of_tickets(&mut self, ids: &[TicketId]) -> Result<Vec<Scan>, StoreError>;
    /// Writes the flags of scans; nothing else of them changes.
    async fn flag_scans(&mut self, scans: &[Scan]) -> Result<(), StoreError>;
}
