//! What members are sent of pictures and music, and what that costs.

use super::access::{Admin, User};
use super::money::MoneyView;
use super::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use kernel::{AccountId, Money, StoreError};
use media::egress::cost;
use media::{Egress, EgressTotal, Month};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Months that are told of at once: three years.
const MONTHS: u32 = 36;
/// Members that are told of at once.
const MEMBERS: u32 = 100;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(own_egress).service(list_egress).service(show_egress);
}

/// What one was sent this month, and may be sent.
#[derive(Serialize, ToSchema)]
pub struct OwnEgressView {
    /// In UTC.
    #[schema(example = "2026-06")]
    month: String,
    /// What counts: of the two sums below, the larger one.
    bytes: u64,
    /// The sizes of all to which a link was given out, once for each link.
    signed_bytes: u64,
    /// What this server itself has sent of it.
    served_bytes: u64,
    /// What one may be sent in a month; null: as much as one likes.
    #[schema(required)]
    budget_bytes: Option<u64>,
    /// What is left of it.
    #[schema(required)]
    left_bytes: Option<u64>,
    /// When the next month begins.
    resets_at: DateTime<Utc>,
}

/// What one was sent in a month.
#[derive(Serialize, ToSchema)]
pub struct MonthView {
    /// In UTC.
    #[schema(example = "2026-06")]
    month: String,
    bytes: u64,
    signed_bytes: u64,
    served_bytes: u64,
}

/// What all were sent in a month.
#[derive(Serialize, ToSchema)]
pub struct EgressTotalView {
    /// In UTC.
    #[schema(example = "2026-06")]
    month: String,
    /// How many were sent something.
    members: u64,
    /// The sum of what counts for each of them.
    bytes: u64,
    signed_bytes: u64,
    served_bytes: u64,
    /// What `bytes` cost at the configured price; null when none is configured.
    #[schema(required)]
    estimated_cost: Option<MoneyView>,
}

/// What all were sent, by month.
#[derive(Serialize, ToSchema)]
pub struct EgressView {
    /// What each member may be sent in a month; null: as much as they like.
    #[schema(required)]
    budget_bytes: Option<u64>,
    /// What 1,000,000,000,000 bytes cost; null when it is not configured.
    #[schema(required)]
    price_per_terabyte: Option<MoneyView>,
    /// The latest first, three years at most.
    items: Vec<EgressTotalView>,
}

/// What one member was sent in a month.
#[derive(Serialize, ToSchema)]
pub struct MemberEgressView {
    account_id: Uuid,
    bytes: u64,
    signed_bytes: u64,
    served_bytes: u64,
    #[schema(required)]
    estimated_cost: Option<MoneyView>,
}

/// Who was sent most in a month.
#[derive(Serialize, ToSchema)]
pub struct MonthEgressView {
    #[schema(example = "2026-06")]
    month: String,
    /// Those who were sent most, a hundred at most.
    items: Vec<MemberEgressView>,
}

impl From<Egress> for MonthView {
    fn from(egress: Egress) -> Self {
        Self {
            month: egress.month.to_string(),
            bytes: egress.counted(),
            signed_bytes: egress.signed,
            served_bytes: egress.served,
        }
    }
}

/// What 10¹² bytes cost, if that is configured.
fn price(app: &App) -> Option<Money> {
    let price = app.config.media.egress_price;
    Money::new(price.into(), app.config.media.egress_currency).ok().filter(|_| price > 0)
}

fn estimated(bytes: u64, price: Option<Money>) -> Option<MoneyView> {
    cost(bytes, price?).map(MoneyView::from)
}

fn total(total: &EgressTotal, price: Option<Money>) -> EgressTotalView {
    EgressTotalView {
        month: total.month.to_string(),
        members: total.members,
        bytes: total.counted,
        signed_bytes: total.signed,
        served_bytes: total.served,
        estimated_cost: estimated(total.counted, price),
    }
}

/// All that somebody was sent, for the file with what is kept about them.
pub(super) async fn all_of(app: &App, account: AccountId) -> Result<Vec<MonthView>, StoreError> {
    let history = app.meter.history(account).await?;
    Ok(history.into_iter().map(MonthView::from).collect())
}

/// What one was sent of pictures and music this month, and may be sent.
#[utoipa::path(tag = "media", security(("bearer" = [])), responses((status = 200, body = OwnEgressView)))]
#[get("/users/me/egress")]
async fn own_egress(app: Data<App>, user: User) -> Result<HttpResponse, Problem> {
    let usage = app.meter.usage(user.0.account).await?;
    let MonthView { month, bytes, signed_bytes, served_bytes } = usage.egress.into();
    Ok(HttpResponse::Ok().json(OwnEgressView {
        month,
        bytes,
        signed_bytes,
        served_bytes,
        budget_bytes: usage.budget.left(0),
        left_bytes: usage.left(),
        resets_at: usage.until,
    }))
}

/// What all members were sent, by month, and what that costs about.
#[utoipa::path(tag = "media", security(("bearer" = [])), responses((status = 200, body = EgressView)))]
#[get("/admin/egress")]
async fn list_egress(app: Data<App>, _admin: Admin) -> Result<HttpResponse, Problem> {
    let (price, totals) = (price(&app), app.meter.totals(MONTHS).await?);
    Ok(HttpResponse::Ok().json(EgressView {
        budget_bytes: app.meter.budget().left(0),
        price_per_terabyte: price.map(MoneyView::from),
        items: totals.iter().map(|one| total(one, price)).collect(),
    }))
}

/// Who was sent most in a month.
#[utoipa::path(tag = "media", security(("bearer" = [])), params(("month" = String, Path, example = "2026-06")),
    responses((status = 200, body = MonthEgressView), (status = 404, body = Problem)))]
#[get("/admin/egress/{month}")]
async fn show_egress(app: Data<App>, _admin: Admin, month: Path<String>) -> Result<HttpResponse, Problem> {
    let month: Month = month.parse().map_err(|_| Problem::not_found())?;
    let price = price(&app);
    let one = |egress: Egress| MemberEgressView {
        account_id: egress.account.as_uuid(),
        bytes: egress.counted(),
        signed_bytes: egress.signed,
        served_bytes: egress.served,
        estimated_cost: estimated(egress.counted(), price),
    };
    let items = app.meter.most(month, MEMBERS).await?.into_iter().map(one).collect();
    Ok(HttpResponse::Ok().json(MonthEgressView { month: month.to_string(), items }))
}
