//! Analytics: what all events, days or ticket types come to.

mod export;
pub mod popular;

use super::access::User;
use super::figures::{
    CurrencySumsView, RefundReasonView, SalesSumsView, Span, SpanQuery, StandingView, kept, reasons,
};
use super::given::{given, id};
use super::payments::word;
use super::problem::Problem;
use super::staff::{Managed, managed, narrowed};
use crate::wiring::App;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use booking::close::Day;
use booking::figures::{By, Look, Sum, Total, percent, ranks};
use chrono::{DateTime, TimeDelta, Utc};
use events::use_cases::Captions;
use kernel::{EventId, Invalid, TicketTypeId};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Days that are shown when nothing else is said.
const USUAL_DAYS: i64 = 30;
/// Most days that are shown apart.
const MOST_DAYS: i64 = 366;
/// Events or ticket types that are shown when nothing else is said, and most of them.
const SHOWN: (usize, usize) = (20, 100);

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(overall)
        .service(export::export_overall)
        .service(revenue)
        .service(export::export_revenue)
        .service(popular::popular_events)
        .service(export::export_popular);
}

/// Whose events are meant.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhoseQuery {
    #[param(value_type = Option<Uuid>)]
    organisation_id: Option<String>,
}

/// What everything comes to.
#[derive(Serialize, ToSchema)]
pub struct AnalyticsView {
    /// What happened until then is in the sums; null before anything was counted.
    #[schema(required)]
    as_of: Option<DateTime<Utc>>,
    /// Whether every event was counted from its beginning by now.
    complete: bool,
    /// What happened on these days.
    sales: SalesSumsView,
    /// Refunds that were decided or went on these days, by reason.
    refunds: Vec<RefundReasonView>,
    /// How events stand that begin on these days, by UTC.
    standing: StandingView,
    /// Those who hold tickets of these events, once for each event; for organisers without events for which fewer than three
    /// hold any.
    visits: u64,
    /// Of these, those of people who were at an earlier event of the same organisation.
    returning_visits: u64,
    /// So many of a hundred; null of none.
    #[schema(required, example = 35)]
    returning_percent: Option<u64>,
}

/// Sales, refunds, attendance, orders, waiting lists and vouchers over all events, or over those of one's organisations.
#[utoipa::path(tag = "analytics", security(("bearer" = [])), params(SpanQuery, WhoseQuery), responses(
    (status = 200, body = AnalyticsView), (status = 304), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/analytics")]
async fn overall(
    app: Data<App>,
    user: User,
    request: HttpRequest,
    span: Query<SpanQuery>,
    whose: Query<WhoseQuery>,
) -> Result<HttpResponse, Problem> {
    let (own, span) = asked(&app, user, span.into_inner(), whose.into_inner()).await?;
    let admin = user.0.is_admin();
    let question = ("analytics", admin, own.clone(), span);
    kept(&app, &request, question, async |look: Look| -> Result<AnalyticsView, Problem> {
        let now = app.clock.now();
        let standings = app.figures.standings(&span.standings(own.clone())).await?;
        let filter = span.flows(own, None);
        let total = Total::of(&standings, now, admin);
        Ok(AnalyticsView {
            as_of: look.until,
            complete: look.whole,
            sales: SalesSumsView::of(&app.figures.sums(&filter, By::Whole).await?),
            refunds: reasons(&app.figures.sums(&filter, By::Reason).await?),
            visits: total.guests,
            returning_visits: total.returning,
            returning_percent: percent(total.returning, total.guests),
            standing: total.into(),
        })
    })
    .await
}

/// Whose events and which days are asked for.
pub(super) async fn asked(
    app: &App,
    user: User,
    span: SpanQuery,
    whose: WhoseQuery,
) -> Result<(Managed, Span), Problem> {
    let own = managed(app, user.0).await?;
    let mut wrong = Vec::new();
    let span = span.read(&mut wrong);
    let own = narrowed(own, id("organisation_id", whose.organisation_id, &mut wrong));
    if wrong.is_empty() { Ok((own, span)) } else { Err(Problem::invalid(wrong)) }
}

/// How revenue is told apart.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RevenueQuery {
    /// `day` (at most 366 of them; the last thirty when no days are given), `event` or `ticket_type` (those first that
    /// earned most in their currency).
    #[param(default = "day")]
    by: Option<String>,
    /// Of this event only.
    #[param(value_type = Option<Uuid>)]
    event_id: Option<String>,
}

/// How many of them are shown.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ShownQuery {
    /// How many events or ticket types: 1 to 100.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
}

