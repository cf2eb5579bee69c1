//! The same mails as a table, to be saved.

use super::MailQuery;
use crate::http::access::Admin;
use crate::http::csv::{self, Cell, Lines};
use crate::http::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use kernel::PageRequest;
use messaging::Letter;

const COLUMNS: [&str; 15] = [
    "id",
    "created_at",
    "changed_at",
    "sent_at",
    "kind",
    "state",
    "tries",
    "recipient",
    "account_id",
    "booking_id",
    "event_id",
    "ticket_id",
    "said",
    "complained_at",
    "sent_again_as",
];

fn row(letter: &Letter, lines: &mut Lines) {
    let Letter { about, .. } = letter;
    lines.add([
        Cell::of(letter.id),
        Cell::instant(letter.created_at),
        Cell::instant(letter.changed_at),
        letter.sent_at.map_or(Cell::NOTHING, Cell::instant),
        Cell::of(&about.kind),
        Cell::of(letter.state.as_str()),
        Cell::of(letter.tries),
        Cell::some(letter.to.as_ref()),
        Cell::some(about.account),
        Cell::some(about.booking),
        Cell::some(about.event),
        Cell::some(about.ticket),
        Cell::some(letter.said.as_ref()),
        letter.complained_at.map_or(Cell::NOTHING, Cell::instant),
        Cell::some(letter.again),
    ]);
}

/// The same mails as a table (CSV), without what they say, the newest first. It is made while it is sent; one that breaks off
/// is not whole. Who takes it is on record.
#[utoipa::path(tag = "operations", security(("bearer" = [])), params(MailQuery), responses(
    (status = 200, content_type = "text/csv", body = String), (status = 422, body = Problem)))]
#[get("/admin/mail/export")]
pub(super) async fn export_mail(
    app: Data<App>,
    admin: Admin,
    query: Query<MailQuery>,
) -> Result<HttpResponse, Problem> {
    let filter = query.into_inner().read()?;
    app.messages.take_out(&filter, &admin.0).await?;
    let read = async move |page: PageRequest| app.messages.letters(&filter, page).await;
    Ok(csv::table("mail", &COLUMNS, read, row))
}
