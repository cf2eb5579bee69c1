//! Addresses of an organisation that are called when something happens to its bookings, and what came of each call.

use super::access::User;
use super::json::Json;
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::payments::word;
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, delete, get, post, put};
use chrono::{DateTime, Utc};
use events::access::Right;
use hooks::{Call, CallState, Hook, HookInput, HookSecret};
use kernel::{HookCallId, HookId, OrganisationId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_hooks)
        .service(create_hook)
        .service(show_hook)
        .service(update_hook)
        .service(delete_hook)
        .service(renew_secret)
        .service(test_hook)
        .service(list_hook_calls)
        .service(retry_hook_call);
}

/// An address that is called.
#[derive(Serialize, ToSchema)]
pub struct HookView {
    id: Uuid,
    organisation_id: Uuid,
    #[schema(example = "https://house.example/hooks/synesthesie")]
    url: String,
    #[schema(example = "Our books")]
    description: String,
    /// What it is called for; empty: for everything.
    #[schema(example = json!(["booking.confirmed", "booking.cancelled"]))]
    events: Vec<String>,
    enabled: bool,
    /// Since when it is not called.
    #[schema(required)]
    disabled_at: Option<DateTime<Utc>>,
    /// `by_hand`, `failing` (nothing was answered well for three days) or `gone` (it answered 410).
    #[schema(required)]
    disabled_reason: Option<&'static str>,
    /// Since when nothing was answered well.
    #[schema(required)]
    failing_since: Option<DateTime<Utc>>,
    /// What its calls are signed with. It is told in the answer that made it and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=")]
    secret: Option<String>,
    /// Since when it has its secret.
    secret_since: DateTime<Utc>,
    created_by: Uuid,
    created_at: DateTime<Utc>,
}

impl HookView {
    fn of(hook: Hook, secret: Option<&HookSecret>) -> Self {
        Self {
            id: hook.id.as_uuid(),
            organisation_id: hook.organisation.as_uuid(),
            enabled: hook.is_on(),
            url: hook.url,
            description: hook.description,
            events: hook.kinds,
            disabled_at: hook.off.map(|(at, _)| at),
            disabled_reason: hook.off.map(|(_, why)| why.as_str()),
            failing_since: hook.failing_since,
            secret: secret.map(HookSecret::shown),
            secret_since: hook.rotated_at.unwrap_or(hook.created_at),
            created_by: hook.created_by.as_uuid(),
            created_at: hook.created_at,
        }
    }
}

/// Addresses that are called.
#[derive(Serialize, ToSchema)]
pub struct HooksView {
    items: Vec<HookView>,
    /// Always null: there is one page.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// An address to call, as an owner sends it.
#[derive(Deserialize, ToSchema)]
pub struct HookBody {
    /// Where to call: `https://`, a public host, no name and password before it.
    #[schema(example = "https://house.example/hooks/synesthesie")]
    url: String,
    /// What it is for: one line of up to 200 characters.
    #[serde(default)]
    #[schema(example = "Our books")]
    description: String,
    /// What to call it for; everything when empty.
    #[serde(default)]
    #[schema(example = json!(["booking.confirmed", "booking.cancelled"]))]
    events: Vec<String>,
    /// Whether it is called.
    #[serde(default = "enabled")]
    #[schema(default = true)]
    enabled: bool,
}

const fn enabled() -> bool {
    true
}

impl From<HookBody> for HookInput {
    fn from(body: HookBody) -> Self {
        let HookBody { url, description, events, enabled } = body;
        Self { url, description, kinds: events, enabled }
    }
}

/// Something that was said to an address.
#[derive(Serialize, ToSchema)]
pub struct HookCallView {
    id: Uuid,
    hook_id: Uuid,
    /// The header `webhook-id`: the same each time that it is said.
    message_id: String,
    /// What happened.
    #[schema(example = "booking.confirmed")]
    r#type: String,
    /// `waiting`, `failing` (it is said again), `done` or `failed`.
    #[schema(example = "done")]
    state: &'static str,
    /// How often it was said, since somebody asked for it the last time.
    tries: u32,
    #[schema(required)]
    tried_at: Option<DateTime<Utc>>,
    /// When it is said again.
    #[schema(required)]
    next_try_at: Option<DateTime<Utc>>,
    /// The HTTP status that was answered last; null when there was no answer.
    #[schema(required, example = 200)]
    response_status: Option<u16>,
    /// The beginning of that answer, or why there was none.
    #[schema(required, example = "ok")]
    response: Option<String>,
    /// What is said.
    #[schema(value_type = Object)]
    payload: Value,
    created_at: DateTime<Utc>,
}

impl From<Call> for HookCallView {
    fn from(call: Call) -> Self {
        Self {
            id: call.id.as_uuid(),
            hook_id: call.hook.as_uuid(),
            message_id: call.message,
            r#type: call.kind,
            state: call.state.as_str(),
            tries: call.tries,
            tried_at: call.tried_at,
            next_try_at: call.next_at,
            response_status: call.status,
            response: call.said,
            payload: serde_json::from_str(&call.body).unwrap_or_default(),
            created_at: call.created_at,
        }
    }
}

/// The organisation, if it is the caller's own.
async fn owned(app: &App, user: User, id: Uuid) -> Result<OrganisationId, Problem> {
    let id = OrganisationId::from(id);
    app.events.grant(user.0).await?.require(id, Right::Own)?;
    app.events.issuer(id).await?.map(|_| id).ok_or_else(Problem::not_found)
}

/// A hook of an organisation that the caller owns.
async fn managed(app: &App, user: User, id: HookId) -> Result<Hook, Problem> {
    let grant = app.events.grant(user.0).await?;
    grant.require_any()?;
    let hook = app.hooks.show(id).await?.ok_or_else(Problem::not_found)?;
    grant.require(hook.organisation, Right::Own)?;
    Ok(hook)
}

/// The addresses of an organisation that are called.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = HooksView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/organisations/{id}/hooks")]
async fn list_hooks(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let organisation = owned(&app, user, id.into_inner()).await?;
    let hooks = app.hooks.list(organisation).await?;
    let items = hooks.into_iter().map(|hook| HookView::of(hook, None)).collect();
    Ok(HttpResponse::Ok().json(HooksView { items, next_cursor: None }))
}

/// Have an address called when something happens to a booking. What its calls are signed with is told in this answer and never
/// again.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(Once), request_body = HookBody, responses(
    (status = 201, body = HookView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 422, description = "`invalid_input`, `too_many_hooks`", body = Problem)))]
