//! One's own account.

use super::access::User;
use super::json::{Json, Optional};
use super::problem::Problem;
use crate::wiring::App;
use accounts::{Account, AccountChange, Network, ProfileChange, Session, device};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, patch};
use chrono::{DateTime, Utc};
use kernel::{AccountId, Language, Role, SessionId};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(me).service(update_me).service(delete_me).service(sessions).service(end_session);
}

/// A person, as they and admins see them.
#[derive(Serialize, ToSchema)]
pub struct UserView {
    id: Uuid,
    email: String,
    /// Whether mail to it was shown to arrive.
    email_verified: bool,
    first_name: String,
    last_name: String,
    #[schema(example = "member")]
    role: &'static str,
    #[schema(example = "active")]
    status: &'static str,
    /// Which language mails and tickets come in, `de` or `en`; null, which means English, until that is known.
    #[schema(required, example = "de")]
    language: Option<&'static str>,
    profile: ProfileView,
    /// What the person may do on the whole platform.
    permissions: Vec<&'static str>,
    created_at: DateTime<Utc>,
}

/// What people tell about themselves.
#[derive(Serialize, ToSchema)]
pub struct ProfileView {
    #[schema(required)]
    bio: Option<String>,
    #[schema(required)]
    location: Option<String>,
    #[schema(required)]
    phone: Option<String>,
    #[schema(required)]
    website: Option<String>,
    social_links: BTreeMap<String, String>,
    #[schema(value_type = Object)]
    preferences: BTreeMap<String, Value>,
}

impl UserView {
    /// Somebody as they are now.
    ///
    /// # Errors
    /// When it is not known whether they lack a second factor.
    pub async fn of(app: &App, account: Account) -> Result<Self, Problem> {
        let lacking = app.accounts.lacking_totp(&[&account]).await?;
        Ok(Self::acting(account, &lacking))
    }

    /// Somebody who acts as a member when they are among those that lack the second factor which admins need.
    #[must_use]
    pub fn acting(account: Account, lacking: &BTreeSet<AccountId>) -> Self {
        let role = if lacking.contains(&account.id) { Role::Member } else { account.role };
        let profile = account.profile;
        Self {
            id: account.id.as_uuid(),
            email: account.email.to_string(),
            email_verified: account.email_verified_at.is_some(),
            first_name: account.first_name,
            last_name: account.last_name,
            role: account.role.as_str(),
            status: account.status.as_str(),
            language: account.language.map(Language::tag),
            profile: ProfileView {
                bio: profile.bio,
                location: profile.location,
                phone: profile.phone,
                website: profile.website,
                social_links: profile.social_links,
                preferences: profile.preferences,
            },
            permissions: permissions(role),
            created_at: account.created_at,
        }
    }
}

fn permissions(role: Role) -> Vec<&'static str> {
    match role {
        Role::Member => vec!["tickets.buy"],
        Role::Admin => {
            vec!["tickets.buy", "users.manage", "invites.manage", "events.manage", "payments.manage"]
        }
    }
}

/// Oneself.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses((status = 200, body = UserView)))]
#[get("/users/me")]
async fn me(app: Data<App>, user: User) -> Result<HttpResponse, Problem> {
    let account = app.accounts.account(user.0.account).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(UserView::of(&app, account).await?))
}

/// What of oneself changes; what is not sent stays.
#[derive(Deserialize, ToSchema)]
pub struct UpdateMe {
    first_name: Option<String>,
    last_name: Option<String>,
    /// In which language one wants mails: `de` or `en`.
    language: Option<String>,
    #[serde(default)]
    profile: ProfilePatch,
}

/// What of the profile changes; what is not sent stays, and null empties.
#[derive(Deserialize, Default, ToSchema)]
#[serde(default)]
pub struct ProfilePatch {
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    bio: Option<Option<String>>,
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    location: Option<Option<String>>,
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    website: Option<Option<String>>,
    social_links: Option<BTreeMap<String, String>>,
    #[schema(value_type = Option<Object>)]
    preferences: Option<BTreeMap<String, Value>>,
}

