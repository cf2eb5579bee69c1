//! Events as they are shown.

use crate::http::money::MoneyView;
use crate::http::policies::PolicyView;
use chrono::{DateTime, Utc};
use events::use_cases::Seen;
use events::{Left, Location, Point};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An event, as its visitors see it.
#[derive(Serialize, ToSchema)]
pub struct EventView {
    id: Uuid,
    /// Names it in addresses.
    slug: String,
    title: String,
    description: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    /// When people are let in, if earlier than the beginning.
    #[schema(required)]
    doors_at: Option<DateTime<Utc>>,
    /// IANA name of the place's time zone.
    #[schema(example = "Europe/Berlin")]
    timezone: &'static str,
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
    /// `draft`, `published`, `deactivated`, `cancelled` or `ended`.
    #[schema(example = "published")]
    status: &'static str,
    location: LocationView,
    images: Vec<String>,
    tags: Vec<String>,
    /// The lowest price at which a ticket can still be had.
    #[schema(required)]
    price_from: Option<MoneyView>,
    /// `available`, `few`, `sold_out` or `not_on_sale`.
    #[schema(example = "available")]
    availability: &'static str,
}

/// An event with what its buyers are promised.
#[derive(Serialize, ToSchema)]
pub struct EventDetailView {
    /// The event.
    #[serde(flatten)]
    pub event: EventView,
    /// What goes back to those who cancel; null when nothing was promised, and staff decides.
    #[schema(required)]
    pub cancellation_policy: Option<PolicyView>,
}

/// Where it is. Address and coordinates are null for those who are not to know them: they are for organisers, and from
/// `address_visible_from` on, of one event at a time, for those who hold a ticket of it that is good.
#[derive(Serialize, ToSchema)]
pub struct LocationView {
    area: String,
    #[schema(required)]
    address: Option<String>,
    /// Degrees north, WGS 84.
    #[schema(required)]
    latitude: Option<f64>,
    /// Degrees east, WGS 84.
    #[schema(required)]
    longitude: Option<f64>,
    /// From when on ticket holders learn address and coordinates; null when only organisers do.
    #[schema(required)]
    address_visible_from: Option<DateTime<Utc>>,
    /// About where it is, for everybody: the middle of the part of the map that it lies in, which is what `near` finds
    /// it by. Null when the place has no coordinates.
    #[schema(required)]
    approximate: Option<PointView>,
}

/// A point, to a twentieth of a degree or coarser.
#[derive(Serialize, ToSchema)]
pub struct PointView {
    /// Degrees north, WGS 84.
    #[schema(example = 53.55)]
    latitude: f64,
    /// Degrees east, WGS 84.
    #[schema(example = 10.0)]
    longitude: f64,
}

impl LocationView {
    fn of(location: Location, approximate: Option<Point>) -> Self {
        let Location { area, address, latitude, longitude, address_visible_from } = location;
        let approximate = approximate.map(|Point { latitude, longitude }| PointView { latitude, longitude });
        Self { area, address, latitude, longitude, address_visible_from, approximate }
    }
}

impl From<Seen> for EventView {
    fn from(Seen { event, approximate, status, price_from, availability }: Seen) -> Self {
        Self {
            id: event.id.as_uuid(),
            slug: event.slug,
            title: event.title,
            description: event.description,
            starts_at: event.starts_at,
            ends_at: event.ends_at,
            doors_at: event.doors_at,
            timezone: event.timezone.name(),
            currency: event.currency.to_string(),
            status: status.as_str(),
            location: LocationView::of(event.location, approximate),
            images: event.images,
            tags: event.tags,
            price_from: price_from.map(MoneyView::from),
            availability: availability.as_str(),
        }
    }
}

/// An event, as those see it who run it.
#[derive(Serialize, ToSchema)]
pub struct ManagedEventView {
    #[serde(flatten)]
    event: EventView,
    organisation_id: Uuid,
    /// How many people fit; null leaves it to the ticket types.
    #[schema(required)]
    capacity: Option<u32>,
    /// How many tickets one account may have, over all ticket types.
    #[schema(required)]
    max_per_user: Option<u32>,
    /// How many tickets one order may hold, over all ticket types.
    #[schema(required)]
    max_per_order: Option<u32>,
    #[schema(required)]
    base_price: Option<MoneyView>,
    /// For how long places are held for a buyer.
    hold_seconds: u32,
    /// `public` or `members`.
    #[schema(example = "public")]
    visibility: &'static str,
    /// The hall of which its seats are a copy; null when its places are no seats.
    #[schema(required)]
    venue_template_id: Option<Uuid>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Seen> for ManagedEventView {
    fn from(seen: Seen) -> Self {
        let event = &seen.event;
        Self {
            organisation_id: event.organisation.as_uuid(),
            capacity: event.capacity,
            max_per_user: event.max_per_user,
            max_per_order: event.max_per_order,
            base_price: event.base_price.map(MoneyView::from),
            hold_seconds: event.hold_seconds,
            visibility: event.visibility.as_str(),
            venue_template_id: event.venue_template.map(|template| template.as_uuid()),
            created_at: event.created_at,
            updated_at: event.updated_at,
            event: seen.into(),
        }
    }
}

/// What is left of one kind of ticket.
#[derive(Serialize, ToSchema)]
pub struct LeftView {
    ticket_type_id: Uuid,
    name: String,
    description: String,
    price: MoneyView,
    /// How many there are in all.
    quantity: u32,
    /// How many can still be had.
    available: u32,
    /// Whether it can be bought now, places aside.
    on_sale: bool,
    /// Whose seats its places are.
    #[schema(required)]
    section_id: Option<Uuid>,
    #[schema(required)]
    max_per_user: Option<u32>,
    #[schema(required)]
    max_per_order: Option<u32>,
    /// Not sold before.
    #[schema(required)]
    sales_start: Option<DateTime<Utc>>,
    /// Not sold from then on.
    #[schema(required)]
    sales_end: Option<DateTime<Utc>>,
}

impl From<Left> for LeftView {
    fn from(Left { ticket_type, available, on_sale }: Left) -> Self {
        Self {
            ticket_type_id: ticket_type.id.as_uuid(),
            name: ticket_type.name,
            description: ticket_type.description,
            price: ticket_type.price.into(),
            quantity: ticket_type.quantity,
            available,
            on_sale,
            section_id: ticket_type.section.map(|section| section.as_uuid()),
            max_per_user: ticket_type.max_per_user,
            max_per_order: ticket_type.max_per_order,
            sales_start: ticket_type.sales_start,
            sales_end: ticket_type.sales_end,
        }
    }
}

/// All kinds of tickets of an event that are not hidden.
#[derive(Serialize, ToSchema)]
pub struct LeftsView {
    /// In the order that the organisers gave them.
    pub items: Vec<LeftView>,
    /// Always null: there is one page.
    pub next_cursor: Option<String>,
}