#[post("/admin/organisations/{id}/hooks")]
async fn create_hook(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Json<HookBody>,
) -> Result<HttpResponse, Problem> {
    let organisation = owned(&app, user, id.into_inner()).await?;
    let bytes = body.bytes.clone();
    let work = async {
        let (hook, secret) = app.hooks.create(&user.0, organisation, body.into_inner().into()).await?;
        let location = (header::LOCATION, format!("/api/v1/admin/hooks/{}", hook.id));
        Ok(HttpResponse::Created().insert_header(location).json(HookView::of(hook, Some(&secret))))
    };
    once.run_over(&app, user.0.account, &bytes, work).await
}

/// One address that is called.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = HookView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/hooks/{id}")]
async fn show_hook(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let hook = managed(&app, user, id.into_inner().into()).await?;
    Ok(HttpResponse::Ok().json(HookView::of(hook, None)))
}

/// Replace what is called, and what for. What it is signed with stays. One that was switched off starts anew when it is
/// switched on; what happened meanwhile is not told.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = HookBody, responses(
    (status = 200, body = HookView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[put("/admin/hooks/{id}")]
async fn update_hook(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<HookBody>,
) -> Result<HttpResponse, Problem> {
    let hook = managed(&app, user, id.into_inner().into()).await?;
    let hook = app.hooks.update(&user.0, hook.id, body.into_inner().into()).await?;
    Ok(HttpResponse::Ok().json(HookView::of(hook, None)))
}

/// Have an address called no more, and forget what it was told.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[delete("/admin/hooks/{id}")]
async fn delete_hook(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let hook = managed(&app, user, id.into_inner().into()).await?;
    app.hooks.remove(&user.0, hook.id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sign calls of an address with another secret, which is told in this answer and never again. For a day they are signed with
/// the one of before as well.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = HookView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[post("/admin/hooks/{id}/secret")]
async fn renew_secret(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let hook = managed(&app, user, id.into_inner().into()).await?;
    let (hook, secret) = app.hooks.rotate(&user.0, hook.id).await?;
    Ok(HttpResponse::Ok().json(HookView::of(hook, Some(&secret))))
}

/// Call an address once with a word that it is a trial (`hook.test`), also one that is switched off. What came of it stands in
/// the list of its calls a moment later.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 202, body = HookCallView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 429, body = Problem)))]
#[post("/admin/hooks/{id}/test")]
async fn test_hook(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let hook = managed(&app, user, id.into_inner().into()).await?;
    app.limits.hook_calls(user.0.account).await?;
    let call = app.hooks.test(&user.0, hook.id).await?;
    Ok(HttpResponse::Accepted().json(HookCallView::from(call)))
}

/// Which calls are looked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HookCallsQuery {
    /// `waiting`, `failing`, `done` or `failed`; all when none is given.
    state: Option<String>,
}

fn state(text: &str) -> Option<CallState> {
    CallState::ALL.into_iter().find(|state| state.as_str() == text)
}

/// What an address was told in the last 30 days, the latest first.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(HookCallsQuery, PagingQuery), responses(
    (status = 200, body = PageView<HookCallView>),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/hooks/{id}/calls")]
async fn list_hook_calls(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    query: Query<HookCallsQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let hook = managed(&app, user, id.into_inner().into()).await?;
    let mut wrong = Vec::new();
    let standing = word("state", query.into_inner().state, state, &mut wrong);
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let page = app.hooks.calls(hook.id, standing, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, HookCallView::from)))
}

/// Say something to an address anew, at once and as often as if it had never been said, whatever became of it.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 202, body = HookCallView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`hook_off`, `call_waiting`", body = Problem),
    (status = 429, body = Problem)))]
#[post("/admin/hook-calls/{id}/retry")]
async fn retry_hook_call(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    app.events.grant(user.0).await?.require_any()?;
    let id = HookCallId::from(id.into_inner());
    let call = app.hooks.call(id).await?.ok_or_else(Problem::not_found)?;
    managed(&app, user, call.hook).await?;
    app.limits.hook_calls(user.0.account).await?;
    let call = app.hooks.again(&user.0, id).await?;
    Ok(HttpResponse::Accepted().json(HookCallView::from(call)))
}
