//! Receipts, invoices, credit notes: for whom they are about, and for those who issue them.

pub mod search;
pub mod table;
pub mod view;

use super::access::User;
use super::csv;
use super::json::Json;
use super::language::{LanguageQuery, Wished};
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use super::staff::{managed, narrowed};
use crate::press::particulars;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use booking::tables::Table;
use booking::{Document, DocumentFilter, Particulars, Party};
use events::BillingInput;
use events::access::Right;
use kernel::{AccountId, Actor, BookingId, DocumentId, Invalid, OrganisationId, PageRequest};
use search::DocumentsQuery;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use view::{DocumentView, DocumentsView, TakenBackView};

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_of_booking)
        .service(ask_for_invoice)
        .service(print_document)
        .service(list_documents)
        .service(export_documents)
        .service(cancel_document);
}

/// That somebody may see the papers of a buyer at an organisation: the buyer, those who run its events, admins.
async fn may_see(
    app: &App,
    actor: Actor,
    (buyer, organisation): (AccountId, OrganisationId),
) -> Result<(), Problem> {
    if actor.account == buyer || app.events.grant(actor).await?.may(organisation, Right::Manage) {
        return Ok(());
    }
    Err(Problem::not_found())
}

/// The documents of a booking, the oldest first: for its buyer, and for those who run the event.
#[utoipa::path(tag = "documents", security(("bearer" = [])), responses(
    (status = 200, body = DocumentsView), (status = 404, body = Problem)))]
#[get("/bookings/{id}/documents")]
async fn list_of_booking(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let id = BookingId::from(id.into_inner());
    let booking = app.bookings.placed(id).await?.ok_or_else(Problem::not_found)?.booking;
    let event = app.events.facts(booking.event).await?.ok_or_else(Problem::not_found)?.event;
    may_see(&app, user.0, (booking.buyer, event.organisation)).await?;
    let documents = app.documents.of_booking(id).await?;
    let items = documents.iter().map(|(document, by)| DocumentView::of(document, *by)).collect();
    Ok(HttpResponse::Ok().json(DocumentsView { items, next_cursor: None }))
}

/// Whom an invoice is for.
#[derive(Deserialize, ToSchema)]
pub struct InvoiceBody {
    /// A person or a company: one line of up to 200 characters.
    name: String,
    /// One to six lines.
    #[schema(example = "Street 2\n75001 Paris")]
    address: String,
    /// The buyer's VAT identification number, up to 30 characters.
    vat_id: Option<String>,
}

/// Ask for an invoice with an address in place of the receipt, which is cancelled by a document.
#[utoipa::path(tag = "documents", security(("bearer" = [])), params(Once), request_body = InvoiceBody, responses(
    (status = 201, body = DocumentView),
    (status = 404, body = Problem),
    (status = 409, description = "`nothing_paid`, `has_credit_notes`, `too_many_documents`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/bookings/{id}/invoice")]
async fn ask_for_invoice(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Json<InvoiceBody>,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let id = BookingId::from(id.into_inner());
        // Whose booking it is comes first: others learn nothing of it.
        app.bookings.show(user.0.account, id).await?.ok_or_else(Problem::not_found)?;
        let on = particulars(&app, id).await?.ok_or_else(Problem::not_found)?;
        let recipient = recipient(&app, &on, &body)?;
        let invoice = app.documents.invoice(&user.0, id, &recipient, &on).await?;
        let location = (header::LOCATION, view::file(invoice.id));
        Ok(HttpResponse::Created().insert_header(location).json(DocumentView::of(&invoice, None)))
    };
    once.run(&app, user.0.account, &body, work).await
}

fn recipient(app: &App, on: &Particulars, body: &InvoiceBody) -> Result<Party, Problem> {
    let (name, address, vat_id) = (body.name.clone(), body.address.clone(), body.vat_id.clone());
    let input = BillingInput { name, address, vat_id, ..BillingInput::default() };
    let read = input.of(on.organisation, app.clock.now()).map_err(Problem::invalid)?;
    let address = read.address.lines().map(str::to_owned).collect();
    Ok(Party { name: read.name, address, vat_id: read.vat_id, iban: None })
}

/// A document as a PDF file: for its buyer, and for those who run the event.
#[utoipa::path(tag = "documents", security(("bearer" = [])), params(LanguageQuery), responses(
    (status = 200, content_type = "application/pdf", body = Vec<u8>),
    (status = 404, body = Problem),
    (status = 422, description = "`invalid_input`: an unknown language", body = Problem)))]
