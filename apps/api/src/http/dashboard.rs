//! The dashboard: what those who run events see first.

use super::access::User;
use super::backups::{self, BackupsView};
use super::figures::{OccupancyView, SalesSumsView, day, kept};
use super::given::id;
use super::problem::Problem;
use super::staff::{Managed, managed, narrowed};
use crate::wiring::App;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use booking::close::Day;
use booking::figures::{By, EventFigures, FlowFilter, Look, StandingFilter};
use booking::office::IncidentFilter;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{EventId, PageRequest, Timestamp};
use messaging::Troubles;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Events that are shown.
const NEXT: u32 = 10;
/// Things that wait for a person are counted so far.
const COUNTED: u32 = 100;
/// So long an event may have begun ago to be looked whether it is still on.
const LONGEST: TimeDelta = TimeDelta::days(7);

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(dashboard);
}

/// Which dashboard.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DashboardQuery {
    /// What counts as today; the day in UTC when absent. Each event counts by its own clocks.
    #[param(value_type = Option<NaiveDate>, example = "2026-06-01")]
    day: Option<String>,
    /// Of one organisation only.
    #[param(value_type = Option<Uuid>)]
    organisation_id: Option<String>,
}

/// Everything at one glance.
#[derive(Serialize, ToSchema)]
pub struct DashboardView {
    /// What happened until then is in the sums; null before anything was counted.
    #[schema(required)]
    as_of: Option<DateTime<Utc>>,
    /// Whether every event was counted from its beginning by now.
    complete: bool,
    /// What counts as today.
    #[schema(value_type = String, format = Date, example = "2026-06-01")]
    day: String,
    sales: SalesByTimeView,
    /// Of published events that have not begun.
    occupancy: OccupancyView,
    check_ins: AtTheDoorView,
    waitlist: WaitingView,
    open: OpenMattersView,
    /// The next ones first, ten at most.
    next_events: Vec<NextEventView>,
    /// For admins; null for everybody else.
    #[schema(required)]
    platform: Option<PlatformView>,
}

/// What was sold of late.
#[derive(Serialize, ToSchema)]
pub struct SalesByTimeView {
    today: SalesSumsView,
    /// Today and the six days before.
    seven_days: SalesSumsView,
    /// Today and the 29 days before.
    thirty_days: SalesSumsView,
}

/// Published events that are on now.
#[derive(Serialize, ToSchema)]
pub struct AtTheDoorView {
    /// That have begun, or let people in, and are not over.
    events: u64,
    /// Their tickets.
    tickets: u64,
    /// Of these, those that have admitted.
    checked_in: u64,
}

/// Waiting lists of published events to come.
#[derive(Serialize, ToSchema)]
pub struct WaitingView {
    waiting: u64,
    /// For whom places are kept.
    offered: u64,
    places_wanted: u64,
}

/// What waits for a person, each counted up to a hundred.
#[derive(Serialize, ToSchema)]
pub struct OpenMattersView {
    /// Money that does not move; see `/admin/payments/stuck`.
    stuck_payments: usize,
    /// Cases; see `/admin/payments/incidents`.
    incidents: usize,
}

/// An event to come.
#[derive(Serialize, ToSchema)]
pub struct NextEventView {
    id: Uuid,
    organisation_id: Uuid,
    title: String,
    starts_at: DateTime<Utc>,
    /// IANA name.
    #[schema(example = "Europe/Berlin")]
    timezone: &'static str,
    /// As of this moment.
    occupancy: OccupancyView,
    /// Places in holds and unpaid bookings.
    held: u64,
    /// Who wait.
    waiting: u64,
}

/// What only admins see.
#[derive(Serialize, ToSchema)]
pub struct PlatformView {
    new_members: NewMembersView,
    /// Invites that were made in the last thirty days.
    invites: InvitesMadeView,
    jobs: JobTroubleView,
    mail: MailTroubleView,
    backups: BackupsView,
}

