//! The return desk: tickets that are given back to be sold again.

use super::access::User;
use super::money::MoneyView;
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use super::problem::booking::limit_exceeded;
use super::tickets::TicketView;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, post};
use booking::use_cases::ReturnError;
use booking::{Return, ReturnRefusal};
use chrono::{DateTime, Utc};
use events::access::Right;
use kernel::{AccountId, EventId, Page, PageRequest, StoreError, TicketId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(give_back).service(take_again).service(own_returns).service(returns_of_event);
}

/// A ticket at the return desk.
#[derive(Serialize, ToSchema)]
pub struct ReturnView {
    id: Uuid,
    ticket_id: Uuid,
    booking_id: Uuid,
    event_id: Uuid,
    ticket_type_id: Uuid,
    /// `waiting` (to be sold again), `sold` (the money is about to go back), `refunded`, `taken_back`, `given_back`
    /// (nobody bought it: it is good again) or `cancelled` (its booking was cancelled or refunded otherwise).
    #[schema(example = "waiting")]
    status: &'static str,
    /// What was paid for it and goes back when it is sold again.
    price: MoneyView,
    created_at: DateTime<Utc>,
    #[schema(required)]
    decided_at: Option<DateTime<Utc>>,
}

impl From<&Return> for ReturnView {
    fn from(made: &Return) -> Self {
        Self {
            id: made.id.as_uuid(),
            ticket_id: made.ticket.as_uuid(),
            booking_id: made.booking.as_uuid(),
            event_id: made.event.as_uuid(),
            ticket_type_id: made.ticket_type.as_uuid(),
            status: made.status.as_str(),
            price: made.price.into(),
            created_at: made.created_at,
            decided_at: made.decided_at,
        }
    }
}

/// A ticket at the return desk, with who gave it back.
#[derive(Serialize, ToSchema)]
pub struct ManagedReturnView {
    holder_id: Uuid,
    #[serde(flatten)]
    made: ReturnView,
}

/// A page of what somebody gave back, the latest first.
pub(super) async fn own(
    app: &App,
    account: AccountId,
    page: PageRequest,
) -> Result<Page<ReturnView>, StoreError> {
    Ok(app.bookings.returns_of(account, page).await?.map(|made| ReturnView::from(&made)))
}

impl From<ReturnError> for Problem {
    fn from(error: ReturnError) -> Self {
        match error {
            ReturnError::Refused(refusal) => refusal.into(),
            ReturnError::Store(error) => error.into(),
        }
    }
}

impl From<ReturnRefusal> for Problem {
    fn from(refusal: ReturnRefusal) -> Self {
        match refusal {
            ReturnRefusal::Unknown => Self::not_found(),
            ReturnRefusal::NotReturnable => Self::conflict(
                "ticket_not_returnable",
                "The ticket was used, cancelled, given back, or bought by somebody else.",
            ),
            ReturnRefusal::NotAllowed => {
                Self::conflict("returns_not_allowed", "Tickets of this event are not taken back for resale.")
            }
            ReturnRefusal::NotOnSale => Self::unprocessable("not_on_sale", "This is not on sale now."),
            ReturnRefusal::Offered => {
                Self::conflict("transfer_waiting", "The ticket is offered to somebody; withdraw that first.")
            }
            ReturnRefusal::NotRefundable => {
                Self::conflict("not_refundable", "The charge is too old or disputed: it could not go back.")
            }
            ReturnRefusal::TooOften => {
                Self::conflict("too_many_returns", "The ticket was given back too often.")
            }
            ReturnRefusal::NotReturned => {
                Self::conflict("ticket_not_returned", "The ticket does not wait to be sold again.")
            }
            ReturnRefusal::PlaceTaken => {
                Self::conflict("sold_out", "Somebody has the place, or it is kept for somebody.")
            }
            ReturnRefusal::LimitExceeded { limit, most } => limit_exceeded("id", limit, most),
        }
    }
}

/// Give one's ticket back to be sold again, at what was paid for it. Its code is dead at once; the money comes when
/// somebody has bought it, and without a buyer the ticket is good again when sales are over. Only who bought a ticket
/// can: the money goes there.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), params(Once), responses(
    (status = 201, body = ReturnView),
    (status = 404, body = Problem),
    (status = 409, description = "`ticket_not_returnable`, `returns_not_allowed`, `transfer_waiting`, `not_refundable`, `too_many_returns`",
        body = Problem),
    (status = 422, description = "`not_on_sale`", body = Problem)))]
#[post("/tickets/{id}/return")]
async fn give_back(app: Data<App>, user: User, id: Path<Uuid>, once: Once) -> Result<HttpResponse, Problem> {
    let work = async {
        let (made, ticket) = app.bookings.give_to_desk(&user.0.cause(), TicketId::from(*id)).await?;
        app.answers.places_changed(ticket.event);
        let location = (header::LOCATION, "/api/v1/users/me/returns");
        Ok(HttpResponse::Created().insert_header(location).json(ReturnView::from(&made)))
    };
    once.run_over(&app, user.0.account, &[], work).await
}

/// Take a ticket again that has not been sold, while a place of its kind is free. It gets a new code.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), responses(
    (status = 200, body = TicketView),
    (status = 404, body = Problem),
    (status = 409, description = "`ticket_not_returned`, `sold_out`", body = Problem),
    (status = 422, description = "`limit_exceeded`", body = Problem)))]
#[delete("/tickets/{id}/return")]
async fn take_again(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let ticket = app.bookings.take_from_desk(&user.0.cause(), TicketId::from(*id)).await?;
    app.answers.places_changed(ticket.event);
    Ok(HttpResponse::Ok().json(TicketView::of(&app, &ticket, user.0.account)))
}

/// What one gave back, the latest first.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<ReturnView>), (status = 422, body = Problem)))]
#[get("/users/me/returns")]
async fn own_returns(app: Data<App>, user: User, paging: Paging) -> Result<HttpResponse, Problem> {
    let page = app.bookings.returns_of(user.0.account, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |made| ReturnView::from(&made))))
}

/// The tickets of an event that were given back, the latest first.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<ManagedReturnView>), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
#[get("/admin/events/{id}/returns")]
async fn returns_of_event(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let event = EventId::from(id.into_inner());
    app.events.require(user.0, event, Right::Manage).await?;
    let page = app.bookings.returns_of_event(event, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |made| ManagedReturnView {
        holder_id: made.holder.as_uuid(),
        made: ReturnView::from(&made),
    })))
}
