//! What is looked for in lists of events.

use crate::http::given::instant;
use crate::http::problem::Problem;
use events::use_cases::Search;
use kernel::Invalid;
use serde::Deserialize;
use utoipa::IntoParams;

/// Longest text that is looked for, in characters.
const LONGEST: usize = 200;

/// Which events are looked for; all that is given has to hold.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Events that are not over by then.
    #[param(value_type = Option<DateTime<Utc>>)]
    from: Option<String>,
    /// Events that have begun before.
    #[param(value_type = Option<DateTime<Utc>>)]
    to: Option<String>,
    /// Events with this tag.
    tag: Option<String>,
    /// In title, description or area, anywhere.
    query: Option<String>,
}

impl SearchQuery {
    /// The wish in one spelling, so that equal ones are known to be equal.
    ///
    /// # Errors
    /// 422 with all that is wrong.
    pub fn read(self) -> Result<Search, Problem> {
        let mut wrong = Vec::new();
        let search = Search {
            from: instant("from", self.from, &mut wrong),
            to: instant("to", self.to, &mut wrong),
            tag: text("tag", self.tag.as_deref(), &mut wrong),
            query: text("query", self.query.as_deref(), &mut wrong),
        };
        if wrong.is_empty() { Ok(search) } else { Err(Problem::invalid(wrong)) }
    }
}

/// Tags and texts are found in either case.
fn text(field: &str, text: Option<&str>, wrong: &mut Vec<Invalid>) -> Option<String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    if text.chars().count() > LONGEST {
        wrong.push(Invalid::new(field, "too_long", "must have at most 200 characters"));
        return None;
    }
    Some(text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(from: &str, to: &str, tag: &str, query: &str) -> SearchQuery {
        let [from, to, tag, query] = [from, to, tag, query].map(|text| Some(text.to_owned()));
        SearchQuery { from, to, tag, query }
    }

    #[test]
    fn spellings_of_one_wish_are_equal() {
        let one = query("2026-06-01T12:00:00Z", "", " Techno", "ÖL ").read().unwrap();
        let other = query("2026-06-01T14:00:00.000+02:00", "", "techno", "öl").read().unwrap();
        assert_eq!(one, other);
        assert_eq!(query("", "", " ", "").read().unwrap(), Search::default());
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        let long = "x".repeat(201);
        assert_eq!(
            query("soon", "2026-13-01T00:00:00Z", &long, &long).read().unwrap_err().code(),
            "invalid_input"
        );
        let mut wrong = Vec::new();
        instant("from", Some("soon".to_owned()), &mut wrong);
        instant("to", Some("2026-06-01".to_owned()), &mut wrong);
        text("tag", Some(&long), &mut wrong);
        let fields: Vec<_> = wrong.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["from", "to", "tag"]);
    }
}
