//! Reads of what was committed. Each is one statement, so that what it shows belongs together.

use super::hold::HoldRow;
use super::order::{BookingRow, booking_by_id, bookings, select_bookings};
use super::sale::{assembled, sales};
use super::ticket::{TicketRow, tickets};
use super::voucher::places_with;
use crate::column::{before, count, size};
use crate::failure::failed;
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use async_trait::async_trait;
use booking::{
    Booking, BookingStore, BookingTx, Counter, EventRefunds, Hold, Job, Provider, Sale, StockDifference,
    Ticket,
};
use diesel::QueryableByName;
use diesel::deserialize::FromSqlRow;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Untyped, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{
    AccountId, BookingId, Cursor, EventId, HoldId, JobId, OrganisationId, Page, PageRequest, PaymentId,
    RefundId, StoreError, TicketId, Timestamp,
};
use uuid::Uuid;

#[derive(QueryableByName)]
struct EventRow {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
}

#[derive(QueryableByName)]
struct HoldsRow {
    #[diesel(sql_type = BigInt)]
    holds: i64,
}

#[derive(QueryableByName)]
struct Owned {
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct DifferenceRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    held: i64,
    #[diesel(sql_type = BigInt)]
    sold: i64,
    #[diesel(sql_type = BigInt)]
    held_found: i64,
    #[diesel(sql_type = BigInt)]
    sold_found: i64,
}

/// Counts what the counters count: all holds and unpaid bookings (a hold that ended is held until it is removed),
/// living tickets, and what vouchers keep beside what is used of it.
const DIFFERENCES: &str = concat!(
    "\
    WITH places AS ( \
        SELECT i.ticket_type AS id, i.quantity AS held, 0::bigint AS sold FROM holds h, \
            jsonb_to_recordset(h.items) AS i(ticket_type uuid, quantity bigint) \
        UNION ALL SELECT i.ticket_type, i.quantity, 0 FROM bookings b, \
            jsonb_to_recordset(b.items) AS i(ticket_type uuid, quantity bigint) WHERE b.status = 'pending_payment' \
        UNION ALL SELECT ticket_type_id, 0, count(*) FROM tickets WHERE status IN ('valid', 'checked_in') \
            GROUP BY ticket_type_id \
    ), \
    found AS (SELECT id, sum(held)::bigint AS held, sum(sold)::bigint AS sold FROM places GROUP BY id), \
    kept AS ( \
        SELECT v.reserve_type_id AS id, sum(greatest(v.reserve_places - (",
    places_with!("v.id", "v.reserve_type_id"),
    "), 0))::bigint AS places \
        FROM vouchers v WHERE v.keeps GROUP BY v.reserve_type_id \
    ), \
    counters AS ( \
        SELECT 'type' AS kind, t.id, t.held, t.sold, coalesce(f.held, 0) AS held_found, \
            coalesce(f.sold, 0) AS sold_found \
        FROM ticket_types t LEFT JOIN found f ON f.id = t.id \
        UNION ALL SELECT 'reserved', t.id, t.reserved, 0, coalesce(k.places, 0), 0 \
        FROM ticket_types t LEFT JOIN kept k ON k.id = t.id \
        UNION ALL SELECT 'quota', q.id, q.taken, 0, coalesce(sum(t.held + t.sold + t.reserved), 0)::bigint, 0 \
        FROM quotas q LEFT JOIN ticket_types t ON t.quota_id = q.id GROUP BY q.id, q.taken \
        UNION ALL SELECT 'event', s.event_id, s.taken, 0, coalesce(sum(t.held + t.sold + t.reserved), 0)::bigint, 0 \
        FROM sales s LEFT JOIN ticket_types t ON t.event_id = s.event_id GROUP BY s.event_id, s.taken \
        UNION ALL SELECT 'offers', o.event_id, sum(o.offered)::bigint, 0, sum(o.held)::bigint, 0 FROM ( \
            SELECT event_id, 1 AS offered, 0 AS held FROM waitlist_entries WHERE status = 'offered' \
            UNION ALL SELECT event_id, 0, 1 FROM holds WHERE entry_id IS NOT NULL \
        ) o GROUP BY o.event_id \
    ) \
    SELECT kind, id, held, sold, held_found, sold_found FROM counters \
    WHERE held <> held_found OR sold <> sold_found ORDER BY kind, id"
);

