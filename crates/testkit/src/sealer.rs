//! What seals and opens backups promises.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use async_trait::async_trait;
use backups::{Flow, FlowError, Opener, Sealer};
use kernel::StoreError;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Two pairs of keys.
pub struct Keys {
    /// Seals to the first pair.
    pub one: Box<dyn Sealer>,
    /// Seals to both.
    pub both: Box<dyn Sealer>,
    /// Opens by the first.
    pub first: Box<dyn Opener>,
    /// Opens by the second.
    pub second: Box<dyn Opener>,
}

/// One test per promise: `testkit::sealer_contract!(open)`, where `open` is a `fn() -> Keys`.
#[macro_export]
macro_rules! sealer_contract {
    ($open:ident) => {
        $crate::sealer_contract!($open;
            what_was_sealed_is_opened_as_it_was,
            every_key_that_it_was_sealed_to_opens_it,
            a_key_for_once_opens_what_the_others_open_and_nothing_else,
            another_key_opens_nothing_and_is_told,
            nothing_of_it_can_be_read_without_a_key,
            the_same_is_sealed_otherwise_each_time,
            what_repeats_itself_becomes_small,
            a_flipped_byte_is_noticed_wherever_it_is,
            what_was_cut_off_is_noticed_wherever_it_ends,
            what_was_added_behind_is_noticed,
            a_failure_on_the_way_in_is_no_end,
            a_failure_on_the_way_out_is_told_as_it_is,
            little_is_held_however_much_passes,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod sealer {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::sealer::$case(&super::$open()).await;
                }
            )+
        }
    };
}

/// These runs, one after another; then the end, or a failure.
struct Runs {
    runs: std::vec::IntoIter<Vec<u8>>,
    breaks: bool,
    asked: Arc<AtomicUsize>,
}

#[async_trait]
impl Flow for Runs {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, FlowError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match self.runs.next() {
            None if self.breaks => Err(StoreError::unavailable("reading", "the line broke").into()),
            next => Ok(next),
        }
    }
}

/// A flow of runs of so many bytes.
#[must_use]
pub fn flow(bytes: &[u8], run: usize) -> Box<dyn Flow> {
    counted(bytes, run, false).0
}

fn counted(bytes: &[u8], run: usize, breaks: bool) -> (Box<dyn Flow>, Arc<AtomicUsize>) {
    let runs: Vec<_> = bytes.chunks(run).map(<[u8]>::to_vec).collect();
    let asked = Arc::new(AtomicUsize::new(0));
    (Box::new(Runs { runs: runs.into_iter(), breaks, asked: Arc::clone(&asked) }), asked)
}

/// All of it.
///
/// # Errors
/// What the flow ends with.
pub async fn drained(mut flow: Box<dyn Flow>) -> Result<Vec<u8>, FlowError> {
    let mut whole = Vec::new();
    while let Some(bytes) = flow.next().await? {
        whole.extend(bytes);
    }
    assert_eq!(flow.next().await.unwrap(), None, "the end stays the end");
    Ok(whole)
}

async fn sealed(sealer: &dyn Sealer, bytes: &[u8]) -> Vec<u8> {
    drained(sealer.seal(flow(bytes, 50_000))).await.unwrap()
}

async fn opened(opener: &dyn Opener, bytes: &[u8]) -> Result<Vec<u8>, FlowError> {
    drained(opener.open(flow(bytes, 33_333))).await
}

/// Bytes that no compression makes less.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| next()).collect();
    bytes.truncate(length);
    bytes
}

pub async fn what_was_sealed_is_opened_as_it_was(keys: &Keys) {
    for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_001] {
        for bytes in [noise(length), vec![b'x'; length]] {
            let sealed = sealed(&*keys.one, &bytes).await;
            assert!(opened(&*keys.first, &sealed).await.unwrap() == bytes, "{length}");
        }
    }
    let in_runs_of_one = drained(keys.one.seal(flow(b"row by row", 1))).await.unwrap();
    let opened = drained(keys.first.open(flow(&in_runs_of_one, 1))).await.unwrap();
    assert_eq!(opened, b"row by row");
}

pub async fn every_key_that_it_was_sealed_to_opens_it(keys: &Keys) {
    assert_eq!((keys.one.recipients().len(), keys.both.recipients().len()), (1, 2));
    let sealed = sealed(&*keys.both, b"for two").await;
    for opener in [&keys.first, &keys.second] {
        assert_eq!(opened(&**opener, &sealed).await.unwrap(), b"for two");
    }
}

