//! What organisers promise to those who cancel.

use super::access::User;
use super::json::Json;
use super::money::{MoneyView, PriceBody};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post, put};
use booking::{CancellationPolicy, PolicyInput, Promise, Tier, TierInput};
use events::PriceInput;
use events::access::Right;
use kernel::EventId;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(show_policy).service(set_policy).service(replace_policy);
}

/// What is promised to those who cancel.
#[derive(Deserialize, ToSchema)]
pub struct PolicyBody {
    /// Whether anything goes back at all.
    #[schema(default = true)]
    refundable: Option<bool>,
    /// In any order; without any, everything goes back until the event begins.
    #[serde(default)]
    tiers: Vec<TierBody>,
}

/// What applies to those who cancel in time.
#[derive(Deserialize, ToSchema)]
pub struct TierBody {
    /// At the latest so many hours before the event begins: 0 to 17520.
    until_hours_before: i64,
    /// Kept of the price of each ticket: 0 to 100, with up to two decimals.
    #[schema(value_type = Option<f64>, default = 0)]
    fee_percent: Option<Number>,
    /// Kept of each ticket besides, in the currency of the event. No more is kept than was paid for the ticket.
    fee_fixed: Option<PriceBody>,
}

impl From<PolicyBody> for PolicyInput {
    fn from(body: PolicyBody) -> Self {
        let tier = |tier: TierBody| TierInput {
            until_hours_before: tier.until_hours_before,
            // As it was written: numbers of percent are decimal, and never calculated with as floats.
            fee_percent: tier.fee_percent.map(|percent| percent.to_string()),
            fee_fixed: tier.fee_fixed.map(PriceInput::from).map(|fixed| (fixed.amount, fixed.currency)),
        };
        Self {
            refundable: body.refundable.unwrap_or(true),
            tiers: body.tiers.into_iter().map(tier).collect(),
        }
    }
}

/// What is promised to those who cancel.
#[derive(Serialize, ToSchema)]
pub struct PolicyView {
    /// Whether anything goes back at all.
    refundable: bool,
    /// The one that ends first comes first. After the last has ended nothing goes back.
    tiers: Vec<TierView>,
}

/// What applies to those who cancel in time.
#[derive(Serialize, ToSchema)]
pub struct TierView {
    /// At the latest so many hours before the event begins.
    until_hours_before: u32,
    /// Kept of the price of each ticket.
    #[schema(value_type = f64)]
    fee_percent: Number,
    /// Kept of each ticket besides.
    #[schema(required)]
    fee_fixed: Option<MoneyView>,
}

impl From<&CancellationPolicy> for PolicyView {
    fn from(policy: &CancellationPolicy) -> Self {
        let tier = |tier: &Tier| TierView {
            until_hours_before: tier.until_hours_before,
            fee_percent: percent(tier.fee_basis_points),
            fee_fixed: tier.fee_fixed.map(MoneyView::from),
        };
        Self { refundable: policy.refundable(), tiers: policy.tiers().iter().map(tier).collect() }
    }
}

/// 1250 as `12.5`, 1200 as `12`.
fn percent(points: u16) -> Number {
    if points.is_multiple_of(100) {
        return (points / 100).into();
    }
    Number::from_f64(f64::from(points) / 100.0).unwrap_or_else(|| points.into())
}

/// A promise as it is shown; one that cannot be read promises nothing.
pub fn shown(promise: Option<&Promise>) -> Option<PolicyView> {
    promise.and_then(Promise::policy).map(PolicyView::from)
}

/// What is promised at present to those who buy.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = PolicyView), (status = 403, body = Problem),
    (status = 404, description = "No such event, or nothing is promised", body = Problem)))]
#[get("/admin/events/{id}/cancellation-policy")]
async fn show_policy(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let event = EventId::from(id.into_inner());
    app.events.require(user.0, event, Right::Manage).await?;
    let promise = app.bookings.promise(event).await?;
    let view = shown(promise.as_ref()).ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(view))
}

/// Promise this to those who buy from now on; what was bought before keeps its promise.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = PolicyBody, responses(
    (status = 201, body = PolicyView), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/events/{id}/cancellation-policy")]
async fn set_policy(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<PolicyBody>,
) -> Result<HttpResponse, Problem> {
    let event = EventId::from(id.into_inner());
    let view = promised(&app, user, event, body.into_inner()).await?;
    let location = (header::LOCATION, format!("/api/v1/admin/events/{event}/cancellation-policy"));
    Ok(HttpResponse::Created().insert_header(location).json(view))
}

/// Promise this instead to those who buy from now on; what was bought before keeps its promise.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = PolicyBody, responses(
    (status = 200, body = PolicyView), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[put("/admin/events/{id}/cancellation-policy")]
async fn replace_policy(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<PolicyBody>,
) -> Result<HttpResponse, Problem> {
    let view = promised(&app, user, id.into_inner().into(), body.into_inner()).await?;
    Ok(HttpResponse::Ok().json(view))
}

async fn promised(app: &App, user: User, event: EventId, body: PolicyBody) -> Result<PolicyView, Problem> {
    app.events.require(user.0, event, Right::Manage).await?;
    let policy = app.bookings.make_promise(event, &body.into(), &user.0.cause()).await?;
    app.answers.event_changed(event);
    Ok(PolicyView::from(&policy))
}
