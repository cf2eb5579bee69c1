//! Seats and who has them.

use crate::{Claim, SeatPlan};
use async_trait::async_trait;
use kernel::{AuditTx, EventId, SeatId, SectionId, StoreError};

/// Seats in a transaction; the sale is locked. Claims are written by [`crate::SaleTx::save_sales`]: first those that
/// are released go, each only if it is still the claim of the hold that is named; then those that are taken come, each
/// only where there is none, one of the same hold, or one that ended before. Anything else fails the transaction.
#[async_trait]
pub trait SeatTx: AuditTx {
    /// Where the seats of an event stand now; `None` when its places are no seats.
    async fn seat_plan(&mut self, event: EventId) -> Result<Option<SeatPlan>, StoreError>;
    /// The claims on these seats and in these sections, ended ones too, each once, in no order.
    async fn seat_claims(
        &mut self,
        seats: &[(EventId, SeatId)],
        sections: &[(EventId, SectionId)],
    ) -> Result<Vec<(EventId, Claim)>, StoreError>;
}

/// Seats as they were committed.
#[async_trait]
pub trait SeatReads: Send + Sync {
    /// All claims on seats of an event, or of one section of it, ended ones too, in no order.
    async fn claimed_seats(
        &self,
        event: EventId,
        section: Option<SectionId>,
    ) -> Result<Vec<Claim>, StoreError>;
}
