//! What days and events are made of, with equal rows taken together by the server.

use crate::column::{document, money, word};
use crate::failure::corrupt;
use crate::pool::PgStore;
use crate::statement::{constant, text};
use booking::figures::{Counts, Earlier, Facts, GivenBack, Moved, Sold, first_id};
use booking::ledger::{Account, EntryKind};
use booking::{BookingStatus, EntryStatus, Item, TicketStatus};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{EventId, RefundId, StoreError, TicketTypeId, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(QueryableByName)]
struct MovedRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    reversal: bool,
    #[diesel(sql_type = Text)]
    from_account: String,
    #[diesel(sql_type = Text)]
    to_account: String,
    #[diesel(sql_type = BigInt)]
    amount_minor: i64,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = Nullable<Jsonb>)]
    items: Option<Value>,
    #[diesel(sql_type = Nullable<Bool>)]
    vouchered: Option<bool>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    refund_id: Option<Uuid>,
    #[diesel(sql_type = Jsonb)]
    given_back: Value,
    #[diesel(sql_type = Nullable<Jsonb>)]
    earlier: Option<Value>,
    #[diesel(sql_type = BigInt)]
    times: i64,
}

/// An entry before another one about the same order, in the same currency.
#[derive(Deserialize)]
struct EarlierRow {
    kind: EntryKind,
    reversal: bool,
    from: Account,
    to: Account,
    minor: i64,
    refund: Option<RefundId>,
    given_back: Vec<GivenBack>,
}

impl EarlierRow {
    fn read(self, currency: &str) -> Result<Earlier, StoreError> {
        Ok(Earlier {
            kind: self.kind,
            reversal: self.reversal,
            from: self.from,
            to: self.to,
            amount: money(self.minor, currency, "reading what was posted before")?,
            refund: self.refund,
            given_back: self.given_back,
        })
    }
}

impl TryFrom<MovedRow> for Moved {
    type Error = StoreError;

    fn try_from(row: MovedRow) -> Result<Self, StoreError> {
        let doing = "reading the facts of a day";
        let account = |text: &str| text.parse().map_err(corrupt("reading an account of the ledger"));
        let items: Option<Vec<Item>> =
            row.items.map(|it| document(it, "reading bookings.items")).transpose()?;
        let earlier: Option<Vec<EarlierRow>> = row.earlier.map(|it| document(it, doing)).transpose()?;
        let earlier = earlier.into_iter().flatten().map(|it| it.read(&row.currency));
        Ok(Self {
            kind: word(&row.kind, "reading ledger_entries.kind")?,
            reversal: row.reversal,
            from: account(&row.from_account)?,
            to: account(&row.to_account)?,
            amount: money(row.amount_minor, &row.currency, doing)?,
            items: items.unwrap_or_default(),
            vouchered: row.vouchered.unwrap_or(false),
            reason: row.reason.map(|reason| word(&reason, "reading refunds.reason")).transpose()?,
            given_back: document(row.given_back, doing)?,
            refund: row.refund_id.map(Into::into),
            earlier: earlier.collect::<Result<_, _>>()?,
            times: row.times,
        })
    }
}

#[derive(QueryableByName)]
struct SoldRow {
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    discount: Option<i64>,
    #[diesel(sql_type = Array<SqlUuid>)]
    types: Vec<Uuid>,
    #[diesel(sql_type = BigInt)]
    times: i64,
}

impl TryFrom<SoldRow> for Sold {
    type Error = StoreError;

    fn try_from(row: SoldRow) -> Result<Self, StoreError> {
        Ok(Self {
            currency: row.currency.parse().map_err(corrupt("reading bookings.currency"))?,
            discount: row.discount,
            types: row.types.into_iter().map(TicketTypeId::from).collect(),
            times: row.times,
        })
    }
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    part: Option<Uuid>,
    #[diesel(sql_type = Text)]
    word: String,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = BigInt)]
    places: i64,
    #[diesel(sql_type = BigInt)]
    offered: i64,
}

