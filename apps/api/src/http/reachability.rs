//! Who has a ticket but no working mail, for those who run the event; and a ticket sent to somebody anew.

use super::access::User;
use super::json::Json;
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::payments::word;
use super::problem::Problem;
use crate::mails::TICKET;
use crate::reach::{self, Line, Reached};
use crate::wiring::App;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use events::Event;
use events::access::Right;
use kernel::{Actor, EventId, Invalid, TicketId};
use messaging::{Channel, Reach, TicketWish};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_reachability).service(resend_ticket);
}

/// Which tickets are looked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReachabilityQuery {
    /// `reached`, `unproven`, `queued`, `deferred`, `bounced`, `failed` or `nothing_sent`; `all` for every ticket. Without it
    /// those that nobody has, as far as is known: the last four.
    state: Option<String>,
}

/// Which of them are wanted.
#[derive(Clone, Copy)]
enum Wanted {
    Trouble,
    All,
    These(Reach),
}

impl Wanted {
    fn read(text: &str) -> Option<Self> {
        let these = || Reach::ALL.into_iter().find(|reach| reach.as_str() == text).map(Self::These);
        if text == "all" { Some(Self::All) } else { these() }
    }

    fn wants(self, reach: Reach) -> bool {
        match self {
            Self::Trouble => reach.is_trouble(),
            Self::All => true,
            Self::These(wanted) => wanted == reach,
        }
    }
}

/// One of the addresses that a ticket may go to.
#[derive(Serialize, ToSchema)]
pub struct ReachLineView {
    #[schema(example = "ada@example.org")]
    email: String,
    /// Whether somebody has shown to read mail there.
    proven: bool,
    /// `reached`, `unproven` (it went out, and nobody has shown to read mail there), `queued`, `deferred`, `bounced`, `failed`
    /// or `nothing_sent`.
    #[schema(example = "bounced")]
    state: &'static str,
    /// What a server said last of the newest mail with the ticket.
    #[schema(required)]
    said: Option<String>,
    /// When something was learned of that mail last.
    #[schema(required)]
    changed_at: Option<DateTime<Utc>>,
    /// `bounced` or `complained`, when that is why announcements do not go there; tickets do.
    #[schema(required, example = "bounced")]
    no_announcements: Option<&'static str>,
}

impl From<Line> for ReachLineView {
    fn from(line: Line) -> Self {
        let Line { address, proven, suppression, reach, letter } = line;
        Self {
            email: address.into(),
            proven,
            state: reach.as_str(),
            changed_at: letter.as_ref().map(|letter| letter.changed_at),
            said: letter.and_then(|letter| letter.said),
            no_announcements: suppression.map(|it| it.reason.as_str()),
        }
    }
}

/// A ticket that admits, and whether it reached somebody.
#[derive(Serialize, ToSchema)]
pub struct TicketReachView {
    ticket_id: Uuid,
    booking_id: Uuid,
    ticket_type_id: Uuid,
    #[schema(example = "valid")]
    status: &'static str,
    /// As the better of both ways has it.
    #[schema(example = "bounced")]
    state: &'static str,
    holder_id: Uuid,
    /// Null once the account is gone.
    #[schema(required)]
    holder_name: Option<String>,
    /// Who is to come with it, if that was said.
    #[schema(required)]
    attendee_name: Option<String>,
    /// By the address of whoever holds it; null once the account is gone.
    #[schema(required)]
    account: Option<ReachLineView>,
    /// By that of whoever is to come with it; null when none was named.
    #[schema(required)]
    attendee: Option<ReachLineView>,
}

impl From<Reached> for TicketReachView {
    fn from(reached: Reached) -> Self {
        let state = reached.reach().as_str();
        let Reached { ticket, holder, account, attendee } = reached;
        let named = ticket.attendee.as_ref();
        Self {
            ticket_id: ticket.id.as_uuid(),
            booking_id: ticket.booking.as_uuid(),
            ticket_type_id: ticket.ticket_type.as_uuid(),
            status: ticket.status.as_str(),
            state,
            holder_id: ticket.holder.as_uuid(),
            holder_name: holder.as_ref().map(super::buyers::name),
            attendee_name: named.map(|it| format!("{} {}", it.first_name, it.last_name)),
            account: account.map(Into::into),
            attendee: attendee.map(Into::into),
        }
    }
}

