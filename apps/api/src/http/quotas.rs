//! Places that several kinds of tickets share, as organisers set them up.

use super::access::User;
use super::json::Json;
use super::problem::Problem;
use super::waitlist;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, post, put};
use events::{Quota, QuotaInput};
use kernel::{EventId, QuotaId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_quotas).service(add_quota).service(update_quota).service(delete_quota);
}

/// Places that several kinds of tickets share, as an organiser sends them.
#[derive(Deserialize, ToSchema)]
pub struct QuotaBody {
    /// One line of up to 100 characters.
    #[schema(example = "The hall")]
    name: String,
    /// How many places there are, 1 to 1,000,000.
    #[schema(example = 120)]
    quantity: i64,
}

impl From<QuotaBody> for QuotaInput {
    fn from(QuotaBody { name, quantity }: QuotaBody) -> Self {
        Self { name, quantity }
    }
}

/// Places that several kinds of tickets share: each of their tickets takes one of its own kind and one of these.
#[derive(Serialize, ToSchema)]
pub struct QuotaView {
    id: Uuid,
    event_id: Uuid,
    name: String,
    /// How many places there are in all.
    quantity: u32,
    /// How many are held or sold, over the kinds of tickets that share them.
    taken: u32,
}

impl From<(Quota, u32)> for QuotaView {
    fn from((quota, taken): (Quota, u32)) -> Self {
        Self {
            id: quota.id.as_uuid(),
            event_id: quota.event.as_uuid(),
            name: quota.name,
            quantity: quota.quantity,
            taken,
        }
    }
}

/// All quotas of an event.
#[derive(Serialize, ToSchema)]
pub struct QuotasView {
    /// In the order in which they were added.
    items: Vec<QuotaView>,
    /// Always null: there is one page.
    next_cursor: Option<String>,
}

/// The quotas of an event.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = QuotasView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/events/{id}/quotas")]
async fn list_quotas(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let all = app.events.quotas(user.0, id.into_inner().into()).await?;
    let items = all.into_iter().map(QuotaView::from).collect();
    Ok(HttpResponse::Ok().json(QuotasView { items, next_cursor: None }))
}

/// Add a quota. Kinds of tickets name it (`quota_id`) to share its places.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = QuotaBody, responses(
    (status = 201, body = QuotaView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem),
    (status = 422, description = "`invalid_input`, `too_many_quotas`", body = Problem)))]
#[post("/admin/events/{id}/quotas")]
async fn add_quota(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<QuotaBody>,
) -> Result<HttpResponse, Problem> {
    let event = EventId::from(id.into_inner());
    let quota = app.events.add_quota(user.0, event, &body.into_inner().into()).await?;
    let location = (header::LOCATION, format!("/api/v1/admin/quotas/{}", quota.id));
    Ok(HttpResponse::Created().insert_header(location).json(QuotaView::from((quota, 0))))
}

/// Replace the facts of a quota. It never gets smaller than what is held or sold of it.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = QuotaBody, responses(
    (status = 200, body = QuotaView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[put("/admin/quotas/{id}")]
async fn update_quota(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<QuotaBody>,
) -> Result<HttpResponse, Problem> {
    let id = QuotaId::from(id.into_inner());
    let after = app.events.update_quota(user.0, id, &body.into_inner().into()).await?;
    waitlist::serve(&app, after.event).await;
    app.answers.event_changed(after.event);
    let all = app.events.quotas(user.0, after.event).await?;
    let kept = all.into_iter().find(|(quota, _)| quota.id == id).ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(QuotaView::from(kept)))
}

/// Remove a quota that no kind of ticket names.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 204),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`quota_in_use`, `wrong_status`", body = Problem)))]
#[delete("/admin/quotas/{id}")]
async fn delete_quota(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    app.events.delete_quota(user.0, id.into_inner().into()).await?;
    Ok(HttpResponse::NoContent().finish())
}