/// Who joined of late, by days in UTC.
#[derive(Serialize, ToSchema)]
pub struct NewMembersView {
    today: u64,
    seven_days: u64,
    thirty_days: u64,
}

/// Invites, and what became of them.
#[derive(Serialize, ToSchema)]
pub struct InvitesMadeView {
    invites: u64,
    /// Accounts that they may open, or might have.
    uses: u64,
    used: u64,
    /// Uses that ended with their invites.
    expired: u64,
    revoked: u64,
}

impl From<invites::Made> for InvitesMadeView {
    fn from(made: invites::Made) -> Self {
        let invites::Made { invites, uses, used, expired, revoked } = made;
        Self { invites, uses, used, expired, revoked }
    }
}

/// Mails of the last thirty days that did not arrive and were not sent again; see `/admin/mail?state=trouble`.
#[derive(Serialize, ToSchema)]
pub struct MailTroubleView {
    /// The mail server does not take them for now.
    deferred: u64,
    /// They came back.
    bounced: u64,
    /// The mail server will never take them, or they were tried for too long.
    failed: u64,
}

impl From<Troubles> for MailTroubleView {
    fn from(troubles: Troubles) -> Self {
        let Troubles { deferred, bounced, failed } = troubles;
        Self { deferred, bounced, failed }
    }
}

/// Work that is owed.
#[derive(Serialize, ToSchema)]
pub struct JobTroubleView {
    waiting: u64,
    /// Set aside after it had failed too often; see `/admin/jobs`.
    failed: u64,
    /// For how long the longest due work has been due.
    overdue_seconds: i64,
}

/// Sales, occupancy, check-ins, waiting lists, what waits for a person, and the next events; for admins also who joined
/// and what the system owes. True to the minute. Organisers see what is theirs.
#[utoipa::path(tag = "analytics", security(("bearer" = [])), params(DashboardQuery), responses(
    (status = 200, body = DashboardView), (status = 304), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/dashboard")]
async fn dashboard(
    app: Data<App>,
    user: User,
    request: HttpRequest,
    query: Query<DashboardQuery>,
) -> Result<HttpResponse, Problem> {
    let DashboardQuery { day: asked, organisation_id } = query.into_inner();
    let own = managed(&app, user.0).await?;
    let mut wrong = Vec::new();
    let asked = day("day", asked, &mut wrong);
    let own = narrowed(own, id("organisation_id", organisation_id, &mut wrong));
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let today = asked.unwrap_or_else(|| Day::of(app.clock.now()));
    let admin = user.0.is_admin();
    let question = ("dashboard", admin, own.clone(), today);
    kept(&app, &request, question, async |look| view(&app, admin, (own, today), look).await).await
}

/// What all are shown who manage these organisations and are admins, or are not: it is kept for all of them.
async fn view(
    app: &App,
    admin: bool,
    (own, today): (Managed, Day),
    look: Look,
) -> Result<DashboardView, Problem> {
    let now = app.clock.now();
    let filter =
        StandingFilter { organisations: own.clone(), from: Some(now - LONGEST), ..StandingFilter::default() };
    let standings = app.figures.standings(&filter).await?;
    // Neither those that are called off or taken out of sight, nor their places.
    let open: Vec<&EventFigures> = standings.iter().filter(|it| it.open).collect();
    let to_come = || open.iter().filter(move |it| it.starts_at > now);
    let lists = to_come().map(|it| &it.counts.list);
    let platform = if admin { Some(platform(app, today, now).await?) } else { None };
    Ok(DashboardView {
        as_of: look.until,
        complete: look.whole,
        day: today.to_string(),
        sales: SalesByTimeView {
            today: sales(app, &own, today, 1).await?,
            seven_days: sales(app, &own, today, 7).await?,
            thirty_days: sales(app, &own, today, 30).await?,
        },
        occupancy: OccupancyView::of(
            to_come().map(|it| it.counts.tickets().living()).sum(),
            to_come().map(|it| it.places).sum(),
        ),
        check_ins: at_the_door(&open, now),
        waitlist: WaitingView {
            waiting: lists.clone().map(|list| list.waiting).sum(),
            offered: lists.clone().map(|list| list.offered).sum(),
            places_wanted: lists.map(|list| list.wanted).sum(),
        },
        open: open_matters(app, &own).await?,
        next_events: next_events(app, own, &standings).await?,
        platform,
    })
}

