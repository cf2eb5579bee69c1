//! The same figures as tables, to be saved.

use super::{CountedEvent, counted, counted_types, read};
use crate::http::access::User;
use crate::http::analytics::{WhoseQuery, asked};
use crate::http::csv::{self, Cell, Lines};
use crate::http::figures::{SpanQuery, cells};
use crate::http::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get};
use booking::figures::{Flow, StandingFilter, Sum};
use events::access::Right;
use events::use_cases::AccessError;
use kernel::{Currency, EventId, PageRequest, StoreError, Timestamp};
use std::iter::repeat_n;
use std::sync::LazyLock;
use uuid::Uuid;

const EVENT: [&str; 7] =
    ["event_id", "organisation_id", "title", "starts_at", "ends_at", "timezone", "status"];

/// What an event is called, how it stands, then what happened on the days that are asked for.
static EVENTS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let counts = cells::counts(&Flow::default()).map(|(name, _)| name);
    EVENT.into_iter().chain(cells::event_columns()).chain(counts).chain(cells::sum_columns()).collect()
});

/// Each currency of some sums, or one line without any. What is no money stands in the first line alone, so that nothing is
/// counted twice by whoever adds a column up.
fn lines_of(sums: &[Sum]) -> Vec<Option<(Currency, &Flow)>> {
    let money: Vec<_> = sums.iter().map(|sum| Some((sum.currency, &sum.flow))).collect();
    if money.is_empty() { vec![None] } else { money }
}

fn event_row(event: &CountedEvent, (admin, now): (bool, Timestamp), lines: &mut Lines) {
    let CountedEvent { seen, figures, sums } = event;
    let mut counts = Flow::default();
    sums.iter().for_each(|sum| counts.add(&sum.flow));
    let standing = cells::of_event(figures.as_ref(), admin, now);
    let counts = cells::counts(&counts).map(|(_, number)| Cell::number(number));
    let first: Vec<Cell> = standing.into_iter().chain(counts).collect();
    for (at, money) in lines_of(sums).into_iter().enumerate() {
        let own = [
            Cell::of(seen.event.id),
            Cell::of(seen.event.organisation),
            Cell::of(&seen.event.title),
            Cell::instant(seen.event.starts_at),
            Cell::instant(seen.event.ends_at),
            Cell::of(seen.event.timezone.name()),
            Cell::of(seen.status.as_str()),
        ];
        let numbers = if at == 0 { first.clone() } else { repeat_n(Cell::NOTHING, first.len()).collect() };
        lines.add(own.into_iter().chain(numbers).chain(cells::sums(money)));
    }
}

/// The same events as a table (CSV), by their beginning: how each stands, with its orders, waiting list, vouchers and who
/// came, and what happened on these days. One that sold in several currencies has a line for each, and what is no money in
/// the first of them. It is made while it is sent; one that breaks off is not whole.
#[utoipa::path(tag = "analytics", security(("bearer" = [])), params(WhoseQuery, SpanQuery), responses(
    (status = 200, content_type = "text/csv", body = String), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/events/analytics/export")]
pub(super) async fn export_events(
    app: Data<App>,
    user: User,
    whose: Query<WhoseQuery>,
    span: Query<SpanQuery>,
) -> Result<HttpResponse, Problem> {
    let whose = asked(&app, user, span.into_inner(), whose.into_inner()).await?;
    let of = (user.0.is_admin(), app.clock.now());
    let read = async move |page: PageRequest| {
        let page = counted(&app, user, &whose, page).await;
        page.map_err(|error| match error {
            AccessError::Store(error) => error,
            // They could see it when it began.
            refused @ (AccessError::NotFound | AccessError::Forbidden) => {
                StoreError::broken("reading events for a table", refused)
            }
        })
    };
    let row = move |event: &CountedEvent, lines: &mut Lines| event_row(event, of, lines);
    Ok(csv::table("events", EVENTS.as_slice(), read, row))
}

/// The ticket types of an event as a table (CSV): how each stands, and what happened on these days. One that sold in several
/// currencies has a line for each, and what is no money in the first of them.
#[utoipa::path(tag = "analytics", security(("bearer" = [])), params(SpanQuery), responses(
    (status = 200, content_type = "text/csv", body = String), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
#[get("/admin/events/{id}/analytics/export")]
pub(super) async fn export_event(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    span: Query<SpanQuery>,
) -> Result<HttpResponse, Problem> {
    let id = EventId::from(id.into_inner());
    app.events.require(user.0, id, Right::Manage).await?;
    let filter = read(span.into_inner())?.flows(None, Some(vec![id]));
    let these = StandingFilter { events: Some(vec![id]), ..StandingFilter::default() };
    let figures = app.figures.standings(&these).await?.pop();
    let types = counted_types(&app, &filter, figures.as_ref()).await?;
    let own = ["ticket_type_id", "name", "issued", "tickets", "checked_in", "returned", "cancelled"];
    let columns: Vec<_> = own.into_iter().chain(cells::sum_columns()).collect();
    Ok(csv::whole("ticket-types", &columns, |lines| {
        for of_type in &types {
            let issued: i64 = of_type.sums.iter().map(|sum| sum.flow.tickets).sum();
            let counts = of_type.counts;
            let numbers = [counts.living(), counts.checked_in, counts.returned, counts.cancelled];
            for (at, money) in lines_of(&of_type.sums).into_iter().enumerate() {
                let own = [
                    Cell::of(of_type.id),
                    Cell::some(of_type.name.as_ref()),
                    Cell::some_number((at == 0).then_some(issued)),
                ];
                let counted = numbers.map(|number| Cell::some_number((at == 0).then_some(number)));
                lines.add(own.into_iter().chain(counted).chain(cells::sums(money)));
            }
        }
    }))
}
