//! The door: tickets one by one, and rows of `scans`.

use super::ticket::{TicketRow, attendee, presence, tickets};
use crate::column::{document, some_count, to_document, word};
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use booking::{DoorTx, Offline, Scan, SyncTx, Ticket, Verdict};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, StoreError, TicketId, Timestamp};
use serde_json::Value;
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
    #[diesel(sql_type = Text)]
    way: String,
    #[diesel(sql_type = Nullable<Text>)]
    overruled: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    version: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    said_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    told_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    flags: Option<Value>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    after_id: Option<Uuid>,
}

/// All columns of scans, which are called `s` where there are other tables.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.scanner_id, s.nonce, s.ticket_id, s.event_id, s.verdict, s.checked_in_at, s.at, s.way, \
             s.overruled, s.reason, s.version, s.said_at, s.told_at, s.flags, s.after_id ",
            $rest
        )
    };
}
pub(super) use select;

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
            way: word(&row.way, "reading scans.way")?,
            overruled: row.overruled.map(|it| word(&it, "reading scans.overruled")).transpose()?,
            reason: row.reason,
            version: some_count(row.version, "reading scans.version")?,
            offline: row.said_at.zip(row.told_at).map(|(said_at, told_at)| Offline { said_at, told_at }),
            flags: row.flags.map(|it| document(it, "reading scans.flags")).transpose()?.unwrap_or_default(),
            after: row.after_id.map(Into::into),
        })
    }
}

#[async_trait]
impl DoorTx for PgTx {
    async fn lock_ticket(&mut self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        // One table, one row: what is returned after waiting is the row as it is then.
        let statement = text(
            "SELECT id, booking_id, event_id, ticket_type_id, holder_id, attendee, version, status, issued_at, \
             checked_in_at, presence, seat FROM tickets WHERE id = $1 FOR UPDATE",
        )
        .bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<TicketRow> = self.load("locking a ticket", constant(statement)).await?;
        rows.into_iter().next().map(Ticket::try_from).transpose()
    }

    async fn save_ticket(&mut self, ticket: &Ticket) -> Result<(), StoreError> {
        let statement = text(
            "UPDATE tickets SET holder_id = $2, attendee = $3, version = $4, status = $5, checked_in_at = $6, \
             presence = $7 WHERE id = $1",
        )
        .bind::<SqlUuid, _>(ticket.id.as_uuid())
        .bind::<SqlUuid, _>(ticket.holder.as_uuid())
        .bind::<Nullable<Jsonb>, _>(attendee(ticket)?)
        .bind::<BigInt, _>(i64::from(ticket.version))
        .bind::<Text, _>(ticket.status.as_str())
        .bind::<Nullable<Timestamptz>, _>(ticket.checked_in_at)
        .bind::<Nullable<Jsonb>, _>(presence(ticket)?);
        self.write("saving a ticket", constant(statement));
        Ok(())
    }

    async fn scan_by_nonce(&mut self, scanner: AccountId, nonce: &str) -> Result<Option<Scan>, StoreError> {
        let statement = text(select!("FROM scans s WHERE scanner_id = $1 AND nonce = $2"))
            .bind::<SqlUuid, _>(scanner.as_uuid())
            .bind::<Text, _>(nonce);
        let rows: Vec<ScanRow> = self.load("looking for a scan", constant(statement)).await?;
        rows.into_iter().next().map(Scan::try_from).transpose()
    }

    async fn add_scan(&mut self, scan: &Scan) -> Result<bool, StoreError> {
        self.add_scans(std::slice::from_ref(scan)).await.map(|added| added == 1)
    }
}

