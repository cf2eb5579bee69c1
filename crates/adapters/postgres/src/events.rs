//! Organisations, events and ticket types.

mod address_views;
mod billing;
mod feeds;
mod listing;
mod near;
mod organisation;
mod quota;
mod reads;
mod ticket_type;
mod venue;
mod words;

pub(crate) use venue::SEATING;

use crate::column::{count, some_count, some_money, word};
use crate::failure::corrupt;
use crate::schema::{events, sales, search_text};
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::events::{Event, EventTx, Location, Quota, Stocked, Taken, TicketType};
use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl;
use kernel::{EventId, QuotaId, StoreError, TicketTypeId, Timestamp};
use uuid::Uuid;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = events, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
struct EventRow {
    id: Uuid,
    organisation_id: Uuid,
    slug: String,
    title: String,
    description: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    doors_at: Option<Timestamp>,
    timezone: String,
    currency: String,
    capacity: Option<i64>,
    max_per_user: Option<i64>,
    max_per_order: Option<i64>,
    area: String,
    address: Option<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    address_visible_from: Option<Timestamp>,
    base_price_minor: Option<i64>,
    base_price_currency: Option<String>,
    hold_seconds: i64,
    visibility: String,
    tags: Vec<String>,
    images: Vec<String>,
    status: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    venue_template_id: Option<Uuid>,
}

impl From<&Event> for EventRow {
    fn from(event: &Event) -> Self {
        Self {
            id: event.id.as_uuid(),
            organisation_id: event.organisation.as_uuid(),
            slug: event.slug.clone(),
            title: event.title.clone(),
            description: event.description.clone(),
            starts_at: event.starts_at,
            ends_at: event.ends_at,
            doors_at: event.doors_at,
            timezone: event.timezone.name().to_owned(),
            currency: event.currency.code().to_owned(),
            capacity: event.capacity.map(i64::from),
            max_per_user: event.max_per_user.map(i64::from),
            max_per_order: event.max_per_order.map(i64::from),
            area: event.location.area.clone(),
            address: event.location.address.clone(),
            latitude: event.location.latitude,
            longitude: event.location.longitude,
            address_visible_from: event.location.address_visible_from,
            base_price_minor: event.base_price.map(|price| price.minor()),
            base_price_currency: event.base_price.map(|price| price.currency().code().to_owned()),
            hold_seconds: event.hold_seconds.into(),
            visibility: event.visibility.as_str().to_owned(),
            tags: event.tags.clone(),
            images: event.images.clone(),
            status: event.status.as_str().to_owned(),
            created_at: event.created_at,
            updated_at: event.updated_at,
            venue_template_id: event.venue_template.map(|template| template.as_uuid()),
        }
    }
}

impl TryFrom<EventRow> for Event {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        let base_price = some_money(
            row.base_price_minor,
            row.base_price_currency.as_deref(),
            "reading events.base_price_minor",
        );
        Ok(Self {
            id: row.id.into(),
            organisation: row.organisation_id.into(),
            slug: row.slug,
            title: row.title,
            description: row.description,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            doors_at: row.doors_at,
            timezone: row.timezone.parse().map_err(corrupt("reading events.timezone"))?,
            currency: row.currency.parse().map_err(corrupt("reading events.currency"))?,
            capacity: some_count(row.capacity, "reading events.capacity")?,
            max_per_user: some_count(row.max_per_user, "reading events.max_per_user")?,
            max_per_order: some_count(row.max_per_order, "reading events.max_per_order")?,
            location: Location {
                area: row.area,
                address: row.address,
                latitude: row.latitude,
                longitude: row.longitude,
                address_visible_from: row.address_visible_from,
            },
            base_price: base_price?,
            hold_seconds: count(row.hold_seconds, "reading events.hold_seconds")?,
            visibility: word(&row.visibility, "reading events.visibility")?,
            tags: row.tags,
            images: row.images,
            status: word(&row.status, "reading events.status")?,
            created_at: row.created_at,
            updated_at: row.updated_at,
            venue_template: row.venue_template_id.map(Into::into),
        })
    }
}

/// What an event is found by.
fn found_by(event: &Event) -> String {
    search_text(&[&event.title, &event.description, &event.location.area])
}

