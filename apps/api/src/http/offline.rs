//! The door without a network: the list to take along, the scans told later, and what of them should not have been.

pub mod told;
pub mod view;

use super::access::User;
use super::door::staff;
use super::json::Parts;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::answers::Ready;
use crate::wiring::App;
use actix_web::middleware::Compress;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use booking::Gate;
use booking::bundle::Facts;
use booking::use_cases::SyncError;
use kernel::Invalid;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::task::spawn_blocking;
use told::{ToldBody, read};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use view::{ConflictView, ResultView, SyncView};

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

/// Scans that were made without a network.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"scans": [{"nonce": "8c1f", "code": "AEAZ...", "direction": "in",
    "at": "2026-12-05T21:14:03Z", "verdict": "admitted"}]}))]
pub struct SyncBody {
    /// 1 to 150, in any order. Whoever is not sure whether they arrived tells them again.
    #[schema(value_type = Vec<ToldBody>)]
    scans: Vec<Value>,
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
        places.push(match read(&scan) {
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
