//! What other programs are told of bookings: the messages of the stream and of hooks, and their schema.

use crate::http::holds::{AppliedView, ItemView};
use crate::http::money::MoneyView;
use booking::news::{DisputeFacts, Facts, PaymentFacts, RefundFacts};
use chrono::{DateTime, Utc};
use kernel::{Message, Published};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::error::Error;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// A change of a booking.
#[derive(Serialize, ToSchema)]
pub struct EventMessage {
    /// Names it: what comes twice has the same.
    #[schema(example = "01900000-0000-7000-8000-000000000000-3")]
    id: String,
    /// What happened: `booking.created`, `booking.confirmed`, `booking.cancelled`, `booking.expired`, `booking.reopened` (late
    /// money is on its way), `booking.refunded`, `booking.disputed` or `booking.changed` (anything else about it). There may be
    /// more some day.
    #[schema(example = "booking.confirmed")]
    r#type: String,
    /// When it happened.
    timestamp: DateTime<Utc>,
    /// The how-manieth change of the booking it is, from 1 on.
    number: u32,
    data: BookingState,
}

/// How a booking stands since.
#[derive(Serialize, ToSchema)]
pub struct BookingState {
    booking_id: Uuid,
    /// The booking's name for people.
    #[schema(example = "K7QF-2MXP-9RTD")]
    reference: String,
    organisation_id: Uuid,
    event_id: Uuid,
    buyer_id: Uuid,
    /// `pending_payment`, `confirmed`, `cancelled` or `expired`.
    status: &'static str,
    items: Vec<ItemView>,
    total: MoneyView,
    /// What the platform keeps of it.
    platform_fee: MoneyView,
    /// What was charged, less what went back.
    paid: MoneyView,
    /// What went back or is on its way.
    refunded: MoneyView,
    /// The voucher that it was made with.
    #[schema(required)]
    voucher: Option<AppliedView>,
    /// All attempts to pay it, the first first.
    payments: Vec<PaymentState>,
    refunds: Vec<RefundState>,
    /// Charges that somebody wants back from a bank.
    disputes: Vec<DisputeState>,
    created_at: DateTime<Utc>,
    /// Until when its places are kept while it waits for its payment.
    pay_by: DateTime<Utc>,
    /// When it was confirmed, cancelled or expired.
    #[schema(required)]
    decided_at: Option<DateTime<Utc>>,
}

/// An attempt to pay.
#[derive(Serialize, ToSchema)]
pub struct PaymentState {
    id: Uuid,
    /// `stripe`, `paypal`, `bank_transfer` or `cash`.
    provider: &'static str,
    /// Real money, and not the provider's test mode.
    live: bool,
    /// What was asked for.
    amount: MoneyView,
    /// `created`, `open`, `processing`, `paid`, `failed`, `closed` or `mismatched`.
    status: &'static str,
    /// What was charged.
    #[schema(required)]
    paid: Option<MoneyView>,
}

/// Money that goes back.
#[derive(Serialize, ToSchema)]
pub struct RefundState {
    id: Uuid,
    payment_id: Uuid,
    amount: MoneyView,
    /// `overpaid`, `no_places`, `cancelled`, `event_cancelled`, `staff`, `resold` or `external`.
    reason: &'static str,
    /// `created`, `in_transit`, `done`, `failed` or `uncertain`.
    status: &'static str,
    /// The tickets whose price it gives back.
    ticket_ids: Vec<Uuid>,
}

/// A charge that somebody wants back from a bank.
#[derive(Serialize, ToSchema)]
pub struct DisputeState {
    id: Uuid,
    payment_id: Uuid,
    amount: MoneyView,
    /// `open`, `won` or `lost`.
    status: &'static str,
}

impl From<PaymentFacts> for PaymentState {
    fn from(facts: PaymentFacts) -> Self {
        Self {
            id: facts.id.as_uuid(),
            provider: facts.provider.as_str(),
            live: facts.live,
            amount: facts.amount.into(),
            status: facts.status.as_str(),
            paid: facts.paid.map(MoneyView::from),
        }
    }
}

impl From<RefundFacts> for RefundState {
    fn from(facts: RefundFacts) -> Self {
        Self {
            id: facts.id.as_uuid(),
            payment_id: facts.payment.as_uuid(),
            amount: facts.amount.into(),
            reason: facts.reason.as_str(),
            status: facts.status.as_str(),
            ticket_ids: facts.tickets.iter().map(|ticket| ticket.as_uuid()).collect(),
        }
    }
}

impl From<DisputeFacts> for DisputeState {
    fn from(facts: DisputeFacts) -> Self {
        Self {
            id: facts.id.as_uuid(),
            payment_id: facts.payment.as_uuid(),
            amount: facts.amount.into(),
            status: facts.status.as_str(),
        }
    }
}

impl EventMessage {
    fn of(news: &Published) -> Result<Self, serde_json::Error> {
        let facts: Facts = serde_json::from_str(&news.body)?;
        let data = BookingState {
            booking_id: news.booking.as_uuid(),
            reference: facts.reference.to_string(),
            organisation_id: news.organisation.as_uuid(),
            event_id: news.event.as_uuid(),
            buyer_id: facts.buyer.as_uuid(),
            status: facts.status.as_str(),
            items: facts.items.iter().map(ItemView::from).collect(),
            total: facts.total.into(),
            platform_fee: facts.platform_fee.into(),
            paid: facts.paid.into(),
            refunded: facts.refunded.into(),
            voucher: facts.voucher.map(AppliedView::from),
            payments: facts.payments.into_iter().map(PaymentState::from).collect(),
            refunds: facts.refunds.into_iter().map(RefundState::from).collect(),
            disputes: facts.disputes.into_iter().map(DisputeState::from).collect(),
            created_at: facts.created_at,
            pay_by: facts.pay_by,
            decided_at: facts.decided_at,
        };
        let (id, r#type, number) = (news.id(), news.kind.clone(), news.number);
        Ok(Self { id, r#type, timestamp: news.at, number, data })
    }
}

/// What is said of a piece of news: JSON.
///
/// # Errors
/// It was kept by a version that knew more.
pub fn text(news: &Published) -> Result<String, serde_json::Error> {
    serde_json::to_string(&EventMessage::of(news)?)
}

/// The same as a message for the stream.
///
/// # Errors
/// It was kept by a version that knew more.
pub fn message(news: &Published) -> Result<Message, Box<dyn Error + Send + Sync>> {
    let body = text(news)?;
    Ok(Message { id: news.id(), key: news.booking.to_string(), kind: news.kind.clone(), body })
}

/// The JSON Schema of what is said (draft 2020-12), the same for the same code.
#[must_use]
pub fn schema() -> String {
    let mut parts = Vec::new();
    EventMessage::schemas(&mut parts);
    let parts: BTreeMap<String, RefOr<Schema>> = parts.into_iter().collect();
    let mut whole = match serde_json::to_value(EventMessage::schema()) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    whole.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    whole.insert("$defs".into(), serde_json::to_value(parts).unwrap_or_default());
    let text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    text.replace("#/components/schemas/", "#/$defs/") + "\n"
}
