//! Server-sent events (HTML Living Standard, section 9.2), as they are written.

use actix_web::web::Bytes;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::time::Duration;

/// What keeps a quiet line open: a comment.
pub const BEAT: &[u8] = b":\n\n";

/// An event of some kind, named by what is in it: the same data have the same id, on every instance.
#[must_use]
pub fn event(kind: &str, data: &str) -> Bytes {
    let digest = Sha256::digest(data.as_bytes());
    let id = HEXLOWER.encode(digest.get(..12).unwrap_or_default());
    written(kind, Some(&id), data)
}

/// The last event of a stream, and why nothing comes after it.
#[must_use]
pub fn end(reason: &str) -> Bytes {
    written("end", None, &format!("{{\"reason\":\"{reason}\"}}"))
}

/// How long to wait before coming again when the line breaks.
#[must_use]
pub fn retry(wait: Duration) -> Bytes {
    Bytes::from(format!("retry: {}\n\n", wait.as_millis()))
}

fn written(kind: &str, id: Option<&str>, data: &str) -> Bytes {
    let mut text = format!("event: {kind}\n");
    // Writing into a `String` cannot fail.
    if let Some(id) = id {
        let _ = writeln!(text, "id: {id}");
    }
    for line in data.lines() {
        let _ = writeln!(text, "data: {line}");
    }
    text.push('\n');
    Bytes::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_written_in_lines_and_ends_with_an_empty_one() {
        assert_eq!(end("cancelled"), "event: end\ndata: {\"reason\":\"cancelled\"}\n\n");
        assert_eq!(retry(Duration::from_secs(2)), "retry: 2000\n\n");
        let text = event("availability", "{\n\"a\": 1}\r\n");
        let lines: Vec<&str> = std::str::from_utf8(&text).unwrap().split('\n').collect();
        assert_eq!(
            [lines[0], lines[2], lines[3], lines[4], lines[5]],
            ["event: availability", "data: {", "data: \"a\": 1}", "", ""]
        );
        assert_eq!(lines[1].strip_prefix("id: ").map(str::len), Some(24));
    }

    #[test]
    fn the_id_follows_from_the_data() {
        assert_eq!(event("a", "1"), event("a", "1"));
        assert_ne!(event("a", "1"), event("a", "2"));
    }
}
