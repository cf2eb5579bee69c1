//! Signing up, logging in and out, and passwords.

use super::access::User;
use super::accounts::UserView;
use super::json::Json;
use super::language;
use super::problem::Problem;
use super::request_id;
use crate::gate::TOKEN_SECONDS;
use crate::wiring::App;
use accounts::{CodeRefusal, Credentials, LoginError, Origin, RefreshError, Registered, SignUp, SignedIn};
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(register)
        .service(login)
        .service(refresh)
        .service(logout)
        .service(logout_all)
        .service(change_password)
        .service(forgot_password)
        .service(reset_password)
        .service(verify_email);
}

/// Longest that one waits for a turn to sign up: less than clients do.
const PATIENCE: Duration = Duration::from_secs(25);

/// What it takes to open an account. Anything else in the body is ignored.
#[derive(Deserialize, ToSchema)]
pub struct Register {
    /// In any spelling; needed unless registration is open.
    invite_code: Option<String>,
    email: String,
    /// 10 to 72 bytes.
    #[schema(format = Password)]
    password: String,
    /// 1 to 100 characters.
    first_name: String,
    /// 1 to 100 characters.
    last_name: String,
}

/// Who has logged in, and with what to go on.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    user: UserView,
    /// For `Authorization: Bearer`; null while the account awaits approval.
    #[schema(required)]
    access_token: Option<String>,
    /// For `/auth/refresh`, once; null while the account awaits approval.
    #[schema(required)]
    refresh_token: Option<String>,
    /// How long the access token lives, in seconds.
    expires_in: u64,
}

async fn session(app: &App, signed_in: SignedIn) -> Result<SessionView, Problem> {
    Ok(SessionView {
        access_token: Some(app.gate.token(signed_in.account.id, signed_in.session.id)?),
        refresh_token: Some(signed_in.refresh_token.expose().to_owned()),
        user: UserView::of(app, signed_in.account).await?,
        expires_in: TOKEN_SECONDS,
    })
}

fn origin(app: &App, request: &HttpRequest) -> Origin {
    let user_agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Origin {
        user_agent: user_agent.map(str::to_owned),
        network: app.limits.whereabouts(request),
        request: request_id::name(),
    }
}

/// Open an account. Mails come in German or English, as `Accept-Language` wishes; `PATCH /users/me` changes that.
#[utoipa::path(tag = "accounts", request_body = Register, responses(
    (status = 201, body = SessionView),
    (status = 409, description = "`email_taken`", body = Problem),
    (status = 422, description = "`invite_required`, `invite_invalid`, `password_too_short`, `password_too_long`, \
        `invalid_input`", body = Problem)))]
#[post("/auth/register")]
async fn register(
    app: Data<App>,
    request: HttpRequest,
    body: Json<Register>,
) -> Result<HttpResponse, Problem> {
    app.limits.entrance(&request).await?;
    let Register { invite_code, email, password, first_name, last_name } = body.into_inner();
    let (origin, language) = (origin(&app, &request), language::accepted(&request));
    let wish = SignUp { invite_code, email, password, first_name, last_name, origin, language };
    let turn = timeout(PATIENCE, app.sign_ups.acquire()).await;
    let _turn = turn.map_err(|_| Problem::busy(Duration::from_secs(5)))?;
    let view = match app.accounts.register(wish).await? {
        Registered::SignedIn(signed_in) => session(&app, signed_in).await?,
        Registered::AwaitsApproval(account) => {
            let user = UserView::of(&app, account).await?;
            SessionView { user, access_token: None, refresh_token: None, expires_in: 0 }
        }
    };
    Ok(HttpResponse::Created().insert_header((header::LOCATION, "/api/v1/users/me")).json(view))
}

/// What it takes to log in.
#[derive(Deserialize, ToSchema)]
pub struct Login {
    email: String,
    #[schema(format = Password)]
    password: String,
    /// A code of the second factor, or a recovery code, where there is one.
    totp: Option<String>,
}

/// Log in.
#[utoipa::path(tag = "accounts", request_body = Login, responses(
    (status = 200, body = SessionView),
    (status = 401, description = "`invalid_credentials`", body = Problem),
    (status = 403, description = "`account_suspended`, `account_pending`; `totp_required`: send `totp` as well",
        body = Problem),
    (status = 429, description = "`too_many_attempts`", body = Problem)))]
#[post("/auth/login")]
async fn login(app: Data<App>, request: HttpRequest, body: Json<Login>) -> Result<HttpResponse, Problem> {
    let Login { email, password, totp } = body.into_inner();
    app.limits.login(&request, &email).await?;
    let given = Credentials { email: email.clone(), password, totp, origin: origin(&app, &request) };
    match app.accounts.login(given).await {
        Ok(signed_in) => Ok(HttpResponse::Ok().json(session(&app, signed_in).await?)),
        Err(refusal @ (LoginError::InvalidCredentials | LoginError::Code(CodeRefusal::Wrong { .. }))) => {
            app.limits.login_failed(&request, &email).await?;
            Err(refusal.into())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// What it takes to stay logged in.
#[derive(Deserialize, ToSchema)]
pub struct Refresh {
    refresh_token: String,
}

/// Exchange a refresh token for a new pair. Using one twice ends the session.
#[utoipa::path(tag = "accounts", request_body = Refresh, responses(
    (status = 200, body = SessionView),
    (status = 401, description = "`refresh_reused`, `refresh_invalid`", body = Problem)))]
