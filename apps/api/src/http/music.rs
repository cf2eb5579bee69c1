//! Music: what members hear and save, and where they stopped.

use super::access::User;
use super::hls;
use super::json::Json;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, put};
use chrono::{DateTime, Utc};
use kernel::{Actor, Invalid, SetId, StoreError};
use music::{Given, MusicSet, Position, Quality, Track, file_name, waveform};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_sets)
        .service(show_set)
        .service(stream_set)
        .service(download_set)
        .service(show_position)
        .service(save_position);
}

/// One piece of a set.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct TrackView {
    /// Seconds from the beginning of the set.
    #[schema(example = 361)]
    at_seconds: u32,
    /// By whom, up to 200 characters; empty when unknown.
    #[serde(default)]
    #[schema(example = "Ada")]
    artist: String,
    /// What, up to 200 characters.
    #[schema(example = "Light")]
    title: String,
}

/// A waveform.
#[derive(Serialize, ToSchema)]
pub struct PeaksView {
    /// Samples of 48,000 a second that each point stands for.
    samples_per_point: u32,
    /// Where it lies, as JSON of `audiowaveform`: 8-bit pairs of the lowest and the highest in `data`.
    url: String,
}

/// A set.
#[derive(Serialize, ToSchema)]
pub struct SetView {
    id: Uuid,
    #[schema(example = "The night")]
    title: String,
    #[schema(example = "Ada")]
    artist: String,
    #[schema(required)]
    event_id: Option<Uuid>,
    #[schema(required)]
    recorded_at: Option<DateTime<Utc>>,
    #[schema(example = 5400.25)]
    duration_seconds: f64,
    /// How loud it is on the whole (EBU R 128).
    #[schema(required, example = -13.2)]
    loudness_lufs: Option<f64>,
    /// Its highest true peak.
    #[schema(required, example = -0.8)]
    true_peak_dbtp: Option<f64>,
    /// How much its loudness differs.
    #[schema(required, example = 6.1)]
    loudness_range_lu: Option<f64>,
    /// The waveform that shows the whole set at once.
    #[schema(required)]
    peaks_url: Option<String>,
    /// All waveforms, the finest first.
    peaks: Vec<PeaksView>,
    /// By time.
    tracklist: Vec<TrackView>,
    /// Whether it may be saved.
    downloadable: bool,
    /// In which formats, the usual one first.
    download_formats: Vec<String>,
    /// Whether members hear it.
    published: bool,
}

impl From<TrackView> for Track {
    fn from(view: TrackView) -> Self {
        Self { at_seconds: view.at_seconds, artist: view.artist, title: view.title }
    }
}

/// Milliseconds as seconds.
fn seconds(milliseconds: u64) -> f64 {
    // Six hours are far from where these numbers have gaps.
    #[expect(clippy::cast_precision_loss, reason = "durations are small")]
    let seconds = milliseconds as f64 / 1000.0;
    seconds
}

/// A set as members see it, with links to its waveforms.
fn view(app: &App, set: &MusicSet) -> Result<SetView, Problem> {
    view_with(app, set, set.heard())
}

/// The same with these pieces.
pub(super) fn view_with<'a>(
    app: &App,
    set: &MusicSet,
    tracks: impl Iterator<Item = &'a Track>,
) -> Result<SetView, Problem> {
    let waveforms = app.music.waveforms(set)?;
    let overview = waveform::overview(set);
    let peaks_url =
        waveforms.iter().find(|(zoom, _)| Some(*zoom) == overview).map(|(_, link)| link.url.clone());
    let track = |track: &Track| TrackView {
        at_seconds: track.at_seconds,
        artist: track.artist.clone(),
        title: track.title.clone(),
    };
    Ok(SetView {
        id: set.id.as_uuid(),
        title: set.title.clone(),
        artist: set.artist.clone(),
        event_id: set.event.map(|event| event.as_uuid()),
        recorded_at: set.recorded_at,
        duration_seconds: seconds(set.duration_ms),
        loudness_lufs: set.loudness.map(|loudness| loudness.integrated_lufs),
        true_peak_dbtp: set.loudness.map(|loudness| loudness.true_peak_dbtp),
        loudness_range_lu: set.loudness.map(|loudness| loudness.range_lu),
        peaks_url,
        peaks: waveforms
            .into_iter()
            .map(|(samples_per_point, link)| PeaksView { samples_per_point, url: link.url })
            .collect(),
        tracklist: tracks.map(track).collect(),
        downloadable: !set.downloads.is_empty(),
        download_formats: set.downloads.iter().map(|rung| rung.name()).collect(),
        published: set.published_at.is_some(),
    })
}

