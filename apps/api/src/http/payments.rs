//! Money, as those see it who run events: bookings, payments, and what does not move.

pub mod export;

use super::access::User;
use super::buyers::{self, with_buyers};
use super::given::id;
use super::money::MoneyView;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use super::refunds::ManagedBookingView;
use super::staff::{managed, narrowed};
use crate::wiring::App;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use booking::office::{BookingFilter, Of, PaymentFilter, Search, Stuck, Whose};
use booking::{BookingStatus, Payment, PaymentStatus, Provider, Reference};
use chrono::{DateTime, Utc};
use kernel::{Actor, Invalid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_bookings)
        .service(export::export_bookings)
        .service(list_payments)
        .service(export::export_payments)
        .service(list_stuck);
}

/// Which payments are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PaymentsQuery {
    /// `created`, `open`, `processing`, `paid`, `failed`, `closed` or `mismatched`.
    status: Option<String>,
    /// `stripe`, `paypal`, `bank_transfer` or `cash`.
    provider: Option<String>,
    /// The reference of a booking, with or without hyphens.
    query: Option<String>,
    #[param(value_type = Option<Uuid>)]
    organisation_id: Option<String>,
}

/// A reference as people type it; what can be none is no payment's.
fn reference(text: &str) -> Reference {
    let plain = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    Reference::from_stored(plain.to_ascii_uppercase())
}

/// One of a fixed set of words, or `None` when none is given; any other is noted as a mistake.
pub fn word<T>(
    field: &'static str,
    text: Option<String>,
    read: impl Fn(&str) -> Option<T>,
    wrong: &mut Vec<Invalid>,
) -> Option<T> {
    let text = text.filter(|text| !text.is_empty())?;
    let known = read(&text);
    if known.is_none() {
        wrong.push(Invalid::new(field, "unknown", "is not one of the known words"));
    }
    known
}

fn status(text: &str) -> Option<PaymentStatus> {
    let all = [
        PaymentStatus::Created,
        PaymentStatus::Open,
        PaymentStatus::Processing,
        PaymentStatus::Paid,
        PaymentStatus::Failed,
        PaymentStatus::Closed,
        PaymentStatus::Mismatched,
    ];
    all.into_iter().find(|status| status.as_str() == text)
}

/// Which bookings are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BookingsQuery {
    /// As stored: `pending_payment`, `confirmed`, `cancelled` or `expired`.
    status: Option<String>,
    #[param(value_type = Option<Uuid>)]
    event_id: Option<String>,
    #[param(value_type = Option<Uuid>)]
    organisation_id: Option<String>,
    /// A reference, with or without hyphens; or a part of a name or mail address, in either case: of who bought or holds a
    /// ticket, and with `event_id` also of those who were named as coming.
    query: Option<String>,
}

/// A booking, with who bought it.
#[derive(Serialize, ToSchema)]
pub struct FoundBookingView {
    #[serde(flatten)]
    booking: ManagedBookingView,
    /// Null once the account is gone.
    #[schema(required)]
    buyer_name: Option<String>,
    /// Null once the account is gone.
    #[schema(required)]
    buyer_email: Option<String>,
}

fn booking_status(text: &str) -> Option<BookingStatus> {
    let all = [
        BookingStatus::PendingPayment,
        BookingStatus::Confirmed,
        BookingStatus::Cancelled,
        BookingStatus::Expired,
    ];
    all.into_iter().find(|status| status.as_str() == text)
}

/// What a query asks for, within what the actor may see.
async fn bookings_wanted(app: &App, actor: Actor, query: BookingsQuery) -> Result<Search, Problem> {
    let BookingsQuery { status, event_id, organisation_id, query } = query;
    let managed = managed(app, actor).await?;
    let mut wrong = Vec::new();
    let filter = BookingFilter {
        organisations: narrowed(managed, id("organisation_id", organisation_id, &mut wrong)),
        event: id("event_id", event_id, &mut wrong),
        status: word("status", status, booking_status, &mut wrong),
        ..BookingFilter::default()
    };
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    Ok(app.office.search(query.as_deref(), filter).await?)
}

/// Bookings, the latest first. A page of those that are looked for by name may be shorter than its limit.
#[utoipa::path(tag = "payments", security(("bearer" = [])), params(BookingsQuery, PagingQuery), responses(
    (status = 200, body = PageView<FoundBookingView>),
    (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/bookings")]
async fn list_bookings(
    app: Data<App>,
    user: User,
    query: Query<BookingsQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let wanted = bookings_wanted(&app, user.0, query.into_inner()).await?;
    let page = app.office.found(&wanted, paging.0).await?;
    let page = with_buyers(&app, page, |placed| placed.booking.buyer).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |(placed, buyer)| FoundBookingView {
        booking: ManagedBookingView::from(&placed),
        buyer_name: buyer.as_ref().map(buyers::name),
        buyer_email: buyer.map(|account| account.email.into()),
    })))
}

