//! The door: verify and redeem, undo, count.

use super::access::User;
use super::json::Json;
use super::problem::Problem;
use super::tickets::AttendeeView;
use crate::wiring::App;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use booking::use_cases::{Doors, Staff, VerifyRequest};
use booking::{Admission, Ticket};
use chrono::{DateTime, Utc};
use events::access::Right;
use kernel::{Actor, Invalid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Longest nonce.
const LONGEST_NONCE: usize = 100;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(verify).service(undo_check_in).service(check_in_stats);
}

/// What was scanned.
#[derive(Deserialize, ToSchema)]
pub struct Verify {
    code: String,
    /// The scanner's own name for this attempt, 1 to 100 characters: the same one gives the first answer again.
    nonce: Option<String>,
    /// The event that the scanner stands at; tickets of others are then refused.
    event_id: Option<Uuid>,
    /// Only look: nothing is redeemed or kept.
    #[serde(default)]
    dry_run: bool,
}

/// What the door says.
#[derive(Serialize, ToSchema)]
pub struct VerifyView {
    /// `admitted`, `already_checked_in`, `cancelled`, `wrong_event`, `not_yet` or `unknown`.
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<DoorTicketView>,
    #[schema(required)]
    checked_in_at: Option<DateTime<Utc>>,
}

/// A ticket as the door sees it: without its code.
#[derive(Serialize, ToSchema)]
pub struct DoorTicketView {
    id: Uuid,
    booking_id: Uuid,
    event_id: Uuid,
    ticket_type_id: Uuid,
    #[schema(required)]
    attendee: Option<AttendeeView>,
    status: &'static str,
    #[schema(required)]
    checked_in_at: Option<DateTime<Utc>>,
}

impl From<&Ticket> for DoorTicketView {
    fn from(ticket: &Ticket) -> Self {
        Self {
            id: ticket.id.as_uuid(),
            booking_id: ticket.booking.as_uuid(),
            event_id: ticket.event.as_uuid(),
            ticket_type_id: ticket.ticket_type.as_uuid(),
            attendee: ticket.attendee.as_ref().map(AttendeeView::from),
            status: ticket.status.as_str(),
            checked_in_at: ticket.checked_in_at,
        }
    }
}

/// The doors that somebody may stand at; those who work for nobody are turned away.
async fn staff(app: &App, actor: Actor) -> Result<Staff, Problem> {
    let grant = app.events.grant(actor).await?;
    let doors = match grant.organisations(Right::Door) {
        None => Doors::All,
        Some(own) if !own.is_empty() => Doors::Of(own),
        Some(_) => return Err(Problem::forbidden("forbidden", "Only door staff may do this.")),
    };
    Ok(Staff { account: actor.account, doors, request: actor.request })
}

/// Verify a code and let its bearer in, in one call.
#[utoipa::path(tag = "door", security(("bearer" = [])), request_body = Verify, responses(
    (status = 200, body = VerifyView),
    (status = 403, body = Problem),
    (status = 409, description = "`nonce_reused`", body = Problem),
    (status = 422, body = Problem)))]
#[post("/tickets/verify")]
async fn verify(app: Data<App>, user: User, body: Json<Verify>) -> Result<HttpResponse, Problem> {
    let staff = staff(&app, user.0).await?;
    let Verify { code, nonce, event_id, dry_run } = body.into_inner();
    if nonce.as_ref().is_some_and(|nonce| nonce.is_empty() || nonce.chars().count() > LONGEST_NONCE) {
        let message = "must have 1 to 100 characters";
        return Err(Problem::invalid(vec![Invalid::new("nonce", "out_of_range", message)]));
    }
    let request = VerifyRequest { code, nonce, event: event_id.map(Into::into), dry_run };
    let Admission { verdict, ticket, checked_in_at } = app.door.verify(&staff, &request).await?;
    let ticket = ticket.as_ref().map(DoorTicketView::from);
    Ok(HttpResponse::Ok().json(VerifyView { result: verdict.as_str(), ticket, checked_in_at }))
}

/// Make a checked-in ticket valid again.
#[utoipa::path(tag = "door", security(("bearer" = [])), responses(
    (status = 200, body = DoorTicketView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`not_checked_in`", body = Problem)))]
#[post("/tickets/{id}/undo-check-in")]
async fn undo_check_in(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let staff = staff(&app, user.0).await?;
    let ticket = app.door.undo(&staff, id.into_inner().into()).await?;
    Ok(HttpResponse::Ok().json(DoorTicketView::from(&ticket)))
}

/// How many are in.
#[derive(Serialize, ToSchema)]
pub struct CheckInStatsView {
    /// Living tickets.
    tickets: u32,
    /// Those that have admitted.
    checked_in: u32,
    by_ticket_type: Vec<TypeStatsView>,
}

/// How many of one ticket type are in.
#[derive(Serialize, ToSchema)]
pub struct TypeStatsView {
    ticket_type_id: Uuid,
    tickets: u32,
    checked_in: u32,
}

/// Count who is in.
#[utoipa::path(tag = "door", security(("bearer" = [])), responses(
    (status = 200, body = CheckInStatsView), (status = 404, body = Problem)))]
#[get("/admin/events/{id}/check-in/stats")]
async fn check_in_stats(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let staff = staff(&app, user.0).await?;
    let counts = app.door.stats(&staff, id.into_inner().into()).await?.ok_or_else(Problem::not_found)?;
    let view = |&(id, tickets, checked_in): &(kernel::TicketTypeId, u32, u32)| TypeStatsView {
        ticket_type_id: id.as_uuid(),
        tickets,
        checked_in,
    };
    Ok(HttpResponse::Ok().json(CheckInStatsView {
        tickets: counts.iter().map(|(_, tickets, _)| tickets).sum(),
        checked_in: counts.iter().map(|(_, _, checked_in)| checked_in).sum(),
        by_ticket_type: counts.iter().map(view).collect(),
    }))
}
