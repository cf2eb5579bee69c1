//! Second factors: codes of a device beside the password, and recovery codes for when it is lost.

use super::access::{Admin, User};
use super::json::Json;
use super::problem::Problem;
use crate::wiring::App;
use accounts::{Claim, Enrolment, FactorStanding, RecoveryCode};
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, post};
use chrono::{DateTime, Utc};
use kernel::AccountId;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(totp)
        .service(begin_totp)
        .service(confirm_totp)
        .service(replace_recovery_codes)
        .service(disable_totp)
        .service(reset_totp);
}

/// What a device calls us beside its codes.
const ISSUER: &str = "Synesthesie";

/// How one stands to second factors.
#[derive(Serialize, ToSchema)]
pub struct TotpView {
    /// Whether one is asked for when one logs in.
    enabled: bool,
    /// Since when.
    #[schema(required)]
    enabled_at: Option<DateTime<Utc>>,
    /// How many recovery codes were not used.
    recovery_codes_left: u32,
    /// Whether one may do no more than members without it.
    required: bool,
}

impl From<FactorStanding> for TotpView {
    fn from(standing: FactorStanding) -> Self {
        Self {
            enabled: standing.enabled_since.is_some(),
            enabled_at: standing.enabled_since,
            recovery_codes_left: u32::try_from(standing.recovery_codes).unwrap_or(u32::MAX),
            required: standing.required,
        }
    }
}

/// Whether one has a second factor.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses((status = 200, body = TotpView)))]
#[get("/users/me/totp")]
async fn totp(app: Data<App>, user: User) -> Result<HttpResponse, Problem> {
    let standing = app.accounts.totp_standing(&user.0).await?;
    Ok(HttpResponse::Ok().json(TotpView::from(standing)))
}

/// The password, before a device is given a secret.
#[derive(Deserialize, ToSchema)]
pub struct BeginTotp {
    #[schema(format = Password)]
    password: String,
}

/// What a device is given.
#[derive(Serialize, ToSchema)]
pub struct EnrolmentView {
    /// In base32, for typing.
    secret: String,
    /// The same as devices read it from a QR code.
    otpauth_url: String,
    /// Until when the first code is waited for.
    expires_at: DateTime<Utc>,
}

impl From<Enrolment> for EnrolmentView {
    fn from(enrolment: Enrolment) -> Self {
        let secret = enrolment.secret.base32();
        let account = utf8_percent_encode(enrolment.email.as_str(), NON_ALPHANUMERIC);
        let otpauth_url = format!(
            "otpauth://totp/{ISSUER}:{account}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits=6&period=30"
        );
        Self { secret, otpauth_url, expires_at: enrolment.waits_until }
    }
}

/// Ask for a secret to enrol a device with. Nothing is asked for when one logs in before its first code was sent to
/// `/users/me/totp/confirm`; asking again makes another secret.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), request_body = BeginTotp, responses(
    (status = 201, body = EnrolmentView),
    (status = 403, description = "`wrong_password`", body = Problem),
    (status = 409, description = "`totp_enabled`", body = Problem)))]
#[post("/users/me/totp")]
async fn begin_totp(app: Data<App>, user: User, body: Json<BeginTotp>) -> Result<HttpResponse, Problem> {
    app.limits.password(user.0.account).await?;
    let enrolment = app.accounts.begin_totp(&user.0, &body.password).await?;
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, "/api/v1/users/me/totp"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .json(EnrolmentView::from(enrolment)))
}

/// The first code of a device.
#[derive(Deserialize, ToSchema)]
pub struct ConfirmTotp {
    /// Six digits.
    totp: String,
}

/// Codes for when the device is lost.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodesView {
    /// Each works once. They are shown here and never again.
    recovery_codes: Vec<String>,
}

fn shown(codes: &[RecoveryCode]) -> HttpResponse {
    let recovery_codes = codes.iter().map(|code| code.expose().to_owned()).collect();
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .json(RecoveryCodesView { recovery_codes })
}

/// Send the first code of the device: from now on one is asked for at every login. All other sessions end.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), request_body = ConfirmTotp, responses(
    (status = 200, body = RecoveryCodesView),
    (status = 403, description = "`totp_invalid`", body = Problem),
    (status = 409, description = "`totp_not_begun`, `totp_enabled`", body = Problem)))]
#[post("/users/me/totp/confirm")]
async fn confirm_totp(app: Data<App>, user: User, body: Json<ConfirmTotp>) -> Result<HttpResponse, Problem> {
    let codes = app.accounts.confirm_totp(&user.0, &body.totp).await?;
    app.gate.forget_account(user.0.account).await;
    Ok(shown(&codes))
}

/// What proves once more whose account it is.
#[derive(Deserialize, ToSchema)]
pub struct ProveTotp {
    #[schema(format = Password)]
    password: String,
    /// A code of the device, or a recovery code.
    totp: String,
}

impl ProveTotp {
    fn claim(&self) -> Claim<'_> {
        Claim { password: &self.password, totp: Some(&self.totp) }
    }
}

/// Make new recovery codes. The ones before are worth nothing any more.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), request_body = ProveTotp, responses(
    (status = 200, body = RecoveryCodesView),
    (status = 403, description = "`wrong_password`, `totp_required`, `totp_invalid`", body = Problem),
    (status = 409, description = "`totp_not_enabled`", body = Problem)))]
#[post("/users/me/totp/recovery-codes")]
async fn replace_recovery_codes(
    app: Data<App>,
    user: User,
    body: Json<ProveTotp>,
) -> Result<HttpResponse, Problem> {
    app.limits.password(user.0.account).await?;
    let codes = app.accounts.replace_recovery_codes(&user.0, body.claim()).await?;
    Ok(shown(&codes))
}

/// Do without a second factor from now on.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), request_body = ProveTotp, responses(
    (status = 204),
    (status = 403, description = "`wrong_password`, `totp_required`, `totp_invalid`", body = Problem),
    (status = 409, description = "`totp_not_enabled`", body = Problem)))]
#[delete("/users/me/totp")]
async fn disable_totp(app: Data<App>, user: User, body: Json<ProveTotp>) -> Result<HttpResponse, Problem> {
    app.limits.password(user.0.account).await?;
    app.accounts.disable_totp(&user.0, body.claim()).await?;
    // Whoever needs one for what they may do may not do it any more.
    app.gate.forget_account(user.0.account).await;
    Ok(HttpResponse::NoContent().finish())
}

/// Take somebody's second factor away who lost the device and the recovery codes. They are logged out everywhere and told
/// by mail. One's own goes by `DELETE /users/me/totp` alone.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses(
    (status = 204), (status = 404, body = Problem),
    (status = 409, description = "`status_not_allowed`: the account was erased", body = Problem)))]
#[delete("/admin/users/{id}/totp")]
async fn reset_totp(app: Data<App>, admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let id = AccountId::from(id.into_inner());
    app.accounts.reset_totp(&admin.0, id).await?;
    app.gate.forget_account(id).await;
    Ok(HttpResponse::NoContent().finish())
}
