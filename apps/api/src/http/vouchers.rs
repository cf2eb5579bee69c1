//! Vouchers, as organisers make them.

use super::access::User;
use super::detached::detached;
use super::json::Json;
use super::money::{MoneyView, PriceBody, VatBody, vat_percent};
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use super::refunds::ManagedBookingView;
use super::waitlist;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, post, put};
use booking::voucher::{AmountInput, Batch, PriceChange, ReserveInput, VoucherCode};
use booking::{Issued, Usage, Voucher, VoucherInput, VoucherPrice};
use chrono::{DateTime, Utc};
use events::PriceInput;
use events::access::Right;
use kernel::{Currency, EventId, VatRate, VoucherId};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_vouchers)
        .service(create_vouchers)
        .service(show_voucher)
        .service(update_voucher)
        .service(delete_voucher)
        .service(list_uses);
}

/// What a voucher does, as an organiser sends it. It changes the price (one of `percent`, `amount_off` and `price`),
/// opens hidden ticket types, or keeps places, or several of these; what is absent is not limited.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"name": "Friends", "percent": 20, "max_uses": 50, "max_per_user": 1}))]
pub struct VoucherBody {
    /// What it is for: one line of up to 100 characters. Buyers do not see it.
    name: Option<String>,
    /// So much is taken off each ticket: above 0, up to 100, with at most two decimals.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 100, example = 20)]
    percent: Option<VatBody>,
    /// So much is taken off each ticket, down to nothing.
    amount_off: Option<PriceBody>,
    /// Each ticket costs this, unless it is cheaper anyway.
    price: Option<PriceBody>,
    /// The ticket types that get cheaper; all when absent.
    ticket_type_ids: Option<Vec<Uuid>>,
    /// How many orders may be made with it. An order that is given up or cancelled gives its use back.
    #[schema(example = 50)]
    max_uses: Option<i64>,
    /// How many of them one account may make.
    max_per_user: Option<i64>,
    /// What all its discounts together may come to, in the currency of the event.
    budget: Option<PriceBody>,
    /// Not taken before.
    valid_from: Option<DateTime<Utc>>,
    /// Not taken from then on; the places that it keeps are free then.
    valid_until: Option<DateTime<Utc>>,
    /// Hidden ticket types that can be held with it.
    #[serde(default)]
    unlocks: Vec<Uuid>,
    /// Places that nobody gets without it.
    reserves: Option<ReserveBody>,
}

/// Places that are kept for those who have the code.
#[derive(Deserialize, ToSchema)]
pub struct ReserveBody {
    ticket_type_id: Uuid,
    /// How many: 1 to 1,000,000, as far as there are.
    #[schema(example = 10)]
    quantity: i64,
}

/// Which vouchers to make: what they do, and their codes.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"code": "FRIENDS20", "name": "Friends", "percent": 20, "max_uses": 50}))]
pub struct NewVouchers {
    /// 6 to 32 letters and digits, in either case; made here when absent.
    #[schema(example = "FRIENDS20")]
    code: Option<String>,
    /// How many vouchers, each with a code of its own: 1 to 100.
    #[serde(default = "one")]
    #[schema(default = 1, minimum = 1, maximum = 100)]
    count: u32,
    /// What they do.
    #[serde(flatten)]
    does: VoucherBody,
}

const fn one() -> u32 {
    1
}

fn amount(body: PriceBody) -> AmountInput {
    let PriceInput { amount, currency } = body.into();
    (amount, currency)
}

impl From<VoucherBody> for VoucherInput {
    fn from(body: VoucherBody) -> Self {
        let percent = body.percent.map(|percent| PriceChange::Percent(percent.into()));
        let off = body.amount_off.map(|off| PriceChange::Off(amount(off)));
        let price = body.price.map(|price| PriceChange::Set(amount(price)));
        let ids = |ids: Vec<Uuid>| ids.into_iter().map(Into::into).collect();
        Self {
            name: body.name,
            prices: percent.into_iter().chain(off).chain(price).collect(),
            ticket_types: body.ticket_type_ids.map(ids),
            max_uses: body.max_uses,
            max_per_user: body.max_per_user,
            budget: body.budget.map(amount),
            valid_from: body.valid_from,
            valid_until: body.valid_until,
            unlocks: body.unlocks.into_iter().map(Into::into).collect(),
            reserve: body
                .reserves
                .map(|it| ReserveInput { ticket_type: it.ticket_type_id.into(), quantity: it.quantity }),
        }
    }
}

