//! Lists of mails that people can do without: left with one click out of a mail, or chosen in one's profile.

use super::access::User;
use super::json::Json;
use super::pages::leaving;
use super::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post, put};
use messaging::Preferences;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(unsubscribe).service(show_leaving).service(show_preferences).service(set_preferences);
}

/// Leave the list that a mail came by, as mail programs have it done by one click (RFC 8058) and the page behind the link in the
/// mail by another. Whatever is sent along is not looked at: the address says all. As often as it is done it comes to the same.
/// Tickets, and whatever else somebody has to get, are on no list.
#[utoipa::path(tag = "accounts", responses(
    (status = 204), (status = 404, body = Problem),
    (status = 429, description = "`too_many_attempts`", body = Problem)))]
#[post("/unsubscribe/{token}")]
async fn unsubscribe(
    app: Data<App>,
    request: HttpRequest,
    token: Path<String>,
) -> Result<HttpResponse, Problem> {
    app.limits.public(&request).await?;
    if app.announcements.unsubscribe(&token).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::not_found())
    }
}

/// What a mail program opens that knows no clicks: a page with a button. Nothing is left by looking at it.
#[utoipa::path(tag = "accounts", params(("token" = String, Path)),
    responses((status = 200, content_type = "text/html", body = String)))]
#[get("/unsubscribe/{token}")]
async fn show_leaving() -> HttpResponse {
    leaving()
}

/// Which mails one gets besides those that one has to.
#[derive(Serialize, ToSchema)]
pub struct MailPreferencesView {
    /// What is said to all members, or to the guests of an organisation.
    news: bool,
    /// What is said to those who go to an event, were there, or wait for places.
    events: bool,
}

impl From<Preferences> for MailPreferencesView {
    fn from(Preferences { news, events }: Preferences) -> Self {
        Self { news, events }
    }
}

/// Which mails one wants besides those that one has to get.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"news": false, "events": true}))]
pub struct MailPreferencesBody {
    /// What is said to all members, or to the guests of an organisation.
    news: bool,
    /// What is said to those who go to an event, were there, or wait for places.
    events: bool,
}

/// Which mails one gets besides those that one has to. Whoever has said nothing gets them.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses((status = 200, body = MailPreferencesView)))]
#[get("/users/me/mail-preferences")]
async fn show_preferences(app: Data<App>, user: User) -> Result<HttpResponse, Problem> {
    let preferences = app.announcements.preferences(user.0.account).await?;
    Ok(HttpResponse::Ok().json(MailPreferencesView::from(preferences)))
}

/// Say which mails one wants. Mails with tickets come whatever is said here.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), request_body = MailPreferencesBody, responses(
    (status = 200, body = MailPreferencesView), (status = 422, description = "`invalid_input`", body = Problem)))]
#[put("/users/me/mail-preferences")]
async fn set_preferences(
    app: Data<App>,
    user: User,
    body: Json<MailPreferencesBody>,
) -> Result<HttpResponse, Problem> {
    let wished = Preferences { news: body.news, events: body.events };
    app.announcements.prefer(user.0.account, wished).await?;
    Ok(HttpResponse::Ok().json(MailPreferencesView::from(wished)))
}
