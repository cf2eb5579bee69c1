//! The same work as a table, to be saved.

use super::JobsQuery;
use crate::http::access::Admin;
use crate::http::csv::{self, Cell, Lines};
use crate::http::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use kernel::outbox::{OwedWork, WorkFilter};
use kernel::{Act, Actor, PageRequest, Subject, Timestamp};
use serde_json::json;

const COLUMNS: [&str; 9] =
    ["id", "domain", "kind", "state", "attempts", "due_at", "leased_until", "parked_at", "error"];

fn row(work: &OwedWork, lines: &mut Lines) {
    let instant = |at: Option<Timestamp>| at.map_or(Cell::NOTHING, Cell::instant);
    lines.add([
        Cell::of(work.id),
        Cell::of(&work.domain),
        Cell::some(work.kind.as_ref()),
        Cell::of(work.standing().as_str()),
        Cell::of(work.attempts),
        Cell::instant(work.due_at),
        instant(work.leased_until),
        instant(work.parked_at),
        Cell::some(work.error.as_ref()),
    ]);
}

/// That somebody takes it: what a mail server said is in it, with the recipient's address.
fn taken(by: &Actor, filter: &WorkFilter, now: Timestamp) -> Act {
    let narrowed = json!({
        "state": filter.standing.as_str(), "domain": filter.domain, "kind": filter.kind,
    });
    let act = by.cause().act("job.export", Subject::new("account", by.account.as_uuid()), now);
    act.changing(None, Some(narrowed.to_string()))
}

/// The same work as a table (CSV), in the same order. It is made while it is sent; one that breaks off is not whole. Who
/// takes it is on record.
#[utoipa::path(tag = "operations", security(("bearer" = [])), params(JobsQuery), responses(
    (status = 200, content_type = "text/csv", body = String), (status = 422, body = Problem)))]
#[get("/admin/jobs/export")]
pub(super) async fn export_jobs(
    app: Data<App>,
    admin: Admin,
    query: Query<JobsQuery>,
) -> Result<HttpResponse, Problem> {
    let filter = query.into_inner().read()?;
    app.audit.record(&[taken(&admin.0, &filter, app.clock.now())]).await?;
    let read = async move |page: PageRequest| app.outbox.listed(&filter, page).await;
    Ok(csv::table("jobs", &COLUMNS, read, row))
}
