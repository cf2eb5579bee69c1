//! The daily close: what each day came to at every provider, and the differences that a person has to look at.

use super::access::Admin;
use super::audit::ActorView;
use super::json::Json;
use super::money::MoneyView;
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use booking::close::{
    AccountFigures, Day, DayClose, DayStatus, DaySummary, Figures, Sum, Task, TaskEnd, TaskRefusal, Unread,
};
use booking::use_cases::{CloseError, ResolveTaskError};
use chrono::{DateTime, Utc};
use kernel::Invalid;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Longest note of a decision.
const LONGEST_NOTE: usize = 1000;
/// Most questions to one account in one call, beyond its lists: some two minutes at a slow provider.
const ASKED_AT_ONCE: u32 = 500;
/// When a provider that is away may be asked again.
const AWAY: Duration = Duration::from_secs(60);

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_days).service(show_day).service(close_day).service(resolve_task);
}

/// Which days are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DaysQuery {
    /// `open` or `closed`.
    status: Option<String>,
}

/// A day without its tasks.
#[derive(Serialize, ToSchema)]
pub struct DaySummaryView {
    id: Uuid,
    /// In UTC.
    #[schema(value_type = String, format = Date, example = "2026-06-01")]
    date: String,
    /// `open`: tasks are open, or not everything of the day can be known yet. `closed`: every difference is gone or
    /// was decided about.
    #[schema(example = "closed")]
    status: &'static str,
    /// Whether the day was over when it was looked at, every provider lists all of it by then (PayPal three hours after
    /// midnight), and all was read and asked. Before, it cannot be closed.
    complete: bool,
    /// When it was looked at last.
    computed_at: DateTime<Utc>,
    computed_by: ActorView,
    #[schema(required)]
    closed_at: Option<DateTime<Utc>>,
    /// Set while a day is open that had been closed.
    #[schema(required)]
    reopened: Option<ReopenedView>,
    open_tasks: u64,
    resolved_tasks: u64,
    /// Differences beyond the thousand open tasks that are named at a time.
    unnamed: u64,
    accounts: Vec<AccountView>,
}

/// Why a day is open again.
#[derive(Serialize, ToSchema)]
pub struct ReopenedView {
    at: DateTime<Utc>,
    because: String,
}

/// A day of one account at a provider.
#[derive(Serialize, ToSchema)]
pub struct AccountView {
    /// `stripe` or `paypal`.
    provider: &'static str,
    account: String,
    /// Whether its money is real.
    live: bool,
    /// Movements that the provider lists.
    movements: u64,
    /// Charges, refunds and lost disputes that the ledger has of this day.
    entries: u64,
    /// Of those, what the provider has on another day.
    elsewhere: u64,
    /// What has begun and not ended: no difference.
    on_their_way: u64,
    /// What the provider lists in another currency than it was charged in: amounts are not compared then.
    converted: u64,
    /// What the provider was not asked about, as there were too many questions: no task, but the day stays open.
    unasked: u64,
    /// Why nothing is known of this account: `no_answer` or `too_many_movements`. The day stays open then.
    #[schema(required)]
    unread: Option<&'static str>,
    sums: Vec<FiguresView>,
}

/// What an account moved in one currency, in minor units.
#[derive(Serialize, ToSchema)]
pub struct FiguresView {
    #[schema(example = "EUR")]
    currency: String,
    /// What buyers paid.
    charges: SumView,
    /// What went back to them.
    refunds: SumView,
    /// What disputes took, less what came back of it.
    disputes: SumView,
    /// What the provider kept; ours is what stands in the ledger.
    fees: SumView,
    /// Charges less refunds, disputes and fees.
    net: SumView,
    /// What else moved there: payouts, conversions, what others do.
    other: i64,
}

/// A sum by our books and by the provider's.
#[derive(Serialize, ToSchema)]
pub struct SumView {
    ours: i64,
    theirs: i64,
}

/// A difference.
#[derive(Serialize, ToSchema)]
pub struct TaskView {
    id: Uuid,
    /// `missing_at_provider`, `missing_here`, `amount_differs`, `state_differs`, `ledger_differs`, `order_differs`,
    /// `fee_differs` or `fee_unposted`.
    #[schema(example = "missing_here")]
    kind: &'static str,
    provider: &'static str,
    account: String,
    live: bool,
    /// `charge`, `refund`, `dispute`, `fee` or `booking`.
    about: &'static str,
    /// The provider's name for it, or the booking's id.
    reference: String,
    #[schema(required)]
    booking_id: Option<Uuid>,
    #[schema(required)]
    payment_id: Option<Uuid>,
    /// What our books say; of a booking and its entries in the ledger, what the booking says.
    #[schema(required)]
    ours: Option<MoneyView>,
    /// What the provider says; of a booking and its entries, what the ledger says.
    #[schema(required)]
    theirs: Option<MoneyView>,
    /// The same for people.
    words: String,
    /// `open` or `resolved`.
    status: &'static str,
    found_at: DateTime<Utc>,
    #[schema(required)]
    resolved: Option<TaskEndView>,
}

