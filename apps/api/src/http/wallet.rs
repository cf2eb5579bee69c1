//! Tickets for the wallets of telephones.

use super::access::User;
use super::problem::Problem;
use super::tickets::living;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use adapter_wallet::{Pass, WalletError};
use booking::{Gate, Ticket};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Says of a pass file whether it is signed: `yes` or `no`.
const SIGNED: &str = "x-pass-signed";

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(pass_file).service(google_wallet);
}

impl From<WalletError> for Problem {
    fn from(error: WalletError) -> Self {
        Self::internal(&error)
    }
}

/// What a wallet shows of a ticket. The place is no more exact than on the ticket itself.
async fn pass(app: &App, ticket: &Ticket) -> Result<Pass, Problem> {
    let booking = app.bookings.placed(ticket.booking).await?.ok_or_else(Problem::not_found)?.booking;
    let listed = app.events.facts(ticket.event).await?.ok_or_else(Problem::not_found)?;
    let issuer = app.events.issuer(listed.event.organisation).await?.ok_or_else(Problem::not_found)?;
    let sale = app.bookings.sale(ticket.event).await?.ok_or_else(Problem::not_found)?;
    let zone = listed.event.timezone.tz();
    let there = |at: kernel::Timestamp| at.with_timezone(&zone).fixed_offset();
    let kind = listed.ticket_types.into_iter().find(|it| it.ticket_type.id == ticket.ticket_type);
    let guest = ticket.attendee.as_ref();
    Ok(Pass {
        serial: format!("{}-{}", ticket.id, ticket.version),
        event: ticket.event.to_string(),
        title: listed.event.title,
        organiser: issuer.0.name,
        place: listed.event.location.area,
        doors: listed.event.doors_at.map(there),
        begins: there(listed.event.starts_at),
        ends: there(listed.event.ends_at),
        expires: Gate::of(&sale).closes_at,
        kind: kind.map(|it| it.ticket_type.name).unwrap_or_default(),
        seat: ticket.seat.as_ref().map(|seat| seat.label.clone()),
        guest: guest.map(|guest| format!("{} {}", guest.first_name, guest.last_name)),
        // With the reference one speaks for the whole booking: that is its buyer's alone, as on the ticket itself.
        reference: (ticket.holder == booking.buyer).then(|| booking.reference.to_string()),
        code: app.door.code(ticket),
    })
}

/// A ticket as a file for Apple's wallet. Without a certificate it is not signed, which the header `x-pass-signed` says,
/// and no telephone takes it.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), responses(
    (status = 200, content_type = "application/vnd.apple.pkpass", body = Vec<u8>,
        headers(("x-pass-signed" = String, description = "`yes` or `no`"))),
    (status = 404, body = Problem),
    (status = 409, description = "`ticket_not_valid`", body = Problem)))]
#[get("/tickets/{id}/pass.pkpass")]
async fn pass_file(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let ticket = living(&app, user, id.into_inner()).await?;
    let pass = pass(&app, &ticket).await?;
    let file = app.wallet.file(&pass, app.clock.now())?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/vnd.apple.pkpass"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"ticket-{}.pkpass\"", ticket.id),
        ))
        .insert_header((SIGNED, if file.signed { "yes" } else { "no" }))
        .body(file.bytes))
}

/// Where a ticket is put into Google's wallet.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"url": "https://pay.google.com/gp/v/save/eyJhbGciOi..."}))]
pub struct LinkView {
    /// Holds the ticket with its code: for its holder alone.
    url: String,
}

/// A link that puts a ticket into Google's wallet.
#[utoipa::path(tag = "tickets", security(("bearer" = [])), responses(
    (status = 200, body = LinkView),
    (status = 404, body = Problem),
    (status = 409, description = "`ticket_not_valid`", body = Problem),
    (status = 422, description = "`wallet_not_configured`", body = Problem)))]
#[get("/tickets/{id}/google-wallet")]
async fn google_wallet(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let ticket = living(&app, user, id.into_inner()).await?;
    let pass = pass(&app, &ticket).await?;
    let url = app.wallet.link(&pass, app.clock.now())?;
    let url = url.ok_or_else(|| {
        Problem::unprocessable("wallet_not_configured", "There are no passes for this wallet here.")
    })?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "private, no-store")).json(LinkView { url }))
}
