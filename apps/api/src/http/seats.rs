//! The seats of an event: the map for buyers, and changes for those who run it.

use super::access::User;
use super::events::answers::Looker;
use super::events::code::{self, CodeQuery};
use super::given::one_id;
use super::json::Json;
use super::money::{MoneyView, PriceBody, VatBody};
use super::problem::Problem;
use super::waitlist;
use crate::maps::{MapQuestion, Shown};
use crate::wiring::App;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, get, put};
use events::use_cases::Sections;
use events::{SeatInput, SeatedSection};
use kernel::{EventId, Invalid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Seats come and go: whoever shows a map asks again, and is told in a word when nothing has changed.
const ASK_AGAIN: &str = "private, no-cache";

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(event_sections).service(event_seats).service(change_seats);
}

/// A section of an event.
#[derive(Serialize, ToSchema)]
pub struct SectionView {
    id: Uuid,
    #[schema(example = "Stalls")]
    name: String,
    /// Where it stands: lower first.
    position: u32,
    /// What its seats cost as the first kind of ticket that is shown; null when none is.
    #[schema(required)]
    price: Option<MoneyView>,
    /// How many seats it has, blocked ones too.
    seat_count: u32,
    /// How many can still be had.
    available: u32,
    /// As what its seats are sold.
    ticket_type_ids: Vec<Uuid>,
}

impl SectionView {
    fn of(seated: &SeatedSection, all: &Sections) -> Self {
        let section = &seated.section;
        let own: Vec<_> =
            all.left.iter().filter(|left| left.ticket_type.section == Some(section.id)).collect();
        Self {
            id: section.id.as_uuid(),
            name: section.name.clone(),
            position: section.position,
            price: own.first().map(|left| left.ticket_type.price.into()),
            seat_count: u32::try_from(section.seats().count()).unwrap_or(u32::MAX),
            available: own.iter().map(|left| left.available).max().unwrap_or(0),
            ticket_type_ids: own.iter().map(|left| left.ticket_type.id.as_uuid()).collect(),
        }
    }
}

/// All sections of an event.
#[derive(Serialize, ToSchema)]
pub struct SectionsView {
    /// By position; none when its places are no seats.
    items: Vec<SectionView>,
    /// Always null: there is one page.
    next_cursor: Option<String>,
}

/// The sections of an event: with a voucher's code also as the kinds of tickets that it opens.
#[utoipa::path(tag = "events", security(("bearer" = [])), params(CodeQuery), responses(
    (status = 200, body = SectionsView), (status = 404, body = Problem)))]
#[get("/events/{id}/sections")]
async fn event_sections(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    query: Query<CodeQuery>,
) -> Result<HttpResponse, Problem> {
    let event = EventId::from(id.into_inner());
    let opened = code::opened(&app, user, event, &query).await?.unwrap_or_default();
    let found = app.events.sections(Some(user.0), event, &opened).await?;
    let items = found.iter().flat_map(|all| {
        all.seating.sections.iter().map(|seated| SectionView::of(seated, all)).collect::<Vec<_>>()
    });
    Ok(HttpResponse::Ok().json(SectionsView { items: items.collect(), next_cursor: None }))
}

/// Which seats, and what of them.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MapQuery {
    /// Of one section only.
    #[param(value_type = Option<Uuid>)]
    section_id: Option<String>,
    /// `status`: only how the seats stand, a letter each in the order of the map (`a`vailable, `h`eld, `s`old,
    /// `b`locked); `plan`: all but that, which changes only with the hall. Without it everything.
    view: Option<String>,
}

/// A seat of an event.
#[derive(Serialize, ToSchema)]
pub struct SeatView {
    pub(crate) id: Uuid,
    pub(crate) section_id: Uuid,
    #[schema(example = "A")]
    pub(crate) row: String,
    #[schema(example = 12)]
    pub(crate) number: u32,
    /// What people call it.
    #[schema(example = "Stalls A-12")]
    pub(crate) label: String,
    /// As the first kind of ticket of its section that is shown; null when none is.
    #[schema(required)]
    pub(crate) price: Option<MoneyView>,
    /// For those who come in a wheelchair.
    pub(crate) accessible: bool,
    /// The next seat of the row is not its neighbour.
    pub(crate) aisle_after: bool,
    /// `available`, `held`, `sold` or `blocked`; absent with `view=plan`.
    #[schema(example = "available")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<&'static str>,
}

