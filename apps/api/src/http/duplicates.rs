//! Copies of events.

use super::access::User;
use super::events::view::ManagedEventView;
use super::json::{Json, Optional};
use super::once::Once;
use super::organisers::managed;
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use chrono::{DateTime, Utc};
use events::CopyInput;
use events::access::Right;
use kernel::EventId;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(duplicate_event);
}

/// What is different about the copy; what is absent stays.
#[derive(Deserialize, Default, ToSchema)]
#[schema(example = json!({"starts_at": "2026-12-05T21:00:00Z", "title": "Winter night"}))]
pub struct DuplicateBody {
    /// When it begins. End, doors, reveal of the address and the windows of the sales keep their times of day by the
    /// clocks of the event's zone, and their distance in days.
    starts_at: Option<DateTime<Utc>>,
    /// One line of up to 200 characters.
    title: Option<String>,
    /// Lower-case letters, digits and single hyphens; made from the title, and numbered, when absent.
    slug: Option<String>,
}

/// Add an event that is like this one: a draft with all its facts, its ticket types with nothing sold, and what is
/// promised to those who cancel.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(Once), request_body = Option<DuplicateBody>, responses(
    (status = 201, body = ManagedEventView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/events/{id}/duplicate")]
async fn duplicate_event(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Optional<DuplicateBody>,
) -> Result<HttpResponse, Problem> {
    let source = EventId::from(id.into_inner());
    let bytes = body.0.as_ref().map(|body| body.bytes.clone()).unwrap_or_default();
    let DuplicateBody { starts_at, title, slug } = body.0.map(Json::into_inner).unwrap_or_default();
    let work = async {
        let input = CopyInput { starts_at, title, slug };
        let (event, _) = app.events.duplicate(user.0, source, &input).await?;
        // In a transaction of its own: a copy without it is a draft that the check before publishing says so of.
        app.bookings.repeat_promise(source, event.id, &user.0.cause()).await?;
        let location = (header::LOCATION, format!("/api/v1/admin/events/{}", event.id));
        let made = managed(&app, user, event.id, Right::Manage).await?;
        Ok(HttpResponse::Created().insert_header(location).json(made))
    };
    once.run_over(&app, user.0.account, &bytes, work).await
}
