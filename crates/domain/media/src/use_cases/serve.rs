use super::Meter;
use crate::Month;
use kernel::{AccountId, StoreError};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Most members whose bytes wait to be written: some 6 MB. More than this program serves between two flushes.
const MOST: usize = 100_000;
/// Written at once.
const AT_ONCE: usize = 500;

/// Bytes that were served and are not written yet.
#[derive(Default)]
pub(super) struct Served(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    bytes: HashMap<(AccountId, Month), u64>,
    lost: u64,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flushed {
    /// Of so many members.
    pub members: usize,
    /// Bytes that are counted nowhere because too many members waited.
    pub lost: u64,
}

impl Served {
    fn add(&self, key: (AccountId, Month), bytes: u64) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.bytes.len() >= MOST && !waiting.bytes.contains_key(&key) {
            waiting.lost = waiting.lost.saturating_add(bytes);
        } else {
            let sum = waiting.bytes.entry(key).or_default();
            *sum = sum.saturating_add(bytes);
        }
    }

    /// What was not written waits once more, and what was lost is not forgotten.
    fn put_back(&self, rows: &[(AccountId, Month, u64)], lost: u64) {
        for (account, month, bytes) in rows {
            self.add((*account, *month), *bytes);
        }
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.lost = waiting.lost.saturating_add(lost);
    }

    fn take(&self) -> Waiting {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Meter {
    /// Remembers bytes that were served to somebody; [`Self::flush`] writes them.
    pub fn serve(&self, account: AccountId, bytes: u64) {
        if bytes > 0 {
            self.served.add((account, Month::of(self.clock.now())), bytes);
        }
    }

    /// Writes what was served since the last time: the worker does so every few seconds, and the server at its end.
    ///
    /// # Errors
    /// When the store cannot answer; what was not written waits for the next time.
    pub async fn flush(&self) -> Result<Flushed, StoreError> {
        let Waiting { bytes, lost } = self.served.take();
        let rows: Vec<_> =
            bytes.into_iter().map(|((account, month), bytes)| (account, month, bytes)).collect();
        for (place, chunk) in rows.chunks(AT_ONCE).enumerate() {
            if let Err(error) = self.store.add_served(chunk).await {
                self.served.put_back(rows.get(place * AT_ONCE..).unwrap_or_default(), lost);
                return Err(error);
            }
        }
        Ok(Flushed { members: rows.len(), lost })
    }
}

#[cfg(test)]
mod unit {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn members_without_end_do_not_fill_the_memory() {
        let (served, month) = (Served::default(), Month(202_606));
        for member in 0..u128::try_from(MOST).unwrap() + 5 {
            served.add((Uuid::from_u128(member).into(), month), 7);
        }
        served.add((Uuid::from_u128(1).into(), month), 3);
        let waiting = served.take();
        assert_eq!((waiting.bytes.len(), waiting.lost), (MOST, 35));
        assert_eq!(waiting.bytes[&(Uuid::from_u128(1).into(), month)], 10);
        assert_eq!(served.take().bytes.len(), 0);
    }

    #[test]
    fn what_could_not_be_written_waits_with_what_was_lost() {
        let (served, month, member) = (Served::default(), Month(202_606), Uuid::from_u128(1).into());
        served.put_back(&[(member, month, 7)], 35);
        served.add((member, month), 3);
        served.put_back(&[], 5);
        let waiting = served.take();
        assert_eq!((waiting.bytes[&(member, month)], waiting.lost), (10, 40));
    }
}
