//! Rows of `day_figures` and `event_figures`.

use super::sums::{FlowRow, events, organisations};
use crate::column::{document, to_document, word};
use crate::failure::corrupt;
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use booking::figures::{DayFigures, DayRow, EventFigures, Flow, LocalDay, Part, StandingFilter};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Date, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{EventId, StoreError, Timestamp};
use serde_json::Value;
use uuid::Uuid;

/// Rows that travel in one statement.
const AT_ONCE: usize = 1000;

#[derive(QueryableByName)]
struct KeptRow {
    #[diesel(sql_type = SqlUuid)]
    organisation_id: Uuid,
    #[diesel(sql_type = Date)]
    day: LocalDay,
    #[diesel(sql_type = SqlUuid)]
    ticket_type_id: Uuid,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(embed)]
    flow: FlowRow,
}

impl KeptRow {
    fn read(self) -> Result<DayRow, StoreError> {
        let part = match (self.reason.as_str(), self.ticket_type_id) {
            ("", id) if id.is_nil() => Part::Order,
            ("", id) => Part::Type(id.into()),
            (reason, _) => Part::Reason(word(reason, "reading day_figures.reason")?),
        };
        let currency = self.currency.parse().map_err(corrupt("reading day_figures.currency"))?;
        Ok(DayRow { part, currency, flow: self.flow.into() })
    }
}

#[derive(QueryableByName)]
struct BodyRow {
    #[diesel(sql_type = Jsonb)]
    body: Value,
}

macro_rules! days {
    ($rest:literal) => {
        concat!(
            "SELECT organisation_id, day, ticket_type_id, reason, currency, tickets, orders, vouchered, discount, refunds, \
                 sold, sold_with_voucher, differences, refunded, unearned, gone, disputed, platform_fees, \
                 provider_fees, dispute_fees \
             FROM day_figures WHERE event_id = $1",
            $rest
        )
    };
}

const ALL_DAYS: &str = days!(" ORDER BY day");
const THESE_DAYS: &str = days!(" AND day = ANY($2) ORDER BY day");

/// How events stand, found as sums are: `$1` are organisations, `$2` events, `$3` and `$4` between which instants they
/// begin.
macro_rules! standings {
    ($lead:literal) => {
        concat!(
            "SELECT f.body FROM event_figures f WHERE ",
            $lead,
            " AND ($1 IS NULL OR f.organisation_id = ANY($1)) AND ($2 IS NULL OR f.event_id = ANY($2)) \
             AND f.starts_at >= coalesce($3, '-infinity'::timestamptz) \
             AND f.starts_at < coalesce($4, 'infinity'::timestamptz)"
        )
    };
}

const STANDINGS: &str = standings!("true");
const STANDINGS_OF_ORGANISATIONS: &str = standings!("f.organisation_id = ANY($1)");
const THESE_STANDINGS: &str = standings!("f.event_id = ANY($2)");

fn standings_by(filter: &StandingFilter) -> &'static str {
    match filter {
        StandingFilter { events: Some(_), .. } => THESE_STANDINGS,
        StandingFilter { organisations: Some(_), .. } => STANDINGS_OF_ORGANISATIONS,
        StandingFilter { from: _, until: _, .. } => STANDINGS,
    }
}

impl PgStore {
    pub(super) async fn days_of(
        &self,
        event: EventId,
        days: Option<&[LocalDay]>,
    ) -> Result<Vec<DayFigures>, StoreError> {
        let doing = "reading the days of an event";
        let rows: Vec<KeptRow> = match days {
            None => self.rows(doing, constant(text(ALL_DAYS).bind::<SqlUuid, _>(event.as_uuid()))).await?,
            Some(days) => {
                let statement = text(THESE_DAYS)
                    .bind::<SqlUuid, _>(event.as_uuid())
                    .bind::<Array<Date>, _>(days.to_vec());
                self.rows(doing, constant(statement)).await?
            }
        };
        let mut found: Vec<DayFigures> = Vec::new();
        for row in rows {
            let (organisation, day) = (row.organisation_id.into(), row.day);
            let row = row.read()?;
            match found.last_mut().filter(|last| last.day == day) {
                Some(last) => last.rows.push(row),
                None => found.push(DayFigures { event, organisation, day, rows: vec![row] }),
            }
        }
        for day in &mut found {
            day.rows.sort_by_key(|row| (row.part, row.currency));
        }
        Ok(found)
    }

    pub(super) async fn standings_of(
        &self,
        filter: &StandingFilter,
    ) -> Result<Vec<EventFigures>, StoreError> {
        let statement = text(standings_by(filter))
            .bind::<Nullable<Array<SqlUuid>>, _>(organisations(filter.organisations.as_ref()))
            .bind::<Nullable<Array<SqlUuid>>, _>(events(filter.events.as_ref()))
            .bind::<Nullable<Timestamptz>, _>(filter.from)
            .bind::<Nullable<Timestamptz>, _>(filter.until);
        let rows: Vec<BodyRow> = self.rows("reading how events stand", constant(statement)).await?;
        let found = rows.into_iter().map(|row| document(row.body, "reading event_figures.body"));
        let mut found = found.collect::<Result<Vec<EventFigures>, _>>()?;
        found.sort_by_key(|figures| figures.event);
        Ok(found)
    }
}

/// A row of a day with what it belongs to.
type Placed<'a> = (&'a DayFigures, &'a DayRow);

