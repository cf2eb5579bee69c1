//! The one place where a booking that exists is written. Whoever changes a booking changes the domain type and hands
//! both states over; what the ledger owes for it is posted, what was done is recorded, others are told, and receipts and
//! credit notes that may be due by it are owed, in the same transaction.

mod acts;

pub use acts::acts;

use crate::document::owed;
use crate::{Booking, BookingTx, Effect, ledger, news};
use kernel::{Cause, Owed, StoreError, Timestamp};

/// Writes a booking that has changed, with all that follows from the change.
///
/// `before` is the booking as it was read under its lock; `None` posts everything that the ledger owes for it.
///
/// # Errors
/// The store could not answer.
pub async fn keep(
    tx: &mut dyn BookingTx,
    before: Option<&Booking>,
    after: &Booking,
    by: &Cause,
    now: Timestamp,
) -> Result<(), StoreError> {
    if before == Some(after) {
        return Ok(());
    }
    tx.save_booking(after).await?;
    tx.publish(&[news::changed(before, after, now)?]).await?;
    let entries = ledger::postings(before, after, now);
    if !entries.is_empty() {
        tx.post(&entries).await?;
    }
    let acts = acts(before, after, by, now);
    if !acts.is_empty() {
        tx.record(&acts).await?;
    }
    if owed::may_be_due(before, after) {
        let documents = Effect::IssueDocuments { booking: after.id };
        tx.enqueue_booking(&[Owed::now(documents, now)]).await?;
    }
    Ok(())
}
