//! Money that no provider tells us of: a bank transfer that somebody finds on a statement, cash at the door. Whoever
//! sees it says so, and then it counts by the same rules as any other.

use crate::settlement::{Settled, confirmed, settle};
use crate::{
    Booking, BookingStatus, Charge, Holdings, IncidentKind, Payment, PaymentChoice, PaymentStatus, Provider,
    Sale, Standing, Till,
};
use kernel::{Money, PaymentId, Timestamp};

/// The one account that money by hand goes to.
pub const ACCOUNT: &str = "main";

/// So many times the price is the most that is believed to have come: more is a slip of the pen, and what is in the
/// ledger stays there.
const MOST_TIMES: u32 = 10;

/// Money that somebody has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// How it came.
    pub provider: Provider,
    /// How much; the whole total when absent.
    pub amount: Option<Money>,
    /// It came although the booking had been paid: it is to go back.
    pub again: bool,
}

/// Why money was not taken for paid; nothing has changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MarkRefusal {
    /// The provider itself says what was paid through it.
    #[error("this provider tells itself what was paid")]
    NotByHand,
    /// It costs nothing.
    #[error("there is nothing to pay")]
    NothingToPay,
    /// Nothing was received, something in another currency, or many times the price.
    #[error("this is not an amount for this booking")]
    WrongAmount,
    /// It is paid; more money goes back, and only if it is said to have come again.
    #[error("this booking is paid")]
    AlreadyPaid,
}

/// Why a person cannot take a charge as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AcceptRefusal {
    /// Only another amount in the same currency can be accepted, of which nothing has gone back, for a booking that
    /// was not paid otherwise.
    #[error("this charge cannot be taken as it came")]
    NotAcceptable,
    /// The booking was given up and its places are gone.
    #[error("the places are gone")]
    NoPlaces,
}

/// The account of a way to pay by hand.
#[must_use]
pub fn till(provider: Provider) -> Option<Till> {
    provider.is_by_hand().then(|| Till { provider, account: ACCOUNT.to_owned(), live: true })
}

/// Takes money for received: for the open attempt of this kind, or for a new one.
///
/// # Errors
/// A [`MarkRefusal`].
pub fn mark_paid(
    booking: &mut Booking,
    sale: &mut Sale,
    receipt: Receipt,
    already: &Holdings,
    now: Timestamp,
) -> Result<(PaymentId, Settled), MarkRefusal> {
    let till = till(receipt.provider).ok_or(MarkRefusal::NotByHand)?;
    if booking.total.is_zero() {
        return Err(MarkRefusal::NothingToPay);
    }
    let amount = receipt.amount.unwrap_or(booking.total);
    let most = booking.total.times(MOST_TIMES);
    if amount.is_zero() || most.and_then(|most| most.minus(amount)).is_none() {
        return Err(MarkRefusal::WrongAmount);
    }
    if booking.paid_by.is_some() && !receipt.again {
        return Err(MarkRefusal::AlreadyPaid);
    }
    let open = |payment: &&Payment| payment.provider == receipt.provider && payment.charge.is_none();
    let known = booking.payments.iter().find(open).map(|payment| payment.id);
    let id = known.unwrap_or_else(|| {
        let choice = PaymentChoice { provider: receipt.provider, success_url: None, cancel_url: None };
        booking.attempt(&choice, &till, now)
    });
    let charge = Charge { reference: id.to_string(), amount, live: till.live };
    Ok((id, settle(booking, sale, id, (&Standing::Paid(charge), already), now)))
}

/// Takes a charge of another amount than asked for as it came: the booking is paid, at what was paid.
///
/// # Errors
/// An [`AcceptRefusal`].
pub fn accept(
    booking: &mut Booking,
    sale: &mut Sale,
    id: PaymentId,
    already: &Holdings,
    now: Timestamp,
) -> Result<Settled, AcceptRefusal> {
    let wrong_amount = Some(IncidentKind::WrongAmount.as_str());
    let payment = booking.payment(id).ok_or(AcceptRefusal::NotAcceptable)?;
    let whole = payment.paid == Some(booking.refundable(id));
    let fits = payment.status == PaymentStatus::Mismatched && payment.problem.as_deref() == wrong_amount;
    if !fits || !whole {
        return Err(AcceptRefusal::NotAcceptable);
    }
    match booking.status {
        BookingStatus::PendingPayment => {}
        BookingStatus::Expired if sale.take_again(booking, already, now) => {}
        BookingStatus::Expired => return Err(AcceptRefusal::NoPlaces),
        BookingStatus::Confirmed | BookingStatus::Cancelled => return Err(AcceptRefusal::NotAcceptable),
    }
    if let Some(payment) = booking.payments.iter_mut().find(|payment| payment.id == id) {
        payment.status = PaymentStatus::Paid;
        payment.problem = None;
        payment.changed_at = now;
    }
    Ok(confirmed(booking, sale, id, now))
}

#[cfg(test)]
mod tests;