impl PgTx {
    async fn insert_event(&mut self, event: &Event) -> Result<bool, StoreError> {
        let added = diesel::insert_into(events::table)
            .values((EventRow::from(event), events::search_text.eq(found_by(event))))
            .on_conflict(events::slug)
            .do_nothing()
            .execute(self.connection().await?)
            .await;
        self.checked("adding an event", added).map(|added| added == 1)
    }

    /// Locks the sale, then the event; returns how much is taken.
    async fn lock_sale(&mut self, id: EventId) -> Result<Option<Taken>, StoreError> {
        let taken: QueryResult<i64> = sales::table
            .find(id.as_uuid())
            .select(sales::taken)
            .for_no_key_update()
            .first(self.connection().await?)
            .await;
        let taken = self.checked("locking the sale of an event", taken.optional())?;
        taken.map(|taken| count(taken, "reading sales.taken").map(Taken)).transpose()
    }
}

#[async_trait]
impl EventTx for PgTx {
    async fn lock_event(&mut self, id: EventId) -> Result<Option<(Event, Taken)>, StoreError> {
        let Some(taken) = self.lock_sale(id).await? else { return Ok(None) };
        let row: QueryResult<EventRow> = events::table
            .find(id.as_uuid())
            .select(EventRow::as_select())
            .for_no_key_update()
            .first(self.connection().await?)
            .await;
        let row = self.checked("locking an event", row.optional())?;
        row.map(|row| Event::try_from(row).map(|event| (event, taken))).transpose()
    }

    async fn add_event(&mut self, event: &Event) -> Result<bool, StoreError> {
        if !self.insert_event(event).await? {
            return Ok(false);
        }
        let sale =
            (sales::event_id.eq(event.id.as_uuid()), sales::capacity.eq(event.capacity.map(i64::from)));
        let added = diesel::insert_into(sales::table).values(sale).execute(self.connection().await?).await;
        self.checked("adding the sale of an event", added)?;
        Ok(true)
    }

    async fn save_event(&mut self, event: &Event) -> Result<(), StoreError> {
        let saved = diesel::update(events::table.find(event.id.as_uuid()))
            .set((EventRow::from(event), events::search_text.eq(found_by(event))))
            .execute(self.connection().await?)
            .await;
        self.checked("saving an event", saved)?;
        let saved = diesel::update(sales::table.find(event.id.as_uuid()))
            .set(sales::capacity.eq(event.capacity.map(i64::from)))
            .execute(self.connection().await?)
            .await;
        self.checked("saving the sale of an event", saved).map(drop)
    }

    async fn delete_event(&mut self, id: EventId) -> Result<bool, StoreError> {
        // Holds and bookings are written under the lock on the sale, which is ours.
        let statement = text(
            "DELETE FROM events WHERE id = $1 AND NOT EXISTS (SELECT FROM holds WHERE event_id = $1) \
             AND NOT EXISTS (SELECT FROM bookings WHERE event_id = $1)",
        )
        .bind::<SqlUuid, _>(id.as_uuid());
        self.execute("deleting an event", constant(statement)).await.map(|gone| gone == 1)
    }

    async fn ticket_types_locked(&mut self, event: EventId) -> Result<Vec<Stocked>, StoreError> {
        self.stocked_types(event).await
    }

    async fn quotas_locked(&mut self, event: EventId) -> Result<Vec<Quota>, StoreError> {
        self.quotas_of_locked(event).await
    }

    async fn add_quota(&mut self, quota: &Quota) -> Result<(), StoreError> {
        self.insert_quota(quota).await
    }

    async fn save_quota(&mut self, quota: &Quota) -> Result<(), StoreError> {
        self.update_quota(quota).await
    }

    async fn delete_quota(&mut self, id: QuotaId) -> Result<bool, StoreError> {
        self.remove_quota(id).await
    }

    async fn add_ticket_type(&mut self, ticket_type: &TicketType) -> Result<(), StoreError> {
        self.insert_ticket_type(ticket_type).await
    }

    async fn save_ticket_type(&mut self, ticket_type: &TicketType) -> Result<(), StoreError> {
        self.update_ticket_type(ticket_type).await
    }

    async fn delete_ticket_type(&mut self, id: TicketTypeId) -> Result<bool, StoreError> {
        self.remove_ticket_type(id).await
    }
}
