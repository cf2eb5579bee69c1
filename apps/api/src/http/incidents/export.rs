//! The same cases as a table, to be saved.

use super::{IncidentsQuery, status, wanted};
use crate::http::access::User;
use crate::http::csv::{self, Cell, Lines};
use crate::http::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use booking::Incident;
use booking::office::Of;
use booking::tables::Table;
use kernel::PageRequest;

const COLUMNS: [&str; 15] = [
    "id",
    "at",
    "kind",
    "status",
    "booking_reference",
    "booking_id",
    "event_id",
    "organisation_id",
    "payment_id",
    "refund_id",
    "evidence",
    "resolution",
    "resolved_at",
    "resolved_by",
    "note",
];

fn row(Of { whose, what }: &Of<Incident>, lines: &mut Lines) {
    let resolved = what.resolved.as_ref();
    lines.add([
        Cell::of(what.id),
        Cell::instant(what.at),
        Cell::of(what.kind.as_str()),
        Cell::of(status(what)),
        Cell::of(&whose.reference),
        Cell::of(whose.booking),
        Cell::of(whose.event),
        Cell::of(whose.organisation),
        Cell::of(what.payment),
        Cell::some(what.refund),
        Cell::of(&what.evidence),
        Cell::some(resolved.map(|it| it.decided.as_str())),
        resolved.map_or(Cell::NOTHING, |it| Cell::instant(it.at)),
        Cell::some(resolved.map(|it| it.by)),
        Cell::some(resolved.map(|it| &it.note)),
    ]);
}

/// The same cases as a table (CSV), the latest first. It is made while it is sent; one that breaks off is not whole. Who
/// takes it is on record.
#[utoipa::path(tag = "payments", security(("bearer" = [])), params(IncidentsQuery), responses(
    (status = 200, content_type = "text/csv", body = String),
    (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/payments/incidents/export")]
pub(super) async fn export_incidents(
    app: Data<App>,
    user: User,
    query: Query<IncidentsQuery>,
) -> Result<HttpResponse, Problem> {
    let filter = wanted(&app, user.0, query.into_inner()).await?;
    app.bookings.take_out(Table::Incidents(&filter), &user.0).await?;
    let read = async move |page: PageRequest| app.office.incidents(&filter, page).await;
    Ok(csv::table("incidents", &COLUMNS, read, row))
}
