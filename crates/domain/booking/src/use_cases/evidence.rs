//! What can be shown to a bank: everything we know of a disputed booking.

use super::Bookings;
use crate::{Booking, Delivery, Dispute, Scan, Ticket};
use kernel::{BookingId, DisputeId, EffectId, StoreError, transact};

/// What is known of a booking one of whose charges is disputed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The dispute.
    pub dispute: Dispute,
    /// The booking with its payments, refunds and terms.
    pub booking: Booking,
    /// Its tickets.
    pub tickets: Vec<Ticket>,
    /// What became of them at the door, the earliest first.
    pub scans: Vec<Scan>,
    /// What was mailed about it, the earliest first.
    pub deliveries: Vec<Delivery>,
}

impl Bookings {
    /// Gathers the evidence for a dispute; `None` when there is no such dispute.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn evidence(&self, id: DisputeId) -> Result<Option<Evidence>, StoreError> {
        let Some(owner) = self.store.booking_of_dispute(id).await? else { return Ok(None) };
        let Some(booking) = self.store.booking(owner).await? else { return Ok(None) };
        let Some(dispute) = booking.dispute(id).cloned() else { return Ok(None) };
        let tickets = self.store.tickets_of_bookings(&[owner]).await?;
        let scans = self.store.scans_of_booking(owner).await?;
        let deliveries = self.store.deliveries_of_booking(owner).await?;
        Ok(Some(Evidence { dispute, booking, tickets, scans, deliveries }))
    }

    /// Keeps that a mail server took a mail about a booking. Said twice of one effect, it is kept once.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn delivered(
        &self,
        effect: EffectId,
        booking: BookingId,
        what: &str,
    ) -> Result<(), StoreError> {
        let delivery = Delivery { effect, booking, what: what.to_owned(), at: self.clock.now() };
        transact(self.store.begin().await?, async |tx| {
            tx.add_delivery(&delivery).await?;
            Ok::<_, StoreError>(())
        })
        .await
    }
}
