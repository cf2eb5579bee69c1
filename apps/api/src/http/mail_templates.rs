//! What mails say: admins look at each, and have one sent to themselves.

use super::access::Admin;
use super::json::Json;
use super::language::{LanguageQuery, Wished};
use super::once::Once;
use super::paging::PageView;
use super::problem::{Causes, Problem};
use crate::mails::{self, Outgoing, Preview};
use crate::wiring::App;
use crate::worker::post::{HandOverError, hand_over};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use kernel::{AccountId, Invalid, Language, MailError};
use messaging::About;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// What the log calls such a mail.
pub(super) const TRIAL: &str = "test";
/// When a mail server that asks for patience may be asked again.
const PATIENCE: Duration = Duration::from_secs(60);

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_mail_templates).service(preview_mail).service(send_test_mail);
}

/// A template.
#[derive(Serialize, ToSchema)]
pub struct MailTemplateView {
    /// As its preview is asked for.
    #[schema(example = "tickets")]
    name: &'static str,
    /// Of a mail about nobody.
    #[schema(example = "Your tickets for A night out")]
    subject: String,
}

/// What a template makes of sample values.
#[derive(Serialize, ToSchema)]
pub struct MailPreviewView {
    name: &'static str,
    #[schema(example = "en")]
    language: &'static str,
    subject: String,
    text: String,
    html: String,
}

/// All templates, with their subjects.
#[utoipa::path(tag = "operations", security(("bearer" = [])), params(LanguageQuery),
    responses((status = 200, body = PageView<MailTemplateView>)))]
#[get("/admin/mail/templates")]
async fn list_mail_templates(app: Data<App>, _admin: Admin, wished: Wished) -> Result<HttpResponse, Problem> {
    let all = mails::previews(&app, wished.0).map_err(|error| Problem::internal(&error))?;
    let shown = |preview: Preview| MailTemplateView { name: preview.name, subject: preview.written.subject };
    let items = all.into_iter().map(shown).collect();
    Ok(HttpResponse::Ok().json(PageView::<MailTemplateView> { items, next_cursor: None }))
}

/// A template with sample values, as text and as HTML. Pictures of codes are missing in it.
#[utoipa::path(tag = "operations", security(("bearer" = [])), params(LanguageQuery), responses(
    (status = 200, body = MailPreviewView), (status = 404, body = Problem)))]
#[get("/admin/mail/templates/{name}/preview")]
async fn preview_mail(
    app: Data<App>,
    _admin: Admin,
    name: Path<String>,
    wished: Wished,
) -> Result<HttpResponse, Problem> {
    let found = mails::preview(&app, &name, wished.0).map_err(|error| Problem::internal(&error))?;
    let Preview { name, written } = found.ok_or_else(Problem::not_found)?;
    let language = wished.0.tag();
    let view =
        MailPreviewView { name, language, subject: written.subject, text: written.text, html: written.html };
    Ok(HttpResponse::Ok().json(view))
}

/// Which mail is to be tried.
#[derive(Deserialize, ToSchema)]
pub struct TestMail {
    /// A template's name.
    #[schema(example = "tickets")]
    template: String,
    /// `de` or `en`; without it one's own.
    language: Option<String>,
}

/// Have a template with sample values sent to oneself, at once: what the mail server says to it is answered.
#[utoipa::path(tag = "operations", security(("bearer" = [])), params(Once), request_body = TestMail, responses(
    (status = 202, description = "The mail server, or the box, has it"),
    (status = 422, description = "`invalid_input`, `mail_refused`", body = Problem),
    (status = 429, description = "`too_many_attempts`", body = Problem),
    (status = 503, description = "`mail_deferred`", body = Problem)))]
#[post("/admin/mail/test")]
async fn send_test_mail(
    app: Data<App>,
    admin: Admin,
    once: Once,
    body: Json<TestMail>,
) -> Result<HttpResponse, Problem> {
    let asker = admin.0.account;
    once.run(&app, asker, &body, tried(&app, asker, &body)).await
}

async fn tried(app: &App, asker: AccountId, wish: &TestMail) -> Result<HttpResponse, Problem> {
    let asker = app.accounts.account(asker).await?.ok_or_else(Problem::not_found)?;
    let language = match &wish.language {
        Some(tag) => tag.parse::<Language>().map_err(|_| unknown("language", "must be de or en"))?,
        None => asker.language.unwrap_or_default(),
    };
    let mail = mails::trial(app, &wish.template, language, asker.email.to_string()).await;
    let mail = mail.map_err(|error| Problem::internal(&error))?;
    let mut mail = mail.ok_or_else(|| unknown("template", "must be one of those that are listed"))?;
    app.limits.mail_to(asker.email.as_str()).await?;
    // Whatever it looks like, it is no ticket and no link.
    mail.about = About { kind: TRIAL.to_owned(), account: Some(asker.id), ..About::default() };
    hand_to_asker(app, mail).await
}

/// Hands a mail over to whoever asked for it, at once; what the mail server says to it is answered.
///
/// # Errors
/// Why it did not go out.
pub(super) async fn hand_to_asker(app: &App, mail: Outgoing) -> Result<HttpResponse, Problem> {
    let id = mail.mail.id;
    let answer = hand_over(app, mail, (id, None)).await;
    if answer.is_err() {
        // Whoever asks for it again gets another one.
        app.messages.given_up(id).await?;
    }
    match answer {
        Ok(()) => Ok(HttpResponse::Accepted().finish()),
        Err(HandOverError::Store(error)) => Err(error.into()),
        Err(HandOverError::Mail(error @ (MailError::Deferred(_) | MailError::Unheard(_)))) => {
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "mail_deferred", said(&error));
            Err(problem.retry_after(PATIENCE))
        }
        Err(HandOverError::Mail(error @ MailError::Refused(_))) => {
            Err(Problem::unprocessable("mail_refused", said(&error)))
        }
    }
}

fn unknown(field: &str, message: &'static str) -> Problem {
    Problem::invalid(vec![Invalid::new(field, "unknown", message)])
}

/// For the admin, who has to mend it; a log would keep the address that servers like to repeat.
fn said(error: &MailError) -> String {
    Causes(error).to_string()
}
