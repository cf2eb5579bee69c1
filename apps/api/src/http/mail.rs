//! Mails that were sent or are to be, and what became of each; with what they say where that is kept, which is in the local
//! box of systems that send no real mail.

mod export;

use super::access::Admin;
use super::given::{given, id};
use super::jobs::name;
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::payments::word;
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, delete, get, post};
use adapter_local::Received;
use chrono::{DateTime, Utc};
use kernel::{Attachment, EffectId, Email, Mail};
use messaging::{Letter, LetterFilter, LetterState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_mail)
        // Before what would take `export` for the id of a mail.
        .service(export::export_mail)
        .service(show_mail)
        .service(show_attachment)
        .service(resend_mail)
        .service(lift_suppression);
}

/// Which mails are looked for; all that is given has to hold.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MailQuery {
    /// `queued`, `sent`, `deferred`, `bounced` or `failed`; or `trouble`: the last three of them that were not sent again
    /// and can be.
    state: Option<String>,
    /// To this address, as a whole.
    recipient: Option<String>,
    /// To this account, whatever address it had.
    #[param(value_type = Option<Uuid>)]
    account_id: Option<String>,
    /// What it says: the name of its template, as `tickets`, or `test`.
    kind: Option<String>,
    #[param(value_type = Option<Uuid>)]
    event_id: Option<String>,
    #[param(value_type = Option<Uuid>)]
    booking_id: Option<String>,
}

/// What can be asked for by one word.
#[derive(Clone, Copy)]
enum State {
    Trouble,
    That(LetterState),
}

fn state(text: &str) -> Option<State> {
    let that = || LetterState::ALL.into_iter().find(|state| state.as_str() == text).map(State::That);
    if text == "trouble" { Some(State::Trouble) } else { that() }
}

impl MailQuery {
    fn read(self) -> Result<LetterFilter, Problem> {
        let mut wrong = Vec::new();
        let asked = word("state", self.state, state, &mut wrong);
        let filter = LetterFilter {
            state: match asked {
                Some(State::That(state)) => Some(state),
                Some(State::Trouble) | None => None,
            },
            trouble: matches!(asked, Some(State::Trouble)),
            to: given::<Email>("recipient", self.recipient, "must be an e-mail address", &mut wrong),
            kind: name("kind", self.kind, &mut wrong),
            account: id("account_id", self.account_id, &mut wrong),
            event: id("event_id", self.event_id, &mut wrong),
            booking: id("booking_id", self.booking_id, &mut wrong),
        };
        if wrong.is_empty() { Ok(filter) } else { Err(Problem::invalid(wrong)) }
    }
}

/// A mail.
#[derive(Serialize, ToSchema)]
pub struct MailView {
    /// Its Message-ID begins with it.
    id: Uuid,
    /// Since when it is wanted.
    at: DateTime<Utc>,
    /// Null once the account of its reader is erased.
    #[schema(required, example = "ada@example.org")]
    to: Option<String>,
    /// What it says: the name of its template.
    #[schema(example = "tickets")]
    kind: String,
    /// `queued`; `sent`: the mail server took it, and no report says otherwise; `deferred`: the mail server does not take it for
    /// now, and it is tried again; `bounced`: it came back; `failed`: the mail server will never take it, or it was tried for
    /// too long.
    #[schema(example = "sent")]
    state: &'static str,
    /// How often it was handed to the mail server, or was to be.
    tries: u32,
    /// What a server said last, unless that was a plain yes.
    #[schema(required)]
    said: Option<String>,
    /// When the mail server took it.
    #[schema(required)]
    sent_at: Option<DateTime<Utc>>,
    /// When something was learned of it last.
    changed_at: DateTime<Utc>,
    /// When its reader told their provider that they do not want it.
    #[schema(required)]
    complained_at: Option<DateTime<Utc>>,
    #[schema(required)]
    account_id: Option<Uuid>,
    #[schema(required)]
    booking_id: Option<Uuid>,
    #[schema(required)]
    event_id: Option<Uuid>,
    /// The ticket that it is about, when it is about one alone.
    #[schema(required)]
    ticket_id: Option<Uuid>,
    /// The mail that says the same once more.
    #[schema(required)]
    sent_again_as: Option<Uuid>,
    /// Null where mail is really sent: what it says is not kept then.
    #[schema(required)]
    subject: Option<String>,
    #[schema(required)]
    text: Option<String>,
    #[schema(required)]
    html: Option<String>,
    attachments: Vec<AttachmentView>,
}

/// A file inside a mail.
#[derive(Serialize, ToSchema)]
pub struct AttachmentView {
    filename: String,
    content_type: String,
    /// How large it is, in bytes.
    size: usize,
    /// Where to get it.
    url: String,
}

impl MailView {
    /// A letter, with what it says where there is a box that has it.
    fn of(app: &App, letter: Letter) -> Self {
        let mail = app.mail_box.as_ref().and_then(|mails| mails.mail(letter.id));
        Self::with(letter, mail.map(|Received { mail, .. }| mail))
    }

