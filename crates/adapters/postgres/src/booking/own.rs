//! What is kept of somebody as a buyer, a guest and one who stands at a door, for themselves.

use super::door::{ScanRow, select};
use super::hold::HoldRow;
use super::incident::IncidentRow;
use crate::column::before;
use crate::pool::PgStore;
use crate::statement::{constant, text};
use async_trait::async_trait;
use booking::{Hold, Incident, OwnReads, Scan};
use diesel::sql_types::{Array, BigInt, Nullable, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, BookingId, Cursor, Page, PageRequest, StoreError, TicketId};
use uuid::Uuid;

#[async_trait]
impl OwnReads for PgStore {
    async fn holds_of(&self, buyer: AccountId, page: PageRequest) -> Result<Page<Hold>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(
            "SELECT id, event_id, buyer_id, items, total_minor, currency, created_at, expires_at, voucher_id, \
                 discount_minor, entry_id FROM holds \
             WHERE buyer_id = $1 AND (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
             ORDER BY created_at DESC, id DESC LIMIT $5",
        )
        .bind::<SqlUuid, _>(buyer.as_uuid())
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<SqlUuid, _>(Uuid::max())
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<HoldRow> = self.rows("listing the holds of a buyer", constant(statement)).await?;
        let holds = rows.into_iter().map(Hold::try_from).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(holds, page.limit, |hold| Cursor { at: hold.created_at, id: hold.id.as_uuid() }))
    }

    async fn scans_by(&self, scanner: AccountId, page: PageRequest) -> Result<Page<Scan>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(select!(
            "FROM scans s WHERE s.scanner_id = $1 \
                 AND (s.at, s.id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
             ORDER BY s.at DESC, s.id DESC LIMIT $5"
        ))
        .bind::<SqlUuid, _>(scanner.as_uuid())
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
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
