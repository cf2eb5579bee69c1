//! What a player asks for by itself: playlists, and where the files lie. It sends no access token, so a signed pass
//! stands in the address; whether its session still counts and the set may still be heard is looked at every time.

use super::music::{QualityQuery, redirect};
use super::problem::Problem;
use super::routes::BASE;
use crate::metrics::Way;
use crate::wiring::App;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Compress;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get};
use kernel::{Actor, SetId};
use music::{Given, MusicSet, Rung, SoundObject, hls};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The playlist of all renditions.
pub(super) const MASTER: &str = "master.m3u8";
/// RFC 8216, section 4.
const PLAYLIST: &str = "application/vnd.apple.mpegurl";
/// Pages of other origins may play, whatever they forbid themselves besides.
const POLICY: (&str, &str) = ("cross-origin-resource-policy", "cross-origin");

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(play);
}

/// The address of a playlist or a file of a set, for whom the pass was made.
pub(super) fn address(app: &App, set: &MusicSet, pass: &str, file: &str) -> String {
    format!("{}{BASE}/music/sets/{}/hls/{pass}/{file}", app.config.http.public_url, set.id)
}

/// What is asked for.
enum Wanted {
    Master,
    Playlist(Rung),
    Stream(Rung),
    File(Rung),
}

impl Wanted {
    fn named(file: &str) -> Option<Self> {
        if file == MASTER {
            return Some(Self::Master);
        }
        let (rung, ending) = file.rsplit_once('.')?;
        let rung = Rung::named(rung)?;
        match ending {
            "m3u8" => Some(Self::Playlist(rung)),
            "mp4" => Some(Self::Stream(rung)),
            _ => (SoundObject::File(rung).name() == file).then_some(Self::File(rung)),
        }
    }
}

/// Who plays: whoever was given the pass, if the login counts in which they asked for it.
async fn listener(app: &App, pass: &str, set: SetId) -> Result<Actor, Problem> {
    let pass = app.music.bearer(pass, set)?;
    let actor = app.gate.acting(pass.session).await?.filter(|actor| actor.account == pass.account);
    actor.ok_or_else(|| {
        Problem::forbidden("session_ended", "The login that this address was made for has ended.")
    })
}

/// What a player is sent: `master.m3u8`, `{rendition}.m3u8`, or a redirect to the file of a rendition. These addresses
/// come from `GET /music/sets/{id}/stream`.
#[utoipa::path(tag = "media", params(
    ("id" = Uuid, Path), ("pass" = String, Path, description = "Whose player it is, for which set and until when"),
    ("file" = String, Path, example = "master.m3u8"), QualityQuery), responses(
    (status = 200, description = "A playlist", body = String, content_type = "application/vnd.apple.mpegurl"),
    (status = 302, description = "`Location` is where the file lies"),
    (status = 403, description = "`pass_invalid`, `pass_expired`, `session_ended`", body = Problem),
    (status = 404, body = Problem),
    (status = 429, description = "`egress_budget_exhausted`", body = Problem)))]
#[get("/music/sets/{id}/hls/{pass}/{file}", wrap = "Compress::default()")]
async fn play(
    app: Data<App>,
    path: Path<(Uuid, String, String)>,
    query: Query<QualityQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, pass, file) = path.into_inner();
    let id = SetId::from(id);
    let actor = listener(&app, &pass, id).await?;
    let set = app.music.heard_by(&actor, id).await?.ok_or_else(Problem::not_found)?;
    let mut answer = match Wanted::named(&file).ok_or_else(Problem::not_found)? {
        Wanted::Master => {
            let renditions = set.suited(query.read()?);
            // It counts nothing, but whoever has nothing left shall learn it here, and not from a player that falls silent.
            app.meter.has_left(actor.account).await?;
            playlist(hls::master(&renditions, set.duration_ms))
        }
        Wanted::Playlist(rung) => {
            let index = app.music.index(&set, rung).await?.ok_or_else(Problem::not_found)?;
            let given = stream(&app, &actor, &set, rung).await?;
            playlist(hls::media(&index, &given.link.url))
        }
        Wanted::Stream(rung) => redirect(&stream(&app, &actor, &set, rung).await?),
        Wanted::File(rung) => {
            let rendition = set.rendition(rung).ok_or_else(Problem::not_found)?;
            let given = app.music.play(&set, rendition, actor.account)?;
            redirect(&counted(&app, &actor, given).await?)
        }
    };
    let (name, value) = POLICY;
    answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    Ok(answer)
}

/// The link to the file that is played by segments, counted.
async fn stream(app: &App, actor: &Actor, set: &MusicSet, rung: Rung) -> Result<Given, Problem> {
    let rendition = set.rendition(rung).ok_or_else(Problem::not_found)?;
    counted(app, actor, app.music.stream(set, rendition, actor.account)?).await
}

async fn counted(app: &App, actor: &Actor, given: Given) -> Result<Given, Problem> {
    count(app, actor, &given).await?;
    Ok(given)
}

/// Counts what a link leads to, once for each link.
///
/// # Errors
/// When it would be more than they may be sent.
pub(super) async fn count(app: &App, actor: &Actor, given: &Given) -> Result<(), Problem> {
    if app.meter.charge(actor.account, &given.name, given.bytes, given.link.expires_at).await? {
        app.metrics.egress(Way::Linked, given.bytes);
    }
    Ok(())
}

/// Links in it end, and it may be heard no more in a moment: nobody keeps it.
fn playlist(text: String) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, PLAYLIST)).body(text)
}
