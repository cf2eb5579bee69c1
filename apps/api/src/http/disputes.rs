//! Disputes: what can be shown to a bank.

use super::access::User;
use super::holds::ItemView;
use super::money::MoneyView;
use super::policies::{PolicyView, shown};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use booking::use_cases::Evidence;
use booking::{Delivery, Dispute, Payment, Refund, Scan, Ticket};
use chrono::{DateTime, Utc};
use events::Event;
use events::access::Right;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(dispute_evidence);
}

/// Everything that is known of a booking one of whose charges is disputed.
#[derive(Serialize, ToSchema)]
pub struct EvidenceView {
    dispute: DisputeView,
    booking: DisputedBookingView,
    event: DisputedEventView,
    /// All attempts to pay, with the provider's names for what came of them.
    payments: Vec<PaymentFactsView>,
    refunds: Vec<RefundFactsView>,
    tickets: Vec<IssuedTicketView>,
    /// What became of the tickets at the door.
    scans: Vec<ScanView>,
    /// Mails to the buyer that a mail server took.
    mails: Vec<MailFactView>,
}

/// A charge that somebody wants back from a bank or from a provider.
#[derive(Serialize, ToSchema)]
pub struct DisputeView {
    id: Uuid,
    payment_id: Uuid,
    /// The provider's name for it.
    reference: String,
    amount: MoneyView,
    /// What the provider takes for it, once that is known.
    #[schema(required)]
    fee: Option<MoneyView>,
    /// The provider's code for why.
    reason: String,
    /// `open`, `won` or `lost`.
    status: &'static str,
    /// Until when evidence can be sent.
    #[schema(required)]
    answer_by: Option<DateTime<Utc>>,
    opened_at: DateTime<Utc>,
}

/// What was bought, at which price, and when.
#[derive(Serialize, ToSchema)]
pub struct DisputedBookingView {
    id: Uuid,
    reference: String,
    buyer_id: Uuid,
    status: &'static str,
    items: Vec<ItemView>,
    total: MoneyView,
    /// The terms under which it was bought: what goes back to a buyer who cancels; null when nothing was promised.
    #[schema(required)]
    cancellation_policy: Option<PolicyView>,
    created_at: DateTime<Utc>,
    /// When it was paid, or given up.
    #[schema(required)]
    decided_at: Option<DateTime<Utc>>,
}

/// What was bought a place for.
#[derive(Serialize, ToSchema)]
pub struct DisputedEventView {
    id: Uuid,
    title: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    area: String,
}

