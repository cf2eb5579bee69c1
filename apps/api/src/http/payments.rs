//! Money, as those see it who run events: payments, what does not move, cases for a person, money by hand.

use super::access::User;
use super::json::Json;
use super::money::{MoneyView, PriceBody};
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use super::refunds::ManagedBookingView;
use super::staff::{Managed, managed, narrowed};
use crate::wiring::App;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use booking::by_hand::Receipt;
use booking::office::{BookingFilter, IncidentFilter, Of, PaymentFilter, Stuck, Whose};
use booking::{BookingStatus, Decided, Incident, Payment, PaymentStatus, Provider, Reference};
use chrono::{DateTime, Utc};
use kernel::{Invalid, Money};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Longest note, in characters.
const LONGEST_NOTE: usize = 1000;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_bookings)
        .service(list_payments)
        .service(list_stuck)
        .service(list_incidents)
        .service(resolve_incident)
        .service(mark_paid)
        .service(mark_sent);
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
    organisation_id: Option<Uuid>,
}

/// A reference as people type it.
pub fn reference(text: &str) -> Reference {
    let plain = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    Reference::from_stored(plain.to_ascii_uppercase())
}

/// One of a fixed set of words.
///
/// # Errors
/// 422 for any other.
pub fn word<T>(
    field: &'static str,
    text: Option<String>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let wrong = || Problem::invalid(vec![Invalid::new(field, "unknown", "is not one of the known words")]);
    text.filter(|text| !text.is_empty()).map(|text| read(&text).ok_or_else(wrong)).transpose()
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
    event_id: Option<Uuid>,
    organisation_id: Option<Uuid>,
    /// A reference, with or without hyphens.
    query: Option<String>,
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

/// Bookings, the latest first.
#[utoipa::path(tag = "payments", security(("bearer" = [])), params(BookingsQuery, PagingQuery), responses(
    (status = 200, body = PageView<ManagedBookingView>),
    (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/bookings")]
async fn list_bookings(
    app: Data<App>,
    user: User,
    query: Query<BookingsQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let BookingsQuery { status, event_id, organisation_id, query } = query.into_inner();
    let managed = managed(&app, user.0).await?;
    let filter = BookingFilter {
        organisations: narrowed(managed, organisation_id.map(Into::into)),
        event: event_id.map(Into::into),
        status: word("status", status, booking_status)?,
        reference: query.filter(|text| !text.is_empty()).map(|text| reference(&text)),
    };
    let page = app.office.bookings(&filter, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |placed| ManagedBookingView::from(&placed))))
}

/// An attempt to pay, with its booking.
#[derive(Serialize, ToSchema)]
pub struct ManagedPaymentView {
    id: Uuid,
    booking_id: Uuid,
    booking_reference: String,
    event_id: Uuid,
    organisation_id: Uuid,
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
        let Whose { booking, reference, event, organisation } = whose;
        Self {
            id: what.id.as_uuid(),
            booking_id: booking.as_uuid(),
            booking_reference: reference.to_string(),
            event_id: event.as_uuid(),
            organisation_id: organisation.as_uuid(),
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
    let PaymentsQuery { status: asked, provider, query, organisation_id } = query.into_inner();
    let managed = managed(&app, user.0).await?;
    let filter = PaymentFilter {
        organisations: narrowed(managed, organisation_id.map(Into::into)),
        status: word("status", asked, status)?,
        provider: word("provider", provider, |text| text.parse::<Provider>().ok())?,
        reference: query.filter(|text| !text.is_empty()).map(|text| reference(&text)),
    };
    let page = app.office.payments(&filter, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, ManagedPaymentView::from)))
}

