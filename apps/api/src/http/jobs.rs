//! Work that kept failing: admins see it, and have it tried again once its cause is mended.

use super::access::Admin;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use kernel::{Parked, Subject};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_jobs).service(retry_job);
}

/// Work that was set aside after it had failed too often.
#[derive(Serialize, ToSchema)]
pub struct JobView {
    id: Uuid,
    /// Which part of the system owes it.
    #[schema(example = "booking")]
    domain: String,
    /// How often it failed.
    attempts: u32,
    parked_at: DateTime<Utc>,
    /// Why it failed the last time; it may quote another system's answer.
    error: String,
}

impl From<Parked> for JobView {
    fn from(parked: Parked) -> Self {
        let Parked { id, domain, attempts, parked_at, error } = parked;
        Self { id: id.as_uuid(), domain, attempts, parked_at, error }
    }
}

/// Work that was set aside, the latest first.
#[utoipa::path(tag = "operations", security(("bearer" = [])), params(PagingQuery),
    responses((status = 200, body = PageView<JobView>)))]
#[get("/admin/jobs")]
async fn list_jobs(app: Data<App>, _admin: Admin, paging: Paging) -> Result<HttpResponse, Problem> {
    let page = app.outbox.parked(paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, JobView::from)))
}

/// Have it tried again at once, and as often as new work; 404 if it is not set aside (any more).
#[utoipa::path(tag = "operations", security(("bearer" = [])), responses(
    (status = 204), (status = 404, body = Problem)))]
#[post("/admin/jobs/{id}/retry")]
async fn retry_job(app: Data<App>, admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let (id, now) = (id.into_inner(), app.clock.now());
    let act = admin.0.cause().act("job.retry", Subject::new("job", id), now);
    let act = act.changing(Some(r#"{"parked":true}"#.to_owned()), Some(r#"{"parked":false}"#.to_owned()));
    let found = app.outbox.retry(id.into(), now, &act).await?;
    if found { Ok(HttpResponse::NoContent().finish()) } else { Err(Problem::not_found()) }
}
