//! Handing a ticket on to another member.

use super::access::User;
use super::json::Json;
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use super::problem::booking::limit_exceeded;
use super::tickets::TicketView;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, delete, get, post};
use booking::use_cases::TransferError;
use booking::{Transfer, TransferRefusal};
use chrono::{DateTime, Utc};
use events::use_cases::Captions;
use kernel::{
    AccountId, Email, Invalid, Page, PageRequest, StoreError, TicketId, TicketTypeId, Timestamp, TransferId,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::slice;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(offer_ticket)
        .service(list_transfers)
        .service(show_transfer)
        .service(accept_transfer)
        .service(decline_transfer)
        .service(withdraw_transfer);
}

/// To whom a ticket is offered.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct TransferBody {
    /// The mail address of another member. Whether it is a member's is not told.
    #[schema(example = "friend@example.org")]
    email: String,
}

/// Which transfers are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TransfersQuery {
    /// `incoming` (the default) or `outgoing`.
    direction: Option<String>,
}

/// A ticket on its way from one member to another.
#[derive(Serialize, ToSchema)]
pub struct TransferView {
    id: Uuid,
    ticket_id: Uuid,
    event_id: Uuid,
    #[schema(example = "Opening night")]
    event_title: String,
    /// When the event begins.
    starts_at: DateTime<Utc>,
    /// What kind of ticket it is.
    #[schema(example = "Regular")]
    ticket_type: String,
    /// `incoming` or `outgoing`, as seen by who asks.
    direction: &'static str,
    /// `offered`, `accepted`, `declined`, `withdrawn` or `expired`.
    #[schema(example = "offered")]
    status: &'static str,
    created_at: DateTime<Utc>,
    /// From then on it cannot be accepted.
    expires_at: DateTime<Utc>,
    #[schema(required)]
    decided_at: Option<DateTime<Utc>>,
}

/// What transfers are of: loaded for a page at once.
struct Shown {
    captions: Captions,
    types: BTreeMap<TicketId, TicketTypeId>,
    viewer: AccountId,
    now: Timestamp,
}

impl Shown {
    async fn load(app: &App, transfers: &[Transfer], viewer: AccountId) -> Result<Self, StoreError> {
        let tickets = app.bookings.tickets_of_transfers(transfers).await?;
        let types: BTreeMap<_, _> = tickets.iter().map(|ticket| (ticket.id, ticket.ticket_type)).collect();
        let events: BTreeSet<_> = transfers.iter().map(|transfer| transfer.event).collect();
        let named: BTreeSet<_> = types.values().copied().collect();
        let (events, named): (Vec<_>, Vec<_>) = (events.into_iter().collect(), named.into_iter().collect());
        let captions = app.events.captions(&events, &named).await?;
        Ok(Self { captions, types, viewer, now: app.clock.now() })
    }

    fn view(&self, transfer: &Transfer) -> TransferView {
        let Self { captions, types, viewer, now } = self;
        // An event with bookings and a type with tickets are never removed.
        let (title, starts_at) = captions.events.get(&transfer.event).cloned().unwrap_or_default();
        let kind = types.get(&transfer.ticket).and_then(|kind| captions.ticket_types.get(kind));
        TransferView {
            id: transfer.id.as_uuid(),
            ticket_id: transfer.ticket.as_uuid(),
            event_id: transfer.event.as_uuid(),
            event_title: title,
            starts_at,
            ticket_type: kind.cloned().unwrap_or_default(),
            direction: if transfer.from == *viewer { "outgoing" } else { "incoming" },
            status: transfer.status_at(*now).as_str(),
            created_at: transfer.created_at,
            expires_at: transfer.expires_at,
            decided_at: transfer.decided_at,
        }
    }
}

/// One transfer as `viewer` sees it.
async fn view(app: &App, transfer: &Transfer, viewer: AccountId) -> Result<TransferView, Problem> {
    Ok(Shown::load(app, slice::from_ref(transfer), viewer).await?.view(transfer))
}

/// A page of what somebody offered or was offered, for the file with what is kept about them.
pub(super) async fn own(
    app: &App,
    account: AccountId,
    incoming: bool,
    page: PageRequest,
) -> Result<Page<TransferView>, StoreError> {
    let found = match incoming {
        true => app.bookings.transfers_to(account, page).await?,
        false => app.bookings.transfers_from(account, page).await?,
    };
    let shown = Shown::load(app, &found.items, account).await?;
    Ok(found.map(|transfer| shown.view(&transfer)))
}

impl From<TransferError> for Problem {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::Refused(refusal) => refusal.into(),
            TransferError::Store(error) => error.into(),
        }
    }
}

