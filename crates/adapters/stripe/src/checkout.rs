//! The Checkout Session that an order asks for.

use crate::amount::to_stripe;
use booking::{CheckoutOrder, ProviderError};
use chrono::TimeDelta;
use kernel::Timestamp;
use std::collections::HashMap;
use stripe_checkout::CheckoutSessionMode;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionPaymentIntentData, ProductData,
};

/// The shortest life of a session, from the attempt's beginning. Stripe wants thirty minutes from the moment it
/// creates the session; the rest lets an attempt whose first call never arrived be repeated for a while.
const AT_LEAST: TimeDelta = TimeDelta::minutes(60);
/// The longest: Stripe takes no session that lives for more than a day.
const AT_MOST: TimeDelta = TimeDelta::minutes(23 * 60 + 30);

/// The metadata field by which webhooks name the attempt.
pub(crate) const PAYMENT: &str = "payment_id";

pub(crate) fn request(order: &CheckoutOrder, now: Timestamp) -> Result<CreateCheckoutSession, ProviderError> {
    let price = CreateCheckoutSessionLineItemsPriceData {
        currency: order.amount.currency().code().to_ascii_lowercase().parse().map_err(crate::unreadable)?,
        product: None,
        product_data: Some(ProductData::new(&order.description)),
        recurring: None,
        tax_behavior: None,
        unit_amount: Some(to_stripe(order.amount)?),
        unit_amount_decimal: None,
    };
    let mut item = CreateCheckoutSessionLineItems::new();
    item.price_data = Some(price);
    item.quantity = Some(1);
    let metadata = HashMap::from([
        (PAYMENT.to_owned(), order.payment.to_string()),
        ("booking_id".to_owned(), order.booking.to_string()),
    ]);
    let mut intent = CreateCheckoutSessionPaymentIntentData::new();
    intent.description = Some(format!("{} {}", order.reference, order.description));
    intent.metadata = Some(metadata.clone());
    Ok(CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .line_items([item])
        .client_reference_id(order.booking.to_string())
        .metadata(metadata)
        .payment_intent_data(intent)
        .expires_at(expires_at(order, now).timestamp())
        .success_url(&order.return_url)
        .cancel_url(&order.cancel_url))
}

/// When the session shall end by itself. It follows from the order alone (the attempt's id holds its beginning),
/// because a repeat must be the same request to the last parameter.
fn expires_at(order: &CheckoutOrder, now: Timestamp) -> Timestamp {
    let began = order.payment.as_uuid().get_timestamp().and_then(|began| {
        let (seconds, _) = began.to_unix();
        Timestamp::from_timestamp(i64::try_from(seconds).ok()?, 0)
    });
    let began = began.unwrap_or(now);
    order.expires_at.clamp(began + AT_LEAST, began + AT_MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{BookingId, Money, PaymentId};
    use stripe::StripeRequest;

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn order(expires_in: TimeDelta) -> CheckoutOrder {
        CheckoutOrder {
            payment: PaymentId::generate(noon()),
            booking: BookingId::generate(noon()),
            reference: "K7QX2M".into(),
            description: "Two tickets & a cloakroom".into(),
            amount: Money::eur(5_000),
            return_url: "https://tickets.example/back?x=1".into(),
            cancel_url: "https://tickets.example/cancel".into(),
            expires_at: noon() + expires_in,
        }
    }

    #[test]
    fn a_session_lives_as_long_as_stripe_allows_and_the_order_wants() {
        for (wanted, given) in [(10, 60), (60, 60), (90, 90), (100 * 60, 23 * 60 + 30)] {
            let order = order(TimeDelta::minutes(wanted));
            assert_eq!(expires_at(&order, noon()), noon() + TimeDelta::minutes(given), "{wanted}");
        }
    }

    #[test]
    fn a_repeat_asks_for_the_same_end_whenever_it_comes() {
        let order = order(TimeDelta::minutes(10));
        assert_eq!(expires_at(&order, noon()), expires_at(&order, noon() + TimeDelta::minutes(7)));
    }

    #[test]
    fn the_request_carries_our_ids_and_the_exact_amount() {
        let order = order(TimeDelta::minutes(10));
        let body = request(&order, noon()).unwrap().build().body.unwrap();
        for part in [
            "mode=payment".to_owned(),
            "[price_data][currency]=eur".to_owned(),
            "[price_data][unit_amount]=5000".to_owned(),
            "[quantity]=1".to_owned(),
            format!("client_reference_id={}", order.booking),
            format!("metadata[payment_id]={}", order.payment),
            format!("payment_intent_data[metadata][payment_id]={}", order.payment),
        ] {
            assert!(body.replace("%5B", "[").replace("%5D", "]").contains(&part), "{part} in {body}");
        }
    }
}
