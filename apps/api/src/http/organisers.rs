//! Events, as those run them who work for an organisation.

use super::access::User;
use super::events::search::SearchQuery;
use super::events::view::ManagedEventView;
use super::json::Json;
use super::money::PriceBody;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use super::waitlist;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, delete, get, post, put};
use chrono::{DateTime, Utc};
use events::access::Right;
use events::selling::{availability, price_from};
use events::use_cases::Seen;
use events::{Cell, EventInput, LocationInput, Status, Visibility};
use kernel::{EventId, Invalid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(create_event)
        .service(list_managed_events)
        .service(show_managed_event)
        .service(update_event)
        .service(delete_event)
        .service(publish_event)
        .service(check_publishing)
        .service(deactivate_event);
}

/// An event, as an organiser sends it; what is absent takes its usual value, in an edit too.
#[derive(Deserialize, ToSchema)]
pub struct EventBody {
    organisation_id: Uuid,
    /// One line of up to 200 characters.
    title: String,
    /// Lower-case letters, digits and single hyphens; made from the title when absent. It never changes.
    slug: Option<String>,
    /// Up to 20,000 characters.
    description: Option<String>,
    starts_at: DateTime<Utc>,
    /// Later than the beginning.
    ends_at: DateTime<Utc>,
    /// When people are let in, not later than the beginning.
    doors_at: Option<DateTime<Utc>>,
    /// IANA name.
    #[schema(example = "Europe/Berlin")]
    timezone: String,
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
    /// How many people fit; without it the ticket types decide.
    capacity: Option<i64>,
    /// How many tickets one account may have, over all ticket types; 1 to 1000.
    max_per_user: Option<i64>,
    /// How many tickets one order may hold, over all ticket types; 1 to 1000.
    max_per_order: Option<i64>,
    location: LocationBody,
    base_price: Option<PriceBody>,
    /// For how long places are held for a buyer: 60 to 3600.
    #[schema(default = 600)]
    hold_seconds: Option<i64>,
    /// `public` or `members`.
    #[schema(value_type = Option<String>, default = "public")]
    visibility: Option<Visibility>,
    /// Up to 20, each up to 40 characters.
    tags: Option<Vec<String>>,
    /// The hall whose seats it has, at multiples of `base_price`; none, or as it was, when absent. Fixed once anything was
    /// held or sold.
    venue_template_id: Option<Uuid>,
}

/// Where it is.
#[derive(Deserialize, ToSchema)]
pub struct LocationBody {
    /// A neighbourhood or a town, shown to everybody.
    area: String,
    /// Shown to few.
    address: Option<String>,
    /// Degrees north, WGS 84; with `longitude` or not at all.
    latitude: Option<f64>,
    /// Degrees east, WGS 84.
    longitude: Option<f64>,
    /// From when on ticket holders learn address and coordinates; without it only organisers do.
    address_visible_from: Option<DateTime<Utc>>,
}

impl From<EventBody> for EventInput {
    fn from(body: EventBody) -> Self {
        let LocationBody { area, address, latitude, longitude, address_visible_from } = body.location;
        Self {
            organisation: body.organisation_id.into(),
            title: body.title,
            slug: body.slug,
            description: body.description,
            starts_at: body.starts_at,
            ends_at: body.ends_at,
            doors_at: body.doors_at,
            timezone: body.timezone,
            currency: body.currency,
            capacity: body.capacity,
            max_per_user: body.max_per_user,
            max_per_order: body.max_per_order,
            location: LocationInput { area, address, latitude, longitude, address_visible_from },
            base_price: body.base_price.map(PriceBody::into),
            hold_seconds: body.hold_seconds,
            visibility: body.visibility,
            tags: body.tags.unwrap_or_default(),
            venue_template: body.venue_template_id.map(Into::into),
        }
    }
}

/// An event as it is now, with what follows from its ticket types, for those who run it. Every answer with an exact
/// place in it is made here, so that no look at one goes unnoted.
pub(super) async fn managed(
    app: &App,
    user: User,
    event: EventId,
    right: Right,
) -> Result<ManagedEventView, Problem> {
    let (event, ticket_types) = app.events.show_managed(user.0, event, right).await?;
    let now = app.clock.now();
    Ok(ManagedEventView::from(Seen {
        status: event.status_at(now),
        price_from: price_from(&event, &ticket_types, now),
        availability: availability(&event, &ticket_types, now),
        approximate: event.location.cell().map(Cell::point),
        event,
    }))
}

