//! The door without a network: the list to take along, the scans told later, and what of them should not have been.

use super::access::User;
use super::door::{Direction, nonce_mistake, reason_mistake, staff};
use super::json::{Parts, misread, nul_in};
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::answers::Ready;
use crate::wiring::App;
use actix_web::middleware::Compress;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use booking::bundle::Facts;
use booking::use_cases::{Kept, SyncError, Told, ToldResult};
use booking::{Flag, Gate, Scan, Verdict};
use chrono::{DateTime, Datelike, Utc};
use kernel::Invalid;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::task::spawn_blocking;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Most tickets of a list: what a telephone can keep, and far more than any hall holds.
const MOST_TICKETS: usize = 100_000;
/// Most scans that are told at once; with their codes they fill the largest body that is read.
const MOST_SCANS: usize = 150;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(bundle).service(sync).service(conflicts);
}

/// A list for scanners without a network. Nothing of a ticket can be read from it but with its code.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"format": 1, "signature": "mVn4...", "payload": "{\"issued_at\":\"2026-12-05T19:00:00.000Z\",...}"}))]
#[allow(dead_code, reason = "it describes what the domain writes")]
pub struct BundleView {
    /// 1.
    format: u32,
    /// Ed25519 over `synesthesie/door-bundle/1`, a line feed, and the payload's bytes; base64url.
    signature: String,
    /// JSON as text, because its bytes are what is signed.
    payload: String,
}

/// The list that a scanner takes along, signed; nothing of a ticket can be read from it but with its code.
#[utoipa::path(tag = "door", security(("bearer" = [])), responses(
    (status = 200, body = BundleView),
    (status = 304, description = "as `If-None-Match` names it"),
    (status = 404, body = Problem),
    (status = 422, description = "`too_many_tickets`", body = Problem)))]
#[get("/admin/events/{id}/check-in/bundle", wrap = "Compress::default()")]
async fn bundle(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let staff = staff(&app, user.0).await?;
    let event = id.into_inner().into();
    let gate = app.door.gate_of(&staff, event).await?.ok_or_else(Problem::not_found)?;
    // A crowd of scanners that comes in at once waits for one list.
    let ready = app.bundles.ready(&event, make(&app, gate)).await?;
    Ok(ready.respond(request.headers(), "private, no-cache"))
}

async fn make(app: &Data<App>, gate: Gate) -> Result<Ready, Problem> {
    // Few at a time: all tickets of an event take memory, and a signature for each of them takes processor time.
    let turn = app.bundling.acquire().await.map_err(|_| Problem::unexpected())?;
    // What happens while the tickets are read may be missing, so the list is as old as the first of them.
    let now = app.clock.now();
    let listed = app.events.facts(gate.event).await?.ok_or_else(Problem::not_found)?;
    let types = listed.ticket_types.into_iter().map(|it| (it.ticket_type.id, it.ticket_type.name));
    let facts = Facts { title: listed.event.title, types: types.collect() };
    let tickets = app.door.all_tickets(gate.event, MOST_TICKETS).await?;
    if tickets.len() > MOST_TICKETS {
        let detail = format!("A list has at most {MOST_TICKETS} tickets.");
        return Err(Problem::unprocessable("too_many_tickets", detail));
    }
    // Away from the threads that serve.
    let app = app.clone();
    let made = spawn_blocking(move || {
        let sealed = app.door.sealed(&gate, &facts, &tickets);
        let body = serde_json::to_vec(&app.door.signed(&sealed, now));
        body.map(|body| Ready::named(body, &sealed.etag))
    });
    let made = made.await.map_err(|error| Problem::internal(&error))?;
    drop(turn);
    made.map_err(|error| Problem::internal(&error))
}

/// What a scanner said to a code.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Come in.
    Admitted,
    /// Somebody came in with it before.
    AlreadyCheckedIn,
    /// No longer good.
    Cancelled,
    /// For another event.
    WrongEvent,
    /// Doors are not open yet.
    NotYet,
    /// Not in the list.
    Unknown,
    /// Went out.
    Left,
    /// Nobody was inside who could go out.
    NotInside,
}

impl From<Said> for Verdict {
    fn from(said: Said) -> Self {
        match said {
            Said::Admitted => Self::Admitted,
            Said::AlreadyCheckedIn => Self::AlreadyCheckedIn,
            Said::Cancelled => Self::Cancelled,
            Said::WrongEvent => Self::WrongEvent,
            Said::NotYet => Self::NotYet,
            Said::Unknown => Self::Unknown,
            Said::Left => Self::Left,
            Said::NotInside => Self::NotInside,
        }
    }
}

/// Scans that were made without a network.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"scans": [{"nonce": "8c1f", "code": "AEAZ...", "direction": "in",
    "at": "2026-12-05T21:14:03Z", "verdict": "admitted"}]}))]
pub struct SyncBody {
    /// 1 to 150, in any order. Whoever is not sure whether they arrived tells them again.
    #[schema(value_type = Vec<ToldBody>)]
    scans: Vec<Value>,
}

