//! The door: tickets one by one, and rows of `scans`.

use super::ticket::{TicketRow, attendee};
use crate::column::word;
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use booking::{DoorTx, Scan, Ticket};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, StoreError, TicketId, Timestamp};
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct ScanRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    scanner_id: Uuid,
    #[diesel(sql_type = Nullable<Text>)]
    nonce: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    ticket_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    event_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    verdict: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    checked_in_at: Option<Timestamp>,
    #[diesel(sql_type = Timestamptz)]
    at: Timestamp,
}

impl TryFrom<ScanRow> for Scan {
    type Error = StoreError;

    fn try_from(row: ScanRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            scanner: row.scanner_id.into(),
            nonce: row.nonce,
            ticket: row.ticket_id.map(Into::into),
            event: row.event_id.map(Into::into),
            verdict: word(&row.verdict, "reading scans.verdict")?,
            checked_in_at: row.checked_in_at,
            at: row.at,
        })
    }
}

#[async_trait]
impl DoorTx for PgTx {
    async fn lock_ticket(&mut self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        // One table, one row: what is returned after waiting is the row as it is then.
        let statement = text(
            "SELECT id, booking_id, event_id, ticket_type_id, holder_id, attendee, version, status, issued_at, \
             checked_in_at, seat FROM tickets WHERE id = $1 FOR UPDATE",
        )
        .bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<TicketRow> = self.load("locking a ticket", constant(statement)).await?;
        rows.into_iter().next().map(Ticket::try_from).transpose()
    }

    async fn save_ticket(&mut self, ticket: &Ticket) -> Result<(), StoreError> {
        let statement = text(
            "UPDATE tickets SET holder_id = $2, attendee = $3, version = $4, status = $5, checked_in_at = $6 \
             WHERE id = $1",
        )
        .bind::<SqlUuid, _>(ticket.id.as_uuid())
        .bind::<SqlUuid, _>(ticket.holder.as_uuid())
        .bind::<Nullable<Jsonb>, _>(attendee(ticket)?)
        .bind::<BigInt, _>(i64::from(ticket.version))
        .bind::<Text, _>(ticket.status.as_str())
        .bind::<Nullable<Timestamptz>, _>(ticket.checked_in_at);
        self.write("saving a ticket", constant(statement));
        Ok(())
    }

    async fn scan_by_nonce(&mut self, scanner: AccountId, nonce: &str) -> Result<Option<Scan>, StoreError> {
        let statement = text(
            "SELECT id, scanner_id, nonce, ticket_id, event_id, verdict, checked_in_at, at FROM scans \
             WHERE scanner_id = $1 AND nonce = $2",
        )
        .bind::<SqlUuid, _>(scanner.as_uuid())
        .bind::<Text, _>(nonce);
        let rows: Vec<ScanRow> = self.load("looking for a scan", constant(statement)).await?;
        rows.into_iter().next().map(Scan::try_from).transpose()
    }

    async fn add_scan(&mut self, scan: &Scan) -> Result<bool, StoreError> {
        let statement = text(
            "INSERT INTO scans (id, scanner_id, nonce, ticket_id, event_id, verdict, checked_in_at, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT ON CONSTRAINT scans_nonce_key DO NOTHING",
        )
        .bind::<SqlUuid, _>(scan.id.as_uuid())
        .bind::<SqlUuid, _>(scan.scanner.as_uuid())
        .bind::<Nullable<Text>, _>(scan.nonce.as_deref())
        .bind::<Nullable<SqlUuid>, _>(scan.ticket.map(|ticket| ticket.as_uuid()))
        .bind::<Nullable<SqlUuid>, _>(scan.event.map(|event| event.as_uuid()))
        .bind::<Text, _>(scan.verdict.as_str())
        .bind::<Nullable<Timestamptz>, _>(scan.checked_in_at)
        .bind::<Timestamptz, _>(scan.at);
        self.execute("adding a scan", constant(statement)).await.map(|added| added == 1)
    }
}