pub async fn a_key_for_once_opens_what_the_others_open_and_nothing_else(keys: &Keys) {
    let (sealer, opener) = keys.one.for_once();
    assert_eq!(
        sealer.recipients(),
        keys.one.recipients(),
        "nobody is told of a key that opens nothing later"
    );
    let bytes = noise(200_000);
    let once = sealed(&*sealer, &bytes).await;
    for opener in [&opener, &keys.first] {
        assert!(opened(&**opener, &once).await.unwrap() == bytes);
    }
    let refused = opened(&*keys.second, &once).await;
    assert!(matches!(refused, Err(FlowError::WrongKey)), "{:?}", refused.err());
    // Another time it is another key.
    let (_, other) = keys.one.for_once();
    for sealed in [once, sealed(&*keys.one, &bytes).await] {
        let refused = opened(&*other, &sealed).await;
        assert!(matches!(refused, Err(FlowError::WrongKey)), "{:?}", refused.err());
    }
}

pub async fn another_key_opens_nothing_and_is_told(keys: &Keys) {
    let sealed = sealed(&*keys.one, &noise(200_000)).await;
    let refused = opened(&*keys.second, &sealed).await;
    assert!(matches!(refused, Err(FlowError::WrongKey)), "{:?}", refused.err());
}

pub async fn nothing_of_it_can_be_read_without_a_key(keys: &Keys) {
    let secret = b"ada@example.org";
    let sealed = sealed(&*keys.one, &[&secret[..], &noise(5000), secret].concat()).await;
    assert!(!sealed.windows(secret.len()).any(|part| part == secret));
}

pub async fn the_same_is_sealed_otherwise_each_time(keys: &Keys) {
    assert_ne!(sealed(&*keys.one, b"the same").await, sealed(&*keys.one, b"the same").await);
}

pub async fn what_repeats_itself_becomes_small(keys: &Keys) {
    let rows = "0190c5a0-0000-7000-8000-000000000000,confirmed,2500,EUR\n".repeat(20_000);
    let sealed = sealed(&*keys.one, rows.as_bytes()).await;
    assert!(sealed.len() * 20 < rows.len(), "{} of {}", sealed.len(), rows.len());
}

pub async fn a_flipped_byte_is_noticed_wherever_it_is(keys: &Keys) {
    let sealed = sealed(&*keys.one, &noise(200_000)).await;
    let places = (0..300).step_by(7).chain((300..sealed.len()).step_by(9973)).chain([sealed.len() - 1]);
    for at in places {
        let mut flipped = sealed.clone();
        flipped[at] ^= 1;
        assert!(opened(&*keys.first, &flipped).await.is_err(), "byte {at}");
    }
}

pub async fn what_was_cut_off_is_noticed_wherever_it_ends(keys: &Keys) {
    let sealed = sealed(&*keys.one, &noise(200_000)).await;
    let places = (0..400).step_by(13).chain((400..sealed.len()).step_by(4999)).chain([sealed.len() - 1]);
    for at in places {
        assert!(opened(&*keys.first, &sealed[..at]).await.is_err(), "{at} bytes");
    }
}

pub async fn what_was_added_behind_is_noticed(keys: &Keys) {
    let sealed = sealed(&*keys.one, &noise(70_000)).await;
    for more in [&b"x"[..], &sealed, &[0; 70_000]] {
        let longer = [&sealed[..], more].concat();
        assert!(opened(&*keys.first, &longer).await.is_err(), "{} more", more.len());
    }
}

pub async fn a_failure_on_the_way_in_is_no_end(keys: &Keys) {
    let (broken, _) = counted(&noise(300_000), 10_000, true);
    let refused = drained(keys.one.seal(broken)).await;
    assert!(matches!(refused, Err(FlowError::Store(StoreError::Unavailable { .. }))), "{:?}", refused.err());
}

pub async fn a_failure_on_the_way_out_is_told_as_it_is(keys: &Keys) {
    let sealed = sealed(&*keys.one, &noise(300_000)).await;
    for whole in [0, 100, 100_000, sealed.len() - 1] {
        let (broken, _) = counted(&sealed[..whole], 10_000, true);
        let refused = drained(keys.first.open(broken)).await;
        assert!(matches!(refused, Err(FlowError::Store(_))), "{whole}: {:?}", refused.err());
    }
}

pub async fn little_is_held_however_much_passes(keys: &Keys) {
    const RUN: usize = 64 * 1024;
    const MOST: usize = 64;
    let bytes = noise(400 * RUN);
    let (plain, asked) = counted(&bytes, RUN, false);
    let mut sealing = keys.one.seal(plain);
    let first = sealing.next().await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(asked.load(Ordering::Relaxed) < MOST, "{asked:?} runs were taken in to hand out one");
    let sealed = [first, drained(sealing).await.unwrap()].concat();
    let (cipher, asked) = counted(&sealed, RUN, false);
    let mut opening = keys.first.open(cipher);
    let first = opening.next().await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(asked.load(Ordering::Relaxed) < MOST, "{asked:?} runs were taken in to hand out one");
    assert!([first, drained(opening).await.unwrap()].concat() == bytes);
}
