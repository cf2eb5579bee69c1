//! Start another attempt to pay, also with another provider.

use super::{Bookings, Placed};
use crate::{PayRefusal, PaymentChoice, books};
use kernel::{AccountId, BookingId, Cause, StoreError, Who, transact};

/// Why there is no new attempt.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// The buyer has no such booking.
    #[error("there is no such booking")]
    UnknownBooking,
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] PayRefusal),
    /// No account takes money through this provider.
    #[error("this provider is not available")]
    ProviderNotAvailable,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Bookings {
    /// Starts another attempt and opens its checkout. Earlier attempts stay payable: what is paid twice goes back.
    ///
    /// # Errors
    /// A [`PayError`]; nothing has changed then.
    pub async fn pay(
        &self,
        buyer: AccountId,
        id: BookingId,
        choice: &PaymentChoice,
    ) -> Result<Placed, PayError> {
        let till = self.till(choice.provider).ok_or(PayError::ProviderNotAvailable)?;
        let now = self.clock.now();
        let terms = self.terms;
        let by = Cause { who: Who::Account(buyer), request: None };
        let seen = self.store.booking(id).await?.ok_or(PayError::UnknownBooking)?;
        if seen.buyer == buyer && !self.can_charge(&till, seen.total) {
            return Err(PayError::ProviderNotAvailable);
        }
        let event = seen.event;
        let starts_at = self.sale(event).await?.ok_or(PayError::UnknownBooking)?.starts_at;
        let (booking, payment) = transact(self.store.begin().await?, async |tx| {
            let booking = tx.lock_booking(id).await?.filter(|booking| booking.buyer == buyer);
            let mut booking = booking.ok_or(PayError::UnknownBooking)?;
            let before = booking.clone();
            let payment = booking.pay(choice, &till, now)?;
            booking.wait_for_transfer(choice.provider, starts_at, terms);
            books::keep(tx, Some(&before), &booking, &by, now).await?;
            Ok::<_, PayError>((booking, payment))
        })
        .await?;
        let booking = self.open_checkout(booking, payment).await;
        Ok(Placed { booking, tickets: Vec::new() })
    }
}