impl From<TransferRefusal> for Problem {
    fn from(refusal: TransferRefusal) -> Self {
        match refusal {
            TransferRefusal::Unknown => Self::not_found(),
            TransferRefusal::NotTransferable => Self::conflict(
                "ticket_not_transferable",
                "The ticket was used, cancelled or handed on, or its event is over or does not take place.",
            ),
            TransferRefusal::BoundToHolder => Self::conflict(
                "ticket_not_transferable",
                "Tickets of this kind stay with whom they were sold to.",
            ),
            TransferRefusal::ToOneself => {
                Self::invalid(vec![Invalid::new("email", "own_address", "the ticket is yours already")])
            }
            TransferRefusal::Waiting => Self::conflict(
                "transfer_waiting",
                "The ticket is offered to somebody already; withdraw that first.",
            ),
            TransferRefusal::TooOften => {
                Self::conflict("too_many_transfers", "The ticket was offered too often.")
            }
            TransferRefusal::Over(status) => {
                Self::conflict("transfer_over", format!("The transfer is {}.", status.as_str()))
            }
            TransferRefusal::LimitExceeded { limit, most } => limit_exceeded("id", limit, most),
        }
    }
}

/// Offer one of one's own tickets to another member, who gets a mail. Until it is accepted it stays good here.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), params(Once), request_body = TransferBody, responses(
    (status = 201, body = TransferView),
    (status = 404, body = Problem),
    (status = 409, description = "`ticket_not_transferable`, `transfer_waiting`, `too_many_transfers`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem),
    (status = 429, description = "`too_many_attempts`", body = Problem)))]
#[post("/tickets/{id}/transfer")]
async fn offer_ticket(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Json<TransferBody>,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let email = Email::parse(&body.email).map_err(|_| {
            Problem::invalid(vec![Invalid::new("email", "malformed", "this is no mail address")])
        })?;
        app.limits.offers(user.0.account).await?;
        // Before anybody is looked for: that somebody has to wait does not tell whose address it is.
        app.limits.mail_to(email.as_str()).await?;
        let to = app.accounts.member_with(&email).await?;
        let transfer = app.bookings.offer_ticket(&user.0.cause(), TicketId::from(*id), to).await?;
        let location = (header::LOCATION, format!("/api/v1/transfers/{}", transfer.id));
        let view = view(&app, &transfer, user.0.account).await?;
        Ok(HttpResponse::Created().insert_header(location).json(view))
    };
    once.run(&app, user.0.account, &body, work).await
}

/// What one was offered, or offered oneself, the latest first.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), params(TransfersQuery, PagingQuery), responses(
    (status = 200, body = PageView<TransferView>), (status = 422, body = Problem)))]
#[get("/users/me/transfers")]
async fn list_transfers(
    app: Data<App>,
    user: User,
    query: Query<TransfersQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let account = user.0.account;
    let page = match query.direction.as_deref() {
        None | Some("incoming") => app.bookings.transfers_to(account, paging.0).await?,
        Some("outgoing") => app.bookings.transfers_from(account, paging.0).await?,
        Some(_) => {
            let message = "must be incoming or outgoing";
            return Err(Problem::invalid(vec![Invalid::new("direction", "unknown", message)]));
        }
    };
    let shown = Shown::load(&app, &page.items, account).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |it| shown.view(&it))))
}

/// A transfer that one gave or may take.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), responses(
    (status = 200, body = TransferView), (status = 404, body = Problem)))]
#[get("/transfers/{id}")]
async fn show_transfer(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let transfer = app.bookings.show_transfer(user.0.account, TransferId::from(*id)).await?;
    let transfer = transfer.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(view(&app, &transfer, user.0.account).await?))
}

/// Take an offered ticket: it is one's own from then on, under a new code; the old code opens no door any more.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), params(Once), responses(
    (status = 200, body = TicketView),
    (status = 404, body = Problem),
    (status = 409, description = "`transfer_over`, `ticket_not_transferable`", body = Problem),
    (status = 422, description = "`limit_exceeded`", body = Problem)))]
#[post("/transfers/{id}/accept")]
async fn accept_transfer(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let ticket = app.bookings.accept_transfer(&user.0.cause(), TransferId::from(*id)).await?;
        Ok(HttpResponse::Ok().json(TicketView::of(&app, &ticket, user.0.account)))
    };
    once.run_over(&app, user.0.account, &[], work).await
}

/// Do not take an offered ticket; who offered it gets a mail.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), params(Once), responses(
    (status = 200, body = TransferView),
    (status = 404, body = Problem),
    (status = 409, description = "`transfer_over`", body = Problem)))]
#[post("/transfers/{id}/decline")]
async fn decline_transfer(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let transfer = app.bookings.decline_transfer(&user.0.cause(), TransferId::from(*id)).await?;
        Ok(HttpResponse::Ok().json(view(&app, &transfer, user.0.account).await?))
    };
    once.run_over(&app, user.0.account, &[], work).await
}

/// Take an offer back.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), responses(
    (status = 204),
    (status = 404, body = Problem),
    (status = 409, description = "`transfer_over`", body = Problem)))]
#[delete("/transfers/{id}")]
async fn withdraw_transfer(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    app.bookings.withdraw_transfer(&user.0.cause(), TransferId::from(*id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