/// The tickets whose price goes back by the refund of an entry.
macro_rules! given_back {
    ($entry:literal) => {
        concat!(
            "(SELECT coalesce(jsonb_agg(n.ticket ORDER BY n.ticket), '[]') FROM ( \
                 SELECT (SELECT jsonb_build_object('ticket_type', t.ticket_type_id, 'seat', t.seat->>'id') \
                         FROM tickets t WHERE t.id = g.ticket_id) AS ticket \
                 FROM refunds r CROSS JOIN LATERAL unnest(r.tickets) AS g(ticket_id) WHERE r.id = ",
            $entry,
            ".refund_id) n)"
        )
    };
}

/// Entries about `$1` from `$2` to `$3`, with what they are divided by. What an entry is about is looked up by its key, row
/// by row: plans are made without looking at values, and a join of all would read all bookings. What came before is wanted
/// where money is to go back, because it is taken from what is left.
const MOVED: &str = concat!(
    "SELECT m.kind, m.reversal, m.from_account, m.to_account, m.amount_minor, m.currency, m.items, m.vouchered, \
         m.reason, m.refund_id, m.given_back, m.earlier, count(*) AS times \
     FROM ( \
         SELECT e.kind, e.reversal, e.from_account, e.to_account, e.amount_minor, e.currency, \
             (SELECT b.items FROM bookings b WHERE b.id = e.booking_id) AS items, \
             (SELECT b.voucher_id IS NOT NULL FROM bookings b WHERE b.id = e.booking_id) AS vouchered, \
             (SELECT r.reason FROM refunds r WHERE r.id = e.refund_id) AS reason, \
             CASE WHEN e.reversal THEN e.refund_id END AS refund_id, ",
    given_back!("e"),
    " AS given_back, CASE WHEN e.kind = 'refund_decided' THEN ( \
                 SELECT jsonb_agg(jsonb_build_object('kind', p.kind, 'reversal', p.reversal, 'from', p.from_account, \
                     'to', p.to_account, 'minor', p.amount_minor, 'refund', p.refund_id, 'given_back', ",
    given_back!("p"),
    ") ORDER BY p.at, p.reversal, p.id) \
                 FROM ledger_entries p WHERE p.booking_id = e.booking_id AND p.currency = e.currency \
                     AND (p.kind IN ('sale', 'difference') AND p.at <= e.at \
                         OR p.kind = 'refund_decided' AND (p.at, p.reversal, p.id) < (e.at, e.reversal, e.id)) \
             ) END AS earlier \
         FROM ledger_entries e \
         WHERE e.event_id = $1 AND e.at >= $2 AND e.at < $3 \
             AND e.kind NOT IN ('charge', 'dispute_lost', 'adjustment') \
     ) m GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12"
);

/// Orders of `$1` whose tickets were issued with ids from `$2` to `$3`.
const SOLD: &str = "\
    SELECT o.currency, o.discount, o.types, count(*) AS times FROM ( \
        SELECT (SELECT b.currency FROM bookings b WHERE b.id = i.booking_id) AS currency, \
            (SELECT CASE WHEN b.voucher_id IS NOT NULL THEN b.discount_minor END FROM bookings b \
                WHERE b.id = i.booking_id) AS discount, \
            i.types \
        FROM ( \
            SELECT t.booking_id, array_agg(t.ticket_type_id ORDER BY t.ticket_type_id) AS types FROM tickets t \
            WHERE t.event_id = $1 AND t.id >= $2 AND t.id < $3 GROUP BY t.booking_id \
        ) i \
    ) o GROUP BY 1, 2, 3";

const TICKETS: &str = "\
    SELECT event_id, ticket_type_id AS part, status AS word, count(*) AS number, 0::bigint AS places, \
        0::bigint AS offered \
    FROM tickets WHERE event_id = ANY($1) GROUP BY event_id, ticket_type_id, status";

const ORDERS: &str = "\
    SELECT event_id, NULL::uuid AS part, status AS word, count(*) AS number, 0::bigint AS places, 0::bigint AS offered \
    FROM bookings WHERE event_id = ANY($1) GROUP BY event_id, status";

const LISTS: &str = "\
    SELECT event_id, NULL::uuid AS part, status AS word, count(*) AS number, sum(quantity)::bigint AS places, \
        count(offered_at) AS offered \
    FROM waitlist_entries WHERE event_id = ANY($1) GROUP BY event_id, status";

