//! Work that is owed, as those look after it who run the system: what waits, what fails, and what was set aside. What it
//! says is shown to nobody.

mod export;

use super::access::Admin;
use super::json::Json;
use super::paging::{PageView, Paging, PagingQuery};
use super::payments::word;
use super::problem::Problem;
use crate::wiring::App;
use crate::worker::give_up::discard;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, delete, get, post};
use chrono::{DateTime, Utc};
use kernel::outbox::{OwedWork, Standing, WorkCount, WorkFilter};
use kernel::{Cause, EffectId, Invalid, PageRequest, Subject};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// So many are tried again by one request.
const MOST: usize = 1000;
/// So many are looked for and taken up at a time.
const AT_A_TIME: u32 = 100;
/// Longest name of a domain or a kind that is looked for.
const LONGEST: usize = 100;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_jobs)
        .service(count_jobs)
        .service(export::export_jobs)
        .service(retry_jobs)
        .service(retry_job)
        .service(discard_job);
}

/// Which work is looked for; all that is given has to hold.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobsQuery {
    /// `parked`, which was set aside after it had failed too often; `failing`, which failed and is tried again by itself; or
    /// `waiting`. `parked` when none is given.
    state: Option<String>,
    /// Which part of the system owes it, as `booking`.
    domain: Option<String>,
    /// What is to be done, as `send_tickets`.
    kind: Option<String>,
}

impl JobsQuery {
    fn read(self) -> Result<WorkFilter, Problem> {
        let mut wrong = Vec::new();
        let filter = WorkFilter {
            standing: word("state", self.state, state, &mut wrong).unwrap_or(Standing::Parked),
            domain: name("domain", self.domain, &mut wrong),
            kind: name("kind", self.kind, &mut wrong),
        };
        if wrong.is_empty() { Ok(filter) } else { Err(Problem::invalid(wrong)) }
    }
}

/// Work that is owed.
#[derive(Serialize, ToSchema)]
pub struct JobView {
    id: Uuid,
    /// Which part of the system owes it.
    #[schema(example = "booking")]
    domain: String,
    /// What is to be done; null where that part has one kind of work only.
    #[schema(required, example = "send_tickets")]
    kind: Option<String>,
    /// `waiting`, `failing` or `parked`.
    #[schema(example = "parked")]
    state: &'static str,
    /// How often it was begun since it last went well. Each time it failed, but for the one that is under way.
    attempts: u32,
    /// From when on it may be done.
    due_at: DateTime<Utc>,
    /// When somebody has taken it up: nobody else does it before.
    #[schema(required)]
    leased_until: Option<DateTime<Utc>>,
    /// When it was set aside.
    #[schema(required)]
    parked_at: Option<DateTime<Utc>>,
    /// Why it failed the last time; it may quote another system's answer.
    #[schema(required)]
    error: Option<String>,
}

impl From<OwedWork> for JobView {
    fn from(work: OwedWork) -> Self {
        let state = work.standing().as_str();
        let OwedWork { id, domain, kind, attempts, due_at, leased_until, parked_at, error } = work;
        Self { id: id.as_uuid(), domain, kind, state, attempts, due_at, leased_until, parked_at, error }
    }
}

fn state(text: &str) -> Option<Standing> {
    Standing::ALL.into_iter().find(|state| state.as_str() == text)
}

/// The name of a domain or a kind, or `None` when none is given; what can be none is noted as a mistake.
pub(super) fn name(field: &'static str, text: Option<String>, wrong: &mut Vec<Invalid>) -> Option<String> {
    let text = text.filter(|text| !text.is_empty())?;
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || b"._".contains(&letter);
    if text.len() <= LONGEST && text.bytes().all(plain) {
        return Some(text);
    }
    wrong.push(Invalid::new(field, "malformed", "must be a name of letters, digits, dots and underscores"));
    None
}

