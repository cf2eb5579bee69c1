//! Bookings as those see them who run the event: money sent back, refunds made again, requests answered.

use super::access::User;
use super::bookings::{PaymentView, RefundView, payment_view};
use super::cancellation::{RequestView, tickets, words};
use super::detached::detached;
use super::disputes::DisputeView;
use super::door::DoorTicketView;
use super::holds::{AppliedView, ItemView};
use super::json::Json;
use super::money::{MoneyView, PriceBody};
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::policies::{PolicyView, shown};
use super::problem::Problem;
use super::staff;
use crate::wiring::App;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use booking::use_cases::Placed;
use booking::{Decision, RefundReason, RefundWish, Ticket};
use chrono::{DateTime, Utc};
use events::PriceInput;
use events::access::Right;
use kernel::{BookingId, EventId, Invalid, Money, RefundId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_event_bookings)
        .service(show_managed_booking)
        .service(refund_booking)
        .service(retry_refund)
        .service(list_requests)
        .service(decide_request);
}

/// A ticket of a booking, as those see it who run the event.
#[derive(Serialize, ToSchema)]
pub struct ManagedTicketView {
    #[serde(flatten)]
    ticket: DoorTicketView,
    /// Whether it went to another member: it is not the buyer's any more, and what the buyer asks for does not touch it.
    handed_on: bool,
}

/// A booking, as those see it who run the event: without the codes of its tickets.
#[derive(Serialize, ToSchema)]
pub struct ManagedBookingView {
    id: Uuid,
    reference: String,
    event_id: Uuid,
    buyer_id: Uuid,
    /// As its buyer sees it.
    status: &'static str,
    total: MoneyView,
    paid: MoneyView,
    refunded: MoneyView,
    /// What can still be given back.
    refundable: MoneyView,
    items: Vec<ItemView>,
    /// The voucher that it was made with.
    #[schema(required)]
    voucher: Option<AppliedView>,
    tickets: Vec<ManagedTicketView>,
    /// Every attempt, the first first.
    payments: Vec<PaymentView>,
    refunds: Vec<RefundView>,
    /// Charges that somebody wants back from a bank; nothing of them is refunded unless such a dispute is won.
    disputes: Vec<DisputeView>,
    /// What was promised when it was bought; null when nothing was.
    #[schema(required)]
    cancellation_policy: Option<PolicyView>,
    /// What the buyer last asked of staff.
    #[schema(required)]
    cancellation_request: Option<RequestView>,
    created_at: DateTime<Utc>,
}

impl From<&Placed> for ManagedBookingView {
    fn from(Placed { booking, tickets }: &Placed) -> Self {
        let managed = |ticket: &Ticket| ManagedTicketView {
            ticket: DoorTicketView::from(ticket),
            handed_on: ticket.holder != booking.buyer,
        };
        Self {
            id: booking.id.as_uuid(),
            reference: booking.reference.to_string(),
            event_id: booking.event.as_uuid(),
            buyer_id: booking.buyer.as_uuid(),
            status: booking.shown_status(),
            total: booking.total.into(),
            paid: booking.paid().into(),
            refunded: booking.refunded().into(),
            refundable: booking.left().into(),
            items: booking.items.iter().map(ItemView::from).collect(),
            voucher: booking.voucher.map(AppliedView::from),
            tickets: tickets.iter().map(managed).collect(),
            payments: booking.payments.iter().map(|it| payment_view(it, booking.pay_by)).collect(),
            refunds: booking.refunds.iter().map(RefundView::managed).collect(),
            disputes: booking.disputes.iter().map(DisputeView::from).collect(),
            cancellation_policy: shown(booking.promise.as_ref()),
            cancellation_request: booking.request.as_ref().map(RequestView::from),
            created_at: booking.created_at,
        }
    }
}

/// What is sent back.
#[derive(Deserialize, ToSchema)]
pub struct RefundBody {
    /// How much; what was paid for the named tickets, or all there is, when absent.
    amount: Option<PriceBody>,
    /// For which tickets; they are cancelled, and their places are on sale again. With neither these nor an amount
    /// all tickets are meant; with an amount alone, none is.
    ticket_ids: Option<Vec<Uuid>>,
    /// Leave the tickets good all the same.
    #[serde(default)]
    keep_tickets: bool,
    /// Send the amount although the same was sent back in the last ten minutes.
    #[serde(default)]
    again: bool,
    /// Why; 1 to 1000 characters. The buyer does not see it.
    reason: String,
}

/// What staff says to a request.
#[derive(Deserialize, ToSchema)]
pub struct DecisionBody {
    decision: DecisionName,
    /// How much goes back; all that was paid for the tickets when absent.
    amount: Option<PriceBody>,
    /// For the buyer; up to 1000 characters.
    answer: Option<String>,
}

/// Yes or no.
#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub enum DecisionName {
    /// The tickets are cancelled.
    Grant,
    /// Everything stays as it is.
    Refuse,
}

/// The event of a booking that the user may decide about; those who work for nobody learn nothing about which
/// bookings there are.
async fn managed(app: &App, user: User, id: BookingId) -> Result<EventId, Problem> {
    app.events.grant(user.0).await?.require_any()?;
    let event = app.bookings.event_of_booking(id).await?.ok_or_else(Problem::not_found)?;
    app.events.require(user.0, event, Right::Manage).await?;
    Ok(event)
}

