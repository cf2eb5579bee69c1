//! Albums, for those who run them.

use super::access::Admin;
use super::images::{ImageView, Linker};
use super::json::Json;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, delete, get, patch, post};
use chrono::{DateTime, Utc};
use gallery::{Access, Album, AlbumChange, Counted};
use kernel::{AlbumId, EventId, Invalid, Page};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_albums)
        .service(create_album)
        .service(show_album)
        .service(change_album)
        .service(delete_album);
}

/// A new album.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"title": "Opening night", "access": "members"}))]
pub struct AlbumBody {
    /// One line of at most 200 characters.
    title: String,
    /// Of which event it is; needed when only those who attended may see it.
    event_id: Option<Uuid>,
    /// `members` (the default) or `attendees`.
    access: Option<String>,
}

/// What of an album changes; what is not sent stays.
#[derive(Deserialize, ToSchema)]
pub struct AlbumPatch {
    /// One line of at most 200 characters.
    title: Option<String>,
    /// Of which event it is; null: of none.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<Uuid>)]
    event_id: Option<Option<Uuid>>,
    /// `members` or `attendees`.
    access: Option<String>,
}

/// Tells a field that was sent as null from one that was not sent.
fn sent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Uuid>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Whether pictures go along.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeleteQuery {
    /// `true`: with all its pictures; without it an album that has some stays.
    with_images: Option<bool>,
}

/// An album.
#[derive(Serialize, ToSchema)]
pub struct AlbumView {
    id: Uuid,
    #[schema(example = "Opening night")]
    title: String,
    #[schema(required)]
    event_id: Option<Uuid>,
    /// `members`, or `attendees`: those who were at its event.
    #[schema(example = "members")]
    access: &'static str,
    created_at: DateTime<Utc>,
}

/// An album in a list.
#[derive(Serialize, ToSchema)]
pub struct AlbumCardView {
    #[serde(flatten)]
    album: AlbumView,
    /// How many pictures of it there are for whoever asks.
    image_count: u32,
    /// The first of them.
    #[schema(required)]
    cover: Option<ImageView>,
}

impl From<Album> for AlbumView {
    fn from(album: Album) -> Self {
        Self {
            id: album.id.as_uuid(),
            title: album.title,
            event_id: album.event.map(EventId::as_uuid),
            access: album.access.as_str(),
            created_at: album.created_at,
        }
    }
}

/// A page of albums with their covers.
///
/// # Errors
/// When links cannot be made.
pub(super) fn cards(app: &App, page: Page<Counted>, all: bool) -> Result<PageView<AlbumCardView>, Problem> {
    let card = |Counted { album, pictures, cover }: Counted| {
        let linker = Linker::of(app, &album);
        let cover = cover.as_ref().map(|cover| match all {
            true => ImageView::whole(&linker, cover),
            false => ImageView::of(&linker, cover),
        });
        Ok(AlbumCardView { album: album.into(), image_count: pictures, cover: cover.transpose()? })
    };
    let items: Result<Vec<_>, Problem> = page.items.into_iter().map(card).collect();
    Ok(PageView::of(Page { items: items?, next: page.next }, |card| card))
}

fn access(text: Option<&str>) -> Result<Option<Access>, Problem> {
    match text {
        None => Ok(None),
        Some("members") => Ok(Some(Access::Members)),
        Some("attendees") => Ok(Some(Access::Attendees)),
        Some(_) => {
            Err(Problem::invalid(vec![Invalid::new("access", "unknown", "must be members or attendees")]))
        }
    }
}

/// That there is such an event: the gallery itself knows of none.
async fn require_event(app: &App, event: Option<EventId>) -> Result<(), Problem> {
    match event {
        Some(event) if app.events.facts(event).await?.is_none() => {
            Err(Problem::invalid(vec![Invalid::new("event_id", "unknown", "there is no such event")]))
        }
        _ => Ok(()),
    }
}

/// All albums, the newest first, with all their pictures counted.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<AlbumCardView>)))]
#[get("/admin/albums")]
async fn list_albums(app: Data<App>, _: Admin, paging: Paging) -> Result<HttpResponse, Problem> {
    let page = app.gallery.all_albums(paging.0).await?;
    Ok(HttpResponse::Ok().json(cards(&app, page, true)?))
}

/// Make an album. Members see it as soon as a picture of it is published.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), request_body = AlbumBody, responses(
    (status = 201, body = AlbumView),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/albums")]
async fn create_album(app: Data<App>, admin: Admin, body: Json<AlbumBody>) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let event = body.event_id.map(EventId::from);
    let change =
        AlbumChange { title: Some(body.title), event: Some(event), access: access(body.access.as_deref())? };
    require_event(&app, event).await?;
    let album = app.gallery.create_album(&admin.0, &change).await?;
    let location = (header::LOCATION, format!("/api/v1/admin/albums/{}", album.id));
    Ok(HttpResponse::Created().insert_header(location).json(AlbumView::from(album)))
}

/// One album.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), responses(
    (status = 200, body = AlbumView), (status = 404, body = Problem)))]
#[get("/admin/albums/{id}")]
async fn show_album(app: Data<App>, _: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let album = app.gallery.album(id.into_inner().into()).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(AlbumView::from(album)))
}

/// Change what is said of an album, and who may see it.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), request_body = AlbumPatch, responses(
    (status = 200, body = AlbumView),
    (status = 404, body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[patch("/admin/albums/{id}")]
async fn change_album(
    app: Data<App>,
    admin: Admin,
    id: Path<Uuid>,
    body: Json<AlbumPatch>,
) -> Result<HttpResponse, Problem> {
    let (id, body) = (AlbumId::from(id.into_inner()), body.into_inner());
    let event = body.event_id.map(|event| event.map(EventId::from));
    let change = AlbumChange { title: body.title, event, access: access(body.access.as_deref())? };
    require_event(&app, event.flatten()).await?;
    let album = app.gallery.change_album(&admin.0, id, &change).await?;
    app.albums.changed(&*app.broadcast, id).await;
    Ok(HttpResponse::Ok().json(AlbumView::from(album)))
}

/// Delete an album that is empty; with `with_images=true` also one that is not, with all files of its pictures.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), params(DeleteQuery), responses(
    (status = 204),
    (status = 404, body = Problem),
    (status = 409, description = "`album_not_empty`", body = Problem)))]
#[delete("/admin/albums/{id}")]
async fn delete_album(
    app: Data<App>,
    admin: Admin,
    id: Path<Uuid>,
    query: Query<DeleteQuery>,
) -> Result<HttpResponse, Problem> {
    let id = AlbumId::from(id.into_inner());
    let deleted = app.gallery.delete_album(&admin.0, id, query.with_images.unwrap_or(false)).await;
    // Also when it was stopped half-way: some have gone.
    app.albums.changed(&*app.broadcast, id).await;
    deleted?;
    Ok(HttpResponse::NoContent().finish())
}
