//! Rows of `waitlist_entries`.

use crate::column::{count, some_money, word};
use crate::failure::corrupt;
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use booking::waitlist::Free;
use booking::{EntryStatus, ListCounts, Rules, WaitlistEntry, WaitlistReads, WaitlistTx};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, Cursor, EventId, Page, PageRequest, StoreError, Timestamp, WaitlistEntryId};
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
struct EventRow {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    entries: i64,
    #[diesel(sql_type = BigInt)]
    offered: i64,
    #[diesel(sql_type = BigInt)]
    places: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    median_seconds: Option<i64>,
}

fn entries(rows: Vec<EntryRow>) -> Result<Vec<WaitlistEntry>, StoreError> {
    rows.into_iter().map(WaitlistEntry::try_from).collect()
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, event_id, buyer_id, ticket_types, quantity, max_price_minor, max_price_currency, number, \
                 status, joined_at, hold_id, offered_at, expires_at, decided_at \
             FROM waitlist_entries WHERE ",
            $rest
        )
    };
}

/// A number of the order, as its column keeps it.
fn ordinal(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Jumps from event to event, however many wait for each.
const WAITED_FOR: &str = "\
    WITH RECURSIVE found AS ( \
        (SELECT event_id FROM waitlist_entries WHERE status = 'waiting' AND event_id > $1 \
            ORDER BY event_id LIMIT 1) \
        UNION ALL \
        SELECT (SELECT w.event_id FROM waitlist_entries w WHERE w.status = 'waiting' AND w.event_id > f.event_id \
            ORDER BY w.event_id LIMIT 1) FROM found f WHERE f.event_id IS NOT NULL \
    ) SELECT event_id FROM found WHERE event_id IS NOT NULL LIMIT $2";

const COUNTS: &str = "\
    WITH listed AS (SELECT status, quantity, offered_at - joined_at AS waited FROM waitlist_entries \
        WHERE event_id = $1) \
    SELECT status, count(*) AS entries, count(waited) AS offered, sum(quantity)::bigint AS places, \
        (SELECT floor(extract(epoch FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY waited)))::bigint \
            FROM listed WHERE waited IS NOT NULL) AS median_seconds \
    FROM listed GROUP BY status ORDER BY status";

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
impl WaitlistReads for PgStore {
    async fn entry(&self, id: WaitlistEntryId) -> Result<Option<WaitlistEntry>, StoreError> {
        let statement = text(select!("id = $1")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<EntryRow> = self.rows("reading an entry", constant(statement)).await?;
        rows.into_iter().next().map(WaitlistEntry::try_from).transpose()
    }

    async fn last_entry(
        &self,
        event: EventId,
        buyer: AccountId,
    ) -> Result<Option<WaitlistEntry>, StoreError> {
        let statement = text(select!("event_id = $1 AND buyer_id = $2 ORDER BY number DESC LIMIT 1"))
            .bind::<SqlUuid, _>(event.as_uuid())
            .bind::<SqlUuid, _>(buyer.as_uuid());
        let rows: Vec<EntryRow> = self.rows("reading somebody's entry", constant(statement)).await?;
        rows.into_iter().next().map(WaitlistEntry::try_from).transpose()
    }

    async fn living_entries(&self, buyer: AccountId, limit: u32) -> Result<Vec<WaitlistEntry>, StoreError> {
        let statement =
            text(select!("buyer_id = $1 AND status IN ('waiting', 'offered') ORDER BY event_id LIMIT $2"))
                .bind::<SqlUuid, _>(buyer.as_uuid())
                .bind::<BigInt, _>(i64::from(limit));
        entries(self.rows("reading somebody's entries", constant(statement)).await?)
    }

    async fn waiting_before(&self, event: EventId, number: u64) -> Result<u64, StoreError> {
        let statement = text(
            "SELECT count(*) AS number FROM waitlist_entries \
             WHERE event_id = $1 AND number < $2 AND status = 'waiting'",
        )
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<BigInt, _>(ordinal(number));
        let rows: Vec<NumberRow> = self.rows("counting who waits before", constant(statement)).await?;
        Ok(rows.first().and_then(|row| u64::try_from(row.number).ok()).unwrap_or(0))
    }

    async fn entries_of_event(
        &self,
        event: EventId,
        page: PageRequest,
    ) -> Result<Page<WaitlistEntry>, StoreError> {
        // The cursor names an entry; its place in the order is its number.
        let statement = text(select!(
            "event_id = $1 AND number > coalesce( \
                 (SELECT w.number FROM waitlist_entries w WHERE w.id = $2 AND w.event_id = $1), 0) \
             ORDER BY number LIMIT $3"
        ))
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<Nullable<SqlUuid>, _>(page.after.map(|cursor| cursor.id))
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows = entries(self.rows("listing entries", constant(statement)).await?)?;
        Ok(Page::cut(rows, page.limit, |it| Cursor { at: it.joined_at, id: it.id.as_uuid() }))
    }

    async fn count_entries(&self, event: EventId) -> Result<ListCounts, StoreError> {
        let doing = "counting entries";
        let statement = text(COUNTS).bind::<SqlUuid, _>(event.as_uuid());
        let rows: Vec<CountRow> = self.rows(doing, constant(statement)).await?;
        let mut counts = ListCounts::default();
        for row in rows {
            let status: EntryStatus = word(&row.status, "reading waitlist_entries.status")?;
            counts.by_status.push((status, row.entries.try_into().map_err(corrupt(doing))?));
            if status == EntryStatus::Expired {
                counts.lapsed_offers = row.offered.try_into().map_err(corrupt(doing))?;
            }
            if status == EntryStatus::Waiting {
                counts.wanted = row.places.try_into().map_err(corrupt(doing))?;
            }
            counts.median_wait_seconds = row.median_seconds;
        }
        Ok(counts)
    }

    async fn events_waited_for(
        &self,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<EventId>, StoreError> {
        let statement = text(WAITED_FOR)
            .bind::<SqlUuid, _>(after.map_or(Uuid::nil(), |event| event.as_uuid()))
            .bind::<BigInt, _>(i64::from(limit));
        let rows: Vec<EventRow> = self.rows("looking for lists", constant(statement)).await?;
        Ok(rows.into_iter().map(|row| row.event_id.into()).collect())
    }
}

#[async_trait]
impl WaitlistTx for PgTx {
    async fn waiting(
        &mut self,
        event: EventId,
        free: &Free,
        after: u64,
        limit: u32,
    ) -> Result<Vec<WaitlistEntry>, StoreError> {
        let statement = text(select!(
            "event_id = $1 AND number > $2 AND status = 'waiting' AND quantity <= $3 \
             AND (cardinality(ticket_types) = 0 OR ticket_types && $4) \
             AND (max_price_minor IS NULL OR max_price_minor >= $5) ORDER BY number LIMIT $6"
        ))
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<BigInt, _>(ordinal(after))
        .bind::<BigInt, _>(i64::from(free.most))
        .bind::<Array<SqlUuid>, _>(free.ticket_types.iter().map(|id| id.as_uuid()).collect::<Vec<_>>())
        .bind::<BigInt, _>(free.cheapest.minor())
        .bind::<BigInt, _>(i64::from(limit));
        entries(self.load("reading who waits", constant(statement)).await?)
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
