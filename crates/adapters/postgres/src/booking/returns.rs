//! Rows of `returns`.

use crate::column::{before, count, money, word};
use crate::pool::PgStore;
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use booking::{Return, ReturnReads, ReturnTx};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{
    AccountId, Cursor, EventId, Page, PageRequest, ReturnId, SeatId, StoreError, TicketId, TicketTypeId,
    Timestamp,
};
use uuid::Uuid;

#[derive(QueryableByName)]
struct ReturnRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    ticket_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    ticket_type_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    holder_id: Uuid,
    #[diesel(sql_type = BigInt)]
    price_minor: i64,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    decided_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    seat_id: Option<Uuid>,
}

impl TryFrom<ReturnRow> for Return {
    type Error = StoreError;

    fn try_from(row: ReturnRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            ticket: row.ticket_id.into(),
            booking: row.booking_id.into(),
            event: row.event_id.into(),
            ticket_type: row.ticket_type_id.into(),
            holder: row.holder_id.into(),
            price: money(row.price_minor, &row.currency, "reading returns.price_minor")?,
            status: word(&row.status, "reading returns.status")?,
            created_at: row.created_at,
            decided_at: row.decided_at,
            seat: row.seat_id.map(Into::into),
        })
    }
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = SqlUuid)]
    ticket_type_id: Uuid,
    #[diesel(sql_type = BigInt)]
    waiting: i64,
}

fn returns(rows: Vec<ReturnRow>) -> Result<Vec<Return>, StoreError> {
    rows.into_iter().map(Return::try_from).collect()
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, ticket_id, booking_id, event_id, ticket_type_id, holder_id, price_minor, currency, status, \
                 created_at, decided_at, seat_id FROM returns WHERE ",
            $rest
        )
    };
}

/// The latest first, strictly before a cursor: `$1` is whose, `$2` and `$3` the cursor, `$4` after all ids.
const OF_HOLDER: &str = select!(
    "holder_id = $1 AND (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
     ORDER BY created_at DESC, id DESC LIMIT $5"
);
const OF_EVENT: &str = select!(
    "event_id = $1 AND (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
     ORDER BY created_at DESC, id DESC LIMIT $5"
);

impl PgStore {
    async fn returns(
        &self,
        sql: &'static str,
        whose: Uuid,
        page: PageRequest,
    ) -> Result<Page<Return>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(sql)
            .bind::<SqlUuid, _>(whose)
            .bind::<Nullable<Timestamptz>, _>(at)
            .bind::<Nullable<SqlUuid>, _>(id)
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows = returns(self.rows("listing returns", constant(statement)).await?)?;
        Ok(Page::cut(rows, page.limit, |it| Cursor { at: it.created_at, id: it.id.as_uuid() }))
    }
}

