//! Rows of `waitlist_entries`.

use crate::column::{count, some_money, word};
use crate::failure::corrupt;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use booking::waitlist::Free;
use booking::{Rules, WaitlistEntry, WaitlistTx};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, EventId, StoreError, TicketTypeId, Timestamp, WaitlistEntryId};
use uuid::Uuid;

#[derive(QueryableByName)]
struct EntryRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    buyer_id: Uuid,
    #[diesel(sql_type = Array<SqlUuid>)]
    ticket_types: Vec<Uuid>,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    max_price_minor: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    max_price_currency: Option<String>,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Timestamptz)]
    joined_at: Timestamp,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    hold_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    offered_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    expires_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    decided_at: Option<Timestamp>,
}

impl TryFrom<EntryRow> for WaitlistEntry {
    type Error = StoreError;

    fn try_from(row: EntryRow) -> Result<Self, StoreError> {
        let price = "reading waitlist_entries.max_price_minor";
        Ok(Self {
            id: row.id.into(),
            event: row.event_id.into(),
            buyer: row.buyer_id.into(),
            ticket_types: row.ticket_types.into_iter().map(Into::into).collect(),
            quantity: count(row.quantity, "reading waitlist_entries.quantity")?,
            max_price: some_money(row.max_price_minor, row.max_price_currency.as_deref(), price)?,
            number: row.number.try_into().map_err(corrupt("reading waitlist_entries.number"))?,
            status: word(&row.status, "reading waitlist_entries.status")?,
            joined_at: row.joined_at,
            hold: row.hold_id.map(Into::into),
            offered_at: row.offered_at,
            expires_at: row.expires_at,
            decided_at: row.decided_at,
        })
    }
}

#[derive(QueryableByName)]
struct NumberRow {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct TypeRow {
    #[diesel(sql_type = SqlUuid)]
    ticket_type_id: Uuid,
}

#[derive(QueryableByName)]
struct WishedRow {
    #[diesel(sql_type = SqlUuid)]
    ticket_type_id: Uuid,
    #[diesel(sql_type = BigInt)]
    wished: i64,
}

fn entries(rows: Vec<EntryRow>) -> Result<Vec<WaitlistEntry>, StoreError> {
    rows.into_iter().map(WaitlistEntry::try_from).collect()
}

/// Whether an entry fits what is free of a type, `f`; as the entry itself says it.
macro_rules! fits {
    () => {
        "quantity <= f.places AND (cardinality(ticket_types) = 0 OR f.free_type = ANY(ticket_types)) \
         AND (max_price_minor IS NULL OR max_price_minor >= f.price)"
    };
}

macro_rules! select {
    ($rest:expr) => {
        concat!(
            "SELECT id, event_id, buyer_id, ticket_types, quantity, max_price_minor, max_price_currency, number, \
                 status, joined_at, hold_id, offered_at, expires_at, decided_at \
             FROM waitlist_entries WHERE ",
            $rest
        )
    };
}

mod reads;

/// Lines of what is free, as columns.
fn columns(free: &[Free]) -> (Vec<Uuid>, Vec<i64>, Vec<i64>) {
    let types = free.iter().map(|it| it.ticket_type.as_uuid()).collect();
    let places = free.iter().map(|it| i64::from(it.places)).collect();
    (types, places, free.iter().map(|it| it.price.minor()).collect())
}

/// A number of the order, as its column keeps it.
fn ordinal(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

const ADD: &str = "\
    INSERT INTO waitlist_entries (id, event_id, buyer_id, ticket_types, quantity, max_price_minor, \
        max_price_currency, number, status, joined_at, hold_id, offered_at, expires_at, decided_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

fn add(it: &WaitlistEntry) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let types: Vec<Uuid> = it.ticket_types.iter().map(|id| id.as_uuid()).collect();
    constant(
        text(ADD)
            .bind::<SqlUuid, _>(it.id.as_uuid())
            .bind::<SqlUuid, _>(it.event.as_uuid())
            .bind::<SqlUuid, _>(it.buyer.as_uuid())
            .bind::<Array<SqlUuid>, _>(types)
            .bind::<BigInt, _>(i64::from(it.quantity))
            .bind::<Nullable<BigInt>, _>(it.max_price.map(|price| price.minor()))
            .bind::<Nullable<Text>, _>(it.max_price.map(|price| price.currency().code().to_owned()))
            .bind::<BigInt, _>(ordinal(it.number))
            .bind::<Text, _>(it.status.as_str())
            .bind::<Timestamptz, _>(it.joined_at)
            .bind::<Nullable<SqlUuid>, _>(it.hold.map(|hold| hold.as_uuid()))
            .bind::<Nullable<Timestamptz>, _>(it.offered_at)
            .bind::<Nullable<Timestamptz>, _>(it.expires_at)
            .bind::<Nullable<Timestamptz>, _>(it.decided_at),
    )
}

#[async_trait]
impl WaitlistTx for PgTx {
    async fn waiting(
        &mut self,
        lists: &[(EventId, &[Free])],
        after: u64,
        limit: u32,
    ) -> Result<Vec<WaitlistEntry>, StoreError> {
        let events: Vec<Uuid> = lists.iter().map(|(event, _)| event.as_uuid()).collect();
        let of_each = lists.iter().flat_map(|(event, free)| free.iter().map(|_| event.as_uuid()));
        let of_each: Vec<Uuid> = of_each.collect();
        let free: Vec<Free> = lists.iter().flat_map(|(_, free)| free.iter().copied()).collect();
        let (types, places, prices) = columns(&free);
        let statement = text(concat!(
            "SELECT w.* FROM unnest($1) AS l(list) CROSS JOIN LATERAL (",
            select!(
                "event_id = l.list AND number > $2 AND status = 'waiting' AND EXISTS ( \
                 SELECT FROM unnest($7, $3, $4, $5) AS f(free_event, free_type, places, price) \
                 WHERE f.free_event = event_id AND "
            ),
            fits!(),
            " OFFSET 0) ORDER BY number LIMIT $6) w ORDER BY w.event_id, w.number"
        ))
        .bind::<Array<SqlUuid>, _>(events)
        .bind::<BigInt, _>(ordinal(after))
        .bind::<Array<SqlUuid>, _>(types)
        .bind::<Array<BigInt>, _>(places)
        .bind::<Array<BigInt>, _>(prices)
        .bind::<BigInt, _>(i64::from(limit))
        .bind::<Array<SqlUuid>, _>(of_each);
        entries(self.load("reading who waits", constant(statement)).await?)
    }

