//! What is told of a booking.

use crate::http::cancellation::RequestView;
use crate::http::holds::{AppliedView, ItemView};
use crate::http::money::MoneyView;
use crate::http::policies::{PolicyView, shown};
use crate::http::tickets::{AttendeeView, TicketView};
use crate::wiring::App;
use booking::notes::{Note, notes};
use booking::use_cases::Placed;
use booking::{Booking, Payment, Refund};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An order.
#[derive(Serialize, ToSchema)]
pub struct BookingView {
    id: Uuid,
    /// The booking's name for people.
    #[schema(example = "K7QF-2MXP-9RTD")]
    reference: String,
    event_id: Uuid,
    /// `pending_payment`, `confirmed`, `cancelled` or `expired`; `refunded` when all that was paid for it went back,
    /// `partially_refunded` when some of it did and tickets of it are still good.
    status: &'static str,
    total: MoneyView,
    /// What was charged, less what went back.
    paid: MoneyView,
    /// What went back or is on its way.
    refunded: MoneyView,
    items: Vec<ItemView>,
    /// The voucher that it was made with.
    #[schema(required)]
    voucher: Option<AppliedView>,
    tickets: Vec<TicketView>,
    attendees: Vec<AttendeeView>,
    /// The attempt that speaks for the booking: the one that was paid, else the latest. Null when free.
    #[schema(required)]
    payment: Option<PaymentView>,
    refunds: Vec<RefundView>,
    /// What was promised when it was bought to those who cancel; null when only staff may.
    #[schema(required)]
    cancellation_policy: Option<PolicyView>,
    /// What was last asked of staff.
    #[schema(required)]
    cancellation_request: Option<RequestView>,
    /// What came of money that did not come as it should.
    notes: Vec<NoteView>,
    created_at: DateTime<Utc>,
    /// Until when its places are kept while it waits for its payment.
    expires_at: DateTime<Utc>,
}

/// An attempt to pay.
#[derive(Serialize, ToSchema)]
pub struct PaymentView {
    id: Uuid,
    provider: &'static str,
    /// `created`, `open`, `processing`, `paid`, `failed`, `closed` or `mismatched`.
    status: &'static str,
    /// Where to pay, while it can be paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkout_url: Option<String>,
    /// Where to send a bank transfer to, while it is awaited.
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<BankTransferView>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
    /// What went wrong last, as `declined`.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// How to pay by bank transfer.
#[derive(Serialize, ToSchema)]
pub struct BankTransferView {
    /// To be written on the transfer.
    #[schema(example = "K7QF-2MXP-9RTD")]
    reference: String,
    account_holder: String,
    iban: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bic: Option<String>,
}

/// What came of money that did not come as it should.
#[derive(Serialize, ToSchema)]
pub struct NoteView {
    /// `paid_late` (the places were still there), `paid_too_late` and `paid_twice` (it goes back),
    /// `payment_under_review` (another amount than asked for: a person decides), `payment_sent_back` or
    /// `refund_delayed` (a person sees to it), `payment_disputed` (a bank decides) or `dispute_lost` (it took the money).
    code: &'static str,
    payment_id: Uuid,
    #[schema(required)]
    refund_id: Option<Uuid>,
    amount: MoneyView,
    at: DateTime<Utc>,
}

impl From<Note> for NoteView {
    fn from(note: Note) -> Self {
        Self {
            code: note.kind.as_str(),
            payment_id: note.payment.as_uuid(),
            refund_id: note.refund.map(|refund| refund.as_uuid()),
            amount: note.amount.into(),
            at: note.at,
        }
    }
}

/// Money that goes back.
#[derive(Serialize, ToSchema)]
pub struct RefundView {
    id: Uuid,
    amount: MoneyView,
    /// `overpaid` (it was paid twice), `no_places` (it was paid too late), `cancelled`, `event_cancelled`, `staff`
    /// (somebody decided so), `resold` (the ticket was given back and sold again) or `external` (sent back on the provider's own pages).
    reason: &'static str,
    /// `created`, `in_transit`, `done`, `failed` or `uncertain`.
    status: &'static str,
    /// The tickets whose price it gives back; none when it is just money.
    ticket_ids: Vec<Uuid>,
    created_at: DateTime<Utc>,
    /// Why, in the words of the one who decided it; staff alone sees them.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl BookingView {
    /// For its buyer only: with the codes of the tickets.
    pub fn of(app: &App, placed: &Placed) -> Self {
        let Placed { booking, tickets } = placed;
        Self {
            id: booking.id.as_uuid(),
            reference: booking.reference.to_string(),
            event_id: booking.event.as_uuid(),
            status: booking.shown_status(),
            total: booking.total.into(),
            paid: booking.paid().into(),
            refunded: booking.refunded().into(),
            items: booking.items.iter().map(ItemView::from).collect(),
            voucher: booking.voucher.map(AppliedView::from),
            tickets: tickets.iter().map(|it| TicketView::of(app, it, booking.buyer)).collect(),
            attendees: booking.attendees.iter().map(AttendeeView::from).collect(),
            payment: booking.current_payment().map(|payment| PaymentView {
                transfer: transfer(app, booking, payment),
                ..payment_view(payment, booking.pay_by)
            }),
            refunds: booking.refunds.iter().map(RefundView::from).collect(),
            cancellation_policy: shown(booking.promise.as_ref()),
            cancellation_request: booking.request.as_ref().map(RequestView::from),
            notes: notes(booking).into_iter().map(NoteView::from).collect(),
            created_at: booking.created_at,
            expires_at: booking.pay_by,
        }
    }
}

/// An attempt; `pay_by` is how long it can be paid.
pub fn payment_view(payment: &Payment, pay_by: DateTime<Utc>) -> PaymentView {
    let checkout_url = payment.checkout_url.clone().filter(|_| payment.status.may_be_paid());
    PaymentView {
        id: payment.id.as_uuid(),
        provider: payment.provider.as_str(),
        status: payment.status.as_str(),
        expires_at: (checkout_url.is_some() || payment.provider.is_by_hand() && payment.status.may_be_paid())
            .then_some(pay_by),
        checkout_url,
        transfer: None,
        problem: payment.problem.clone(),
    }
}

/// Where a transfer goes that is awaited.
fn transfer(app: &App, booking: &Booking, payment: &Payment) -> Option<BankTransferView> {
    let awaited = payment.provider == booking::Provider::BankTransfer && payment.status.may_be_paid();
    app.config.bank_transfer.as_ref().filter(|_| awaited).map(|to| BankTransferView {
        reference: booking.reference.to_string(),
        account_holder: to.account_holder.clone(),
        iban: to.iban.clone(),
        bic: to.bic.clone(),
    })
}

impl From<&Refund> for RefundView {
    fn from(refund: &Refund) -> Self {
        Self {
            id: refund.id.as_uuid(),
            amount: refund.amount.into(),
            reason: refund.reason.as_str(),
            status: refund.status.as_str(),
            ticket_ids: refund.tickets.iter().map(|ticket| ticket.as_uuid()).collect(),
            created_at: refund.created_at,
            note: None,
        }
    }
}

impl RefundView {
    /// As staff sees it.
    pub fn managed(refund: &Refund) -> Self {
        Self { note: refund.note.clone(), ..Self::from(refund) }
    }
}