fn of_rows<T>(rows: &[Placed<'_>], of: impl Fn(&DayFigures, &DayRow) -> T) -> Vec<T> {
    rows.iter().map(|(day, row)| of(day, row)).collect()
}

fn add(rows: &[Placed<'_>]) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let ticket_type = |row: &DayRow| match row.part {
        Part::Type(id) => id.as_uuid(),
        Part::Order | Part::Reason(_) => Uuid::nil(),
    };
    let reason = |row: &DayRow| match row.part {
        Part::Reason(reason) => reason.as_str(),
        Part::Order | Part::Type(_) => "",
    };
    let flows = |of: fn(&Flow) -> i64| of_rows(rows, |_, row| of(&row.flow));
    let statement = text(
        "INSERT INTO day_figures (organisation_id, event_id, day, ticket_type_id, reason, currency, tickets, orders, \
             vouchered, discount, refunds, sold, sold_with_voucher, differences, refunded, unearned, gone, disputed, \
             platform_fees, provider_fees, dispute_fees) \
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
             $20, $21)",
    )
    .bind::<Array<SqlUuid>, _>(of_rows(rows, |day, _| day.organisation.as_uuid()))
    .bind::<Array<SqlUuid>, _>(of_rows(rows, |day, _| day.event.as_uuid()))
    .bind::<Array<Date>, _>(of_rows(rows, |day, _| day.day))
    .bind::<Array<SqlUuid>, _>(of_rows(rows, |_, row| ticket_type(row)))
    .bind::<Array<Text>, _>(of_rows(rows, |_, row| reason(row)))
    .bind::<Array<Text>, _>(of_rows(rows, |_, row| row.currency.code().to_owned()))
    .bind::<Array<BigInt>, _>(flows(|flow| flow.tickets))
    .bind::<Array<BigInt>, _>(flows(|flow| flow.orders))
    .bind::<Array<BigInt>, _>(flows(|flow| flow.vouchered))
    .bind::<Array<BigInt>, _>(flows(|flow| flow.discount))
    .bind::<Array<BigInt>, _>(flows(|flow| flow.refunds))
    .bind::<Array<BigInt>, _>(flows(|flow| flow.sold))
    .bind::<Array<BigInt>, _>(flows(|flow| flow.sold_with_voucher))
    .bind::<Array<BigInt>, _>(flows(|flow| flow.differences))
    .bind::<Array<BigInt>, _>(flows(|flow| flow.refunded))
    .bind::<Array<BigInt>, _>(flows(|flow| flow.unearned))
    .bind::<Array<BigInt>, _>(flows(|flow| flow.gone))
    .bind::<Array<BigInt>, _>(flows(|flow| flow.disputed))
    .bind::<Array<BigInt>, _>(flows(|flow| flow.platform_fees))
    .bind::<Array<BigInt>, _>(flows(|flow| flow.provider_fees))
    .bind::<Array<BigInt>, _>(flows(|flow| flow.dispute_fees));
    constant(statement)
}

impl PgTx {
    pub(super) fn replace_days(&mut self, days: &[DayFigures]) {
        // Those of one event lie side by side.
        for of_event in days.chunk_by(|one, other| one.event == other.event) {
            let Some(first) = of_event.first() else { continue };
            let statement = text("DELETE FROM day_figures WHERE event_id = $1 AND day = ANY($2)")
                .bind::<SqlUuid, _>(first.event.as_uuid())
                .bind::<Array<Date>, _>(of_event.iter().map(|day| day.day).collect::<Vec<_>>());
            self.write("forgetting days", constant(statement));
        }
        let rows: Vec<Placed<'_>> =
            days.iter().flat_map(|day| day.rows.iter().map(move |row| (day, row))).collect();
        for some in rows.chunks(AT_ONCE) {
            self.write("saving days", add(some));
        }
    }

    pub(super) fn replace_standings(&mut self, standings: &[EventFigures]) -> Result<(), StoreError> {
        for some in standings.chunks(AT_ONCE) {
            let bodies: Result<Vec<Value>, _> =
                some.iter().map(|it| to_document(it, "writing event_figures.body")).collect();
            let ids = some.iter().map(|it| it.event.as_uuid()).collect::<Vec<_>>();
            let organisations = some.iter().map(|it| it.organisation.as_uuid()).collect::<Vec<_>>();
            let starts: Vec<Timestamp> = some.iter().map(|it| it.starts_at).collect();
            let statement = text(
                "INSERT INTO event_figures (event_id, organisation_id, starts_at, body) \
                 SELECT n.event_id, n.organisation_id, n.starts_at, n.body \
                 FROM unnest($1, $2, $3, $4) AS n(event_id, organisation_id, starts_at, body) \
                 WHERE (SELECT e.id FROM events e WHERE e.id = n.event_id) IS NOT NULL \
                 ON CONFLICT (event_id) DO UPDATE SET organisation_id = excluded.organisation_id, \
                     starts_at = excluded.starts_at, body = excluded.body",
            )
            .bind::<Array<SqlUuid>, _>(ids)
            .bind::<Array<SqlUuid>, _>(organisations)
            .bind::<Array<Timestamptz>, _>(starts)
            .bind::<Array<Jsonb>, _>(bodies?);
            self.write("saving how events stand", constant(statement));
        }
        Ok(())
    }
}
