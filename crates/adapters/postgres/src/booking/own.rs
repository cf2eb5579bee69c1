//! What is kept of somebody as a buyer, a guest and one who stands at a door, for themselves.

use super::door::{ScanRow, select};
use super::hold::HoldRow;
use crate::column::{document, word};
use crate::pool::PgStore;
use crate::statement::{constant, text};
use async_trait::async_trait;
use booking::{Hold, Incident, OwnReads, Resolution, Scan};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, BookingId, Cursor, Page, PageRequest, StoreError, TicketId, Timestamp};
use serde_json::Value;
use uuid::Uuid;

#[derive(QueryableByName)]
struct IncidentRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    payment_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    refund_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    evidence: String,
    #[diesel(sql_type = Timestamptz)]
    at: Timestamp,
    #[diesel(sql_type = Nullable<Jsonb>)]
    resolved: Option<Value>,
}

impl TryFrom<IncidentRow> for Incident {
    type Error = StoreError;

    fn try_from(row: IncidentRow) -> Result<Self, StoreError> {
        let resolved = row.resolved.map(|it| document::<Resolution>(it, "reading incidents.resolved"));
        Ok(Self {
            id: row.id.into(),
            kind: word(&row.kind, "reading incidents.kind")?,
            booking: row.booking_id.into(),
            payment: row.payment_id.into(),
            refund: row.refund_id.map(Into::into),
            evidence: row.evidence,
            at: row.at,
            resolved: resolved.transpose()?,
        })
    }
}

#[async_trait]
impl OwnReads for PgStore {
    async fn holds_of(&self, buyer: AccountId, page: PageRequest) -> Result<Page<Hold>, StoreError> {
        let statement = text(
            "SELECT id, event_id, buyer_id, items, total_minor, currency, created_at, expires_at, voucher_id, \
                 discount_minor, entry_id FROM holds \
             WHERE buyer_id = $1 AND (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
             ORDER BY created_at DESC, id DESC LIMIT $5",
        )
        .bind::<SqlUuid, _>(buyer.as_uuid())
        .bind::<Nullable<Timestamptz>, _>(page.after.map(|after| after.at))
        .bind::<Nullable<SqlUuid>, _>(page.after.map(|after| after.id))
        .bind::<SqlUuid, _>(Uuid::max())
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<HoldRow> = self.rows("listing the holds of a buyer", constant(statement)).await?;
        let holds = rows.into_iter().map(Hold::try_from).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(holds, page.limit, |hold| Cursor { at: hold.created_at, id: hold.id.as_uuid() }))
    }

    async fn scans_by(&self, scanner: AccountId, page: PageRequest) -> Result<Page<Scan>, StoreError> {
        let statement = text(select!(
            "FROM scans s WHERE s.scanner_id = $1 \
                 AND (s.at, s.id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
             ORDER BY s.at DESC, s.id DESC LIMIT $5"
        ))
        .bind::<SqlUuid, _>(scanner.as_uuid())
        .bind::<Nullable<Timestamptz>, _>(page.after.map(|after| after.at))
        .bind::<Nullable<SqlUuid>, _>(page.after.map(|after| after.id))
        .bind::<SqlUuid, _>(Uuid::max())
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<ScanRow> = self.rows("listing the scans of a scanner", constant(statement)).await?;
        let scans = rows.into_iter().map(Scan::try_from).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(scans, page.limit, |scan| Cursor { at: scan.at, id: scan.id.as_uuid() }))
    }

    async fn scans_of(&self, tickets: &[TicketId]) -> Result<Vec<Scan>, StoreError> {
        let ids: Vec<Uuid> = tickets.iter().map(|id| id.as_uuid()).collect();
        let statement = text(select!("FROM scans s WHERE s.ticket_id = ANY($1) ORDER BY s.at, s.id"))
            .bind::<Array<SqlUuid>, _>(ids);
        let rows: Vec<ScanRow> = self.rows("listing the scans of tickets", constant(statement)).await?;
        rows.into_iter().map(Scan::try_from).collect()
    }

    async fn incidents_of(&self, bookings: &[BookingId]) -> Result<Vec<Incident>, StoreError> {
        let ids: Vec<Uuid> = bookings.iter().map(|id| id.as_uuid()).collect();
        let statement = text(
            "SELECT id, kind, booking_id, payment_id, refund_id, evidence, at, resolved FROM incidents \
             WHERE booking_id = ANY($1) ORDER BY id",
        )
        .bind::<Array<SqlUuid>, _>(ids);
        let rows: Vec<IncidentRow> = self.rows("listing the cases of bookings", constant(statement)).await?;
        rows.into_iter().map(Incident::try_from).collect()
    }
}
