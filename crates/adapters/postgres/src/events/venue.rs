//! Rows of `venue_templates` and `event_seatings`.

use crate::column::{count, document, to_document};
use crate::pool::PgStore;
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::events::{Seating, TemplateSummary, VenueStore, VenueTemplate, VenueTx};
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{
    Cursor, EventId, OrganisationId, Page, PageRequest, SeatId, StoreError, Timestamp, VenueTemplateId,
};
use serde_json::Value;
use uuid::Uuid;

#[derive(QueryableByName)]
struct BodyRow {
    #[diesel(sql_type = Jsonb)]
    body: Value,
}

#[derive(QueryableByName)]
struct VersionRow {
    #[diesel(sql_type = BigInt)]
    version: i64,
}

#[derive(QueryableByName)]
struct SeatRow {
    #[diesel(sql_type = SqlUuid)]
    seat_id: Uuid,
}

#[derive(QueryableByName)]
struct SummaryRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    organisation_id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    sections: i64,
    #[diesel(sql_type = BigInt)]
    seats: i64,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
    #[diesel(sql_type = Timestamptz)]
    updated_at: Timestamp,
}

impl TryFrom<SummaryRow> for TemplateSummary {
    type Error = StoreError;

    fn try_from(row: SummaryRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            organisation: row.organisation_id.into(),
            name: row.name,
            sections: count(row.sections, "reading venue_templates.sections")?,
            seats: count(row.seats, "reading venue_templates.seats")?,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

fn template(rows: Vec<BodyRow>) -> Result<Option<VenueTemplate>, StoreError> {
    rows.into_iter().next().map(|row| document(row.body, "reading venue_templates.body")).transpose()
}

pub(crate) const SEATING: &str = "SELECT body FROM event_seatings WHERE event_id = $1";

fn seating(rows: Vec<BodyRow>) -> Result<Option<Seating>, StoreError> {
    rows.into_iter().next().map(|row| document(row.body, "reading event_seatings.body")).transpose()
}

#[async_trait]
impl VenueStore for PgStore {
    async fn template(&self, id: VenueTemplateId) -> Result<Option<VenueTemplate>, StoreError> {
        let statement =
            text("SELECT body FROM venue_templates WHERE id = $1").bind::<SqlUuid, _>(id.as_uuid());
        template(self.rows("reading a venue template", constant(statement)).await?)
    }

    async fn templates(
        &self,
        organisations: Option<&[OrganisationId]>,
        page: PageRequest,
    ) -> Result<Page<TemplateSummary>, StoreError> {
        let organisations = organisations.map(|all| all.iter().map(|it| it.as_uuid()).collect::<Vec<_>>());
        let statement = text(
            "SELECT id, organisation_id, name, sections, seats, created_at, updated_at FROM venue_templates \
             WHERE (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
                 AND ($1 IS NULL OR organisation_id = ANY($1)) \
             ORDER BY created_at DESC, id DESC LIMIT $5",
        )
        .bind::<Nullable<Array<SqlUuid>>, _>(organisations)
        .bind::<Nullable<Timestamptz>, _>(page.after.map(|cursor| cursor.at))
        .bind::<Nullable<SqlUuid>, _>(page.after.map(|cursor| cursor.id))
        .bind::<SqlUuid, _>(Uuid::max())
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<SummaryRow> = self.rows("listing venue templates", constant(statement)).await?;
        let found = rows.into_iter().map(TemplateSummary::try_from).collect::<Result<_, _>>()?;
        let cursor = |it: &TemplateSummary| Cursor { at: it.created_at, id: it.id.as_uuid() };
        Ok(Page::cut(found, page.limit, cursor))
    }

    async fn seating(&self, event: EventId) -> Result<Option<Seating>, StoreError> {
        let statement = text(SEATING).bind::<SqlUuid, _>(event.as_uuid());
        seating(self.rows("reading the seats of an event", constant(statement)).await?)
    }

    async fn seating_version(&self, event: EventId) -> Result<Option<u32>, StoreError> {
        let statement = text("SELECT version FROM event_seatings WHERE event_id = $1")
            .bind::<SqlUuid, _>(event.as_uuid());
        let rows: Vec<VersionRow> =
            self.rows("reading the version of an event's seats", constant(statement)).await?;
        rows.into_iter().next().map(|row| count(row.version, "reading event_seatings.version")).transpose()
    }
}

#[async_trait]
impl VenueTx for PgTx {
    async fn add_template(&mut self, template: &VenueTemplate) -> Result<(), StoreError> {
        let summary = template.summary();
        let statement = text(
            "INSERT INTO venue_templates (id, organisation_id, name, sections, seats, body, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind::<SqlUuid, _>(template.id.as_uuid())
        .bind::<SqlUuid, _>(template.organisation.as_uuid())
        .bind::<Text, _>(template.name.clone())
        .bind::<BigInt, _>(i64::from(summary.sections))
        .bind::<BigInt, _>(i64::from(summary.seats))
        .bind::<Jsonb, _>(to_document(template, "writing venue_templates.body")?)
        .bind::<Timestamptz, _>(template.created_at)
        .bind::<Timestamptz, _>(template.updated_at);
        self.execute("adding a venue template", constant(statement)).await.map(drop)
    }

    async fn lock_template(&mut self, id: VenueTemplateId) -> Result<Option<VenueTemplate>, StoreError> {
        let statement = text("SELECT body FROM venue_templates WHERE id = $1 FOR UPDATE")
            .bind::<SqlUuid, _>(id.as_uuid());
        template(self.load("locking a venue template", constant(statement)).await?)
    }

    async fn save_template(&mut self, template: &VenueTemplate) -> Result<(), StoreError> {
        let summary = template.summary();
        let statement = text(
            "UPDATE venue_templates SET name = $2, sections = $3, seats = $4, body = $5, updated_at = $6 \
             WHERE id = $1",
        )
        .bind::<SqlUuid, _>(template.id.as_uuid())
        .bind::<Text, _>(template.name.clone())
        .bind::<BigInt, _>(i64::from(summary.sections))
        .bind::<BigInt, _>(i64::from(summary.seats))
        .bind::<Jsonb, _>(to_document(template, "writing venue_templates.body")?)
        .bind::<Timestamptz, _>(template.updated_at);
        self.execute("saving a venue template", constant(statement)).await.map(drop)
    }

    async fn delete_template(&mut self, id: VenueTemplateId) -> Result<bool, StoreError> {
        let statement = text(
            "DELETE FROM venue_templates WHERE id = $1 \
             AND (SELECT true FROM events e WHERE e.venue_template_id = $1 LIMIT 1) IS NULL",
        )
        .bind::<SqlUuid, _>(id.as_uuid());
        self.execute("deleting a venue template", constant(statement)).await.map(|gone| gone == 1)
    }

    async fn event_seating(&mut self, event: EventId) -> Result<Option<Seating>, StoreError> {
        let statement = text(SEATING).bind::<SqlUuid, _>(event.as_uuid());
        seating(self.load("reading the seats of a locked event", constant(statement)).await?)
    }

    async fn save_seating(&mut self, seating: &Seating) -> Result<(), StoreError> {
        let statement = text(
            "INSERT INTO event_seatings (event_id, version, body) VALUES ($1, $2, $3) \
             ON CONFLICT ON CONSTRAINT event_seatings_pkey \
             DO UPDATE SET version = excluded.version, body = excluded.body",
        )
        .bind::<SqlUuid, _>(seating.event.as_uuid())
        .bind::<BigInt, _>(i64::from(seating.version))
        .bind::<Jsonb, _>(to_document(seating, "writing event_seatings.body")?);
        self.execute("saving the seats of an event", constant(statement)).await.map(drop)
    }

    async fn remove_seating(&mut self, event: EventId) -> Result<(), StoreError> {
        let statement =
            text("DELETE FROM event_seatings WHERE event_id = $1").bind::<SqlUuid, _>(event.as_uuid());
        self.execute("removing the seats of an event", constant(statement)).await.map(drop)
    }

    async fn claimed_among(&mut self, event: EventId, seats: &[SeatId]) -> Result<Vec<SeatId>, StoreError> {
        let seats: Vec<Uuid> = seats.iter().map(|seat| seat.as_uuid()).collect();
        let statement = text("SELECT seat_id FROM seat_claims WHERE event_id = $1 AND seat_id = ANY($2)")
            .bind::<SqlUuid, _>(event.as_uuid())
            .bind::<Array<SqlUuid>, _>(seats);
        let rows: Vec<SeatRow> = self.load("looking for claims on seats", constant(statement)).await?;
        Ok(rows.into_iter().map(|row| row.seat_id.into()).collect())
    }
}