/// A scan that was made without a network.
#[derive(Deserialize, ToSchema)]
pub struct ToldBody {
    /// The scanner's own name for it, 1 to 100 characters: one that nobody else thinks of.
    nonce: String,
    code: String,
    /// `in` unless it is said.
    #[serde(default)]
    direction: Direction,
    /// By the scanner's clock.
    at: DateTime<Utc>,
    verdict: Said,
    /// Somebody at the door let them pass although `verdict` says otherwise, for a `reason`.
    #[serde(default)]
    forced: bool,
    /// Up to 500 characters; required when it was forced.
    reason: Option<String>,
}

/// A scan as it can be kept, or all that is wrong with it: what is wrong with one of them is no reason to forget the
/// others, who came in.
fn read(scan: Value) -> Result<Told, Vec<Invalid>> {
    if !scan.is_object() {
        return Err(vec![Invalid::new("scan", "wrong_type", "must be an object")]);
    }
    if let Some(mistake) = nul_in(&scan) {
        return Err(vec![mistake]);
    }
    let scan: ToldBody = serde_path_to_error::deserialize(scan).map_err(|error| vec![misread(&error)])?;
    let mut mistakes = Vec::new();
    mistakes.extend(nonce_mistake("nonce", &scan.nonce));
    mistakes.extend(reason_mistake("reason", scan.reason.as_deref(), scan.forced));
    if !(1970..=9999).contains(&scan.at.year()) {
        mistakes.push(Invalid::new("at", "out_of_range", "must be between the years 1970 and 9999"));
    }
    let fits = match scan.verdict {
        Said::Admitted => matches!(scan.direction, Direction::In),
        Said::Left | Said::NotInside => matches!(scan.direction, Direction::Out),
        _ => true,
    };
    if !fits {
        mistakes.push(Invalid::new("verdict", "contradiction", "does not go with this direction"));
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    Ok(Told {
        nonce: scan.nonce,
        code: scan.code,
        way: scan.direction.into(),
        at: scan.at,
        verdict: scan.verdict.into(),
        forced: scan.forced,
        reason: scan.reason,
    })
}

/// A scan whose parts have the right types, or all that do not: reading it as a whole stops at the first.
fn typed(scan: Value) -> Result<Value, Vec<Invalid>> {
    let Value::Object(parts) = &scan else { return Ok(scan) };
    let looked = [
        mistyped::<String>(parts, "nonce", true),
        mistyped::<String>(parts, "code", true),
        mistyped::<Direction>(parts, "direction", false),
        mistyped::<DateTime<Utc>>(parts, "at", true),
        mistyped::<Said>(parts, "verdict", true),
        mistyped::<bool>(parts, "forced", false),
        mistyped::<Option<String>>(parts, "reason", false),
    ];
    let wrong: Vec<_> = looked.into_iter().flatten().collect();
    if wrong.is_empty() { Ok(scan) } else { Err(wrong) }
}

fn mistyped<T: DeserializeOwned>(parts: &Map<String, Value>, name: &str, required: bool) -> Option<Invalid> {
    match parts.get(name) {
        Some(part) => {
            let error = serde_path_to_error::deserialize::<_, T>(part).err()?;
            Some(Invalid { field: name.to_owned(), ..misread(&error) })
        }
        None => required.then(|| Invalid::new(name, "required", "is missing")),
    }
}

/// What became of the scans.
#[derive(Serialize, ToSchema)]
pub struct SyncView {
    /// By our clock: a list that was made later knows these scans.
    told_at: DateTime<Utc>,
    /// One by one, in the order in which they were told.
    results: Vec<ResultView>,
    /// Every conflict of the tickets that were told of, by the time of the scan.
    conflicts: Vec<ConflictView>,
}

/// What became of one scan.
#[derive(Serialize, ToSchema)]
pub struct ResultView {
    nonce: String,
    /// `now`, `before`, or not at all: `nonce_reused`, because this scanner used the nonce for another ticket, or
    /// `refused`, for what is said in `errors`.
    kept: &'static str,
    #[schema(required)]
    scan_id: Option<Uuid>,
    /// What of the scanner's clock could be believed, where it could not be believed as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_corrected_to: Option<DateTime<Utc>>,
    /// `double_entry`, `late_revocation`, `ended_meanwhile`, `unknown_code`, `wrong_event`; empty for what went as it
    /// should.
    flags: Vec<&'static str>,
    /// Why it was refused; telling it again changes nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<MistakeView>,
}

/// What is wrong with one field of a scan.
#[derive(Serialize, ToSchema)]
pub struct MistakeView {
    /// As sent.
    field: String,
    /// For programs; it does not change.
    code: &'static str,
    /// For people.
    message: String,
}

impl From<Invalid> for MistakeView {
    fn from(mistake: Invalid) -> Self {
        Self { field: mistake.field, code: mistake.code, message: mistake.message }
    }
}

impl ResultView {
    fn refused(nonce: String, mistakes: Vec<Invalid>) -> Self {
        let errors = mistakes.into_iter().map(MistakeView::from).collect();
        Self { nonce, kept: "refused", scan_id: None, clock_corrected_to: None, flags: Vec::new(), errors }
    }
}

impl From<ToldResult> for ResultView {
    fn from(result: ToldResult) -> Self {
        let scan = result.scan.as_ref();
        let said = scan.and_then(|scan| scan.offline.as_ref()).map(|offline| offline.said_at);
        Self {
            nonce: result.nonce,
            kept: match result.kept {
                Kept::Now => "now",
                Kept::Before => "before",
                Kept::NonceReused => "nonce_reused",
            },
            scan_id: scan.map(|scan| scan.id.as_uuid()),
            clock_corrected_to: scan.map(|scan| scan.at).filter(|at| said.is_some_and(|said| said != *at)),
            flags: scan.map(flags).unwrap_or_default(),
            errors: Vec::new(),
        }
    }
}

/// A scan that happened and should not have.
#[derive(Serialize, ToSchema)]
pub struct ConflictView {
    scan_id: Uuid,
    /// `double_entry`, `late_revocation`, `ended_meanwhile`, `unknown_code`, `wrong_event`.
    flags: Vec<&'static str>,
    #[schema(required)]
    ticket_id: Option<Uuid>,
    /// Who scanned.
    scanner_id: Uuid,
    /// When, as far as the scanner's clock can be believed.
    at: DateTime<Utc>,
    direction: Direction,
    result: &'static str,
    /// What the result would have been, had nobody insisted.
    #[schema(required)]
    overruled: Option<&'static str>,
    #[schema(required)]
    reason: Option<String>,
    /// Whether it was made without a network, and when it was told then.
    #[schema(required)]
    told_at: Option<DateTime<Utc>>,
    /// Of a double entry: the scan by which somebody was inside already.
    #[schema(required)]
    after_scan_id: Option<Uuid>,
}

impl From<Scan> for ConflictView {
    fn from(scan: Scan) -> Self {
        Self {
            scan_id: scan.id.as_uuid(),
            flags: flags(&scan),
            ticket_id: scan.ticket.map(|ticket| ticket.as_uuid()),
            scanner_id: scan.scanner.as_uuid(),
            at: scan.at,
            direction: scan.way.into(),
            result: scan.verdict.as_str(),
            overruled: scan.overruled.map(Verdict::as_str),
            told_at: scan.offline.as_ref().map(|offline| offline.told_at),
            after_scan_id: scan.after.map(|after| after.as_uuid()),
            reason: scan.reason,
        }
    }
}

fn flags(scan: &Scan) -> Vec<&'static str> {
    scan.flags.iter().copied().map(Flag::as_str).collect()
}

