//! Turns at what only so many can do at once, and of which nobody gets all.

use kernel::AccountId;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Gives them out, to accounts unless something else is named.
#[derive(Debug)]
pub struct Turns<K: Copy + Eq + Hash = AccountId> {
    most: usize,
    each: usize,
    under_way: Mutex<HashMap<K, usize>>,
}

/// Somebody's turn, until it is dropped.
#[derive(Debug)]
pub struct Turn<K: Copy + Eq + Hash = AccountId> {
    of: Arc<Turns<K>>,
    who: K,
}

/// Why it is nobody's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoTurn {
    /// Whoever asks has as many as one may have.
    Enough,
    /// All together have.
    Busy,
}

impl<K: Copy + Eq + Hash> Turns<K> {
    /// So many at once, and so many of each who asks.
    #[must_use]
    pub fn new(most: usize, each: usize) -> Self {
        Self { most, each, under_way: Mutex::default() }
    }

    /// One for whoever asks.
    ///
    /// # Errors
    /// [`NoTurn`].
    pub fn take(self: &Arc<Self>, who: K) -> Result<Turn<K>, NoTurn> {
        let mut under_way = self.under_way();
        if under_way.get(&who).is_some_and(|theirs| *theirs >= self.each) {
            return Err(NoTurn::Enough);
        }
        if under_way.values().sum::<usize>() >= self.most {
            return Err(NoTurn::Busy);
        }
        *under_way.entry(who).or_default() += 1;
        Ok(Turn { of: Arc::clone(self), who })
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Drop for Turn<K> {
    fn drop(&mut self) {
        let mut under_way = self.of.under_way();
        if let Some(theirs) = under_way.get_mut(&self.who) {
            *theirs = theirs.saturating_sub(1);
            if *theirs == 0 {
                under_way.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Timestamp;

    #[test]
    fn nobody_gets_all_and_all_together_no_more_than_there_are() {
        let account = || AccountId::generate(Timestamp::default());
        let (turns, one) = (Arc::new(Turns::new(3, 2)), account());
        let (first, second) = (turns.take(one).unwrap(), turns.take(one).unwrap());
        assert_eq!(turns.take(one).unwrap_err(), NoTurn::Enough);
        let third = turns.take(account()).unwrap();
        assert_eq!(turns.take(account()).unwrap_err(), NoTurn::Busy);
        drop(first);
        let again = turns.take(one).unwrap();
        assert_eq!(turns.take(one).unwrap_err(), NoTurn::Enough);
        drop((second, third, again));
        assert!(turns.under_way().is_empty(), "nobody is remembered");
    }
}
