//! Who did what: for admins all of it, for those who run events what was done to what is their organisation's.

use super::access::User;
use super::csv::{self, Cell, Lines};
use super::given::{id, instant};
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use super::staff::{managed, narrowed};
use crate::wiring::App;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use kernel::audit::{ActFilter, SealedAct};
use kernel::{Actor, Invalid, OrganisationId, PageRequest, Who};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Longest name of an act that is looked for.
const LONGEST: usize = 100;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_acts).service(export_acts);
}

/// Which acts are looked for; all that is given has to hold.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// What was done to things of this organisation.
    #[param(value_type = Option<Uuid>)]
    organisation_id: Option<String>,
    /// What was done to this very thing: a booking, an event, an account.
    #[param(value_type = Option<Uuid>)]
    subject_id: Option<String>,
    /// What this person did.
    #[param(value_type = Option<Uuid>)]
    account_id: Option<String>,
    /// One act, as `event.publish`, or all of one kind, as `event`.
    act: Option<String>,
    /// From this instant on.
    #[param(value_type = Option<DateTime<Utc>>)]
    from: Option<String>,
    /// Before this instant.
    #[param(value_type = Option<DateTime<Utc>>)]
    to: Option<String>,
}

impl AuditQuery {
    fn read(self) -> Result<(ActFilter, Option<OrganisationId>), Problem> {
        let mut wrong = Vec::new();
        let organisation = id("organisation_id", self.organisation_id, &mut wrong);
        let act = self.act.filter(|act| !act.is_empty());
        if act.as_ref().is_some_and(|act| act.chars().count() > LONGEST) {
            wrong.push(Invalid::new("act", "too_long", "must have at most 100 characters"));
        }
        let filter = ActFilter {
            organisations: None,
            subject: id("subject_id", self.subject_id, &mut wrong),
            account: id("account_id", self.account_id, &mut wrong),
            act,
            from: instant("from", self.from, &mut wrong),
            to: instant("to", self.to, &mut wrong),
        };
        if wrong.is_empty() { Ok((filter, organisation)) } else { Err(Problem::invalid(wrong)) }
    }
}

/// One thing that was done.
#[derive(Serialize, ToSchema)]
pub struct ActView {
    id: Uuid,
    at: DateTime<Utc>,
    actor: ActorView,
    /// What was done, noun and verb.
    #[schema(example = "event.publish")]
    act: String,
    subject: SubjectView,
    #[schema(required)]
    organisation_id: Option<Uuid>,
    /// The `X-Request-Id` of the request in which it was done.
    #[schema(required)]
    request_id: Option<String>,
    /// What changed, as it was before.
    #[schema(required, value_type = Option<Object>)]
    before: Option<Value>,
    /// What changed, as it is after.
    #[schema(required, value_type = Option<Object>)]
    after: Option<Value>,
    /// Its number in the sealed chain; null for the moment until it is sealed.
    #[schema(required)]
    number: Option<u64>,
}

/// Who did it.
#[derive(Serialize, ToSchema)]
pub struct ActorView {
    /// `account`, `provider`, `system` or `command_line`.
    #[schema(example = "account")]
    kind: &'static str,
    #[schema(required)]
    account_id: Option<Uuid>,
    /// The payment provider that told of it.
    #[schema(required)]
    provider: Option<String>,
}

/// To what it was done.
#[derive(Serialize, ToSchema)]
pub struct SubjectView {
    #[schema(example = "event")]
    kind: String,
    id: Uuid,
}

impl From<&Who> for ActorView {
    fn from(who: &Who) -> Self {
        Self {
            kind: who.kind(),
            account_id: who.account().map(|account| account.as_uuid()),
            provider: who.provider().map(str::to_owned),
        }
    }
}

impl From<SealedAct> for ActView {
    fn from(SealedAct { act, seal }: SealedAct) -> Self {
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            id: act.id.as_uuid(),
            at: act.at,
            actor: ActorView::from(&act.who),
            act: act.act.into_owned(),
            subject: SubjectView { kind: act.subject.kind.into_owned(), id: act.subject.id },
            organisation_id: act.organisation.map(|organisation| organisation.as_uuid()),
            request_id: act.request.map(|request| request.to_string()),
            before: json(act.before),
            after: json(act.after),
            number: seal.map(|seal| seal.seq),
        }
    }
}

/// What of the wish is the actor's to see: admins see all, others what belongs to organisations that they run.
async fn allowed(app: &App, actor: Actor, wish: AuditQuery) -> Result<ActFilter, Problem> {
    let managed = managed(app, actor).await?;
    let (filter, asked) = wish.read()?;
    Ok(ActFilter { organisations: narrowed(managed, asked), ..filter })
}

/// What was done, the newest first.
#[utoipa::path(tag = "operations", security(("bearer" = [])), params(AuditQuery, PagingQuery), responses(
    (status = 200, body = PageView<ActView>),
    (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/audit")]
async fn list_acts(
    app: Data<App>,
    user: User,
    query: Query<AuditQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let filter = allowed(&app, user.0, query.into_inner()).await?;
    let page = app.audit.acts(&filter, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, ActView::from)))
}

/// The same as a table, whole: comma-separated, with a line of names first. One that breaks off is not whole.
#[utoipa::path(tag = "operations", security(("bearer" = [])), params(AuditQuery), responses(
    (status = 200, body = String, content_type = "text/csv"),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/audit/export")]
async fn export_acts(app: Data<App>, user: User, query: Query<AuditQuery>) -> Result<HttpResponse, Problem> {
    let filter = allowed(&app, user.0, query.into_inner()).await?;
    let read = async move |page: PageRequest| app.audit.acts(&filter, page).await;
    Ok(csv::table("audit", &COLUMNS, read, row))
}

const COLUMNS: [&str; 12] = [
    "number",
    "at",
    "id",
    "actor_kind",
    "actor",
    "act",
    "subject_kind",
    "subject_id",
    "organisation_id",
    "request_id",
    "before",
    "after",
];

fn row(SealedAct { act, seal }: &SealedAct, lines: &mut Lines) {
    let account = act.who.account().map(|account| account.to_string());
    lines.add([
        Cell::some(seal.map(|seal| seal.seq)),
        Cell::instant(act.at),
        Cell::of(act.id),
        Cell::of(act.who.kind()),
        Cell::some(account.or_else(|| act.who.provider().map(str::to_owned))),
        Cell::of(&act.act),
        Cell::of(&act.subject.kind),
        Cell::of(act.subject.id),
        Cell::some(act.organisation),
        Cell::some(act.request),
        Cell::some(act.before.as_ref()),
        Cell::some(act.after.as_ref()),
    ]);
}
