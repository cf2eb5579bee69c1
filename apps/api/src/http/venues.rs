//! Halls with their sections, rows and seats, as organisers set them up.

use super::access::User;
use super::json::Json;
use super::money::{VatBody, multiplier};
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, post, put};
use chrono::{DateTime, Utc};
use events::{Row, Seat, SeatInput, Section, SectionEdit, SectionInput, TemplateSummary, VenueTemplate};
use kernel::VenueTemplateId;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_venue_templates)
        .service(add_venue_template)
        .service(show_venue_template)
        .service(update_venue_template)
        .service(delete_venue_template)
        .service(list_venue_sections)
        .service(add_venue_section)
        .service(update_venue_section)
        .service(delete_venue_section);
}

/// A new hall.
#[derive(Deserialize, ToSchema)]
pub struct TemplateBody {
    organisation_id: Uuid,
    /// One line of up to 200 characters.
    #[schema(example = "The great hall")]
    name: String,
}

/// A hall with changes of its seats.
#[derive(Deserialize, ToSchema)]
pub struct TemplateEdit {
    /// One line of up to 200 characters.
    #[schema(example = "The great hall")]
    name: String,
    /// Up to 500 seats; those that are not named stay as they are.
    #[serde(default)]
    seats: Vec<SeatMark>,
}

/// What is to become of a seat; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub struct SeatMark {
    /// As the hall has it. `seat_id` is taken as well.
    #[serde(alias = "seat_id")]
    id: Uuid,
    /// For those who come in a wheelchair.
    accessible: Option<bool>,
    /// Not for sale.
    blocked: Option<bool>,
    /// The next seat of the row is not its neighbour.
    aisle_after: Option<bool>,
}

impl From<&SeatMark> for SeatInput {
    fn from(mark: &SeatMark) -> Self {
        let SeatMark { id, accessible, blocked, aisle_after } = *mark;
        Self { seat: id.into(), accessible, blocked, aisle_after, price: None, price_multiplier: None }
    }
}

/// A section with rows from one name to another, all of them as long.
#[derive(Deserialize, ToSchema)]
pub struct SectionBody {
    /// One line of up to 60 characters, which no other section of the hall has.
    #[schema(example = "Stalls")]
    name: String,
    /// Letters or a number.
    #[schema(example = "A")]
    row_start: String,
    /// Of the same kind, not before the first; at most 200 rows.
    #[schema(example = "F")]
    row_end: String,
    /// 1 to 200, numbered from 1.
    #[schema(example = 20)]
    seats_per_row: i64,
    /// What the price of its seats is of an event's base price: 0 to 100 with at most three decimals, as a number or as
    /// a text; 1 when absent.
    #[schema(value_type = Option<f64>, example = 1.25)]
    price_multiplier: Option<VatBody>,
    /// Where it stands: lower first; behind the others when absent.
    position: Option<i64>,
}

impl From<SectionBody> for SectionInput {
    fn from(body: SectionBody) -> Self {
        Self {
            name: body.name,
            row_start: body.row_start,
            row_end: body.row_end,
            seats_per_row: body.seats_per_row,
            price_multiplier: body.price_multiplier.map(String::from),
            position: body.position,
        }
    }
}

/// A section that is there, under this name; what is absent stays, and so do its seats.
#[derive(Deserialize, ToSchema)]
pub struct SectionEditBody {
    /// One line of up to 60 characters, which no other section of the hall has.
    #[schema(example = "Stalls")]
    name: String,
    /// What the price of its seats is of the base price of events made from now on: 0 to 100 with at most three
    /// decimals, as a number or as a text.
    #[schema(value_type = Option<f64>, example = 1.25)]
    price_multiplier: Option<VatBody>,
    /// Where it stands: lower first.
    position: Option<i64>,
}

impl From<SectionEditBody> for SectionEdit {
    fn from(body: SectionEditBody) -> Self {
        Self {
            name: body.name,
            price_multiplier: body.price_multiplier.map(String::from),
            position: body.position,
        }
    }
}

