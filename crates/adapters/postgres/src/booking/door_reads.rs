//! Reads of the door.

use super::door::{ScanRow, select};
use super::ticket::tickets;
use crate::column::{before, count, word};
use crate::pool::PgStore;
use crate::statement::{constant, text};
use async_trait::async_trait;
use booking::{DoorCounts, DoorReads, Quarter, Scan, Ticket, TypeCount};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{Cursor, EventId, Page, PageRequest, StoreError, TicketId, Timestamp};
use uuid::Uuid;

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    since: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Text>)]
    word: Option<String>,
    #[diesel(sql_type = BigInt)]
    one: i64,
    #[diesel(sql_type = BigInt)]
    two: i64,
    #[diesel(sql_type = BigInt)]
    three: i64,
}

/// Everything about the door in one statement, so that its numbers belong together: tickets by type, scans by what
/// came of them.
const COUNTS: &str = "\
    WITH seen AS MATERIALIZED ( \
        SELECT at, verdict, way, overruled, said_at, flags FROM scans WHERE event_id = $1 \
    ) \
    SELECT 'type' AS kind, ticket_type_id AS id, NULL::timestamptz AS since, NULL::text AS word, \
        count(*) FILTER (WHERE status IN ('valid', 'checked_in')) AS one, \
        count(*) FILTER (WHERE status = 'checked_in') AS two, \
        sum(coalesce((presence ->> 'inside')::bigint, (status = 'checked_in')::int))::bigint AS three \
    FROM tickets WHERE event_id = $1 GROUP BY ticket_type_id \
    UNION ALL SELECT 'refused', NULL, NULL, verdict, count(*), 0, 0 \
    FROM seen WHERE verdict NOT IN ('admitted', 'left', 'undone') GROUP BY verdict \
    UNION ALL SELECT 'seen', NULL, NULL, NULL, count(overruled), count(said_at), count(flags) FROM seen \
    UNION ALL ( \
        SELECT 'quarter', NULL, quarter, NULL, count(*) FILTER (WHERE way = 'in'), \
            count(*) FILTER (WHERE way = 'out'), 0 \
        FROM ( \
            SELECT date_bin('15 minutes', at, 'epoch'::timestamptz) AS quarter, way \
            FROM seen WHERE verdict IN ('admitted', 'left') \
        ) AS passed GROUP BY quarter ORDER BY quarter DESC LIMIT $2 \
    ) \
    ORDER BY kind, id, since, word";

#[async_trait]
impl DoorReads for PgStore {
    async fn tickets_of_event(
        &self,
        event: EventId,
        after: Option<TicketId>,
        limit: u32,
    ) -> Result<Vec<Ticket>, StoreError> {
        let statement = text(
            "SELECT id, booking_id, event_id, ticket_type_id, holder_id, attendee, version, status, issued_at, \
             checked_in_at, presence, seat FROM tickets WHERE event_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<SqlUuid, _>(after.map_or(Uuid::nil(), TicketId::as_uuid))
        .bind::<BigInt, _>(i64::from(limit));
        tickets(self.rows("reading the tickets of an event", constant(statement)).await?)
    }

    async fn door_counts(&self, event: EventId) -> Result<DoorCounts, StoreError> {
        let doing = "counting at the door";
        let most = i64::try_from(DoorCounts::QUARTERS).unwrap_or(i64::MAX);
        let statement = text(COUNTS).bind::<SqlUuid, _>(event.as_uuid()).bind::<BigInt, _>(most);
        let rows: Vec<CountRow> = self.rows(doing, constant(statement)).await?;
        let mut counts = DoorCounts::default();
        for row in rows {
            let (one, two, three) =
                (count(row.one, doing)?, count(row.two, doing)?, count(row.three, doing)?);
            match (row.kind.as_str(), row.id, row.since, row.word) {
                ("type", Some(id), ..) if one > 0 || three > 0 => counts.types.push(TypeCount {
                    ticket_type: id.into(),
                    tickets: one,
                    checked_in: two,
                    inside: three,
                }),
                ("refused", _, _, Some(verdict)) => counts.refused.push((word(&verdict, doing)?, one)),
                ("quarter", _, Some(from), _) => {
                    counts.quarters.push(Quarter { from, entered: one, left: two });
                }
                ("seen", ..) => (counts.forced, counts.offline, counts.conflicts) = (one, two, three),
                _ => {}
            }
        }
        Ok(counts)
    }

    async fn conflicts(&self, event: EventId, page: PageRequest) -> Result<Page<Scan>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(select!(
            "FROM scans s WHERE s.event_id = $1 AND s.flags IS NOT NULL \
             AND (s.at, s.id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
             ORDER BY s.at DESC, s.id DESC LIMIT $5"
        ))
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<SqlUuid, _>(Uuid::max())
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<ScanRow> = self.rows("listing conflicts", constant(statement)).await?;
        let found = rows.into_iter().map(Scan::try_from).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(found, page.limit, |scan| Cursor { at: scan.at, id: scan.id.as_uuid() }))
    }
}