#[get("/documents/{id}.pdf")]
async fn print_document(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    language: Wished,
) -> Result<HttpResponse, Problem> {
    let document = app.documents.document(id.into_inner().into()).await?.ok_or_else(Problem::not_found)?;
    may_see(&app, user.0, (document.buyer, document.organisation)).await?;
    let name = file_name(&document);
    let drawn = app.press.document(document, language.0).await?;
    Ok(pdf(&name, drawn))
}

/// The number, as far as a file can be called so.
fn file_name(document: &Document) -> String {
    let number = document.number.to_string();
    number.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
}

/// A PDF file for one person.
pub(super) fn pdf(name: &str, file: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/pdf"))
        .insert_header((header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}.pdf\"")))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(file)
}

/// The filter of a query, kept within what the actor may see.
async fn filter(app: &App, actor: Actor, query: DocumentsQuery) -> Result<DocumentFilter, Problem> {
    let managed = managed(app, actor).await?;
    let (filter, asked) = query.read()?;
    Ok(DocumentFilter { organisations: narrowed(managed, asked), ..filter })
}

/// Documents of the organisations whose events one runs, the newest first; all of them for admins.
#[utoipa::path(tag = "documents", security(("bearer" = [])), params(DocumentsQuery, PagingQuery), responses(
    (status = 200, body = PageView<DocumentView>), (status = 403, body = Problem), (status = 422, body = Problem)))]
#[get("/admin/documents")]
async fn list_documents(
    app: Data<App>,
    user: User,
    query: Query<DocumentsQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let filter = filter(&app, user.0, query.into_inner()).await?;
    let page = app.documents.list(&filter, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |(document, by)| DocumentView::of(&document, by))))
}

/// The same documents as a table: a row for each rate of tax, amounts in major units, what is credited below zero. It is
/// made while it is sent; one that breaks off is not whole. Who takes it is on record.
#[utoipa::path(tag = "documents", security(("bearer" = [])), params(DocumentsQuery), responses(
    (status = 200, content_type = "text/csv", body = String), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/documents.csv")]
async fn export_documents(
    app: Data<App>,
    user: User,
    query: Query<DocumentsQuery>,
) -> Result<HttpResponse, Problem> {
    let filter = filter(&app, user.0, query.into_inner()).await?;
    app.bookings.take_out(Table::Documents(&filter), &user.0).await?;
    let read = async move |page: PageRequest| app.documents.list(&filter, page).await;
    Ok(csv::table("documents", &table::COLUMNS, read, table::row))
}

/// Why a document is wrong.
#[derive(Deserialize, ToSchema)]
pub struct CancelDocumentBody {
    /// For the buyer and for the tax office: up to 500 characters.
    reason: String,
    /// Issue a right one in its place at once, with the billing details as they are now.
    #[serde(default)]
    replace: bool,
}

/// Cancel a wrong document by another one. What went wrong with money is refunded, not cancelled here.
#[utoipa::path(tag = "documents", security(("bearer" = [])), params(Once), request_body = CancelDocumentBody, responses(
    (status = 201, body = TakenBackView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`already_cancelled`, `not_cancellable`, `has_credit_notes`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/documents/{id}/cancel")]
async fn cancel_document(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Json<CancelDocumentBody>,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let grant = app.events.grant(user.0).await?;
        grant.require_any()?;
        let id = DocumentId::from(id.into_inner());
        let document = app.documents.document(id).await?.ok_or_else(Problem::not_found)?;
        grant.require(document.organisation, Right::Manage)?;
        let reason = reason(&body.reason)?;
        let on = particulars(&app, document.booking).await?.ok_or_else(Problem::not_found)?;
        let taken = app.documents.take_back(id, (&reason, body.replace), &on, user.0.cause()).await?;
        let location = (header::LOCATION, view::file(taken.cancellation.id));
        Ok(HttpResponse::Created().insert_header(location).json(TakenBackView::of(&taken)))
    };
    once.run(&app, user.0.account, &body, work).await
}

fn reason(text: &str) -> Result<String, Problem> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let wrong = |code, message| Err(Problem::invalid(vec![Invalid::new("reason", code, message)]));
    if text.is_empty() {
        return wrong("required", "say why the document is wrong");
    }
    if text.chars().count() > 500 || text.chars().any(char::is_control) {
        return wrong("malformed", "must be a sentence of up to 500 characters");
    }
    Ok(text)
}
