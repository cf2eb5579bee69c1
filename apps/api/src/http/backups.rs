//! Backups: which there are and what was found of them, and asking for one or for a look at one.

use super::access::Admin;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use super::routes::BASE;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use backups::{Backup, Desk, Made, Status};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_backups).service(start_backup).service(show_backup).service(verify_backup);
}

/// A backup.
#[derive(Serialize, ToSchema)]
pub struct BackupView {
    id: Uuid,
    /// When it was asked for; of one that was made by hand, the instant that it shows.
    asked_at: DateTime<Utc>,
    /// `waiting` or `running`, while it is made; `failed`; `unchecked`; `bad`; or `good`, as far as `depth` says.
    #[schema(example = "good")]
    status: &'static str,
    /// How deep somebody looked who found it good: `sums`, every part is as it was written; `opened`, with the private key;
    /// `restored`, a store was made of it and everything in that agreed. Null unless it is good.
    #[schema(required, example = "restored")]
    depth: Option<&'static str>,
    /// When that was.
    #[schema(required)]
    checked_at: Option<DateTime<Utc>>,
    /// What is being done with it: `make`, `verify`, or null.
    #[schema(required)]
    under_way: Option<&'static str>,
    /// What it is called where it lies; null before it is made.
    #[schema(required, example = "20300601t030000z-3f9a1c")]
    name: Option<String>,
    /// The instant that it shows: nothing that was done before is missing.
    #[schema(required)]
    made_at: Option<DateTime<Utc>>,
    #[schema(required)]
    bytes: Option<u64>,
    /// Rows of all tables.
    #[schema(required)]
    rows: Option<u64>,
    /// Everything that is wrong with it.
    findings: Vec<String>,
    /// Why it could not be made or looked at when that was last tried; null once it could.
    #[schema(required)]
    failure: Option<String>,
}

impl BackupView {
    fn of(backup: Backup, desk: &Desk) -> Self {
        let status = backup.status(desk);
        let job = desk.job.filter(|job| job.backup == backup.id);
        let Backup { id, asked_at, made, failure } = backup;
        let (against, checked_at) = made.as_ref().map_or((None, None), |made| {
            let record = &made.record;
            let against = record.against.as_ref();
            (against, against.map(|against| against.at).or(record.proven.map(|proof| proof.at)))
        });
        let findings =
            against.into_iter().flat_map(|against| &against.findings).map(ToString::to_string).collect();
        Self {
            id: id.as_uuid(),
            asked_at,
            status: status.as_str(),
            depth: match status {
                Status::Good(depth) => Some(depth.as_str()),
                Status::Waiting | Status::Running | Status::Failed | Status::Unchecked | Status::Bad => None,
            },
            checked_at,
            under_way: job.map(|job| job.task.as_str()),
            made_at: made.as_ref().map(|made| made.name.made_at()),
            bytes: made.as_ref().map(|made| made.bytes),
            rows: made.as_ref().map(|made| made.rows),
            findings,
            failure: failure.map(|failed| failed.why),
            name: made.map(|Made { name, .. }| name.to_string()),
        }
    }
}

/// How backups stand.
#[derive(Serialize, ToSchema)]
pub struct BackupsView {
    /// The instant that the last one shows that was restored and found good; null when none ever was.
    #[schema(required)]
    last_good_at: Option<DateTime<Utc>>,
    /// What became of the newest one whose making has ended: `good`, `unchecked`, `bad` or `failed`; null without one.
    #[schema(required, example = "good")]
    last_result: Option<&'static str>,
}

/// How backups stand, for whoever looks at everything.
pub(super) async fn summary(app: &App) -> Result<BackupsView, Problem> {
    let desk = app.keeper.desk().await?;
    let newest = app.keeper.backups(kernel::PageRequest { limit: 2, after: None }).await?.items;
    let ended = newest.iter().map(|backup| backup.status(&desk));
    let mut ended = ended.filter(|status| !matches!(status, Status::Waiting | Status::Running));
    Ok(BackupsView {
        last_good_at: app.keeper.last_good().await?,
        last_result: ended.next().map(Status::as_str),
    })
}

fn refuse_without_place(app: &App) -> Result<(), Problem> {
    if app.backups.is_some() {
        return Ok(());
    }
    let detail = "Nobody said where backups go: backup.url is empty.";
    Err(Problem::conflict("backups_not_configured", detail))
}

async fn accepted(app: &App, backup: Backup) -> Result<HttpResponse, Problem> {
    let desk = app.keeper.desk().await?;
    let location = (header::LOCATION, format!("{BASE}/admin/backups/{}", backup.id));
    Ok(HttpResponse::Accepted().insert_header(location).json(BackupView::of(backup, &desk)))
}

/// Backups, the latest first, with what was found of each. What was made or removed by hand shows within the hour.
#[utoipa::path(tag = "operations", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<BackupView>)))]
#[get("/admin/backups")]
async fn list_backups(app: Data<App>, _admin: Admin, paging: Paging) -> Result<HttpResponse, Problem> {
    let desk = app.keeper.desk().await?;
    let page = app.keeper.backups(paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |backup| BackupView::of(backup, &desk))))
}

/// Have a backup made, and a store of it that is looked at and removed again. There is one at a time: `backup_under_way`
/// while one is made or looked at.
#[utoipa::path(tag = "operations", security(("bearer" = [])), responses(
    (status = 202, body = BackupView),
    (status = 409, description = "`backup_under_way`, `backups_not_configured`", body = Problem)))]
#[post("/admin/backups")]
async fn start_backup(app: Data<App>, admin: Admin) -> Result<HttpResponse, Problem> {
    refuse_without_place(&app)?;
    let backup = app.keeper.ask(&admin.0.cause()).await?;
    accepted(&app, backup).await
}

/// A backup, and how far it is.
#[utoipa::path(tag = "operations", security(("bearer" = [])), responses(
    (status = 200, body = BackupView), (status = 404, body = Problem)))]
#[get("/admin/backups/{id}")]
async fn show_backup(app: Data<App>, _admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let desk = app.keeper.desk().await?;
    let backup = app.keeper.backup(id.into_inner().into()).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(BackupView::of(backup, &desk)))
}

/// Have every part of a backup read again: one that is missing, cut off or changed is named. It is not opened, as the
/// private key is not here.
#[utoipa::path(tag = "operations", security(("bearer" = [])), responses(
    (status = 202, body = BackupView),
    (status = 404, body = Problem),
    (status = 409, description = "`backup_under_way`, `backup_not_made`, `backups_not_configured`", body = Problem)))]
#[post("/admin/backups/{id}/verify")]
async fn verify_backup(app: Data<App>, admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    refuse_without_place(&app)?;
    let backup = app.keeper.ask_verify(id.into_inner().into(), &admin.0.cause()).await?;
    accepted(&app, backup).await
}