/// A voucher, as those see it who run the event.
#[derive(Serialize, ToSchema)]
pub struct VoucherView {
    id: Uuid,
    event_id: Uuid,
    /// The code, in the answer to its making only: it is kept nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "7K3M-2QFX-9RTD")]
    code: Option<String>,
    /// The last characters of the code.
    #[schema(example = "9RTD")]
    code_hint: String,
    name: String,
    #[schema(required, value_type = Option<f64>, example = 20)]
    percent: Option<Number>,
    #[schema(required)]
    amount_off: Option<MoneyView>,
    #[schema(required)]
    price: Option<MoneyView>,
    #[schema(required)]
    ticket_type_ids: Option<Vec<Uuid>>,
    #[schema(required)]
    max_uses: Option<u32>,
    #[schema(required)]
    max_per_user: Option<u32>,
    #[schema(required)]
    budget: Option<MoneyView>,
    #[schema(required)]
    valid_from: Option<DateTime<Utc>>,
    #[schema(required)]
    valid_until: Option<DateTime<Utc>>,
    unlocks: Vec<Uuid>,
    #[schema(required)]
    reserves: Option<ReserveView>,
    #[schema(required)]
    revoked_at: Option<DateTime<Utc>>,
    /// Living holds, bookings that wait for their payment, and those that are confirmed.
    uses: u32,
    /// What their discounts come to.
    spent: MoneyView,
    created_by: Uuid,
    created_at: DateTime<Utc>,
}

/// Places that are kept for those who have the code.
#[derive(Serialize, ToSchema)]
pub struct ReserveView {
    ticket_type_id: Uuid,
    quantity: u32,
    /// How many of them are held or sold.
    used: u32,
    /// Whether the rest is still kept: not once the voucher was taken back or has expired.
    kept: bool,
}

impl VoucherView {
    fn of(Issued { voucher, usage }: Issued, currency: Currency, code: Option<&VoucherCode>) -> Self {
        let (mut percent, mut amount_off, mut price) = (None, None, None);
        match voucher.price {
            VoucherPrice::List => {}
            VoucherPrice::Percent(points) => percent = VatRate::new(points).ok().map(vat_percent),
            VoucherPrice::Off(amount) => amount_off = Some(amount.into()),
            VoucherPrice::Set(amount) => price = Some(amount.into()),
        }
        let ids = |ids: &Vec<kernel::TicketTypeId>| ids.iter().map(|id| id.as_uuid()).collect();
        Self {
            id: voucher.id.as_uuid(),
            event_id: voucher.event.as_uuid(),
            code: code.map(ToString::to_string),
            code_hint: voucher.hint,
            name: voucher.name,
            percent,
            amount_off,
            price,
            ticket_type_ids: voucher.ticket_types.as_ref().map(ids),
            max_uses: voucher.max_uses,
            max_per_user: voucher.max_per_user,
            budget: voucher.budget.map(MoneyView::from),
            valid_from: voucher.valid_from,
            valid_until: voucher.valid_until,
            unlocks: ids(&voucher.unlocks),
            reserves: voucher.reserve.map(|places| ReserveView {
                ticket_type_id: places.ticket_type.as_uuid(),
                quantity: places.quantity,
                used: usage.places,
                kept: voucher.keeps,
            }),
            revoked_at: voucher.revoked_at,
            uses: usage.uses,
            spent: MoneyView::counted(usage.spent, currency),
            created_by: voucher.created_by.as_uuid(),
            created_at: voucher.created_at,
        }
    }

    /// One that was just made, of which nothing is used.
    fn made((voucher, code): &(Voucher, VoucherCode), currency: Currency) -> Self {
        Self::of(Issued { voucher: voucher.clone(), usage: Usage::default() }, currency, Some(code))
    }
}

/// The vouchers that were made.
#[derive(Serialize, ToSchema)]
pub struct MadeVouchersView {
    items: Vec<VoucherView>,
}

