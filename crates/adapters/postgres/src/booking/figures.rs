//! Figures: reads of what there is to count, and rows of `day_figures`, `event_figures` and `figure_looks`.

mod facts;
mod guests;
mod kept;
mod sums;

use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use booking::figures::{
    By, Counts, DayFigures, EventFigures, Facts, FlowFilter, Guests, LocalDay, Look, StandingFilter, Sum,
    first_id,
};
use booking::{FiguresStore, FiguresTx};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{BigInt, Bool, Nullable, Timestamptz, Uuid as SqlUuid};
use kernel::{EventId, OrganisationId, StoreError, Timestamp};
use uuid::Uuid;

#[derive(QueryableByName)]
struct EventRow {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
}

#[derive(QueryableByName)]
struct TouchedRow {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    hour: Timestamp,
}

#[derive(QueryableByName)]
struct HourRow {
    #[diesel(sql_type = Timestamptz)]
    hour: Timestamp,
}

#[derive(QueryableByName)]
struct LookRow {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    looked_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    until: Option<Timestamp>,
    #[diesel(sql_type = Bool)]
    whole: bool,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    last_id: Option<Uuid>,
}

impl From<LookRow> for Look {
    fn from(row: LookRow) -> Self {
        Self { at: row.looked_at, until: row.until, whole: row.whole, cursor: row.last_id.map(Into::into) }
    }
}

/// What was written from `$1` on, and with ids from `$2` on. Sorted and cut (at `$3`, which is more than there is) so that
/// the index that is in this order is walked from its end, and no other one as a whole.
const TOUCHED: &str = "\
    SELECT DISTINCT e.event_id, date_trunc('hour', e.at, 'UTC') AS hour FROM ( \
        SELECT event_id, at FROM ledger_entries WHERE at >= $1 ORDER BY at DESC, id DESC LIMIT $3 \
    ) e WHERE e.event_id IS NOT NULL \
    UNION SELECT DISTINCT t.event_id, date_trunc('hour', t.issued_at, 'UTC') FROM ( \
        SELECT event_id, issued_at FROM tickets WHERE id >= $2 ORDER BY id DESC LIMIT $3 \
    ) t";

const HOURS: &str = "\
    SELECT date_trunc('hour', at, 'UTC') AS hour FROM ledger_entries WHERE event_id = $1 \
    UNION SELECT date_trunc('hour', issued_at, 'UTC') FROM tickets WHERE event_id = $1";

const LOOK: &str = "SELECT looked_at, until, whole, last_id FROM figure_looks WHERE id = 1";

fn events(rows: Vec<EventRow>) -> Vec<EventId> {
    rows.into_iter().map(|row| row.event_id.into()).collect()
}

fn look(rows: Vec<LookRow>) -> Look {
    rows.into_iter().next().map(Look::from).unwrap_or_default()
}

/// How far was counted; nothing stands there before the first look.
fn how_far() -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    constant(text(LOOK))
}

#[async_trait]
impl FiguresStore for PgStore {
    async fn begin_figures(&self) -> Result<Box<dyn FiguresTx>, StoreError> {
        Ok(Box::new(self.transaction().await?))
    }

    async fn touched(&self, since: Timestamp) -> Result<Vec<(EventId, Timestamp)>, StoreError> {
        let statement = text(TOUCHED)
            .bind::<Timestamptz, _>(since)
            .bind::<SqlUuid, _>(first_id(since))
            .bind::<BigInt, _>(i64::MAX);
        let rows: Vec<TouchedRow> = self.rows("looking what is to be counted", constant(statement)).await?;
        Ok(rows.into_iter().map(|row| (row.event_id.into(), row.hour)).collect())
    }

    async fn hours(&self, event: EventId) -> Result<Vec<Timestamp>, StoreError> {
        let statement = text(HOURS).bind::<SqlUuid, _>(event.as_uuid());
        let rows: Vec<HourRow> =
            self.patient_rows("looking when an event was sold", constant(statement)).await?;
        Ok(rows.into_iter().map(|row| row.hour).collect())
    }

