//! The waiting list, for those who wait.

use super::access::User;
use super::json::Json;
use super::money::{MoneyView, PriceBody};
use super::once::Once;
use super::problem::booking::limit_exceeded;
use super::problem::{Causes, Problem};
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, post};
use booking::use_cases::{JoinError, Place};
use booking::{EntryStatus, JoinRefusal, JoinWish, WaitlistEntry};
use chrono::{DateTime, Utc};
use kernel::{AccountId, EventId, HoldId, Invalid, Money, Page, PageRequest, StoreError, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(join).service(standing).service(leave);
}

/// What one wants to wait for.
#[derive(Deserialize, ToSchema)]
pub struct JoinBody {
    event_id: Uuid,
    /// Any one of these; any that is shown when absent or empty.
    ticket_type_ids: Option<Vec<Uuid>>,
    /// How many of one kind, together or not at all; one when absent.
    #[schema(minimum = 1, maximum = 100, default = 1)]
    quantity: Option<u32>,
    /// Not for more than this, each.
    max_price: Option<PriceBody>,
}

/// An entry on the waiting list of an event.
#[derive(Serialize, ToSchema)]
pub struct WaitlistEntryView {
    entry_id: Uuid,
    event_id: Uuid,
    /// `waiting`, `offered`, `accepted`, `expired` or `left`.
    #[schema(example = "waiting")]
    status: &'static str,
    /// How many wait before, and one; null for those who do not wait.
    #[schema(required, example = 3)]
    position: Option<u64>,
    /// Empty: any kind of ticket.
    ticket_type_ids: Vec<Uuid>,
    quantity: u32,
    #[schema(required)]
    max_price: Option<MoneyView>,
    joined_at: DateTime<Utc>,
    /// The places that are kept: confirmed like any hold.
    #[schema(required)]
    hold_id: Option<Uuid>,
    /// From then on they are the next one's.
    #[schema(required)]
    expires_at: Option<DateTime<Utc>>,
}

impl WaitlistEntryView {
    /// At an instant.
    pub fn of(entry: &WaitlistEntry, position: Option<u64>, now: Timestamp) -> Self {
        let status = entry.status_at(now);
        let offered = status == EntryStatus::Offered;
        Self {
            entry_id: entry.id.as_uuid(),
            event_id: entry.event.as_uuid(),
            status: status.as_str(),
            position,
            ticket_type_ids: entry.ticket_types.iter().map(|id| id.as_uuid()).collect(),
            quantity: entry.quantity,
            max_price: entry.max_price.map(MoneyView::from),
            joined_at: entry.joined_at,
            hold_id: entry.hold.filter(|_| offered).map(|hold| hold.as_uuid()),
            expires_at: entry.expires_at.filter(|_| offered),
        }
    }

    fn at(place: &Place, now: Timestamp) -> Self {
        Self::of(&place.entry, place.position, now)
    }
}

/// An entry with all that is kept of it.
#[derive(Serialize)]
pub(super) struct KeptEntryView {
    #[serde(flatten)]
    entry: WaitlistEntryView,
    /// Its place in the order of the event.
    number: u64,
    /// The last places that were kept for it, whatever became of them.
    offer: Option<OfferView>,
    decided_at: Option<DateTime<Utc>>,
}

/// Places that were kept for somebody.
#[derive(Serialize)]
struct OfferView {
    hold_id: Uuid,
    offered_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
}

impl KeptEntryView {
    fn of(entry: &WaitlistEntry, now: Timestamp) -> Self {
        let offer = |hold: HoldId| OfferView {
            hold_id: hold.as_uuid(),
            offered_at: entry.offered_at,
            expires_at: entry.expires_at,
        };
        Self {
            entry: WaitlistEntryView::of(entry, None, now),
            number: entry.number,
            offer: entry.hold.map(offer),
            decided_at: entry.decided_at,
        }
    }
}

impl From<JoinError> for Problem {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::Refused(refusal) => refusal.into(),
            JoinError::Store(error) => error.into(),
        }
    }
}

