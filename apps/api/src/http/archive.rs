//! A whole album as one ZIP file, made while it is sent: nothing of it is stored, and one picture at a time is held.

use super::access::Maybe;
use super::problem::{Causes, Problem};
use crate::wiring::App;
use crate::zip::Zip;
use accounts::Account;
use actix_web::http::header::{
    self, ContentDisposition, DispositionParam, DispositionType, ExtendedValue, HeaderValue,
};
use actix_web::web::{Bytes, Data, Path, Query};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use futures_util::{Stream, stream};
use gallery::{Album, ImageFormat, Picture, Shown, Viewer};
use kernel::{AccountId, AlbumId, Content, Cursor, ObjectError, PageRequest, Role, StoreError, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// How long an address with a pass begins a download.
const LASTS: TimeDelta = TimeDelta::minutes(10);
/// Pictures that are read from the store at once.
const SOME: u32 = 100;
/// Largest file that is held: one that is larger is left out.
const LARGEST: u64 = 64 * 1024 * 1024;
/// When to try again while too many are being sent.
const BUSY: Duration = Duration::from_secs(30);
/// Bytes of a pass: an account, an instant and what proves them.
const PASS: usize = 16 + 8 + 32;

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
    /// Until then a download has to begin.
    expires_at: DateTime<Utc>,
}

/// All pictures of an album that one sees, in their largest size, as a ZIP file. It is made while it is sent, so its size
/// is not known; what is taken out of sight meanwhile is not in it. What was sent counts as other downloads do.
#[utoipa::path(tag = "gallery", security(("bearer" = [])), params(ArchiveQuery), responses(
    (status = 200, description = "The file; with `link=true` an address in JSON", content(
        (Vec<u8> = "application/zip"), (ArchiveLinkView = "application/json"))),
    (status = 404, body = Problem),
    (status = 429, description = "`egress_budget_exhausted`, `too_many_attempts`", body = Problem),
    (status = 503, description = "`unavailable`: too many archives are being sent", body = Problem)))]
#[get("/gallery/albums/{id}/archive.zip")]
async fn archive(
    app: Data<App>,
    visitor: Maybe,
    id: Path<Uuid>,
    query: Query<ArchiveQuery>,
) -> Result<HttpResponse, Problem> {
    let id = AlbumId::from(id.into_inner());
    let viewer = viewer(&app, &visitor, id, query.pass.as_deref()).await?;
    let album = app.gallery.album_for(viewer, id).await?.ok_or_else(Problem::not_found)?;
    let first = app.gallery.pictures(id, Shown::Visible, PageRequest { limit: 1, after: None }).await?;
    if first.items.is_empty() {
        return Err(Problem::not_found());
    }
    app.meter.has_left(viewer.account).await?;
    if query.link.unwrap_or(false) {
        return Ok(HttpResponse::Ok().json(link(&app, id, viewer.account)));
    }
    let turn = Arc::clone(&app.albums.archives).try_acquire_owned().map_err(|_| Problem::busy(BUSY))?;
    let name = file_name(&album.title);
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header(attachment(name.clone()))
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")))
        .streaming(sent(Archive::of(app, &album, viewer, name, turn))))
}

/// Who asks: by their token, or by the pass of an address that they were given.
async fn viewer(app: &App, visitor: &Maybe, album: AlbumId, pass: Option<&str>) -> Result<Viewer, Problem> {
    if let Some(actor) = &visitor.0 {
        return Ok(actor.into());
    }
    let pass = pass.ok_or_else(|| Problem::unauthorized("unauthenticated", "Send a valid access token."))?;
    let account = passed(app, album, pass).ok_or_else(Problem::not_found)?;
    // Whoever may not log in any more downloads nothing either.
    let account = app.accounts.account(account).await?.filter(Account::is_active);
    let account = account.ok_or_else(Problem::not_found)?;
    Ok(Viewer { account: account.id, admin: account.role == Role::Admin })
}

fn link(app: &App, album: AlbumId, account: AccountId) -> ArchiveLinkView {
    let expires_at = app.clock.now() + LASTS;
    let mut pass = account.as_uuid().as_bytes().to_vec();
    pass.extend(expires_at.timestamp().to_be_bytes());
    pass.extend(proof(app, album, &pass));
    let (base, pass) = (&app.config.http.public_url, BASE64URL_NOPAD.encode(&pass));
    let url = format!("{base}/api/v1/gallery/albums/{album}/archive.zip?pass={pass}");
    ArchiveLinkView { url, expires_at }
}

/// Whose pass it is, when it is good for this album now.
fn passed(app: &App, album: AlbumId, pass: &str) -> Option<AccountId> {
    let bytes = BASE64URL_NOPAD.decode(pass.as_bytes()).ok()?;
    let bytes = <[u8; PASS]>::try_from(bytes).ok()?;
    let (said, proven) = bytes.split_at_checked(16 + 8)?;
    let (account, until) = said.split_at_checked(16)?;
    let until = Timestamp::from_timestamp(i64::from_be_bytes(until.try_into().ok()?), 0)?;
    // Compared as codes of codes: how long that takes says nothing of either.
    let mixed = |bytes: &[u8]| invites::mac::digest(&app.keys.archive_passes(), &[bytes]);
    let good = mixed(&proof(app, album, said)) == mixed(proven) && app.clock.now() < until;
    good.then(|| Uuid::from_slice(account).ok().map(AccountId::from))?
}

/// What proves a pass: it is good for this album of this host alone.
fn proof(app: &App, album: AlbumId, said: &[u8]) -> [u8; 32] {
    let host = app.config.http.public_url.as_bytes();
    invites::mac::digest(&app.keys.archive_passes(), &[host, album.as_uuid().as_bytes(), said])
}