#[async_trait]
impl SyncTx for PgTx {
    async fn lock_tickets_named(&mut self, ids: &[TicketId]) -> Result<Vec<Ticket>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let statement = text(
            "SELECT id, booking_id, event_id, ticket_type_id, holder_id, attendee, version, status, issued_at, \
             checked_in_at, presence, seat FROM tickets WHERE id = ANY($1) ORDER BY id FOR UPDATE",
        )
        .bind::<Array<SqlUuid>, _>(ids);
        tickets(self.load("locking tickets", constant(statement)).await?)
    }

    async fn scans_by_nonces(
        &mut self,
        scanner: AccountId,
        nonces: &[String],
    ) -> Result<Vec<Scan>, StoreError> {
        let statement = text(select!("FROM scans s WHERE scanner_id = $1 AND nonce = ANY($2)"))
            .bind::<SqlUuid, _>(scanner.as_uuid())
            .bind::<Array<Text>, _>(nonces);
        scans(self.load("looking for scans", constant(statement)).await?)
    }

    async fn add_scans(&mut self, scans: &[Scan]) -> Result<usize, StoreError> {
        if scans.is_empty() {
            return Ok(0);
        }
        self.execute("adding scans", added(scans)?).await
    }

    async fn scans_of_tickets(&mut self, ids: &[TicketId]) -> Result<Vec<Scan>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let statement =
            text(select!("FROM scans s WHERE ticket_id = ANY($1)")).bind::<Array<SqlUuid>, _>(ids);
        scans(self.load("reading the scans of tickets", constant(statement)).await?)
    }

    async fn flag_scans(&mut self, scans: &[Scan]) -> Result<(), StoreError> {
        if scans.is_empty() {
            return Ok(());
        }
        let statement = text(
            "UPDATE scans s SET flags = n.flags, after_id = n.after_id \
             FROM unnest($1, $2, $3) AS n(id, flags, after_id) WHERE s.id = n.id",
        )
        .bind::<Array<SqlUuid>, _>(scans.iter().map(|scan| scan.id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Jsonb>>, _>(scans.iter().map(flags).collect::<Result<Vec<_>, _>>()?)
        .bind::<Array<Nullable<SqlUuid>>, _>(
            scans.iter().map(|scan| scan.after.map(|id| id.as_uuid())).collect::<Vec<_>>(),
        );
        self.execute("flagging scans", constant(statement)).await.map(drop)
    }
}

/// What the `flags` column keeps of a scan.
fn flags(scan: &Scan) -> Result<Option<Value>, StoreError> {
    let said = Some(&scan.flags).filter(|flags| !flags.is_empty());
    said.map(|it| to_document(it, "writing scans.flags")).transpose()
}

fn scans(rows: Vec<ScanRow>) -> Result<Vec<Scan>, StoreError> {
    rows.into_iter().map(Scan::try_from).collect()
}

/// Writes new scans, but for those whose nonces were used before.
fn added(scans: &[Scan]) -> Result<Statement<impl QueryFragment<Pg> + Send + use<>>, StoreError> {
    fn all<T>(scans: &[Scan], of: impl Fn(&Scan) -> T) -> Vec<T> {
        scans.iter().map(of).collect()
    }
    let flags = scans.iter().map(flags).collect::<Result<Vec<_>, _>>()?;
    let said = |scan: &Scan| scan.offline.as_ref().map(|offline| offline.said_at);
    let told = |scan: &Scan| scan.offline.as_ref().map(|offline| offline.told_at);
    Ok(constant(
        text(
            "INSERT INTO scans (id, scanner_id, nonce, ticket_id, event_id, verdict, checked_in_at, at, way, \
                 overruled, reason, version, said_at, told_at, flags, after_id) \
             SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
             ON CONFLICT ON CONSTRAINT scans_nonce_key DO NOTHING",
        )
        .bind::<Array<SqlUuid>, _>(all(scans, |scan| scan.id.as_uuid()))
        .bind::<Array<SqlUuid>, _>(all(scans, |scan| scan.scanner.as_uuid()))
        .bind::<Array<Nullable<Text>>, _>(all(scans, |scan| scan.nonce.clone()))
        .bind::<Array<Nullable<SqlUuid>>, _>(all(scans, |scan| scan.ticket.map(|id| id.as_uuid())))
        .bind::<Array<Nullable<SqlUuid>>, _>(all(scans, |scan| scan.event.map(|id| id.as_uuid())))
        .bind::<Array<Text>, _>(all(scans, |scan| scan.verdict.as_str()))
        .bind::<Array<Nullable<Timestamptz>>, _>(all(scans, |scan| scan.checked_in_at))
        .bind::<Array<Timestamptz>, _>(all(scans, |scan| scan.at))
        .bind::<Array<Text>, _>(all(scans, |scan| scan.way.as_str()))
        .bind::<Array<Nullable<Text>>, _>(all(scans, |scan| scan.overruled.map(Verdict::as_str)))
        .bind::<Array<Nullable<Text>>, _>(all(scans, |scan| scan.reason.clone()))
        .bind::<Array<Nullable<BigInt>>, _>(all(scans, |scan| scan.version.map(i64::from)))
        .bind::<Array<Nullable<Timestamptz>>, _>(all(scans, said))
        .bind::<Array<Nullable<Timestamptz>>, _>(all(scans, told))
        .bind::<Array<Nullable<Jsonb>>, _>(flags)
        .bind::<Array<Nullable<SqlUuid>>, _>(all(scans, |scan| scan.after.map(|id| id.as_uuid()))),
    ))
}
