//! Giving tickets back: what would go back, doing it, and asking staff to.

use super::access::User;
use super::bookings::BookingView;
use super::detached::detached;
use super::json::Optional;
use super::money::MoneyView;
use super::once::Once;
use super::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Bytes, Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use booking::cancellation::LONGEST_MESSAGE;
use booking::{CancellationRequest, Line, Quote};
use chrono::{DateTime, Utc};
use kernel::{BookingId, Invalid, TicketId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Most tickets that can be named at once.
const MOST_TICKETS: usize = 1000;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(cancellation_preview).service(cancel_booking).service(request_cancel);
}

/// Which tickets would be cancelled.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PreviewQuery {
    /// Ids with commas between them; all tickets of the booking when absent.
    ticket_ids: Option<String>,
}

/// Which tickets are cancelled.
#[derive(Deserialize, Default, ToSchema)]
pub struct CancelBody {
    /// All tickets of the booking when absent.
    ticket_ids: Option<Vec<Uuid>>,
}

/// What is asked of staff.
#[derive(Deserialize, Default, ToSchema)]
pub struct RequestBody {
    /// All tickets of the booking when absent.
    ticket_ids: Option<Vec<Uuid>>,
    /// Why; up to 1000 characters.
    message: Option<String>,
}

/// What cancelling would do.
#[derive(Serialize, ToSchema)]
pub struct QuoteView {
    /// What goes back.
    refund: MoneyView,
    /// What is kept.
    fee: MoneyView,
    /// Ticket by ticket; none when nothing was paid yet.
    lines: Vec<LineView>,
    /// Whether the buyer can do it alone. If not, staff can be asked.
    cancellable: bool,
    /// Why not: `not_refundable`, `too_late_to_cancel` or `refund_window_over`.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

/// One ticket: `fee` and `refund` are `paid`.
#[derive(Serialize, ToSchema)]
pub struct LineView {
    ticket_id: Uuid,
    /// What was paid for it and has not gone back.
    paid: MoneyView,
    fee: MoneyView,
    refund: MoneyView,
}

impl From<&Line> for LineView {
    fn from(line: &Line) -> Self {
        let Line { ticket, paid, fee, refund } = *line;
        Self { ticket_id: ticket.as_uuid(), paid: paid.into(), fee: fee.into(), refund: refund.into() }
    }
}

impl From<Quote> for QuoteView {
    fn from(quote: Quote) -> Self {
        let code = quote.obstacle.map(|obstacle| Problem::from(obstacle).code());
        Self {
            refund: quote.refund.into(),
            fee: quote.fee.into(),
            lines: quote.lines.iter().map(LineView::from).collect(),
            cancellable: code.is_none(),
            code,
        }
    }
}

/// What a buyer asks of staff.
#[derive(Serialize, ToSchema)]
pub struct RequestView {
    /// `open`, `granted` or `refused`.
    status: &'static str,
    ticket_ids: Vec<Uuid>,
    #[schema(required)]
    message: Option<String>,
    asked_at: DateTime<Utc>,
    #[schema(required)]
    decided_at: Option<DateTime<Utc>>,
    /// What staff says about it.
    #[schema(required)]
    answer: Option<String>,
}

impl From<&CancellationRequest> for RequestView {
    fn from(request: &CancellationRequest) -> Self {
        Self {
            status: request.status.as_str(),
            ticket_ids: request.tickets.iter().map(|ticket| ticket.as_uuid()).collect(),
            message: request.message.clone(),
            asked_at: request.asked_at,
            decided_at: request.decided_at,
            answer: request.answer.clone(),
        }
    }
}

/// What cancelling now would give back, to the cent.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), params(PreviewQuery), responses(
    (status = 200, body = QuoteView), (status = 404, body = Problem),
    (status = 409, description = "`nothing_to_cancel`, `ticket_not_cancellable`", body = Problem),
    (status = 422, body = Problem)))]