/// A voucher of an event that the caller runs, and what the event is sold in.
async fn managed(app: &App, user: User, id: Uuid) -> Result<(Issued, Currency), Problem> {
    app.events.grant(user.0).await?.require_any()?;
    let found = app.vouchers.show(VoucherId::from(id)).await?.ok_or_else(Problem::not_found)?;
    let (_, event) = app.events.require(user.0, found.voucher.event, Right::Manage).await?;
    Ok((found, event.currency))
}

/// The vouchers of an event, the newest first.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<VoucherView>), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
#[get("/admin/events/{id}/vouchers")]
async fn list_vouchers(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let (_, event) = app.events.require(user.0, id.into_inner().into(), Right::Manage).await?;
    let page = app.vouchers.list(event.id, paging.0).await?;
    let view = |issued| VoucherView::of(issued, event.currency, None);
    Ok(HttpResponse::Ok().json(PageView::of(page, view)))
}

/// Make vouchers, all or none. Their codes are told in this answer and never again.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(Once), request_body = NewVouchers, responses(
    (status = 201, body = MadeVouchersView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`code_taken`, `sold_out` (fewer places are left than are to be kept), `wrong_status`",
        body = Problem),
    (status = 422, description = "`invalid_input`, `too_many_vouchers`", body = Problem)))]
#[post("/admin/events/{id}/vouchers")]
async fn create_vouchers(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Json<NewVouchers>,
) -> Result<HttpResponse, Problem> {
    let event = EventId::from(id.into_inner());
    let (_, sold) = app.events.require(user.0, event, Right::Manage).await?;
    let bytes = body.bytes.clone();
    let work = async {
        let NewVouchers { code, count, does } = body.into_inner();
        let (batch, input) = (Batch { code, count }, VoucherInput::from(does));
        let seller = app.clone();
        let made =
            detached(async move { seller.vouchers.create(&user.0, event, &batch, &input).await }).await?;
        app.answers.event_changed(event);
        let items = made.iter().map(|one| VoucherView::made(one, sold.currency)).collect();
        let location = (header::LOCATION, format!("/api/v1/admin/events/{event}/vouchers"));
        Ok(HttpResponse::Created().insert_header(location).json(MadeVouchersView { items }))
    };
    once.run_over(&app, user.0.account, &bytes, work).await
}

/// One voucher, with what is used of it.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = VoucherView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/vouchers/{id}")]
async fn show_voucher(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let (found, currency) = managed(&app, user, id.into_inner()).await?;
    Ok(HttpResponse::Ok().json(VoucherView::of(found, currency, None)))
}

/// Replace what a voucher does. Its code stays, and what was held or bought with it keeps its price.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = VoucherBody, responses(
    (status = 200, body = VoucherView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`voucher_revoked`, `sold_out`, `wrong_status`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[put("/admin/vouchers/{id}")]
async fn update_voucher(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<VoucherBody>,
) -> Result<HttpResponse, Problem> {
    let (Issued { voucher: before, .. }, currency) = managed(&app, user, id.into_inner()).await?;
    let (seller, input) = (app.clone(), VoucherInput::from(body.into_inner()));
    let after = detached(async move { seller.vouchers.update(&user.0, before.id, &input).await }).await?;
    waitlist::serve(&app, before.event).await;
    app.answers.event_changed(before.event);
    Ok(HttpResponse::Ok().json(VoucherView::of(after, currency, None)))
}

/// Take a voucher back: nothing can be held with it any more, and the places that it kept are free. What was held or
/// bought with it stays. One that was never used is gone.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[delete("/admin/vouchers/{id}")]
async fn delete_voucher(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let before = managed(&app, user, id.into_inner()).await?.0.voucher;
    let seller = app.clone();
    detached(async move { seller.vouchers.delete(&user.0, before.id).await }).await?;
    waitlist::serve(&app, before.event).await;
    app.answers.event_changed(before.event);
    Ok(HttpResponse::NoContent().finish())
}

/// The bookings that were made with a voucher, whatever became of them, the newest first.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<ManagedBookingView>), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
#[get("/admin/vouchers/{id}/uses")]
async fn list_uses(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let (found, _) = managed(&app, user, id.into_inner()).await?;
    let page = app.vouchers.bookings_with(found.voucher.id, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |placed| ManagedBookingView::from(&placed))))
}
