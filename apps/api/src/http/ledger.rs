//! The ledger: entries, balances, and all of it as a table.

use super::access::User;
use super::csv::{self, Cell, Lines};
use super::given::{id, instant};
use super::money::MoneyView;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use super::staff::{managed, narrowed};
use crate::wiring::App;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use booking::ledger::{Account, Balance, Entry, EntryFilter};
use chrono::{DateTime, Utc};
use kernel::{Actor, Invalid, PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_entries).service(list_balances).service(export_entries);
}

/// Which entries are wanted; absent means all that one may see.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EntriesQuery {
    /// `buyers`, `provider:stripe/...`, `organiser:...`, `platform_fees`, `provider_fees:stripe`, `refunds`,
    /// `disputes` or `rounding`.
    account: Option<String>,
    #[param(value_type = Option<Uuid>)]
    booking_id: Option<String>,
    #[param(value_type = Option<Uuid>)]
    event_id: Option<String>,
    #[param(value_type = Option<Uuid>)]
    organisation_id: Option<String>,
    /// Posted at this instant or later.
    #[param(value_type = Option<DateTime<Utc>>)]
    from: Option<String>,
    /// Posted before this instant.
    #[param(value_type = Option<DateTime<Utc>>)]
    to: Option<String>,
}

async fn filter(app: &App, actor: Actor, query: EntriesQuery) -> Result<EntryFilter, Problem> {
    let EntriesQuery { account, booking_id, event_id, organisation_id, from, to } = query;
    let managed = managed(app, actor).await?;
    let mut wrong = Vec::new();
    let (from, to) = (instant("from", from, &mut wrong), instant("to", to, &mut wrong));
    let account = account.map(|text| text.parse::<Account>()).transpose().unwrap_or_else(|error| {
        wrong.push(Invalid::new("account", "unknown", error.to_string()));
        None
    });
    let filter = EntryFilter {
        account,
        booking: id("booking_id", booking_id, &mut wrong),
        event: id("event_id", event_id, &mut wrong),
        organisations: narrowed(managed, id("organisation_id", organisation_id, &mut wrong)),
        from,
        until: to,
    };
    if wrong.is_empty() { Ok(filter) } else { Err(Problem::invalid(wrong)) }
}

/// A transfer from one account to another. It never changes.
#[derive(Serialize, ToSchema)]
pub struct EntryView {
    id: Uuid,
    /// `charge`, `sale`, `platform_fee`, `difference`, `refund_decided`, `refund_done`, `dispute_lost`,
    /// `dispute_fee`, `dispute_borne`, `provider_fee` or `adjustment`.
    kind: &'static str,
    /// It takes an earlier one back.
    reversal: bool,
    /// The account that shrinks.
    from: String,
    /// The account that grows.
    to: String,
    amount: MoneyView,
    #[schema(required)]
    organisation_id: Option<Uuid>,
    #[schema(required)]
    event_id: Option<Uuid>,
    #[schema(required)]
    booking_id: Option<Uuid>,
    #[schema(required)]
    payment_id: Option<Uuid>,
    #[schema(required)]
    refund_id: Option<Uuid>,
    #[schema(required)]
    dispute_id: Option<Uuid>,
    at: DateTime<Utc>,
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id.as_uuid(),
            kind: entry.kind.as_str(),
            reversal: entry.reversal,
            from: entry.from.to_string(),
            to: entry.to.to_string(),
            amount: entry.amount.into(),
            organisation_id: entry.organisation.map(|id| id.as_uuid()),
            event_id: entry.event.map(|id| id.as_uuid()),
            booking_id: entry.booking.map(|id| id.as_uuid()),
            payment_id: entry.payment.map(|id| id.as_uuid()),
            refund_id: entry.refund.map(|id| id.as_uuid()),
            dispute_id: entry.dispute.map(|id| id.as_uuid()),
            at: entry.at,
        }
    }
}

/// Entries of the ledger, the newest first.
#[utoipa::path(tag = "ledger", security(("bearer" = [])), params(EntriesQuery, PagingQuery), responses(
    (status = 200, body = PageView<EntryView>), (status = 403, body = Problem), (status = 422, body = Problem)))]
#[get("/admin/ledger")]
async fn list_entries(
    app: Data<App>,
    user: User,
    query: Query<EntriesQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let filter = filter(&app, user.0, query.into_inner()).await?;
    let page = app.ledger.entries(&filter, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, EntryView::from)))
}

/// What stands on an account.
#[derive(Serialize, ToSchema)]
pub struct BalanceView {
    account: String,
    /// Minor units; what came in less what went out, so it may be negative: what is an organiser's is money that the
    /// platform owes.
    amount: i64,
    /// ISO 4217.
    currency: String,
}

impl From<Balance> for BalanceView {
    fn from(balance: Balance) -> Self {
        let Balance { account, currency, minor } = balance;
        Self { account: account.to_string(), amount: minor, currency: currency.to_string() }
    }
}

/// What the entries add up to.
#[derive(Serialize, ToSchema)]
pub struct BalancesView {
    /// Accounts on which something is left.
    items: Vec<BalanceView>,
    /// Always null: there is one page.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// What entries add up to, per account and currency.
#[utoipa::path(tag = "ledger", security(("bearer" = [])), params(EntriesQuery), responses(
    (status = 200, body = BalancesView), (status = 403, body = Problem), (status = 422, body = Problem)))]
#[get("/admin/ledger/balances")]
async fn list_balances(
    app: Data<App>,
    user: User,
    query: Query<EntriesQuery>,
) -> Result<HttpResponse, Problem> {
    let filter = filter(&app, user.0, query.into_inner()).await?;
    let items = app.ledger.balances(&filter).await?.into_iter().map(BalanceView::from).collect();
    Ok(HttpResponse::Ok().json(BalancesView { items, next_cursor: None }))
}

const COLUMNS: [&str; 15] = [
    "at",
    "id",
    "kind",
    "reversal",
    "from",
    "to",
    "amount",
    "amount_minor",
    "currency",
    "organisation_id",
    "event_id",
    "booking_id",
    "payment_id",
    "refund_id",
    "dispute_id",
];

fn row(entry: &Entry, lines: &mut Lines) {
    lines.add([
        Cell::instant(entry.at),
        Cell::of(entry.id),
        Cell::of(entry.kind.as_str()),
        Cell::of(entry.reversal),
        Cell::of(&entry.from),
        Cell::of(&entry.to),
        Cell::money(entry.amount),
        Cell::Number(entry.amount.minor().to_string()),
        Cell::of(entry.amount.currency()),
        Cell::some(entry.organisation),
        Cell::some(entry.event),
        Cell::some(entry.booking),
        Cell::some(entry.payment),
        Cell::some(entry.refund),
        Cell::some(entry.dispute),
    ]);
}

/// The same entries as a table (CSV), the newest first. It is made while it is sent; one that breaks off is not whole.
#[utoipa::path(tag = "ledger", security(("bearer" = [])), params(EntriesQuery), responses(
    (status = 200, content_type = "text/csv", body = String),
    (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/ledger/export")]
async fn export_entries(
    app: Data<App>,
    user: User,
    query: Query<EntriesQuery>,
) -> Result<HttpResponse, Problem> {
    let filter = filter(&app, user.0, query.into_inner()).await?;
    let read = async move |page: PageRequest| app.ledger.entries(&filter, page).await;
    Ok(csv::table("ledger", &COLUMNS, read, row))
}