#[get("/bookings/{id}/cancellation-preview")]
async fn cancellation_preview(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    query: Query<PreviewQuery>,
) -> Result<HttpResponse, Problem> {
    let named = query.ticket_ids.as_deref().map(|text| text.split(',').map(str::trim).map(str::parse));
    let named: Option<Result<Vec<Uuid>, _>> = named.map(Iterator::collect);
    let named =
        named.transpose().map_err(|_| wrong_tickets("malformed", "must be ids with commas between"))?;
    let chosen = tickets(named)?;
    let id = id.into_inner().into();
    let quote = app.bookings.cancellation_preview(user.0.account, id, chosen.as_deref()).await?;
    Ok(HttpResponse::Ok().json(QuoteView::from(quote)))
}

/// Cancel a booking, or some of its tickets: what is due goes back, and the places are on sale again. A booking that
/// waits for its payment is called off.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), params(Once), request_body = Option<CancelBody>, responses(
    (status = 200, body = BookingView), (status = 404, body = Problem),
    (status = 409, description = "`nothing_to_cancel`, `ticket_not_cancellable`, `not_refundable`, \
        `too_late_to_cancel`, `refund_window_over`", body = Problem),
    (status = 422, body = Problem)))]
#[post("/bookings/{id}/cancel")]
async fn cancel_booking(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Optional<CancelBody>,
) -> Result<HttpResponse, Problem> {
    let (body, bytes) = read(body);
    let work = async {
        let chosen = tickets(body.ticket_ids)?;
        let (seller, buyer, id) = (app.clone(), user.0.cause(), BookingId::from(id.into_inner()));
        let placed =
            detached(async move { seller.bookings.cancel(&buyer, id, chosen.as_deref()).await }).await?;
        app.answers.places_changed(placed.booking.event);
        Ok(HttpResponse::Ok().json(BookingView::of(&app, &placed)))
    };
    once.run_over(&app, user.0.account, &bytes, work).await
}

/// Ask staff to cancel what the buyer alone cannot.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), params(Once), request_body = Option<RequestBody>, responses(
    (status = 200, body = BookingView), (status = 404, body = Problem),
    (status = 409, description = "`nothing_to_cancel`, `ticket_not_cancellable`, `request_waiting`", body = Problem),
    (status = 422, body = Problem)))]
#[post("/bookings/{id}/request-cancel")]
async fn request_cancel(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Optional<RequestBody>,
) -> Result<HttpResponse, Problem> {
    let (body, bytes) = read(body);
    let work = async {
        let chosen = tickets(body.ticket_ids)?;
        let message = words("message", body.message)?;
        let (buyer, id) = (user.0.cause(), BookingId::from(id.into_inner()));
        let placed = app.bookings.request_cancel(&buyer, id, chosen.as_deref(), message).await?;
        Ok(HttpResponse::Ok().json(BookingView::of(&app, &placed)))
    };
    once.run_over(&app, user.0.account, &bytes, work).await
}

/// What was sent, or nothing, with its bytes.
pub(super) fn read<T: Default>(body: Optional<T>) -> (T, Bytes) {
    body.0.map_or_else(Default::default, |body| (body.value, body.bytes))
}

fn wrong_tickets(code: &'static str, message: &str) -> Problem {
    Problem::invalid(vec![Invalid::new("ticket_ids", code, message)])
}

/// The named tickets: none at all is a mistake, not all of them.
pub(super) fn tickets(named: Option<Vec<Uuid>>) -> Result<Option<Vec<TicketId>>, Problem> {
    match named {
        Some(named) if named.is_empty() => Err(wrong_tickets("required", "must name at least one")),
        Some(named) if named.len() > MOST_TICKETS => Err(wrong_tickets("too_many", "must be at most 1000")),
        named => Ok(named.map(|named| named.into_iter().map(TicketId::from).collect())),
    }
}

/// Up to 1000 characters of what somebody says; `None` when they say nothing.
pub(super) fn words(field: &str, text: Option<String>) -> Result<Option<String>, Problem> {
    let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.chars().count() > LONGEST_MESSAGE) {
        let message = format!("may have up to {LONGEST_MESSAGE} characters");
        return Err(Problem::invalid(vec![Invalid::new(field, "too_long", message)]));
    }
    Ok(text)
}
