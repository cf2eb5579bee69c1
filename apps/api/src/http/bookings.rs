//! Bookings: made of holds, paid, looked at.

use super::access::User;
use super::cancellation::RequestView;
use super::detached::detached;
use super::holds::{AppliedView, ItemView};
use super::json::Json;
use super::money::MoneyView;
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::policies::{PolicyView, shown};
use super::problem::Problem;
use super::tickets::{AttendeeView, TicketView};
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use booking::notes::{Note, notes};
use booking::use_cases::{ConfirmRequest, Placed};
use booking::{Attendee, Booking, Payment, PaymentChoice, Refund};
use chrono::{DateTime, Utc};
use kernel::{Email, Invalid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Longest name of an attendee, in characters.
const LONGEST_NAME: usize = 100;
/// Longest address to come back to, in bytes.
const LONGEST_URL: usize = 2000;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(confirm).service(pay).service(show_booking).service(list_bookings);
}

/// Which hold becomes a booking.
#[derive(Deserialize, ToSchema)]
pub struct Confirm {
    hold_id: Uuid,
    /// How to pay; `free` or absent when there is nothing to pay.
    payment: Option<PaymentRequest>,
    /// Who is to come, in the order of the tickets; may be fewer than tickets.
    #[serde(default)]
    attendees: Vec<AttendeeRequest>,
}

/// How to pay.
#[derive(Deserialize, ToSchema)]
pub struct PaymentRequest {
    provider: ProviderName,
    /// Where the browser goes when all went well: a page of this site or of an allowed one.
    success_url: Option<String>,
    /// Where it goes when the buyer turned back.
    cancel_url: Option<String>,
}

/// A way to pay.
#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub enum ProviderName {
    /// Stripe Checkout.
    Stripe,
    /// PayPal.
    Paypal,
    /// To an account; where to stands in `payment.transfer`.
    BankTransfer,
    /// There is nothing to pay.
    Free,
}

/// Who is to come.
#[derive(Deserialize, ToSchema)]
pub struct AttendeeRequest {
    /// 1 to 100 characters.
    first_name: String,
    /// 1 to 100 characters.
    last_name: String,
    email: Option<String>,
}

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

/// Make a booking of a hold. The same hold always makes the same booking.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), params(Once), request_body = Confirm, responses(
    (status = 201, body = BookingView),
    (status = 409, description = "`hold_expired`", body = Problem),
    (status = 422, description = "`provider_not_available`, `not_on_sale`, `invalid_input`",
        body = Problem)))]
#[post("/bookings/confirm")]
async fn confirm(
    app: Data<App>,
    user: User,
    once: Once,
    body: Json<Confirm>,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let mut wrong = Vec::new();
        let payment = body.payment.as_ref().map(|payment| choice(&app, payment, &mut wrong));
        let attendees = attendees(&body.attendees, &mut wrong);
        refuse(wrong)?;
        let payment = payment.transpose()?.flatten();
        let request = ConfirmRequest { buyer: user.0.account, hold: body.hold_id.into(), payment, attendees };
        let seller = app.clone();
        let placed = detached(async move { seller.bookings.confirm(request).await }).await?;
        let location = (header::LOCATION, format!("/api/v1/bookings/{}", placed.booking.id));
        Ok(HttpResponse::Created().insert_header(location).json(BookingView::of(&app, &placed)))
    };
    once.run(&app, user.0.account, &body, work).await
}

/// Start another attempt to pay, also with another provider.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), params(Once), request_body = PaymentRequest, responses(
    (status = 201, body = BookingView),
    (status = 404, body = Problem),
    (status = 409, description = "`not_payable`, `too_many_payments`", body = Problem),
    (status = 422, description = "`provider_not_available`, `invalid_input`", body = Problem)))]
#[post("/bookings/{id}/pay")]
async fn pay(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Json<PaymentRequest>,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let mut wrong = Vec::new();
        let choice = choice(&app, &body, &mut wrong);
        refuse(wrong)?;
        let choice = choice?.ok_or_else(no_such_way)?;
        let (seller, buyer, id) = (app.clone(), user.0.account, id.into_inner().into());
        let placed = detached(async move { seller.bookings.pay(buyer, id, &choice).await }).await?;
        let location = (header::LOCATION, format!("/api/v1/bookings/{}", placed.booking.id));
        Ok(HttpResponse::Created().insert_header(location).json(BookingView::of(&app, &placed)))
    };
    once.run(&app, user.0.account, &body, work).await
}

/// One of one's own bookings.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), responses(
    (status = 200, body = BookingView), (status = 404, body = Problem)))]
#[get("/bookings/{id}")]
async fn show_booking(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let placed = app.bookings.show(user.0.account, id.into_inner().into()).await?;
    let placed = placed.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(BookingView::of(&app, &placed)))
}

/// One's own bookings, the newest first.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), params(PagingQuery),
    responses((status = 200, body = PageView<BookingView>)))]
#[get("/users/bookings")]
async fn list_bookings(app: Data<App>, user: User, paging: Paging) -> Result<HttpResponse, Problem> {
    let page = app.bookings.list(user.0.account, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |placed| BookingView::of(&app, &placed))))
}

fn refuse(wrong: Vec<Invalid>) -> Result<(), Problem> {
    if wrong.is_empty() { Ok(()) } else { Err(Problem::invalid(wrong)) }
}

fn no_such_way() -> Problem {
    Problem::unprocessable("provider_not_available", "This way to pay is not available here.")
}

/// `None` for `free`; what is wrong with the addresses is added to `wrong`.
fn choice(
    app: &App,
    asked: &PaymentRequest,
    wrong: &mut Vec<Invalid>,
) -> Result<Option<PaymentChoice>, Problem> {
    let provider = match asked.provider {
        ProviderName::Stripe => booking::Provider::Stripe,
        ProviderName::Paypal => booking::Provider::Paypal,
        ProviderName::BankTransfer => booking::Provider::BankTransfer,
        ProviderName::Free => return Ok(None),
    };
    for (field, url) in
        [("payment.success_url", &asked.success_url), ("payment.cancel_url", &asked.cancel_url)]
    {
        let bad =
            url.as_ref().is_some_and(|url| url.len() > LONGEST_URL || !app.config.http.may_return_to(url));
        if bad {
            let message = "must be an address of this site or of an allowed one";
            wrong.push(Invalid::new(field, "not_allowed", message));
        }
    }
    let PaymentRequest { success_url, cancel_url, .. } = asked;
    Ok(Some(PaymentChoice { provider, success_url: success_url.clone(), cancel_url: cancel_url.clone() }))
}

fn attendees(asked: &[AttendeeRequest], wrong: &mut Vec<Invalid>) -> Vec<Attendee> {
    let mut read = Vec::with_capacity(asked.len());
    for (place, attendee) in asked.iter().enumerate() {
        let mut name = |field: &str, text: &str| {
            let text = text.trim().to_owned();
            if text.is_empty() || text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control) {
                let field = format!("attendees.{place}.{field}");
                wrong.push(Invalid::new(field, "out_of_range", "must have 1 to 100 characters"));
            }
            text
        };
        let first_name = name("first_name", &attendee.first_name);
        let last_name = name("last_name", &attendee.last_name);
        let email = attendee.email.as_deref().map(Email::parse).transpose();
        if email.is_err() {
            let field = format!("attendees.{place}.email");
            wrong.push(Invalid::new(field, "malformed", "must be an e-mail address"));
        }
        let email = email.ok().flatten().map(String::from);
        read.push(Attendee { first_name, last_name, email });
    }
    read
}
