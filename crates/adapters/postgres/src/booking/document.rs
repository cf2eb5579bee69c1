//! Rows of `documents`, and the numbers that they get.
//!
//! A document is kept whole in `body`; the other columns are what it is found by and what no two may share.

use crate::column::{document, to_document};
use crate::failure::{corrupt, failed};
use crate::pool::PgStore;
use crate::schema::documents;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use booking::{Document, DocumentFilter as Filter, DocumentStore, DocumentTx, Origin};
use diesel::dsl::IntoBoxed;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Integer, Jsonb, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{BookingId, Cursor, DocumentId, OrganisationId, Page, PageRequest, StoreError};
use serde_json::Value;
use uuid::Uuid;

const LISTING: &str = "listing documents";

#[derive(QueryableByName)]
struct BodyRow {
    #[diesel(sql_type = Jsonb)]
    body: Value,
}

#[derive(QueryableByName)]
struct LastRow {
    #[diesel(sql_type = BigInt)]
    last: i64,
}

#[derive(QueryableByName)]
struct TakenRow {
    #[diesel(sql_type = SqlUuid)]
    wrong: Uuid,
    #[diesel(sql_type = SqlUuid)]
    by: Uuid,
}

fn read(rows: Vec<BodyRow>) -> Result<Vec<Document>, StoreError> {
    rows.into_iter().map(|row| document(row.body, "reading documents.body")).collect()
}

fn of_booking(id: BookingId) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    constant(
        text("SELECT body FROM documents WHERE booking_id = $1 ORDER BY issued_at, serial")
            .bind::<SqlUuid, _>(id.as_uuid()),
    )
}

fn narrowed(filter: &Filter, page: PageRequest) -> IntoBoxed<'_, documents::table, Pg> {
    let mut query = documents::table.into_boxed();
    if let Some(organisations) = &filter.organisations {
        let ids: Vec<Uuid> = organisations.iter().map(|it| it.as_uuid()).collect();
        query = query.filter(documents::organisation_id.eq_any(ids));
    }
    if let Some(event) = filter.event {
        query = query.filter(documents::event_id.eq(event.as_uuid()));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(documents::kind.eq(kind.as_str()));
    }
    if let Some(number) = &filter.number {
        query = query.filter(documents::number.eq(number));
    }
    if let Some(from) = filter.from {
        query = query.filter(documents::issued_at.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(documents::issued_at.lt(to));
    }
    if let Some(after) = page.after {
        // The first half is what an index can start from.
        let earlier = documents::issued_at.lt(after.at).or(documents::id.lt(after.id));
        query = query.filter(documents::issued_at.le(after.at).and(earlier));
    }
    query
}

#[async_trait]
impl DocumentStore for PgStore {
    async fn document(&self, id: DocumentId) -> Result<Option<Document>, StoreError> {
        let statement = text("SELECT body FROM documents WHERE id = $1").bind::<SqlUuid, _>(id.as_uuid());
        Ok(read(self.rows("reading a document", constant(statement)).await?)?.into_iter().next())
    }

    async fn documents_of_booking(&self, booking: BookingId) -> Result<Vec<Document>, StoreError> {
        read(self.rows("reading the documents of a booking", of_booking(booking)).await?)
    }

    async fn documents(&self, filter: &Filter, page: PageRequest) -> Result<Page<Document>, StoreError> {
        let mut connection = self.connection(LISTING).await?;
        let query = narrowed(filter, page)
            .order((documents::issued_at.desc(), documents::id.desc()))
            .limit(i64::from(page.limit) + 1)
            .select(documents::body);
        let bodies: Vec<Value> = query.load(&mut connection).await.map_err(failed(LISTING))?;
        let found = bodies.into_iter().map(|body| document(body, "reading documents.body"));
        let found: Vec<Document> = found.collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page.limit, |it| Cursor { at: it.issued_at, id: it.id.as_uuid() }))
    }

    async fn taken_back(&self, ids: &[DocumentId]) -> Result<Vec<(DocumentId, DocumentId)>, StoreError> {
        let origins: Vec<String> = ids.iter().map(|id| Origin::Cancels(*id).to_string()).collect();
        let statement = text(
            "SELECT substring(origin FROM 9)::uuid AS wrong, id AS by FROM documents WHERE origin = ANY($1) \
             ORDER BY wrong",
        )
        .bind::<Array<Text>, _>(origins);
        let rows: Vec<TakenRow> = self.rows("looking for cancelled documents", constant(statement)).await?;
        Ok(rows.into_iter().map(|row| (row.wrong.into(), row.by.into())).collect())
    }
}

#[async_trait]
impl DocumentTx for PgTx {
    async fn documents_of(&mut self, booking: BookingId) -> Result<Vec<Document>, StoreError> {
        read(self.load("reading the documents of a locked booking", of_booking(booking)).await?)
    }

    async fn next_number(&mut self, organisation: OrganisationId, year: i32) -> Result<u64, StoreError> {
        let doing = "taking the next number of a document";
        let statement = text(
            "INSERT INTO document_series AS s (organisation_id, year, last) VALUES ($1, $2, 1) \
             ON CONFLICT ON CONSTRAINT document_series_pkey DO UPDATE SET last = s.last + 1 RETURNING last",
        )
        .bind::<SqlUuid, _>(organisation.as_uuid())
        .bind::<Integer, _>(year);
        let rows: Vec<LastRow> = self.load(doing, constant(statement)).await?;
        let last = rows.into_iter().next().ok_or_else(|| StoreError::broken(doing, "there is no row"))?.last;
        u64::try_from(last).map_err(corrupt(doing))
    }

    async fn add_document(&mut self, it: &Document) -> Result<(), StoreError> {
        let writing = "writing documents.body";
        let statement = text(
            "INSERT INTO documents (id, organisation_id, year, serial, number, kind, origin, event_id, booking_id, \
                 issued_at, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind::<SqlUuid, _>(it.id.as_uuid())
        .bind::<SqlUuid, _>(it.organisation.as_uuid())
        .bind::<Integer, _>(it.number.year)
        .bind::<BigInt, _>(i64::try_from(it.number.serial).map_err(corrupt(writing))?)
        .bind::<Text, _>(it.number.to_string())
        .bind::<Text, _>(it.kind.as_str())
        .bind::<Text, _>(it.origin.to_string())
        .bind::<SqlUuid, _>(it.event.as_uuid())
        .bind::<SqlUuid, _>(it.booking.as_uuid())
        .bind::<Timestamptz, _>(it.issued_at)
        .bind::<Jsonb, _>(to_document(it, writing)?);
        self.execute("adding a document", constant(statement)).await.map(drop)
    }
}
