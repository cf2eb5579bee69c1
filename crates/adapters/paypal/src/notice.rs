//! Notices that PayPal has confirmed, read for the few fields that matter.
//!
//! Source: <https://developer.paypal.com/api/rest/webhooks/event-names/>.

use crate::dispute::Dispute;
use crate::orders::{Capture, Order};
use crate::refunds::Refund;
use crate::standing::charge;
use booking::{Notice, NoticeError, NoticeSubject, RefundStanding, Standing};
use kernel::PaymentId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[derive(Deserialize)]
struct Event {
    id: String,
    event_type: String,
    #[serde(default)]
    resource: Value,
}

/// A capture with what tells whose it is.
#[derive(Deserialize)]
struct Told {
    #[serde(flatten)]
    capture: Capture,
    custom_id: Option<String>,
    #[serde(default)]
    supplementary_data: Supplement,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Supplement {
    related_ids: Related,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Related {
    order_id: Option<String>,
}

/// What a confirmed body says.
///
/// # Errors
/// [`NoticeError::Unreadable`] when something about a payment of ours is not as documented. What concerns others
/// who use the same account is [`NoticeSubject::Other`], however odd.
pub(crate) fn read(body: &[u8], live: bool) -> Result<Notice, NoticeError> {
    let event: Event = serde_json::from_slice(body).map_err(|error| unreadable("the event", &error))?;
    let resource = event.resource;
    let subject = match event.event_type.as_str() {
        "CHECKOUT.ORDER.APPROVED" => approved(parse(resource)?),
        "PAYMENT.CAPTURE.COMPLETED" => completed(parse(resource)?, live)?,
        "PAYMENT.CAPTURE.PENDING" => captured(parse(resource)?, Standing::Processing),
        "PAYMENT.CAPTURE.DENIED" | "PAYMENT.CAPTURE.DECLINED" => captured(parse(resource)?, Standing::Failed),
        "PAYMENT.CAPTURE.REFUNDED" | "PAYMENT.REFUND.PENDING" | "PAYMENT.REFUND.FAILED" => {
            refunded(parse(resource)?)
        }
        kind if kind.starts_with("CUSTOMER.DISPUTE.") => {
            let dispute: Dispute = parse(resource)?;
            dispute.standing().map_or(NoticeSubject::Other, NoticeSubject::Dispute)
        }
        _ => NoticeSubject::Other,
    };
    Ok(Notice { id: event.id, kind: event.event_type, subject })
}

fn approved(order: Order) -> NoticeSubject {
    let payment = order.purchase_units.first().and_then(|unit| ours(unit.custom_id.as_deref()));
    NoticeSubject::Payment { payment, session: Some(order.id), standing: Standing::Approved }
}

fn completed(told: Told, live: bool) -> Result<NoticeSubject, NoticeError> {
    match (charge(&told.capture, live), ours(told.custom_id.as_deref())) {
        (Some(charge), _) => Ok(captured(told, Standing::Paid(charge))),
        (None, Some(_)) => Err(NoticeError::Unreadable("a capture without its amount".into())),
        (None, None) => Ok(NoticeSubject::Other),
    }
}

fn captured(told: Told, standing: Standing) -> NoticeSubject {
    let payment = ours(told.custom_id.as_deref());
    let session = told.supplementary_data.related_ids.order_id;
    if payment.is_none() && session.is_none() {
        return NoticeSubject::Other;
    }
    NoticeSubject::Payment { payment, session, standing }
}

/// A refund of ours, or one that was made in PayPal's own pages.
fn refunded(refund: Refund) -> NoticeSubject {
    let (Some(charge), Some(status)) = (refund.capture(), refund.status()) else {
        return NoticeSubject::Other;
    };
    NoticeSubject::Refund {
        refund: refund.ours(),
        charge: charge.to_owned(),
        amount: refund.money(),
        standing: RefundStanding { reference: refund.id.clone(), status },
    }
}

fn ours(custom_id: Option<&str>) -> Option<PaymentId> {
    custom_id?.parse().ok()
}

fn parse<T: DeserializeOwned>(resource: Value) -> Result<T, NoticeError> {
    serde_json::from_value(resource).map_err(|error| unreadable("the event's resource", &error))
}

fn unreadable(what: &str, error: &serde_json::Error) -> NoticeError {
    NoticeError::Unreadable(format!("{what}: {error}"))
}

#[cfg(test)]
mod tests;
