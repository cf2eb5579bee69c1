//! The same figures as tables, to be saved: of all days, events or ticket types that are asked for, and not of the first ones
//! alone.

use super::popular::popular;
use super::{RevenueQuery, WhoseQuery, asked, revenue_asked, sold, titled};
use crate::http::access::User;
use crate::http::csv::{self, Cell, Lines};
use crate::http::figures::{SpanQuery, cells};
use crate::http::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use booking::close::Day;
use booking::figures::{By, Flow, Sum, Total};
use kernel::Currency;
use std::collections::BTreeMap;

/// A figure by itself.
fn figure(lines: &mut Lines, name: &str, (reason, currency): (Option<&str>, Option<Currency>), value: Cell) {
    lines.add([Cell::of(name), Cell::some(reason), Cell::some(currency), value]);
}

/// What sums come to: counts of all, and amounts by currency.
fn sums(lines: &mut Lines, all: &[Sum]) {
    let (mut counts, mut money) = (Flow::default(), BTreeMap::<Currency, Flow>::new());
    for sum in all {
        counts.add(&sum.flow);
        money.entry(sum.currency).or_default().add(&sum.flow);
    }
    for (name, number) in cells::counts(&counts) {
        figure(lines, name, (None, None), Cell::number(number));
    }
    for (currency, flow) in &money {
        for (name, minor) in cells::money(flow) {
            figure(lines, name, (None, Some(*currency)), Cell::counted(minor, *currency));
        }
    }
}

fn reasons(lines: &mut Lines, all: &[Sum]) {
    for sum in all {
        let Some(reason) = sum.reason.map(|reason| reason.as_str()) else { continue };
        let of = (Some(reason), Some(sum.currency));
        let decided = sum.flow.refunded.saturating_add(sum.flow.unearned);
        figure(lines, "refunds", of, Cell::number(sum.flow.refunds));
        figure(lines, "refunds_decided", of, Cell::counted(decided, sum.currency));
        figure(lines, "refunds_gone", of, Cell::counted(sum.flow.gone, sum.currency));
    }
}

/// The same figures as a table (CSV), a line for each: what happened on these days, refunds by reason, and how the events stand
/// that begin on them.
#[utoipa::path(tag = "analytics", security(("bearer" = [])), params(SpanQuery, WhoseQuery), responses(
    (status = 200, content_type = "text/csv", body = String), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/analytics/export")]
pub(super) async fn export_overall(
    app: Data<App>,
    user: User,
    span: Query<SpanQuery>,
    whose: Query<WhoseQuery>,
) -> Result<HttpResponse, Problem> {
    let (own, span) = asked(&app, user, span.into_inner(), whose.into_inner()).await?;
    let standings = app.figures.standings(&span.standings(own.clone())).await?;
    let filter = span.flows(own, None);
    let (all, by_reason) =
        (app.figures.sums(&filter, By::Whole).await?, app.figures.sums(&filter, By::Reason).await?);
    let total = Total::of(&standings, app.clock.now(), user.0.is_admin());
    Ok(csv::whole("analytics", &["figure", "reason", "currency", "value"], |lines| {
        sums(lines, &all);
        reasons(lines, &by_reason);
        figure(lines, "events", (None, None), Cell::number(total.events));
        for (name, number) in cells::standing(&total) {
            figure(lines, name, (None, None), Cell::some_number(number));
        }
        figure(lines, "visits", (None, None), Cell::number(total.guests));
        figure(lines, "returning_visits", (None, None), Cell::number(total.returning));
    }))
}

/// The same revenue as a table (CSV): a line for each day, event or ticket type and currency.
#[utoipa::path(tag = "analytics", security(("bearer" = [])), params(RevenueQuery, SpanQuery, WhoseQuery), responses(
    (status = 200, content_type = "text/csv", body = String), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/analytics/revenue/export")]
pub(super) async fn export_revenue(
    app: Data<App>,
    user: User,
    query: Query<RevenueQuery>,
    span: Query<SpanQuery>,
    whose: Query<WhoseQuery>,
) -> Result<HttpResponse, Problem> {
    let mut wrong = Vec::new();
    let asked = (query.into_inner(), span.into_inner(), whose.into_inner());
    let asked = revenue_asked(&app, user, asked, &mut wrong).await?;
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let (rows, _) = sold(&app, &asked).await?;
    let captions = titled(&app, &rows).await?;
    let own = ["day", "event_id", "event_title", "ticket_type_id", "ticket_type_name", "tickets", "orders"];
    let columns: Vec<_> = own.into_iter().chain(cells::sum_columns()).collect();
    Ok(csv::whole("revenue", &columns, |lines| {
        for sum in &rows {
            let title = sum.event.and_then(|event| captions.events.get(&event)).map(|(title, _)| title);
            let name = sum.ticket_type.and_then(|id| captions.ticket_types.get(&id));
            let own = [
                Cell::some(sum.day.map(Day::from)),
                Cell::some(sum.event),
                Cell::some(title),
                Cell::some(sum.ticket_type),
                Cell::some(name),
                Cell::number(sum.flow.tickets),
                Cell::number(sum.flow.orders),
            ];
            lines.add(own.into_iter().chain(cells::sums(Some((sum.currency, &sum.flow)))));
        }
    }))
}

/// The same events as a table (CSV), all of which something was sold or went back on these days. One that sold in several
/// currencies has a line for each, and what is no money in the first of them.
#[utoipa::path(tag = "analytics", security(("bearer" = [])), params(SpanQuery, WhoseQuery), responses(
    (status = 200, content_type = "text/csv", body = String), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/analytics/popular-events/export")]
pub(super) async fn export_popular(
    app: Data<App>,
    user: User,
    span: Query<SpanQuery>,
    whose: Query<WhoseQuery>,
) -> Result<HttpResponse, Problem> {
    let (own, span) = asked(&app, user, span.into_inner(), whose.into_inner()).await?;
    let rows = popular(&app, own, (span, usize::MAX)).await?;
    let own = ["event_id", "title", "starts_at", "tickets", "waiting", "occupancy_percent"];
    let columns: Vec<_> = own.into_iter().chain(cells::sum_columns()).collect();
    Ok(csv::whole("popular-events", &columns, |lines| {
        for event in &rows {
            for (at, (currency, flow)) in event.flows.iter().enumerate() {
                let once = |number: Option<u64>| Cell::some_number(number.filter(|_| at == 0));
                let tickets = if at == 0 { Cell::number(event.tickets()) } else { Cell::NOTHING };
                let own = [
                    Cell::of(event.event),
                    Cell::of(&event.title),
                    Cell::instant(event.starts_at),
                    tickets,
                    once(Some(event.waiting)),
                    once(event.occupancy),
                ];
                lines.add(own.into_iter().chain(cells::sums(Some((*currency, flow)))));
            }
        }
    }))
}
