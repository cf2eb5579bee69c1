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
use booking::{Applied, Hold, Item, Wanted, Wish};
use chrono::{DateTime, Utc};
use kernel::{EventId, Invalid};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Most lines of one wish; there are never as many ticket types.
const MOST_LINES: usize = 50;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(hold_places).service(validate_hold).service(release_hold);
}

/// Which places to keep.
#[derive(Deserialize, ToSchema)]
pub struct HoldRequest {
    event_id: Uuid,
    /// At least one line; lines of the same ticket type are added up.
    items: Vec<WantedItem>,
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

/// So many tickets of a type at a frozen price.
#[derive(Serialize, ToSchema)]
pub struct ItemView {
    ticket_type_id: Uuid,
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
        let Item { ticket_type, quantity, unit_price, vat, list_price } = *item;
        let list_price = list_price.unwrap_or(unit_price).into();
        let (unit_price, vat_percent) = (unit_price.into(), vat_percent(vat));
        Self { ticket_type_id: ticket_type.as_uuid(), quantity, unit_price, list_price, vat_percent }
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
#[utoipa::path(tag = "bookings", security(("bearer" = [])), request_body = HoldRequest, responses(
    (status = 201, body = HoldView),
    (status = 404, description = "No such event", body = Problem),
    (status = 409, description = "`sold_out`", body = Problem),
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
        let (buyer, event, wanted) = (user.0.account, EventId::from(body.event_id), wanted(&body)?);
        let typed = body.voucher.as_deref();
        if typed.is_some() {
            app.limits.voucher(buyer).await?;
        }
        let voucher = typed.map(|typed| app.vouchers.recognised(event, typed));
        let (seller, wish) = (app.clone(), Wish { buyer, event, wanted, voucher });
        let hold = match detached(async move { seller.bookings.keep(wish).await }).await {
            Ok(hold) => hold,
            Err(problem) => {
                if problem.code() == "voucher_invalid" {
                    app.limits.voucher_failed(buyer).await?;
                }
                return Err(problem);
            }
        };
        app.answers.places_changed(hold.event);
        let location = (header::LOCATION, format!("/api/v1/seats/hold/{}/validate", hold.id));
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
    if detached(async move { seller.bookings.release(buyer, id).await }).await? {
        app.answers.everything_changed();
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::not_found())
    }
}
