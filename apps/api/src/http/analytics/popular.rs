//! Events by how much was sold of them.

use super::{ShownQuery, WhoseQuery, limit, ranked};
use crate::http::access::User;
use crate::http::figures::{CurrencySumsView, Span, SpanQuery, kept};
use crate::http::given::id;
use crate::http::problem::Problem;
use crate::http::staff::{Managed, managed, narrowed};
use crate::wiring::App;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use booking::figures::{By, Flow, Look, StandingFilter, percent};
use chrono::{DateTime, Utc};
use kernel::{Currency, EventId};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

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

/// An event with what happened to it on some days.
pub(super) struct Popular {
    pub(super) event: EventId,
    pub(super) title: String,
    pub(super) starts_at: DateTime<Utc>,
    /// By currency.
    pub(super) flows: BTreeMap<Currency, Flow>,
    pub(super) waiting: u64,
    /// So many of a hundred places are taken.
    pub(super) occupancy: Option<u64>,
}

impl Popular {
    pub(super) fn tickets(&self) -> i64 {
        tickets(&self.flows)
    }
}

impl From<Popular> for PopularEventView {
    fn from(event: Popular) -> Self {
        let flows = event.flows.iter();
        Self {
            event_id: event.event.as_uuid(),
            tickets: event.tickets(),
            revenue: flows.map(|(currency, flow)| CurrencySumsView::of(*currency, flow)).collect(),
            waiting: event.waiting,
            occupancy_percent: event.occupancy,
            starts_at: event.starts_at,
            title: event.title,
        }
    }
}

/// Over all currencies.
fn tickets(flows: &BTreeMap<Currency, Flow>) -> i64 {
    flows.values().map(|flow| flow.tickets).sum()
}

/// Events by what was sold of them on these days: by tickets, then by revenue among those in the same currency, then by who
/// waits.
#[utoipa::path(tag = "analytics", security(("bearer" = [])), params(ShownQuery, SpanQuery, WhoseQuery), responses(
    (status = 200, body = PopularEventsView), (status = 304), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/analytics/popular-events")]
pub(super) async fn popular_events(
    app: Data<App>,
    user: User,
    request: HttpRequest,
    query: Query<ShownQuery>,
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
        let items = items.into_iter().map(PopularEventView::from).collect();
        Ok(PopularEventsView { as_of: look.until, complete: look.whole, items })
    })
    .await
}

/// All of them that something happened to, and no more than `most`.
pub(super) async fn popular(
    app: &App,
    own: Managed,
    (span, most): (Span, usize),
) -> Result<Vec<Popular>, Problem> {
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
        let occupancy = percent(taken, standing.map_or(0, |it| it.places));
        Some(Popular { event, title, starts_at, flows, waiting: waiting(&event), occupancy })
    });
    Ok(shown.collect())
}
