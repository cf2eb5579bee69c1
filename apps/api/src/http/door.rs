//! The door: verify and redeem, undo, count.

use super::access::User;
use super::json::{Json, Optional};
use super::problem::Problem;
use super::tickets::TicketSeatView;
use crate::wiring::App;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use booking::use_cases::{Doors, Staff, VerifyRequest};
use booking::{Admission, Attendee, Quarter, Ticket, TypeCount, Verdict, Way};
use chrono::{DateTime, Utc};
use events::access::Right;
use kernel::{Actor, Invalid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Longest nonce.
const LONGEST_NONCE: usize = 100;
/// Longest reason.
const LONGEST_REASON: usize = 500;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(verify).service(undo_check_in).service(check_in_stats);
}

/// Which way somebody goes.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// In.
    #[default]
    In,
    /// Out; the ticket lets its bearer in again.
    Out,
}

impl From<Direction> for Way {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::In => Self::In,
            Direction::Out => Self::Out,
        }
    }
}

impl From<Way> for Direction {
    fn from(way: Way) -> Self {
        match way {
            Way::In => Self::In,
            Way::Out => Self::Out,
        }
    }
}

/// What was scanned.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"code": "AEAZ...", "event_id": "01977e5c-6f2a-7c3e-9d5b-1f0a2b3c4d5e",
    "nonce": "5f1c9b52", "direction": "in"}))]
pub struct Verify {
    code: String,
    /// The scanner's own name for this attempt, 1 to 100 characters: the same one gives the first answer again.
    nonce: Option<String>,
    /// The event that the scanner stands at; tickets of others are then refused.
    event_id: Option<Uuid>,
    /// Only look: nothing is redeemed or kept.
    #[serde(default)]
    dry_run: bool,
    /// `in` unless it is said.
    #[serde(default)]
    direction: Direction,
    /// Let them pass although they are refused, for a `reason`. It is kept, flagged and recorded.
    #[serde(default)]
    force: bool,
    /// Up to 500 characters; required with `force`.
    reason: Option<String>,
}

/// What the door says.
#[derive(Serialize, ToSchema)]
pub struct VerifyView {
    /// `admitted`, `already_checked_in`, `cancelled`, `wrong_event`, `not_yet` or `unknown`; of those who go out,
    /// `left`, `not_inside`, `wrong_event` or `unknown`.
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<DoorTicketView>,
    #[schema(required)]
    checked_in_at: Option<DateTime<Utc>>,
    /// What the result would have been, had nobody insisted.
    #[serde(skip_serializing_if = "Option::is_none")]
    overruled: Option<&'static str>,
}

/// Whom a ticket lets in: as much as a door needs.
#[derive(Serialize, ToSchema)]
pub struct DoorAttendeeView {
    first_name: String,
    last_name: String,
}

impl From<&Attendee> for DoorAttendeeView {
    fn from(attendee: &Attendee) -> Self {
        Self { first_name: attendee.first_name.clone(), last_name: attendee.last_name.clone() }
    }
}

/// A ticket as the door sees it: without its code, and without the address of whom it is for.
#[derive(Serialize, ToSchema)]
pub struct DoorTicketView {
    id: Uuid,
    booking_id: Uuid,
    event_id: Uuid,
    ticket_type_id: Uuid,
    #[schema(required)]
    seat: Option<TicketSeatView>,
    #[schema(required)]
    attendee: Option<DoorAttendeeView>,
    status: &'static str,
    #[schema(required)]
    checked_in_at: Option<DateTime<Utc>>,
    /// How many are inside with it: more than one when it was let in twice.
    inside: u32,
}

impl From<&Ticket> for DoorTicketView {
    fn from(ticket: &Ticket) -> Self {
        Self {
            id: ticket.id.as_uuid(),
            booking_id: ticket.booking.as_uuid(),
            event_id: ticket.event.as_uuid(),
            ticket_type_id: ticket.ticket_type.as_uuid(),
            seat: ticket.seat.as_ref().map(TicketSeatView::from),
            attendee: ticket.attendee.as_ref().map(DoorAttendeeView::from),
            status: ticket.status.as_str(),
            checked_in_at: ticket.checked_in_at,
            inside: ticket.inside(),
        }
    }
}

/// The doors that somebody may stand at; those who work for nobody are turned away.
pub(super) async fn staff(app: &App, actor: Actor) -> Result<Staff, Problem> {
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
    let Verify { code, nonce, event_id, dry_run, direction, force, reason } = body.into_inner();
    let mut mistakes = Vec::new();
    if let Some(nonce) = &nonce {
        mistakes.extend(nonce_mistake("nonce", nonce));
    }
    mistakes.extend(reason_mistake("reason", reason.as_deref(), force));
    if !mistakes.is_empty() {
        return Err(Problem::invalid(mistakes));
    }
    let event = event_id.map(Into::into);
    let force = reason.filter(|_| force);
    let request = VerifyRequest { code, nonce, event, dry_run, way: direction.into(), force };
    let Admission { verdict, ticket, checked_in_at, overruled } = app.door.verify(&staff, &request).await?;
    let ticket = ticket.as_ref().map(DoorTicketView::from);
    let overruled = overruled.map(Verdict::as_str);
    Ok(HttpResponse::Ok().json(VerifyView { result: verdict.as_str(), ticket, checked_in_at, overruled }))
}