impl From<JoinRefusal> for Problem {
    fn from(refusal: JoinRefusal) -> Self {
        match refusal {
            JoinRefusal::UnknownEvent => Self::not_found(),
            JoinRefusal::UnknownTicketType(id) => {
                let message = format!("the event has no ticket type {id}");
                Self::invalid(vec![Invalid::new("ticket_type_ids", "unknown", message)])
            }
            JoinRefusal::TooManyTypes => {
                Self::invalid(vec![Invalid::new("ticket_type_ids", "too_many", "must name at most 50")])
            }
            JoinRefusal::Nothing => {
                Self::invalid(vec![Invalid::new("quantity", "out_of_range", "must be at least 1")])
            }
            JoinRefusal::WrongCurrency => {
                let message = "must be in the currency of the event";
                Self::invalid(vec![Invalid::new("max_price", "wrong_currency", message)])
            }
            JoinRefusal::TooCheap => {
                let message = "nothing that is wanted costs so little";
                Self::invalid(vec![Invalid::new("max_price", "too_low", message)])
            }
            JoinRefusal::NotOnSale => Self::unprocessable("not_on_sale", "This is not on sale now."),
            JoinRefusal::LimitExceeded { limit, most } => limit_exceeded("quantity", limit, most),
            JoinRefusal::NeverSoMany { most } => {
                let message = format!("there are {most} of a kind in all");
                Self::invalid(vec![Invalid::new("quantity", "out_of_range", message)])
            }
            JoinRefusal::PlacesAvailable => {
                Self::conflict("places_available", "There are places: hold them, no need to wait.")
            }
            JoinRefusal::WaitingAlready => {
                Self::conflict("already_waiting", "You are on this list; leave it first to change anything.")
            }
        }
    }
}

fn most(price: &PriceBody) -> Result<Money, Problem> {
    price.money().ok_or_else(|| {
        Problem::invalid(vec![Invalid::new("max_price", "malformed", "must be an amount, not negative")])
    })
}

/// Wait for places. When some are free again and it is one's turn they are kept, and one gets a mail.
#[utoipa::path(tag = "waitlist", security(("bearer" = [])), params(Once), request_body = JoinBody, responses(
    (status = 201, body = WaitlistEntryView),
    (status = 404, body = Problem),
    (status = 409, description = "`places_available`, `already_waiting`", body = Problem),
    (status = 422, description = "`not_on_sale`, `limit_exceeded`, `invalid_input`", body = Problem)))]
#[post("/waitlist")]
async fn join(app: Data<App>, user: User, once: Once, body: Json<JoinBody>) -> Result<HttpResponse, Problem> {
    let work = async {
        let event = EventId::from(body.event_id);
        let max_price = body.max_price.as_ref().map(most).transpose()?;
        let types = body.ticket_type_ids.iter().flatten().map(|id| (*id).into()).collect();
        let wish = JoinWish {
            buyer: user.0.account,
            ticket_types: types,
            quantity: body.quantity.unwrap_or(1),
            max_price,
        };
        let place = app.bookings.join_list(event, wish).await?;
        // Where staff serves the list, free places are kept for who has come.
        app.answers.places_changed(event);
        let location = (header::LOCATION, format!("/api/v1/waitlist/status/{event}"));
        let view = WaitlistEntryView::at(&place, app.clock.now());
        Ok(HttpResponse::Created().insert_header(location).json(view))
    };
    once.run(&app, user.0.account, &body, work).await
}

/// Where one stands; the last entry for those who were on the list more than once.
#[utoipa::path(tag = "waitlist", security(("bearer" = [])), responses(
    (status = 200, body = WaitlistEntryView), (status = 404, body = Problem)))]
#[get("/waitlist/status/{event_id}")]
async fn standing(app: Data<App>, user: User, event: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let place = app.bookings.place_on_list(event.into_inner().into(), user.0.account).await?;
    let place = place.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(WaitlistEntryView::at(&place, app.clock.now())))
}

/// Leave the list; what was offered goes to the next.
#[utoipa::path(tag = "waitlist", security(("bearer" = [])), responses(
    (status = 204), (status = 404, body = Problem)))]
#[delete("/waitlist/{event_id}")]
async fn leave(app: Data<App>, user: User, event: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let event = EventId::from(event.into_inner());
    if app.bookings.leave_list(event, user.0.account).await? {
        app.answers.places_changed(event);
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::not_found())
    }
}

/// A page of somebody's entries, the latest first.
pub(super) async fn own(
    app: &App,
    account: AccountId,
    page: PageRequest,
) -> Result<Page<KeptEntryView>, StoreError> {
    let now = app.clock.now();
    let found = app.bookings.entries_of_buyer(account, page).await?;
    Ok(found.map(|entry| KeptEntryView::of(&entry, now)))
}

/// Offers what may have become free by a change of the event to those who wait. What fails is found by the worker.
pub async fn serve(app: &App, event: EventId) {
    if let Err(error) = app.bookings.serve_list(event).await {
        tracing::warn!(causes = %Causes(&error), "a waiting list was not served");
    }
}