/// Vouchers that were used and those that were not; and events whose door let somebody in.
const OTHERS: &str = "\
    SELECT u.event_id, NULL::uuid AS part, CASE WHEN u.used THEN 'used' ELSE 'unused' END AS word, \
        count(*) AS number, 0::bigint AS places, 0::bigint AS offered \
    FROM ( \
        SELECT v.event_id, (SELECT b.id FROM bookings b \
            WHERE b.voucher_id = v.id AND b.status IN ('pending_payment', 'confirmed') LIMIT 1) IS NOT NULL AS used \
        FROM vouchers v WHERE v.event_id = ANY($1) \
    ) u GROUP BY u.event_id, u.used \
    UNION ALL SELECT d.event_id, NULL, 'door', 1, 0, 0 FROM ( \
        SELECT n.event_id, (SELECT s.id FROM scans s \
            WHERE s.event_id = n.event_id AND s.verdict = 'admitted' LIMIT 1) AS scan_id \
        FROM unnest($1) AS n(event_id) \
    ) d WHERE d.scan_id IS NOT NULL";

impl PgStore {
    pub(super) async fn facts_of(
        &self,
        event: EventId,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Facts, StoreError> {
        let moved = text(MOVED)
            .bind::<SqlUuid, _>(event.as_uuid())
            .bind::<Timestamptz, _>(from)
            .bind::<Timestamptz, _>(until);
        let moved: Vec<MovedRow> = self.patient_rows("reading what money moved", constant(moved)).await?;
        let sold = text(SOLD)
            .bind::<SqlUuid, _>(event.as_uuid())
            .bind::<SqlUuid, _>(first_id(from))
            .bind::<SqlUuid, _>(first_id(until));
        let sold: Vec<SoldRow> = self.patient_rows("reading what was sold", constant(sold)).await?;
        Ok(Facts {
            moved: moved.into_iter().map(Moved::try_from).collect::<Result<_, _>>()?,
            sold: sold.into_iter().map(Sold::try_from).collect::<Result<_, _>>()?,
        })
    }

    pub(super) async fn counts_of(&self, events: &[EventId]) -> Result<Vec<(EventId, Counts)>, StoreError> {
        let doing = "counting tickets, orders and lists";
        let ids: Vec<Uuid> = events.iter().map(|event| event.as_uuid()).collect();
        let number = |column: i64| u64::try_from(column).map_err(corrupt(doing));
        let mut all: BTreeMap<EventId, Counts> = BTreeMap::new();
        for row in self.count_rows(doing, TICKETS, &ids).await? {
            let status: TicketStatus = word(&row.word, "reading tickets.status")?;
            let ticket_type = row.part.unwrap_or_default().into();
            let counts = all.entry(row.event_id.into()).or_default();
            counts.add_tickets(ticket_type, status, number(row.number)?);
        }
        for row in self.count_rows(doing, ORDERS, &ids).await? {
            let status: BookingStatus = word(&row.word, "reading bookings.status")?;
            all.entry(row.event_id.into()).or_default().add_orders(status, number(row.number)?);
        }
        for row in self.count_rows(doing, LISTS, &ids).await? {
            let status: EntryStatus = word(&row.word, "reading waitlist_entries.status")?;
            let counts = all.entry(row.event_id.into()).or_default();
            let more = (number(row.places)?, number(row.offered)?);
            counts.add_entries(status, number(row.number)?, more);
        }
        for row in self.count_rows(doing, OTHERS, &ids).await? {
            let counts = all.entry(row.event_id.into()).or_default();
            let number = number(row.number)?;
            match row.word.as_str() {
                "door" => counts.door = true,
                used => {
                    counts.vouchers.made += number;
                    counts.vouchers.used += if used == "used" { number } else { 0 };
                }
            }
        }
        Ok(all.into_iter().collect())
    }

    async fn count_rows(
        &self,
        doing: &'static str,
        sql: &'static str,
        events: &[Uuid],
    ) -> Result<Vec<CountRow>, StoreError> {
        self.patient_rows(doing, constant(text(sql).bind::<Array<SqlUuid>, _>(events.to_vec()))).await
    }
}
