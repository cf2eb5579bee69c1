//! Events for calendar programs.

use super::access::User;
use super::problem::Problem;
use super::request_id;
use super::routes::BASE;
use crate::answers::Ready;
use crate::ics::{CONTENT_TYPE, Calendar};
use crate::wiring::App;
use accounts::Account;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use events::{Entry, TokenHash};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Asked for anew each time: an address that was taken back must not be shown again.
const ASK_AGAIN: &str = "private, no-cache";
/// Bytes of the secret in an address.
const SECRET: usize = 32;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(event_calendar)
        .service(open_calendar)
        .service(show_calendar)
        .service(close_calendar)
        .service(read_calendar);
}

/// One event as a file for calendar programs (RFC 5545). Where exactly it is stands in it for those who may know.
#[utoipa::path(tag = "events", security(("bearer" = [])), responses(
    (status = 200, body = String, content_type = "text/calendar", example = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"),
    (status = 304), (status = 404, body = Problem)))]
#[get("/events/{id}/calendar.ics")]
async fn event_calendar(
    app: Data<App>,
    request: HttpRequest,
    user: User,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let entry = app.events.calendar_entry(user.0, id.into_inner().into()).await?;
    let file = format!("attachment; filename=\"{}.ics\"", entry.event.slug);
    Ok(respond(&app, &request, None, &[entry], file))
}

/// Where one's calendar is read.
#[derive(Serialize, ToSchema)]
pub struct CalendarView {
    /// For a calendar program. Whoever has it reads the calendar; it is shown this once.
    #[schema(
        example = "https://example.org/api/v1/calendar/2Q8n5o0wJvY4cQ7yq1mZkq3o5x6rQe9b0uJfTn8sVYE.ics"
    )]
    url: String,
    created_at: DateTime<Utc>,
}

/// Open one's own calendar at a new secret address, for calendar programs, which cannot log in. The address before it
/// works no more.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses((status = 201, body = CalendarView)))]
#[post("/users/me/calendar")]
async fn open_calendar(app: Data<App>, user: User) -> Result<HttpResponse, Problem> {
    let mut secret = [0; SECRET];
    getrandom::fill(&mut secret).map_err(|error| Problem::internal(&error))?;
    let feed = app.events.open_feed(user.0.account, hash(&app, &secret)).await?;
    let token = BASE64URL_NOPAD.encode(&secret);
    let path = format!("{BASE}/calendar/{token}.ics");
    let view =
        CalendarView { url: format!("{}{path}", app.config.http.public_url), created_at: feed.created_at };
    Ok(HttpResponse::Created().insert_header((header::LOCATION, path)).json(view))
}

/// That one's calendar is read at a secret address.
#[derive(Serialize, ToSchema)]
pub struct OpenCalendarView {
    /// Since when. The address itself was shown once and is not kept.
    created_at: DateTime<Utc>,
}

/// Whether one's own calendar is open.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses(
    (status = 200, body = OpenCalendarView), (status = 404, description = "It is not", body = Problem)))]
#[get("/users/me/calendar")]
async fn show_calendar(app: Data<App>, user: User) -> Result<HttpResponse, Problem> {
    let feed = app.events.open_feed_of(user.0.account).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(OpenCalendarView { created_at: feed.created_at }))
}

/// Close one's own calendar: its address works no more.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses(
    (status = 204), (status = 404, description = "There was none", body = Problem)))]
#[delete("/users/me/calendar")]
async fn close_calendar(app: Data<App>, user: User) -> Result<HttpResponse, Problem> {
    if app.events.close_feed(user.0.account).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::not_found())
    }
}

/// Somebody's own events (RFC 5545), by the secret in the address: those of which they hold tickets, and those of their
/// tickets that were cancelled as a whole, until 90 days after their end; the latest 200.
#[utoipa::path(tag = "events", responses(
    (status = 200, body = String, content_type = "text/calendar", example = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"),
    (status = 304), (status = 404, body = Problem), (status = 429, body = Problem)))]
#[get("/calendar/{token}.ics")]
async fn read_calendar(
    app: Data<App>,
    request: HttpRequest,
    token: Path<String>,
) -> Result<HttpResponse, Problem> {
    app.limits.calendars(&request).await?;
    // What cannot be one of ours is not looked for.
    let secret =
        BASE64URL_NOPAD.decode(token.as_bytes()).ok().and_then(|bytes| <[u8; SECRET]>::try_from(bytes).ok());
    let secret = secret.ok_or_else(Problem::not_found)?;
    let feed = app.events.feed(&hash(&app, &secret)).await?.ok_or_else(Problem::not_found)?;
    // Whoever may not log in any more reads no calendar either.
    let owner = app.accounts.account(feed.account).await?.filter(Account::is_active);
    let owner = owner.ok_or_else(Problem::not_found)?;
    let name = request_id::current().and_then(|name| name.parse().ok());
    let entries = app.events.own_calendar(owner.id, name).await?;
    let file = "inline; filename=\"calendar.ics\"".to_owned();
    Ok(respond(&app, &request, Some("Synesthesie"), &entries, file))
}

/// What is kept of a secret.
fn hash(app: &App, secret: &[u8; SECRET]) -> TokenHash {
    TokenHash(invites::mac::digest(&app.keys.calendars(), &[secret]))
}

fn respond(
    app: &App,
    request: &HttpRequest,
    name: Option<&str>,
    entries: &[Entry],
    file: String,
) -> HttpResponse {
    let text = Calendar { name, entries, base: &app.config.http.public_url }.text();
    let mut response = Ready::of(text.into_bytes()).respond_as(request.headers(), ASK_AGAIN, CONTENT_TYPE);
    let headers = response.headers_mut();
    if let Ok(file) = header::HeaderValue::try_from(file) {
        headers.insert(header::CONTENT_DISPOSITION, file);
    }
    // For those who read it. Whether it changed is decided by the text alone: what is taken back has no date.
    if let Some(changed) = entries.iter().map(|entry| entry.changed_at).max() {
        let date = changed.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        if let Ok(date) = header::HeaderValue::try_from(date) {
            headers.insert(header::LAST_MODIFIED, date);
        }
    }
    response
}
