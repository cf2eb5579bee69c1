//! Lists in pages: `?limit=&cursor=`, and `{"items", "next_cursor"}`.

use super::problem::Problem;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use data_encoding::BASE64URL_NOPAD;
use kernel::{Cursor, Invalid, Page, PageRequest, Timestamp};
use serde::{Deserialize, Serialize};
use std::future::{Ready, ready};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which page is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging(pub PageRequest);

/// How it is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PagingQuery {
    /// How many: 1 to 100.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Which page is wanted of a list of which many are shown at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WidePaging(pub PageRequest);

/// How it is asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes what is read as the other")]
pub struct WidePagingQuery {
    /// How many: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 100)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageView<T> {
    /// In order.
    pub items: Vec<T>,
    /// Where the next page begins; null on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl<T> PageView<T> {
    /// Shows each item of a page.
    pub fn of<U>(page: Page<U>, show: impl FnMut(U) -> T) -> Self {
        Self { items: page.items.into_iter().map(show).collect(), next_cursor: page.next.map(write_cursor) }
    }
}

/// Microseconds since 1970 (8 bytes, big-endian) and the id, in base64url.
fn write_cursor(cursor: Cursor) -> String {
    let mut bytes = cursor.at.timestamp_micros().to_be_bytes().to_vec();
    bytes.extend(cursor.id.as_bytes());
    BASE64URL_NOPAD.encode(&bytes)
}

fn read_cursor(text: &str) -> Option<Cursor> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let (at, id) = bytes.split_first_chunk::<8>()?;
    // A year that no store can compare with is not one that we wrote.
    let at = Timestamp::from_timestamp_micros(i64::from_be_bytes(*at));
    let at = at.filter(|at| kernel::is_kept(*at))?;
    Some(Cursor { at, id: Uuid::from_slice(id).ok()? })
}

/// So many rows, `usual` where nothing is said, and `most` at most.
fn read(
    (limit, cursor): (Option<&str>, Option<&str>),
    (usual, most): (u32, u32),
) -> Result<PageRequest, Problem> {
    let limit = limit.map_or(Some(usual), |text| text.parse().ok());
    let limit = limit.filter(|limit| (1..=most).contains(limit));
    let after = cursor.map(read_cursor);
    let mut wrong = Vec::new();
    if limit.is_none() {
        wrong.push(Invalid::new("limit", "out_of_range", format!("must be from 1 to {most}")));
    }
    if after == Some(None) {
        wrong.push(Invalid::new("cursor", "malformed", "must be a next_cursor"));
    }
    match limit {
        Some(limit) if wrong.is_empty() => Ok(PageRequest { limit, after: after.flatten() }),
        _ => Err(Problem::invalid(wrong)),
    }
}

impl FromRequest for Paging {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(asked(request, (20, 100)).map(Self))
    }
}

impl FromRequest for WidePaging {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(asked(request, (100, 500)).map(Self))
    }
}

fn asked(request: &HttpRequest, limits: (u32, u32)) -> Result<PageRequest, Problem> {
    let query = serde_urlencoded::from_str::<PagingQuery>(request.query_string());
    let query = query.map_err(|_| Problem::bad_request("malformed_query", "The query cannot be read."))?;
    read((query.limit.as_deref(), query.cursor.as_deref()), limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nonsense_is_refused() {
        let at = |text: &str| Cursor { at: text.parse().unwrap(), id: Uuid::nil() };
        let cursor = at("2026-06-01T12:00:00.000001Z");
        // Pictures are older than computers' time, by as much as scans and reset clocks say.
        for cursor in [cursor, at("1965-07-01T12:00:00.000001Z"), at("0001-01-01T00:00:00Z")] {
            assert_eq!(read_cursor(&write_cursor(cursor)), Some(cursor));
        }
        for never in ["0000-12-31T23:59:59Z", "+10000-01-01T00:00:00Z"] {
            assert_eq!(read_cursor(&write_cursor(at(never))), None, "{never}");
        }
        let far = BASE64URL_NOPAD.encode(&[0x7f; 24]);
        for text in ["", "x", "AAAA", &far, &format!("{}A", write_cursor(cursor))] {
            assert_eq!(read_cursor(text), None, "{text}");
        }
    }
}
