//! Kinds of tickets, as organisers set them up.

use super::access::User;
use super::json::Json;
use super::money::{MoneyView, PriceBody, VatBody, vat_percent};
use super::problem::Problem;
use super::waitlist;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, post, put};
use chrono::{DateTime, Utc};
use events::{Stock, Stocked, TicketTypeInput};
use kernel::{EventId, TicketTypeId};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_ticket_types)
        .service(add_ticket_type)
        .service(update_ticket_type)
        .service(delete_ticket_type);
}

/// A kind of ticket, as an organiser sends it; what is absent takes its usual value, in an edit too.
#[derive(Deserialize, ToSchema)]
pub struct TicketTypeBody {
    /// One line of up to 100 characters.
    name: String,
    /// Up to 2000 characters.
    description: Option<String>,
    /// In the currency of the event.
    price: PriceBody,
    /// The tax that is in the price, in percent with at most two decimals, as a number or as a text; none, or as it
    /// was, when absent.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 100, example = 19)]
    vat_percent: Option<VatBody>,
    /// How many there are.
    quantity: i64,
    /// How many one account may have.
    max_per_user: Option<i64>,
    /// How many one order may hold.
    max_per_order: Option<i64>,
    /// Not sold before; from the event's publication when absent.
    sales_start: Option<DateTime<Utc>>,
    /// Not sold from then on; until the event begins when absent.
    sales_end: Option<DateTime<Utc>>,
    /// Not listed.
    #[schema(default = false)]
    hidden: Option<bool>,
    /// The quota whose places it takes beside its own; none when absent.
    quota_id: Option<Uuid>,
    /// The section whose seats its places are, beside the section's own kind of ticket; an edit does not change it.
    section_id: Option<Uuid>,
    /// Where it stands in lists: lower first; behind the others, or where it stood, when absent.
    position: Option<i64>,
    /// Whether holders may hand their tickets on.
    #[schema(default = true)]
    transferable: Option<bool>,
}

impl From<TicketTypeBody> for TicketTypeInput {
    fn from(body: TicketTypeBody) -> Self {
        Self {
            name: body.name,
            description: body.description,
            price: body.price.into(),
            vat_percent: body.vat_percent.map(String::from),
            quantity: body.quantity,
            max_per_user: body.max_per_user,
            max_per_order: body.max_per_order,
            sales_start: body.sales_start,
            sales_end: body.sales_end,
            hidden: body.hidden.unwrap_or(false),
            quota: body.quota_id.map(Into::into),
            position: body.position,
            transferable: body.transferable.unwrap_or(true),
            section: body.section_id.map(Into::into),
        }
    }
}

/// A kind of ticket, as those see it who run the event.
#[derive(Serialize, ToSchema)]
pub struct TicketTypeView {
    id: Uuid,
    event_id: Uuid,
    name: String,
    description: String,
    price: MoneyView,
    /// The tax that is in the price, in percent.
    #[schema(value_type = f64, example = 19)]
    vat_percent: Number,
    /// How many there are in all. This and the next three are for those who run the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<u32>,
    /// How many are kept for buyers who have not paid yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<u32>,
    /// How many are sold and not given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    sold: Option<u32>,
    /// How many are kept for those who have a voucher.
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved: Option<u32>,
    #[schema(required)]
    max_per_user: Option<u32>,
    #[schema(required)]
    max_per_order: Option<u32>,
    #[schema(required)]
    sales_start: Option<DateTime<Utc>>,
    #[schema(required)]
    sales_end: Option<DateTime<Utc>>,
    hidden: bool,
    #[schema(required)]
    quota_id: Option<Uuid>,
    #[schema(required)]
    section_id: Option<Uuid>,
    position: u32,
    /// Whether holders may hand their tickets on.
    transferable: bool,
}

