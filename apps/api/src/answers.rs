//! Ready answers to what many ask at once: made once, kept for a moment, sent to all of them.
//!
//! A crowd that asks the same waits for one answer instead of making the store work for each of them. What is kept
//! is bounded in number and in bytes, whatever is asked for, and however much of it at once.

use crate::http::problem::Problem;
use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::web::Bytes;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OnceCell, Semaphore};

/// Most answers that are kept.
const MOST: usize = 256;
/// Most bytes of answers that are kept.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Larger ones are made anew for every crowd that waits for one.
const LARGEST: usize = 2 * 1024 * 1024;

/// An answer, as it is sent.
#[derive(Debug)]
pub struct Ready {
    /// JSON, or whatever else is said when it is sent.
    pub body: Bytes,
    /// Names this body (RFC 9110, section 8.8.3).
    pub etag: HeaderValue,
}

impl Ready {
    /// Names a body.
    #[must_use]
    pub fn of(body: Vec<u8>) -> Self {
        let digest = Sha256::digest(&body);
        let name = format!("\"{}\"", HEXLOWER.encode(digest.get(..12).unwrap_or_default()));
        // Hexadecimal digits in quotes are a header's value.
        let etag = HeaderValue::try_from(name).unwrap_or_else(|_| HeaderValue::from_static("\"\""));
        Self { body: Bytes::from(body), etag }
    }

    /// A body whose name is that of its content: what differs beside is not worth sending it again.
    #[must_use]
    pub fn named(body: Vec<u8>, content: &str) -> Self {
        Self { body: Bytes::from(body), ..Self::of(content.as_bytes().to_vec()) }
    }

    /// 200 with the body, which is JSON, or 304 when whoever asks has it already.
    #[must_use]
    pub fn respond(&self, asked: &HeaderMap, cache_control: &'static str) -> HttpResponse {
        self.respond_as(asked, cache_control, "application/json")
    }

    /// The same with a body of another kind.
    #[must_use]
    pub fn respond_as(
        &self,
        asked: &HeaderMap,
        cache_control: &'static str,
        content_type: &'static str,
    ) -> HttpResponse {
        let had = self.is_had(asked);
        let mut response = if had { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header((header::ETAG, self.etag.clone()))
            .insert_header((header::CACHE_CONTROL, HeaderValue::from_static(cache_control)))
            .insert_header((header::VARY, HeaderValue::from_static("authorization")));
        if had {
            return response.finish();
        }
        response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(content_type)));
        response.body(self.body.clone())
    }

    /// `If-None-Match` (RFC 9110, section 13.1.2): a star, or a list of names, compared weakly.
    fn is_had(&self, asked: &HeaderMap) -> bool {
        let lines = asked.get_all(header::IF_NONE_MATCH).filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(',')).map(str::trim).any(|name| {
            name == "*" || name.strip_prefix("W/").unwrap_or(name).as_bytes() == self.etag.as_bytes()
        })
    }
}

/// Answers by what was asked.
pub struct Shelf<K> {
    slots: Mutex<HashMap<K, Arc<Slot>>>,
    lasts: Duration,
    /// The largest answer that is kept, in bytes.
    largest: usize,
    /// Most bytes of answers that are kept.
    most_bytes: usize,
    /// So many are made at once; each while it has a turn.
    turns: Option<Semaphore>,
}

/// One answer, or those who wait for it.
struct Slot {
    /// When it was begun to be made: what changed later is not in it.
    since: Instant,
    /// How large it is; 0 until it is made.
    bytes: AtomicUsize,
    answer: OnceCell<Result<Arc<Ready>, Problem>>,
}

impl<K: Eq + Hash + Clone> Shelf<K> {
    /// Keeps each answer for so long, counted from when it was begun to be made.
    #[must_use]
    pub fn new(lasts: Duration) -> Self {
        Self { slots: Mutex::default(), lasts, largest: LARGEST, most_bytes: MOST_BYTES, turns: None }
    }

    /// The same for few answers that are large: so many bytes, of one of them or of all together.
    #[must_use]
    pub fn of_large(lasts: Duration, bytes: usize) -> Self {
        Self { largest: bytes, most_bytes: bytes, ..Self::new(lasts) }
    }

    /// The same, with so many made at once; the others wait for their turn.
    #[must_use]
    pub fn in_turns(self, at_once: usize) -> Self {
        Self { turns: Some(Semaphore::new(at_once)), ..self }
    }

    /// The answer that is kept, or that is being made, or else the one that `make` makes. When whoever makes it goes
    /// away half-way, the next one of those who wait goes on with their own.
    ///
    /// # Errors
    /// What `make` failed with, for all who waited for it; failures are not kept.
    pub async fn answer(
        &self,
        asked: &K,
        make: impl Future<Output = Result<Vec<u8>, Problem>>,
    ) -> Result<Arc<Ready>, Problem> {
        self.ready(asked, async { make.await.map(Ready::of) }).await
    }

