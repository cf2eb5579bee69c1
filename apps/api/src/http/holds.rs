//! Holds: places kept for a few minutes.

use super::access::User;
use super::detached::detached;
use super::json::Json;
use super::money::{MoneyView, vat_percent};
use super::once::Once;
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, post};
use booking::{Applied, Hold, Item, SeatChoice, SeatWish, Wanted, Wish};
use chrono::{DateTime, Utc};
use kernel::{EventId, Invalid};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Most lines of one wish; there are never as many ticket types.
const MOST_LINES: usize = 50;
/// Most seats of one wish; no order may have as many.
const MOST_SEATS: usize = 200;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(hold_places).service(show_hold).service(validate_hold).service(release_hold);
}

/// Which places to keep.
#[derive(Deserialize, ToSchema)]
pub struct HoldRequest {
    event_id: Uuid,
    /// Lines of the same ticket type are added up. Of a kind of ticket whose places are seats, the best that are left next
    /// to each other are kept.
    #[serde(default)]
    items: Vec<WantedItem>,
    /// These seats, each as the first kind of ticket of its section that is on sale; all of them or none.
    #[serde(default)]
    seat_ids: Vec<Uuid>,
    /// These seats, each as the kind of ticket that is named; beside `seat_ids` or instead of them.
    #[serde(default)]
    seats: Vec<WantedSeat>,
    /// `false`: what is asked for by number may be several groups instead of one.
    #[schema(default = true)]
    together: Option<bool>,
    /// `true`: each group has at least one seat for those who come in a wheelchair.
    #[schema(default = false)]
    accessible: Option<bool>,
    /// A voucher's code.
    voucher: Option<String>,
}

/// So many tickets of a type.
#[derive(Deserialize, ToSchema)]
pub struct WantedItem {
    ticket_type_id: Uuid,
    #[schema(minimum = 1, maximum = 100)]
    quantity: u32,
}

/// A seat as a kind of ticket.
#[derive(Deserialize, ToSchema)]
pub struct WantedSeat {
    seat_id: Uuid,
    /// The first of its section that is on sale when absent.
    ticket_type_id: Option<Uuid>,
}

/// So many tickets of a type at a frozen price.
#[derive(Serialize, ToSchema)]
pub struct ItemView {
    ticket_type_id: Uuid,
    /// Which seat it is, where places are seats.
    #[schema(required)]
    seat_id: Option<Uuid>,
    /// What people call the seat.
    #[schema(required, example = "Stalls A-12")]
    label: Option<String>,
    quantity: u32,
    unit_price: MoneyView,
    /// What one costs without a voucher.
    list_price: MoneyView,
    /// The tax that is in the price, in percent.
    #[schema(value_type = f64, example = 19)]
    vat_percent: Number,
}

impl From<&Item> for ItemView {
    fn from(item: &Item) -> Self {
        let list_price = item.list_price.unwrap_or(item.unit_price);
        Self {
            ticket_type_id: item.ticket_type.as_uuid(),
            seat_id: item.seat.as_ref().map(|seat| seat.id.as_uuid()),
            label: item.seat.as_ref().map(|seat| seat.label.clone()),
            quantity: item.quantity,
            unit_price: item.unit_price.into(),
            list_price: list_price.into(),
            vat_percent: vat_percent(item.vat),
        }
    }
}

/// The voucher that an order was made with.
#[derive(Serialize, ToSchema)]
pub struct AppliedView {
    id: Uuid,
    /// What the whole order is cheaper by.
    discount: MoneyView,
}

impl From<Applied> for AppliedView {
    fn from(applied: Applied) -> Self {
        Self { id: applied.id.as_uuid(), discount: applied.discount.into() }
    }
}

/// Places that are kept for the caller.
#[derive(Serialize, ToSchema)]
pub struct HoldView {
    hold_id: Uuid,
    event_id: Uuid,
    expires_at: DateTime<Utc>,
    items: Vec<ItemView>,
    total: MoneyView,
    #[schema(required)]
    voucher: Option<AppliedView>,
}

impl From<&Hold> for HoldView {
    fn from(hold: &Hold) -> Self {
        Self {
            hold_id: hold.id.as_uuid(),
            event_id: hold.event.as_uuid(),
            expires_at: hold.expires_at,
            items: hold.items.iter().map(ItemView::from).collect(),
            total: hold.total.into(),
            voucher: hold.voucher.map(AppliedView::from),
        }
    }
}