/// A hall in a list.
#[derive(Serialize, ToSchema)]
pub struct TemplateView {
    id: Uuid,
    organisation_id: Uuid,
    name: String,
    /// How many sections it has.
    section_count: u32,
    /// How many seats it has, blocked ones too.
    seat_count: u32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<TemplateSummary> for TemplateView {
    fn from(it: TemplateSummary) -> Self {
        Self {
            id: it.id.as_uuid(),
            organisation_id: it.organisation.as_uuid(),
            name: it.name,
            section_count: it.sections,
            seat_count: it.seats,
            created_at: it.created_at,
            updated_at: it.updated_at,
        }
    }
}

/// A hall with all its seats.
#[derive(Serialize, ToSchema)]
pub struct TemplateDetailView {
    #[serde(flatten)]
    template: TemplateView,
    sections: Vec<VenueSectionView>,
}

impl From<VenueTemplate> for TemplateDetailView {
    fn from(it: VenueTemplate) -> Self {
        let sections = it.sections.iter().map(VenueSectionView::from).collect();
        Self { template: it.summary().into(), sections }
    }
}

/// A section of a hall.
#[derive(Serialize, ToSchema)]
pub struct SectionSummaryView {
    id: Uuid,
    name: String,
    /// What the price of its seats is of an event's base price.
    #[schema(value_type = f64, example = 1.25)]
    price_multiplier: Number,
    position: u32,
    /// How many seats it has, blocked ones too.
    seat_count: usize,
}

impl From<&Section> for SectionSummaryView {
    fn from(it: &Section) -> Self {
        Self {
            id: it.id.as_uuid(),
            name: it.name.clone(),
            price_multiplier: multiplier(it.factor),
            position: it.position,
            seat_count: it.seats().count(),
        }
    }
}

/// A section of a hall with its seats.
#[derive(Serialize, ToSchema)]
pub struct VenueSectionView {
    #[serde(flatten)]
    section: SectionSummaryView,
    /// Row by row from the front, by number.
    seats: Vec<VenueSeatView>,
}

impl From<&Section> for VenueSectionView {
    fn from(it: &Section) -> Self {
        let seats = it.seats().map(|(row, seat)| VenueSeatView::of(it, row, seat)).collect();
        Self { section: it.into(), seats }
    }
}

/// A seat of a hall.
#[derive(Serialize, ToSchema)]
pub struct VenueSeatView {
    /// The same in every event of the hall.
    id: Uuid,
    #[schema(example = "A")]
    row: String,
    #[schema(example = 12)]
    number: u32,
    /// What people call it.
    #[schema(example = "Stalls A-12")]
    label: String,
    accessible: bool,
    blocked: bool,
    aisle_after: bool,
}

impl VenueSeatView {
    fn of(section: &Section, row: &Row, seat: &Seat) -> Self {
        Self {
            id: seat.id.as_uuid(),
            row: row.name.clone(),
            number: seat.number,
            label: section.label(row, seat),
            accessible: seat.accessible,
            blocked: seat.blocked,
            aisle_after: seat.aisle_after,
        }
    }
}

/// All sections of a hall.
#[derive(Serialize, ToSchema)]
pub struct VenueSectionsView {
    /// By position.
    items: Vec<VenueSectionView>,
    /// Always null: there is one page.
    next_cursor: Option<String>,
}

/// The halls of the organisations whose events one runs, the newest first; all of them for admins.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<TemplateView>), (status = 403, body = Problem)))]
#[get("/admin/venue-templates")]
async fn list_venue_templates(app: Data<App>, user: User, paging: Paging) -> Result<HttpResponse, Problem> {
    let page = app.events.venue_templates(user.0, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, TemplateView::from)))
}

