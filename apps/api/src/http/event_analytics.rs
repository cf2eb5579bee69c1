//! Analytics of events one by one.

mod export;

use super::access::User;
use super::analytics::{WhoseQuery, asked};
use super::figures::{
    CurrencySumsView, GuestCountsView, RefundReasonView, SalesSumsView, Span, SpanQuery, StandingView, kept,
    reasons, standing,
};
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use super::staff::Managed;
use crate::wiring::App;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use booking::close::Day;
use booking::figures::{By, EventFigures, FlowFilter, Look, StandingFilter, Sum, TypeFigures};
use chrono::{DateTime, Utc};
use events::access::Right;
use events::use_cases::{AccessError, Search, Seen};
use events::{Event, Status};
use kernel::{EventId, Page, PageRequest, TicketTypeId, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file. `analytics` could be the id of an event: they come before those that take one.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_analytics)
        .service(export::export_events)
        .service(event_analytics)
        .service(export::export_event);
}

/// Which event it is.
#[derive(Serialize, ToSchema)]
pub struct AnalysedEventView {
    id: Uuid,
    organisation_id: Uuid,
    title: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    /// IANA name.
    #[schema(example = "Europe/Berlin")]
    timezone: &'static str,
    /// `draft`, `published`, `deactivated`, `cancelled` or `ended`.
    #[schema(example = "published")]
    status: &'static str,
}

impl AnalysedEventView {
    fn of(event: Event, status: Status) -> Self {
        Self {
            id: event.id.as_uuid(),
            organisation_id: event.organisation.as_uuid(),
            starts_at: event.starts_at,
            ends_at: event.ends_at,
            timezone: event.timezone.name(),
            status: status.as_str(),
            title: event.title,
        }
    }
}

/// An event in numbers.
#[derive(Serialize, ToSchema)]
pub struct EventSummaryView {
    event: AnalysedEventView,
    /// What happened on these days.
    sales: SalesSumsView,
    /// How it stands.
    standing: StandingView,
    /// Null while nobody holds a ticket; for organisers also while they are fewer than three.
    #[schema(required)]
    guests: Option<GuestCountsView>,
}

/// A ticket type in numbers.
#[derive(Serialize, ToSchema)]
pub struct TypeAnalyticsView {
    ticket_type_id: Uuid,
    /// Null of a type that was removed.
    #[schema(required)]
    name: Option<String>,
    /// Tickets that were issued on these days.
    issued: i64,
    /// Tickets that admit, or have admitted, now.
    tickets: u64,
    checked_in: u64,
    /// That wait to be sold again.
    returned: u64,
    cancelled: u64,
    /// One for each currency.
    revenue: Vec<CurrencySumsView>,
}

/// A day of an event.
#[derive(Serialize, ToSchema)]
pub struct DaySalesView {
    /// By the clocks of the place.
    #[schema(value_type = String, format = Date, example = "2026-06-01")]
    day: String,
    tickets: i64,
    orders: i64,
    refunds: i64,
    revenue: CurrencySumsView,
}

/// All about one event.
#[derive(Serialize, ToSchema)]
pub struct EventAnalyticsView {
    /// What happened until then is in the sums; null before anything was counted.
    #[schema(required)]
    as_of: Option<DateTime<Utc>>,
    /// Whether every event was counted from its beginning by now.
    complete: bool,
    #[serde(flatten)]
    summary: EventSummaryView,
    ticket_types: Vec<TypeAnalyticsView>,
    /// In their order, each with a line for each currency; days on which nothing happened are left out.
    days: Vec<DaySalesView>,
    /// By reason.
    refunds: Vec<RefundReasonView>,
}

/// What one's events come to, by their beginning; all of them for admins. A page may be shorter than its limit.
#[utoipa::path(tag = "analytics", security(("bearer" = [])), params(WhoseQuery, SpanQuery, PagingQuery), responses(
    (status = 200, body = PageView<EventSummaryView>), (status = 304), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/events/analytics")]
async fn list_analytics(
    app: Data<App>,
    user: User,
    request: HttpRequest,
    whose: Query<WhoseQuery>,
    span: Query<SpanQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let (own, span) = asked(&app, user, span.into_inner(), whose.into_inner()).await?;
    let question = ("events", user.0.is_admin(), own.clone(), span, paging);
    kept(&app, &request, question, async |_| summaries(&app, user, (own, span), paging.0).await).await
}

fn read(span: SpanQuery) -> Result<Span, Problem> {
    let mut wrong = Vec::new();
    let span = span.read(&mut wrong);
    if wrong.is_empty() { Ok(span) } else { Err(Problem::invalid(wrong)) }
}

async fn summaries(
    app: &App,
    user: User,
    whose: (Managed, Span),
    page: PageRequest,
) -> Result<PageView<EventSummaryView>, Problem> {
    let page = counted(app, user, &whose, page).await?;
    let (now, admin) = (app.clock.now(), user.0.is_admin());
    Ok(PageView::of(page, |CountedEvent { seen, figures, sums }| {
        let event = AnalysedEventView::of(seen.event, seen.status);
        summary(event, &sums, (figures.as_ref(), admin), now)
    }))
}

/// An event with what was counted of it.
struct CountedEvent {
    seen: Seen,
    figures: Option<EventFigures>,
    /// Those of the days that are asked for, one for each currency.
    sums: Vec<Sum>,
}