/// Work that is owed: what was set aside the latest first, what waits and what fails in the order in which it is due.
#[utoipa::path(tag = "operations", security(("bearer" = [])), params(JobsQuery, PagingQuery), responses(
    (status = 200, body = PageView<JobView>), (status = 422, body = Problem)))]
#[get("/admin/jobs")]
async fn list_jobs(
    app: Data<App>,
    _admin: Admin,
    query: Query<JobsQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let page = app.outbox.listed(&query.into_inner().read()?, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, JobView::from)))
}

/// How much work of one kind is owed.
#[derive(Serialize, ToSchema)]
pub struct JobCountView {
    /// Which part of the system owes it.
    #[schema(example = "booking")]
    domain: String,
    /// What is to be done; null where that part has one kind of work only.
    #[schema(required, example = "send_tickets")]
    kind: Option<String>,
    waiting: u64,
    failing: u64,
    parked: u64,
    /// Since when the first of what waits or fails is due, or will be; null when all of it was set aside.
    #[schema(required)]
    oldest_due_at: Option<DateTime<Utc>>,
}

/// How much work is owed.
#[derive(Serialize, ToSchema)]
pub struct JobCountsView {
    /// By domain and kind, in their order. Of what is not there nothing is owed.
    items: Vec<JobCountView>,
    /// Always null: there is one page.
    #[schema(required)]
    next_cursor: Option<String>,
}

impl From<WorkCount> for JobCountView {
    fn from(count: WorkCount) -> Self {
        let WorkCount { domain, kind, waiting, failing, parked, oldest_due: oldest_due_at } = count;
        Self { domain, kind, waiting, failing, parked, oldest_due_at }
    }
}

/// How much work is owed, by domain and kind.
#[utoipa::path(tag = "operations", security(("bearer" = [])), responses((status = 200, body = JobCountsView)))]
#[get("/admin/jobs/counts")]
async fn count_jobs(app: Data<App>, _admin: Admin) -> Result<HttpResponse, Problem> {
    let items = app.outbox.counted().await?.into_iter().map(JobCountView::from).collect();
    Ok(HttpResponse::Ok().json(JobCountsView { items, next_cursor: None }))
}

/// Which work is tried again: some by `ids`, or all that stands so.
#[derive(Deserialize, ToSchema)]
pub struct RetryJobsBody {
    /// These: 1 to 1,000.
    #[serde(default)]
    ids: Vec<Uuid>,
    /// Instead of `ids`: all that is `parked` or `failing`.
    state: Option<String>,
    /// Of that only what this part of the system owes.
    domain: Option<String>,
    /// Of that only what is of this kind.
    kind: Option<String>,
}

/// What is tried again.
#[derive(Serialize, ToSchema)]
pub struct RetriedJobsView {
    /// How many are due at once now.
    changed: u32,
    /// Those of `ids` that are not there, did not fail, or are being tried at this moment.
    unknown: Vec<Uuid>,
    /// Whether there may be more that stands so: ask again.
    more: bool,
}

enum Which {
    These(BTreeSet<EffectId>),
    All(WorkFilter),
}

fn which(body: RetryJobsBody) -> Result<Which, Problem> {
    let mut wrong = Vec::new();
    let failed = |text: &str| state(text).filter(|standing| *standing != Standing::Waiting);
    let standing = word("state", body.state, failed, &mut wrong);
    let domain = name("domain", body.domain, &mut wrong);
    let kind = name("kind", body.kind, &mut wrong);
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let refused = |field: &'static str, code: &'static str, message: &'static str| {
        Err(Problem::invalid(vec![Invalid::new(field, code, message)]))
    };
    let ids: BTreeSet<_> = body.ids.into_iter().map(EffectId::from).collect();
    match standing {
        None if domain.is_some() || kind.is_some() => {
            refused("state", "required", "goes with domain and kind")
        }
        None if ids.is_empty() => refused("ids", "required", "must name some, or a state be given"),
        None if ids.len() > MOST => refused("ids", "too_many", "must be at most 1000"),
        None => Ok(Which::These(ids)),
        Some(_) if !ids.is_empty() => refused("state", "contradiction", "goes without ids"),
        Some(standing) => Ok(Which::All(WorkFilter { standing, domain, kind })),
    }
}

