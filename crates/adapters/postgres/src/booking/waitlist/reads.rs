//! Waiting lists as they are shown.

use super::{EntryRow, NumberRow, entries, ordinal};
use crate::column::{before, word};
use crate::failure::corrupt;
use crate::pool::PgStore;
use crate::statement::{constant, text};
use async_trait::async_trait;
use booking::{EntryStatus, ListCounts, WaitlistEntry, WaitlistReads};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, Cursor, EventId, Page, PageRequest, StoreError, WaitlistEntryId};
use uuid::Uuid;

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

    async fn living_entries(
        &self,
        buyer: AccountId,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<WaitlistEntry>, StoreError> {
        let statement = text(select!(
            "buyer_id = $1 AND event_id > $2 AND status IN ('waiting', 'offered') ORDER BY event_id LIMIT $3"
        ))
        .bind::<SqlUuid, _>(buyer.as_uuid())
        .bind::<SqlUuid, _>(after.map_or(Uuid::nil(), |event| event.as_uuid()))
        .bind::<BigInt, _>(i64::from(limit));
        entries(self.rows("reading somebody's entries", constant(statement)).await?)
    }

    async fn entries_of_buyer(
        &self,
        buyer: AccountId,
        page: PageRequest,
    ) -> Result<Page<WaitlistEntry>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(select!(
            "buyer_id = $1 AND (joined_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
             ORDER BY joined_at DESC, id DESC LIMIT $5"
        ))
        .bind::<SqlUuid, _>(buyer.as_uuid())
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<SqlUuid, _>(Uuid::max())
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows = entries(self.rows("listing somebody's entries", constant(statement)).await?)?;
        Ok(Page::cut(rows, page.limit, |it| Cursor { at: it.joined_at, id: it.id.as_uuid() }))
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
            if status.ends_untaken() {
                let offered = u64::try_from(row.offered).map_err(corrupt(doing))?;
                counts.lapsed_offers = counts.lapsed_offers.saturating_add(offered);
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
