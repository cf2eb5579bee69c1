//! Rows of `seat_claims`, and the seats of events as buyers see them.

use crate::column::document;
use crate::events::SEATING;
use crate::pool::PgStore;
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::events::{SeatPrice as OwnPrice, Seating};
use async_trait::async_trait;
use booking::{
    Claim, ClaimState, Counter, PlanSeat, PlanSection, Sale, SeatPlan, SeatPrice, SeatReads, SeatTx,
    StockDifference,
};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{EventId, SeatId, SectionId, StoreError, Timestamp};
use serde_json::Value;
use uuid::Uuid;

#[derive(QueryableByName)]
struct ClaimRow {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    seat_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    section_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    hold_id: Uuid,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    until: Option<Timestamp>,
    #[diesel(sql_type = Timestamptz)]
    at: Timestamp,
}

#[derive(QueryableByName)]
struct BodyRow {
    #[diesel(sql_type = Jsonb)]
    body: Value,
}

#[derive(QueryableByName)]
struct DifferenceRow {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    seat_id: Uuid,
    #[diesel(sql_type = BigInt)]
    claims: i64,
    #[diesel(sql_type = BigInt)]
    found: i64,
}

impl TryFrom<ClaimRow> for (EventId, Claim) {
    type Error = StoreError;

    fn try_from(row: ClaimRow) -> Result<Self, StoreError> {
        let state = match (row.state.as_str(), row.until) {
            ("held", Some(until)) => ClaimState::Held { until },
            ("booked", None) => ClaimState::Booked,
            ("sold", None) => ClaimState::Sold,
            _ => return Err(StoreError::broken("reading seat_claims.state", "no such state")),
        };
        let (seat, section) = (row.seat_id.into(), row.section_id.into());
        let claim = Claim { seat, section, hold: row.hold_id.into(), state, at: row.at };
        Ok((row.event_id.into(), claim))
    }
}

/// As stored.
const fn columns(state: ClaimState) -> (&'static str, Option<Timestamp>) {
    match state {
        ClaimState::Held { until } => ("held", Some(until)),
        ClaimState::Booked => ("booked", None),
        ClaimState::Sold => ("sold", None),
    }
}

/// Each seat and each section is one descent of an index, whatever the planner makes of the table's size.
const CLAIMS: &str = "\
    SELECT c.event_id, c.seat_id, c.section_id, c.hold_id, c.state, c.until, c.at \
    FROM unnest($1, $2) AS a(event_id, seat_id), LATERAL ( \
        SELECT * FROM seat_claims WHERE event_id = a.event_id AND seat_id = a.seat_id OFFSET 0 \
    ) c \
    UNION SELECT c.event_id, c.seat_id, c.section_id, c.hold_id, c.state, c.until, c.at \
    FROM unnest($3, $4) AS a(event_id, section_id), LATERAL ( \
        SELECT * FROM seat_claims WHERE event_id = a.event_id AND section_id = a.section_id OFFSET 0 \
    ) c";

/// Every claim has one row that it stands for, and every such row its claim.
const DIFFERENCES: &str = "\
    WITH places AS ( \
        SELECT h.event_id, (i.seat ->> 'id')::uuid AS seat_id, h.id AS hold_id FROM holds h, \
            jsonb_to_recordset(h.items) AS i(seat jsonb) WHERE i.seat IS NOT NULL \
        UNION ALL SELECT b.event_id, (i.seat ->> 'id')::uuid, b.hold_id FROM bookings b, \
            jsonb_to_recordset(b.items) AS i(seat jsonb) WHERE b.status = 'pending_payment' AND i.seat IS NOT NULL \
        UNION ALL SELECT t.event_id, (t.seat ->> 'id')::uuid, b.hold_id \
        FROM tickets t JOIN bookings b ON b.id = t.booking_id \
        WHERE t.status IN ('valid', 'checked_in') AND t.seat IS NOT NULL \
    ), \
    found AS (SELECT event_id, seat_id, hold_id, count(*) AS found FROM places GROUP BY event_id, seat_id, hold_id) \
    SELECT event_id, seat_id, count(c.state) AS claims, coalesce(sum(f.found), 0)::bigint AS found \
    FROM seat_claims c FULL JOIN found f USING (event_id, seat_id, hold_id) \
    WHERE c.state IS NULL OR f.found IS DISTINCT FROM 1 GROUP BY event_id, seat_id ORDER BY event_id, seat_id";

fn plan(seating: Seating) -> SeatPlan {
    let section = |section: ::events::Section| {
        let seat = |row: &::events::Row, seat: &::events::Seat| PlanSeat {
            id: seat.id,
            label: section.label(row, seat),
            accessible: seat.accessible,
            blocked: seat.blocked,
            aisle_after: seat.aisle_after,
            price: seat.price.map(|price| match price {
                OwnPrice::Exact(price) => SeatPrice::Exact(price),
                OwnPrice::Times(factor) => SeatPrice::Times(factor.thousandths()),
            }),
        };
        let row = |row: &::events::Row| row.seats.iter().map(|it| seat(row, it)).collect();
        PlanSection { id: section.id, rows: section.rows.iter().map(row).collect() }
    };
    let sections = seating.sections.into_iter().map(|seated| section(seated.section)).collect();
    SeatPlan::new(seating.event, seating.version, sections)
}

