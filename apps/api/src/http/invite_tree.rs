//! Who brought whom, and shutting a branch of that tree.

use super::access::Admin;
use super::given::one_id;
use super::json::{Json, Optional};
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use accounts::{Account, InviteTree, Status, Twig};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use invites::{Ancestor, Inviter, Ruling};
use kernel::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(invite_tree).service(freeze_branch).service(unfreeze_branch);
}

/// Which part of the tree is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TreeQuery {
    /// Whom this account brought; without it, all whom nobody brought.
    #[param(value_type = Option<Uuid>)]
    under: Option<String>,
}

/// Who somebody is; nothing but an id is left of who was erased.
#[derive(Serialize, ToSchema)]
pub struct TreePersonView {
    account_id: Uuid,
    #[schema(required, example = "Ada Byron")]
    name: Option<String>,
    #[schema(required)]
    email: Option<String>,
    #[schema(example = "active")]
    status: &'static str,
}

impl From<Account> for TreePersonView {
    fn from(account: Account) -> Self {
        let known = account.status != Status::Deleted;
        Self {
            account_id: account.id.as_uuid(),
            name: known.then(|| format!("{} {}", account.first_name, account.last_name)),
            email: known.then(|| account.email.to_string()),
            status: account.status.as_str(),
        }
    }
}

/// The latest word on a branch.
#[derive(Serialize, ToSchema)]
pub struct RulingView {
    frozen: bool,
    at: DateTime<Utc>,
    /// The admin.
    by: Uuid,
    #[schema(required, example = "Sold his codes.")]
    note: Option<String>,
}

impl From<Ruling> for RulingView {
    fn from(ruling: Ruling) -> Self {
        let Ruling { frozen, at, by, note } = ruling;
        Self { frozen, at, by: by.as_uuid(), note }
    }
}

/// An account in the tree, with what hangs on it.
#[derive(Serialize, ToSchema)]
pub struct TwigView {
    #[serde(flatten)]
    person: TreePersonView,
    /// Who brought it; null for a root.
    #[schema(required)]
    invited_by: Option<Uuid>,
    /// With what.
    #[schema(required)]
    invite_id: Option<Uuid>,
    joined_at: DateTime<Utc>,
    /// How many accounts it brought.
    invited: u32,
    /// How many stand anywhere below it.
    below: u32,
    /// Whether it, or anybody above it, is frozen: then nobody comes in by it.
    shut: bool,
    /// The latest word on its own branch; null when there never was one.
    #[schema(required)]
    ruling: Option<RulingView>,
}

/// An account on the way to the root.
#[derive(Serialize, ToSchema)]
pub struct AncestorView {
    #[serde(flatten)]
    person: TreePersonView,
    /// What it came in with; null for the root.
    #[schema(required)]
    invite_id: Option<Uuid>,
    /// Whether its own branch is frozen.
    frozen: bool,
}

/// A page of the tree.
#[derive(Serialize, ToSchema)]
pub struct TreeView {
    /// The newest first.
    items: Vec<TwigView>,
    /// Where the next page begins; null on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
    /// From the account that was asked about, which comes first, up to its root; empty above roots.
    path: Vec<AncestorView>,
}

impl From<InviteTree> for TreeView {
    fn from(tree: InviteTree) -> Self {
        let shut_above = tree.path.iter().any(|(ancestor, _)| ancestor.frozen);
        let twig = |Twig { branch, account }| TwigView {
            person: account.into(),
            invited_by: branch.inviter.map(AccountId::as_uuid),
            invite_id: branch.invite.map(|invite| invite.as_uuid()),
            joined_at: branch.joined_at,
            invited: branch.invited,
            below: branch.below,
            shut: shut_above || branch.ruling.as_ref().is_some_and(|ruling| ruling.frozen),
            ruling: branch.ruling.map(Into::into),
        };
        let above = |(Ancestor { invite, frozen, .. }, account): (_, Account)| AncestorView {
            person: account.into(),
            invite_id: invite.map(|invite| invite.as_uuid()),
            frozen,
        };
        let PageView { items, next_cursor } = PageView::of(tree.twigs, twig);
        Self { items, next_cursor, path: tree.path.into_iter().map(above).collect() }
    }
}

/// Who brought whom: the roots, or whom one account brought, with the way from it to its root.
#[utoipa::path(tag = "invites", security(("bearer" = [])), params(TreeQuery, PagingQuery), responses(
    (status = 200, body = TreeView), (status = 404, body = Problem), (status = 422, body = Problem)))]
#[get("/admin/invites/tree")]
async fn invite_tree(
    app: Data<App>,
    _admin: Admin,
    query: Query<TreeQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let under = one_id("under", query.into_inner().under)?;
    let tree = app.accounts.invite_tree(under, paging.0).await?;
    Ok(HttpResponse::Ok().json(TreeView::from(tree.ok_or_else(Problem::not_found)?)))
}

/// Why.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"note": "Sold his codes."}))]
pub struct RuleBranch {
    /// For admins, up to 500 characters.
    note: Option<String>,
}

/// How a branch stands.
#[derive(Serialize, ToSchema)]
pub struct BranchView {
    account_id: Uuid,
    /// Whether its own branch is frozen; one further up may be as well.
    frozen: bool,
    /// The latest word on it; null when there never was one.
    #[schema(required)]
    ruling: Option<RulingView>,
}

impl From<Inviter> for BranchView {
    fn from(inviter: Inviter) -> Self {
        let frozen = inviter.is_frozen();
        Self { account_id: inviter.account.as_uuid(), frozen, ruling: inviter.ruling.map(Into::into) }
    }
}

fn note(body: Optional<RuleBranch>) -> Option<String> {
    body.0.map(Json::into_inner).and_then(|body| body.note)
}

/// Freeze an account's branch: from now on nobody comes in by it or by anybody below it, and none of them makes
/// invites. Who is in stays in. Again changes nothing.
#[utoipa::path(tag = "invites", security(("bearer" = [])), request_body = Option<RuleBranch>, responses(
    (status = 200, body = BranchView), (status = 404, body = Problem), (status = 422, body = Problem)))]
#[post("/admin/invites/tree/{account}/freeze")]
async fn freeze_branch(
    app: Data<App>,
    admin: Admin,
    account: Path<Uuid>,
    body: Optional<RuleBranch>,
) -> Result<HttpResponse, Problem> {
    let inviter = app.invites.freeze(&admin.0, account.into_inner().into(), note(body)).await?;
    Ok(HttpResponse::Ok().json(BranchView::from(inviter)))
}

/// Open a branch again. It stays shut while anybody above is frozen.
#[utoipa::path(tag = "invites", security(("bearer" = [])), request_body = Option<RuleBranch>, responses(
    (status = 200, body = BranchView), (status = 404, body = Problem), (status = 422, body = Problem)))]
#[post("/admin/invites/tree/{account}/unfreeze")]
async fn unfreeze_branch(
    app: Data<App>,
    admin: Admin,
    account: Path<Uuid>,
    body: Optional<RuleBranch>,
) -> Result<HttpResponse, Problem> {
    let inviter = app.invites.unfreeze(&admin.0, account.into_inner().into(), note(body)).await?;
    Ok(HttpResponse::Ok().json(BranchView::from(inviter)))
}
