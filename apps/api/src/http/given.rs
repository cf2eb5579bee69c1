//! Values in a query, read so that every mistake is named.

use super::problem::Problem;
use chrono::{DateTime, Datelike, Utc};
use kernel::Invalid;
use std::str::FromStr;

/// PostgreSQL compares with no instant before 4713 BC; none of ours lies before this year.
const FIRST_YEAR: i32 = 1;

/// A value, or `None` when none is given; what is none is noted as a mistake, with `message` saying what it must be.
pub fn given<T: FromStr>(
    field: &str,
    text: Option<String>,
    message: &str,
    wrong: &mut Vec<Invalid>,
) -> Option<T> {
    let read = text.filter(|text| !text.is_empty())?.parse();
    read.map_err(|_| wrong.push(Invalid::new(field, "malformed", message))).ok()
}

/// An id, or `None` when none is given.
pub fn id<T: FromStr>(field: &str, text: Option<String>, wrong: &mut Vec<Invalid>) -> Option<T> {
    given(field, text, "must be an id", wrong)
}

/// The id of a query that can have no other mistake.
///
/// # Errors
/// 422 for what is none.
pub fn one_id<T: FromStr>(field: &str, text: Option<String>) -> Result<Option<T>, Problem> {
    let mut wrong = Vec::new();
    let id = id(field, text, &mut wrong);
    if wrong.is_empty() { Ok(id) } else { Err(Problem::invalid(wrong)) }
}

/// An instant, or `None` when none is given.
pub fn instant(field: &str, text: Option<String>, wrong: &mut Vec<Invalid>) -> Option<DateTime<Utc>> {
    // Where a `+` was meant and not written as one, as query strings have it, there is a space.
    let message = match text.as_deref() {
        Some(text) if text.contains(' ') => "must be an instant, as 2026-06-01T12:00:00Z; write + as %2B",
        _ => "must be an instant, as 2026-06-01T12:00:00Z",
    };
    let read: DateTime<Utc> = given(field, text, message, wrong)?;
    if read.year() >= FIRST_YEAR {
        return Some(read);
    }
    wrong.push(Invalid::new(field, "out_of_range", "must not lie before the year 1"));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<i32>, Vec<&'static str>) {
        let mut wrong = Vec::new();
        let read = instant("from", Some(text.to_owned()), &mut wrong);
        (read.map(|read| read.year()), wrong.into_iter().map(|wrong| wrong.code).collect())
    }

    #[test]
    fn an_instant_that_no_store_keeps_is_a_mistake() {
        assert_eq!(read("2026-06-01T12:00:00+02:00"), (Some(2026), vec![]));
        assert_eq!(read(""), (None, vec![]));
        assert_eq!(read("soon"), (None, vec!["malformed"]));
        for text in ["-200000-01-01T00:00:00Z", "0000-12-31T23:59:59Z"] {
            assert_eq!(read(text), (None, vec!["out_of_range"]), "{text}");
        }
        let mut wrong = Vec::new();
        assert_eq!(instant("from", Some("2026-06-01T12:00:00 02:00".into()), &mut wrong), None);
        assert!(wrong[0].message.ends_with("write + as %2B"), "{wrong:?}");
        assert_eq!(read("+262000-01-01T00:00:00Z"), (Some(262_000), vec![]));
    }
}
