//! To whom it was shown where exactly an event is.

use super::access::User;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use events::AddressView;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_address_views);
}

/// Somebody was shown where exactly an event is, once or more often in an hour by UTC.
#[derive(Serialize, ToSchema)]
pub struct AddressViewView {
    event_id: Uuid,
    account_id: Uuid,
    /// The first time in that hour.
    viewed_at: DateTime<Utc>,
    /// The `X-Request-Id` of the request in which it was shown for the first time.
    #[schema(required, example = "0190163d-8694-739b-aea5-966c26f8ad91")]
    request_id: Option<String>,
    /// How often in that hour; 1 of what was noted before views were counted.
    views: u32,
    /// The last time in that hour; the first, if there was no other.
    last_viewed_at: DateTime<Utc>,
}

impl From<AddressView> for AddressViewView {
    fn from(view: AddressView) -> Self {
        Self {
            event_id: view.event.as_uuid(),
            account_id: view.account.as_uuid(),
            viewed_at: view.at,
            request_id: view.request.map(|name| name.to_string()),
            views: view.views,
            last_viewed_at: view.last_at(),
        }
    }
}

/// The ticket holders who were shown where exactly an event is, the latest first: in the app, in a file for a calendar
/// program, or by the secret address of their calendar.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<AddressViewView>),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/events/{id}/address-views")]
async fn list_address_views(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let page = app.events.address_views(user.0, id.into_inner().into(), paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, AddressViewView::from)))
}
