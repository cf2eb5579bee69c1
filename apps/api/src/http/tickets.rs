//! Tickets, for those who hold them: data, and the code drawn as QR.

use super::access::User;
use super::documents::pdf;
use super::language::{LanguageQuery, Wished};
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::press::{self, Night};
use crate::qr;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use booking::{Attendee, Seat, Ticket, TicketStatus};
use chrono::{DateTime, Utc};
use kernel::AccountId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_tickets).service(show_ticket).service(qr_svg).service(qr_png).service(print_ticket);
}

/// A ticket.
#[derive(Serialize, ToSchema)]
pub struct TicketView {
    id: Uuid,
    booking_id: Uuid,
    event_id: Uuid,
    ticket_type_id: Uuid,
    /// Where its holder sits; null where places are no seats.
    #[schema(required)]
    seat: Option<TicketSeatView>,
    #[schema(required)]
    attendee: Option<AttendeeView>,
    /// What the door scans: signed, and drawn as QR under `qr.svg` and `qr.png`. Null for a ticket that opens no
    /// door: one that was cancelled or given back, or went to another member.
    #[schema(required)]
    code: Option<String>,
    /// `valid`, `checked_in`, `cancelled`, `transferred` or `returned` (given back to be sold again).
    status: &'static str,
    #[schema(required)]
    checked_in_at: Option<DateTime<Utc>>,
}

/// A seat on a ticket.
#[derive(Serialize, ToSchema)]
pub struct TicketSeatView {
    id: Uuid,
    /// What people call it.
    #[schema(example = "Stalls A-12")]
    label: String,
}

impl From<&Seat> for TicketSeatView {
    fn from(seat: &Seat) -> Self {
        Self { id: seat.id.as_uuid(), label: seat.label.clone() }
    }
}

/// Who is to come.
#[derive(Serialize, ToSchema)]
pub struct AttendeeView {
    first_name: String,
    last_name: String,
    #[schema(required)]
    email: Option<String>,
}

impl From<&Attendee> for AttendeeView {
    fn from(attendee: &Attendee) -> Self {
        let Attendee { first_name, last_name, email } = attendee.clone();
        Self { first_name, last_name, email }
    }
}

impl TicketView {
    /// As `viewer` sees it: its code is for its holder only, and to whoever handed it on it is `transferred`.
    pub fn of(app: &App, ticket: &Ticket, viewer: AccountId) -> Self {
        let own = ticket.holder == viewer;
        let status = if own || !ticket.status.lives() { ticket.status } else { TicketStatus::Transferred };
        Self {
            id: ticket.id.as_uuid(),
            booking_id: ticket.booking.as_uuid(),
            event_id: ticket.event.as_uuid(),
            ticket_type_id: ticket.ticket_type.as_uuid(),
            seat: ticket.seat.as_ref().map(TicketSeatView::from),
            attendee: ticket.attendee.as_ref().filter(|_| own).map(AttendeeView::from),
            code: (own && ticket.status.lives()).then(|| app.door.code(ticket)),
            status: status.as_str(),
            checked_in_at: ticket.checked_in_at.filter(|_| own),
        }
    }
}

/// One's own tickets, the newest first; `me` or one's own id.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<TicketView>), (status = 404, body = Problem)))]
#[get("/users/{user_id}/tickets")]
async fn list_tickets(
    app: Data<App>,
    user: User,
    id: Path<String>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let own = user.0.account;
    let holder = if id.as_str() == "me" { Some(own) } else { id.parse().ok() };
    // A code lets its bearer in: nobody, not even an admin, sees those of others here.
    let holder = holder.filter(|holder| *holder == own).ok_or_else(Problem::not_found)?;
    let page = app.bookings.tickets(holder, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |ticket| TicketView::of(&app, &ticket, own))))
}

async fn held(app: &App, user: User, id: Uuid) -> Result<Ticket, Problem> {
    app.bookings.ticket(user.0.account, id.into()).await?.ok_or_else(Problem::not_found)
}

/// One of one's own tickets.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), responses(
    (status = 200, body = TicketView), (status = 404, body = Problem)))]
#[get("/tickets/{id}")]
async fn show_ticket(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let viewer = user.0.account;
    let ticket = held(&app, user, id.into_inner()).await?;
    Ok(HttpResponse::Ok().json(TicketView::of(&app, &ticket, viewer)))
}

/// One that still opens a door: a drawing of any other would only look as if it did.
pub(super) async fn living(app: &App, user: User, id: Uuid) -> Result<Ticket, Problem> {
    let ticket = held(app, user, id).await?;
    if ticket.status.lives() {
        Ok(ticket)
    } else {
        Err(Problem::conflict("ticket_not_valid", "This ticket opens no door any more."))
    }
}

fn picture(content_type: &'static str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(bytes)
}

/// A ticket's code as an SVG drawing.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), responses(
    (status = 200, content_type = "image/svg+xml", body = String), (status = 404, body = Problem),
    (status = 409, description = "`ticket_not_valid`", body = Problem)))]
#[get("/tickets/{id}/qr.svg")]
async fn qr_svg(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let ticket = living(&app, user, id.into_inner()).await?;
    let drawn = qr::svg(&app.door.code(&ticket)).map_err(|error| Problem::internal(&error))?;
    Ok(picture("image/svg+xml", drawn.into_bytes()))
}

/// A ticket's code as a PNG picture.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), responses(
    (status = 200, content_type = "image/png", body = Vec<u8>), (status = 404, body = Problem),
    (status = 409, description = "`ticket_not_valid`", body = Problem)))]
#[get("/tickets/{id}/qr.png")]
async fn qr_png(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let ticket = living(&app, user, id.into_inner()).await?;
    let drawn = qr::png(&app.door.code(&ticket)).map_err(|error| Problem::internal(&error))?;
    Ok(picture("image/png", drawn))
}

/// A ticket as a PDF file, to be printed or kept.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), params(LanguageQuery), responses(
    (status = 200, content_type = "application/pdf", body = Vec<u8>),
    (status = 404, body = Problem),
    (status = 409, description = "`ticket_not_valid`", body = Problem),
    (status = 422, description = "`invalid_input`: an unknown language", body = Problem)))]
#[get("/tickets/{id}/ticket.pdf")]
async fn print_ticket(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    language: Wished,
) -> Result<HttpResponse, Problem> {
    let ticket = living(&app, user, id.into_inner()).await?;
    let booking = app.bookings.placed(ticket.booking).await?.ok_or_else(Problem::not_found)?.booking;
    let listed = app.events.facts(ticket.event).await?.ok_or_else(Problem::not_found)?;
    let issuer = app.events.issuer(listed.event.organisation).await?.ok_or_else(Problem::not_found)?;
    let types = listed.ticket_types.into_iter().map(|it| (it.ticket_type.id, it.ticket_type.name)).collect();
    let night = Night { event: &listed.event, types: &types, organiser: &issuer.0.name };
    let sheet = press::ticket_sheet(&app, &ticket, &booking, &night, None);
    let sheet = sheet.map_err(|error| Problem::internal(&error))?;
    let drawn = app.press.tickets(vec![sheet], language.0).await?;
    Ok(pdf(&format!("ticket-{}", ticket.id), drawn))
}