/// Tells a field that was sent as null from one that was not sent.
fn sent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl From<UpdateMe> for AccountChange {
    fn from(body: UpdateMe) -> Self {
        let profile = body.profile;
        Self {
            first_name: body.first_name,
            last_name: body.last_name,
            language: body.language,
            profile: ProfileChange {
                bio: profile.bio,
                location: profile.location,
                phone: profile.phone,
                website: profile.website,
                social_links: profile.social_links,
                preferences: profile.preferences,
            },
        }
    }
}

/// Change one's name, language and profile.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), request_body = UpdateMe, responses(
    (status = 200, body = UserView), (status = 422, body = Problem)))]
#[patch("/users/me")]
async fn update_me(app: Data<App>, user: User, body: Json<UpdateMe>) -> Result<HttpResponse, Problem> {
    let account = app.accounts.update_profile(&user.0, body.into_inner().into()).await?;
    Ok(HttpResponse::Ok().json(UserView::of(&app, account).await?))
}

/// The password, once more.
#[derive(Deserialize, ToSchema)]
pub struct DeleteMe {
    #[schema(format = Password)]
    password: Option<String>,
    /// A code of the second factor, or a recovery code: where there is one, and one logged in longer than ten minutes ago.
    totp: Option<String>,
}

/// Erase one's account for good. There is no way back: the body with the password can be left out only within ten
/// minutes of logging in.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), request_body = Option<DeleteMe>, responses(
    (status = 204),
    (status = 403, description = "`wrong_password`, `password_needed`, `totp_required`, `totp_invalid`", body = Problem),
    (status = 409, description = "`last_admin`", body = Problem)))]
#[delete("/users/me")]
async fn delete_me(app: Data<App>, user: User, body: Optional<DeleteMe>) -> Result<HttpResponse, Problem> {
    app.limits.password(user.0.account).await?;
    let (password, totp) =
        body.0.map(Json::into_inner).map_or((None, None), |body| (body.password, body.totp));
    app.accounts.delete_account(&user.0, password.as_deref(), totp.as_deref()).await?;
    app.gate.forget_account(user.0.account).await;
    Ok(HttpResponse::NoContent().finish())
}

/// Where one is logged in.
#[derive(Serialize, ToSchema)]
pub struct LoginView {
    id: Uuid,
    /// What the device called itself.
    #[schema(required)]
    user_agent: Option<String>,
    /// What it seems to be by that, as "Firefox on Android"; null when that is not known.
    #[schema(required)]
    device: Option<String>,
    /// Where on the network one logged in: the /24 of an IPv4 address or the /48 of an IPv6 one.
    #[schema(required, example = "203.0.113.0/24")]
    network: Option<String>,
    /// Where it was refreshed last.
    #[schema(required, example = "203.0.113.0/24")]
    last_network: Option<String>,
    created_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    current: bool,
}

/// All places where one is logged in.
#[derive(Serialize, ToSchema)]
pub struct LoginsView {
    items: Vec<LoginView>,
    /// Always null: there is one page.
    next_cursor: Option<String>,
}

fn login_view(session: Session, asking: SessionId) -> LoginView {
    let text = |network: Option<Network>| network.map(|network| network.as_str().to_owned());
    LoginView {
        id: session.id.as_uuid(),
        device: session.user_agent.as_deref().and_then(device),
        network: text(session.network),
        last_network: text(session.last_network),
        user_agent: session.user_agent,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.expires_at,
        current: session.id == asking,
    }
}

/// Where one is logged in, the newest first.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses((status = 200, body = LoginsView)))]
#[get("/users/me/sessions")]
async fn sessions(app: Data<App>, user: User) -> Result<HttpResponse, Problem> {
    let sessions = app.accounts.sessions(&user.0).await?;
    let items = sessions.into_iter().map(|session| login_view(session, user.0.session)).collect();
    Ok(HttpResponse::Ok().json(LoginsView { items, next_cursor: None }))
}

/// Log one device out.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), responses(
    (status = 204), (status = 404, body = Problem)))]
#[delete("/users/me/sessions/{id}")]
async fn end_session(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let id = SessionId::from(id.into_inner());
    app.accounts.end_session(&user.0, id).await?;
    app.gate.forget_session(id).await;
    Ok(HttpResponse::NoContent().finish())
}