/// Tickets of an event that admit, with whether they reached somebody by mail, in the order in which they were issued. A page
/// may be shorter than its limit and not be the last.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(ReachabilityQuery, PagingQuery), responses(
    (status = 200, body = PageView<TicketReachView>), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
#[get("/admin/events/{id}/reachability")]
async fn list_reachability(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    query: Query<ReachabilityQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let event = EventId::from(id.into_inner());
    app.events.require(user.0, event, Right::Manage).await?;
    let mut wrong = Vec::new();
    let wanted = word("state", query.into_inner().state, Wanted::read, &mut wrong);
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let wanted = wanted.unwrap_or(Wanted::Trouble);
    let page = reach::page(&app, event, |reach| wanted.wants(reach), paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, TicketReachView::from)))
}

/// Where to.
#[derive(Deserialize, ToSchema)]
pub struct ResendTicket {
    /// `account`, whose address it is that holds the ticket, or `attendee`, that of whoever was named as coming with it.
    #[schema(example = "attendee")]
    to: String,
}

/// A mail that is going out.
#[derive(Serialize, ToSchema)]
pub struct ResentTicketView {
    /// Names it in the log of mails.
    mail_id: Uuid,
    #[schema(example = "queued")]
    state: &'static str,
}

/// Send a ticket with its code to its holder once more, or to whoever was named as coming with it. It goes out in a moment,
/// whatever is known of the address.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(Once), request_body = ResendTicket, responses(
    (status = 202, body = ResentTicketView), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`mail_waiting`, `no_address`, `ticket_not_valid`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem),
    (status = 429, description = "`too_many_attempts`", body = Problem)))]
#[post("/admin/events/{id}/reachability/{ticket_id}/resend")]
async fn resend_ticket(
    app: Data<App>,
    user: User,
    path: Path<(Uuid, Uuid)>,
    once: Once,
    body: Json<ResendTicket>,
) -> Result<HttpResponse, Problem> {
    let (event, ticket) = path.into_inner();
    let (_, event) = app.events.require(user.0, event.into(), Right::Manage).await?;
    let work = resent(&app, user.0, (&event, ticket.into()), body.to.clone());
    once.run(&app, user.0.account, &body, work).await
}

async fn resent(
    app: &App,
    actor: Actor,
    (event, ticket): (&Event, TicketId),
    to: String,
) -> Result<HttpResponse, Problem> {
    let Some(channel) = Channel::ALL.into_iter().find(|channel| channel.as_str() == to) else {
        return Err(Problem::invalid(vec![Invalid::new("to", "unknown", "must be account or attendee")]));
    };
    let ticket = app.bookings.ticket_of_event(event.id, ticket).await?.ok_or_else(Problem::not_found)?;
    if !ticket.status.lives() {
        return Err(Problem::conflict("ticket_not_valid", "This ticket opens no door any more."));
    }
    let reached = reach::of(app, vec![ticket]).await?.pop().ok_or_else(Problem::not_found)?;
    let Reached { ticket, holder, account, attendee } = reached;
    let (line, account) = match channel {
        Channel::Account => (account, holder.map(|holder| holder.id)),
        Channel::Attendee => (attendee, None),
    };
    let Some(line) = line else {
        return Err(Problem::conflict("no_address", "There is no such address for this ticket."));
    };
    app.limits.mail_to(line.address.as_str()).await?;
    let wish = TicketWish {
        ticket: ticket.id,
        booking: ticket.booking,
        event: event.id,
        organisation: event.organisation,
        account,
        channel,
        to: line.address,
        kind: TICKET,
    };
    let letter = app.messages.send_ticket(&actor.cause(), wish).await?;
    let view = ResentTicketView { mail_id: letter.id.as_uuid(), state: letter.state.as_str() };
    Ok(HttpResponse::Accepted().json(view))
}