/// Add an event, as a draft.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = EventBody, responses(
    (status = 201, body = ManagedEventView),
    (status = 403, body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/events")]
async fn create_event(app: Data<App>, user: User, body: Json<EventBody>) -> Result<HttpResponse, Problem> {
    let id = app.events.create(user.0, &body.into_inner().into()).await?.id;
    let location = (header::LOCATION, format!("/api/v1/admin/events/{id}"));
    let made = managed(&app, user, id, Right::Manage).await?;
    Ok(HttpResponse::Created().insert_header(location).json(made))
}

/// Which of one's events are looked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StatusQuery {
    /// `draft`, `published`, `deactivated` or `cancelled`, as it was last decided; without it all.
    status: Option<String>,
}

impl StatusQuery {
    fn read(self) -> Result<Vec<Status>, Problem> {
        let decided = |status: &Status| *status != Status::Ended;
        match self.status.map(|text| text.parse::<Status>().ok().filter(decided)) {
            None => Ok(Vec::new()),
            Some(Some(status)) => Ok(vec![status]),
            Some(None) => {
                let message = "must be draft, published, deactivated or cancelled";
                Err(Problem::invalid(vec![Invalid::new("status", "unknown", message)]))
            }
        }
    }
}

/// The events of the organisations that one works for, by their beginning; all of them for admins.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(SearchQuery, StatusQuery, PagingQuery),
    responses((status = 200, body = PageView<ManagedEventView>), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
#[get("/admin/events")]
async fn list_managed_events(
    app: Data<App>,
    user: User,
    query: Query<SearchQuery>,
    status: Query<StatusQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let (search, statuses) = (query.into_inner().read()?, status.into_inner().read()?);
    let page = app.events.list_managed(user.0, &search, &statuses, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, ManagedEventView::from)))
}

/// One event, for those who run it or stand at its door.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = ManagedEventView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/events/{id}")]
async fn show_managed_event(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let event = managed(&app, user, id.into_inner().into(), Right::Door).await?;
    Ok(HttpResponse::Ok().json(event))
}

/// Replace the facts of an event. Once places are held or sold, currency and organisation stay.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = EventBody, responses(
    (status = 200, body = ManagedEventView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[put("/admin/events/{id}")]
async fn update_event(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<EventBody>,
) -> Result<HttpResponse, Problem> {
    let id = EventId::from(id.into_inner());
    app.events.update(user.0, id, &body.into_inner().into()).await?;
    changed(&app, user, id).await
}

/// Remove an event that nobody ever held or booked a place of.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 204),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`event_in_use`", body = Problem)))]
#[delete("/admin/events/{id}")]
async fn delete_event(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let id = EventId::from(id.into_inner());
    app.events.delete(user.0, id).await?;
    app.answers.event_changed(id);
    Ok(HttpResponse::NoContent().finish())
}

/// Put an event on sale.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = ManagedEventView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem),
    (status = 422, description = "`event_not_sellable`, with all reasons", body = Problem)))]
#[post("/admin/events/{id}/publish")]
async fn publish_event(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let id = EventId::from(id.into_inner());
    app.events.publish(user.0, id).await?;
    changed(&app, user, id).await
}

/// What stands against putting an event on sale.
#[derive(Serialize, ToSchema)]
pub struct PublishCheckView {
    /// Whether nothing does.
    sellable: bool,
    /// Every reason; `code` is stable.
    errors: Vec<ObstacleView>,
    /// What should be known and does not stand against it.
    warnings: Vec<ObstacleView>,
}

/// One reason.
#[derive(Serialize, ToSchema)]
pub struct ObstacleView {
    #[schema(example = "ticket_types.0.price")]
    field: String,
    #[schema(example = "no_provider")]
    code: &'static str,
    message: String,
}

impl From<Invalid> for ObstacleView {
    fn from(Invalid { field, code, message }: Invalid) -> Self {
        Self { field, code, message }
    }
}

/// Look what would be answered to publishing an event, without publishing it.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = PublishCheckView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/events/{id}/publish-check")]
async fn check_publishing(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let check = app.events.publish_check(user.0, id.into_inner().into()).await?;
    let told = |reasons: Vec<Invalid>| reasons.into_iter().map(ObstacleView::from).collect::<Vec<_>>();
    let (errors, warnings) = (told(check.obstacles), told(check.cautions));
    Ok(HttpResponse::Ok().json(PublishCheckView { sellable: errors.is_empty(), errors, warnings }))
}

/// Take an event off sale and out of sight. What was sold stays valid.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = ManagedEventView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem)))]
#[post("/admin/events/{id}/deactivate")]
async fn deactivate_event(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let id = EventId::from(id.into_inner());
    app.events.deactivate(user.0, id).await?;
    changed(&app, user, id).await
}

/// Shows an event as it is after a change.
async fn changed(app: &App, user: User, event: EventId) -> Result<HttpResponse, Problem> {
    waitlist::serve(app, event).await;
    app.answers.event_changed(event);
    Ok(HttpResponse::Ok().json(managed(app, user, event, Right::Manage).await?))
}
