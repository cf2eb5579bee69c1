//! Sets, as admins make them of what they have sent.

use super::access::Admin;
use super::json::Json;
use super::music::{SetView, TrackView, view_with};
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, patch, post};
use chrono::{DateTime, Utc};
use kernel::{AccountId, EventId, Invalid, SetId, UploadId};
use media::{ShowError, UploadKind};
use music::{
    CreateError, DownloadInput, MusicSet, Recording, SetChange, SetInput, SetStatus, TracklistInput,
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(create_set)
        .service(list_managed_sets)
        .service(show_managed_set)
        .service(update_set)
        .service(delete_set)
        .service(retry_set);
}

/// A recording that was sent becomes a set.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({
    "title": "The night", "artist": "Ada", "upload_id": "01900000-0000-7000-8000-000000000000", "downloadable": true,
    "tracklist": [{"at_seconds": 0, "artist": "Bob", "title": "Light"}]}))]
pub struct NewSet {
    /// Up to 200 characters.
    title: String,
    /// Up to 200 characters.
    artist: String,
    /// Where it was played.
    event_id: Option<Uuid>,
    recorded_at: Option<DateTime<Utc>>,
    /// One's own completed upload of a recording.
    upload_id: Uuid,
    /// At most 500 pieces, no two at one time. Without it, and without `cue`, chapters of the file make one.
    tracklist: Option<Vec<TrackView>>,
    /// A CUE sheet instead of a tracklist.
    cue: Option<String>,
    /// Whether members may save it, as `aac-256` and `opus-192` if nothing else is said.
    downloadable: Option<bool>,
    /// In which formats they may.
    #[schema(example = json!(["aac-256"]))]
    download_formats: Option<Vec<String>>,
}

/// What of a set changes; what is not sent stays, and null empties.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"published": true}))]
pub struct SetPatch {
    /// Up to 200 characters.
    title: Option<String>,
    /// Up to 200 characters.
    artist: Option<String>,
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<Uuid>)]
    event_id: Option<Option<Uuid>>,
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    recorded_at: Option<Option<DateTime<Utc>>>,
    /// All of it anew.
    tracklist: Option<Vec<TrackView>>,
    /// A CUE sheet instead of a tracklist.
    cue: Option<String>,
    /// Whether members may save it: in the formats that it could be saved in, else the usual ones.
    downloadable: Option<bool>,
    download_formats: Option<Vec<String>>,
    /// Whether members hear it, as soon as it is ready.
    published: Option<bool>,
}

/// Tells a field that was sent as null from one that was not sent.
fn sent<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

fn tracklist(tracks: Option<Vec<TrackView>>, cue: Option<String>) -> TracklistInput {
    TracklistInput { tracks: tracks.map(|tracks| tracks.into_iter().map(Into::into).collect()), cue }
}

/// A rendition that was made.
#[derive(Serialize, ToSchema)]
pub struct RenditionView {
    #[schema(example = "opus-128")]
    name: String,
    /// `opus` or `aac`.
    #[schema(example = "opus")]
    codec: &'static str,
    #[schema(example = 128)]
    bitrate_kbps: u32,
    /// Of the file that plays in one go.
    bytes: u64,
    /// Of the file that plays by segments.
    stream_bytes: u64,
}

/// A set, as admins see it.
#[derive(Serialize, ToSchema)]
pub struct ManagedSetView {
    #[serde(flatten)]
    set: SetView,
    /// `processing`, `ready` or `failed`.
    #[schema(example = "ready")]
    status: &'static str,
    /// Why nothing was made of it: `unknown_format`, `no_sound`, `too_long`, `truncated`, `malformed`, `too_much`, `missing`
    /// or `internal`.
    #[schema(required)]
    error: Option<&'static str>,
    /// What to look at: `tracklist_cut`, when pieces of the tracklist begin behind the end of the set; members are not told
    /// of those.
    #[schema(value_type = Vec<String>, example = json!([]))]
    warnings: Vec<&'static str>,
    /// How far the processing has come, 0 to 100.
    progress: u8,
    /// What was sent.
    filename: String,
    /// Of what was sent.
    original_bytes: u64,
    /// Whether that is still there.
    original_kept: bool,
    renditions: Vec<RenditionView>,
    #[schema(required)]
    published_at: Option<DateTime<Utc>>,
    created_by: Uuid,
    created_at: DateTime<Utc>,
}

fn managed(app: &App, set: &MusicSet) -> Result<ManagedSetView, Problem> {
    let (status, error) = match set.status {
        SetStatus::Processing => ("processing", None),
        SetStatus::Ready => ("ready", None),
        SetStatus::Failed { reason } => ("failed", Some(reason.as_str())),
    };
    let rendition = |one: &music::Rendition| RenditionView {
        name: one.rung.name(),
        codec: one.rung.codec.as_str(),
        bitrate_kbps: one.rung.kbps,
        bytes: one.file_bytes,
        stream_bytes: one.stream_bytes,
    };
    Ok(ManagedSetView {
        set: view_with(app, set, set.tracklist.iter())?,
        warnings: set.warnings().into_iter().map(music::Warning::as_str).collect(),
        status,
        error,
        progress: set.progress,
        filename: set.filename.clone(),
        original_bytes: set.original_bytes,
        original_kept: set.original.is_some(),
        renditions: set.renditions.iter().map(rendition).collect(),
        published_at: set.published_at,
        created_by: set.created_by.as_uuid(),
        created_at: set.created_at,
    })
}