    async fn facts(&self, event: EventId, span: (Timestamp, Timestamp)) -> Result<Facts, StoreError> {
        self.facts_of(event, span).await
    }

    async fn counts(&self, events: &[EventId]) -> Result<Vec<(EventId, Counts)>, StoreError> {
        self.counts_of(events).await
    }

    async fn guests(
        &self,
        event: EventId,
        organisation: OrganisationId,
        before: Timestamp,
    ) -> Result<Vec<Guests>, StoreError> {
        self.guests_of(event, organisation, before).await
    }

    async fn open_events(&self, at: Timestamp, limit: u32) -> Result<Vec<EventId>, StoreError> {
        let statement =
            text("SELECT id AS event_id FROM events WHERE ends_at >= $1 ORDER BY ends_at LIMIT $2")
                .bind::<Timestamptz, _>(at)
                .bind::<BigInt, _>(i64::from(limit));
        Ok(events(self.rows("listing events that are not over", constant(statement)).await?))
    }

    async fn events_after(&self, after: Option<EventId>, limit: u32) -> Result<Vec<EventId>, StoreError> {
        let statement = text("SELECT id AS event_id FROM events WHERE id > $1 ORDER BY id LIMIT $2")
            .bind::<SqlUuid, _>(after.map_or(Uuid::nil(), EventId::as_uuid))
            .bind::<BigInt, _>(i64::from(limit));
        Ok(events(self.rows("walking through events", constant(statement)).await?))
    }

    async fn figures_look(&self) -> Result<Look, StoreError> {
        Ok(look(self.rows("looking how far was counted", how_far()).await?))
    }

    async fn days(&self, event: EventId, days: Option<&[LocalDay]>) -> Result<Vec<DayFigures>, StoreError> {
        self.days_of(event, days).await
    }

    async fn standings(&self, filter: &StandingFilter) -> Result<Vec<EventFigures>, StoreError> {
        self.standings_of(filter).await
    }

    async fn sums(&self, filter: &FlowFilter, by: By) -> Result<Vec<Sum>, StoreError> {
        self.sums_of(filter, by).await
    }
}

#[async_trait]
impl FiguresTx for PgTx {
    async fn lock_look(&mut self) -> Result<Look, StoreError> {
        // Writing the row locks it, whether it was there or not.
        let lock = text("INSERT INTO figure_looks (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 1");
        let rows: Vec<LookRow> =
            self.lock_and_load("taking the turn to count", constant(lock), how_far()).await?;
        Ok(look(rows))
    }

    async fn save_look(&mut self, look: &Look) -> Result<(), StoreError> {
        let statement =
            text("UPDATE figure_looks SET looked_at = $1, until = $2, whole = $3, last_id = $4 WHERE id = 1")
                .bind::<Nullable<Timestamptz>, _>(look.at)
                .bind::<Nullable<Timestamptz>, _>(look.until)
                .bind::<Bool, _>(look.whole)
                .bind::<Nullable<SqlUuid>, _>(look.cursor.map(|event| event.as_uuid()));
        self.write("saving how far was counted", constant(statement));
        Ok(())
    }

    async fn save_days(&mut self, days: &[DayFigures]) -> Result<(), StoreError> {
        self.replace_days(days);
        Ok(())
    }

    async fn drop_days(&mut self, event: EventId) -> Result<(), StoreError> {
        let statement =
            text("DELETE FROM day_figures WHERE event_id = $1").bind::<SqlUuid, _>(event.as_uuid());
        self.write("forgetting the days of an event", constant(statement));
        Ok(())
    }

    async fn save_standings(&mut self, standings: &[EventFigures]) -> Result<(), StoreError> {
        self.replace_standings(standings)
    }
}
