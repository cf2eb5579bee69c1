//! Orders v2: create, show, capture. Only the fields that we read; the rest may change.
//!
//! Source: <https://developer.paypal.com/docs/api/orders/v2/>.

use crate::amount::Amount;
use crate::failure::Failure;
use crate::refunds::Refund;
use booking::{CheckoutOrder, ProviderError, ToldRefund};
use kernel::RefundId;
use paypal_rs::endpoint::Endpoint;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The longest description, which PayPal counts in bytes of its own choosing; an invoice id has the same limit.
const LONGEST: usize = 127;

/// `POST /v2/checkout/orders`.
pub(crate) struct CreateOrder(NewOrder);

#[derive(Clone, Serialize)]
pub(crate) struct NewOrder {
    intent: &'static str,
    purchase_units: [NewUnit; 1],
    payment_source: NewSource,
}

#[derive(Clone, Serialize)]
struct NewUnit {
    /// Our attempt; every capture of the order carries it.
    custom_id: String,
    invoice_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    amount: Amount,
}

#[derive(Clone, Serialize)]
struct NewSource {
    paypal: NewWallet,
}

#[derive(Clone, Serialize)]
struct NewWallet {
    experience_context: Experience,
}

#[derive(Clone, Serialize)]
struct Experience {
    return_url: String,
    cancel_url: String,
    user_action: &'static str,
    shipping_preference: &'static str,
}

impl CreateOrder {
    pub(crate) fn new(order: &CheckoutOrder) -> Result<Self, ProviderError> {
        let experience_context = Experience {
            return_url: order.return_url.clone(),
            cancel_url: order.cancel_url.clone(),
            user_action: "PAY_NOW",
            shipping_preference: "NO_SHIPPING",
        };
        let unit = NewUnit {
            custom_id: order.payment.to_string(),
            invoice_id: invoice_id(order),
            description: cut(&order.description, LONGEST).to_owned(),
            amount: Amount::of(order.amount)?,
        };
        let payment_source = NewSource { paypal: NewWallet { experience_context } };
        Ok(Self(NewOrder { intent: "CAPTURE", purchase_units: [unit], payment_source }))
    }
}

/// The booking's name with the random end of the attempt's id: PayPal refuses an invoice id that was paid before.
fn invoice_id(order: &CheckoutOrder) -> String {
    let attempt = order.payment.as_uuid().simple().to_string();
    let attempt = attempt.get(20..).unwrap_or_default();
    format!("{}-{attempt}", cut(&order.reference, LONGEST - 13))
}

/// At most so many bytes, and no half characters.
fn cut(text: &str, longest: usize) -> &str {
    let end = (0..=longest.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

impl Endpoint for CreateOrder {
    type Query = ();
    type Body = NewOrder;
    type Response = Order;

    fn relative_path(&self) -> Cow<'_, str> {
        "/v2/checkout/orders".into()
    }

    fn method(&self) -> Method {
        Method::POST
    }

    fn body(&self) -> Option<NewOrder> {
        Some(self.0.clone())
    }
}

/// `GET /v2/checkout/orders/{id}`.
pub(crate) struct ShowOrder<'a>(pub(crate) &'a str);

impl Endpoint for ShowOrder<'_> {
    type Query = ();
    type Body = ();
    type Response = Order;

    fn relative_path(&self) -> Cow<'_, str> {
        format!("/v2/checkout/orders/{}", self.0).into()
    }

    fn method(&self) -> Method {
        Method::GET
    }
}

/// `POST /v2/checkout/orders/{id}/capture`.
pub(crate) struct CaptureOrder<'a>(pub(crate) &'a str);

/// `{}`
#[derive(Serialize)]
pub(crate) struct Nothing {}

impl Endpoint for CaptureOrder<'_> {
    type Query = ();
    type Body = Nothing;
    type Response = Order;

    fn relative_path(&self) -> Cow<'_, str> {
        format!("/v2/checkout/orders/{}/capture", self.0).into()
    }

    fn method(&self) -> Method {
        Method::POST
    }

    fn body(&self) -> Option<Nothing> {
        Some(Nothing {})
    }
}

