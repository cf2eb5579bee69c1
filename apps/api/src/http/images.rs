//! Pictures: how they are shown, and what those who run albums do with them.

mod form;

use super::access::Admin;
use super::json::Json;
use super::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, patch, post};
use chrono::{DateTime, Utc};
use data_encoding::BASE64;
use gallery::{Album, Bulk, BulkError, Picture, PictureStatus, Which, file_name};
use kernel::{Delivery, Disposition, Invalid, ObjectStore, PictureId, Timestamp, Window};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(form::add_images)
        .service(publish_images)
        .service(delete_images)
        .service(retry_images)
        .service(show_image)
        .service(describe_image);
}

/// Makes the links to pictures of one album, all for the same window.
pub struct Linker {
    objects: Arc<dyn ObjectStore>,
    window: Window,
    now: Timestamp,
    /// By which pictures are called that somebody saves.
    title: String,
}

impl Linker {
    /// For links to pictures of this album that are made now.
    #[must_use]
    pub fn of(app: &App, album: &Album) -> Self {
        Self::called(app, album.title.clone())
    }

    /// For links to one picture.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn to(app: &App, picture: &Picture) -> Result<Self, Problem> {
        let album = app.albums.album(app, picture.album).await?;
        Ok(Self::called(app, album.map(|album| album.title).unwrap_or_default()))
    }

    fn called(app: &App, title: String) -> Self {
        let window = app.gallery.terms.window;
        Self { objects: Arc::clone(&app.objects), window, now: app.clock.now(), title }
    }
}

/// A picture.
#[derive(Clone, Serialize, ToSchema)]
pub struct ImageView {
    id: Uuid,
    album_id: Uuid,
    /// Pixels of the picture as it was taken, upright; 0 until it is ready.
    #[schema(example = 4000)]
    width: u32,
    /// Pixels.
    #[schema(example = 3000)]
    height: u32,
    /// A blur of it for while it loads (ThumbHash), in base64; null until it is ready.
    #[schema(required)]
    thumbhash: Option<String>,
    #[schema(required)]
    caption: Option<String>,
    /// When it was taken, if its file said so.
    #[schema(required)]
    taken_at: Option<DateTime<Utc>>,
    /// The same picture in several widths and formats, smallest first. Links are the same for an hour or so, and may be
    /// kept as long.
    sources: Vec<ImageSourceView>,
    /// Whether members see it.
    published: bool,
    /// Told to admins: `processing`, `ready` or `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ready")]
    status: Option<&'static str>,
    /// Told to admins: why nothing was made of it: `unknown_format`, `too_many_pixels`, `truncated`, `malformed`,
    /// `too_much`, `unsupported`, `missing` or `internal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "truncated")]
    error: Option<&'static str>,
    /// Told to admins: what its sender called it.
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<String>,
    /// Told to admins: bytes of the file that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    original_bytes: Option<u64>,
    /// Told to admins: whether that file is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    original_kept: Option<bool>,
    /// Told to admins: whether somebody asked that it goes: then nobody sees it until that is decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    removal_requested: Option<bool>,
    /// Told to admins: when it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<DateTime<Utc>>,
}

/// One file of a picture.
#[derive(Clone, Serialize, ToSchema)]
pub struct ImageSourceView {
    url: String,
    /// Pixels.
    #[schema(example = 1280)]
    width: u32,
    /// Pixels.
    #[schema(example = 960)]
    height: u32,
    /// `jpeg` or `webp`.
    #[schema(example = "webp")]
    format: &'static str,
}

impl ImageView {
    /// As members see it.
    ///
    /// # Errors
    /// When links cannot be made.
    pub fn of(linker: &Linker, picture: &Picture) -> Result<Self, Problem> {
        Ok(Self {
            id: picture.id.as_uuid(),
            album_id: picture.album.as_uuid(),
            width: picture.width,
            height: picture.height,
            thumbhash: (!picture.thumbhash.is_empty()).then(|| BASE64.encode(&picture.thumbhash)),
            caption: picture.caption.clone(),
            taken_at: picture.taken_at,
            sources: sources(linker, picture)?,
            published: picture.published_at.is_some(),
            status: None,
            error: None,
            filename: None,
            original_bytes: None,
            original_kept: None,
            removal_requested: None,
            created_at: None,
        })
    }

    /// With all that admins are told.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn whole(linker: &Linker, picture: &Picture) -> Result<Self, Problem> {
        let error = match &picture.status {
            PictureStatus::Failed { reason } => Some(reason.as_str()),
            PictureStatus::Processing | PictureStatus::Ready => None,
        };
        Ok(Self {
            status: Some(picture.status.as_str()),
            error,
            filename: Some(picture.filename.clone()),
            original_bytes: Some(picture.original_bytes),
            original_kept: Some(picture.original.is_some()),
            removal_requested: Some(picture.removal_asked),
            created_at: Some(picture.created_at),
            ..Self::of(linker, picture)?
        })
    }
}

