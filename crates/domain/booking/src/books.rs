//! The one place where a booking that exists is written. Whoever changes a booking changes the domain type and hands
//! both states over; what the ledger owes for it is posted, and what was done is recorded, in the same transaction.

mod acts;

pub use acts::acts;

use crate::{Booking, BookingTx, ledger};
use kernel::{Cause, StoreError, Timestamp};

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
    let entries = ledger::postings(before, after, now);
    if !entries.is_empty() {
        tx.post(&entries).await?;
    }
    let acts = acts(before, after, by, now);
    if !acts.is_empty() {
        tx.record(&acts).await?;
    }
    Ok(())
}
