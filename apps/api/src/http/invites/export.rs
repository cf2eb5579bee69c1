//! The same invites as a table, to be saved.

use crate::http::access::Admin;
use crate::http::csv::{self, Cell, Lines};
use crate::http::problem::Problem;
use crate::wiring::App;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use invites::Invite;
use kernel::{PageRequest, Timestamp};

/// No code: a table lies about for longer than a page, and whoever finds it could sign up.
const COLUMNS: [&str; 10] = [
    "id",
    "created_at",
    "created_by",
    "counted",
    "max_uses",
    "used",
    "expires_at",
    "revoked_at",
    "email",
    "note",
];

fn row(invite: &Invite, lines: &mut Lines) {
    let instant = |at: Option<Timestamp>| at.map_or(Cell::NOTHING, Cell::instant);
    lines.add([
        Cell::of(invite.id),
        Cell::instant(invite.created_at),
        Cell::of(invite.created_by),
        Cell::of(invite.counted),
        Cell::of(invite.max_uses),
        Cell::of(invite.used),
        instant(invite.expires_at),
        instant(invite.revoked_at),
        Cell::some(invite.email.as_ref()),
        Cell::some(invite.note.as_ref()),
    ]);
}

/// The same invites as a table (CSV), the newest first, without their codes. It is made while it is sent; one that breaks
/// off is not whole. Who takes it is on record.
#[utoipa::path(tag = "invites", security(("bearer" = [])), responses(
    (status = 200, content_type = "text/csv", body = String)))]
#[get("/admin/invites/export")]
pub(super) async fn export_invites(app: Data<App>, admin: Admin) -> Result<HttpResponse, Problem> {
    app.invites.take_out(&admin.0).await?;
    let read = async move |page: PageRequest| app.invites.list(None, page).await;
    Ok(csv::table("invites", &COLUMNS, read, row))
}
