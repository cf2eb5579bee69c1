//! How many places of a ticket type those who wait for them come before others for.

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::BigInt;

/// What those wish, all together, of whom each by itself fits into what is left of the type, its quota and the event.
/// None where free places are offered by themselves, and none of a type that is not shown. For statements that read
/// `ticket_types` with their `quotas`. A type of its own, because diesel prepares no text that it does not know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Awaited;

/// `least` passes over what has no bound. Lists are looked at only where staff serves them.
const AWAITED: &str = "\
    (CASE WHEN NOT ticket_types.hidden \
         AND (SELECT s.offers_by_hand FROM sales s WHERE s.event_id = ticket_types.event_id) \
     THEN (SELECT coalesce(sum(w.quantity), 0)::bigint FROM waitlist_entries w \
         WHERE w.event_id = ticket_types.event_id AND w.status = 'waiting' \
         AND (cardinality(w.ticket_types) = 0 OR ticket_types.id = ANY(w.ticket_types)) \
         AND (w.max_price_minor IS NULL OR w.max_price_minor >= ticket_types.price_minor) \
         AND w.quantity <= least( \
             ticket_types.quantity - ticket_types.held - ticket_types.sold - ticket_types.reserved, \
             quotas.quantity - quotas.taken, \
             (SELECT s.capacity - s.taken FROM sales s WHERE s.event_id = ticket_types.event_id))) \
     ELSE 0 END)";

impl Expression for Awaited {
    type SqlType = BigInt;
}

impl<QS> AppearsOnTable<QS> for Awaited {}

impl<QS> SelectableExpression<QS> for Awaited {}

impl ValidGrouping<()> for Awaited {
    type IsAggregate = is_aggregate::Never;
}

impl QueryId for Awaited {
    type QueryId = Self;
}

impl QueryFragment<Pg> for Awaited {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(AWAITED);
        Ok(())
    }
}