    async fn wanted(&mut self, event: EventId, free: &[Free]) -> Result<Vec<TicketTypeId>, StoreError> {
        let (types, places, prices) = columns(free);
        let statement = text(concat!(
            "SELECT f.free_type AS ticket_type_id FROM unnest($2, $3, $4) AS f(free_type, places, price) \
             CROSS JOIN LATERAL ( \
                 SELECT FROM waitlist_entries WHERE event_id = $1 AND status = 'waiting' AND ",
            fits!(),
            " LIMIT 1) w"
        ))
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<Array<SqlUuid>, _>(types)
        .bind::<Array<BigInt>, _>(places)
        .bind::<Array<BigInt>, _>(prices);
        let rows: Vec<TypeRow> = self.load("reading what is waited for", constant(statement)).await?;
        Ok(rows.into_iter().map(|row| row.ticket_type_id.into()).collect())
    }

    async fn wished(
        &mut self,
        event: EventId,
        free: &[Free],
        after: u64,
    ) -> Result<Vec<(TicketTypeId, u64)>, StoreError> {
        let doing = "counting what is wished";
        let (types, places, prices) = columns(free);
        let statement = text(concat!(
            "SELECT f.free_type AS ticket_type_id, w.wished \
             FROM unnest($2, $3, $4) AS f(free_type, places, price) CROSS JOIN LATERAL ( \
                 SELECT sum(quantity)::bigint AS wished FROM waitlist_entries \
                 WHERE event_id = $1 AND number > $5 AND status = 'waiting' AND ",
            fits!(),
            ") w WHERE w.wished IS NOT NULL"
        ))
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<Array<SqlUuid>, _>(types)
        .bind::<Array<BigInt>, _>(places)
        .bind::<Array<BigInt>, _>(prices)
        .bind::<BigInt, _>(ordinal(after));
        let rows: Vec<WishedRow> = self.load(doing, constant(statement)).await?;
        let wished =
            |row: WishedRow| Ok((row.ticket_type_id.into(), row.wished.try_into().map_err(corrupt(doing))?));
        rows.into_iter().map(wished).collect()
    }