/// The set, if it may be heard by who asks.
async fn heard(app: &App, actor: &Actor, id: Uuid) -> Result<MusicSet, Problem> {
    app.music.heard_by(actor, SetId::from(id)).await?.ok_or_else(Problem::not_found)
}

/// The sets that members hear, the newest first.
#[utoipa::path(tag = "media", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<SetView>)))]
#[get("/music/sets")]
async fn list_sets(app: Data<App>, _user: User, paging: Paging) -> Result<HttpResponse, Problem> {
    let page = app.music.audible(paging.0).await?;
    let next = page.next;
    let items = page.items.iter().map(|set| view(&app, set)).collect::<Result<Vec<_>, _>>()?;
    Ok(HttpResponse::Ok().json(PageView::of(kernel::Page { items, next }, |view| view)))
}

/// One set.
#[utoipa::path(tag = "media", security(("bearer" = [])), responses(
    (status = 200, body = SetView), (status = 404, body = Problem)))]
#[get("/music/sets/{id}")]
async fn show_set(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(view(&app, &heard(&app, &user.0, *id).await?)?))
}

/// How good it shall sound.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QualityQuery {
    /// `low` (64 kbit/s), `normal` (128), `high` (192 and more) or `auto`, which is the default: the player chooses.
    quality: Option<String>,
}

impl QualityQuery {
    /// What is asked for.
    ///
    /// # Errors
    /// 422 for what is none.
    pub(super) fn read(&self) -> Result<Quality, Problem> {
        let read = |name: &String| {
            let message = "must be low, normal, high or auto";
            let wrong = || Problem::invalid(vec![Invalid::new("quality", "malformed", message)]);
            Quality::named(name).ok_or_else(wrong)
        };
        self.quality.as_ref().map_or(Ok(Quality::default()), read)
    }
}

/// A file that plays in one go.
#[derive(Serialize, ToSchema)]
pub struct SourceView {
    /// Answers with a redirect to where it lies; ranges of bytes are answered there.
    url: String,
    /// `opus` or `aac`.
    #[schema(example = "opus")]
    codec: &'static str,
    /// As `<source type>` has it.
    #[schema(example = "audio/ogg")]
    content_type: &'static str,
    #[schema(example = 128)]
    bitrate_kbps: u32,
    bytes: u64,
}

/// How a set is played.
#[derive(Serialize, ToSchema)]
pub struct StreamView {
    /// A playlist of HTTP Live Streaming: seeks at once, and changes its rate with the network.
    hls_url: String,
    /// Files for players without that, with what to try first at the beginning.
    sources: Vec<SourceView>,
    /// Until then the addresses are good, for this login only.
    expires_at: DateTime<Utc>,
}

/// How to play a set. The addresses need no access token, as players send none: whoever has them plays as you do.
#[utoipa::path(tag = "media", security(("bearer" = [])), params(QualityQuery), responses(
    (status = 200, body = StreamView), (status = 404, body = Problem)))]
#[get("/music/sets/{id}/stream")]
async fn stream_set(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    query: Query<QualityQuery>,
) -> Result<HttpResponse, Problem> {
    let quality = query.read()?;
    let set = heard(&app, &user.0, *id).await?;
    let (pass, until) = app.music.pass(&user.0, &set);
    let source = |rendition: &music::Rendition| {
        let codec = rendition.rung.codec;
        let file = music::SoundObject::File(rendition.rung);
        SourceView {
            url: hls::address(&app, &set, &pass, &file.name()),
            codec: codec.as_str(),
            content_type: codec.file_type(),
            bitrate_kbps: rendition.rung.kbps,
            bytes: rendition.file_bytes,
        }
    };
    let playlist = format!("{}?quality={}", hls::MASTER, quality.as_str());
    Ok(HttpResponse::Ok().json(StreamView {
        hls_url: hls::address(&app, &set, &pass, &playlist),
        sources: set.suited(quality).iter().map(source).collect(),
        expires_at: until.expires_at,
    }))
}

