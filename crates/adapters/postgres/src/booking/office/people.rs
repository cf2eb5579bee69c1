//! Bookings by whose they are, and whose they are by name.

use super::some_ids;
use crate::booking::order::select_bookings;
use crate::statement::{Statement, constant, text};
use booking::office::BookingFilter;
use diesel::QueryableByName;
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

#[derive(QueryableByName)]
pub(super) struct PersonRow {
    #[diesel(sql_type = SqlUuid)]
    pub(super) id: Uuid,
}

/// Who has `$1` in their name or address, of those who bought something of event `$2` or hold a ticket of it: they are read
/// first, and are as many as come to an event. `$3` are organisations, `$4` is the limit.
const NAMED_AT_EVENT: &str = "\
    SELECT a.id FROM accounts a WHERE a.id = ANY(ARRAY( \
            SELECT b.buyer_id FROM bookings b \
            WHERE b.event_id = $2 AND ($3 IS NULL OR b.organisation_id = ANY($3)) \
            UNION SELECT t.holder_id FROM tickets t WHERE t.event_id = $2 AND ($3 IS NULL \
                OR (SELECT b.organisation_id FROM bookings b WHERE b.id = t.booking_id) = ANY($3)))) \
        AND a.status <> 'deleted' AND strpos(a.search_text, $1) > 0 LIMIT $4";

/// The same of any event: who is named so is read first, and asked for one thing that they bought or hold. The question is
/// asked of each by itself; asked of all at once it would read all bookings.
const NAMED: &str = "\
    SELECT a.id FROM accounts a \
    WHERE a.status IN ('active', 'pending', 'suspended', 'rejected') AND strpos(a.search_text, $1) > 0 \
        AND coalesce( \
            (SELECT true FROM bookings b WHERE b.buyer_id = a.id \
                AND ($3 IS NULL OR b.organisation_id = ANY($3)) LIMIT 1), \
            (SELECT true FROM tickets t WHERE t.holder_id = a.id AND ($3 IS NULL \
                OR (SELECT b.organisation_id FROM bookings b WHERE b.id = t.booking_id) = ANY($3)) LIMIT 1), \
            false) \
    LIMIT $4";

/// No more than `most` of them.
pub(super) fn named(
    text_of_name: &str,
    filter: &BookingFilter,
    most: u32,
) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let sql = if filter.event.is_some() { NAMED_AT_EVENT } else { NAMED };
    constant(
        text(sql)
            .bind::<Text, _>(text_of_name.to_owned())
            .bind::<Nullable<SqlUuid>, _>(filter.event.map(|event| event.as_uuid()))
            .bind::<Nullable<Array<SqlUuid>>, _>(some_ids(filter.organisations.as_ref()))
            .bind::<BigInt, _>(i64::from(most)),
    )
}