fn amount(body: Option<PriceBody>) -> Result<Option<Money>, Problem> {
    let read = |PriceInput { amount, currency }| Money::new(amount, currency.parse().ok()?).ok();
    let wrong = || {
        let message = "must be an amount of minor units and its currency";
        Problem::invalid(vec![Invalid::new("amount", "malformed", message)])
    };
    body.map(|body| read(body.into()).ok_or_else(wrong)).transpose()
}

/// The bookings of an event, the newest first.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<ManagedBookingView>), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
#[get("/admin/events/{id}/bookings")]
async fn list_event_bookings(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let event = EventId::from(id.into_inner());
    app.events.require(user.0, event, Right::Manage).await?;
    let page = app.bookings.list_of_event(event, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |placed| ManagedBookingView::from(&placed))))
}

/// One booking.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = ManagedBookingView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/bookings/{id}")]
async fn show_managed_booking(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let id = BookingId::from(id.into_inner());
    managed(&app, user, id).await?;
    let placed = app.bookings.placed(id).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(ManagedBookingView::from(&placed)))
}

/// Send money back, through the provider and account that took it. It goes on its way at once; how it stands shows
/// in the booking's refunds.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(Once), request_body = RefundBody, responses(
    (status = 200, body = ManagedBookingView), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`nothing_to_refund`, `already_refunded`, `refund_in_progress`, \
        `refund_window_over`", body = Problem),
    (status = 422, description = "`refund_too_high`, `invalid_input`", body = Problem)))]
#[post("/admin/bookings/{id}/refund")]
async fn refund_booking(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Json<RefundBody>,
) -> Result<HttpResponse, Problem> {
    let id = BookingId::from(id.into_inner());
    let event = managed(&app, user, id).await?;
    let bytes = body.bytes.clone();
    let name = once.name(user.0.account).map(RefundId::from);
    let work = async {
        let body = body.into_inner();
        let note = words("reason", Some(body.reason))?.ok_or_else(|| {
            Problem::invalid(vec![Invalid::new("reason", "required", "must say why, for the books")])
        })?;
        let wish = RefundWish {
            id: name,
            amount: amount(body.amount)?,
            tickets: tickets(body.ticket_ids)?,
            again: body.again,
            keep_tickets: body.keep_tickets,
            reason: RefundReason::Staff,
            by: Some(user.0.account),
            note: Some(note),
        };
        let (seller, by) = (app.clone(), user.0.cause());
        let placed = detached(async move { seller.bookings.refund(id, &wish, &by).await }).await?;
        app.answers.places_changed(event);
        Ok(HttpResponse::Ok().json(ManagedBookingView::from(&placed)))
    };
    once.run_over(&app, user.0.account, &bytes, work).await
}

/// Make a refund again that failed.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(Once), responses(
    (status = 200, body = ManagedBookingView), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`refund_not_failed`, `refund_window_over`", body = Problem),
    (status = 422, description = "`refund_too_high`", body = Problem)))]
#[post("/admin/bookings/{id}/refunds/{refund_id}/retry")]
async fn retry_refund(
    app: Data<App>,
    user: User,
    path: Path<(Uuid, Uuid)>,
    once: Once,
) -> Result<HttpResponse, Problem> {
    let (id, refund) = path.into_inner();
    let (id, refund) = (BookingId::from(id), refund.into());
    managed(&app, user, id).await?;
    let work = async {
        let (seller, by) = (app.clone(), user.0.cause());
        let placed = detached(async move { seller.bookings.refund_again(id, refund, &by).await }).await?;
        Ok(HttpResponse::Ok().json(ManagedBookingView::from(&placed)))
    };
    once.run_over(&app, user.0.account, &[], work).await
}

/// Bookings whose buyers ask staff to cancel; who asked first comes first.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<ManagedBookingView>), (status = 403, body = Problem)))]
#[get("/admin/cancellation-requests")]
async fn list_requests(app: Data<App>, user: User, paging: Paging) -> Result<HttpResponse, Problem> {
    let own = staff::managed(&app, user.0).await?;
    let page = app.bookings.open_requests(own, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |placed| ManagedBookingView::from(&placed))))
}

/// Answer what a buyer asked.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(Once), request_body = DecisionBody, responses(
    (status = 200, body = ManagedBookingView), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`nothing_asked`, `nothing_to_cancel`, `already_refunded`, `refund_window_over`",
        body = Problem),
    (status = 422, description = "`refund_too_high`, `invalid_input`", body = Problem)))]
#[post("/admin/bookings/{id}/cancellation-request")]
async fn decide_request(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Json<DecisionBody>,
) -> Result<HttpResponse, Problem> {
    let id = BookingId::from(id.into_inner());
    let event = managed(&app, user, id).await?;
    let bytes = body.bytes.clone();
    let work = async {
        let body = body.into_inner();
        let answer = words("answer", body.answer)?;
        let decision = match body.decision {
            DecisionName::Grant => Decision::Grant(amount(body.amount)?),
            DecisionName::Refuse => Decision::Refuse,
        };
        let (seller, by) = (app.clone(), user.0.cause());
        let decided = async move { seller.bookings.decide_request(id, &decision, &by, answer).await };
        let placed = detached(decided).await?;
        app.answers.places_changed(event);
        Ok(HttpResponse::Ok().json(ManagedBookingView::from(&placed)))
    };
    once.run_over(&app, user.0.account, &bytes, work).await
}