/// What is to be saved, and how.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DownloadQuery {
    /// One of `download_formats`; the first of them by default.
    format: Option<String>,
    /// `true`: the address comes as JSON, for pages that cannot follow a redirect with a token.
    link: Option<String>,
}

/// Where a file is saved from.
#[derive(Serialize, ToSchema)]
pub struct DownloadView {
    url: String,
    #[schema(example = "Ada - The night.m4a")]
    filename: String,
    bytes: u64,
    expires_at: DateTime<Utc>,
}

/// Save a set, if it may be saved: a redirect to a signed address, whose answer has a readable name.
#[utoipa::path(tag = "media", security(("bearer" = [])), params(DownloadQuery), responses(
    (status = 200, description = "With `link=true`", body = DownloadView),
    (status = 302, description = "`Location` is where it is saved from"),
    (status = 403, description = "`not_downloadable`", body = Problem),
    (status = 404, body = Problem),
    (status = 429, description = "`egress_budget_exhausted`", body = Problem)))]
#[get("/music/sets/{id}/download")]
async fn download_set(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    query: Query<DownloadQuery>,
) -> Result<HttpResponse, Problem> {
    let set = heard(&app, &user.0, *id).await?;
    let format = query.format.as_deref();
    let given = app.music.save(&set, format, user.0.account)?;
    hls::count(&app, &user.0, &given).await?;
    if query.link.as_deref() != Some("true") {
        return Ok(redirect(&given));
    }
    let rung = set.download(format)?.rung;
    Ok(HttpResponse::Ok().json(DownloadView {
        filename: file_name(&set, rung),
        url: given.link.url,
        bytes: given.bytes,
        expires_at: given.link.expires_at,
    }))
}

/// 302 to a link.
pub(super) fn redirect(given: &Given) -> HttpResponse {
    let location = (header::LOCATION, given.link.url.as_str());
    HttpResponse::Found().insert_header(location).finish()
}

/// Where one stopped.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"seconds": 361.5}))]
pub struct PositionBody {
    /// Seconds from the beginning. Up to ten behind the end are taken as the end.
    #[schema(minimum = 0)]
    seconds: f64,
    /// When one stopped there, if that was before now, in a year from 1 on; what was said later counts.
    said_at: Option<DateTime<Utc>>,
}

/// Where one stopped.
#[derive(Serialize, ToSchema)]
pub struct PositionView {
    /// Seconds from the beginning; 0 when one never said.
    #[schema(example = 361.5)]
    seconds: f64,
    /// When one said so, on whatever device.
    #[schema(required)]
    said_at: Option<DateTime<Utc>>,
}

impl From<Option<Position>> for PositionView {
    fn from(position: Option<Position>) -> Self {
        Self {
            seconds: position.map_or(0.0, |position| seconds(position.at_ms)),
            said_at: position.map(|position| position.said_at),
        }
    }
}

/// Where one stopped in a set.
#[derive(Serialize)]
pub(super) struct StoppedView {
    set_id: Uuid,
    #[serde(flatten)]
    position: PositionView,
}

/// Where somebody stopped in all sets, for the file with what is kept about them.
pub(super) async fn all_of(app: &App, actor: &Actor) -> Result<Vec<StoppedView>, StoreError> {
    let positions = app.music.positions(actor).await?.into_iter();
    let one = |it: Position| StoppedView { set_id: it.set.as_uuid(), position: Some(it).into() };
    Ok(positions.map(one).collect())
}

/// Where one stopped in a set, on whatever device.
#[utoipa::path(tag = "media", security(("bearer" = [])), responses(
    (status = 200, body = PositionView), (status = 404, body = Problem)))]
#[get("/music/sets/{id}/position")]
async fn show_position(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let position = app.music.position(&user.0, SetId::from(*id)).await?;
    Ok(HttpResponse::Ok().json(PositionView::from(position)))
}

/// Say where one stopped. The answer is what counts now: another device may have said something later.
#[utoipa::path(tag = "media", security(("bearer" = [])), request_body = PositionBody, responses(
    (status = 200, body = PositionView), (status = 404, body = Problem), (status = 422, body = Problem)))]
#[put("/music/sets/{id}/position")]
async fn save_position(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<PositionBody>,
) -> Result<HttpResponse, Problem> {
    let position = app.music.stop_at(&user.0, SetId::from(*id), body.seconds, body.said_at).await?;
    Ok(HttpResponse::Ok().json(PositionView::from(Some(position))))
}