/// Add a hall; its sections come one by one.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = TemplateBody, responses(
    (status = 201, body = TemplateDetailView),
    (status = 403, body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/venue-templates")]
async fn add_venue_template(
    app: Data<App>,
    user: User,
    body: Json<TemplateBody>,
) -> Result<HttpResponse, Problem> {
    let made = app.events.add_venue_template(user.0, body.organisation_id.into(), &body.name).await?;
    let location = (header::LOCATION, format!("/api/v1/admin/venue-templates/{}", made.id));
    Ok(HttpResponse::Created().insert_header(location).json(TemplateDetailView::from(made)))
}

/// One hall with its seats.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = TemplateDetailView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/venue-templates/{id}")]
async fn show_venue_template(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let found = app.events.venue_template(user.0, id.into_inner().into()).await?;
    Ok(HttpResponse::Ok().json(TemplateDetailView::from(found)))
}

/// Rename a hall and mark seats of it. Events that were made of it stay as they are. The answer is the hall as in lists,
/// without its thousands of seats.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = TemplateEdit, responses(
    (status = 200, body = TemplateView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[put("/admin/venue-templates/{id}")]
async fn update_venue_template(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<TemplateEdit>,
) -> Result<HttpResponse, Problem> {
    let marks: Vec<_> = body.seats.iter().map(SeatInput::from).collect();
    let changes = SeatInput::read(&marks).map_err(Problem::invalid)?;
    let id = VenueTemplateId::from(id.into_inner());
    let after = app.events.update_venue_template(user.0, id, &body.name, &changes).await?;
    Ok(HttpResponse::Ok().json(TemplateView::from(after.summary())))
}

/// Remove a hall of which no event was made.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 204),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`venue_template_in_use`", body = Problem)))]
#[delete("/admin/venue-templates/{id}")]
async fn delete_venue_template(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    app.events.delete_venue_template(user.0, id.into_inner().into()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The sections of a hall with their seats.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = VenueSectionsView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/venue-templates/{id}/sections")]
async fn list_venue_sections(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let found = app.events.venue_template(user.0, id.into_inner().into()).await?;
    let items = found.sections.iter().map(VenueSectionView::from).collect();
    Ok(HttpResponse::Ok().json(VenueSectionsView { items, next_cursor: None }))
}

/// Add a section to a hall; its seats are there at once.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = SectionBody, responses(
    (status = 201, body = VenueSectionView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/venue-templates/{id}/sections")]
async fn add_venue_section(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<SectionBody>,
) -> Result<HttpResponse, Problem> {
    let id = VenueTemplateId::from(id.into_inner());
    let section = app.events.add_section(user.0, id, &body.into_inner().into()).await?;
    let location = (header::LOCATION, format!("/api/v1/admin/venue-templates/{id}/sections"));
    Ok(HttpResponse::Created().insert_header(location).json(VenueSectionView::from(&section)))
}

/// Rename a section, or change its price or its place in lists. Its seats stay, and so do events that were made of the
/// hall.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = SectionEditBody, responses(
    (status = 200, body = SectionSummaryView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[put("/admin/venue-templates/{id}/sections/{section_id}")]
async fn update_venue_section(
    app: Data<App>,
    user: User,
    ids: Path<(Uuid, Uuid)>,
    body: Json<SectionEditBody>,
) -> Result<HttpResponse, Problem> {
    let (id, section) = ids.into_inner();
    let edit = body.into_inner().into();
    let section = app.events.update_section(user.0, (id.into(), section.into()), &edit).await?;
    Ok(HttpResponse::Ok().json(SectionSummaryView::from(&section)))
}

/// Remove a section with its seats. Events that were made of the hall keep theirs.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[delete("/admin/venue-templates/{id}/sections/{section_id}")]
async fn delete_venue_section(
    app: Data<App>,
    user: User,
    ids: Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Problem> {
    let (id, section) = ids.into_inner();
    app.events.remove_section(user.0, (id.into(), section.into())).await?;
    Ok(HttpResponse::NoContent().finish())
}
