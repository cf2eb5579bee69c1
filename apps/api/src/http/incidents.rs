//! Cases of money that a person has to decide, and what was decided.

mod export;

use super::access::User;
use super::given::id;
use super::json::Json;
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::payments::{WhoseView, word};
use super::problem::Problem;
use super::staff::{managed, narrowed};
use crate::wiring::App;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use booking::office::{IncidentFilter, Of};
use booking::{Decided, Incident};
use chrono::{DateTime, Utc};
use kernel::{Actor, Invalid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Longest note, in characters.
pub const LONGEST_NOTE: usize = 1000;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_incidents).service(export::export_incidents).service(resolve_incident);
}

/// Which cases are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IncidentsQuery {
    /// `open` or `resolved`; all when absent.
    status: Option<String>,
    #[param(value_type = Option<Uuid>)]
    organisation_id: Option<String>,
}

/// A case for a person.
#[derive(Serialize, ToSchema)]
pub struct IncidentView {
    id: Uuid,
    /// `wrong_amount`, `wrong_currency`, `wrong_mode`, `second_charge`, `refund_failed`, `overdrawn` (more went
    /// back than was charged) and others.
    kind: &'static str,
    /// `open` or `resolved`.
    status: &'static str,
    #[serde(flatten)]
    whose: WhoseView,
    payment_id: Uuid,
    #[schema(required)]
    refund_id: Option<Uuid>,
    /// What was expected and what came.
    evidence: String,
    at: DateTime<Utc>,
    /// What a person decided; null while nobody has.
    #[schema(required)]
    resolution: Option<ResolutionView>,
}

/// What a person decided.
#[derive(Serialize, ToSchema)]
pub struct ResolutionView {
    /// `refund`, `accept` or `nothing`.
    resolution: &'static str,
    note: String,
    account_id: Uuid,
    at: DateTime<Utc>,
}

impl From<Of<Incident>> for IncidentView {
    fn from(Of { whose, what }: Of<Incident>) -> Self {
        Self {
            id: what.id.as_uuid(),
            kind: what.kind.as_str(),
            status: status(&what),
            whose: whose.into(),
            payment_id: what.payment.as_uuid(),
            refund_id: what.refund.map(|refund| refund.as_uuid()),
            evidence: what.evidence,
            at: what.at,
            resolution: what.resolved.map(|resolved| ResolutionView {
                resolution: resolved.decided.as_str(),
                note: resolved.note,
                account_id: resolved.by.as_uuid(),
                at: resolved.at,
            }),
        }
    }
}

/// The cases of a query, kept within what the actor may see.
async fn wanted(app: &App, actor: Actor, query: IncidentsQuery) -> Result<IncidentFilter, Problem> {
    let managed = managed(app, actor).await?;
    let mut wrong = Vec::new();
    let is_open = |text: &str| match text {
        "open" => Some(true),
        "resolved" => Some(false),
        _ => None,
    };
    let open = word("status", query.status, is_open, &mut wrong);
    let asked = id("organisation_id", query.organisation_id, &mut wrong);
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    Ok(IncidentFilter { organisations: narrowed(managed, asked), open })
}

/// Whether somebody has decided about a case.
fn status(incident: &Incident) -> &'static str {
    if incident.resolved.is_some() { "resolved" } else { "open" }
}

/// Cases for a person, the latest first.
#[utoipa::path(tag = "payments", security(("bearer" = [])), params(IncidentsQuery, PagingQuery), responses(
    (status = 200, body = PageView<IncidentView>), (status = 403, body = Problem), (status = 422, body = Problem)))]
#[get("/admin/payments/incidents")]
async fn list_incidents(
    app: Data<App>,
    user: User,
    query: Query<IncidentsQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let filter = wanted(&app, user.0, query.into_inner()).await?;
    let page = app.office.incidents(&filter, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, IncidentView::from)))
}

/// What is decided about a case.
#[derive(Deserialize, ToSchema)]
pub struct Resolve {
    resolution: ResolutionName,
    /// Why; 1 to 1000 characters.
    note: String,
}

/// What can be decided.
#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub enum ResolutionName {
    /// What came goes back; a refund that failed is made again.
    Refund,
    /// Another amount than asked for is taken as it came: the booking is paid.
    Accept,
    /// Nothing is done here.
    Nothing,
}

/// Decide about a case. The same decision again changes nothing.
#[utoipa::path(tag = "payments", security(("bearer" = [])), params(Once), request_body = Resolve, responses(
    (status = 200, body = IncidentView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`resolved_before`, `nothing_to_refund`, `not_refundable`, `not_acceptable`, \
        `sold_out`",
        body = Problem),
    (status = 422, body = Problem)))]
#[post("/admin/payments/incidents/{id}/resolve")]
async fn resolve_incident(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Json<Resolve>,
) -> Result<HttpResponse, Problem> {
    let managed = managed(&app, user.0).await?;
    let work = async {
        let note = body.note.trim();
        if note.is_empty() || note.chars().count() > LONGEST_NOTE {
            let message = "must have 1 to 1000 characters";
            return Err(Problem::invalid(vec![Invalid::new("note", "out_of_range", message)]));
        }
        let decided = match body.resolution {
            ResolutionName::Refund => Decided::Refund,
            ResolutionName::Accept => Decided::Accept,
            ResolutionName::Nothing => Decided::Nothing,
        };
        let id = id.into_inner().into();
        let incident = app.office.resolve(managed.as_deref(), id, (decided, note), &user.0).await?;
        Ok(HttpResponse::Ok().json(IncidentView::from(incident)))
    };
    once.run(&app, user.0.account, &body, work).await
}
