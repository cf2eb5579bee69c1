//! A map that forgets what was not asked for lately instead of growing.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Two generations: what is read moves to the young one; when that is full, the old one goes.
pub struct Bounded<K, V> {
    generations: Mutex<Generations<K, V>>,
    capacity: usize,
}

struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Eq + Hash + Clone, V: Clone> Bounded<K, V> {
    /// Holds at least the `capacity / 2` entries that were used last, and never more than `capacity`.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let generations = Generations { young: HashMap::new(), old: HashMap::new() };
        Self { generations: Mutex::new(generations), capacity: capacity.max(2) }
    }

    /// What was put there, unless it was forgotten.
    pub fn get(&self, key: &K) -> Option<V> {
        let mut all = self.lock();
        if let Some(value) = all.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = all.old.remove_entry(key)?;
        self.put(&mut all, key, value.clone());
        Some(value)
    }

    /// Puts it there.
    pub fn insert(&self, key: K, value: V) {
        let mut all = self.lock();
        all.old.remove(&key);
        self.put(&mut all, key, value);
    }

    /// Forgets it.
    pub fn remove(&self, key: &K) {
        let mut all = self.lock();
        all.young.remove(key);
        all.old.remove(key);
    }

    /// Forgets all that `keep` refuses.
    pub fn retain(&self, keep: impl Fn(&V) -> bool) {
        let mut all = self.lock();
        all.young.retain(|_, value| keep(value));
        all.old.retain(|_, value| keep(value));
    }

    fn put(&self, all: &mut Generations<K, V>, key: K, value: V) {
        if all.young.len() >= self.capacity / 2 {
            all.old = mem::take(&mut all.young);
        }
        all.young.insert(key, value);
    }

    fn lock(&self) -> MutexGuard<'_, Generations<K, V>> {
        // Nothing here panics half-way, so what a panicking thread left behind is whole.
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_holds_more_than_its_capacity_and_keeps_what_is_used() {
        let map = Bounded::new(100);
        for number in 0..10_000 {
            map.insert(number, number);
            assert_eq!(map.get(&0), Some(0));
            let all = map.lock();
            assert!(all.young.len() + all.old.len() <= 100);
        }
        assert_eq!(map.get(&1), None);
        assert_eq!(map.get(&9_999), Some(9_999));
    }

    #[test]
    fn what_was_removed_is_gone_from_both_generations() {
        let map = Bounded::new(4);
        (0..4).for_each(|number| map.insert(number, number));
        map.remove(&0);
        map.retain(|value| *value != 3);
        assert_eq!((map.get(&0), map.get(&3), map.get(&2)), (None, None, Some(2)));
    }
}
