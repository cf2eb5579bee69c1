//! Analytics: what all events, days or ticket types come to.

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
use booking::figures::{By, Flow, Look, StandingFilter, Sum, Total, percent, ranks};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Currency, EventId, Invalid, TicketTypeId};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
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
    config.service(overall).service(revenue).service(popular_events);
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
async fn asked(
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

/// Revenue by day, event or ticket type. Days are those of the place of each event.
#[utoipa::path(tag = "analytics", security(("bearer" = [])), params(RevenueQuery, SpanQuery, WhoseQuery), responses(
    (status = 200, body = RevenueView), (status = 304), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/analytics/revenue")]
async fn revenue(
    app: Data<App>,
    user: User,
    request: HttpRequest,
    query: Query<RevenueQuery>,
    span: Query<SpanQuery>,
    whose: Query<WhoseQuery>,
) -> Result<HttpResponse, Problem> {
    let RevenueQuery { by, event_id, limit: most } = query.into_inner();
    let own = managed(&app, user.0).await?;
    let mut wrong = Vec::new();
    let known = |text: &str| Apart::ALL.into_iter().find(|apart| apart.as_str() == text);
    let apart = word("by", by, known, &mut wrong).unwrap_or(Apart::Day);
    let event: Option<EventId> = id("event_id", event_id, &mut wrong);
    let most = limit(most, &mut wrong);
    let mut span = span.into_inner().read(&mut wrong);
    if apart == Apart::Day {
        span = bounded(span, Day::of(app.clock.now()), &mut wrong);
    }
    let own = narrowed(own, id("organisation_id", whose.into_inner().organisation_id, &mut wrong));
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let question = ("revenue", own.clone(), span, (apart, event, most));
    kept(&app, &request, question, async |look: Look| -> Result<RevenueView, Problem> {
        let filter = span.flows(own, event.map(|event| vec![event]));
        let mut sums = app.figures.sums(&filter, apart.by()).await?;
        let total = SalesSumsView::of(&sums);
        match apart {
            Apart::Day => {}
            Apart::Event | Apart::TicketType => {
                // What belongs to no type is in the total alone.
                sums.retain(|sum| apart == Apart::Event || sum.ticket_type.is_some());
                sums = first(sums, most);
            }
        }
        let items = items(&app, &sums).await?;
        Ok(RevenueView { as_of: look.until, complete: look.whole, by: apart.as_str(), items, total })
    })
    .await
}

/// How much each sum is among those in its currency.
fn ranked(sums: &[Sum]) -> Vec<usize> {
    ranks(&sums.iter().map(|sum| (sum.currency, sum.flow.net())).collect::<Vec<_>>())
}

/// So many of those that earned most in their currency, because amounts of two cannot be compared.
fn first(sums: Vec<Sum>, most: usize) -> Vec<Sum> {
    let mut all: Vec<_> = ranked(&sums).into_iter().zip(sums).collect();
    all.sort_by_key(|(rank, sum)| (*rank, Reverse(sum.flow.tickets), sum.key()));
    all.truncate(most);
    all.into_iter().map(|(_, sum)| sum).collect()
}

async fn items(app: &App, sums: &[Sum]) -> Result<Vec<RevenueItemView>, Problem> {
    let events: Vec<EventId> = sums.iter().filter_map(|sum| sum.event).collect();
    let types: Vec<TicketTypeId> = sums.iter().filter_map(|sum| sum.ticket_type).collect();
    let captions = app.events.captions(&events, &types).await?;
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

/// How many events are shown.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PopularQuery {
    /// How many: 1 to 100.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
}

/// An event with what it sold.
#[derive(Serialize, ToSchema)]
pub struct PopularEventView {
    event_id: Uuid,
    title: String,
    starts_at: DateTime<Utc>,
    /// Tickets that were issued on these days.
    tickets: i64,
    /// One for each currency.
    revenue: Vec<CurrencySumsView>,
    /// Who wait now.
    waiting: u64,
    /// So many of a hundred places are taken now; null where there are none.
    #[schema(required, example = 93)]
    occupancy_percent: Option<u64>,
}

/// Events, those first that sold most.
#[derive(Serialize, ToSchema)]
pub struct PopularEventsView {
    /// What happened until then is in the sums; null before anything was counted.
    #[schema(required)]
    as_of: Option<DateTime<Utc>>,
    /// Whether every event was counted from its beginning by now.
    complete: bool,
    items: Vec<PopularEventView>,
}

/// Events by what was sold of them on these days: by tickets, then by revenue among those in the same currency, then by who
/// waits.
#[utoipa::path(tag = "analytics", security(("bearer" = [])), params(PopularQuery, SpanQuery, WhoseQuery), responses(
    (status = 200, body = PopularEventsView), (status = 304), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/analytics/popular-events")]
async fn popular_events(
    app: Data<App>,
    user: User,
    request: HttpRequest,
    query: Query<PopularQuery>,
    span: Query<SpanQuery>,
    whose: Query<WhoseQuery>,
) -> Result<HttpResponse, Problem> {
    let own = managed(&app, user.0).await?;
    let mut wrong = Vec::new();
    let most = limit(query.into_inner().limit, &mut wrong);
    let span = span.into_inner().read(&mut wrong);
    let own = narrowed(own, id("organisation_id", whose.into_inner().organisation_id, &mut wrong));
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let question = ("popular", own.clone(), span, most);
    kept(&app, &request, question, async |look: Look| -> Result<PopularEventsView, Problem> {
        let items = popular(&app, own, (span, most)).await?;
        Ok(PopularEventsView { as_of: look.until, complete: look.whole, items })
    })
    .await
}

async fn popular(
    app: &App,
    own: Managed,
    (span, most): (Span, usize),
) -> Result<Vec<PopularEventView>, Problem> {
    let mut sold: BTreeMap<EventId, BTreeMap<Currency, Flow>> = BTreeMap::new();
    let mut best: BTreeMap<EventId, usize> = BTreeMap::new();
    let sums = app.figures.sums(&span.flows(own, None), By::Event).await?;
    for (rank, sum) in ranked(&sums).into_iter().zip(&sums) {
        if let Some(event) = sum.event {
            sold.entry(event).or_default().insert(sum.currency, sum.flow);
            best.entry(event).and_modify(|best| *best = rank.min(*best)).or_insert(rank);
        }
    }
    let all = StandingFilter { events: Some(sold.keys().copied().collect()), ..StandingFilter::default() };
    let standings = app.figures.standings(&all).await?;
    let standings: BTreeMap<EventId, _> = standings.into_iter().map(|it| (it.event, it)).collect();
    let waiting = |event: &EventId| standings.get(event).map_or(0, |it| it.counts.list.waiting);
    let tickets = |flows: &BTreeMap<Currency, Flow>| flows.values().map(|flow| flow.tickets).sum::<i64>();
    let mut sold: Vec<_> = sold.into_iter().collect();
    sold.sort_by_key(|(event, flows)| {
        (Reverse(tickets(flows)), best.get(event).copied(), Reverse(waiting(event)), *event)
    });
    sold.truncate(most);
    let ids: Vec<EventId> = sold.iter().map(|(event, _)| *event).collect();
    let mut captions = app.events.captions(&ids, &[]).await?;
    let shown = sold.into_iter().filter_map(|(event, flows)| {
        let (title, starts_at) = captions.events.remove(&event)?;
        let standing = standings.get(&event);
        let taken = standing.map_or(0, |it| it.counts.tickets().living());
        Some(PopularEventView {
            event_id: event.as_uuid(),
            title,
            starts_at,
            tickets: tickets(&flows),
            revenue: flows.iter().map(|(currency, flow)| CurrencySumsView::of(*currency, flow)).collect(),
            waiting: waiting(&event),
            occupancy_percent: percent(taken, standing.map_or(0, |it| it.places)),
        })
    });
    Ok(shown.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let told = |most| {
            let first = first(sums.clone(), most);
            first.iter().map(|sum| (sum.currency, sum.flow.sold)).collect::<Vec<_>>()
        };
        let all = [(euro, 5000), (yen, 900_000), (yen, 800_000), (euro, 2500), (yen, 700_000)];
        assert_eq!(told(9), all);
        assert_eq!(told(2), all[..2], "900,000 yen are not more than 50 euro because the number is larger");
    }
}