/// Revenue of a day, an event or a ticket type.
#[derive(Serialize, ToSchema)]
pub struct RevenueItemView {
    /// By the clocks of each event's place; null when it is not told apart by day.
    #[schema(required, value_type = Option<String>, format = Date, example = "2026-06-01")]
    day: Option<String>,
    /// Null when it is told apart by day.
    #[schema(required)]
    event_id: Option<Uuid>,
    #[schema(required)]
    event_title: Option<String>,
    /// Null when it is not told apart by ticket type.
    #[schema(required)]
    ticket_type_id: Option<Uuid>,
    #[schema(required)]
    ticket_type_name: Option<String>,
    /// Tickets that were issued.
    tickets: i64,
    /// Orders whose tickets were issued; 0 of ticket types, because an order may be for several.
    orders: i64,
    revenue: CurrencySumsView,
}

/// Revenue, told apart.
#[derive(Serialize, ToSchema)]
pub struct RevenueView {
    /// What happened until then is in the sums; null before anything was counted.
    #[schema(required)]
    as_of: Option<DateTime<Utc>>,
    /// Whether every event was counted from its beginning by now.
    complete: bool,
    /// `day`, `event` or `ticket_type`.
    by: &'static str,
    /// Days in their order, each with a line for each currency; days on which nothing happened are left out. Or events or
    /// ticket types, those first that earned most in their currency: the first of every currency, then the second ones.
    items: Vec<RevenueItemView>,
    /// What all days, events or types come to, shown or not.
    total: SalesSumsView,
}

/// What revenue is told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Apart {
    Day,
    Event,
    TicketType,
}

impl Apart {
    const ALL: [Self; 3] = [Self::Day, Self::Event, Self::TicketType];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Event => "event",
            Self::TicketType => "ticket_type",
        }
    }

    const fn by(self) -> By {
        match self {
            Self::Day => By::Day,
            Self::Event => By::Event,
            Self::TicketType => By::TicketType,
        }
    }
}

/// So many, `usual` when nothing is said; what is none is noted.
fn limit(text: Option<String>, wrong: &mut Vec<Invalid>) -> usize {
    let (usual, most) = SHOWN;
    let given: Option<usize> = given("limit", text, "must be a whole number", wrong);
    let within = given.is_none_or(|limit| (1..=most).contains(&limit));
    if !within {
        wrong.push(Invalid::new("limit", "out_of_range", format!("must be from 1 to {most}")));
    }
    given.unwrap_or(usual)
}

/// The days of a list by day: the last thirty when none are given, and not too many.
pub fn bounded(span: Span, today: Day, wrong: &mut Vec<Invalid>) -> Span {
    let to = span.to.unwrap_or(today);
    let usual = || Day::of(to.start() - TimeDelta::days(USUAL_DAYS - 1));
    let from = span.from.unwrap_or_else(usual);
    if (to.start() - from.start()).num_days() >= MOST_DAYS {
        wrong.push(Invalid::new(
            "from",
            "out_of_range",
            "must not lie more than 366 days before the last day",
        ));
    }
    Span { from: Some(from), to: Some(to) }
}

/// Which revenue is asked for.
#[derive(Debug, Clone)]
struct Revenue {
    own: Managed,
    span: Span,
    apart: Apart,
    event: Option<EventId>,
}

/// Which revenue is asked for, of that which the actor may see; what is wrong is noted.
async fn revenue_asked(
    app: &App,
    user: User,
    (query, span, whose): (RevenueQuery, SpanQuery, WhoseQuery),
    wrong: &mut Vec<Invalid>,
) -> Result<Revenue, Problem> {
    let own = managed(app, user.0).await?;
    let known = |text: &str| Apart::ALL.into_iter().find(|apart| apart.as_str() == text);
    let apart = word("by", query.by, known, wrong).unwrap_or(Apart::Day);
    let event: Option<EventId> = id("event_id", query.event_id, wrong);
    let mut span = span.read(wrong);
    if apart == Apart::Day {
        span = bounded(span, Day::of(app.clock.now()), wrong);
    }
    let own = narrowed(own, id("organisation_id", whose.organisation_id, wrong));
    Ok(Revenue { own, span, apart, event })
}

/// The sums of it, days in their order and those first else that earned most in their currency; and what all of them come to.
async fn sold(app: &App, asked: &Revenue) -> Result<(Vec<Sum>, SalesSumsView), Problem> {
    let filter = asked.span.flows(asked.own.clone(), asked.event.map(|event| vec![event]));
    let mut sums = app.figures.sums(&filter, asked.apart.by()).await?;
    let total = SalesSumsView::of(&sums);
    match asked.apart {
        Apart::Day => {}
        Apart::Event | Apart::TicketType => {
            // What belongs to no type is in the total alone.
            sums.retain(|sum| asked.apart == Apart::Event || sum.ticket_type.is_some());
            sums = in_order(sums);
        }
    }
    Ok((sums, total))
}

