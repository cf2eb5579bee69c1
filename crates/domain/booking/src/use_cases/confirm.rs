//! Turn a hold into a booking and, when something is to be paid, open the checkout.

use super::Bookings;
use crate::round::{Answer, Ask};
use crate::{Attendee, Booking, ConfirmRefusal, Confirmation, PaymentChoice, Ticket};
use kernel::{AccountId, HoldId, StoreError};

/// What a buyer sends.
#[derive(Debug, Clone)]
pub struct ConfirmRequest {
    /// Who.
    pub buyer: AccountId,
    /// Which hold.
    pub hold: HoldId,
    /// How to pay; `None` when there is nothing to pay.
    pub payment: Option<PaymentChoice>,
    /// Who is to come.
    pub attendees: Vec<Attendee>,
}

/// A booking with its tickets, if there are any yet.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The booking.
    pub booking: Booking,
    /// Its tickets.
    pub tickets: Vec<Ticket>,
}

/// Why there is no booking.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] ConfirmRefusal),
    /// No account takes money through this provider.
    #[error("this provider is not available")]
    ProviderNotAvailable,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Bookings {
    /// Makes a booking of a hold. Asked twice for the same hold, it answers with the same booking.
    ///
    /// A provider that does not answer fails nobody's booking: it stays pending, without a checkout URL, and the
    /// worker asks again until the buyer's time is over.
    ///
    /// # Errors
    /// A [`ConfirmError`]; the hold is then as it was.
    pub async fn confirm(&self, request: ConfirmRequest) -> Result<Placed, ConfirmError> {
        let ConfirmRequest { buyer, hold, payment, attendees } = request;
        let payment = match payment {
            Some(choice) => {
                let till = self.till(choice.provider).ok_or(ConfirmError::ProviderNotAvailable)?;
                let held = self.store.hold(hold).await?;
                if held.is_some_and(|held| !held.total.is_zero() && !self.can_charge(&till, held.total)) {
                    return Err(ConfirmError::ProviderNotAvailable);
                }
                Some((choice, till))
            }
            None => None,
        };
        let event = self.event_of(hold).await?;
        let asked = Confirmation { buyer, hold, payment, attendees };
        let confirmed = match self.ask(event, Ask::Confirm(asked)).await? {
            Answer::Confirm(answer) => answer?,
            Answer::Hold(_) | Answer::Release(_) => {
                return Err(StoreError::Broken { doing: "answering a confirmation", cause: None }.into());
            }
        };
        if confirmed.repeated {
            let tickets = self.store.tickets_of_bookings(&[confirmed.booking.id]).await?;
            return Ok(Placed { booking: confirmed.booking, tickets });
        }
        self.forget(hold);
        let booking = match confirmed.booking.payments.first().map(|payment| payment.id) {
            Some(payment) => self.open_checkout(confirmed.booking, payment).await,
            None => confirmed.booking,
        };
        Ok(Placed { booking, tickets: confirmed.tickets })
    }
}