    /// The same for an answer that has a name of its own.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub async fn ready(
        &self,
        asked: &K,
        make: impl Future<Output = Result<Ready, Problem>>,
    ) -> Result<Arc<Ready>, Problem> {
        let slot = self.slot(asked);
        let work = async {
            // It is never closed; whoever waits here has made nothing yet.
            let _turn = match &self.turns {
                Some(turns) => turns.acquire().await.ok(),
                None => None,
            };
            let ready = make.await.map(Arc::new)?;
            if ready.body.len() <= self.largest {
                slot.bytes.store(ready.body.len(), Ordering::Relaxed);
                self.make_room(&slot);
            }
            Ok::<_, Problem>(ready)
        };
        let answer = slot.answer.get_or_init(|| work).await.clone();
        if answer.as_ref().map_or(true, |ready| ready.body.len() > self.largest) {
            self.drop_slot(asked, &slot);
        }
        answer
    }

    /// Whoever asks this from now on gets an answer that is made from now on.
    pub fn forget(&self, asked: &K) {
        self.lock().remove(asked);
    }

    /// The same for everything.
    pub fn forget_all(&self) {
        self.lock().clear();
    }

    fn slot(&self, asked: &K) -> Arc<Slot> {
        let mut slots = self.lock();
        if let Some(slot) = slots.get(asked).filter(|slot| slot.is_wanted(self.lasts)) {
            return Arc::clone(slot);
        }
        slots.retain(|_, slot| slot.is_wanted(self.lasts) && !slot.is_abandoned());
        if slots.len() >= MOST {
            // Somebody asks for ever new things. Whoever asks for the usual ones has to wait for the store once.
            slots.clear();
        }
        let slot =
            Arc::new(Slot { since: Instant::now(), bytes: AtomicUsize::new(0), answer: OnceCell::new() });
        slots.insert(asked.clone(), Arc::clone(&slot));
        slot
    }

    /// What was made last stays; of the others the oldest go, until all together are as large as may be.
    fn make_room(&self, last: &Arc<Slot>) {
        let mut slots = self.lock();
        let mut bytes: usize = slots.values().map(|slot| slot.bytes()).sum();
        if bytes <= self.most_bytes {
            return;
        }
        let others = slots.iter().filter(|(_, slot)| slot.bytes() > 0 && !Arc::ptr_eq(slot, last));
        let mut others: Vec<_> = others.map(|(asked, slot)| (slot.since, asked.clone())).collect();
        others.sort_by_key(|(since, _)| *since);
        for (_, asked) in others {
            if bytes <= self.most_bytes {
                return;
            }
            bytes -= slots.remove(&asked).map_or(0, |slot| slot.bytes());
        }
    }

    /// Unless another has taken its place.
    fn drop_slot(&self, asked: &K, slot: &Arc<Slot>) {
        let mut slots = self.lock();
        if slots.get(asked).is_some_and(|there| Arc::ptr_eq(there, slot)) {
            slots.remove(asked);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Arc<Slot>>> {
        // Nothing here panics half-way, so what a panicking thread left behind is whole.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Whether it still counts: it is being made, or was begun a moment ago.
    fn is_wanted(&self, lasts: Duration) -> bool {
        !self.answer.initialized() || self.since.elapsed() < lasts
    }

    /// Whether it is not made, and nobody is left to make it.
    fn is_abandoned(self: &Arc<Self>) -> bool {
        !self.answer.initialized() && Arc::strong_count(self) == 1
    }

    fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::sync::atomic::AtomicU32;
    use tokio::task::yield_now;

    const LONG: Duration = Duration::from_secs(3600);

    /// Counts how often it was made; the answer says which one it is.
    async fn made(count: &AtomicU32) -> Result<Vec<u8>, Problem> {
        let number = count.fetch_add(1, Ordering::Relaxed);
        yield_now().await;
        Ok(number.to_string().into_bytes())
    }

    #[tokio::test]
    async fn a_crowd_waits_for_one_answer() {
        let (shelf, count) = (Shelf::new(LONG), AtomicU32::new(0));
        let crowd = (0..100).map(|_| shelf.answer(&"list", made(&count)));
        assert!(join_all(crowd).await.into_iter().all(|answer| answer.unwrap().body == "0"));
        assert_eq!(shelf.answer(&"list", made(&count)).await.unwrap().body, "0");
        assert_eq!(shelf.answer(&"other", made(&count)).await.unwrap().body, "1");
        assert_eq!(count.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn an_answer_counts_for_its_time_only() {
        let (shelf, count) = (Shelf::new(Duration::ZERO), AtomicU32::new(0));
        for expected in ["0", "1"] {
            assert_eq!(shelf.answer(&"list", made(&count)).await.unwrap().body, expected);
        }
    }

    #[tokio::test]
    async fn whoever_asks_after_a_change_gets_an_answer_begun_after_it() {
        let (shelf, count) = (Shelf::new(LONG), AtomicU32::new(0));
        let early = shelf.answer(&"list", async {
            let body = made(&count).await;
            // The store was asked; now something changes, and somebody else asks.
            shelf.forget(&"list");
            assert_eq!(shelf.answer(&"list", made(&count)).await.unwrap().body, "1");
            body
        });
        assert_eq!(early.await.unwrap().body, "0");
        assert_eq!(shelf.answer(&"list", made(&count)).await.unwrap().body, "1");
        shelf.forget_all();
        assert_eq!(shelf.answer(&"list", made(&count)).await.unwrap().body, "2");
    }

    #[tokio::test]
    async fn all_who_wait_learn_of_a_failure_and_the_next_one_tries_again() {
        let (shelf, count) = (Shelf::new(LONG), AtomicU32::new(0));
        let crowd = (0..10).map(|_| {
            shelf.answer(&"list", async {
                made(&count).await?;
                Err(Problem::not_found())
            })
        });
        assert!(join_all(crowd).await.into_iter().all(|answer| answer.is_err()));
        assert_eq!(count.load(Ordering::Relaxed), 1);
        assert_eq!(shelf.answer(&"list", made(&count)).await.unwrap().body, "1");
    }

    #[tokio::test]
    async fn whoever_waits_goes_on_when_the_maker_leaves() {
        let (shelf, count) = (Shelf::new(LONG), AtomicU32::new(0));
        {
            let mut leaver = Box::pin(shelf.answer(&"list", std::future::pending()));
            assert!(futures_util::poll!(leaver.as_mut()).is_pending());
        }
        assert_eq!(shelf.answer(&"list", made(&count)).await.unwrap().body, "0");
    }

    #[tokio::test]
    async fn it_stays_small_whatever_is_asked() {
        let shelf = Shelf::new(LONG);
        for number in 0..2000 {
            shelf.answer(&number, async { Ok(vec![0; 1000]) }).await.unwrap();
            assert!(shelf.lock().len() <= MOST);
        }
        for number in 0..100 {
            shelf.answer(&number, async { Ok(vec![0; LARGEST]) }).await.unwrap();
            let bytes: usize = shelf.lock().values().map(|slot| slot.bytes()).sum();
            assert!(bytes <= MOST_BYTES);
            assert!(shelf.lock().contains_key(&number), "what was asked for last is kept");
        }
        shelf.answer(&0, async { Ok(vec![0; LARGEST + 1]) }).await.unwrap();
        assert!(!shelf.lock().contains_key(&0));
    }

    #[tokio::test]
    async fn what_many_ask_for_at_once_is_made_in_turns_and_stays_small() {
        let shelf = Shelf::of_large(LONG, 3 * LARGEST).in_turns(2);
        let (now, most) = (AtomicU32::new(0), AtomicU32::new(0));
        let many = (0..50).map(|number| {
            let (shelf, now, most) = (&shelf, &now, &most);
            async move {
                let made = async {
                    most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                    yield_now().await;
                    now.fetch_sub(1, Ordering::Relaxed);
                    Ok(vec![0; LARGEST])
                };
                shelf.answer(&number, made).await.unwrap();
                let bytes: usize = shelf.lock().values().map(|slot| slot.bytes()).sum();
                assert!(bytes <= 3 * LARGEST);
            }
        });
        join_all(many).await;
        assert_eq!((most.load(Ordering::Relaxed), shelf.lock().len()), (2, 3));
    }

    #[tokio::test]
    async fn a_large_answer_is_kept_where_there_is_room_for_it() {
        let (shelf, count) = (Shelf::of_large(LONG, 3 * LARGEST), AtomicU32::new(0));
        for _ in 0..3 {
            let made = async {
                count.fetch_add(1, Ordering::Relaxed);
                Ok(vec![0; 2 * LARGEST])
            };
            shelf.answer(&"list", made).await.unwrap();
        }
        assert_eq!(count.load(Ordering::Relaxed), 1);
        shelf.answer(&"larger", async { Ok(vec![0; 3 * LARGEST + 1]) }).await.unwrap();
        assert!(!shelf.lock().contains_key(&"larger"));
    }

    #[test]
    fn a_body_is_not_sent_to_whoever_has_it() {
        let ready = Ready::of(b"{}".to_vec());
        let etag = ready.etag.to_str().unwrap().to_owned();
        for (asked, status) in [
            (etag.clone(), 304),
            (format!("\"x\", W/{etag}"), 304),
            ("*".to_owned(), 304),
            ("\"x\"".to_owned(), 200),
            (etag.replace('"', ""), 200),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::try_from(&asked).unwrap());
            let response = ready.respond(&headers, "private, no-cache");
            assert_eq!(response.status().as_u16(), status, "{asked}");
            assert_eq!(response.headers().get(header::ETAG).unwrap(), &ready.etag);
        }
        assert_eq!(ready.respond(&HeaderMap::new(), "private").status().as_u16(), 200);
    }
}
