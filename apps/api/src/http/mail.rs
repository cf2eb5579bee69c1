//! The local mail box, for admins of systems that send no real mail.

use super::access::Admin;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use adapter_local::Received;
use chrono::{DateTime, Utc};
use kernel::{Attachment, Mail};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_mail).service(show_attachment);
}

/// A mail in the box.
#[derive(Serialize, ToSchema)]
pub struct MailView {
    id: Uuid,
    at: DateTime<Utc>,
    to: String,
    subject: String,
    text: String,
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

impl From<Received> for MailView {
    fn from(received: Received) -> Self {
        let Received { at, mail } = received;
        let Mail { id, to, subject, text, html, attachments } = mail;
        let file = |(place, file): (usize, Attachment)| AttachmentView {
            url: format!("/api/v1/admin/mail/{id}/attachments/{place}"),
            size: file.bytes.len(),
            filename: file.filename,
            content_type: file.content_type,
        };
        let attachments = attachments.into_iter().enumerate().map(file).collect();
        Self { id: id.as_uuid(), at, to, subject, text, html, attachments }
    }
}

/// Mails in the local box, the newest first; 404 where real mail is sent.
#[utoipa::path(tag = "operations", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<MailView>),
    (status = 404, description = "`no_mail_box`", body = Problem)))]
#[get("/admin/mail")]
async fn list_mail(app: Data<App>, _admin: Admin, paging: Paging) -> Result<HttpResponse, Problem> {
    let page = mail_box(&app)?.list(paging.0);
    Ok(HttpResponse::Ok().json(PageView::of(page, MailView::from)))
}

/// A file inside a mail of the box.
#[utoipa::path(tag = "operations", security(("bearer" = [])), responses(
    (status = 200, content((Vec<u8> = "application/pdf"), (Vec<u8> = "image/png"), (String = "text/calendar"))),
    (status = 404, body = Problem)))]
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