/// How a task ended.
#[derive(Serialize, ToSchema)]
pub struct TaskEndView {
    /// `gone`: nothing differs any more; `decided`: a person did.
    how: &'static str,
    #[schema(required)]
    by: Option<Uuid>,
    #[schema(required)]
    note: Option<String>,
    at: DateTime<Utc>,
}

/// A day with its tasks.
#[derive(Serialize, ToSchema)]
pub struct DayView {
    #[serde(flatten)]
    day: DaySummaryView,
    /// In the order in which they were found.
    tasks: Vec<TaskView>,
}

impl From<Sum> for SumView {
    fn from(Sum { ours, theirs }: Sum) -> Self {
        Self { ours, theirs }
    }
}

impl From<&Figures> for FiguresView {
    fn from(figures: &Figures) -> Self {
        Self {
            currency: figures.currency.to_string(),
            charges: figures.charges.into(),
            refunds: figures.refunds.into(),
            disputes: figures.disputes.into(),
            fees: figures.fees.into(),
            net: figures.net().into(),
            other: figures.other,
        }
    }
}

impl From<&AccountFigures> for AccountView {
    fn from(figures: &AccountFigures) -> Self {
        Self {
            provider: figures.till.provider.as_str(),
            account: figures.till.account.clone(),
            live: figures.till.live,
            movements: figures.movements,
            entries: figures.entries,
            elsewhere: figures.elsewhere,
            on_their_way: figures.on_their_way,
            converted: figures.converted,
            unasked: figures.unasked,
            unread: figures.unread.map(Unread::as_str),
            sums: figures.sums.iter().map(FiguresView::from).collect(),
        }
    }
}

impl From<DaySummary> for DaySummaryView {
    fn from(day: DaySummary) -> Self {
        Self {
            id: day.id.as_uuid(),
            date: day.day.to_string(),
            status: day.status.as_str(),
            complete: day.complete,
            computed_at: day.computed_at,
            computed_by: ActorView::from(&day.computed_by),
            closed_at: day.closed_at,
            reopened: day.reopened.map(|it| ReopenedView { at: it.at, because: it.because }),
            open_tasks: day.open,
            resolved_tasks: day.resolved,
            unnamed: day.unnamed,
            accounts: day.accounts.iter().map(AccountView::from).collect(),
        }
    }
}

impl From<Task> for TaskView {
    fn from(task: Task) -> Self {
        let what = task.what;
        Self {
            id: task.id.as_uuid(),
            kind: what.kind.as_str(),
            provider: what.till.provider.as_str(),
            account: what.till.account,
            live: what.till.live,
            about: what.about.as_str(),
            reference: what.reference,
            booking_id: what.booking.map(|id| id.as_uuid()),
            payment_id: what.payment.map(|id| id.as_uuid()),
            ours: what.ours.map(Into::into),
            theirs: what.theirs.map(Into::into),
            words: what.words,
            status: if task.end.is_none() { "open" } else { "resolved" },
            found_at: task.found_at,
            resolved: task.end.map(TaskEndView::from),
        }
    }
}

impl From<TaskEnd> for TaskEndView {
    fn from(TaskEnd { by, note, at }: TaskEnd) -> Self {
        let how = if by.is_some() { "decided" } else { "gone" };
        Self { how, by: by.map(|by| by.as_uuid()), note, at }
    }
}

impl From<DayClose> for DayView {
    fn from(DayClose { summary, tasks }: DayClose) -> Self {
        Self { day: summary.into(), tasks: tasks.into_iter().map(TaskView::from).collect() }
    }
}

impl From<CloseError> for Problem {
    fn from(error: CloseError) -> Self {
        match error {
            CloseError::Future => {
                Self::invalid(vec![Invalid::new("date", "out_of_range", "must not be in the future")])
            }
            CloseError::Away(provider, cause) => {
                let provider = provider.as_str();
                tracing::warn!(provider, causes = %super::problem::Causes(&cause), "a day cannot be closed");
                let detail = format!("{provider} does not answer; nothing was closed. Try again later.");
                let status = actix_web::http::StatusCode::SERVICE_UNAVAILABLE;
                Self::new(status, "provider_unavailable", detail).retry_after(AWAY)
            }
            CloseError::TooMuch(provider, more) => {
                Self::conflict("too_many_movements", format!("{} moved {more}.", provider.as_str()))
            }
            CloseError::Store(error) => error.into(),
        }
    }
}

