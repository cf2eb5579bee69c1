//! All that is kept about oneself, as one file that is made while it is sent.

mod file;
mod parts;
mod records;

use super::access::User;
use super::problem::Problem;
use crate::wiring::App;
use accounts::PersonalRecord;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use kernel::PageRequest;
use parts::Part;
use serde::Serialize;
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(export_me);
}

/// What there is one of. What there may be more of follows in lists, one for each [`Part`].
#[derive(Serialize)]
struct Head {
    #[serde(flatten)]
    record: PersonalRecord,
    /// Since when one's calendar can be read at a secret address.
    calendar_open_since: Option<DateTime<Utc>>,
    /// Why announcements do not go to one's address, if so.
    announcements_stopped: Option<Value>,
}

/// All that is kept about oneself, as a file: the account and where one is logged in, what one booked, paid and holds, what
/// happened with it at the door, what one asked for, gave, sent and made, what was mailed, and what one did on the whole
/// platform. Left out are secrets, whoever else is named, and words among staff. Documents about money stay when the account
/// is erased.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses((status = 200, body = Object)))]
#[get("/users/me/export")]
async fn export_me(app: Data<App>, user: User) -> Result<HttpResponse, Problem> {
    let record = app.accounts.export(&user.0).await?.ok_or_else(Problem::not_found)?;
    let calendar_open_since = app.events.open_feed_of(user.0.account).await?.map(|feed| feed.created_at);
    let stopped = app.messages.suppressed(std::slice::from_ref(&record.email)).await?.remove(&record.email);
    let announcements_stopped = stopped.as_ref().map(records::suppression).transpose()?;
    let head = records::written(&Head { record, calendar_open_since, announcements_stopped })?;
    let read = async move |part: Part, page: PageRequest| parts::read(&app, &user.0, part, page).await;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"my-data.json\""))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .streaming(file::file(head, Part::ALL.to_vec(), read)))
}
