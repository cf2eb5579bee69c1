//! A whole album as one ZIP file, made while it is sent: nothing of it is stored, and one picture at a time is held.

mod pass;
mod sent;

use super::access::Maybe;
use super::problem::Problem;
use crate::turns::NoTurn;
use crate::wiring::App;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use gallery::{ImageFormat, Picture, Rendition, Shown, Viewer, folder_name};
use kernel::{Actor, AlbumId, Disposition, PageRequest, StoreError};
use pass::Pass;
use sent::{Archive, sent};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Pictures that are read from the store at once to know how large all are.
const SOME: u32 = 500;
/// Largest file that is held, one for each archive that is being sent: one that is larger is left out.
const LARGEST: u64 = 32 * 1024 * 1024;
/// When to try again while too many are being sent.
const BUSY: Duration = Duration::from_secs(30);

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(archive);
}

/// How an archive is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ArchiveQuery {
    /// `true`: not the file but an address that a browser can download it from without a header.
    link: Option<bool>,
    /// Part of such an address.
    pass: Option<String>,
}

/// An address from which an archive can be downloaded.
#[derive(Serialize, ToSchema)]
pub struct ArchiveLinkView {
    url: String,
    /// Until then a download has to begin. It ends with the login that asked for it.
    expires_at: DateTime<Utc>,
}

/// All pictures of an album that one sees, in their largest size, as a ZIP file. It is made while it is sent, so its size
/// is not known; what is taken out of sight meanwhile is not in it. What is sent counts as other downloads do, and there
/// has to be enough left for all of it. It breaks off when one may not see the album any more, when the login ends, or when
/// nothing of it is taken for a minute.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), params(ArchiveQuery), responses(
    (status = 200, description = "The file; with `link=true` an address in JSON", content(
        (Vec<u8> = "application/zip"), (ArchiveLinkView = "application/json"))),
    (status = 404, body = Problem),
    (status = 429, description = "`egress_budget_exhausted`; `too_many_attempts`: two are being sent to this account",
        body = Problem),
    (status = 503, description = "`unavailable`: too many archives are being sent", body = Problem)))]
#[get("/gallery/albums/{id}/archive.zip")]
async fn archive(
    app: Data<App>,
    visitor: Maybe,
    id: Path<Uuid>,
    query: Query<ArchiveQuery>,
) -> Result<HttpResponse, Problem> {
    let id = AlbumId::from(id.into_inner());
    let actor = actor(&app, &visitor, id, query.pass.as_deref()).await?;
    let album = app.gallery.album_for(Viewer::from(&actor), id).await?.ok_or_else(Problem::not_found)?;
    let bytes = size(&app, id).await?.ok_or_else(Problem::not_found)?;
    app.meter.has_room_for(actor.account, bytes).await?;
    if query.link.unwrap_or(false) {
        return Ok(HttpResponse::Ok().json(link(&app, id, &actor)));
    }
    let turn = app.albums.archives.take(actor.account).map_err(|refusal| match refusal {
        NoTurn::Enough => Problem::too_many("too_many_attempts", BUSY),
        NoTurn::Busy => Problem::busy(BUSY),
    })?;
    let name = folder_name(&album.title);
    let saved = Disposition::Attachment(format!("{name}.zip")).header();
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header((header::CONTENT_DISPOSITION, saved))
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")))
        .streaming(sent(Archive::of(app, id, actor, name, turn))))
}

/// Who asks: by their token, or by the pass of an address that they were given, as long as the login counts in which they
/// were.
async fn actor(app: &App, visitor: &Maybe, album: AlbumId, pass: Option<&str>) -> Result<Actor, Problem> {
    if let Some(actor) = visitor.0 {
        return Ok(actor);
    }
    let pass = pass.ok_or_else(|| Problem::unauthorized("unauthenticated", "Send a valid access token."))?;
    let pass = Pass::read(app, album, pass).ok_or_else(Problem::not_found)?;
    let actor = app.gate.acting(pass.session).await?.filter(|actor| actor.account == pass.account);
    actor.ok_or_else(Problem::not_found)
}

fn link(app: &App, album: AlbumId, actor: &Actor) -> ArchiveLinkView {
    let pass = Pass::beginning(actor, app.clock.now());
    let (base, text) = (&app.config.http.public_url, pass.text(app, album));
    let url = format!("{base}/api/v1/gallery/albums/{album}/archive.zip?pass={text}");
    ArchiveLinkView { url, expires_at: pass.expires_at }
}

/// How many bytes all pictures have that are seen; `None` when there are none.
async fn size(app: &App, album: AlbumId) -> Result<Option<u64>, StoreError> {
    let (mut bytes, mut page) = (None, PageRequest { limit: SOME, after: None });
    loop {
        let found = app.gallery.pictures(album, Shown::Visible, page).await?;
        if !found.items.is_empty() {
            let sizes = found.items.iter().filter_map(content).map(|file| file.bytes);
            bytes = Some(sizes.fold(bytes.unwrap_or(0_u64), u64::saturating_add));
        }
        match found.next {
            Some(after) => page.after = Some(after),
            None => return Ok(bytes),
        }
    }
}

/// What of a picture is put into an archive.
fn content(picture: &Picture) -> Option<&Rendition> {
    picture.largest(ImageFormat::Jpeg).filter(|largest| largest.bytes <= LARGEST)
}
