//! A map whose entries end by themselves, and whose earliest-ending ones make room for new ones.

use kernel::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Entries by key, each with its end. Every operation costs a logarithm, however full it is.
pub(super) struct Shelf<V> {
    entries: HashMap<Arc<str>, (Timestamp, V)>,
    ends: BTreeSet<(Timestamp, Arc<str>)>,
    most: usize,
}

impl<V> Shelf<V> {
    pub(super) fn new(most: usize) -> Self {
        Self { entries: HashMap::new(), ends: BTreeSet::new(), most }
    }

    /// The entry with its end, if that has not come.
    pub(super) fn get_mut(&mut self, key: &str, now: Timestamp) -> Option<(Timestamp, &mut V)> {
        self.entries.get_mut(key).filter(|(end, _)| now < *end).map(|(end, value)| (*end, value))
    }

    /// Keeps an entry until its end; returns what had to go for it.
    pub(super) fn put(&mut self, key: &str, end: Timestamp, value: V) -> Vec<V> {
        let mut gone: Vec<V> = self.remove(key).into_iter().collect();
        while self.entries.len() >= self.most {
            gone.extend(self.pop());
        }
        let key: Arc<str> = key.into();
        self.ends.insert((end, Arc::clone(&key)));
        self.entries.insert(key, (end, value));
        gone
    }

    /// Takes out the entry that ends first.
    pub(super) fn pop(&mut self) -> Option<V> {
        let (_, key) = self.ends.pop_first()?;
        self.entries.remove(&key).map(|(_, value)| value)
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<V> {
        let (key, (end, value)) = self.entries.remove_entry(key)?;
        self.ends.remove(&(end, key));
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn the_entry_that_ends_first_makes_room() {
        let noon: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let mut shelf = Shelf::new(2);
        shelf.put("late", noon + TimeDelta::seconds(9), 'l');
        shelf.put("early", noon + TimeDelta::seconds(1), 'e');
        assert_eq!(shelf.put("new", noon + TimeDelta::seconds(5), 'n'), ['e']);
        assert_eq!(shelf.get_mut("early", noon), None);
        assert!(shelf.get_mut("late", noon).is_some() && shelf.get_mut("new", noon).is_some());
        assert_eq!(shelf.entries.len(), shelf.ends.len());
    }

    #[test]
    fn an_entry_ends_at_its_very_instant_and_can_be_put_again() {
        let noon: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let mut shelf = Shelf::new(2);
        shelf.put("one", noon, 1);
        assert_eq!(shelf.get_mut("one", noon), None);
        assert_eq!(shelf.put("one", noon + TimeDelta::seconds(1), 2), [1]);
        assert_eq!(shelf.get_mut("one", noon).map(|(_, value)| *value), Some(2));
        assert_eq!(shelf.ends.len(), 1);
    }
}