#[async_trait]
impl SeatTx for PgTx {
    async fn seat_plan(&mut self, event: EventId) -> Result<Option<SeatPlan>, StoreError> {
        let statement = text(SEATING).bind::<SqlUuid, _>(event.as_uuid());
        let rows: Vec<BodyRow> = self.load("reading where the seats stand", constant(statement)).await?;
        let body = rows.into_iter().next().map(|row| document(row.body, "reading event_seatings.body"));
        Ok(body.transpose()?.map(plan))
    }

    async fn seat_claims(
        &mut self,
        seats: &[(EventId, SeatId)],
        sections: &[(EventId, SectionId)],
    ) -> Result<Vec<(EventId, Claim)>, StoreError> {
        let statement = text(CLAIMS)
            .bind::<Array<SqlUuid>, _>(seats.iter().map(|(event, _)| event.as_uuid()).collect::<Vec<_>>())
            .bind::<Array<SqlUuid>, _>(seats.iter().map(|(_, seat)| seat.as_uuid()).collect::<Vec<_>>())
            .bind::<Array<SqlUuid>, _>(sections.iter().map(|(event, _)| event.as_uuid()).collect::<Vec<_>>())
            .bind::<Array<SqlUuid>, _>(
                sections.iter().map(|(_, section)| section.as_uuid()).collect::<Vec<_>>(),
            );
        let rows: Vec<ClaimRow> = self.load("reading claims on seats", constant(statement)).await?;
        rows.into_iter().map(TryFrom::try_from).collect()
    }
}

#[async_trait]
impl SeatReads for PgStore {
    async fn claimed_seats(
        &self,
        event: EventId,
        section: Option<SectionId>,
    ) -> Result<Vec<Claim>, StoreError> {
        let statement = text(
            "SELECT event_id, seat_id, section_id, hold_id, state, until, at FROM seat_claims \
             WHERE event_id = $1 AND ($2 IS NULL OR section_id = $2)",
        )
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<Nullable<SqlUuid>, _>(section.map(|section| section.as_uuid()));
        let rows: Vec<ClaimRow> = self.rows("listing claims on seats", constant(statement)).await?;
        rows.into_iter().map(|row| <(EventId, Claim)>::try_from(row).map(|(_, claim)| claim)).collect()
    }
}

impl PgStore {
    pub(super) async fn seat_differences(&self) -> Result<Vec<StockDifference>, StoreError> {
        let doing = "recounting the seats";
        let rows: Vec<DifferenceRow> = self.rows(doing, constant(text(DIFFERENCES))).await?;
        let count = |column: i64| crate::column::count(column, doing);
        let differences = rows.into_iter().map(|row| {
            Ok(StockDifference {
                of: Counter::Seat(row.event_id.into(), row.seat_id.into()),
                counted: (count(row.claims)?, 0),
                found: (count(row.found)?, 0),
            })
        });
        differences.collect()
    }
}

impl PgTx {
    /// Writes what was decided about the seats of these sales.
    pub(super) async fn save_claims(&mut self, sales: &[Sale]) -> Result<(), StoreError> {
        let released: Vec<_> = sales
            .iter()
            .flat_map(|sale| sale.seats.released.iter().map(|(seat, hold)| (sale.event, *seat, *hold)))
            .collect();
        if !released.is_empty() {
            let statement = text(
                "DELETE FROM seat_claims c USING unnest($1, $2, $3) AS r(event_id, seat_id, hold_id) \
                 WHERE c.event_id = r.event_id AND c.seat_id = r.seat_id AND c.hold_id = r.hold_id",
            )
            .bind::<Array<SqlUuid>, _>(released.iter().map(|it| it.0.as_uuid()).collect::<Vec<_>>())
            .bind::<Array<SqlUuid>, _>(released.iter().map(|it| it.1.as_uuid()).collect::<Vec<_>>())
            .bind::<Array<SqlUuid>, _>(released.iter().map(|it| it.2.as_uuid()).collect::<Vec<_>>());
            self.write("releasing seats", constant(statement));
        }
        let taken: Vec<_> = sales
            .iter()
            .flat_map(|sale| sale.seats.taken.values().map(|claim| (sale.event, *claim)))
            .collect();
        if taken.is_empty() {
            return Ok(());
        }
        let statement = text(
            "INSERT INTO seat_claims (event_id, seat_id, section_id, hold_id, state, until, at) \
             SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT ON CONSTRAINT seat_claims_pkey DO UPDATE SET section_id = excluded.section_id, \
                 hold_id = excluded.hold_id, state = excluded.state, until = excluded.until, at = excluded.at \
             WHERE seat_claims.hold_id = excluded.hold_id OR seat_claims.until <= excluded.at",
        )
        .bind::<Array<SqlUuid>, _>(taken.iter().map(|(event, _)| event.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(taken.iter().map(|(_, it)| it.seat.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(taken.iter().map(|(_, it)| it.section.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(taken.iter().map(|(_, it)| it.hold.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(taken.iter().map(|(_, it)| columns(it.state).0).collect::<Vec<_>>())
        .bind::<Array<Nullable<Timestamptz>>, _>(
            taken.iter().map(|(_, it)| columns(it.state).1).collect::<Vec<_>>(),
        )
        .bind::<Array<Timestamptz>, _>(taken.iter().map(|(_, it)| it.at).collect::<Vec<_>>());
        // The sale is locked, so that what was decided holds; if a seat has another claim after all, nothing is kept.
        match self.execute("claiming seats", constant(statement)).await? {
            touched if touched == taken.len() => Ok(()),
            _ => Err(self.refuse("claiming seats", "a seat belongs to somebody else")),
        }
    }
}
