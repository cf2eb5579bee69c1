//! Which part of a file is asked for (RFC 9110, 13 and 14): what a player seeks by, and what a broken download goes on by.

use actix_web::http::header::{self, HeaderMap, HeaderName};
use kernel::Span;

/// What of a file is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    Whole,
    /// These bytes, at least one of which is there.
    Part(Span),
    /// Nothing: it is kept there already.
    Kept,
    /// Bytes that it does not have.
    Outside,
}

/// What is asked for of a file of this size and etag (without quotes). Of several ranges the first one that is there
/// is sent: who asks sees by `Content-Range` what it got.
#[must_use]
pub fn wanted(headers: &HeaderMap, size: u64, etag: &str) -> Wanted {
    let is_known = |known: &str| {
        known.trim() == "*" || tags(known).any(|tag| tag.trim_start_matches("W/") == quoted(etag))
    };
    if text(headers, &header::IF_NONE_MATCH).is_some_and(is_known) {
        return Wanted::Kept;
    }
    let Some(range) = text(headers, &header::RANGE) else { return Wanted::Whole };
    // Another file than the one of which the rest is wanted; a time says nothing here.
    if headers.contains_key(header::IF_RANGE)
        && text(headers, &header::IF_RANGE).map(str::trim) != Some(&quoted(etag))
    {
        return Wanted::Whole;
    }
    // What is no range, or one of another unit, is as good as not there.
    parse(range).map_or(Wanted::Whole, |ranges| {
        let first = ranges.into_iter().find_map(|range| range.within(size));
        first.map_or(Wanted::Outside, Wanted::Part)
    })
}

/// An etag as headers have it.
#[must_use]
pub fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn tags(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim)
}

/// Most ranges that are read; whoever asks for more gets the whole.
const MOST: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    /// From this byte to that one, or to the end.
    From(u64, Option<u64>),
    /// So many last ones.
    Last(u64),
}

impl Range {
    fn within(self, size: u64) -> Option<Span> {
        let (start, end) = match self {
            Self::From(start, end) => (start, end.map_or(size, |last| size.min(last.saturating_add(1)))),
            Self::Last(count) => (size.saturating_sub(count), size),
        };
        let length = end.checked_sub(start)?;
        (length > 0).then_some(Span { start, length })
    }
}

fn parse(header: &str) -> Option<Vec<Range>> {
    let (unit, list) = header.split_once('=')?;
    let ranges: Vec<_> = list.split(',').map(str::trim).filter(|range| !range.is_empty()).collect();
    if !unit.trim().eq_ignore_ascii_case("bytes") || ranges.is_empty() || ranges.len() > MOST {
        return None;
    }
    ranges.into_iter().map(one).collect()
}

fn one(text: &str) -> Option<Range> {
    let (first, last) = text.split_once('-')?;
    match (first.is_empty(), last.is_empty()) {
        (true, true) => None,
        (true, false) => number(last).map(Range::Last),
        (false, true) => Some(Range::From(number(first)?, None)),
        (false, false) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Range::From(first, Some(last)))
        }
    }
}

/// Digits, however many: what is larger than any file is behind its end.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn asked(headers: &[(HeaderName, &str)]) -> Wanted {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        wanted(&map, 1000, "e1")
    }

    fn range(text: &str) -> Wanted {
        asked(&[(header::RANGE, text)])
    }

    const fn part(start: u64, length: u64) -> Wanted {
        Wanted::Part(Span { start, length })
    }

    #[test]
    fn ranges_are_what_the_standard_says() {
        assert_eq!(asked(&[]), Wanted::Whole);
        for (text, wanted) in [
            ("bytes=0-0", part(0, 1)),
            ("bytes=0-499", part(0, 500)),
            ("bytes=500-", part(500, 500)),
            ("bytes=-1", part(999, 1)),
            ("bytes=-5000", part(0, 1000)),
            ("bytes=990-5000", part(990, 10)),
            ("bytes=0-99999999999999999999999999", part(0, 1000)),
            ("Bytes = 5-6", part(5, 2)),
            ("bytes=2000-3000, 5-6, 1-1", part(5, 2)),
            ("bytes=0-0,-1", part(0, 1)),
            ("bytes=1000-", Wanted::Outside),
            ("bytes=99999999999999999999999999-", Wanted::Outside),
            ("bytes=-0", Wanted::Outside),
        ] {
            assert_eq!(range(text), wanted, "{text}");
        }
        let many = format!("bytes={}", vec!["0-0"; MOST + 1].join(","));
        for nonsense in
            ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=6-5", "bytes=+1-2", "items=0-5", &many]
        {
            assert_eq!(range(nonsense), Wanted::Whole, "{nonsense}");
        }
    }

    #[test]
    fn an_empty_file_has_no_part() {
        let mut map = HeaderMap::new();
        map.insert(header::RANGE, HeaderValue::from_static("bytes=0-"));
        assert_eq!(wanted(&map, 0, "e1"), Wanted::Outside);
    }

    #[test]
    fn the_rest_of_another_file_is_not_sent() {
        let rest = |tag| asked(&[(header::RANGE, "bytes=5-"), (header::IF_RANGE, tag)]);
        assert_eq!(rest("\"e1\""), part(5, 995));
        for other in ["\"e2\"", "W/\"e1\"", "e1", "Mon, 01 Jun 2026 12:00:00 GMT"] {
            assert_eq!(rest(other), Wanted::Whole, "{other}");
        }
    }

    #[test]
    fn what_is_kept_is_not_sent_again() {
        let known = |tags| asked(&[(header::IF_NONE_MATCH, tags), (header::RANGE, "bytes=5-")]);
        for same in ["\"e1\"", "W/\"e1\"", "\"e0\", \"e1\"", "*"] {
            assert_eq!(known(same), Wanted::Kept, "{same}");
        }
        assert_eq!(known("\"e2\""), part(5, 995));
    }
}