fn sources(linker: &Linker, picture: &Picture) -> Result<Vec<ImageSourceView>, Problem> {
    let Some(pass) = picture.pass else { return Ok(Vec::new()) };
    let source = |rendition: &gallery::Rendition| {
        let key = picture.rendition_key(pass, rendition).ok_or_else(Problem::unexpected)?;
        let delivery = Delivery {
            content_type: rendition.format.content_type().to_owned(),
            disposition: Disposition::InlineAs(file_name(&linker.title, picture.id, rendition.format)),
            meter: None,
        };
        let link = linker.objects.link(&key, &delivery, linker.window, linker.now)?;
        let format = match rendition.format {
            gallery::ImageFormat::Jpeg => "jpeg",
            gallery::ImageFormat::WebP => "webp",
        };
        Ok(ImageSourceView { url: link.url, width: rendition.width, height: rendition.height, format })
    };
    picture.renditions.iter().map(source).collect()
}

/// Which pictures are meant.
#[derive(Deserialize, ToSchema)]
pub struct WhichBody {
    /// These: 1 to 1,000.
    #[serde(default)]
    ids: Vec<Uuid>,
    /// Instead of `ids`: all of this album.
    album_id: Option<Uuid>,
}

/// Which pictures are shown to members, or not any more.
#[derive(Deserialize, ToSchema)]
pub struct PublishBody {
    /// These: 1 to 1,000.
    #[serde(default)]
    ids: Vec<Uuid>,
    /// Instead of `ids`: all of this album.
    album_id: Option<Uuid>,
    /// Whether members see them.
    published: bool,
}

/// What is written under a picture.
#[derive(Deserialize, ToSchema)]
pub struct CaptionBody {
    /// At most 500 characters; null for nothing.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    caption: Option<String>,
}

/// What became of many pictures.
#[derive(Serialize, ToSchema)]
pub struct BulkView {
    /// How many are not as they were.
    changed: u32,
    /// Those of `ids` that are not there.
    unknown: Vec<Uuid>,
}

fn which(ids: Vec<Uuid>, album: Option<Uuid>) -> Result<Which, Problem> {
    match album {
        Some(album) if ids.is_empty() => Ok(Which::Album(album.into())),
        Some(_) => Err(Problem::invalid(vec![Invalid::new("album_id", "contradiction", "goes without ids")])),
        None => Ok(Which::These(ids.into_iter().map(PictureId::from).collect())),
    }
}

/// What was done, and that it was: also when it was stopped half-way, or members would go on seeing what is withdrawn.
async fn told(app: &App, outcome: Result<Bulk, BulkError>) -> Result<BulkView, Problem> {
    let done = match &outcome {
        Ok(done) | Err(BulkError::Stopped { done, .. }) => Some(done),
        Err(_) => None,
    };
    for album in done.iter().flat_map(|done| &done.albums) {
        app.albums.changed(&*app.broadcast, *album).await;
    }
    let Bulk { changed, unknown, .. } = outcome?;
    Ok(BulkView { changed, unknown: unknown.into_iter().map(PictureId::as_uuid).collect() })
}

/// Show pictures to members, or take them out of sight: at once for whoever asks from then on, and within the life of a
/// link for whoever has one. One that is still being made is seen as soon as it is ready.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), request_body = PublishBody, responses(
    (status = 200, body = BulkView),
    (status = 404, description = "There is no such album", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[patch("/admin/images")]
async fn publish_images(
    app: Data<App>,
    admin: Admin,
    body: Json<PublishBody>,
) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let which = which(body.ids, body.album_id)?;
    let outcome = app.gallery.publish(&admin.0, &which, body.published).await;
    Ok(HttpResponse::Ok().json(told(&app, outcome).await?))
}

/// Delete pictures with all their files. Those that are not there are none the less gone.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), request_body = WhichBody, responses(
    (status = 204),
    (status = 404, description = "There is no such album", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[delete("/admin/images")]
async fn delete_images(app: Data<App>, admin: Admin, body: Json<WhichBody>) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let outcome = app.gallery.delete(&admin.0, &which(body.ids, body.album_id)?).await;
    told(&app, outcome).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Try again those of which nothing could be made; the others stay as they are.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), request_body = WhichBody, responses(
    (status = 200, body = BulkView),
    (status = 404, description = "There is no such album", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/images/retry")]
async fn retry_images(app: Data<App>, admin: Admin, body: Json<WhichBody>) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let outcome = app.gallery.retry(&admin.0, &which(body.ids, body.album_id)?).await;
    Ok(HttpResponse::Ok().json(told(&app, outcome).await?))
}

/// One picture, and how far it has come.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), responses(
    (status = 200, body = ImageView), (status = 404, body = Problem)))]
#[get("/admin/images/{id}")]
async fn show_image(app: Data<App>, _: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let picture = app.gallery.picture(id.into_inner().into()).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(ImageView::whole(&Linker::to(&app, &picture).await?, &picture)?))
}

/// Write something under a picture, or nothing.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), request_body = CaptionBody, responses(
    (status = 200, body = ImageView),
    (status = 404, body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[patch("/admin/images/{id}")]
async fn describe_image(
    app: Data<App>,
    admin: Admin,
    id: Path<Uuid>,
    body: Json<CaptionBody>,
) -> Result<HttpResponse, Problem> {
    let id = PictureId::from(id.into_inner());
    let picture = app.gallery.describe(&admin.0, id, body.caption.as_deref()).await?;
    app.albums.changed(&*app.broadcast, picture.album).await;
    Ok(HttpResponse::Ok().json(ImageView::whole(&Linker::to(&app, &picture).await?, &picture)?))
}