impl PgStore {
    /// Runs one statement outside of any transaction.
    pub(crate) async fn rows<Q, Row>(
        &self,
        doing: &'static str,
        statement: Statement<Q>,
    ) -> Result<Vec<Row>, StoreError>
    where
        Q: QueryFragment<Pg> + Send,
        Row: FromSqlRow<Untyped, Pg> + Send + 'static,
    {
        let mut connection = self.connection(doing).await?;
        statement.load(&mut connection).await.map_err(failed(doing))
    }
}

#[async_trait]
impl BookingStore for PgStore {
    async fn begin(&self) -> Result<Box<dyn BookingTx>, StoreError> {
        Ok(Box::new(self.transaction().await?))
    }

    async fn sales(&self, events: &[EventId]) -> Result<Vec<Sale>, StoreError> {
        assembled(self.rows("reading sales", sales(events)).await?)
    }

    async fn hold(&self, id: HoldId) -> Result<Option<Hold>, StoreError> {
        let statement = text(
            "SELECT id, event_id, buyer_id, items, total_minor, currency, created_at, expires_at, voucher_id, \
                 discount_minor, entry_id FROM holds \
             WHERE id = $1",
        )
        .bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<HoldRow> = self.rows("reading a hold", constant(statement)).await?;
        rows.into_iter().next().map(Hold::try_from).transpose()
    }

    async fn living_holds(&self, now: Timestamp) -> Result<u64, StoreError> {
        let doing = "counting living holds";
        let statement =
            text("SELECT count(*) AS holds FROM holds WHERE expires_at > $1").bind::<Timestamptz, _>(now);
        let rows: Vec<HoldsRow> = self.rows(doing, constant(statement)).await?;
        rows.as_slice().first().map_or(Ok(0), |row| size(row.holds, doing))
    }

    async fn events_with_lapsed_holds(&self, now: Timestamp, limit: u32) -> Result<Vec<EventId>, StoreError> {
        // Bounded however many have lapsed; the rest is found once these are swept.
        let statement = text(
            "SELECT DISTINCT event_id FROM ( \
                 (SELECT event_id FROM holds WHERE expires_at <= $1 ORDER BY expires_at, event_id LIMIT 10000) \
                 UNION ALL (SELECT event_id FROM vouchers WHERE keeps AND valid_until <= $1 \
                     ORDER BY valid_until, event_id LIMIT 1000) \
             ) lapsed LIMIT $2",
        )
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(i64::from(limit));
        let rows: Vec<EventRow> = self.rows("looking for lapsed holds", constant(statement)).await?;
        Ok(rows.into_iter().map(|row| row.event_id.into()).collect())
    }

    async fn booking(&self, id: BookingId) -> Result<Option<Booking>, StoreError> {
        let rows: Vec<BookingRow> = self.rows("reading a booking", booking_by_id(id)).await?;
        rows.into_iter().next().map(Booking::try_from).transpose()
    }

    async fn booking_of_payment(&self, id: PaymentId) -> Result<Option<BookingId>, StoreError> {
        let statement =
            text("SELECT booking_id, id FROM payments WHERE id = $1").bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<Owned> = self.rows("reading a payment", constant(statement)).await?;
        Ok(rows.into_iter().next().map(|row| row.booking_id.into()))
    }

    async fn booking_of_refund(&self, id: RefundId) -> Result<Option<BookingId>, StoreError> {
        let statement =
            text("SELECT booking_id, id FROM refunds WHERE id = $1").bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<Owned> = self.rows("reading a refund", constant(statement)).await?;
        Ok(rows.into_iter().next().map(|row| row.booking_id.into()))
    }

    async fn payment_of_session(
        &self,
        provider: Provider,
        session: &str,
    ) -> Result<Option<(BookingId, PaymentId)>, StoreError> {
        let statement = text("SELECT booking_id, id FROM payments WHERE provider = $1 AND session = $2")
            .bind::<Text, _>(provider.as_str())
            .bind::<Text, _>(session);
        let rows: Vec<Owned> = self.rows("looking for a payment", constant(statement)).await?;
        Ok(rows.into_iter().next().map(|row| (row.booking_id.into(), row.id.into())))
    }

