//! Bookings by whose they are.

use super::some_ids;
use crate::booking::order::select_bookings;
use crate::statement::{Statement, constant, text};
use booking::office::BookingFilter;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid};
use kernel::{AccountId, PageRequest};
use uuid::Uuid;

/// Those that `$1` bought or hold tickets of, found by both; they are few, whoever they are.
const OF_PEOPLE: &str = select_bookings!(
    "WHERE b.id = ANY(ARRAY( \
        SELECT o.id FROM bookings o WHERE o.id = ANY(ARRAY( \
                SELECT m.id FROM bookings m WHERE m.buyer_id = ANY($1) \
                UNION SELECT t.booking_id FROM tickets t WHERE t.holder_id = ANY($1))) \
            AND o.id < coalesce($2, $3) AND ($4 IS NULL OR o.status = $4) \
            AND ($5 IS NULL OR o.organisation_id = ANY($5)) AND ($6 IS NULL OR o.event_id = $6) \
            AND ($7 IS NULL OR o.reference = $7) \
        ORDER BY o.id DESC LIMIT $8)) ORDER BY b.id DESC"
);

/// A page of them, with all other conditions of the filter.
pub(super) fn of_people(
    people: &[AccountId],
    filter: &BookingFilter,
    page: PageRequest,
) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    constant(
        text(OF_PEOPLE)
            .bind::<Array<SqlUuid>, _>(people.iter().map(|account| account.as_uuid()).collect::<Vec<_>>())
            .bind::<Nullable<SqlUuid>, _>(page.after.map(|after| after.id))
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<Nullable<Text>, _>(filter.status.map(|status| status.as_str()))
            .bind::<Nullable<Array<SqlUuid>>, _>(some_ids(filter.organisations.as_ref()))
            .bind::<Nullable<SqlUuid>, _>(filter.event.map(|event| event.as_uuid()))
            .bind::<Nullable<Text>, _>(filter.reference.as_ref().map(|it| it.as_str().to_owned()))
            .bind::<BigInt, _>(i64::from(page.limit) + 1),
    )
}
