//! Where a Checkout Session stands.

use crate::amount::from_stripe;
use crate::failure::unreadable;
use booking::{Charge, ProviderError, Standing};
use stripe_checkout::{CheckoutSession, CheckoutSessionPaymentStatus, CheckoutSessionStatus};
use stripe_core::PaymentIntentStatus;

/// Reads a session with its payment intent expanded.
///
/// # Errors
/// [`ProviderError::Uncertain`] for a session that contradicts itself.
pub(crate) fn of(session: &CheckoutSession) -> Result<Standing, ProviderError> {
    if session.payment_status == CheckoutSessionPaymentStatus::Paid {
        return charge(session)
            .map(Standing::Paid)
            .ok_or_else(|| unreadable("a paid session without its charge"));
    }
    let intent = session.payment_intent.as_ref().and_then(|intent| intent.as_object());
    match &session.status {
        Some(CheckoutSessionStatus::Expired) => Ok(Standing::Closed),
        Some(CheckoutSessionStatus::Open) => {
            let declined = intent.is_some_and(|intent| intent.last_payment_error.is_some());
            Ok(if declined { Standing::Declined } else { Standing::Open })
        }
        // Completed, but paid by a method that takes days: the session is over, the intent tells the rest.
        Some(CheckoutSessionStatus::Complete) => Ok(match intent.map(|intent| &intent.status) {
            Some(PaymentIntentStatus::RequiresPaymentMethod | PaymentIntentStatus::Canceled) => {
                Standing::Failed
            }
            _ => Standing::Processing,
        }),
        _ => Err(unreadable("a session in an unknown state")),
    }
}

fn charge(session: &CheckoutSession) -> Option<Charge> {
    let amount = from_stripe(session.amount_total?, &session.currency.as_ref()?.to_string())?;
    let reference = session.payment_intent.as_ref()?.id().to_string();
    Some(Charge { reference, amount, live: session.livemode })
}