impl From<ResolveTaskError> for Problem {
    fn from(error: ResolveTaskError) -> Self {
        match error {
            ResolveTaskError::Refused(TaskRefusal::Unknown) => Self::not_found(),
            ResolveTaskError::Refused(TaskRefusal::ResolvedBefore) => {
                Self::conflict("resolved_before", "This task was resolved before.")
            }
            ResolveTaskError::Store(error) => error.into(),
        }
    }
}

fn date(text: &str) -> Result<Day, Problem> {
    text.parse().map_err(|error: booking::close::NoSuchDay| {
        Problem::invalid(vec![Invalid::new("date", "malformed", error.to_string())])
    })
}

/// Days that were looked at, the latest first.
#[utoipa::path(tag = "daily close", security(("bearer" = [])), params(DaysQuery, PagingQuery), responses(
    (status = 200, body = PageView<DaySummaryView>), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/daily-close")]
async fn list_days(
    app: Data<App>,
    _admin: Admin,
    query: Query<DaysQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let status = query.into_inner().status.map(|text| text.parse::<DayStatus>()).transpose();
    let status = status
        .map_err(|()| Problem::invalid(vec![Invalid::new("status", "unknown", "must be open or closed")]))?;
    let page = app.closing.days(status, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, DaySummaryView::from)))
}

/// A day as it was looked at last, with every difference that was found; 404 when nobody has looked at it.
#[utoipa::path(tag = "daily close", security(("bearer" = [])), responses(
    (status = 200, body = DayView), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/daily-close/{date}")]
async fn show_day(app: Data<App>, _admin: Admin, day: Path<String>) -> Result<HttpResponse, Problem> {
    let day = app.closing.day(date(&day)?).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(DayView::from(day)))
}

/// Compare bookings, ledger and every provider for a day, post the fees that providers tell, and close it when nothing
/// differs. Done again, what is gone is resolved, what is known keeps its id, and what is new is added. A day that is
/// not over can be looked at, but is not closed.
#[utoipa::path(tag = "daily close", security(("bearer" = [])), params(Once), responses(
    (status = 200, body = DayView),
    (status = 403, body = Problem),
    (status = 409, description = "`too_many_movements`", body = Problem),
    (status = 422, body = Problem),
    (status = 503, description = "`provider_unavailable`", body = Problem)))]
#[post("/admin/daily-close/{date}")]
async fn close_day(
    app: Data<App>,
    admin: Admin,
    day: Path<String>,
    once: Once,
) -> Result<HttpResponse, Problem> {
    let work = async {
        // Somebody waits for the answer; the worker asks the rest.
        let closing = app.closing.clone().asking_at_most(ASKED_AT_ONCE);
        let close = closing.close(date(&day)?, &admin.0.cause()).await?;
        Ok(HttpResponse::Ok().json(DayView::from(close)))
    };
    once.run_over(&app, admin.0.account, &[], work).await
}

/// What a person did about a difference.
#[derive(Deserialize, ToSchema)]
pub struct ResolveTask {
    /// 1 to 1000 characters.
    note: String,
}

/// Say that a difference was dealt with. It stays resolved as long as its amounts do not change; the last one closes
/// the day.
#[utoipa::path(tag = "daily close", security(("bearer" = [])), params(Once), request_body = ResolveTask, responses(
    (status = 200, body = DayView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`resolved_before`", body = Problem),
    (status = 422, body = Problem)))]
#[post("/admin/daily-close/{date}/tasks/{id}/resolve")]
async fn resolve_task(
    app: Data<App>,
    admin: Admin,
    path: Path<(String, Uuid)>,
    once: Once,
    body: Json<ResolveTask>,
) -> Result<HttpResponse, Problem> {
    let (day, task) = path.into_inner();
    let work = async {
        let note = body.note.trim();
        if note.is_empty() || note.chars().count() > LONGEST_NOTE {
            let message = "must have 1 to 1000 characters";
            return Err(Problem::invalid(vec![Invalid::new("note", "out_of_range", message)]));
        }
        let close = app.closing.resolve((date(&day)?, task.into()), note, &admin.0).await?;
        Ok(HttpResponse::Ok().json(DayView::from(close)))
    };
    once.run(&app, admin.0.account, &body, work).await
}