/// Whose money it is.
#[derive(Serialize, ToSchema)]
pub struct WhoseView {
    booking_id: Uuid,
    booking_reference: String,
    event_id: Uuid,
    organisation_id: Uuid,
}

impl From<Whose> for WhoseView {
    fn from(Whose { booking, reference, event, organisation }: Whose) -> Self {
        Self {
            booking_id: booking.as_uuid(),
            booking_reference: reference.to_string(),
            event_id: event.as_uuid(),
            organisation_id: organisation.as_uuid(),
        }
    }
}

/// An attempt to pay, with its booking.
#[derive(Serialize, ToSchema)]
pub struct ManagedPaymentView {
    id: Uuid,
    #[serde(flatten)]
    whose: WhoseView,
    /// 1, 2, ... within the booking.
    attempt: u32,
    provider: &'static str,
    /// Which of our accounts there.
    account: String,
    /// Real money.
    live: bool,
    status: &'static str,
    amount: MoneyView,
    /// What was charged.
    #[schema(required)]
    paid: Option<MoneyView>,
    /// The provider's name for the charge.
    #[schema(required)]
    charge: Option<String>,
    /// What went wrong last.
    #[schema(required)]
    problem: Option<String>,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

impl From<Of<Payment>> for ManagedPaymentView {
    fn from(Of { whose, what }: Of<Payment>) -> Self {
        Self {
            id: what.id.as_uuid(),
            whose: whose.into(),
            attempt: what.attempt,
            provider: what.provider.as_str(),
            account: what.account,
            live: what.live,
            status: what.status.as_str(),
            amount: what.amount.into(),
            paid: what.paid.map(Into::into),
            charge: what.charge,
            problem: what.problem,
            created_at: what.created_at,
            changed_at: what.changed_at,
        }
    }
}

/// The filter of a query, kept within what the actor may see.
async fn payments_wanted(app: &App, actor: Actor, query: PaymentsQuery) -> Result<PaymentFilter, Problem> {
    let PaymentsQuery { status: asked, provider, query, organisation_id } = query;
    let managed = managed(app, actor).await?;
    let mut wrong = Vec::new();
    let filter = PaymentFilter {
        organisations: narrowed(managed, id("organisation_id", organisation_id, &mut wrong)),
        status: word("status", asked, status, &mut wrong),
        provider: word("provider", provider, |text| text.parse::<Provider>().ok(), &mut wrong),
        reference: query.filter(|text| !text.is_empty()).map(|text| reference(&text)),
    };
    if wrong.is_empty() { Ok(filter) } else { Err(Problem::invalid(wrong)) }
}

/// Attempts to pay, the latest first.
#[utoipa::path(tag = "payments", security(("bearer" = [])), params(PaymentsQuery, PagingQuery), responses(
    (status = 200, body = PageView<ManagedPaymentView>),
    (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/payments")]
async fn list_payments(
    app: Data<App>,
    user: User,
    query: Query<PaymentsQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let filter = payments_wanted(&app, user.0, query.into_inner()).await?;
    let page = app.office.payments(&filter, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, ManagedPaymentView::from)))
}

/// Money that does not move although it should.
#[derive(Serialize, ToSchema)]
pub struct StuckView {
    #[serde(flatten)]
    whose: WhoseView,
    payment_id: Uuid,
    /// The refund that does not move; null when the payment does not.
    #[schema(required)]
    refund_id: Option<Uuid>,
    provider: &'static str,
    amount: MoneyView,
    /// `no_answer` (the buyer's time is over and the provider has not said what came of it), `refund_unanswered`,
    /// `refund_on_its_way` (for longer than banks take), `refund_failed` or `refund_by_hand` (somebody has to send
    /// it, and say so).
    why: &'static str,
    /// Since when nothing has changed.
    since: DateTime<Utc>,
}

impl From<Of<Stuck>> for StuckView {
    fn from(Of { whose, what }: Of<Stuck>) -> Self {
        Self {
            whose: whose.into(),
            payment_id: what.payment.as_uuid(),
            refund_id: what.refund.map(|refund| refund.as_uuid()),
            provider: what.provider.as_str(),
            amount: what.amount.into(),
            why: what.why.as_str(),
            since: what.since,
        }
    }
}

/// Money that does not move although it should, the latest first.
#[utoipa::path(tag = "payments", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<StuckView>), (status = 403, body = Problem)))]
#[get("/admin/payments/stuck")]
async fn list_stuck(app: Data<App>, user: User, paging: Paging) -> Result<HttpResponse, Problem> {
    let managed = managed(&app, user.0).await?;
    let page = app.office.stuck(managed.as_deref(), paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, StuckView::from)))
}
