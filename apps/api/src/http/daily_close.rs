//! The daily close: what each day came to at every provider, and the differences that a person has to look at.

pub mod view;

use super::access::Admin;
use super::json::Json;
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use booking::close::{Day, DayStatus, TaskRefusal};
use booking::use_cases::{CloseError, ResolveTaskError};
use kernel::Invalid;
use serde::Deserialize;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use view::{DaySummaryView, DayView};

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
