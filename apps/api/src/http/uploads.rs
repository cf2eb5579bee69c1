//! Uploads: bytes that admins send in parts, straight to where they are kept.

use super::access::Admin;
use super::json::Json;
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, post};
use chrono::{DateTime, Utc};
use gallery::Sent;
use kernel::{Actor, Invalid, Part, PictureId};
use media::{NewUpload, PartLink, Progress, Upload, UploadKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(begin_upload)
        .service(list_uploads)
        .service(show_upload)
        .service(complete_upload)
        .service(drop_upload);
}

/// What is to be sent.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"kind": "set", "filename": "night.flac", "size": 734_003_200, "content_type": "audio/flac"}))]
pub struct UploadBody {
    /// `image` or `set`.
    kind: String,
    /// What it is called; it is only shown.
    filename: String,
    /// Bytes: a picture has at most 200 MiB, a set 4 GiB.
    #[schema(minimum = 1)]
    size: i64,
    /// `image/jpeg`, `image/png`, `image/webp`, `image/heic`; `audio/wav`, `audio/flac`, `audio/aiff`, `audio/mpeg`,
    /// `audio/mp4`. What arrives is looked at, too.
    content_type: String,
}

/// A part that has not arrived.
#[derive(Serialize, ToSchema)]
pub struct PartView {
    /// From 1 on.
    number: u32,
    /// Where to `PUT` it, with nothing but the bytes.
    url: String,
    /// Exactly so many.
    size: u64,
}

/// A part that has arrived.
#[derive(Serialize, ToSchema)]
pub struct ArrivedView {
    number: u32,
    /// As `ETag` said it, without quotes.
    etag: String,
    size: u64,
}

/// Something that is being sent.
#[derive(Serialize, ToSchema)]
pub struct UploadView {
    upload_id: Uuid,
    /// `image` or `set`.
    #[schema(example = "set")]
    kind: &'static str,
    /// What it is called; empty once it is `taken` or `dropped`.
    filename: String,
    /// Bytes.
    size: u64,
    #[schema(example = "audio/flac")]
    content_type: &'static str,
    /// Bytes of each part but the last.
    part_size: u64,
    /// `open`, `completed`, `taken` (something was made of it) or `dropped`.
    #[schema(example = "open")]
    status: &'static str,
    created_at: DateTime<Utc>,
    /// Until then it has to be completed, and something made of it.
    expires_at: DateTime<Utc>,
}

/// How far an upload has come.
#[derive(Serialize, ToSchema)]
pub struct UploadProgressView {
    #[serde(flatten)]
    upload: UploadView,
    /// What is missing, by number.
    parts: Vec<PartView>,
    /// What is there, by number.
    arrived: Vec<ArrivedView>,
    /// Until when the addresses of parts are good; ask for the upload again to have new ones.
    #[schema(required)]
    links_expire_at: Option<DateTime<Utc>>,
}

/// A part, as its sender knows it.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct PartBody {
    #[schema(minimum = 1)]
    number: u32,
    /// What `ETag` said when it was sent.
    etag: String,
}

/// What an upload is completed with.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct CompleteBody {
    /// What was sent. Parts that are not named are taken as they have arrived.
    #[serde(default)]
    parts: Vec<PartBody>,
    /// Of a picture: the album that it goes into.
    album_id: Option<Uuid>,
    /// Of a picture: what is written under it.
    caption: Option<String>,
}

/// What became of an upload.
#[derive(Serialize, ToSchema)]
pub struct CompletedView {
    upload_id: Uuid,
    /// `completed`: `POST /admin/sets` takes it by its id; `taken`: it is a picture or a set now.
    #[schema(example = "completed")]
    status: &'static str,
    /// The picture that was made of it.
    #[schema(required)]
    image_id: Option<Uuid>,
}

impl UploadBody {
    fn wish(&self) -> NewUpload {
        NewUpload {
            kind: self.kind.clone(),
            filename: self.filename.clone(),
            size: self.size,
            content_type: self.content_type.clone(),
        }
    }
}

impl From<Upload> for UploadView {
    fn from(upload: Upload) -> Self {
        Self {
            upload_id: upload.id.as_uuid(),
            kind: upload.kind.as_str(),
            filename: upload.filename,
            size: upload.size,
            content_type: upload.format.content_type(),
            part_size: upload.part_size,
            status: upload.status.as_str(),
            created_at: upload.created_at,
            expires_at: upload.expires_at,
        }
    }
}