#[async_trait]
impl ReturnReads for PgStore {
    async fn ticket_return(&self, id: ReturnId) -> Result<Option<Return>, StoreError> {
        let statement = text(select!("id = $1")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<ReturnRow> = self.rows("reading a return", constant(statement)).await?;
        rows.into_iter().next().map(Return::try_from).transpose()
    }

    async fn returns_of(&self, holder: AccountId, page: PageRequest) -> Result<Page<Return>, StoreError> {
        self.returns(OF_HOLDER, holder.as_uuid(), page).await
    }

    async fn returns_of_event(&self, event: EventId, page: PageRequest) -> Result<Page<Return>, StoreError> {
        self.returns(OF_EVENT, event.as_uuid(), page).await
    }
}

#[async_trait]
impl ReturnTx for PgTx {
    async fn return_by_id(&mut self, id: ReturnId) -> Result<Option<Return>, StoreError> {
        let statement = text(select!("id = $1")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<ReturnRow> = self.load("reading a return", constant(statement)).await?;
        rows.into_iter().next().map(Return::try_from).transpose()
    }

    async fn waiting_returns_of(&mut self, tickets: &[TicketId]) -> Result<Vec<Return>, StoreError> {
        let tickets: Vec<Uuid> = tickets.iter().map(|id| id.as_uuid()).collect();
        // One descent of the index per ticket.
        let statement = text(
            "SELECT r.* FROM unnest($1) AS t(id) CROSS JOIN LATERAL ( \
                 SELECT id, ticket_id, booking_id, event_id, ticket_type_id, holder_id, price_minor, currency, status, \
                     created_at, decided_at, seat_id FROM returns WHERE ticket_id = t.id AND status = 'waiting' LIMIT 1 \
             ) r",
        )
        .bind::<Array<SqlUuid>, _>(tickets);
        returns(self.load("reading the returns of tickets", constant(statement)).await?)
    }

    async fn waiting_returns_of_seats(
        &mut self,
        event: EventId,
        seats: &[SeatId],
    ) -> Result<Vec<Return>, StoreError> {
        let statement = text(select!("event_id = $1 AND seat_id = ANY($2) AND status = 'waiting'"))
            .bind::<SqlUuid, _>(event.as_uuid())
            .bind::<Array<SqlUuid>, _>(seats.iter().map(|id| id.as_uuid()).collect::<Vec<_>>());
        returns(self.load("reading the returns of seats", constant(statement)).await?)
    }

    async fn count_returns(&mut self, event: EventId) -> Result<Vec<(TicketTypeId, u32)>, StoreError> {
        let doing = "counting returns";
        let statement = text(
            "SELECT ticket_type_id, count(*) AS waiting FROM returns \
             WHERE event_id = $1 AND status = 'waiting' GROUP BY ticket_type_id ORDER BY ticket_type_id",
        )
        .bind::<SqlUuid, _>(event.as_uuid());
        let rows: Vec<CountRow> = self.load(doing, constant(statement)).await?;
        rows.into_iter().map(|row| Ok((row.ticket_type_id.into(), count(row.waiting, doing)?))).collect()
    }

    async fn oldest_return(
        &mut self,
        event: EventId,
        ticket_types: &[TicketTypeId],
    ) -> Result<Option<Return>, StoreError> {
        let statement = text(select!(
            "event_id = $1 AND status = 'waiting' AND ticket_type_id = ANY($2) ORDER BY created_at, id LIMIT 1"
        ))
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<Array<SqlUuid>, _>(ticket_types.iter().map(|id| id.as_uuid()).collect::<Vec<_>>());
        let rows: Vec<ReturnRow> = self.load("looking for the oldest return", constant(statement)).await?;
        rows.into_iter().next().map(Return::try_from).transpose()
    }

    async fn add_return(&mut self, it: &Return) -> Result<(), StoreError> {
        let statement = text(
            "INSERT INTO returns (id, ticket_id, booking_id, event_id, ticket_type_id, holder_id, price_minor, \
                 currency, status, created_at, decided_at, seat_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind::<SqlUuid, _>(it.id.as_uuid())
        .bind::<SqlUuid, _>(it.ticket.as_uuid())
        .bind::<SqlUuid, _>(it.booking.as_uuid())
        .bind::<SqlUuid, _>(it.event.as_uuid())
        .bind::<SqlUuid, _>(it.ticket_type.as_uuid())
        .bind::<SqlUuid, _>(it.holder.as_uuid())
        .bind::<BigInt, _>(it.price.minor())
        .bind::<Text, _>(it.price.currency().code().to_owned())
        .bind::<Text, _>(it.status.as_str())
        .bind::<Timestamptz, _>(it.created_at)
        .bind::<Nullable<Timestamptz>, _>(it.decided_at)
        .bind::<Nullable<SqlUuid>, _>(it.seat.map(|seat| seat.as_uuid()));
        self.execute("adding a return", constant(statement)).await.map(drop)
    }

    async fn save_return(&mut self, it: &Return) -> Result<(), StoreError> {
        let statement = text("UPDATE returns SET status = $2, decided_at = $3 WHERE id = $1")
            .bind::<SqlUuid, _>(it.id.as_uuid())
            .bind::<Text, _>(it.status.as_str())
            .bind::<Nullable<Timestamptz>, _>(it.decided_at);
        self.execute("saving a return", constant(statement)).await.map(drop)
    }
}