/// An id that may stand in a path.
pub(crate) fn segment(id: &str) -> Result<&str, Failure> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let good = !id.is_empty() && id.bytes().all(plain);
    if good { Ok(id) } else { Err(Failure::Impossible("MALFORMED_ID")) }
}

/// An order as it stands.
#[derive(Debug, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) purchase_units: Vec<Unit>,
    #[serde(default)]
    links: Vec<Link>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Unit {
    pub(crate) custom_id: Option<String>,
    #[serde(default)]
    pub(crate) payments: Payments,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Payments {
    pub(crate) captures: Vec<Capture>,
    refunds: Vec<Refund>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Capture {
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) amount: Option<Amount>,
}

/// Where to go from an object.
#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    pub(crate) href: String,
    pub(crate) rel: String,
}

impl Order {
    /// Where the buyer approves it: `payer-action` for orders with a payment source, `approve` for older ones.
    pub(crate) fn approval(&self) -> Option<&str> {
        let link = |rel: &str| self.links.iter().find(|link| link.rel == rel);
        link("payer-action").or_else(|| link("approve")).map(|link| link.href.as_str())
    }

    pub(crate) fn waits_for_approval(&self) -> bool {
        matches!(self.status.as_str(), "CREATED" | "SAVED" | "PAYER_ACTION_REQUIRED")
    }

    /// The refunds of one of its captures.
    ///
    /// # Errors
    /// [`ProviderError::Uncertain`] for one that cannot be read.
    pub(crate) fn refunds_of(&self, charge: &str) -> Result<Vec<ToldRefund>, ProviderError> {
        let refunds = self.purchase_units.iter().flat_map(|unit| &unit.payments.refunds);
        refunds.filter(|refund| refund.capture() == Some(charge)).map(|refund| refund.told(charge)).collect()
    }

    /// The refund that carries our id.
    pub(crate) fn refund(&self, id: RefundId) -> Option<&Refund> {
        let mut refunds = self.purchase_units.iter().flat_map(|unit| &unit.payments.refunds);
        refunds.find(|refund| refund.ours() == Some(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{BookingId, Money, PaymentId, Timestamp};

    fn order(reference: &str, description: &str) -> CheckoutOrder {
        let noon: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        CheckoutOrder {
            payment: PaymentId::generate(noon),
            booking: BookingId::generate(noon),
            reference: reference.into(),
            description: description.into(),
            amount: Money::eur(2_500),
            return_url: "https://tickets.example/back".into(),
            cancel_url: "https://tickets.example/cancel".into(),
            expires_at: noon,
        }
    }

    #[test]
    fn attempts_of_one_booking_have_different_invoice_ids() {
        let (first, second) = (order("K7QX2M", ""), order("K7QX2M", ""));
        assert_ne!(invoice_id(&first), invoice_id(&second));
        assert_eq!(invoice_id(&first), invoice_id(&first));
        assert!(invoice_id(&first).starts_with("K7QX2M-"));
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let order = order(&"K".repeat(200), &"ä".repeat(100));
        assert_eq!(invoice_id(&order).len(), LONGEST);
        let CreateOrder(body) = CreateOrder::new(&order).unwrap();
        assert_eq!(body.purchase_units[0].description, "ä".repeat(63));
    }

    #[test]
    fn an_empty_description_is_left_out() {
        let body = serde_json::to_value(CreateOrder::new(&order("K7QX2M", "")).unwrap().0).unwrap();
        assert_eq!(body["purchase_units"][0].get("description"), None);
        assert_eq!(body["purchase_units"][0]["amount"]["value"], "25.00");
    }

    #[test]
    fn an_id_never_leads_to_another_path() {
        for bad in ["", "a/b", "..", "a?b", "a%2fb", "a b"] {
            assert!(segment(bad).is_err(), "{bad}");
        }
        assert_eq!(segment("5O190127TN364715T").unwrap(), "5O190127TN364715T");
    }
}
