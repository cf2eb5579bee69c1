//! Other servers telling what became of our mails: what comes to the address for reports is passed on to this call.

use super::problem::Problem;
use super::webhooks::NoticeView;
use crate::standard_webhooks::Signed;
use crate::wiring::App;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, post};
use messaging::{Heard, Report};
use std::time::Duration;
use tokio::time::timeout;
use utoipa_actix_web::service_config::ServiceConfig;

/// Most of a message that is read; whoever passes on a longer one cuts it off there, as what counts comes first.
const MOST_BYTES: usize = 256 * 1024;
/// How long it may take to arrive.
const PATIENCE: Duration = Duration::from_secs(15);

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(mail_webhook);
}

/// A message that came to the address for reports, as it came. It is signed as Standard Webhooks have it, by `webhook-id`,
/// `webhook-timestamp` and `webhook-signature`. 200 means that it is durable; `ignored` is what is about no mail of ours.
#[utoipa::path(tag = "webhooks", request_body(content = Vec<u8>, content_type = "message/rfc822"), responses(
    (status = 200, body = NoticeView),
    (status = 400, description = "`signature_invalid`, `incomplete_body`", body = Problem),
    (status = 413, description = "`too_large`: more than 256 KiB", body = Problem),
    (status = 415, description = "`unsupported_media_type`", body = Problem)))]
#[post("/webhooks/mail")]
async fn mail_webhook(
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    if !request.content_type().eq_ignore_ascii_case("message/rfc822") {
        let detail = "Send message/rfc822.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
    }
    app.limits.notice(&request).await?;
    let body = received(payload).await?;
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let signed = Signed {
        name: header("webhook-id").unwrap_or_default(),
        time: header("webhook-timestamp").unwrap_or_default(),
        signatures: header("webhook-signature").unwrap_or_default(),
    };
    let secrets = app.config.mail.webhook_secrets.iter().map(|secret| secret.expose());
    if !signed.is_by(secrets, &body, app.clock.now()) {
        app.metrics.notice("mail", "forged");
        app.limits.notice_forged(&request).await?;
        return Err(Problem::bad_request("signature_invalid", "It is not signed as it should be."));
    }
    let result = match app.messages.hear(signed.name, Report::read(&body).as_ref()).await? {
        Heard::Repeat => "repeat",
        Heard::Ignored => "ignored",
        Heard::Applied => "applied",
    };
    app.metrics.notice("mail", result);
    Ok(HttpResponse::Ok().json(NoticeView::of(result)))
}

/// The whole message, if it comes in time and is not too long.
async fn received(payload: Payload) -> Result<Bytes, Problem> {
    let late =
        |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "incomplete_body", "The message did not arrive.");
    let too_large =
        |_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "Send the first 256 KiB of it.");
    let read = timeout(PATIENCE, payload.to_bytes_limited(MOST_BYTES)).await.map_err(late)?;
    read.map_err(too_large)?
        .map_err(|_| Problem::bad_request("incomplete_body", "The message did not arrive."))
}
