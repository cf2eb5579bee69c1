//! An announcement on its way out: looked at, sent to oneself, scheduled, called off.

use super::own;
use super::view::{AnnouncementView, shown};
use crate::http::access::User;
use crate::http::json::{Json, Optional};
use crate::http::mail_templates::{TRIAL, hand_to_asker};
use crate::http::once::Once;
use crate::http::problem::Problem;
use crate::mails;
use crate::wiring::App;
use accounts::Account;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use chrono::{DateTime, Utc};
use kernel::{Actor, AnnouncementId, EffectId, Invalid, Language};
use messaging::{About, Announcement};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(preview_announcement)
        .service(try_announcement)
        .service(schedule_announcement)
        .service(cancel_announcement);
}

/// How many would read it in which language.
#[derive(Serialize, ToSchema)]
pub struct ReadersView {
    de: u64,
    en: u64,
}

/// A mail as its readers would see it; the link to leave the list is one's own.
#[derive(Serialize, ToSchema)]
pub struct AnnouncedMailView {
    #[schema(example = "en")]
    language: &'static str,
    subject: String,
    text: String,
    html: String,
}

/// Whom it would go to if it went out now, and how it would look.
#[derive(Serialize, ToSchema)]
pub struct AnnouncementPreviewView {
    /// Who would be sent it.
    recipients: u64,
    readers: ReadersView,
    /// Who would not, as they have left the list.
    unsubscribed: u64,
    /// Who would not, as mail to them came back or was complained about.
    suppressed: u64,
    mails: Vec<AnnouncedMailView>,
}

/// In which language it is to be tried.
#[derive(Deserialize, ToSchema)]
pub struct TryAnnouncement {
    /// `de` or `en`; without it one's own. What is not there in it comes in the other.
    #[schema(example = "de")]
    language: Option<String>,
}

/// When it is to go out.
#[derive(Deserialize, ToSchema)]
pub struct ScheduleAnnouncement {
    /// At once without it; no more than five minutes back and at most 400 days ahead.
    #[schema(example = "2031-07-01T08:00:00Z")]
    at: Option<DateTime<Utc>>,
}

/// Look at whom it would go to if it went out now, counted by the rule by which it does, and at what it would say.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = AnnouncementPreviewView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[post("/admin/announcements/{id}/preview")]
async fn preview_announcement(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let it = own(&app, user.0, id.into_inner().into()).await?;
    let tally = app.announcements.tally(&it.audience, &it.texts).await?;
    let mut letters = Vec::new();
    for language in it.texts.languages() {
        let written = mails::in_language(&app, &it, language, user.0.account).await;
        let (language, written) = written.map_err(|error| Problem::internal(&error))?;
        let (subject, text, html) = (written.subject, written.text, written.html);
        letters.push(AnnouncedMailView { language: language.tag(), subject, text, html });
    }
    let readers = |language: Language| tally.languages.get(language.tag()).copied().unwrap_or(0);
    let view = AnnouncementPreviewView {
        recipients: tally.recipients,
        readers: ReadersView { de: readers(Language::German), en: readers(Language::English) },
        unsubscribed: tally.unsubscribed,
        suppressed: tally.suppressed,
        mails: letters,
    };
    Ok(HttpResponse::Ok().json(view))
}

/// Have it sent to oneself, at once: what the mail server says to it is answered.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(Once), request_body = Option<TryAnnouncement>, responses(
    (status = 202, description = "The mail server, or the box, has it"),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 422, description = "`invalid_input`, `mail_refused`", body = Problem),
    (status = 429, description = "`too_many_attempts`", body = Problem),
    (status = 503, description = "`mail_deferred`", body = Problem)))]
#[post("/admin/announcements/{id}/test")]
async fn try_announcement(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Optional<TryAnnouncement>,
) -> Result<HttpResponse, Problem> {
    let it = own(&app, user.0, id.into_inner().into()).await?;
    let bytes = body.0.as_ref().map(|body| body.bytes.clone()).unwrap_or_default();
    let language = body.0.and_then(|body: Json<TryAnnouncement>| body.into_inner().language);
    let work = tried(&app, user.0, &it, language);
    once.run_over(&app, user.0.account, &bytes, work).await
}

async fn tried(
    app: &App,
    asker: Actor,
    it: &Announcement,
    language: Option<String>,
) -> Result<HttpResponse, Problem> {
    let asker = app.accounts.account(asker.account).await?.ok_or_else(Problem::not_found)?;
    let language = match language {
        Some(tag) => {
            let unknown = |_| Problem::invalid(vec![Invalid::new("language", "unknown", "must be de or en")]);
            Some(tag.parse::<Language>().map_err(unknown)?)
        }
        None => asker.language,
    };
    app.limits.mail_to(asker.email.as_str()).await?;
    let about = About { kind: TRIAL.to_owned(), account: Some(asker.id), ..About::default() };
    let id = EffectId::generate(app.clock.now());
    let mail = mails::announcement(app, id, it, Account { language, ..asker }).await;
    let mut mail = mail.map_err(|error| Problem::internal(&error))?;
    mail.about = about;
    hand_to_asker(app, mail).await
}

/// Have it go out at a time, or at once. Until then it may be changed, and scheduled anew: only the last time counts.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = Option<ScheduleAnnouncement>, responses(
    (status = 200, body = AnnouncementView), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/announcements/{id}/schedule")]
async fn schedule_announcement(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Optional<ScheduleAnnouncement>,
) -> Result<HttpResponse, Problem> {
    let id = AnnouncementId::from(id.into_inner());
    own(&app, user.0, id).await?;
    let at = body.0.and_then(|body: Json<ScheduleAnnouncement>| body.into_inner().at);
    let it = app.announcements.schedule(&user.0, id, at).await?;
    Ok(HttpResponse::Ok().json(shown(&app, it).await?))
}

/// Call off what has not gone out. Mails that are being handed to the mail server at this moment go.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = AnnouncementView), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem)))]
#[post("/admin/announcements/{id}/cancel")]
async fn cancel_announcement(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let id = AnnouncementId::from(id.into_inner());
    own(&app, user.0, id).await?;
    let it = app.announcements.cancel(&user.0, id).await?;
    Ok(HttpResponse::Ok().json(shown(&app, it).await?))
}
