//! Invites: made and taken back by admins; whether a code is valid, for everybody.

mod export;

use super::access::Admin;
use super::json::Json;
use super::once::Once;

use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use chrono::{DateTime, Utc};
use invites::{Invite, NewInvites};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(create_invites)
        .service(list_invites)
        .service(export::export_invites)
        .service(revoke_invite)
        .service(check_invite);
}

/// Which invites to make.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"count": 1, "max_uses": 2, "expires_at": "2031-01-01T00:00:00Z", "note": "for friends"}))]
pub struct CreateInvites {
    /// How many codes: 1 to 100.
    #[serde(default = "one")]
    #[schema(default = 1, minimum = 1, maximum = 100)]
    count: u32,
    /// How many accounts each may open: 1 to 1000.
    #[serde(default = "one")]
    #[schema(default = 1, minimum = 1, maximum = 1000)]
    max_uses: u32,
    /// Until when; in the future.
    expires_at: Option<DateTime<Utc>>,
    /// The only address that may use it; the code is mailed there.
    email: Option<String>,
    /// For the maker, up to 500 characters.
    note: Option<String>,
}

const fn one() -> u32 {
    1
}

impl CreateInvites {
    /// As the use cases want to know it.
    pub(super) fn wish(&self) -> NewInvites {
        NewInvites {
            count: self.count,
            max_uses: self.max_uses,
            expires_at: self.expires_at,
            email: self.email.clone(),
            note: self.note.clone(),
        }
    }
}

/// An invite, as its maker and admins see it.
#[derive(Serialize, ToSchema)]
pub struct InviteView {
    id: Uuid,
    /// What a person signs up with.
    #[schema(example = "7K3M-2QFX-9RTD")]
    code: String,
    max_uses: u32,
    used: u32,
    #[schema(required)]
    expires_at: Option<DateTime<Utc>>,
    #[schema(required)]
    revoked_at: Option<DateTime<Utc>>,
    #[schema(required)]
    email: Option<String>,
    #[schema(required)]
    note: Option<String>,
    created_by: Uuid,
    /// Whether it is taken out of its maker's budget.
    counted: bool,
    created_at: DateTime<Utc>,
}

/// The invites that were made.
#[derive(Serialize, ToSchema)]
pub struct InvitesView {
    items: Vec<InviteView>,
}

/// An invite with its code, for those who may see it.
pub(super) fn view(app: &App, invite: Invite) -> InviteView {
    InviteView {
        id: invite.id.as_uuid(),
        code: app.invites.code(&invite).to_string(),
        max_uses: invite.max_uses,
        used: invite.used,
        expires_at: invite.expires_at,
        revoked_at: invite.revoked_at,
        email: invite.email.map(String::from),
        note: invite.note,
        created_by: invite.created_by.as_uuid(),
        counted: invite.counted,
        created_at: invite.created_at,
    }
}

/// Make invites, beside every budget.
#[utoipa::path(tag = "invites", security(("bearer" = [])), params(Once), request_body = CreateInvites, responses(
    (status = 201, body = InvitesView),
    (status = 409, description = "`branch_frozen`, `branch_too_deep`", body = Problem),
    (status = 422, body = Problem)))]
#[post("/admin/invites")]
async fn create_invites(
    app: Data<App>,
    admin: Admin,
    once: Once,
    body: Json<CreateInvites>,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let made = app.invites.create(&body.value.wish(), &admin.0).await?;
        let items = made.into_iter().map(|invite| view(&app, invite)).collect();
        let location = (header::LOCATION, "/api/v1/admin/invites");
        Ok(HttpResponse::Created().insert_header(location).json(InvitesView { items }))
    };
    once.run(&app, admin.0.account, &body, work).await
}

/// All invites, the newest first.
#[utoipa::path(tag = "invites", security(("bearer" = [])), params(PagingQuery),
    responses((status = 200, body = PageView<InviteView>)))]
#[get("/admin/invites")]
async fn list_invites(app: Data<App>, _admin: Admin, paging: Paging) -> Result<HttpResponse, Problem> {
    let page = app.invites.list(None, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |invite| view(&app, invite))))
}

/// Take an invite back. The accounts it has opened stay.
#[utoipa::path(tag = "invites", security(("bearer" = [])), responses(
    (status = 204), (status = 404, body = Problem)))]
#[delete("/admin/invites/{id}")]
async fn revoke_invite(app: Data<App>, admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    app.invites.revoke(&admin.0, id.into_inner().into()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Whether a code could open an account now.
#[derive(Serialize, ToSchema)]
pub struct ValidityView {
    valid: bool,
}

/// Ask whether an invite code is valid.
#[utoipa::path(tag = "invites", responses((status = 200, body = ValidityView)))]
#[get("/invites/{code}")]
async fn check_invite(
    app: Data<App>,
    request: HttpRequest,
    code: Path<String>,
) -> Result<HttpResponse, Problem> {
    app.limits.codes(&request).await?;
    let valid = app.invites.check(&code).await?;
    Ok(HttpResponse::Ok().json(ValidityView { valid }))
}