/// What is wrong with a scanner's name for a scan.
pub(super) fn nonce_mistake(field: &str, nonce: &str) -> Option<Invalid> {
    let fits = !nonce.is_empty() && nonce.chars().count() <= LONGEST_NONCE;
    (!fits).then(|| Invalid::new(field, "out_of_range", "must have 1 to 100 characters"))
}

/// What is wrong with a reason.
pub(super) fn reason_mistake(field: &str, reason: Option<&str>, needed: bool) -> Option<Invalid> {
    match reason {
        None if needed => {
            Some(Invalid::new(field, "required", "is needed to let somebody pass who is refused"))
        }
        Some(text) if text.trim().is_empty() || text.chars().count() > LONGEST_REASON => {
            Some(Invalid::new(field, "out_of_range", "must have 1 to 500 characters"))
        }
        _ => None,
    }
}

/// Why something is taken back.
#[derive(Default, Deserialize, ToSchema)]
#[schema(example = json!({"reason": "The wrong one of two was scanned."}))]
pub struct UndoBody {
    /// Up to 500 characters.
    reason: Option<String>,
}

/// Make a checked-in ticket valid again, as if nobody had come in with it.
#[utoipa::path(tag = "door", security(("bearer" = [])), request_body = Option<UndoBody>, responses(
    (status = 200, body = DoorTicketView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`not_checked_in`", body = Problem),
    (status = 422, body = Problem)))]
#[post("/tickets/{id}/undo-check-in")]
async fn undo_check_in(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Optional<UndoBody>,
) -> Result<HttpResponse, Problem> {
    let staff = staff(&app, user.0).await?;
    let reason = body.0.map(Json::into_inner).unwrap_or_default().reason;
    if let Some(mistake) = reason_mistake("reason", reason.as_deref(), false) {
        return Err(Problem::invalid(vec![mistake]));
    }
    let ticket = app.door.undo(&staff, id.into_inner().into(), reason).await?;
    Ok(HttpResponse::Ok().json(DoorTicketView::from(&ticket)))
}

/// How many are in, and what happened at the door.
#[derive(Serialize, ToSchema)]
pub struct CheckInStatsView {
    /// Living tickets.
    tickets: u32,
    /// Those that have admitted.
    checked_in: u32,
    /// People who are inside now.
    inside: u32,
    /// How many the house holds, if that was said.
    #[schema(required)]
    capacity: Option<u32>,
    by_ticket_type: Vec<TypeStatsView>,
    /// Scans that let nobody pass, by their result.
    refused: Vec<RefusedView>,
    /// Scans whose verdict somebody at the door overruled.
    forced: u32,
    /// Scans that were made without a network.
    offline: u32,
    /// Scans that happened and should not have: `GET /admin/events/{id}/check-in/conflicts`.
    conflicts: u32,
    /// The latest 192 quarters of an hour in which anybody passed, the earliest first.
    quarters: Vec<QuarterView>,
}

/// How many of one ticket type are in.
#[derive(Serialize, ToSchema)]
pub struct TypeStatsView {
    ticket_type_id: Uuid,
    tickets: u32,
    checked_in: u32,
    inside: u32,
}

/// How many scans let nobody pass for one reason.
#[derive(Serialize, ToSchema)]
pub struct RefusedView {
    result: &'static str,
    count: u32,
}

/// Who passed within a quarter of an hour.
#[derive(Serialize, ToSchema)]
pub struct QuarterView {
    from: DateTime<Utc>,
    entered: u32,
    left: u32,
}

/// Count who is in.
#[utoipa::path(tag = "door", security(("bearer" = [])), responses(
    (status = 200, body = CheckInStatsView), (status = 404, body = Problem)))]
#[get("/admin/events/{id}/check-in/stats")]
async fn check_in_stats(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let staff = staff(&app, user.0).await?;
    let found = app.door.stats(&staff, id.into_inner().into()).await?;
    let (counts, capacity) = found.ok_or_else(Problem::not_found)?;
    let of_type = |of: &TypeCount| TypeStatsView {
        ticket_type_id: of.ticket_type.as_uuid(),
        tickets: of.tickets,
        checked_in: of.checked_in,
        inside: of.inside,
    };
    let refused = |(verdict, count): &(Verdict, u32)| RefusedView { result: verdict.as_str(), count: *count };
    let quarter = |of: &Quarter| QuarterView { from: of.from, entered: of.entered, left: of.left };
    Ok(HttpResponse::Ok().json(CheckInStatsView {
        tickets: counts.types.iter().map(|of| of.tickets).sum(),
        checked_in: counts.types.iter().map(|of| of.checked_in).sum(),
        inside: counts.types.iter().map(|of| of.inside).sum(),
        capacity,
        by_ticket_type: counts.types.iter().map(of_type).collect(),
        refused: counts.refused.iter().map(refused).collect(),
        forced: counts.forced,
        offline: counts.offline,
        conflicts: counts.conflicts,
        quarters: counts.quarters.iter().map(quarter).collect(),
    }))
}
