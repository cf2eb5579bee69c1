//! The gallery, for members: albums, and their pictures.

use super::access::User;
use super::albums::{AlbumCardView, cards};
use super::images::{ImageView, Linker};
use super::paging::{PageView, Paging, PagingQuery, WidePaging, WidePagingQuery};
use super::problem::Problem;
use super::seats::takes_gzip;
use crate::albums::PageQuestion;
use crate::wiring::App;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use gallery::{Picture, Shown};
use kernel::{Actor, AlbumId, Page};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// What a browser keeps it may show again after asking whether it is still so.
const ASK_AGAIN: &str = "private, no-cache";

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_albums).service(list_images);
}

/// Whether what members do not see is wanted, too.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AllQuery {
    /// `true`, for admins: also what is not published, not ready, or asked to be removed.
    all: Option<bool>,
}

impl AllQuery {
    /// Whether everything is wanted; only admins may.
    fn is_all(&self, actor: &Actor) -> Result<bool, Problem> {
        match self.all.unwrap_or(false) {
            true if !actor.is_admin() => Err(Problem::forbidden("forbidden", "Only admins may see all.")),
            all => Ok(all),
        }
    }
}

/// The albums that one may see and that have something to be seen, the newest first. A page may have fewer than were asked
/// for although `next_cursor` says that there are more.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), params(PagingQuery, AllQuery), responses(
    (status = 200, body = PageView<AlbumCardView>), (status = 403, body = Problem)))]
#[get("/gallery/albums")]
async fn list_albums(
    app: Data<App>,
    user: User,
    query: Query<AllQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let all = query.is_all(&user.0)?;
    let page = match all {
        true => app.gallery.all_albums(paging.0).await?,
        false => app.gallery.albums_for((&user.0).into(), paging.0).await?,
    };
    Ok(HttpResponse::Ok().json(cards(&app, page, all)?))
}

/// Pictures with all that admins are told.
fn whole(linker: &Linker, page: Page<Picture>) -> Result<PageView<ImageView>, Problem> {
    let items: Result<Vec<_>, Problem> =
        page.items.iter().map(|picture| ImageView::whole(linker, picture)).collect();
    Ok(PageView::of(Page { items: items?, next: page.next }, |view| view))
}

/// The pictures of an album in the order in which they were taken, up to 500 at once. What is answered is kept for a
/// moment for all members, and sent with gzip to whoever takes it.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), params(WidePagingQuery, AllQuery), responses(
    (status = 200, body = PageView<ImageView>), (status = 304), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
#[get("/gallery/albums/{id}/images")]
async fn list_images(
    app: Data<App>,
    request: HttpRequest,
    user: User,
    id: Path<Uuid>,
    query: Query<AllQuery>,
    paging: WidePaging,
) -> Result<HttpResponse, Problem> {
    let id = AlbumId::from(id.into_inner());
    let all = query.is_all(&user.0)?;
    let album = app.albums.album(&app, id).await?.ok_or_else(Problem::not_found)?;
    if all {
        let page = app.gallery.pictures(id, Shown::All, paging.0).await?;
        let linker = Linker::of(&app, &album);
        // As for what members see: thousands of signatures.
        let shown = tokio::task::spawn_blocking(move || whole(&linker, page)).await;
        let shown = shown.map_err(|error| Problem::internal(&error))??;
        return Ok(HttpResponse::Ok().json(shown));
    }
    if !app.gallery.is_open_to((&user.0).into(), &album).await? {
        return Err(Problem::not_found());
    }
    let zipped = takes_gzip(request.headers());
    let ready = app.albums.answer(&app, PageQuestion::of(id, paging.0, zipped)).await?;
    let mut response = ready.respond(request.headers(), ASK_AGAIN);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("authorization, accept-encoding"));
    if zipped {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}