/// The map of an event.
#[derive(Serialize, ToSchema)]
pub struct SeatMapView {
    /// Section by section, row by row from the front; absent with `view=status`.
    items: Option<Vec<SeatView>>,
    /// A letter per seat; with `view=status` only.
    #[schema(example = "aahhsb")]
    states: Option<String>,
    /// Changes when seats come, go, or cost something else.
    version: String,
    /// Always null: there is one page.
    next_cursor: Option<String>,
}

/// The map of an event's seats, not more than a second old; a hold decides. With a voucher's code seats cost what they cost
/// as the kinds of tickets that it opens, where there are no others. Sent with gzip to whoever takes it.
#[utoipa::path(tag = "events", security(("bearer" = [])), params(MapQuery, CodeQuery), responses(
    (status = 200, body = SeatMapView), (status = 304), (status = 404, body = Problem),
    (status = 422, body = Problem)))]
#[get("/events/{id}/seats")]
async fn event_seats(
    app: Data<App>,
    request: HttpRequest,
    user: User,
    id: Path<Uuid>,
    query: Query<MapQuery>,
    code: Query<CodeQuery>,
) -> Result<HttpResponse, Problem> {
    let shown = match query.view.as_deref() {
        None => Shown::Everything,
        Some("status") => Shown::Status,
        Some("plan") => Shown::Plan,
        Some(_) => {
            return Err(Problem::invalid(vec![Invalid::new("view", "unknown", "must be status or plan")]));
        }
    };
    let zipped = takes_gzip(request.headers());
    let section = one_id("section_id", query.into_inner().section_id)?;
    let question = MapQuestion { event: id.into_inner().into(), section, shown, zipped };
    let ready = match code::opened(&app, user, question.event, &code).await? {
        Some(opened) => app.maps.answer_with(&app, user.0, question, &opened).await?,
        None => {
            let looker = app.answers.looker(&app.events, Some(user.0)).await?;
            app.maps.answer(&app, user.0, question, looker == Looker::Member).await?
        }
    };
    let mut response = ready.respond(request.headers(), ASK_AGAIN);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("authorization, accept-encoding"));
    if zipped {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// Whether gzip is named and not refused (RFC 9110, section 12.5.3).
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// Changes of an event's seats.
#[derive(Deserialize, ToSchema)]
pub struct SeatsBody {
    /// Up to 500 seats; those that are not named stay as they are.
    seats: Vec<SeatBody>,
}

/// What is to become of a seat; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub struct SeatBody {
    /// As the map has it. `seat_id` is taken as well.
    #[serde(alias = "seat_id")]
    id: Uuid,
    /// For those who come in a wheelchair.
    accessible: Option<bool>,
    /// Not for sale; refused for a seat that is held or sold.
    blocked: Option<bool>,
    /// The next seat of the row is not its neighbour.
    aisle_after: Option<bool>,
    /// A price of its own, as whatever kind of ticket it is sold.
    price: Option<PriceBody>,
    /// By what the price of the kind of ticket is multiplied, instead of a price: 0 to 100 with at most three decimals,
    /// as a number or as a text. 1 makes it cost what the kind of ticket costs.
    #[schema(value_type = Option<f64>, example = 0.8)]
    price_multiplier: Option<VatBody>,
}

impl From<SeatBody> for SeatInput {
    fn from(body: SeatBody) -> Self {
        Self {
            seat: body.id.into(),
            accessible: body.accessible,
            blocked: body.blocked,
            aisle_after: body.aisle_after,
            price: body.price.map(Into::into),
            price_multiplier: body.price_multiplier.map(String::from),
        }
    }
}

/// How many seats were named.
#[derive(Serialize, ToSchema)]
pub struct SeatsChangedView {
    changed: usize,
    /// How many seats of the event are for sale now.
    for_sale: u32,
}

/// Block seats of an event, mark them, or give them prices of their own. What was bought stays as it is.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = SeatsBody, responses(
    (status = 200, body = SeatsChangedView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`seat_unavailable`: held or sold, with the ids in `errors`; `wrong_status`",
        body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[put("/admin/events/{id}/seats")]
async fn change_seats(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<SeatsBody>,
) -> Result<HttpResponse, Problem> {
    let event = EventId::from(id.into_inner());
    let inputs: Vec<SeatInput> = body.into_inner().seats.into_iter().map(SeatInput::from).collect();
    let changes = SeatInput::read(&inputs).map_err(Problem::invalid)?;
    let after = app.events.change_seats(user.0, event, &changes).await?;
    waitlist::serve(&app, event).await;
    app.answers.event_changed(event);
    app.maps.forget(event);
    let for_sale = after.sections.iter().map(|seated| seated.section.for_sale()).sum();
    Ok(HttpResponse::Ok().json(SeatsChangedView { changed: changes.len(), for_sale }))
}
