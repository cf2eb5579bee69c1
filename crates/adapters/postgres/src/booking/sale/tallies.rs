//! What buyers have of events: living holds, unpaid bookings, tickets.

use crate::column::count;
use crate::statement::{Statement, constant, text};
use booking::{Holdings, Tally};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Nullable, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, EventId, StoreError, Timestamp};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What a buyer has of a type; without a type, how many holds are open.
#[derive(QueryableByName)]
pub(super) struct TallyRow {
    #[diesel(sql_type = SqlUuid)]
    buyer_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    ticket_type_id: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    places: i64,
}

/// `OFFSET 0` keeps each lookup what it is: one descent of an index per pair. Joined freely, a plan that was made
/// while the tables were small would go on to read them whole.
pub(super) const HOLDINGS: &str = "\
    WITH pairs AS (SELECT DISTINCT p.buyer_id, p.event_id FROM unnest($1, $2) AS p(buyer_id, event_id)), \
    living AS ( \
        SELECT p.buyer_id, p.event_id, h.items FROM pairs p, LATERAL ( \
            SELECT items FROM holds \
            WHERE event_id = p.event_id AND buyer_id = p.buyer_id AND expires_at > $3 OFFSET 0 \
        ) h \
    ), \
    pending AS ( \
        SELECT p.buyer_id, p.event_id, b.items FROM pairs p, LATERAL ( \
            SELECT items FROM bookings \
            WHERE event_id = p.event_id AND buyer_id = p.buyer_id AND status = 'pending_payment' OFFSET 0 \
        ) b \
    ), \
    places AS ( \
        SELECT l.buyer_id, l.event_id, i.ticket_type AS ticket_type_id, i.quantity FROM living l, \
            jsonb_to_recordset(l.items) AS i(ticket_type uuid, quantity bigint) \
        UNION ALL SELECT b.buyer_id, b.event_id, i.ticket_type, i.quantity FROM pending b, \
            jsonb_to_recordset(b.items) AS i(ticket_type uuid, quantity bigint) \
        UNION ALL SELECT p.buyer_id, p.event_id, t.ticket_type_id, 1 FROM pairs p, LATERAL ( \
            SELECT ticket_type_id FROM tickets \
            WHERE event_id = p.event_id AND holder_id = p.buyer_id AND status IN ('valid', 'checked_in') OFFSET 0 \
        ) t \
        UNION ALL SELECT l.buyer_id, l.event_id, NULL, 1 FROM living l \
        UNION ALL SELECT b.buyer_id, b.event_id, NULL, 1 FROM pending b \
    ) \
    SELECT buyer_id, event_id, ticket_type_id, sum(quantity)::bigint AS places FROM places \
    GROUP BY buyer_id, event_id, ticket_type_id";

pub(super) const OPEN_HOLDS: &str = "\
    WITH pairs AS (SELECT DISTINCT p.buyer_id, p.event_id FROM unnest($1, $2) AS p(buyer_id, event_id)) \
    SELECT p.buyer_id, p.event_id, NULL::uuid AS ticket_type_id, count(*) AS places FROM pairs p, LATERAL ( \
        SELECT FROM holds \
        WHERE event_id = p.event_id AND buyer_id = p.buyer_id AND expires_at > $3 \
        UNION ALL SELECT FROM bookings \
        WHERE event_id = p.event_id AND buyer_id = p.buyer_id AND status = 'pending_payment' OFFSET 0 \
    ) h GROUP BY p.buyer_id, p.event_id";

/// One of the two statements above.
pub(super) fn of_pairs(
    sql: &'static str,
    pairs: &[(AccountId, EventId)],
    now: Timestamp,
) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    constant(
        text(sql)
            .bind::<Array<SqlUuid>, _>(pairs.iter().map(|(buyer, _)| buyer.as_uuid()).collect::<Vec<_>>())
            .bind::<Array<SqlUuid>, _>(pairs.iter().map(|(_, event)| event.as_uuid()).collect::<Vec<_>>())
            .bind::<Timestamptz, _>(now),
    )
}

pub(super) fn tallies(rows: Vec<TallyRow>) -> Result<Vec<Tally>, StoreError> {
    let mut tallies: BTreeMap<(AccountId, EventId), Holdings> = BTreeMap::new();
    for row in rows {
        let holdings = tallies.entry((row.buyer_id.into(), row.event_id.into())).or_default();
        let places = count(row.places, "counting holdings")?;
        match row.ticket_type_id {
            Some(ticket_type) => drop(holdings.taken.insert(ticket_type.into(), places)),
            None => holdings.open_holds = places,
        }
    }
    Ok(tallies.into_iter().map(|((buyer, event), holdings)| Tally { buyer, event, holdings }).collect())
}