impl From<SyncError> for Problem {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::UnknownEvent => Self::not_found(),
            SyncError::Store(error) => error.into(),
        }
    }
}

/// Tell scans that were made without a network: in any order, any number of times. Each is kept once; what is wrong with
/// one of them does not keep the others out.
#[utoipa::path(tag = "door", security(("bearer" = [])), request_body = SyncBody, responses(
    (status = 200, body = SyncView), (status = 404, body = Problem), (status = 422, body = Problem)))]
#[post("/admin/events/{id}/check-in/sync")]
async fn sync(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Parts<SyncBody>,
) -> Result<HttpResponse, Problem> {
    let (staff, event) = (staff(&app, user.0).await?, id.into_inner().into());
    let SyncBody { scans } = body.0;
    if scans.is_empty() || scans.len() > MOST_SCANS {
        let mistake = Invalid::new("scans", "out_of_range", "must be 1 to 150 scans");
        return Err(Problem::invalid(vec![mistake]));
    }
    let (mut told, mut places) = (Vec::new(), Vec::new());
    for scan in scans {
        let nonce = scan.get("nonce").and_then(Value::as_str).unwrap_or_default().to_owned();
        places.push(match typed(scan).and_then(read) {
            Ok(scan) => {
                told.push(scan);
                None
            }
            Err(mistakes) => Some(ResultView::refused(nonce, mistakes)),
        });
    }
    let synced = app.door.sync(&staff, event, &told).await?;
    // Whoever takes a list along from now on finds in it what was told.
    app.bundles.forget(&event);
    let mut kept = synced.results.into_iter().map(ResultView::from);
    Ok(HttpResponse::Ok().json(SyncView {
        told_at: app.clock.now(),
        results: places.into_iter().filter_map(|refused| refused.or_else(|| kept.next())).collect(),
        conflicts: synced.conflicts.into_iter().map(ConflictView::from).collect(),
    }))
}

/// Scans that happened and should not have, the latest first: double entries, codes that were dead by then, codes that
/// are none.
#[utoipa::path(tag = "door", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<ConflictView>), (status = 404, body = Problem)))]
#[get("/admin/events/{id}/check-in/conflicts")]
async fn conflicts(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let staff = staff(&app, user.0).await?;
    let page = app.door.conflicts(&staff, id.into_inner().into(), paging.0).await?;
    let page = page.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(PageView::of(page, ConflictView::from)))
}