/// An attempt to pay, with what the provider calls it.
#[derive(Serialize, ToSchema)]
pub struct PaymentFactsView {
    id: Uuid,
    provider: &'static str,
    /// Our name for the account that took it.
    account: String,
    /// Real money, or test mode.
    live: bool,
    status: &'static str,
    amount: MoneyView,
    /// The provider's name for the checkout.
    #[schema(required)]
    session: Option<String>,
    /// The provider's name for the charge.
    #[schema(required)]
    charge: Option<String>,
    #[schema(required)]
    paid: Option<MoneyView>,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

/// Money that went back, with what the provider calls it.
#[derive(Serialize, ToSchema)]
pub struct RefundFactsView {
    id: Uuid,
    payment_id: Uuid,
    amount: MoneyView,
    reason: &'static str,
    status: &'static str,
    /// The provider's name for it.
    #[schema(required)]
    reference: Option<String>,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

/// A ticket without its code, and without whose name is on it.
#[derive(Serialize, ToSchema)]
pub struct IssuedTicketView {
    id: Uuid,
    ticket_type_id: Uuid,
    status: &'static str,
    issued_at: DateTime<Utc>,
    #[schema(required)]
    checked_in_at: Option<DateTime<Utc>>,
}

/// One look at a ticket at the door.
#[derive(Serialize, ToSchema)]
pub struct ScanView {
    #[schema(required)]
    ticket_id: Option<Uuid>,
    /// `admitted`, `already_checked_in`, ...
    result: &'static str,
    at: DateTime<Utc>,
}

/// A mail that a mail server took.
#[derive(Serialize, ToSchema)]
pub struct MailFactView {
    /// `tickets`, or the news that it brought.
    what: String,
    at: DateTime<Utc>,
}

impl From<&Dispute> for DisputeView {
    fn from(dispute: &Dispute) -> Self {
        Self {
            id: dispute.id.as_uuid(),
            payment_id: dispute.payment.as_uuid(),
            reference: dispute.reference.clone(),
            amount: dispute.amount.into(),
            fee: dispute.fee.map(MoneyView::from),
            reason: dispute.reason.clone(),
            status: dispute.status.as_str(),
            answer_by: dispute.answer_by,
            opened_at: dispute.opened_at,
        }
    }
}

impl From<&Ticket> for IssuedTicketView {
    fn from(ticket: &Ticket) -> Self {
        Self {
            id: ticket.id.as_uuid(),
            ticket_type_id: ticket.ticket_type.as_uuid(),
            status: ticket.status.as_str(),
            issued_at: ticket.issued_at,
            checked_in_at: ticket.checked_in_at,
        }
    }
}

impl From<&Scan> for ScanView {
    fn from(scan: &Scan) -> Self {
        let ticket_id = scan.ticket.map(|ticket| ticket.as_uuid());
        Self { ticket_id, result: scan.verdict.as_str(), at: scan.at }
    }
}

impl From<&Delivery> for MailFactView {
    fn from(delivery: &Delivery) -> Self {
        Self { what: delivery.what.clone(), at: delivery.at }
    }
}

impl From<&Payment> for PaymentFactsView {
    fn from(payment: &Payment) -> Self {
        Self {
            id: payment.id.as_uuid(),
            provider: payment.provider.as_str(),
            account: payment.account.clone(),
            live: payment.live,
            status: payment.status.as_str(),
            amount: payment.amount.into(),
            session: payment.session.clone(),
            charge: payment.charge.clone(),
            paid: payment.paid.map(MoneyView::from),
            created_at: payment.created_at,
            changed_at: payment.changed_at,
        }
    }
}

impl From<&Refund> for RefundFactsView {
    fn from(refund: &Refund) -> Self {
        Self {
            id: refund.id.as_uuid(),
            payment_id: refund.payment.as_uuid(),
            amount: refund.amount.into(),
            reason: refund.reason.as_str(),
            status: refund.status.as_str(),
            reference: refund.reference.clone(),
            created_at: refund.created_at,
            changed_at: refund.changed_at,
        }
    }
}

fn view(evidence: &Evidence, event: &Event) -> EvidenceView {
    let Evidence { dispute, booking, tickets, scans, deliveries } = evidence;
    EvidenceView {
        dispute: DisputeView::from(dispute),
        booking: DisputedBookingView {
            id: booking.id.as_uuid(),
            reference: booking.reference.to_string(),
            buyer_id: booking.buyer.as_uuid(),
            status: booking.status.as_str(),
            items: booking.items.iter().map(ItemView::from).collect(),
            total: booking.total.into(),
            cancellation_policy: shown(booking.promise.as_ref()),
            created_at: booking.created_at,
            decided_at: booking.decided_at,
        },
        event: DisputedEventView {
            id: event.id.as_uuid(),
            title: event.title.clone(),
            starts_at: event.starts_at,
            ends_at: event.ends_at,
            area: event.location.area.clone(),
        },
        payments: booking.payments.iter().map(PaymentFactsView::from).collect(),
        refunds: booking.refunds.iter().map(RefundFactsView::from).collect(),
        tickets: tickets.iter().map(IssuedTicketView::from).collect(),
        scans: scans.iter().map(ScanView::from).collect(),
        mails: deliveries.iter().map(MailFactView::from).collect(),
    }
}

/// What can be sent to the provider against a dispute: payment, terms, mails, and who came in.
#[utoipa::path(tag = "payments", security(("bearer" = [])), responses(
    (status = 200, body = EvidenceView),
    (status = 403, body = Problem),
    (status = 404, body = Problem)))]
#[get("/admin/payments/disputes/{id}/evidence")]
async fn dispute_evidence(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let grant = app.events.grant(user.0).await?;
    grant.require_any()?;
    let evidence = app.bookings.evidence(id.into_inner().into()).await?.ok_or_else(Problem::not_found)?;
    let facts = app.events.facts(evidence.booking.event).await?.ok_or_else(Problem::not_found)?;
    // Whose business it is not learns nothing, not even that it is there.
    if !grant.may(facts.event.organisation, Right::Manage) {
        return Err(Problem::not_found());
    }
    Ok(HttpResponse::Ok().json(view(&evidence, &facts.event)))
}