    async fn waiting_in_vain(
        &mut self,
        event: EventId,
        known: &[TicketTypeId],
        limit: u32,
    ) -> Result<Vec<WaitlistEntry>, StoreError> {
        let statement = text(select!(
            "event_id = $1 AND status = 'waiting' AND cardinality(ticket_types) > 0 \
             AND NOT ticket_types && $2 ORDER BY number LIMIT $3"
        ))
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<Array<SqlUuid>, _>(known.iter().map(|id| id.as_uuid()).collect::<Vec<_>>())
        .bind::<BigInt, _>(i64::from(limit));
        entries(self.load("reading who waits in vain", constant(statement)).await?)
    }

    async fn all_waiting(&mut self, event: EventId, limit: u32) -> Result<Vec<WaitlistEntry>, StoreError> {
        let statement = text(select!("event_id = $1 AND status = 'waiting' ORDER BY number LIMIT $2"))
            .bind::<SqlUuid, _>(event.as_uuid())
            .bind::<BigInt, _>(i64::from(limit));
        entries(self.load("reading all who wait", constant(statement)).await?)
    }

    async fn all_offered(&mut self, event: EventId, limit: u32) -> Result<Vec<WaitlistEntry>, StoreError> {
        let statement = text(select!("event_id = $1 AND status = 'offered' ORDER BY number LIMIT $2"))
            .bind::<SqlUuid, _>(event.as_uuid())
            .bind::<BigInt, _>(i64::from(limit));
        entries(self.load("reading all who were offered places", constant(statement)).await?)
    }

    async fn living_entry(
        &mut self,
        event: EventId,
        buyer: AccountId,
    ) -> Result<Option<WaitlistEntry>, StoreError> {
        let statement = text(select!("event_id = $1 AND buyer_id = $2 AND status IN ('waiting', 'offered')"))
            .bind::<SqlUuid, _>(event.as_uuid())
            .bind::<SqlUuid, _>(buyer.as_uuid());
        let rows: Vec<EntryRow> = self.load("reading somebody's living entry", constant(statement)).await?;
        rows.into_iter().next().map(WaitlistEntry::try_from).transpose()
    }

    async fn entries(&mut self, ids: &[WaitlistEntryId]) -> Result<Vec<WaitlistEntry>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let statement = text(select!("id = ANY($1) ORDER BY id")).bind::<Array<SqlUuid>, _>(ids);
        entries(self.load("reading entries", constant(statement)).await?)
    }

    async fn last_number(&mut self, event: EventId) -> Result<u64, StoreError> {
        let doing = "reading the last number of a list";
        let statement =
            text("SELECT number FROM waitlist_entries WHERE event_id = $1 ORDER BY number DESC LIMIT 1")
                .bind::<SqlUuid, _>(event.as_uuid());
        let rows: Vec<NumberRow> = self.load(doing, constant(statement)).await?;
        rows.first().map_or(Ok(0), |row| row.number.try_into().map_err(corrupt(doing)))
    }

    async fn add_entry(&mut self, entry: &WaitlistEntry) -> Result<(), StoreError> {
        self.execute("adding an entry", add(entry)).await.map(drop)
    }

    async fn save_entries(&mut self, entries: &[WaitlistEntry]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let statement = text(
            "UPDATE waitlist_entries w SET status = n.status, hold_id = n.hold_id, offered_at = n.offered_at, \
                 expires_at = n.expires_at, decided_at = n.decided_at \
             FROM unnest($1, $2, $3, $4, $5, $6) \
                 AS n(id, status, hold_id, offered_at, expires_at, decided_at) WHERE w.id = n.id",
        )
        .bind::<Array<SqlUuid>, _>(entries.iter().map(|it| it.id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(entries.iter().map(|it| it.status.as_str()).collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(
            entries.iter().map(|it| it.hold.map(|hold| hold.as_uuid())).collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<Timestamptz>>, _>(entries.iter().map(|it| it.offered_at).collect::<Vec<_>>())
        .bind::<Array<Nullable<Timestamptz>>, _>(entries.iter().map(|it| it.expires_at).collect::<Vec<_>>())
        .bind::<Array<Nullable<Timestamptz>>, _>(entries.iter().map(|it| it.decided_at).collect::<Vec<_>>());
        self.write("saving entries", constant(statement));
        Ok(())
    }

    async fn save_rules(&mut self, event: EventId, rules: Rules) -> Result<(), StoreError> {
        let statement = text("UPDATE sales SET offers_by_hand = $2, takes_returns = $3 WHERE event_id = $1")
            .bind::<SqlUuid, _>(event.as_uuid())
            .bind::<Bool, _>(!rules.automatic)
            .bind::<Bool, _>(rules.returns);
        self.write("saving the rules of a list", constant(statement));
        Ok(())
    }
}