/// Keep places: all that was asked for, or none.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), params(Once), request_body = HoldRequest, responses(
    (status = 201, body = HoldView),
    (status = 404, description = "No such event", body = Problem),
    (status = 409, description = "`sold_out`; `seat_unavailable`, with the ids of seats that cannot be had or how many are \
        left next to each other in `errors`", body = Problem),
    (status = 422, description = "`limit_exceeded`, `not_on_sale`, `voucher_invalid`, `invalid_input`",
        body = Problem)))]
#[post("/seats/hold")]
async fn hold_places(
    app: Data<App>,
    user: User,
    once: Once,
    body: Json<HoldRequest>,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let (buyer, event) = (user.0.account, EventId::from(body.event_id));
        let (wanted, seats) = (wanted(&body)?, seats(&body)?);
        let typed = body.voucher.as_deref();
        if typed.is_some() {
            app.limits.voucher(buyer).await?;
        }
        let voucher = typed.map(|typed| app.vouchers.recognised(event, typed));
        let (seller, wish) = (app.clone(), Wish { buyer, event, wanted, voucher, seats });
        let held = detached(async move { seller.bookings.keep(wish).await }).await;
        let guessed = held.as_ref().is_err_and(|problem| problem.code() == "voucher_invalid");
        if typed.is_some() && !guessed {
            app.limits.voucher_known(buyer).await;
        }
        let hold = held?;
        app.answers.places_changed(hold.event);
        let location = (header::LOCATION, format!("/api/v1/seats/hold/{}", hold.id));
        Ok(HttpResponse::Created().insert_header(location).json(HoldView::from(&hold)))
    };
    once.run(&app, user.0.account, &body, work).await
}

fn wanted(body: &HoldRequest) -> Result<Vec<Wanted>, Problem> {
    if body.items.len() > MOST_LINES {
        let message = format!("must have at most {MOST_LINES} lines");
        return Err(Problem::invalid(vec![Invalid::new("items", "too_many", message)]));
    }
    let wanted =
        |item: &WantedItem| Wanted { ticket_type: item.ticket_type_id.into(), quantity: item.quantity };
    Ok(body.items.iter().map(wanted).collect())
}

fn seats(body: &HoldRequest) -> Result<SeatWish, Problem> {
    if body.seat_ids.len().saturating_add(body.seats.len()) > MOST_SEATS {
        let message = format!("must be at most {MOST_SEATS} seats");
        return Err(Problem::invalid(vec![Invalid::new("seat_ids", "too_many", message)]));
    }
    let plain = body.seat_ids.iter().map(|id| SeatChoice { seat: (*id).into(), ticket_type: None });
    let as_type = body.seats.iter().map(|wanted| SeatChoice {
        seat: wanted.seat_id.into(),
        ticket_type: wanted.ticket_type_id.map(Into::into),
    });
    Ok(SeatWish {
        chosen: plain.chain(as_type).collect(),
        apart: body.together == Some(false),
        accessible: body.accessible == Some(true),
        dearest: None,
    })
}

/// Look at a hold, such as an offer of a waiting list.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), responses(
    (status = 200, body = HoldView), (status = 404, description = "No such hold, or it has ended", body = Problem)))]
#[get("/seats/hold/{hold_id}")]
async fn show_hold(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    match app.bookings.look_at_hold(user.0.account, (*id).into()).await? {
        Some((hold, true)) => Ok(HttpResponse::Ok().json(HoldView::from(&hold))),
        Some((_, false)) | None => Err(Problem::not_found()),
    }
}

/// Whether a hold still keeps its places.
#[derive(Serialize, ToSchema)]
pub struct HoldValidityView {
    valid: bool,
    expires_at: DateTime<Utc>,
    /// Zero when it has ended.
    remaining_seconds: i64,
}

/// Ask whether a hold still keeps its places.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), responses(
    (status = 200, body = HoldValidityView), (status = 404, body = Problem)))]
#[get("/seats/hold/{hold_id}/validate")]
async fn validate_hold(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let found = app.bookings.look_at_hold(user.0.account, id.into_inner().into()).await?;
    let (hold, valid) = found.ok_or_else(Problem::not_found)?;
    let remaining_seconds = (hold.expires_at - app.clock.now()).num_seconds().max(0);
    Ok(HttpResponse::Ok().json(HoldValidityView { valid, expires_at: hold.expires_at, remaining_seconds }))
}

/// Give a hold back.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), responses(
    (status = 204), (status = 404, body = Problem)))]
#[delete("/seats/hold/{hold_id}")]
async fn release_hold(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let (seller, buyer, id) = (app.clone(), user.0.account, id.into_inner().into());
    match detached(async move { seller.bookings.release(buyer, id).await }).await? {
        Some(event) => {
            app.answers.places_changed(event);
            Ok(HttpResponse::NoContent().finish())
        }
        None => Err(Problem::not_found()),
    }
}
