//! Events around a point: by the cells of the map that lie there, each looked up in the index.

use crate::schema::events;
use ::events::Around;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, Bool, Integer};

/// Whether an event's cell is one of these. A type of its own, because diesel prepares no text that it does not know.
#[derive(Debug)]
pub(super) struct Near {
    first: Vec<i32>,
    last: Vec<i32>,
    step: Vec<i32>,
}

impl Near {
    pub(super) fn to(around: &Around) -> Self {
        let stretches = around.cells();
        Self {
            first: stretches.iter().map(|stretch| stretch.first).collect(),
            last: stretches.iter().map(|stretch| stretch.last).collect(),
            step: stretches.iter().map(|stretch| stretch.step).collect(),
        }
    }
}

impl Expression for Near {
    type SqlType = Bool;
}

impl AppearsOnTable<events::table> for Near {}

impl SelectableExpression<events::table> for Near {}

impl ValidGrouping<()> for Near {
    type IsAggregate = is_aggregate::Never;
}

impl QueryId for Near {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for Near {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // As an array that is made first: each cell is then looked up in the index, however many there are.
        out.push_sql("\"events\".\"cell\" = ANY(ARRAY(SELECT generate_series(near.first, near.last, near.step) FROM unnest(");
        out.push_bind_param::<Array<Integer>, _>(&self.first)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Integer>, _>(&self.last)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Integer>, _>(&self.step)?;
        out.push_sql(") AS near(first, last, step)))");
        Ok(())
    }
}