/// The event, if there is one of this id.
async fn event(app: &App, id: Option<Uuid>) -> Result<Option<EventId>, Problem> {
    let Some(id) = id.map(EventId::from) else { return Ok(None) };
    if app.events.captions(&[id], &[]).await?.events.contains_key(&id) {
        return Ok(Some(id));
    }
    Err(Problem::invalid(vec![Invalid::new("event_id", "unknown", "there is no such event")]))
}

/// The file that a set is to be made of.
async fn recording(app: &App, by: AccountId, id: UploadId) -> Result<Recording, Problem> {
    let upload = match app.uploads.show(by, id).await {
        Ok(progress) => progress.upload,
        Err(ShowError::Unknown) => return Err(CreateError::no_upload().into()),
        Err(error) => return Err(error.into()),
    };
    let key = upload.key().filter(|_| upload.kind == UploadKind::Set);
    let object = key.ok_or_else(CreateError::no_upload)?.to_string();
    Ok(Recording { upload: id, filename: upload.filename, bytes: upload.size, object })
}

/// Make a set of a recording that was sent. What is delivered of it is made later: see `status` and `progress`.
#[utoipa::path(tag = "media", security(("bearer" = [])), request_body = NewSet, responses(
    (status = 201, body = ManagedSetView), (status = 422, body = Problem)))]
#[post("/admin/sets")]
async fn create_set(app: Data<App>, admin: Admin, body: Json<NewSet>) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let event = event(&app, body.event_id).await?;
    let of = recording(&app, admin.0.account, body.upload_id.into()).await?;
    let input = SetInput {
        title: body.title,
        artist: body.artist,
        event,
        recorded_at: body.recorded_at,
        tracklist: tracklist(body.tracklist, body.cue),
        downloads: DownloadInput { allowed: body.downloadable, formats: body.download_formats },
    };
    let set = app.music.create(&admin.0, &of, input).await?;
    let location = (header::LOCATION, format!("/api/v1/admin/sets/{}", set.id));
    Ok(HttpResponse::Created().insert_header(location).json(managed(&app, &set)?))
}

/// All sets, the newest first.
#[utoipa::path(tag = "media", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<ManagedSetView>)))]
#[get("/admin/sets")]
async fn list_managed_sets(app: Data<App>, _admin: Admin, paging: Paging) -> Result<HttpResponse, Problem> {
    let page = app.music.list(paging.0).await?;
    let next = page.next;
    let items = page.items.iter().map(|set| managed(&app, set)).collect::<Result<Vec<_>, _>>()?;
    Ok(HttpResponse::Ok().json(PageView::of(kernel::Page { items, next }, |view| view)))
}

/// One set, with how far its processing has come.
#[utoipa::path(tag = "media", security(("bearer" = [])), responses(
    (status = 200, body = ManagedSetView), (status = 404, body = Problem)))]
#[get("/admin/sets/{id}")]
async fn show_managed_set(app: Data<App>, _admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let set = app.music.show(SetId::from(*id)).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(managed(&app, &set)?))
}

/// Change a set, publish or withdraw it. Nobody is given an address of one that was withdrawn; those that were given out
/// end by themselves.
#[utoipa::path(tag = "media", security(("bearer" = [])), request_body = SetPatch, responses(
    (status = 200, body = ManagedSetView), (status = 404, body = Problem), (status = 422, body = Problem)))]
#[patch("/admin/sets/{id}")]
async fn update_set(
    app: Data<App>,
    admin: Admin,
    id: Path<Uuid>,
    body: Json<SetPatch>,
) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let event_id = match body.event_id {
        Some(id) => Some(event(&app, id).await?),
        None => None,
    };
    let change = SetChange {
        title: body.title,
        artist: body.artist,
        event: event_id,
        recorded_at: body.recorded_at,
        tracklist: tracklist(body.tracklist, body.cue),
        downloads: DownloadInput { allowed: body.downloadable, formats: body.download_formats },
        published: body.published,
    };
    let set = app.music.change(&admin.0, SetId::from(*id), change).await?;
    Ok(HttpResponse::Ok().json(managed(&app, &set)?))
}

/// Remove a set, with all its files and what was sent.
#[utoipa::path(tag = "media", security(("bearer" = [])), responses(
    (status = 204), (status = 404, body = Problem)))]
#[delete("/admin/sets/{id}")]
async fn delete_set(app: Data<App>, admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    app.music.delete(&admin.0, SetId::from(*id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Have a set that failed processed anew.
#[utoipa::path(tag = "media", security(("bearer" = [])), responses(
    (status = 200, body = ManagedSetView),
    (status = 404, body = Problem),
    (status = 409, description = "`not_failed`", body = Problem)))]
#[post("/admin/sets/{id}/retry")]
async fn retry_set(app: Data<App>, admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let set = app.music.retry(&admin.0, SetId::from(*id)).await?;
    Ok(HttpResponse::Ok().json(managed(&app, &set)?))
}