/// A page of the actor's events. It may be shorter than its limit.
async fn counted(
    app: &App,
    user: User,
    (own, span): &(Managed, Span),
    page: PageRequest,
) -> Result<Page<CountedEvent>, AccessError> {
    let mut page = app.events.list_managed(user.0, &Search::default(), &[], page).await?;
    // Of events at whose doors one only stands, nothing is told.
    page.items.retain(|seen| own.as_ref().is_none_or(|own| own.contains(&seen.event.organisation)));
    let ids: Vec<EventId> = page.items.iter().map(|seen| seen.event.id).collect();
    let these = StandingFilter { events: Some(ids.clone()), ..StandingFilter::default() };
    let standings = app.figures.standings(&these).await?;
    let mut standings: BTreeMap<EventId, _> = standings.into_iter().map(|it| (it.event, it)).collect();
    let mut sums: BTreeMap<EventId, Vec<Sum>> = BTreeMap::new();
    for sum in app.figures.sums(&span.flows(None, Some(ids)), By::Event).await? {
        if let Some(event) = sum.event {
            sums.entry(event).or_default().push(sum);
        }
    }
    Ok(page.map(|seen| {
        let id = seen.event.id;
        let sums = sums.remove(&id).unwrap_or_default();
        CountedEvent { figures: standings.remove(&id), sums, seen }
    }))
}

fn summary<'a>(
    event: AnalysedEventView,
    sums: impl IntoIterator<Item = &'a Sum>,
    (figures, admin): (Option<&EventFigures>, bool),
    now: Timestamp,
) -> EventSummaryView {
    EventSummaryView {
        event,
        sales: SalesSumsView::of(sums),
        standing: standing(figures, now),
        guests: GuestCountsView::of(figures.and_then(|it| it.guests), admin),
    }
}

/// One event in numbers: sales, ticket types, days, refunds, attendance, waiting list, vouchers and returning guests.
#[utoipa::path(tag = "analytics", security(("bearer" = [])), params(SpanQuery), responses(
    (status = 200, body = EventAnalyticsView), (status = 304), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
#[get("/admin/events/{id}/analytics")]
async fn event_analytics(
    app: Data<App>,
    user: User,
    request: HttpRequest,
    id: Path<Uuid>,
    span: Query<SpanQuery>,
) -> Result<HttpResponse, Problem> {
    let id = EventId::from(id.into_inner());
    let (_, event) = app.events.require(user.0, id, Right::Manage).await?;
    let span = read(span.into_inner())?;
    let admin = user.0.is_admin();
    kept(&app, &request, ("event", admin, id, span), async |look| {
        whole(&app, (event, admin), span, look).await
    })
    .await
}

async fn whole(
    app: &App,
    (event, admin): (Event, bool),
    span: Span,
    look: Look,
) -> Result<EventAnalyticsView, Problem> {
    let (id, now) = (event.id, app.clock.now());
    let filter = span.flows(None, Some(vec![id]));
    let these = StandingFilter { events: Some(vec![id]), ..StandingFilter::default() };
    let figures = app.figures.standings(&these).await?.pop();
    let (sums, days) =
        (app.figures.sums(&filter, By::Whole).await?, app.figures.sums(&filter, By::Day).await?);
    let status = event.status_at(now);
    let shown = AnalysedEventView::of(event, status);
    Ok(EventAnalyticsView {
        as_of: look.until,
        complete: look.whole,
        summary: summary(shown, &sums, (figures.as_ref(), admin), now),
        ticket_types: types(app, &filter, figures.as_ref()).await?,
        days: days.iter().filter_map(day_sales).collect(),
        refunds: reasons(&app.figures.sums(&filter, By::Reason).await?),
    })
}

fn day_sales(sum: &Sum) -> Option<DaySalesView> {
    Some(DaySalesView {
        day: Day::from(sum.day?).to_string(),
        tickets: sum.flow.tickets,
        orders: sum.flow.orders,
        refunds: sum.flow.refunds,
        revenue: CurrencySumsView::of(sum.currency, &sum.flow),
    })
}

async fn types(
    app: &App,
    filter: &FlowFilter,
    figures: Option<&EventFigures>,
) -> Result<Vec<TypeAnalyticsView>, Problem> {
    let types = counted_types(app, filter, figures).await?;
    let shown = types.into_iter().map(|CountedType { id, name, counts, sums }| TypeAnalyticsView {
        ticket_type_id: id.as_uuid(),
        name,
        issued: sums.iter().map(|sum| sum.flow.tickets).sum(),
        tickets: counts.living(),
        checked_in: counts.checked_in,
        returned: counts.returned,
        cancelled: counts.cancelled,
        revenue: sums.iter().map(|sum| CurrencySumsView::of(sum.currency, &sum.flow)).collect(),
    });
    Ok(shown.collect())
}

/// A ticket type with what was counted of it.
struct CountedType {
    id: TicketTypeId,
    /// `None` of one that was removed.
    name: Option<String>,
    counts: TypeFigures,
    /// Those of the days that are asked for, one for each currency.
    sums: Vec<Sum>,
}

/// Types that were sold, or of which there are tickets.
async fn counted_types(
    app: &App,
    filter: &FlowFilter,
    figures: Option<&EventFigures>,
) -> Result<Vec<CountedType>, Problem> {
    let sums = app.figures.sums(filter, By::TicketType).await?;
    let counts = figures.map(|figures| figures.counts.types.clone()).unwrap_or_default();
    let ids: BTreeSet<TicketTypeId> =
        sums.iter().filter_map(|sum| sum.ticket_type).chain(counts.keys().copied()).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let mut names = app.events.captions(&[], &ids).await?.ticket_types;
    let counted = ids.into_iter().map(|id| CountedType {
        id,
        name: names.remove(&id),
        counts: counts.get(&id).copied().unwrap_or_default(),
        sums: sums.iter().filter(|sum| sum.ticket_type == Some(id)).copied().collect(),
    });
    Ok(counted.collect())
}
