//! Webhook events, read for the few fields that matter: they come in whatever API version the account has.
//!
//! Source: <https://docs.stripe.com/api/events/types>.

use crate::amount::from_stripe;
use crate::checkout::PAYMENT;
use crate::dispute::Dispute;
use crate::refunds::{self, REFUND};
use booking::{Charge, Notice, NoticeError, NoticeSubject, RefundStanding, Standing};
use kernel::PaymentId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::HashMap;

type Metadata = Option<HashMap<String, String>>;

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

/// Another object: its id, or all of it.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Reference {
    Id(String),
    Object { id: String },
}

impl Reference {
    pub(crate) fn id(self) -> String {
        match self {
            Self::Id(id) | Self::Object { id } => id,
        }
    }
}

#[derive(Deserialize)]
struct Session {
    id: String,
    payment_status: Option<String>,
    payment_intent: Option<Reference>,
    amount_total: Option<i64>,
    currency: Option<String>,
    #[serde(default)]
    livemode: bool,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Intent {
    id: String,
    amount_received: Option<i64>,
    currency: Option<String>,
    #[serde(default)]
    livemode: bool,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Refund {
    id: String,
    amount: Option<i64>,
    currency: Option<String>,
    status: Option<String>,
    payment_intent: Option<Reference>,
    metadata: Metadata,
}

/// A charge that was refunded; the account's API version decides whether it lists its refunds.
#[derive(Deserialize)]
struct Refunded {
    refunds: Option<Refunds>,
}

#[derive(Deserialize)]
struct Refunds {
    /// The newest first.
    data: Vec<Refund>,
}

/// What a believed body says.
///
/// # Errors
/// [`NoticeError::Unreadable`] when something about a payment of ours is not as documented. What concerns others
/// who use the same account is [`NoticeSubject::Other`], however odd.
pub(crate) fn read(body: &[u8]) -> Result<Notice, NoticeError> {
    let event: Event = serde_json::from_slice(body).map_err(|error| unreadable("the event", &error))?;
    let object = event.data.object;
    let subject = match event.kind.as_str() {
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => {
            completed(parse(object)?)?
        }
        "checkout.session.async_payment_failed" => about(parse(object)?, Standing::Failed),
        "checkout.session.expired" => about(parse(object)?, Standing::Closed),
        "payment_intent.succeeded" => charged(parse(object)?)?,
        "payment_intent.payment_failed" => tried(parse(object)?, Standing::Declined),
        "payment_intent.processing" => tried(parse(object)?, Standing::Processing),
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            refund(parse(object)?)
        }
        "charge.refunded" => {
            let charge: Refunded = parse(object)?;
            let newest = charge.refunds.and_then(|refunds| refunds.data.into_iter().next());
            newest.map_or(NoticeSubject::Other, refund)
        }
        kind if kind.starts_with("charge.dispute.") => {
            let dispute: Dispute = parse(object)?;
            dispute.standing().map_or(NoticeSubject::Other, NoticeSubject::Dispute)
        }
        _ => NoticeSubject::Other,
    };
    Ok(Notice { id: event.id, kind: event.kind, subject })
}

fn completed(session: Session) -> Result<NoticeSubject, NoticeError> {
    let standing = match session.payment_status.as_deref() {
        Some("unpaid") => Standing::Processing,
        Some("paid") => {
            let charge = session.payment_intent.zip(session.amount_total).zip(session.currency.as_deref());
            let charge = charge.and_then(|((intent, amount), currency)| {
                Some(Charge {
                    reference: intent.id(),
                    amount: from_stripe(amount, currency)?,
                    live: session.livemode,
                })
            });
            match (charge, ours(&session.metadata)) {
                (Some(charge), _) => Standing::Paid(charge),
                (None, Some(_)) => {
                    return Err(NoticeError::Unreadable("a paid session without its charge".into()));
                }
                (None, None) => return Ok(NoticeSubject::Other),
            }
        }
        _ => return Ok(NoticeSubject::Other),
    };
    Ok(NoticeSubject::Payment { payment: ours(&session.metadata), session: Some(session.id), standing })
}

fn about(session: Session, standing: Standing) -> NoticeSubject {
    NoticeSubject::Payment { payment: ours(&session.metadata), session: Some(session.id), standing }
}

fn charged(intent: Intent) -> Result<NoticeSubject, NoticeError> {
    let Some(payment) = ours(&intent.metadata) else { return Ok(NoticeSubject::Other) };
    let amount = intent.amount_received.zip(intent.currency.as_deref());
    let amount = amount.and_then(|(amount, currency)| from_stripe(amount, currency));
    let amount =
        amount.ok_or_else(|| NoticeError::Unreadable("a payment intent without its amount".into()))?;
    let charge = Charge { reference: intent.id, amount, live: intent.livemode };
    Ok(NoticeSubject::Payment { payment: Some(payment), session: None, standing: Standing::Paid(charge) })
}

/// An intent knows no session: without our metadata it belongs to somebody else.
fn tried(intent: Intent, standing: Standing) -> NoticeSubject {
    match ours(&intent.metadata) {
        Some(payment) => NoticeSubject::Payment { payment: Some(payment), session: None, standing },
        None => NoticeSubject::Other,
    }
}

/// A refund of ours, or one that was made in Stripe's dashboard.
fn refund(refund: Refund) -> NoticeSubject {
    let status = refund.status.as_deref().and_then(refunds::status);
    let (Some(status), Some(charge)) = (status, refund.payment_intent) else { return NoticeSubject::Other };
    NoticeSubject::Refund {
        refund: refund.metadata.as_ref().and_then(|metadata| metadata.get(REFUND)?.parse().ok()),
        charge: charge.id(),
        amount: refund
            .amount
            .zip(refund.currency.as_deref())
            .and_then(|(amount, currency)| from_stripe(amount, currency)),
        standing: RefundStanding { reference: refund.id, status },
    }
}

fn ours(metadata: &Metadata) -> Option<PaymentId> {
    metadata.as_ref()?.get(PAYMENT)?.parse().ok()
}

fn parse<T: DeserializeOwned>(object: Value) -> Result<T, NoticeError> {
    serde_json::from_value(object).map_err(|error| unreadable("the event's object", &error))
}

fn unreadable(what: &str, error: &serde_json::Error) -> NoticeError {
    NoticeError::Unreadable(format!("{what}: {error}"))
}

#[cfg(test)]
mod tests;
