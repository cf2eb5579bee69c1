//! Rows of `transfers`.

use crate::column::{before, word};
use crate::pool::PgStore;
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use booking::{Transfer, TransferReads, TransferTx};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, Cursor, Page, PageRequest, StoreError, TicketId, Timestamp, TransferId};
use uuid::Uuid;

#[derive(QueryableByName)]
struct TransferRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    ticket_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    from_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    to_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
    #[diesel(sql_type = Timestamptz)]
    expires_at: Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    decided_at: Option<Timestamp>,
}

impl TryFrom<TransferRow> for Transfer {
    type Error = StoreError;

    fn try_from(row: TransferRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            ticket: row.ticket_id.into(),
            booking: row.booking_id.into(),
            event: row.event_id.into(),
            from: row.from_id.into(),
            to: row.to_id.map(Into::into),
            status: word(&row.status, "reading transfers.status")?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            decided_at: row.decided_at,
        })
    }
}

fn transfers(rows: Vec<TransferRow>) -> Result<Vec<Transfer>, StoreError> {
    rows.into_iter().map(Transfer::try_from).collect()
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, ticket_id, booking_id, event_id, from_id, to_id, status, created_at, expires_at, decided_at \
             FROM transfers WHERE ",
            $rest
        )
    };
}

/// The latest first, strictly before a cursor: `$1` is a party, `$2` and `$3` the cursor, `$4` after all ids.
const TO: &str = select!(
    "to_id = $1 AND (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
     ORDER BY created_at DESC, id DESC LIMIT $5"
);
const FROM: &str = select!(
    "from_id = $1 AND (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
     ORDER BY created_at DESC, id DESC LIMIT $5"
);

impl PgStore {
    async fn transfers(
        &self,
        sql: &'static str,
        account: AccountId,
        page: PageRequest,
    ) -> Result<Page<Transfer>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(sql)
            .bind::<SqlUuid, _>(account.as_uuid())
            .bind::<Nullable<Timestamptz>, _>(at)
            .bind::<Nullable<SqlUuid>, _>(id)
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<TransferRow> = self.rows("listing transfers", constant(statement)).await?;
        let cursor = |it: &Transfer| Cursor { at: it.created_at, id: it.id.as_uuid() };
        Ok(Page::cut(transfers(rows)?, page.limit, cursor))
    }
}

#[async_trait]
impl TransferReads for PgStore {
    async fn transfer(&self, id: TransferId) -> Result<Option<Transfer>, StoreError> {
        let statement = text(select!("id = $1")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<TransferRow> = self.rows("reading a transfer", constant(statement)).await?;
        rows.into_iter().next().map(Transfer::try_from).transpose()
    }

    async fn transfers_to(
        &self,
        account: AccountId,
        page: PageRequest,
    ) -> Result<Page<Transfer>, StoreError> {
        self.transfers(TO, account, page).await
    }

    async fn transfers_from(
        &self,
        account: AccountId,
        page: PageRequest,
    ) -> Result<Page<Transfer>, StoreError> {
        self.transfers(FROM, account, page).await
    }
}

#[async_trait]
impl TransferTx for PgTx {
    async fn transfers_of_ticket(&mut self, ticket: TicketId) -> Result<Vec<Transfer>, StoreError> {
        let statement = text(select!("ticket_id = $1")).bind::<SqlUuid, _>(ticket.as_uuid());
        transfers(self.load("reading the transfers of a ticket", constant(statement)).await?)
    }

    async fn add_transfer(&mut self, it: &Transfer) -> Result<(), StoreError> {
        let statement = text(
            "INSERT INTO transfers (id, ticket_id, booking_id, event_id, from_id, to_id, status, created_at, \
                 expires_at, decided_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind::<SqlUuid, _>(it.id.as_uuid())
        .bind::<SqlUuid, _>(it.ticket.as_uuid())
        .bind::<SqlUuid, _>(it.booking.as_uuid())
        .bind::<SqlUuid, _>(it.event.as_uuid())
        .bind::<SqlUuid, _>(it.from.as_uuid())
        .bind::<Nullable<SqlUuid>, _>(it.to.map(|to| to.as_uuid()))
        .bind::<Text, _>(it.status.as_str())
        .bind::<Timestamptz, _>(it.created_at)
        .bind::<Timestamptz, _>(it.expires_at)
        .bind::<Nullable<Timestamptz>, _>(it.decided_at);
        self.execute("adding a transfer", constant(statement)).await.map(drop)
    }

    async fn save_transfer(&mut self, it: &Transfer) -> Result<(), StoreError> {
        let statement = text("UPDATE transfers SET status = $2, decided_at = $3 WHERE id = $1")
            .bind::<SqlUuid, _>(it.id.as_uuid())
            .bind::<Text, _>(it.status.as_str())
            .bind::<Nullable<Timestamptz>, _>(it.decided_at);
        self.execute("saving a transfer", constant(statement)).await.map(drop)
    }

    async fn end_transfers_of(&mut self, tickets: &[TicketId], now: Timestamp) -> Result<(), StoreError> {
        // See `Transfer::end_with_ticket`.
        let statement = text(
            "UPDATE transfers SET status = CASE WHEN expires_at <= $2 THEN 'expired' ELSE 'withdrawn' END, \
                 decided_at = CASE WHEN expires_at <= $2 THEN decided_at ELSE $2 END \
             WHERE ticket_id = ANY($1) AND status = 'offered'",
        )
        .bind::<Array<SqlUuid>, _>(tickets.iter().map(|ticket| ticket.as_uuid()).collect::<Vec<_>>())
        .bind::<Timestamptz, _>(now);
        self.write("ending the transfers of tickets", constant(statement));
        Ok(())
    }
}
