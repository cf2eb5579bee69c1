//! Events in which words occur: each of them somewhere in the text that is searched.
//!
//! No index finds what stands within words, short of one over all parts of all texts, which takes an extension of the
//! server. So a search walks the events of its span in their order until the page is full, and looks at each text once:
//! events are thousands, not millions, and the first word that is missing ends the look.

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
    patterns: Vec<String>,
}

impl Words {
    pub(super) fn all(words: &[String]) -> Self {
        Self { patterns: words.iter().map(|word| anywhere(word)).collect() }
    }
}

/// The pattern of whatever has this in it, as it stands, in lower case as the searched text is.
fn anywhere(word: &str) -> String {
    let mut pattern = String::from("%");
    for letter in word.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
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
        out.push_sql("\"events\".\"search_text\" LIKE ALL(");
        out.push_bind_param::<Array<Text>, _>(&self.patterns)?;
        out.push_sql(")");
        Ok(())
    }
}
