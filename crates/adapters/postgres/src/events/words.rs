//! Events in which words occur: each of them somewhere in the text that is searched.
//!
//! No index finds what stands within words, short of one over all parts of all texts, which takes an extension of the
//! server. So a search walks the index of the events' beginnings until the page is full. Two words of which one occurs
//! nowhere took 2 microseconds for each event of the span (0.2 s for 100,000); what is found often ends at once.

use crate::schema::events;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, Bool, Text};

/// Whether all of these occur in an event's text, however many: one statement for all numbers of words. A type of its
/// own, because diesel prepares no text that it does not know.
#[derive(Debug)]
pub(super) struct Words {
    words: Vec<String>,
}

impl Words {
    pub(super) fn all(words: &[String]) -> Self {
        Self { words: words.iter().map(|word| word.to_lowercase()).collect() }
    }
}

impl Expression for Words {
    type SqlType = Bool;
}

impl AppearsOnTable<events::table> for Words {}

impl SelectableExpression<events::table> for Words {}

impl ValidGrouping<()> for Words {
    type IsAggregate = is_aggregate::Never;
}

impl QueryId for Words {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for Words {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // Not LIKE ALL: the planner takes that for so rare that it reads and sorts all events, also when the first twenty
        // would do.
        // The first word that is missing ends it; not NOT EXISTS, which the planner makes a join of.
        out.push_sql("(SELECT 1 FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.words)?;
        out.push_sql(") AS word WHERE strpos(\"events\".\"search_text\", word) = 0 LIMIT 1) IS NULL");
        Ok(())
    }
}