#[post("/auth/refresh")]
async fn refresh(app: Data<App>, request: HttpRequest, body: Json<Refresh>) -> Result<HttpResponse, Problem> {
    app.limits.refresh(&request).await?;
    match app.accounts.refresh(&body.refresh_token, &origin(&app, &request)).await {
        Ok(signed_in) => Ok(HttpResponse::Ok().json(session(&app, signed_in).await?)),
        Err(RefreshError::Reused) => {
            if let Some((ended, _)) = app.accounts.tokens.read_refresh_token(&body.refresh_token) {
                app.gate.forget_session(ended).await;
            }
            Err(RefreshError::Reused.into())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// Log out.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses((status = 204)))]
#[post("/auth/logout")]
async fn logout(app: Data<App>, user: User) -> Result<HttpResponse, Problem> {
    app.accounts.logout(&user.0).await?;
    app.gate.forget_session(user.0.session).await;
    Ok(HttpResponse::NoContent().finish())
}

/// Log out everywhere. The address of one's calendar works no more either.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses((status = 204)))]
#[post("/auth/logout-all")]
async fn logout_all(app: Data<App>, user: User) -> Result<HttpResponse, Problem> {
    app.accounts.logout_all(&user.0).await?;
    app.gate.forget_account(user.0.account).await;
    Ok(HttpResponse::NoContent().finish())
}

/// A new password for the old one.
#[derive(Deserialize, ToSchema)]
pub struct ChangePassword {
    #[schema(format = Password)]
    current_password: String,
    /// 10 to 72 bytes.
    #[schema(format = Password)]
    new_password: String,
}

/// Set a new password. All other sessions end, and the address of one's calendar works no more.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), request_body = ChangePassword, responses(
    (status = 204),
    (status = 403, description = "`wrong_password`", body = Problem),
    (status = 422, description = "`password_too_short`, `password_too_long`", body = Problem)))]
#[post("/auth/change-password")]
async fn change_password(
    app: Data<App>,
    user: User,
    body: Json<ChangePassword>,
) -> Result<HttpResponse, Problem> {
    app.limits.password(user.0.account).await?;
    let ChangePassword { current_password, new_password } = body.into_inner();
    app.accounts.change_password(&user.0, &current_password, new_password).await?;
    app.gate.forget_account(user.0.account).await;
    Ok(HttpResponse::NoContent().finish())
}

/// Whose password was forgotten.
#[derive(Deserialize, ToSchema)]
pub struct ForgotPassword {
    email: String,
}

/// Ask for a link to set a new password. The answer is the same for every address.
#[utoipa::path(tag = "accounts", request_body = ForgotPassword, responses((status = 202)))]
#[post("/auth/forgot-password")]
async fn forgot_password(
    app: Data<App>,
    request: HttpRequest,
    body: Json<ForgotPassword>,
) -> Result<HttpResponse, Problem> {
    app.limits.entrance(&request).await?;
    // Beyond the limit the answer stays the same and nothing is owed: nobody's box is flooded.
    if app.limits.mail_to(&body.email).await.is_ok() {
        app.accounts.forgot_password(&body.email).await?;
    }
    Ok(HttpResponse::Accepted().finish())
}

/// A new password by a link.
#[derive(Deserialize, ToSchema)]
pub struct ResetPassword {
    /// From the link.
    token: String,
    /// 10 to 72 bytes.
    #[schema(format = Password)]
    new_password: String,
}

/// Set a new password by a link. All sessions end, and the address of one's calendar works no more.
#[utoipa::path(tag = "accounts", request_body = ResetPassword, responses(
    (status = 204),
    (status = 422, description = "`token_invalid`, `password_too_short`, `password_too_long`",
        body = Problem)))]
#[post("/auth/reset-password")]
async fn reset_password(
    app: Data<App>,
    request: HttpRequest,
    body: Json<ResetPassword>,
) -> Result<HttpResponse, Problem> {
    app.limits.entrance(&request).await?;
    let ResetPassword { token, new_password } = body.into_inner();
    app.accounts.reset_password(&token, new_password).await?;
    app.gate.forget_all().await;
    Ok(HttpResponse::NoContent().finish())
}

/// A link that proves an address.
#[derive(Deserialize, ToSchema)]
pub struct VerifyEmail {
    /// From the link.
    token: String,
}

/// Prove that mail to one's address arrives.
#[utoipa::path(tag = "accounts", request_body = VerifyEmail, responses(
    (status = 204),
    (status = 422, description = "`token_invalid`", body = Problem)))]
#[post("/auth/verify-email")]
async fn verify_email(
    app: Data<App>,
    request: HttpRequest,
    body: Json<VerifyEmail>,
) -> Result<HttpResponse, Problem> {
    app.limits.entrance(&request).await?;
    app.accounts.verify_email(&body.token).await?;
    Ok(HttpResponse::NoContent().finish())
}
