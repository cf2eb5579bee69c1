//! People, as admins manage them, and what each may give away.

use super::access::Admin;
use super::accounts::UserView;
use super::csv::{self, Cell, Lines};
use super::json::Json;
use super::my_invites::BudgetView;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use accounts::{Account, AccountFilter, Status};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, patch, put};
use kernel::{AccountId, Invalid, PageRequest, Role};
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_users)
        .service(export_users)
        .service(update_user)
        .service(invite_budget)
        .service(set_invite_budget);
}

/// Which people are looked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsersQuery {
    /// In address or name, anywhere.
    query: Option<String>,
    /// `active`, `pending`, `suspended`, `rejected` or `deleted`; without it all but deleted ones.
    status: Option<String>,
}

impl UsersQuery {
    fn read(self) -> Result<AccountFilter, Problem> {
        let status = self.status.map(|text| text.parse::<Status>()).transpose();
        let status = status.map_err(|_| {
            Problem::invalid(vec![Invalid::new("status", "unknown", "must be a status of an account")])
        })?;
        Ok(AccountFilter { query: self.query, status })
    }
}

/// People, the newest first.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), params(UsersQuery, PagingQuery), responses(
    (status = 200, body = PageView<UserView>), (status = 422, body = Problem)))]
#[get("/admin/users")]
async fn list_users(
    app: Data<App>,
    _admin: Admin,
    query: Query<UsersQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let page = app.accounts.list(query.into_inner().read()?, paging.0).await?;
    let lacking = app.accounts.lacking_totp(&page.items.iter().collect::<Vec<_>>()).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |account| UserView::acting(account, &lacking))))
}

const COLUMNS: [&str; 8] =
    ["id", "created_at", "email", "email_verified", "first_name", "last_name", "role", "status"];

fn row(account: &Account, lines: &mut Lines) {
    lines.add([
        Cell::of(account.id),
        Cell::instant(account.created_at),
        Cell::of(&account.email),
        Cell::of(account.email_verified_at.is_some()),
        Cell::of(&account.first_name),
        Cell::of(&account.last_name),
        Cell::of(account.role.as_str()),
        Cell::of(account.status.as_str()),
    ]);
}

/// The same people as a table (CSV), the newest first. It is made while it is sent; one that breaks off is not whole. Who
/// takes it is on record.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), params(UsersQuery), responses(
    (status = 200, content_type = "text/csv", body = String), (status = 422, body = Problem)))]
#[get("/admin/users/export")]
async fn export_users(
    app: Data<App>,
    admin: Admin,
    query: Query<UsersQuery>,
) -> Result<HttpResponse, Problem> {
    let filter = query.into_inner().read()?;
    app.accounts.take_out(filter.clone(), &admin.0).await?;
    let read = async move |page: PageRequest| app.accounts.list(filter.clone(), page).await;
    Ok(csv::table("users", &COLUMNS, read, row))
}

/// What of someone's standing changes; what is not sent stays.
#[derive(Deserialize, ToSchema)]
pub struct UpdateUser {
    /// `active`, `suspended` or, for who awaits approval, `rejected`.
    #[schema(value_type = Option<String>)]
    status: Option<Status>,
    /// `member` or `admin`.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
}

/// Suspend someone, let them in again, or change their role.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), request_body = UpdateUser, responses(
    (status = 200, body = UserView),
    (status = 404, body = Problem),
    (status = 409, description = "`last_admin`, `status_not_allowed`", body = Problem)))]
#[patch("/admin/users/{id}")]
async fn update_user(
    app: Data<App>,
    admin: Admin,
    id: Path<Uuid>,
    body: Json<UpdateUser>,
) -> Result<HttpResponse, Problem> {
    let id = AccountId::from(id.into_inner());
    let account = app.accounts.change_standing(&admin.0, id, body.status, body.role).await?;
    app.gate.forget_account(id).await;
    Ok(HttpResponse::Ok().json(UserView::of(&app, account).await?))
}

/// How many accounts somebody may bring.
#[utoipa::path(tag = "invites", security(("bearer" = [])), responses(
    (status = 200, body = BudgetView), (status = 404, body = Problem)))]
#[get("/admin/users/{id}/invite-budget")]
async fn invite_budget(app: Data<App>, _admin: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let budget = app.invites.budget(id.into_inner().into()).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(BudgetView::from(budget)))
}

/// How many accounts somebody shall be able to bring.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"budget": 5}))]
pub struct SetBudget {
    /// 0 to 100000, and no less than what was spent; null: as many as everybody.
    #[serde(deserialize_with = "sent")]
    #[schema(required, minimum = 0, maximum = 100_000)]
    budget: Option<u32>,
}

/// Null has to be sent to mean something.
fn sent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Option::deserialize(deserializer)
}

/// Set how many accounts somebody may bring.
#[utoipa::path(tag = "invites", security(("bearer" = [])), request_body = SetBudget, responses(
    (status = 200, body = BudgetView),
    (status = 404, body = Problem),
    (status = 422, description = "`invalid_input`; the field's code is `below_spent` when more was given away",
        body = Problem)))]
#[put("/admin/users/{id}/invite-budget")]
async fn set_invite_budget(
    app: Data<App>,
    admin: Admin,
    id: Path<Uuid>,
    body: Json<SetBudget>,
) -> Result<HttpResponse, Problem> {
    let budget = app.invites.set_budget(&admin.0, id.into_inner().into(), body.budget).await?;
    Ok(HttpResponse::Ok().json(BudgetView::from(budget)))
}
