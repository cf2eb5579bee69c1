//! What is known of things that happen outside: at providers, and in the mail.

use crate::{Delivery, Look, Provider, Scan, Till};
use async_trait::async_trait;
use kernel::{BookingId, DisputeId, PaymentId, StoreError, Timestamp, Transaction};

/// Reads; they see what was committed.
#[async_trait]
pub trait OutsideReads: Send + Sync {
    /// Which attempt a provider's charge is, with its booking.
    async fn payment_of_charge(
        &self,
        provider: Provider,
        charge: &str,
    ) -> Result<Option<(BookingId, PaymentId)>, StoreError>;
    /// Which booking a dispute belongs to.
    async fn booking_of_dispute(&self, id: DisputeId) -> Result<Option<BookingId>, StoreError>;
    /// When each provider last told us anything that we believed; those that never did are left out.
    async fn last_notices(&self) -> Result<Vec<(Provider, Timestamp)>, StoreError>;
    /// Every scan of a booking's tickets, the earliest first.
    async fn scans_of_booking(&self, id: BookingId) -> Result<Vec<Scan>, StoreError>;
    /// The mails about a booking that a mail server took, the earliest first.
    async fn deliveries_of_booking(&self, id: BookingId) -> Result<Vec<Delivery>, StoreError>;
}

/// Writes.
#[async_trait]
pub trait OutsideTx: Transaction {
    /// Takes the next look at an account, unless somebody looked after `due`: only one of those who ask at once gets
    /// it. The look as it was, with `looked_at` now.
    async fn claim_look(
        &mut self,
        till: &Till,
        now: Timestamp,
        due: Timestamp,
    ) -> Result<Option<Look>, StoreError>;
    /// Everything at this account up to `until` has been seen. An earlier instant than before changes nothing.
    async fn end_look(&mut self, till: &Till, until: Timestamp) -> Result<(), StoreError>;
    /// Keeps that a mail server took a mail; `false` when it is known.
    async fn add_delivery(&mut self, delivery: &Delivery) -> Result<bool, StoreError>;
}