/// Revenue by day, event or ticket type. Days are those of the place of each event.
#[utoipa::path(tag = "analytics", security(("bearer" = [])),
    params(RevenueQuery, ShownQuery, SpanQuery, WhoseQuery), responses(
    (status = 200, body = RevenueView), (status = 304), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/analytics/revenue")]
async fn revenue(
    app: Data<App>,
    user: User,
    request: HttpRequest,
    query: Query<RevenueQuery>,
    shown: Query<ShownQuery>,
    span: Query<SpanQuery>,
    whose: Query<WhoseQuery>,
) -> Result<HttpResponse, Problem> {
    let mut wrong = Vec::new();
    let asked = (query.into_inner(), span.into_inner(), whose.into_inner());
    let asked = revenue_asked(&app, user, asked, &mut wrong).await?;
    let most = limit(shown.into_inner().limit, &mut wrong);
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let question = ("revenue", asked.clone(), most);
    kept(&app, &request, question, async |look: Look| -> Result<RevenueView, Problem> {
        let (mut sums, total) = sold(&app, &asked).await?;
        if asked.apart != Apart::Day {
            sums.truncate(most);
        }
        let (items, by) = (items(&app, &sums).await?, asked.apart.as_str());
        Ok(RevenueView { as_of: look.until, complete: look.whole, by, items, total })
    })
    .await
}

/// How much each sum is among those in its currency.
fn ranked(sums: &[Sum]) -> Vec<usize> {
    ranks(&sums.iter().map(|sum| (sum.currency, sum.flow.net())).collect::<Vec<_>>())
}

/// Those first that earned most in their currency, because amounts of two cannot be compared.
fn in_order(sums: Vec<Sum>) -> Vec<Sum> {
    let mut all: Vec<_> = ranked(&sums).into_iter().zip(sums).collect();
    all.sort_by_key(|(rank, sum)| (*rank, Reverse(sum.flow.tickets), sum.key()));
    all.into_iter().map(|(_, sum)| sum).collect()
}

/// What events and ticket types of sums are called.
async fn titled(app: &App, sums: &[Sum]) -> Result<Captions, Problem> {
    let events: Vec<EventId> = sums.iter().filter_map(|sum| sum.event).collect();
    let types: Vec<TicketTypeId> = sums.iter().filter_map(|sum| sum.ticket_type).collect();
    Ok(app.events.captions(&events, &types).await?)
}

async fn items(app: &App, sums: &[Sum]) -> Result<Vec<RevenueItemView>, Problem> {
    let captions = titled(app, sums).await?;
    let shown = sums.iter().map(|sum| RevenueItemView {
        day: sum.day.map(|day| Day::from(day).to_string()),
        event_id: sum.event.map(|event| event.as_uuid()),
        event_title: sum.event.and_then(|event| Some(captions.events.get(&event)?.0.clone())),
        ticket_type_id: sum.ticket_type.map(|id| id.as_uuid()),
        ticket_type_name: sum.ticket_type.and_then(|id| captions.ticket_types.get(&id).cloned()),
        tickets: sum.flow.tickets,
        orders: sum.flow.orders,
        revenue: CurrencySumsView::of(sum.currency, &sum.flow),
    });
    Ok(shown.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use booking::figures::Flow;
    use kernel::Currency;

    fn sum(currency: Currency, sold: i64, tickets: i64) -> Sum {
        let event = EventId::generate(DateTime::<Utc>::UNIX_EPOCH);
        let flow = Flow { sold, tickets, ..Flow::default() };
        Sum { day: None, event: Some(event), ticket_type: None, reason: None, currency, flow }
    }

    #[test]
    fn those_come_first_that_earned_most_in_their_currency() {
        let (yen, euro) = (Currency::JPY, Currency::EUR);
        let sums = vec![
            sum(yen, 900_000, 3),
            sum(yen, 800_000, 2),
            sum(euro, 5000, 9),
            sum(euro, 2500, 1),
            sum(yen, 700_000, 1),
        ];
        let told: Vec<_> = in_order(sums).iter().map(|sum| (sum.currency, sum.flow.sold)).collect();
        // 900,000 yen are not more than 50 euro because the number is larger.
        let all = [(euro, 5000), (yen, 900_000), (yen, 800_000), (euro, 2500), (yen, 700_000)];
        assert_eq!(told, all);
    }
}
