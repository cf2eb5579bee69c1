//! What the database says after a sale: counters against the rows that they count.

use crate::servers::{PostgresServer, ServerError};

/// Sums over everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stock {
    /// Confirmed bookings.
    pub bookings: u64,
    /// Living tickets.
    pub tickets: u64,
    /// Holds, ended ones included.
    pub holds: u64,
    /// Sold by the counters.
    pub sold: u64,
    /// Held by the counters.
    pub held: u64,
}

const SUMS: &str = "\
    SELECT (SELECT count(*) FROM bookings WHERE status = 'confirmed'), \
        (SELECT count(*) FROM tickets WHERE status IN ('valid', 'checked_in')), \
        (SELECT count(*) FROM holds), \
        (SELECT coalesce(sum(sold), 0) FROM ticket_types), \
        (SELECT coalesce(sum(held), 0) FROM ticket_types);";

/// One line for each counter that is not what it counts, each type that was oversold, each confirmed booking whose
/// tickets are not as many as were bought, and each ticket whose booking is not confirmed.
const DRIFTS: &str = "\
    WITH held AS ( \
        SELECT i.ticket_type, sum(i.quantity) AS places FROM ( \
            SELECT items FROM holds UNION ALL SELECT items FROM bookings WHERE status = 'pending_payment' \
        ) AS owed, jsonb_to_recordset(owed.items) AS i(ticket_type uuid, quantity bigint) GROUP BY 1 \
    ), \
    sold AS ( \
        SELECT ticket_type_id, count(*) AS places FROM tickets WHERE status IN ('valid', 'checked_in') GROUP BY 1 \
    ), \
    bought AS ( \
        SELECT b.id, sum(i.quantity) AS places \
        FROM bookings b, jsonb_to_recordset(b.items) AS i(ticket_type uuid, quantity bigint) \
        WHERE b.status = 'confirmed' GROUP BY 1 \
    ), \
    issued AS (SELECT booking_id, count(*) AS places FROM tickets GROUP BY 1) \
    SELECT format('ticket type %s: counted %s held and %s sold, found %s and %s', \
        t.id, t.held, t.sold, coalesce(held.places, 0), coalesce(sold.places, 0)) \
    FROM ticket_types t LEFT JOIN held ON held.ticket_type = t.id LEFT JOIN sold ON sold.ticket_type_id = t.id \
    WHERE t.held <> coalesce(held.places, 0) OR t.sold <> coalesce(sold.places, 0) \
    UNION ALL SELECT format('ticket type %s: %s of %s sold', id, sold, quantity) FROM ticket_types \
    WHERE sold + held > quantity \
    UNION ALL SELECT format('event %s: counted %s taken, found %s', s.event_id, s.taken, sum(t.held + t.sold)) \
    FROM sales s JOIN ticket_types t ON t.event_id = s.event_id GROUP BY s.event_id \
    HAVING s.taken <> sum(t.held + t.sold) \
    UNION ALL SELECT format('booking %s: %s bought, %s tickets', coalesce(bought.id, issued.booking_id), \
        coalesce(bought.places, 0), coalesce(issued.places, 0)) \
    FROM bought FULL JOIN issued ON issued.booking_id = bought.id \
    WHERE bought.places IS DISTINCT FROM issued.places LIMIT 20;";

impl Stock {
    /// Counts what is in a database.
    ///
    /// # Errors
    /// A [`ServerError`].
    pub fn count(server: &PostgresServer, database: &str) -> Result<Self, ServerError> {
        let line = server.query(database, SUMS)?;
        let mut sums = line.trim().split('|').map(|sum| sum.parse().unwrap_or(0));
        let mut next = || sums.next().unwrap_or(0);
        Ok(Self { bookings: next(), tickets: next(), holds: next(), sold: next(), held: next() })
    }

    /// What does not fit together in a database, in words; nothing when all is well.
    ///
    /// # Errors
    /// A [`ServerError`].
    pub fn drifts(server: &PostgresServer, database: &str) -> Result<Vec<String>, ServerError> {
        Ok(server.query(database, DRIFTS)?.lines().map(str::to_owned).collect())
    }
}