/// Money that does not move although it should.
#[derive(Serialize, ToSchema)]
pub struct StuckView {
    booking_id: Uuid,
    booking_reference: String,
    event_id: Uuid,
    organisation_id: Uuid,
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
        let Whose { booking, reference, event, organisation } = whose;
        Self {
            booking_id: booking.as_uuid(),
            booking_reference: reference.to_string(),
            event_id: event.as_uuid(),
            organisation_id: organisation.as_uuid(),
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

/// Which cases are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IncidentsQuery {
    /// `open` or `resolved`; all when absent.
    status: Option<String>,
    organisation_id: Option<Uuid>,
}

/// A case for a person.
#[derive(Serialize, ToSchema)]
pub struct IncidentView {
    id: Uuid,
    /// `wrong_amount`, `wrong_currency`, `wrong_mode`, `second_charge`, `refund_failed` and others.
    kind: &'static str,
    /// `open` or `resolved`.
    status: &'static str,
    booking_id: Uuid,
    booking_reference: String,
    event_id: Uuid,
    organisation_id: Uuid,
    payment_id: Uuid,
    #[schema(required)]
    refund_id: Option<Uuid>,
    /// What was expected and what came.
    evidence: String,
    at: DateTime<Utc>,
    /// What a person decided; null while nobody has.
    #[schema(required)]
    resolution: Option<ResolutionView>,
}

/// What a person decided.
#[derive(Serialize, ToSchema)]
pub struct ResolutionView {
    /// `refund`, `accept` or `nothing`.
    resolution: &'static str,
    note: String,
    account_id: Uuid,
    at: DateTime<Utc>,
}

impl From<Of<Incident>> for IncidentView {
    fn from(Of { whose, what }: Of<Incident>) -> Self {
        let Whose { booking, reference, event, organisation } = whose;
        Self {
            id: what.id.as_uuid(),
            kind: what.kind.as_str(),
            status: if what.resolved.is_some() { "resolved" } else { "open" },
            booking_id: booking.as_uuid(),
            booking_reference: reference.to_string(),
            event_id: event.as_uuid(),
            organisation_id: organisation.as_uuid(),
            payment_id: what.payment.as_uuid(),
            refund_id: what.refund.map(|refund| refund.as_uuid()),
            evidence: what.evidence,
            at: what.at,
            resolution: what.resolved.map(|resolved| ResolutionView {
                resolution: resolved.decided.as_str(),
                note: resolved.note,
                account_id: resolved.by.as_uuid(),
                at: resolved.at,
            }),
        }
    }
}

/// Cases for a person, the latest first.
#[utoipa::path(tag = "payments", security(("bearer" = [])), params(IncidentsQuery, PagingQuery), responses(
    (status = 200, body = PageView<IncidentView>), (status = 403, body = Problem), (status = 422, body = Problem)))]
#[get("/admin/payments/incidents")]
async fn list_incidents(
    app: Data<App>,
    user: User,
    query: Query<IncidentsQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let IncidentsQuery { status, organisation_id } = query.into_inner();
    let managed = managed(&app, user.0).await?;
    let open = word("status", status, |text| match text {
        "open" => Some(true),
        "resolved" => Some(false),
        _ => None,
    })?;
    let filter = IncidentFilter { organisations: narrowed(managed, organisation_id.map(Into::into)), open };
    let page = app.office.incidents(&filter, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, IncidentView::from)))
}

/// What is decided about a case.
#[derive(Deserialize, ToSchema)]
pub struct Resolve {
    resolution: ResolutionName,
    /// Why; 1 to 1000 characters.
    note: String,
}

/// What can be decided.
#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub enum ResolutionName {
    /// What came goes back; a refund that failed is made again.
    Refund,
    /// Another amount than asked for is taken as it came: the booking is paid.
    Accept,
    /// Nothing is done here.
    Nothing,
}

/// The organisations whose money somebody decides about.
async fn deciding(app: &App, user: User) -> Result<Managed, Problem> {
    managed(app, user.0).await
}

/// Decide about a case. The same decision again changes nothing.
#[utoipa::path(tag = "payments", security(("bearer" = [])), request_body = Resolve, responses(
    (status = 200, body = IncidentView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`resolved_before`, `nothing_to_refund`, `not_acceptable`, `sold_out`",
        body = Problem),
    (status = 422, body = Problem)))]