/// A title as the name of a file or folder, on whatever system.
fn file_name(title: &str) -> String {
    let plain = |one: char| if one.is_alphanumeric() || " -_.()".contains(one) { one } else { '_' };
    let name: String = title.chars().take(80).map(plain).collect();
    let name = name.trim_matches([' ', '.']);
    if name.is_empty() { "album".to_owned() } else { name.to_owned() }
}

fn attachment(name: String) -> ContentDisposition {
    let plain: String = name.chars().map(|one| if one.is_ascii() { one } else { '_' }).collect();
    let value = format!("{name}.zip").into_bytes();
    let extended = ExtendedValue { charset: header::Charset::Ext("UTF-8".into()), language_tag: None, value };
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(format!("{plain}.zip")),
            DispositionParam::FilenameExt(extended),
        ],
    }
}

/// Why an archive breaks off: whoever downloads it sees that it is not whole.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

/// An archive on its way.
struct Archive {
    app: Data<App>,
    album: AlbumId,
    viewer: Viewer,
    /// The folder in it.
    folder: String,
    zip: Option<Zip>,
    waiting: VecDeque<Picture>,
    /// Where the next pictures begin; `None` when there are no more.
    next: Option<PageRequest>,
    _turn: OwnedSemaphorePermit,
}

/// The archive, piece by piece; one picture is one piece.
fn sent(rest: Archive) -> impl Stream<Item = Result<Bytes, Broken>> {
    stream::try_unfold(rest, |mut rest| async move {
        let piece = rest.piece().await.inspect_err(|error| {
            tracing::warn!(causes = %Causes(error), "an archive broke off");
        })?;
        Ok(piece.map(|piece| (piece, rest)))
    })
}

impl Archive {
    fn of(app: Data<App>, album: &Album, viewer: Viewer, folder: String, turn: OwnedSemaphorePermit) -> Self {
        Self {
            app,
            album: album.id,
            viewer,
            folder,
            zip: Some(Zip::default()),
            waiting: VecDeque::new(),
            next: Some(PageRequest { limit: SOME, after: None::<Cursor> }),
            _turn: turn,
        }
    }

    /// The next piece; `None` after the last.
    async fn piece(&mut self) -> Result<Option<Bytes>, Broken> {
        while let Some(picture) = self.picture().await? {
            if let Some(bytes) = self.content(&picture).await?
                && let Some(piece) = self.entry(&picture, bytes)
            {
                self.count(piece.len()).await;
                return Ok(Some(piece));
            }
        }
        Ok(self.zip.take().map(|zip| Bytes::from(zip.finish())))
    }

    /// The next picture that is still to be seen.
    async fn picture(&mut self) -> Result<Option<Picture>, Broken> {
        loop {
            if let Some(picture) = self.waiting.pop_front() {
                // It may have been withdrawn since it was listed.
                let now = self.app.gallery.picture(picture.id).await?;
                match now.filter(|now| now.is_visible() && now.album == self.album) {
                    Some(now) => return Ok(Some(now)),
                    None => continue,
                }
            }
            let Some(page) = self.next.take() else { return Ok(None) };
            let found = self.app.gallery.pictures(self.album, Shown::Visible, page).await?;
            self.waiting = found.items.into();
            self.next = found.next.map(|after| PageRequest { after: Some(after), ..page });
        }
    }

    /// The largest file of a picture; `None` when it has gone meanwhile.
    async fn content(&self, picture: &Picture) -> Result<Option<Vec<u8>>, Broken> {
        let largest = picture.largest(ImageFormat::Jpeg).filter(|largest| largest.bytes <= LARGEST);
        let key = picture.pass.zip(largest).and_then(|(pass, largest)| picture.rendition_key(pass, largest));
        let Some(key) = key else { return Ok(None) };
        let Some(Content { object, mut reader }) = self.app.objects.get(&key, None).await? else {
            return Ok(None);
        };
        let mut bytes = Vec::with_capacity(usize::try_from(object.size.min(LARGEST)).unwrap_or(0));
        while let Some(some) = reader.next().await? {
            bytes.extend_from_slice(&some);
        }
        Ok(Some(bytes))
    }

    fn entry(&mut self, picture: &Picture, mut bytes: Vec<u8>) -> Option<Bytes> {
        let zip = self.zip.as_mut()?;
        let name = format!("{}/{:04}.jpg", self.folder, zip.len() + 1);
        let at = picture.taken_at.unwrap_or(picture.created_at);
        let mut piece = zip.entry(&name, at, &bytes)?;
        piece.append(&mut bytes);
        Some(Bytes::from(piece))
    }

    /// Counts what goes out now: whoever breaks off was sent it all the same.
    async fn count(&self, bytes: usize) {
        let counted = self.app.meter.streamed(self.viewer.account, bytes as u64).await;
        if let Err(error) = counted {
            tracing::warn!(causes = %Causes(&error), "what an archive sent was not counted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_a_name_that_every_system_takes() {
        for (title, name) in [
            ("Opening night", "Opening night"),
            ("Nächte/2026: \"best\"", "Nächte_2026_ _best_"),
            ("..", "album"),
            ("../../etc", "_.._etc"),
            ("a\r\nSet-Cookie: b", "a__Set-Cookie_ b"),
        ] {
            assert_eq!(file_name(title), name);
        }
        assert_eq!(
            attachment("Nächte".into()).to_string(),
            "attachment; filename=\"N_chte.zip\"; filename*=UTF-8''N%C3%A4chte.zip"
        );
    }
}
