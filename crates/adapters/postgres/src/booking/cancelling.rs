//! Reads about what was cancelled, and what is to be.

use super::order::{BookingRow, bookings, select_bookings};
use crate::column::{before, count, money, word};
use crate::pool::PgStore;
use crate::statement::{constant, text};
use booking::job::MOST_NAMED;
use booking::{Booking, EventRefunds, Reference, RefundStatus, StuckRefund};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{BookingId, Cursor, EventId, OrganisationId, Page, PageRequest, StoreError};
use uuid::Uuid;

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct StatusRow {
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    refunds: i64,
}

#[derive(QueryableByName)]
struct StuckRow {
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    amount_minor: i64,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = Bool)]
    by_hand: bool,
    #[diesel(sql_type = BigInt)]
    there_are: i64,
}

impl TryFrom<StuckRow> for StuckRefund {
    type Error = StoreError;

    fn try_from(row: StuckRow) -> Result<Self, StoreError> {
        Ok(Self {
            booking: row.booking_id.into(),
            reference: Reference::from_stored(row.reference),
            refund: row.id.into(),
            amount: money(row.amount_minor, &row.currency, "reading refunds.amount_minor")?,
            by_hand: row.by_hand,
        })
    }
}

impl PgStore {
    pub(super) async fn event_bookings(
        &self,
        event: EventId,
        page: PageRequest,
    ) -> Result<Page<Booking>, StoreError> {
        let (_, id) = before(&page);
        // Ids sort by the instant at which they were made.
        let statement = text(select_bookings!(
            "WHERE b.event_id = $1 AND b.id < coalesce($2, $3) ORDER BY b.id DESC LIMIT $4"
        ))
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<SqlUuid, _>(Uuid::max())
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<BookingRow> =
            self.rows("listing the bookings of an event", constant(statement)).await?;
        let cursor = |booking: &Booking| Cursor { at: booking.created_at, id: booking.id.as_uuid() };
        Ok(Page::cut(bookings(rows)?, page.limit, cursor))
    }

    pub(super) async fn waiting_requests(
        &self,
        organisations: Option<&[OrganisationId]>,
        page: PageRequest,
    ) -> Result<Page<Booking>, StoreError> {
        let (at, id) = before(&page);
        let own = organisations.map(|own| own.iter().map(|it| it.as_uuid()).collect::<Vec<_>>());
        let statement = text(select_bookings!(
            "WHERE b.asked_at IS NOT NULL \
             AND (b.asked_at, b.id) > (coalesce($1, '-infinity'::timestamptz), coalesce($2, $3)) \
             AND ($4 IS NULL OR EXISTS (SELECT FROM events e WHERE e.id = b.event_id \
                 AND e.organisation_id = ANY($4))) \
             ORDER BY b.asked_at, b.id LIMIT $5"
        ))
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<SqlUuid, _>(Uuid::nil())
        .bind::<Nullable<Array<SqlUuid>>, _>(own)
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<BookingRow> = self.rows("listing requests", constant(statement)).await?;
        Ok(Page::cut(bookings(rows)?, page.limit, |booking| Cursor {
            at: booking.request.as_ref().map_or(booking.created_at, |request| request.asked_at),
            id: booking.id.as_uuid(),
        }))
    }

    pub(super) async fn living(
        &self,
        event: EventId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<Vec<BookingId>, StoreError> {
        let statement = text(
            "SELECT id FROM bookings WHERE event_id = $1 AND id > coalesce($2, $3) \
             AND status IN ('pending_payment', 'confirmed') ORDER BY id LIMIT $4",
        )
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<Nullable<SqlUuid>, _>(after.map(|after| after.as_uuid()))
        .bind::<SqlUuid, _>(Uuid::nil())
        .bind::<BigInt, _>(i64::from(limit));
        let rows: Vec<IdRow> = self.rows("looking for living bookings", constant(statement)).await?;
        Ok(rows.into_iter().map(|row| row.id.into()).collect())
    }

    pub(super) async fn refunds_of_event(&self, event: EventId) -> Result<EventRefunds, StoreError> {
        let doing = "counting the refunds of an event";
        let statement = text(
            "SELECT r.status, count(*) AS refunds FROM bookings b JOIN refunds r ON r.booking_id = b.id \
             WHERE b.event_id = $1 AND r.reason = 'event_cancelled' \
             AND NOT EXISTS (SELECT FROM refunds n WHERE n.booking_id = b.id AND n.again_id = r.id) \
             GROUP BY r.status ORDER BY r.status",
        )
        .bind::<SqlUuid, _>(event.as_uuid());
        let rows: Vec<StatusRow> = self.rows(doing, constant(statement)).await?;
        let by_status = rows.into_iter().map(|row| {
            let status: RefundStatus = word(&row.status, "reading refunds.status")?;
            Ok((status, count(row.refunds, doing)?))
        });
        let by_status = by_status.collect::<Result<_, StoreError>>()?;
        let statement = text(
            "SELECT b.id AS booking_id, b.reference, r.id, r.amount_minor, r.currency, \
                 r.status = 'created' AS by_hand, count(*) OVER () AS there_are \
             FROM bookings b JOIN refunds r ON r.booking_id = b.id JOIN payments p ON p.id = r.payment_id \
             WHERE b.event_id = $1 AND r.reason = 'event_cancelled' AND (r.status = 'failed' \
                 OR r.status = 'created' AND p.provider IN ('bank_transfer', 'cash')) \
             AND NOT EXISTS (SELECT FROM refunds n WHERE n.booking_id = b.id AND n.again_id = r.id) \
             ORDER BY b.id, r.number LIMIT $2",
        )
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<BigInt, _>(i64::from(MOST_NAMED));
        let rows: Vec<StuckRow> = self.rows(doing, constant(statement)).await?;
        let there_are = rows.first().map_or(Ok(0), |row| count(row.there_are, doing))?;
        let stuck = rows.into_iter().map(StuckRefund::try_from).collect::<Result<Vec<_>, _>>()?;
        let unnamed = there_are.saturating_sub(u32::try_from(stuck.len()).unwrap_or(u32::MAX));
        Ok(EventRefunds { by_status, stuck, unnamed })
    }
}
