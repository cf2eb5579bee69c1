//! Who comes to an event, and what they hold of earlier ones; equal guests are taken together by the server.

use crate::column::word;
use crate::failure::corrupt;
use crate::pool::PgStore;
use crate::statement::{constant, text};
use booking::figures::{Guests, HeldTicket};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{EventId, OrganisationId, StoreError, Timestamp};

const COUNTING: &str = "counting returning guests";

#[derive(QueryableByName)]
struct GuestsRow {
    #[diesel(sql_type = Array<Text>)]
    held: Vec<String>,
    #[diesel(sql_type = BigInt)]
    times: i64,
}

impl TryFrom<GuestsRow> for Guests {
    type Error = StoreError;

    fn try_from(row: GuestsRow) -> Result<Self, StoreError> {
        let earlier = row.held.iter().map(|held| read(held)).collect::<Result<_, _>>()?;
        Ok(Self { earlier, times: row.times.try_into().map_err(corrupt(COUNTING))? })
    }
}

/// A status, whether it admitted, and whether the door scanned, as [`GUESTS`] says them.
fn read(held: &str) -> Result<HeldTicket, StoreError> {
    let mut words = held.split(' ');
    let status = word(words.next().unwrap_or_default(), "reading tickets.status")?;
    let mut said = || words.next() == Some("true");
    Ok(HeldTicket { status, let_in: said(), scanned: said() })
}

/// Those who hold living tickets of `$1`, with their tickets of events of `$2` that began before `$3`, equal ones once. Each
/// is looked up by what they hold, however many hold tickets of those events.
const GUESTS: &str = "\
    SELECT g.held, count(*) AS times FROM ( \
        SELECT ARRAY( \
            SELECT DISTINCT t.status || ' ' || (t.checked_in_at IS NOT NULL)::text || ' ' || (t.event_id = ANY(ARRAY( \
                SELECT e.id FROM events e WHERE e.organisation_id = $2 AND e.starts_at < $3 AND e.id <> $1 \
                    AND (SELECT s.id FROM scans s WHERE s.event_id = e.id AND s.verdict = 'admitted' LIMIT 1) \
                        IS NOT NULL)))::text \
            FROM ( \
                SELECT t.event_id, t.status, t.checked_in_at FROM tickets t WHERE t.holder_id = h.holder_id OFFSET 0 \
            ) t \
            WHERE t.event_id = ANY(ARRAY( \
                SELECT e.id FROM events e WHERE e.organisation_id = $2 AND e.starts_at < $3 AND e.id <> $1)) \
            ORDER BY 1 \
        ) AS held \
        FROM ( \
            SELECT DISTINCT holder_id FROM tickets WHERE event_id = $1 AND status IN ('valid', 'checked_in') \
        ) h \
    ) g GROUP BY g.held";

impl PgStore {
    pub(super) async fn guests_of(
        &self,
        event: EventId,
        organisation: OrganisationId,
        before: Timestamp,
    ) -> Result<Vec<Guests>, StoreError> {
        let statement = text(GUESTS)
            .bind::<SqlUuid, _>(event.as_uuid())
            .bind::<SqlUuid, _>(organisation.as_uuid())
            .bind::<Timestamptz, _>(before);
        let rows: Vec<GuestsRow> = self.patient_rows(COUNTING, constant(statement)).await?;
        rows.into_iter().map(Guests::try_from).collect()
    }
}
