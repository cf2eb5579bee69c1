//! Statements whose text never changes: prepared once per connection, whatever the size of a batch.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId, SqlQuery};
use diesel::result::QueryResult;
use diesel::sql_types::Untyped;

/// A statement of constant text with its values bound. Diesel prepares what [`diesel::sql_query`] makes anew each
/// time, because it cannot know that the text is constant; here it is known, and a round trip and the parsing saved.
pub(crate) struct Statement<Q>(Q);

/// The text as diesel knows it; values are bound to it before it becomes a [`Statement`].
pub(crate) fn text(sql: &'static str) -> SqlQuery {
    diesel::sql_query(sql)
}

/// Makes a statement of a text with all its values.
///
/// Only for texts that come from [`text`]: one that varies would fill the cache of every connection.
pub(crate) fn constant<Q>(query: Q) -> Statement<Q> {
    Statement(query)
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Statement<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> QueryId for Statement<Q> {
    type QueryId = ();

    // Found in the cache by its text, as the type of two different texts may be the same.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> Query for Statement<Q> {
    type SqlType = Untyped;
}
