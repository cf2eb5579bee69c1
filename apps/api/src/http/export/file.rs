//! An object of JSON with a list for each of its parts, made as fast as it is taken: as much of it is in memory as a page of
//! one list needs.

use crate::http::problem::Causes;
use actix_web::web::Bytes;
use futures_util::{Stream, stream};
use kernel::{Cursor, Page, PageRequest, StoreError};
use serde_json::Value;
use std::collections::VecDeque;

/// How many entries are read at a time.
const AT_A_TIME: u32 = 100;

/// A part of the file, which is a list or, with those beside it of the same name, a piece of one.
pub(super) trait Named: Copy + 'static {
    /// What the list is called.
    fn name(self) -> &'static str;
}

/// A file on its way out.
struct File<P, R> {
    read: R,
    /// What is still to come; the first one is being sent.
    parts: VecDeque<P>,
    next: Next,
    /// The list that was begun, and whether there is an entry in it.
    list: Option<(&'static str, bool)>,
}

/// Where it goes on.
enum Next {
    Head(String),
    Page(Option<Cursor>),
    End,
}

/// The fields of `head`, then a list for each part with all that `read` finds of it, page by page. A page is read when
/// somebody asks for it, not before; where it cannot be read the file breaks off, so that nobody takes half of it for the
/// whole.
pub(super) fn file<P, R>(head: Value, parts: Vec<P>, read: R) -> impl Stream<Item = Result<Bytes, StoreError>>
where
    P: Named,
    R: AsyncFn(P, PageRequest) -> Result<Page<Value>, StoreError>,
{
    let mut head = head.to_string();
    // The object goes on.
    head.pop();
    let file = File { read, parts: parts.into(), next: Next::Head(head), list: None };
    stream::try_unfold(file, next_piece::<P, R>)
}

/// The next piece of it, and the rest; `None` when there is none.
async fn next_piece<P, R>(mut file: File<P, R>) -> Result<Option<(Bytes, File<P, R>)>, StoreError>
where
    P: Named,
    R: AsyncFn(P, PageRequest) -> Result<Page<Value>, StoreError>,
{
    let mut text = String::new();
    let (next, now) = (std::mem::replace(&mut file.next, Next::End), file.parts.front().copied());
    match (next, now) {
        (Next::Head(head), _) => {
            text = head;
            file.next = Next::Page(None);
        }
        (Next::Page(after), Some(part)) => {
            let page = (file.read)(part, PageRequest { limit: AT_A_TIME, after }).await;
            let page = page.inspect_err(|error| {
                tracing::warn!(part = part.name(), causes = %Causes(error), "an export was cut off");
            })?;
            let mut filled = begin(file.list, part.name(), &mut text);
            for item in &page.items {
                if filled {
                    text.push(',');
                }
                text.push_str(&item.to_string());
                filled = true;
            }
            file.list = Some((part.name(), filled));
            if page.next.is_none() {
                file.parts.pop_front();
            }
            file.next = Next::Page(page.next);
        }
        (Next::Page(_), None) => {
            text.push_str(if file.list.is_some() { "]}" } else { "}" });
        }
        (Next::End, _) => return Ok(None),
    }
    Ok(Some((Bytes::from(text), file)))
}

/// Goes on with the list that was begun, if it is called so, or ends it and begins one; whether there is an entry in it.
fn begin(list: Option<(&'static str, bool)>, name: &'static str, text: &mut String) -> bool {
    match list {
        Some((begun, filled)) if begun == name => return filled,
        Some(_) => text.push(']'),
        None => {}
    }
    // Names of parts are written here and have nothing in them that would have to be escaped.
    text.push_str(&format!(",\"{name}\":["));
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;
    use serde_json::json;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use uuid::Uuid;

    /// Its name, and how many entries it has.
    #[derive(Clone, Copy)]
    struct Counted(&'static str, u128);

    impl Named for Counted {
        fn name(self) -> &'static str {
            self.0
        }
    }

    /// So many entries, made up when they are asked for; the cursor is the number of the last one.
    async fn made_up(part: Counted, page: PageRequest) -> Result<Page<Value>, StoreError> {
        let first = page.after.map_or(1, |after| after.id.as_u128() + 1);
        let at = "2026-06-01T12:00:00Z".parse().unwrap();
        let found: Vec<u128> = (first..=part.1).take(page.limit as usize + 1).collect();
        let cursor = |number: &u128| Cursor { at, id: Uuid::from_u128(*number) };
        let number = |number: u128| json!({"number": u64::try_from(number).unwrap(), "what": "a \"word\""});
        Ok(Page::cut(found, page.limit, cursor).map(number))
    }

    async fn whole(parts: &[Counted]) -> Value {
        let head = json!({"email": "ada@example.org"});
        let pieces: Vec<_> = file(head, parts.to_vec(), made_up).collect().await;
        let text: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.unwrap().to_vec()).collect();
        serde_json::from_slice(&text).unwrap()
    }

    #[tokio::test]
    async fn every_list_is_whole_whatever_is_beside_it() {
        let counts = |file: &Value| {
            let count = |name: &str| file[name].as_array().map(Vec::len);
            ["none", "one", "many", "joined"].map(count)
        };
        let parts = [
            Counted("none", 0),
            Counted("one", 1),
            Counted("many", 250),
            Counted("joined", 0),
            Counted("joined", 101),
            Counted("joined", 0),
            Counted("joined", 2),
        ];
        let file = whole(&parts).await;
        assert_eq!(file["email"], "ada@example.org");
        assert_eq!(counts(&file), [Some(0), Some(1), Some(250), Some(103)]);
        assert_eq!(file["many"][249], json!({"number": 250, "what": "a \"word\""}));
        assert_eq!(whole(&[]).await, json!({"email": "ada@example.org"}));
        assert_eq!(counts(&whole(&parts[..1]).await), [Some(0), None, None, None]);
    }

    #[tokio::test]
    async fn a_hundred_thousand_entries_go_through_a_page_at_a_time_and_no_faster_than_they_are_taken() {
        let read = Arc::new(AtomicUsize::new(0));
        let counting = {
            let read = Arc::clone(&read);
            async move |part: Counted, page: PageRequest| {
                read.fetch_add(1, Ordering::Relaxed);
                made_up(part, page).await
            }
        };
        let parts = vec![Counted("one", 100_000), Counted("other", 50)];
        let mut pieces = pin!(file(json!({"email": "ada@example.org"}), parts, counting));
        let (mut taken, mut largest, mut entries) = (0, 0, 0);
        while let Some(piece) = pieces.next().await {
            let piece = piece.unwrap();
            // The first piece is the head, the last one the end.
            assert!(read.load(Ordering::Relaxed) <= taken, "nothing is read ahead");
            taken += 1;
            largest = largest.max(piece.len());
            entries += std::str::from_utf8(&piece).unwrap().matches("\"number\"").count();
        }
        assert_eq!((taken, entries), (1 + 1000 + 1 + 1, 100_050));
        assert!(largest < 16 * 1024, "{largest} bytes at once");
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_on_ends_in_an_error() {
        let broken = async |part: Counted, page: PageRequest| match page.after {
            None => made_up(part, page).await,
            Some(_) => Err(StoreError::unavailable("reading entries", "it went away")),
        };
        let parts = vec![Counted("many", 250)];
        let pieces: Vec<_> = file(json!({"email": null}), parts, broken).collect().await;
        assert_eq!(pieces.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false]);
    }
}
