//! Waiting lists, for those who run the events.

use super::access::User;
use super::buyers::{self, with_buyers};
use super::csv::{self, Cell, Lines};
use super::json::Json;
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use super::waitlist::WaitlistEntryView;
use crate::wiring::App;
use accounts::Account;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post, put};
use booking::figures::percent;
use booking::tables::Table;
use booking::{EntryStatus, ListCounts, Rules, WaitlistEntry};
use events::access::Right;
use kernel::{EventId, Invalid, PageRequest, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Most offers that are made by one call.
const MOST_OFFERS: u32 = 1000;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(entries)
        .service(export_waitlist)
        .service(stats)
        .service(notify)
        .service(settings)
        .service(change_settings);
}

/// An entry with who waits.
#[derive(Serialize, ToSchema)]
pub struct ManagedEntryView {
    buyer_id: Uuid,
    /// Null once the account is gone.
    #[schema(required)]
    email: Option<String>,
    #[schema(required)]
    name: Option<String>,
    /// Its place in the order in which people joined; numbers of those who left are not given again.
    number: u64,
    #[serde(flatten)]
    entry: WaitlistEntryView,
}

impl ManagedEntryView {
    fn of(entry: &WaitlistEntry, account: Option<&Account>, now: Timestamp) -> Self {
        Self {
            buyer_id: entry.buyer.as_uuid(),
            email: account.map(|account| account.email.clone().into()),
            name: account.map(buyers::name),
            number: entry.number,
            entry: WaitlistEntryView::of(entry, None, now),
        }
    }
}

/// A list in numbers.
#[derive(Serialize, ToSchema)]
pub struct ListStatsView {
    waiting: u64,
    offered: u64,
    accepted: u64,
    expired: u64,
    left: u64,
    /// Places that those who wait want, in all.
    places_wanted: u64,
    /// Of the offers that were taken, ran out or were not wanted, how many of a hundred were taken; null before the first.
    #[schema(required, example = 80)]
    conversion_percent: Option<u64>,
    /// Half of those who were offered places waited no longer than this; null before the first.
    #[schema(required)]
    median_wait_seconds: Option<i64>,
}

impl From<ListCounts> for ListStatsView {
    fn from(counts: ListCounts) -> Self {
        let of = |status| {
            counts.by_status.iter().find(|(known, _)| *known == status).map_or(0, |(_, count)| *count)
        };
        let (accepted, expired) = (of(EntryStatus::Accepted), of(EntryStatus::Expired));
        // Who was never offered anything could not take it.
        let ended = accepted.saturating_add(counts.lapsed_offers);
        Self {
            waiting: of(EntryStatus::Waiting),
            offered: of(EntryStatus::Offered),
            accepted,
            expired,
            left: of(EntryStatus::Left),
            places_wanted: counts.wanted,
            conversion_percent: percent(accepted, ended),
            median_wait_seconds: counts.median_wait_seconds,
        }
    }
}

/// How many offers to make.
#[derive(Deserialize, ToSchema)]
pub struct NotifyBody {
    /// At most so many entries, the next in their order that fit what is free.
    #[schema(minimum = 1, maximum = 1000)]
    count: u32,
}

/// How many offers were made.
#[derive(Serialize, ToSchema)]
pub struct NotifiedView {
    offered: u32,
}

/// How the waiting list and the return desk of an event are run.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct ListSettings {
    /// `automatic` (free places are offered at once) or `manual` (they are kept for the list until you offer them).
    #[schema(example = "automatic")]
    offers: String,
    /// Whether holders may give tickets back, to be sold again.
    returns_allowed: bool,
}

impl From<Rules> for ListSettings {
    fn from(rules: Rules) -> Self {
        let offers = if rules.automatic { "automatic" } else { "manual" };
        Self { offers: offers.to_owned(), returns_allowed: rules.returns }
    }
}

/// Everybody who is or was on the list, in the order in which they joined.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<ManagedEntryView>), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
#[get("/admin/waitlist/entries/{event_id}")]
async fn entries(
    app: Data<App>,
    user: User,
    event: Path<Uuid>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let event = EventId::from(event.into_inner());
    app.events.require(user.0, event, Right::Manage).await?;
    let page = app.bookings.entries(event, paging.0).await?;
    let page = with_buyers(&app, page, |entry| entry.buyer).await?;
    let now = app.clock.now();
    let show = |(entry, account): (WaitlistEntry, Option<Account>)| {
        ManagedEntryView::of(&entry, account.as_ref(), now)
    };
    Ok(HttpResponse::Ok().json(PageView::of(page, show)))
}

const COLUMNS: [&str; 14] = [
    "number",
    "entry_id",
    "joined_at",
    "status",
    "buyer_id",
    "name",
    "email",
    "quantity",
    "ticket_type_ids",
    "max_price",
    "currency",
    "offered_at",
    "expires_at",
    "decided_at",
];