#[post("/admin/payments/incidents/{id}/resolve")]
async fn resolve_incident(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Json<Resolve>,
) -> Result<HttpResponse, Problem> {
    let managed = deciding(&app, user).await?;
    let work = async {
        let note = body.note.trim();
        if note.is_empty() || note.chars().count() > LONGEST_NOTE {
            let message = "must have 1 to 1000 characters";
            return Err(Problem::invalid(vec![Invalid::new("note", "out_of_range", message)]));
        }
        let decided = match body.resolution {
            ResolutionName::Refund => Decided::Refund,
            ResolutionName::Accept => Decided::Accept,
            ResolutionName::Nothing => Decided::Nothing,
        };
        let id = id.into_inner().into();
        let incident = app.office.resolve(managed.as_deref(), id, (decided, note), &user.0).await?;
        Ok(HttpResponse::Ok().json(IncidentView::from(incident)))
    };
    once.run(&app, user.0.account, &body, work).await
}

/// Money that somebody has seen.
#[derive(Deserialize, ToSchema)]
pub struct MarkPaid {
    provider: ByHandName,
    /// How much came; the booking's total when absent. Another amount waits for a decision (`incidents`).
    amount: Option<PriceBody>,
    /// It came although the booking had been paid: it is to go back.
    #[serde(default)]
    again: bool,
    /// For the audit log; up to 1000 characters.
    #[serde(default)]
    note: String,
}

/// A way to pay by hand.
#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub enum ByHandName {
    /// Seen on a statement.
    BankTransfer,
    /// Taken at the door.
    Cash,
}

fn amount(body: &PriceBody) -> Result<Money, Problem> {
    let wrong = || {
        let message = "must be an amount of minor units and its currency";
        Problem::invalid(vec![Invalid::new("amount", "malformed", message)])
    };
    let input = events::PriceInput::from(body.clone());
    let currency = input.currency.parse().map_err(|_| wrong())?;
    Money::new(input.amount, currency).map_err(|_| wrong())
}

/// Say that a booking was paid by bank transfer or in cash. It counts like any other payment: on time it confirms the
/// booking, too late it gets places or is to go back.
#[utoipa::path(tag = "payments", security(("bearer" = [])), request_body = MarkPaid, responses(
    (status = 200, body = ManagedBookingView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`already_paid`, `not_payable`", body = Problem),
    (status = 422, body = Problem)))]
#[post("/admin/bookings/{id}/mark-paid")]
async fn mark_paid(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Json<MarkPaid>,
) -> Result<HttpResponse, Problem> {
    let managed = deciding(&app, user).await?;
    let work = async {
        let provider = match body.provider {
            ByHandName::BankTransfer => Provider::BankTransfer,
            ByHandName::Cash => Provider::Cash,
        };
        let amount = body.amount.as_ref().map(amount).transpose()?;
        let receipt = Receipt { provider, amount, again: body.again };
        let note = body.note.trim();
        if note.chars().count() > LONGEST_NOTE {
            let message = "must have at most 1000 characters";
            return Err(Problem::invalid(vec![Invalid::new("note", "too_long", message)]));
        }
        let said = (note, &user.0.cause());
        let placed = app.office.mark_paid(managed.as_deref(), id.into_inner().into(), receipt, said).await?;
        Ok(HttpResponse::Ok().json(ManagedBookingView::from(&placed)))
    };
    once.run(&app, user.0.account, &body, work).await
}

/// Say that a refund by hand was sent.
#[utoipa::path(tag = "payments", security(("bearer" = [])), responses(
    (status = 204),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`not_by_hand`", body = Problem)))]
#[post("/admin/refunds/{id}/mark-sent")]
async fn mark_sent(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let managed = deciding(&app, user).await?;
    app.office.mark_sent(managed.as_deref(), id.into_inner().into(), &user.0.cause()).await?;
    Ok(HttpResponse::NoContent().finish())
}
