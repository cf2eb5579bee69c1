//! Wishes that a picture goes: asked by members, decided by admins, kept with their proof.

use super::access::{Admin, User};
use super::images::{ImageView, Linker};
use super::json::{Json, Optional};
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use gallery::{Absence, Picture, Removal, RemovalStatus, Wishes};
use kernel::{AccountId, Invalid, Page, PageRequest, PictureId, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(ask_removal)
        .service(own_removals)
        .service(list_removals)
        .service(agree_removal)
        .service(refuse_removal);
}

/// Why a picture should go.
#[derive(Deserialize, ToSchema)]
pub struct RemovalBody {
    /// At most 1,000 characters; admins read it.
    reason: Option<String>,
}

/// What is decided about it.
#[derive(Deserialize, ToSchema)]
pub struct RemovalDecisionBody {
    /// What the one who asked is told besides, at most 1,000 characters.
    note: Option<String>,
}

/// A wish that a picture goes.
#[derive(Serialize, ToSchema)]
pub struct RemovalView {
    id: Uuid,
    image_id: Uuid,
    album_id: Uuid,
    /// `asked`: nobody sees the picture until it is decided; `removing`; `removed`: nothing is left of it; `refused`: it
    /// is seen again, if it is published.
    #[schema(example = "removed")]
    status: &'static str,
    #[schema(required)]
    reason: Option<String>,
    /// What was said to the decision.
    #[schema(required)]
    note: Option<String>,
    asked_at: DateTime<Utc>,
    #[schema(required)]
    decided_at: Option<DateTime<Utc>>,
    #[schema(required)]
    removed_at: Option<DateTime<Utc>>,
    /// Until then a link may still have worked that was given out before.
    #[schema(required)]
    links_end_at: Option<DateTime<Utc>>,
    /// How many files of it were removed and then looked for in vain.
    removed_files: usize,
}

/// A wish as admins see it.
#[derive(Serialize, ToSchema)]
pub struct RemovalCaseView {
    #[serde(flatten)]
    removal: RemovalView,
    /// Who asked; null once that account was erased.
    #[schema(required)]
    account_id: Option<Uuid>,
    /// Who decided.
    #[schema(required)]
    decided_by: Option<Uuid>,
    /// The picture, while it is there.
    #[schema(required)]
    image: Option<ImageView>,
    /// Each file that was looked for and was not there.
    proof: Vec<AbsenceView>,
}

/// A file that was looked for and was not there.
#[derive(Serialize, ToSchema)]
pub struct AbsenceView {
    key: String,
    seen_at: DateTime<Utc>,
}

impl From<Removal> for RemovalView {
    fn from(removal: Removal) -> Self {
        Self {
            id: removal.id.as_uuid(),
            image_id: removal.picture.as_uuid(),
            album_id: removal.album.as_uuid(),
            status: removal.status.as_str(),
            reason: removal.reason,
            note: removal.note,
            asked_at: removal.asked_at,
            decided_at: removal.decided_at,
            removed_at: removal.removed_at,
            links_end_at: removal.links_end_at,
            removed_files: removal.proof.len(),
        }
    }
}

impl RemovalCaseView {
    fn of(removal: Removal, image: Option<ImageView>) -> Self {
        let absence = |one: &Absence| AbsenceView { key: one.key.clone(), seen_at: one.seen_at };
        Self {
            account_id: removal.by.map(AccountId::as_uuid),
            decided_by: removal.decided_by.map(AccountId::as_uuid),
            image,
            proof: removal.proof.iter().map(absence).collect(),
            removal: removal.into(),
        }
    }
}

/// A page of what somebody asked for, for the file with what is kept about them.
pub(super) async fn own(
    app: &App,
    account: AccountId,
    page: PageRequest,
) -> Result<Page<RemovalView>, StoreError> {
    Ok(app.gallery.removals(Wishes::Of(account), page).await?.map(RemovalView::from))
}

/// A picture with all that admins are told.
async fn image(app: &App, picture: &Picture) -> Result<ImageView, Problem> {
    ImageView::whole(&Linker::to(app, picture).await?, picture)
}

/// The case with its picture.
async fn case(app: &App, removal: Removal) -> Result<RemovalCaseView, Problem> {
    let image = match app.gallery.picture(removal.picture).await? {
        Some(picture) => Some(image(app, &picture).await?),
        None => None,
    };
    Ok(RemovalCaseView::of(removal, image))
}