impl From<Stocked> for TicketTypeView {
    fn from(Stocked { ticket_type, stock, .. }: Stocked) -> Self {
        Self {
            id: ticket_type.id.as_uuid(),
            event_id: ticket_type.event.as_uuid(),
            name: ticket_type.name,
            description: ticket_type.description,
            price: ticket_type.price.into(),
            vat_percent: vat_percent(ticket_type.vat),
            quantity: Some(ticket_type.quantity),
            held: Some(stock.held),
            sold: Some(stock.sold),
            reserved: Some(stock.reserved),
            max_per_user: ticket_type.max_per_user,
            max_per_order: ticket_type.max_per_order,
            sales_start: ticket_type.sales_start,
            sales_end: ticket_type.sales_end,
            hidden: ticket_type.hidden,
            quota_id: ticket_type.quota.map(|quota| quota.as_uuid()),
            section_id: ticket_type.section.map(|section| section.as_uuid()),
            position: ticket_type.position,
            transferable: ticket_type.transferable,
        }
    }
}

impl TicketTypeView {
    /// For a door, which has no need to know how the sale goes.
    fn without_stock(self) -> Self {
        Self { quantity: None, held: None, sold: None, reserved: None, ..self }
    }
}

/// All kinds of tickets of an event.
#[derive(Serialize, ToSchema)]
pub struct TicketTypesView {
    /// By position.
    items: Vec<TicketTypeView>,
    /// Always null: there is one page.
    next_cursor: Option<String>,
}

/// The kinds of tickets of an event, hidden ones too; for those who stand at its door without how many there are.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = TicketTypesView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/events/{id}/ticket-types")]
async fn list_ticket_types(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let (all, counted) = app.events.ticket_types_for_staff(user.0, id.into_inner().into()).await?;
    let shown = |view: TicketTypeView| if counted { view } else { view.without_stock() };
    let items = all.into_iter().map(TicketTypeView::from).map(shown).collect();
    Ok(HttpResponse::Ok().json(TicketTypesView { items, next_cursor: None }))
}

/// Add a kind of ticket, on sale at once when the event is.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = TicketTypeBody, responses(
    (status = 201, body = TicketTypeView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem),
    (status = 422, description = "`invalid_input`, `too_many_ticket_types`", body = Problem)))]
#[post("/admin/events/{id}/ticket-types")]
async fn add_ticket_type(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<TicketTypeBody>,
) -> Result<HttpResponse, Problem> {
    let event = EventId::from(id.into_inner());
    let ticket_type = app.events.add_ticket_type(user.0, event, &body.into_inner().into()).await?;
    waitlist::serve(&app, event).await;
    app.answers.event_changed(event);
    let location = (header::LOCATION, format!("/api/v1/admin/ticket-types/{}", ticket_type.id));
    let stock = Stock::untouched(ticket_type.id);
    let view = TicketTypeView::from(Stocked { ticket_type, stock, quota: None, by_hand: false });
    Ok(HttpResponse::Created().insert_header(location).json(view))
}

/// Replace the facts of a kind of ticket. It never gets smaller than what is held or sold of it.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = TicketTypeBody, responses(
    (status = 200, body = TicketTypeView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[put("/admin/ticket-types/{id}")]
async fn update_ticket_type(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<TicketTypeBody>,
) -> Result<HttpResponse, Problem> {
    let id = TicketTypeId::from(id.into_inner());
    let after = app.events.update_ticket_type(user.0, id, &body.into_inner().into()).await?;
    waitlist::serve(&app, after.event).await;
    app.answers.event_changed(after.event);
    let all = app.events.ticket_types(user.0, after.event).await?;
    let stocked =
        all.into_iter().find(|stocked| stocked.ticket_type.id == id).ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(TicketTypeView::from(stocked)))
}

/// Remove a kind of ticket that nobody ever held or bought.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 204),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`ticket_type_in_use`, `of_section`, `wrong_status`", body = Problem)))]
#[delete("/admin/ticket-types/{id}")]
async fn delete_ticket_type(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let event = app.events.delete_ticket_type(user.0, id.into_inner().into()).await?;
    // Who waits for nothing else waits no longer.
    waitlist::serve(&app, event).await;
    app.answers.everything_changed();
    Ok(HttpResponse::NoContent().finish())
}