    fn with(letter: Letter, mail: Option<Mail>) -> Self {
        let id = letter.id;
        let about = letter.about;
        let mut view = Self {
            id: id.as_uuid(),
            at: letter.created_at,
            to: letter.to.map(String::from),
            kind: about.kind,
            state: letter.state.as_str(),
            tries: letter.tries,
            said: letter.said,
            sent_at: letter.sent_at,
            changed_at: letter.changed_at,
            complained_at: letter.complained_at,
            account_id: about.account.map(|account| account.as_uuid()),
            booking_id: about.booking.map(|booking| booking.as_uuid()),
            event_id: about.event.map(|event| event.as_uuid()),
            ticket_id: about.ticket.map(|ticket| ticket.as_uuid()),
            sent_again_as: letter.again.map(|again| again.as_uuid()),
            subject: None,
            text: None,
            html: None,
            attachments: Vec::new(),
        };
        if let Some(Mail { subject, text, html, attachments, .. }) = mail {
            let files = attachments.into_iter().enumerate();
            view.attachments = files.map(|(place, file)| AttachmentView::of(id, place, file)).collect();
            (view.subject, view.text, view.html) = (Some(subject), Some(text), html);
        }
        view
    }
}

impl AttachmentView {
    fn of(mail: EffectId, place: usize, file: Attachment) -> Self {
        Self {
            url: format!("/api/v1/admin/mail/{mail}/attachments/{place}"),
            size: file.bytes.len(),
            filename: file.filename,
            content_type: file.content_type,
        }
    }
}

/// Mails, the newest first.
#[utoipa::path(tag = "operations", security(("bearer" = [])), params(MailQuery, PagingQuery), responses(
    (status = 200, body = PageView<MailView>), (status = 422, body = Problem)))]
#[get("/admin/mail")]
async fn list_mail(
    app: Data<App>,
    _admin: Admin,
    query: Query<MailQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let page = app.messages.letters(&query.into_inner().read()?, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |letter| MailView::of(&app, letter))))
}

/// One mail.
#[utoipa::path(tag = "operations", security(("bearer" = [])), responses(
    (status = 200, body = MailView), (status = 404, body = Problem)))]
#[get("/admin/mail/{id}")]
async fn show_mail(app: Data<App>, _admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let letter = app.messages.letter(id.into_inner().into()).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(MailView::of(&app, letter)))
}

/// A file inside a mail of the local box.
#[utoipa::path(tag = "operations", security(("bearer" = [])), responses(
    (status = 200, content((Vec<u8> = "application/pdf"), (Vec<u8> = "image/png"), (String = "text/calendar"))),
    (status = 404, description = "`not_found`, `no_mail_box`", body = Problem)))]
#[get("/admin/mail/{id}/attachments/{place}")]
async fn show_attachment(
    app: Data<App>,
    _admin: Admin,
    path: Path<(Uuid, usize)>,
) -> Result<HttpResponse, Problem> {
    let (id, place) = path.into_inner();
    let mail = mail_box(&app)?.mail(id.into()).ok_or_else(Problem::not_found)?.mail;
    let file = mail.attachments.into_iter().nth(place).ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, file.content_type)).body(file.bytes))
}

fn mail_box(app: &App) -> Result<&adapter_local::MailBox, Problem> {
    let none = || {
        let status = actix_web::http::StatusCode::NOT_FOUND;
        Problem::new(status, "no_mail_box", "Mail goes out by SMTP here; there is no box to look into.")
    };
    app.mail_box.as_ref().ok_or_else(none)
}

/// Have the same said once more, to the same reader, as it is true by then: a mail of its own, under another Message-ID, that
/// goes out in a moment. What has nothing to say any more, as a link that is over, ends as `failed`.
#[utoipa::path(tag = "operations", security(("bearer" = [])), params(Once), responses(
    (status = 202, body = MailView),
    (status = 404, body = Problem),
    (status = 409, description = "`mail_waiting`, `mail_forgotten`", body = Problem),
    (status = 429, description = "`too_many_attempts`", body = Problem)))]
#[post("/admin/mail/{id}/resend")]
async fn resend_mail(
    app: Data<App>,
    admin: Admin,
    id: Path<Uuid>,
    once: Once,
) -> Result<HttpResponse, Problem> {
    let id = EffectId::from(id.into_inner());
    let work = async {
        let known = app.messages.letter(id).await?.ok_or_else(Problem::not_found)?;
        if let Some(to) = &known.to {
            app.limits.mail_to(to.as_str()).await?;
        }
        let letter = app.messages.send_again(&admin.0.cause(), id).await?;
        Ok(HttpResponse::Accepted().json(MailView::of(&app, letter)))
    };
    once.run_over(&app, admin.0.account, &[], work).await
}

/// Let announcements go again to where a mail went: it came back, or its reader complained, and they were stopped. 404 when
/// they were not.
#[utoipa::path(tag = "operations", security(("bearer" = [])), responses(
    (status = 204), (status = 404, body = Problem)))]
#[delete("/admin/mail/{id}/suppression")]
async fn lift_suppression(app: Data<App>, admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    app.messages.lift(&admin.0.cause(), id.into_inner().into()).await?;
    Ok(HttpResponse::NoContent().finish())
}
