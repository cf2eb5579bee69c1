//! Another address to log in with.

use super::access::User;
use super::json::Json;
use super::problem::Problem;
use super::request_id;
use crate::wiring::App;
use accounts::Claim;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(ask_email).service(change_email);
}

/// The address that one wants to log in with, and what proves whose account it is.
#[derive(Deserialize, ToSchema)]
pub struct AskEmail {
    email: String,
    #[schema(format = Password)]
    password: String,
    /// A code of the second factor, or a recovery code, where there is one.
    totp: Option<String>,
}

/// Ask for another address to log in with. A link goes to it, and the address until then is told. The answer is the same
/// whether somebody has the address or not; who has it is told by mail, and nobody else.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), request_body = AskEmail, responses(
    (status = 202),
    (status = 403, description = "`wrong_password`, `totp_required`, `totp_invalid`", body = Problem),
    (status = 422, description = "`invalid_input`; the field's code is `unchanged` for the address of the account",
        body = Problem)))]
#[post("/users/me/email")]
async fn ask_email(app: Data<App>, user: User, body: Json<AskEmail>) -> Result<HttpResponse, Problem> {
    app.limits.password(user.0.account).await?;
    app.limits.mail_to(&body.email).await?;
    let claim = Claim { password: &body.password, totp: body.totp.as_deref() };
    app.accounts.ask_email(&user.0, &body.email, claim).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// A link that proves an address.
#[derive(Deserialize, ToSchema)]
pub struct ChangeEmail {
    /// From the link.
    token: String,
}

/// Log in with another address from now on, by the link that went there. All sessions end but the one that asked.
#[utoipa::path(tag = "accounts", request_body = ChangeEmail, responses(
    (status = 204),
    (status = 422, description = "`token_invalid`", body = Problem)))]
#[post("/auth/change-email")]
async fn change_email(
    app: Data<App>,
    request: HttpRequest,
    body: Json<ChangeEmail>,
) -> Result<HttpResponse, Problem> {
    app.limits.entrance(&request).await?;
    let account = app.accounts.change_email(&body.token, request_id::name()).await?;
    app.gate.forget_account(account).await;
    Ok(HttpResponse::NoContent().finish())
}