/// Has these tried again; answers which failed, and are due now.
async fn retry(app: &App, by: &Cause, ids: impl Iterator<Item = EffectId>) -> Result<Vec<EffectId>, Problem> {
    let now = app.clock.now();
    let after = json!({"attempts": 0, "due_at": now}).to_string();
    let act = |id: EffectId| {
        let act = by.act("job.retry", Subject::new("job", id.as_uuid()), now);
        (id, act.changing(None, Some(after.clone())))
    };
    let wanted: Vec<_> = ids.map(act).collect();
    Ok(app.outbox.retry(&wanted, now).await?)
}

/// Page by page, each by itself: what was taken up before something went wrong stays so.
async fn retry_all(app: &App, by: &Cause, filter: &WorkFilter) -> Result<RetriedJobsView, Problem> {
    let (mut changed, mut seen) = (0, 0);
    let mut page = PageRequest { limit: AT_A_TIME, after: None };
    loop {
        let found = app.outbox.listed(filter, page).await?;
        seen += found.items.len();
        changed += retry(app, by, found.items.iter().map(|work| work.id)).await?.len();
        page.after = found.next;
        if page.after.is_none() || seen >= MOST {
            let changed = u32::try_from(changed).unwrap_or(u32::MAX);
            return Ok(RetriedJobsView { changed, unknown: Vec::new(), more: page.after.is_some() });
        }
    }
}

/// Have much tried again at once, once its cause is mended, and as often as new work: a thousand at most by one request,
/// `more` says whether to ask again. What stays as it is stands in `unknown`.
#[utoipa::path(tag = "operations", security(("bearer" = [])), request_body = RetryJobsBody, responses(
    (status = 200, body = RetriedJobsView),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/jobs/retry")]
async fn retry_jobs(
    app: Data<App>,
    admin: Admin,
    body: Json<RetryJobsBody>,
) -> Result<HttpResponse, Problem> {
    let by = admin.0.cause();
    let view = match which(body.into_inner())? {
        Which::All(filter) => retry_all(&app, &by, &filter).await?,
        Which::These(mut ids) => {
            let taken = retry(&app, &by, ids.iter().copied()).await?;
            for id in &taken {
                ids.remove(id);
            }
            let unknown = ids.into_iter().map(EffectId::as_uuid).collect();
            let changed = u32::try_from(taken.len()).unwrap_or(u32::MAX);
            RetriedJobsView { changed, unknown, more: false }
        }
    };
    Ok(HttpResponse::Ok().json(view))
}

/// Have it tried again at once, and as often as new work; 404 if it did not fail, or is being tried at this moment.
#[utoipa::path(tag = "operations", security(("bearer" = [])), responses(
    (status = 204), (status = 404, body = Problem)))]
#[post("/admin/jobs/{id}/retry")]
async fn retry_job(app: Data<App>, admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let id = EffectId::from(id.into_inner());
    let taken = retry(&app, &admin.0.cause(), std::iter::once(id)).await?;
    if taken.is_empty() { Err(Problem::not_found()) } else { Ok(HttpResponse::NoContent().finish()) }
}

/// Do without it: it is never tried again, and a picture or a set that waits for it has failed as soon as a worker has seen to
/// that. 404, and nothing else comes of it, if it is not set aside (any more).
#[utoipa::path(tag = "operations", security(("bearer" = [])), responses(
    (status = 204), (status = 404, body = Problem)))]
#[delete("/admin/jobs/{id}")]
async fn discard_job(app: Data<App>, admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let found = discard(&app, id.into_inner().into(), &admin.0.cause()).await?;
    if found { Ok(HttpResponse::NoContent().finish()) } else { Err(Problem::not_found()) }
}