/// Ask that a picture goes which one may see. From now on nobody sees it, until an admin has decided; asking again
/// answers the wish that stands. Whom an admin refused it asks in vain (`removal_decided`), and of one's wishes at most 20
/// wait for a decision (`too_many_removals`).
#[utoipa::path(tag = "gallery", security(("bearer" = [])), request_body = Option<RemovalBody>, responses(
    (status = 201, body = RemovalView),
    (status = 404, body = Problem),
    (status = 409, description = "`removal_decided`, `too_many_removals`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem),
    (status = 429, description = "`too_many_attempts`", body = Problem)))]
#[post("/gallery/images/{id}/removal-request")]
async fn ask_removal(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Optional<RemovalBody>,
) -> Result<HttpResponse, Problem> {
    app.limits.removals(user.0.account).await?;
    let reason = body.0.and_then(|body| body.into_inner().reason);
    let id = PictureId::from(id.into_inner());
    let removal = app.gallery.ask_removal(&user.0, id, reason.as_deref()).await?;
    app.albums.changed(&*app.broadcast, removal.album).await;
    let location = (header::LOCATION, "/api/v1/users/me/removal-requests");
    Ok(HttpResponse::Created().insert_header(location).json(RemovalView::from(removal)))
}

/// What one asked to be removed, the latest first.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<RemovalView>)))]
#[get("/users/me/removal-requests")]
async fn own_removals(app: Data<App>, user: User, paging: Paging) -> Result<HttpResponse, Problem> {
    let page = app.gallery.removals(Wishes::Of(user.0.account), paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, RemovalView::from)))
}

/// Of which wishes a list is.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WishesQuery {
    /// Only those of which this became: `asked`, which are still to be decided, `removing`, `removed` or `refused`; all
    /// by default.
    status: Option<String>,
}

impl WishesQuery {
    fn read(&self) -> Result<Wishes, Problem> {
        let Some(name) = &self.status else { return Ok(Wishes::All) };
        let message = "must be asked, removing, removed or refused";
        let wrong = || Problem::invalid(vec![Invalid::new("status", "unknown", message)]);
        RemovalStatus::named(name).map(Wishes::That).ok_or_else(wrong)
    }
}

/// What was asked to be removed, the latest first, with what became of it and the proof.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), params(PagingQuery, WishesQuery), responses(
    (status = 200, body = PageView<RemovalCaseView>),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[get("/admin/removal-requests")]
async fn list_removals(
    app: Data<App>,
    _: Admin,
    query: Query<WishesQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let page = app.gallery.removals(query.read()?, paging.0).await?;
    let ids: Vec<_> = page.items.iter().map(|removal| removal.picture).collect();
    let mut images = BTreeMap::new();
    for picture in app.gallery.pictures_by_id(&ids).await? {
        images.insert(picture.id, image(&app, &picture).await?);
    }
    let case = |removal: Removal| {
        let image = images.get(&removal.picture).cloned();
        RemovalCaseView::of(removal, image)
    };
    Ok(HttpResponse::Ok().json(PageView::of(page, case)))
}

/// Agree that a picture goes: all its files are removed, each is looked for, and the one who asked gets a mail.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), request_body = Option<RemovalDecisionBody>, responses(
    (status = 200, body = RemovalCaseView),
    (status = 404, body = Problem),
    (status = 409, description = "`removal_decided`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/removal-requests/{id}/agree")]
async fn agree_removal(
    app: Data<App>,
    admin: Admin,
    id: Path<Uuid>,
    body: Optional<RemovalDecisionBody>,
) -> Result<HttpResponse, Problem> {
    let note = body.0.and_then(|body: Json<RemovalDecisionBody>| body.into_inner().note);
    let removal = app.gallery.agree_removal(&admin.0, id.into_inner().into(), note.as_deref()).await?;
    app.albums.changed(&*app.broadcast, removal.album).await;
    Ok(HttpResponse::Ok().json(case(&app, removal).await?))
}

/// Do not agree: the picture is seen again, if it is published, and the one who asked gets a mail.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), request_body = Option<RemovalDecisionBody>, responses(
    (status = 200, body = RemovalCaseView),
    (status = 404, body = Problem),
    (status = 409, description = "`removal_decided`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/removal-requests/{id}/refuse")]
async fn refuse_removal(
    app: Data<App>,
    admin: Admin,
    id: Path<Uuid>,
    body: Optional<RemovalDecisionBody>,
) -> Result<HttpResponse, Problem> {
    let note = body.0.and_then(|body: Json<RemovalDecisionBody>| body.into_inner().note);
    let removal = app.gallery.refuse_removal(&admin.0, id.into_inner().into(), note.as_deref()).await?;
    app.albums.changed(&*app.broadcast, removal.album).await;
    Ok(HttpResponse::Ok().json(case(&app, removal).await?))
}