/// What was sold on so many days, of which this is the last.
async fn sales(app: &App, own: &Managed, last: Day, days: u64) -> Result<SalesSumsView, Problem> {
    let until = last.after().date();
    let from = until.checked_sub_days(chrono::Days::new(days));
    let filter = FlowFilter { organisations: own.clone(), from, until: Some(until), ..FlowFilter::default() };
    Ok(SalesSumsView::of(&app.figures.sums(&filter, By::Whole).await?))
}

fn at_the_door(open: &[&EventFigures], now: Timestamp) -> AtTheDoorView {
    let on =
        |it: &&EventFigures| now < it.ends_at && (it.starts_at <= now || it.counts.tickets().checked_in > 0);
    let on = open.iter().copied().filter(on);
    let mut all = AtTheDoorView { events: 0, tickets: 0, checked_in: 0 };
    for figures in on {
        let tickets = figures.counts.tickets();
        all.events += 1;
        all.tickets += tickets.living();
        all.checked_in += tickets.checked_in;
    }
    all
}

async fn open_matters(app: &App, own: &Managed) -> Result<OpenMattersView, Problem> {
    let page = PageRequest { limit: COUNTED, after: None };
    let filter = IncidentFilter { organisations: own.clone(), open: Some(true) };
    Ok(OpenMattersView {
        stuck_payments: app.office.stuck(own.as_deref(), page).await?.items.len(),
        incidents: app.office.incidents(&filter, page).await?.items.len(),
    })
}

async fn next_events(
    app: &App,
    own: Managed,
    standings: &[EventFigures],
) -> Result<Vec<NextEventView>, Problem> {
    let next = app.events.next_of(own, NEXT).await?;
    let next: Vec<_> = next.into_iter().map(|seen| seen.event).collect();
    let ids: Vec<EventId> = next.iter().map(|event| event.id).collect();
    let full: BTreeMap<_, _> =
        app.figures.occupancy(&ids).await?.into_iter().map(|it| (it.event, it)).collect();
    let waiting: BTreeMap<_, _> = standings.iter().map(|it| (it.event, it.counts.list.waiting)).collect();
    let shown = next.into_iter().map(|event| {
        let full = full.get(&event.id);
        NextEventView {
            id: event.id.as_uuid(),
            organisation_id: event.organisation.as_uuid(),
            title: event.title,
            starts_at: event.starts_at,
            timezone: event.timezone.name(),
            occupancy: OccupancyView::of(full.map_or(0, |it| it.sold), full.map_or(0, |it| it.places)),
            held: full.map_or(0, |it| it.held),
            waiting: waiting.get(&event.id).copied().unwrap_or(0),
        }
    });
    Ok(shown.collect())
}

async fn platform(app: &App, today: Day, now: Timestamp) -> Result<PlatformView, Problem> {
    let first = |days: i64| today.end() - TimeDelta::days(days);
    let growth = app.accounts.growth((first(30), today.end()), 0).await?;
    let joined = |days: i64| {
        let days = growth.joined.iter().filter(|it| it.day >= first(days).date_naive());
        days.map(|it| it.members).sum::<u64>()
    };
    let backlog = app.outbox.backlog().await?;
    Ok(PlatformView {
        new_members: NewMembersView { today: joined(1), seven_days: joined(7), thirty_days: joined(30) },
        invites: growth.invites.into(),
        jobs: JobTroubleView {
            waiting: backlog.waiting,
            failed: backlog.parked,
            overdue_seconds: backlog.oldest_due.map_or(0, |due| (now - due).num_seconds().max(0)),
        },
        mail: app.messages.troubles().await?.into(),
        backups: backups::summary(app).await?,
    })
}
