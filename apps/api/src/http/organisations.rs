//! Organisations, and who works there.

use super::access::{Admin, User};
use super::json::Json;
use super::problem::Problem;
use crate::wiring::App;
use accounts::{Account, Status};
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, patch, post};
use chrono::{DateTime, Utc};
use events::access::{Grant, Right};
use events::{Member, Organisation, Standing};
use kernel::{AccountId, Email, Invalid, OrganisationId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_organisations)
        .service(create_organisation)
        .service(show_organisation)
        .service(rename_organisation)
        .service(remove_organisation)
        .service(list_members)
        .service(set_member)
        .service(remove_member);
}

/// Who runs events.
#[derive(Serialize, ToSchema)]
pub struct OrganisationView {
    id: Uuid,
    name: String,
    slug: String,
    /// As what one works there: `owner`, `manager` or `door`; null for admins who do not.
    #[schema(required, example = "owner")]
    role: Option<&'static str>,
    created_at: DateTime<Utc>,
}

/// Organisations.
#[derive(Serialize, ToSchema)]
pub struct OrganisationsView {
    items: Vec<OrganisationView>,
    /// Always null: there is one page.
    next_cursor: Option<String>,
}

fn view(organisation: Organisation, grant: &Grant) -> OrganisationView {
    let own = grant.memberships.iter().find(|member| member.organisation == organisation.id);
    OrganisationView {
        id: organisation.id.as_uuid(),
        name: organisation.name,
        slug: organisation.slug,
        role: own.map(|member| member.standing.as_str()),
        created_at: organisation.created_at,
    }
}

/// The organisations that one works for; all of them for admins.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = OrganisationsView), (status = 403, body = Problem)))]
#[get("/admin/organisations")]
async fn list_organisations(app: Data<App>, user: User) -> Result<HttpResponse, Problem> {
    let grant = app.events.grant(user.0).await?;
    let all = app.events.organisations(user.0).await?;
    let items = all.into_iter().map(|organisation| view(organisation, &grant)).collect();
    Ok(HttpResponse::Ok().json(OrganisationsView { items, next_cursor: None }))
}

/// One of the organisations that one works for.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = OrganisationView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/organisations/{id}")]
async fn show_organisation(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let id = OrganisationId::from(id.into_inner());
    let grant = app.events.grant(user.0).await?;
    let all = app.events.organisations(user.0).await?;
    let found = all.into_iter().find(|organisation| organisation.id == id).ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(view(found, &grant)))
}

/// An organisation, as an admin sends it.
#[derive(Deserialize, ToSchema)]
pub struct OrganisationBody {
    /// One line of up to 100 characters.
    name: String,
    /// Lower-case letters, digits and single hyphens; made from the name when absent.
    slug: Option<String>,
}

