//! Invites that people give away out of their own budget.

use super::access::User;
use super::invites::{CreateInvites, InviteView, view};
use super::json::Json;
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, post};
use invites::{Budget, Given};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(my_invites).service(give_invites).service(revoke_my_invite);
}

/// How many accounts somebody may bring.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"total": 5, "spent": 3, "left": 2}))]
pub struct BudgetView {
    /// All in all.
    total: u32,
    /// What codes that still work could open, and what others have opened.
    spent: u32,
    /// What is left to give away.
    left: u32,
}

impl From<Budget> for BudgetView {
    fn from(budget: Budget) -> Self {
        Self { total: budget.total, spent: budget.spent, left: budget.left() }
    }
}

/// One's own invites, and what is left to give away.
#[derive(Serialize, ToSchema)]
pub struct MyInvitesView {
    /// The newest first.
    items: Vec<InviteView>,
    /// Where the next page begins; null on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
    budget: BudgetView,
}

/// The invites that were made, and what is left to give away.
#[derive(Serialize, ToSchema)]
pub struct GivenView {
    items: Vec<InviteView>,
    budget: BudgetView,
}

/// One's own invites, the newest first, and what is left to give away.
#[utoipa::path(tag = "invites", security(("bearer" = [])), params(PagingQuery),
    responses((status = 200, body = MyInvitesView)))]
#[get("/users/me/invites")]
async fn my_invites(app: Data<App>, user: User, paging: Paging) -> Result<HttpResponse, Problem> {
    let given = app.invites.given(user.0.account, paging.0).await?;
    let (page, budget) = given.ok_or_else(Problem::not_found)?;
    let PageView { items, next_cursor } = PageView::of(page, |invite| view(&app, invite));
    Ok(HttpResponse::Ok().json(MyInvitesView { items, next_cursor, budget: budget.into() }))
}

/// Make invites out of one's own budget. Every account that they could open counts; what was not used comes back when
/// an invite is taken back or has expired.
#[utoipa::path(tag = "invites", security(("bearer" = [])), params(Once), request_body = CreateInvites, responses(
    (status = 201, body = GivenView),
    (status = 409, description = "`invite_budget_exhausted`, `branch_frozen`, `branch_too_deep`", body = Problem),
    (status = 422, body = Problem)))]
#[post("/users/me/invites")]
async fn give_invites(
    app: Data<App>,
    user: User,
    once: Once,
    body: Json<CreateInvites>,
) -> Result<HttpResponse, Problem> {
    app.limits.invites(user.0.account).await?;
    let work = async {
        let wish = body.value.wish();
        // Whoever an invite is bound to gets a mail, from however many members.
        if let Some(typed) = &wish.email {
            app.limits.mail_to(typed).await?;
        }
        let Given { invites, budget } = app.invites.give(&wish, &user.0).await?;
        let items = invites.into_iter().map(|invite| view(&app, invite)).collect();
        let location = (header::LOCATION, "/api/v1/users/me/invites");
        let given = GivenView { items, budget: budget.into() };
        Ok(HttpResponse::Created().insert_header(location).json(given))
    };
    once.run(&app, user.0.account, &body, work).await
}

/// Take one of one's own invites back. The accounts it has opened stay; what was not used comes back to the budget.
#[utoipa::path(tag = "invites", security(("bearer" = [])), responses(
    (status = 204), (status = 404, body = Problem)))]
#[delete("/users/me/invites/{id}")]
async fn revoke_my_invite(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    app.invites.revoke_own(&user.0, id.into_inner().into()).await?;
    Ok(HttpResponse::NoContent().finish())
}