impl From<Progress> for UploadProgressView {
    fn from(progress: Progress) -> Self {
        let links_expire_at = progress.missing.iter().map(|part| part.link.expires_at).min();
        let missing = |PartLink { number, size, link }| PartView { number, url: link.url, size };
        let arrived = |Part { number, etag, size }| ArrivedView { number, etag, size };
        Self {
            upload: progress.upload.into(),
            parts: progress.missing.into_iter().map(missing).collect(),
            arrived: progress.there.into_iter().map(arrived).collect(),
            links_expire_at,
        }
    }
}

/// Begin to send a picture or a recording. The bytes go in parts to the addresses in the answer; then it is completed.
#[utoipa::path(tag = "media", security(("bearer" = [])), params(Once), request_body = UploadBody, responses(
    (status = 201, body = UploadProgressView),
    (status = 409, description = "`too_many_uploads`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/uploads")]
async fn begin_upload(
    app: Data<App>,
    admin: Admin,
    once: Once,
    body: Json<UploadBody>,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let begun = app.uploads.begin(&body.wish(), &admin.0).await?;
        let location = (header::LOCATION, format!("/api/v1/admin/uploads/{}", begun.upload.id));
        Ok(HttpResponse::Created().insert_header(location).json(UploadProgressView::from(begun)))
    };
    once.run(&app, admin.0.account, &body, work).await
}

/// One's own uploads that are open or completed, the newest first.
#[utoipa::path(tag = "media", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<UploadView>)))]
#[get("/admin/uploads")]
async fn list_uploads(app: Data<App>, admin: Admin, paging: Paging) -> Result<HttpResponse, Problem> {
    let page = app.uploads.list(admin.0.account, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, UploadView::from)))
}

/// How far one's own upload has come, with new addresses for what is missing: a page that was loaded anew goes on there.
#[utoipa::path(tag = "media", security(("bearer" = [])), responses(
    (status = 200, body = UploadProgressView), (status = 404, body = Problem)))]
#[get("/admin/uploads/{id}")]
async fn show_upload(app: Data<App>, admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let progress = app.uploads.show(admin.0.account, id.into_inner().into()).await?;
    Ok(HttpResponse::Ok().json(UploadProgressView::from(progress)))
}

/// Put the parts together. What does not have the promised size, or begins as something else, is dropped. A picture
/// goes into its album; a recording waits for `POST /admin/sets`. Doing it again answers what was made of it.
#[utoipa::path(tag = "media", security(("bearer" = [])), params(Once), request_body = CompleteBody, responses(
    (status = 200, body = CompletedView),
    (status = 404, body = Problem),
    (status = 409, description = "`upload_incomplete` (`errors` names the parts), `upload_over`", body = Problem),
    (status = 422, description = "`invalid_input`, `upload_mismatch`", body = Problem)))]
#[post("/admin/uploads/{id}/complete")]
async fn complete_upload(
    app: Data<App>,
    admin: Admin,
    id: Path<Uuid>,
    once: Once,
    body: Json<CompleteBody>,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let named: Vec<_> = body.parts.iter().map(|part| (part.number, part.etag.clone())).collect();
        let upload = app.uploads.complete(&admin.0, (*id).into(), &named).await?;
        let view =
            CompletedView { upload_id: upload.id.as_uuid(), status: upload.status.as_str(), image_id: None };
        let view = match upload.kind {
            UploadKind::Set => view,
            UploadKind::Image => {
                let image = add_picture(&app, &admin.0, &upload, &body).await?;
                let status = media::UploadStatus::Taken.as_str();
                CompletedView { status, image_id: Some(image.as_uuid()), ..view }
            }
        };
        Ok(HttpResponse::Ok().json(view))
    };
    once.run(&app, admin.0.account, &body, work).await
}

/// Makes a picture of what has arrived.
async fn add_picture(
    app: &App,
    admin: &Actor,
    upload: &Upload,
    body: &CompleteBody,
) -> Result<PictureId, Problem> {
    let needed = || Problem::invalid(vec![Invalid::new("album_id", "required", "a picture needs an album")]);
    let album = body.album_id.ok_or_else(needed)?;
    let sent = Sent {
        filename: upload.filename.clone(),
        key: upload.key().ok_or_else(Problem::unexpected)?,
        bytes: upload.size,
        caption: body.caption.clone(),
    };
    Ok(app.gallery.add_uploaded(admin, upload.id, album.into(), &sent).await?.id)
}

/// Give one's own upload up; what has arrived of it is removed.
#[utoipa::path(tag = "media", security(("bearer" = [])), responses(
    (status = 204),
    (status = 404, body = Problem),
    (status = 409, description = "`upload_over`: something was made of it", body = Problem)))]
#[delete("/admin/uploads/{id}")]
async fn drop_upload(app: Data<App>, admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    app.uploads.drop(&admin.0, id.into_inner().into()).await?;
    Ok(HttpResponse::NoContent().finish())
}