fn row(entry: &WaitlistEntry, account: Option<&Account>, now: Timestamp, lines: &mut Lines) {
    let instant = |at: Option<Timestamp>| at.map_or(Cell::NOTHING, Cell::instant);
    let types: Vec<_> = entry.ticket_types.iter().map(ToString::to_string).collect();
    let [name, email] = buyers::cells(account);
    lines.add([
        Cell::of(entry.number),
        Cell::of(entry.id),
        Cell::instant(entry.joined_at),
        Cell::of(entry.status_at(now).as_str()),
        Cell::of(entry.buyer),
        name,
        email,
        Cell::of(entry.quantity),
        Cell::of(types.join(" ")),
        entry.max_price.map_or(Cell::NOTHING, Cell::money),
        Cell::some(entry.max_price.map(|price| price.currency())),
        instant(entry.offered_at),
        instant(entry.expires_at),
        instant(entry.decided_at),
    ]);
}

/// The same as a table (CSV), whole, with what became of each entry. It is made while it is sent; one that breaks off is
/// not whole. Who takes it is on record.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, content_type = "text/csv", body = String), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
#[get("/admin/waitlist/entries/{event_id}/export")]
async fn export_waitlist(app: Data<App>, user: User, event: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let event = EventId::from(event.into_inner());
    app.events.require(user.0, event, Right::Manage).await?;
    app.bookings.take_out(Table::WaitingList(event), &user.0).await?;
    let now = app.clock.now();
    let read = async move |page: PageRequest| {
        let page = app.bookings.entries(event, page).await?;
        with_buyers(&app, page, |entry| entry.buyer).await
    };
    let row = move |(entry, account): &(WaitlistEntry, Option<Account>), lines: &mut Lines| {
        row(entry, account.as_ref(), now, lines);
    };
    Ok(csv::table("waitlist", &COLUMNS, read, row))
}

/// The list in numbers.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = ListStatsView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/waitlist/stats/{event_id}")]
async fn stats(app: Data<App>, user: User, event: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let event = EventId::from(event.into_inner());
    app.events.require(user.0, event, Right::Manage).await?;
    Ok(HttpResponse::Ok().json(ListStatsView::from(app.bookings.list_counts(event).await?)))
}

/// Offer what is free to the next on the list, also when nothing is offered by itself.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(Once), request_body = NotifyBody, responses(
    (status = 200, body = NotifiedView), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/waitlist/notify/{event_id}")]
async fn notify(
    app: Data<App>,
    user: User,
    event: Path<Uuid>,
    once: Once,
    body: Json<NotifyBody>,
) -> Result<HttpResponse, Problem> {
    let event = EventId::from(event.into_inner());
    app.events.require(user.0, event, Right::Manage).await?;
    let work = async {
        if !(1..=MOST_OFFERS).contains(&body.count) {
            let message = "must be 1 to 1000";
            return Err(Problem::invalid(vec![Invalid::new("count", "out_of_range", message)]));
        }
        let offered = app.bookings.notify_list(event, body.count, &user.0.cause()).await?;
        app.answers.places_changed(event);
        Ok(HttpResponse::Ok().json(NotifiedView { offered }))
    };
    once.run(&app, user.0.account, &body, work).await
}

/// How the list and the return desk are run.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = ListSettings), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/waitlist/settings/{event_id}")]
async fn settings(app: Data<App>, user: User, event: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let event = EventId::from(event.into_inner());
    app.events.require(user.0, event, Right::Manage).await?;
    let rules = app.bookings.rules(event).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(ListSettings::from(rules)))
}

/// Change how they are run. Offers that were made stay, and so do tickets that wait to be sold again.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = ListSettings, responses(
    (status = 200, body = ListSettings), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[put("/admin/waitlist/settings/{event_id}")]
async fn change_settings(
    app: Data<App>,
    user: User,
    event: Path<Uuid>,
    body: Json<ListSettings>,
) -> Result<HttpResponse, Problem> {
    let event = EventId::from(event.into_inner());
    app.events.require(user.0, event, Right::Manage).await?;
    let automatic = match body.offers.as_str() {
        "automatic" => true,
        "manual" => false,
        _ => {
            let message = "must be automatic or manual";
            return Err(Problem::invalid(vec![Invalid::new("offers", "unknown", message)]));
        }
    };
    let rules = Rules { automatic, returns: body.returns_allowed };
    if !app.bookings.set_rules(event, rules, &user.0.cause()).await? {
        return Err(Problem::not_found());
    }
    app.answers.places_changed(event);
    Ok(HttpResponse::Ok().json(ListSettings::from(rules)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_that_were_not_taken_count_and_shares_are_rounded() {
        let by_status = vec![(EntryStatus::Accepted, 2), (EntryStatus::Left, 3), (EntryStatus::Waiting, 9)];
        let counts = ListCounts { by_status, lapsed_offers: 1, ..ListCounts::default() };
        assert_eq!(ListStatsView::from(counts).conversion_percent, Some(67));
        assert_eq!(ListStatsView::from(ListCounts::default()).conversion_percent, None);
    }
}