    async fn bookings_of(&self, buyer: AccountId, page: PageRequest) -> Result<Page<Booking>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(select_bookings!(
            "WHERE b.buyer_id = $1 AND ($2 IS NULL OR (b.created_at, b.id) < ($2, $3)) \
             ORDER BY b.created_at DESC, b.id DESC LIMIT $4"
        ))
        .bind::<SqlUuid, _>(buyer.as_uuid())
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows = bookings(self.rows("listing bookings", constant(statement)).await?)?;
        Ok(Page::cut(rows, page.limit, |booking| Cursor { at: booking.created_at, id: booking.id.as_uuid() }))
    }

    async fn bookings_of_event(
        &self,
        event: EventId,
        page: PageRequest,
    ) -> Result<Page<Booking>, StoreError> {
        self.event_bookings(event, page).await
    }

    async fn open_requests(
        &self,
        organisations: Option<Vec<OrganisationId>>,
        page: PageRequest,
    ) -> Result<Page<Booking>, StoreError> {
        self.waiting_requests(organisations.as_deref(), page).await
    }

    async fn job(&self, id: JobId) -> Result<Option<Job>, StoreError> {
        self.job_by_id(id).await
    }

    async fn living_bookings(
        &self,
        event: EventId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<Vec<BookingId>, StoreError> {
        self.living(event, after, limit).await
    }

    async fn event_refunds(&self, event: EventId) -> Result<EventRefunds, StoreError> {
        self.refunds_of_event(event).await
    }

    async fn tickets_of_bookings(&self, ids: &[BookingId]) -> Result<Vec<Ticket>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let statement = text(
            "SELECT id, booking_id, event_id, ticket_type_id, holder_id, attendee, version, status, issued_at, \
             checked_in_at, presence, seat FROM tickets WHERE booking_id = ANY($1) ORDER BY id",
        )
        .bind::<Array<SqlUuid>, _>(ids);
        tickets(self.rows("reading the tickets of bookings", constant(statement)).await?)
    }

    async fn tickets_of(&self, holder: AccountId, page: PageRequest) -> Result<Page<Ticket>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(
            "SELECT id, booking_id, event_id, ticket_type_id, holder_id, attendee, version, status, issued_at, \
             checked_in_at, presence, seat FROM tickets \
             WHERE holder_id = $1 AND ($2 IS NULL OR (issued_at, id) < ($2, $3)) \
             ORDER BY issued_at DESC, id DESC LIMIT $4",
        )
        .bind::<SqlUuid, _>(holder.as_uuid())
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows = tickets(self.rows("listing tickets", constant(statement)).await?)?;
        Ok(Page::cut(rows, page.limit, |ticket| Cursor { at: ticket.issued_at, id: ticket.id.as_uuid() }))
    }

    async fn ticket(&self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        let statement = text(
            "SELECT id, booking_id, event_id, ticket_type_id, holder_id, attendee, version, status, issued_at, \
             checked_in_at, presence, seat FROM tickets WHERE id = $1",
        )
        .bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<TicketRow> = self.rows("reading a ticket", constant(statement)).await?;
        rows.into_iter().next().map(Ticket::try_from).transpose()
    }

    async fn stock_differences(&self) -> Result<Vec<StockDifference>, StoreError> {
        let doing = "recounting the stock";
        let rows: Vec<DifferenceRow> = self.rows(doing, constant(text(DIFFERENCES))).await?;
        let differences = rows.into_iter().map(|row| {
            Ok(StockDifference {
                of: match row.kind.as_str() {
                    "type" => Counter::Type(row.id.into()),
                    "reserved" => Counter::Reserved(row.id.into()),
                    "quota" => Counter::Quota(row.id.into()),
                    "offers" => Counter::Offers(row.id.into()),
                    _ => Counter::Event(row.id.into()),
                },
                counted: (count(row.held, doing)?, count(row.sold, doing)?),
                found: (count(row.held_found, doing)?, count(row.sold_found, doing)?),
            })
        });
        let counters: Vec<StockDifference> = differences.collect::<Result<_, StoreError>>()?;
        Ok([counters, self.seat_differences().await?].concat())
    }
}