/// Add an organisation.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = OrganisationBody, responses(
    (status = 201, body = OrganisationView),
    (status = 403, body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/organisations")]
async fn create_organisation(
    app: Data<App>,
    admin: Admin,
    body: Json<OrganisationBody>,
) -> Result<HttpResponse, Problem> {
    let made = app.events.create_organisation(admin.0, &body.name, body.slug.as_deref()).await?;
    let grant = app.events.grant(admin.0).await?;
    let location = (header::LOCATION, format!("/api/v1/admin/organisations/{}", made.id));
    Ok(HttpResponse::Created().insert_header(location).json(view(made, &grant)))
}

/// What changes of an organisation.
#[derive(Deserialize, ToSchema)]
pub struct OrganisationEdit {
    /// One line of up to 100 characters.
    #[schema(example = "Harbour nights")]
    name: String,
}

/// Give an organisation another name. Its slug stays, and so does what was printed with the old name.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = OrganisationEdit, responses(
    (status = 200, body = OrganisationView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[patch("/admin/organisations/{id}")]
async fn rename_organisation(
    app: Data<App>,
    admin: Admin,
    id: Path<Uuid>,
    body: Json<OrganisationEdit>,
) -> Result<HttpResponse, Problem> {
    let renamed = app.events.rename_organisation(admin.0, id.into_inner().into(), &body.name).await?;
    let grant = app.events.grant(admin.0).await?;
    Ok(HttpResponse::Ok().json(view(renamed, &grant)))
}

/// Remove an organisation that has no events, halls, bookings or documents. Nobody works there any more then.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 204),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`organisation_in_use`", body = Problem)))]
#[delete("/admin/organisations/{id}")]
async fn remove_organisation(app: Data<App>, admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let id = OrganisationId::from(id.into_inner());
    for member in app.events.remove_organisation(admin.0, id).await? {
        app.answers.standing_changed(member.account);
    }
    // Without an organisation nothing happens that they would be called for.
    app.hooks.remove_all(&admin.0, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Somebody who works for an organisation.
#[derive(Serialize, ToSchema)]
pub struct MemberView {
    account_id: Uuid,
    email: String,
    first_name: String,
    last_name: String,
    /// `owner`, `manager` or `door`.
    #[schema(example = "door")]
    role: &'static str,
    added_at: DateTime<Utc>,
}

fn member_view(member: Member, account: Account) -> MemberView {
    MemberView {
        account_id: member.account.as_uuid(),
        email: account.email.into(),
        first_name: account.first_name,
        last_name: account.last_name,
        role: member.standing.as_str(),
        added_at: member.added_at,
    }
}

/// Those who work for an organisation.
#[derive(Serialize, ToSchema)]
pub struct MembersView {
    items: Vec<MemberView>,
    /// Always null: there is one page.
    next_cursor: Option<String>,
}

/// Who works for an organisation, for those who run its events.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = MembersView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/organisations/{id}/members")]
async fn list_members(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let members = app.events.members(user.0, id.into_inner().into()).await?;
    let people = people(&app, &members).await?;
    let mut people: HashMap<AccountId, Account> =
        people.into_iter().map(|account| (account.id, account)).collect();
    // Who was erased a moment ago is a member until the worker has ended that, and nobody to show.
    let shown = members
        .into_iter()
        .filter_map(|member| people.remove(&member.account).map(|account| member_view(member, account)));
    let items = shown.collect();
    Ok(HttpResponse::Ok().json(MembersView { items, next_cursor: None }))
}

/// The accounts of members, in no order, without those that are erased.
async fn people(app: &App, members: &[Member]) -> Result<Vec<Account>, Problem> {
    let ids: Vec<AccountId> = members.iter().map(|member| member.account).collect();
    Ok(app.accounts.people(&ids).await?)
}

/// Whom to give a role: by account or by address.
#[derive(Deserialize, ToSchema)]
pub struct MemberBody {
    account_id: Option<Uuid>,
    /// Instead of `account_id`.
    email: Option<String>,
    /// `owner`, `manager` or `door`.
    #[schema(value_type = String, example = "door")]
    role: Standing,
}

/// Give somebody a role in an organisation, in place of the one they may have there.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = MemberBody, responses(
    (status = 201, body = MemberView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`last_owner`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/organisations/{id}/members")]
async fn set_member(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<MemberBody>,
) -> Result<HttpResponse, Problem> {
    let organisation = OrganisationId::from(id.into_inner());
    // Only those who decide here learn which accounts there are.
    app.events.grant(user.0).await?.require(organisation, Right::Own)?;
    let account = account(&app, &body).await?;
    let member = app.events.set_member(user.0, organisation, account.id, body.role).await?;
    app.answers.standing_changed(account.id);
    let location = format!("/api/v1/admin/organisations/{organisation}/members/{}", account.id);
    let location = (header::LOCATION, location);
    Ok(HttpResponse::Created().insert_header(location).json(member_view(member, account)))
}

async fn account(app: &App, body: &MemberBody) -> Result<Account, Problem> {
    let (field, found) = match (body.account_id, &body.email) {
        (Some(id), None) => ("account_id", app.accounts.account(id.into()).await?),
        (None, Some(typed)) => match Email::parse(typed) {
            Ok(email) => ("email", app.accounts.store.account_by_email(&email).await?),
            Err(_) => {
                let wrong = Invalid::new("email", "malformed", "must be an e-mail address");
                return Err(Problem::invalid(vec![wrong]));
            }
        },
        (None, None) | (Some(_), Some(_)) => {
            let wrong = Invalid::new("account_id", "required", "give either account_id or email");
            return Err(Problem::invalid(vec![wrong]));
        }
    };
    found.filter(|account| account.status != Status::Deleted).ok_or_else(|| {
        Problem::invalid(vec![Invalid::new(field, "unknown_account", "there is no such account")])
    })
}

/// End somebody's role in an organisation.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 204),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`last_owner`", body = Problem)))]
#[delete("/admin/organisations/{id}/members/{account_id}")]
async fn remove_member(app: Data<App>, user: User, ids: Path<(Uuid, Uuid)>) -> Result<HttpResponse, Problem> {
    let (organisation, account) = ids.into_inner();
    let (organisation, account) = (OrganisationId::from(organisation), AccountId::from(account));
    app.events.remove_member(user.0, organisation, account).await?;
    app.answers.standing_changed(account);
    Ok(HttpResponse::NoContent().finish())
}
