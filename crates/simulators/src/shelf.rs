//! A bounded collection whose things go by several names; the oldest goes when there is no room.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, HashMap};

/// Up to `ROOM` things in the order of their arrival.
pub(crate) struct Shelf<T, const ROOM: usize> {
    entries: BTreeMap<u64, Entry<T>>,
    names: HashMap<String, u64>,
    next: u64,
}

#[derive(Serialize, Deserialize)]
struct Entry<T> {
    names: Vec<String>,
    thing: T,
}

impl<T, const ROOM: usize> Shelf<T, ROOM> {
    /// Puts a thing there; it takes the place of one that went by this name.
    pub(crate) fn put(&mut self, name: impl Into<String>, thing: T) {
        let name = name.into();
        self.drop_named(&name);
        self.push(Entry { names: vec![name], thing });
    }

    /// Lets `known` go by another name too; nothing happens when there is no such thing.
    pub(crate) fn also_name(&mut self, known: &str, other: impl Into<String>) {
        let other = other.into();
        let place = self.names.get(known).copied();
        if let Some((place, entry)) = place.and_then(|place| Some((place, self.entries.get_mut(&place)?))) {
            entry.names.push(other.clone());
            self.names.insert(other, place);
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.entries.get(self.names.get(name)?).map(|entry| &entry.thing)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.entries.get_mut(self.names.get(name)?).map(|entry| &mut entry.thing)
    }

    /// From the oldest to the newest.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.entries.values().map(|entry| &entry.thing)
    }

    /// From the oldest to the newest.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.values_mut().map(|entry| &mut entry.thing)
    }

    fn push(&mut self, entry: Entry<T>) {
        while self.entries.len() >= ROOM {
            let Some((_, gone)) = self.entries.pop_first() else { break };
            for name in gone.names {
                self.names.remove(&name);
            }
        }
        for name in &entry.names {
            self.names.insert(name.clone(), self.next);
        }
        self.entries.insert(self.next, entry);
        self.next += 1;
    }

    fn drop_named(&mut self, name: &str) {
        if let Some(gone) = self.names.get(name).and_then(|place| self.entries.remove(place)) {
            for name in gone.names {
                self.names.remove(&name);
            }
        }
    }
}

impl<T, const ROOM: usize> Default for Shelf<T, ROOM> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), names: HashMap::new(), next: 0 }
    }
}

impl<T: Serialize, const ROOM: usize> Serialize for Shelf<T, ROOM> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.entries.values())
    }
}

impl<'de, T: Deserialize<'de>, const ROOM: usize> Deserialize<'de> for Shelf<T, ROOM> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut shelf = Self::default();
        Vec::<Entry<T>>::deserialize(deserializer)?.into_iter().for_each(|entry| shelf.push(entry));
        Ok(shelf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_with_all_its_names_when_there_is_no_room() {
        let mut shelf = Shelf::<u8, 2>::default();
        shelf.put("a", 1);
        shelf.also_name("a", "alias");
        shelf.put("b", 2);
        assert_eq!(shelf.get("alias"), Some(&1));
        shelf.put("c", 3);
        assert_eq!((shelf.get("a"), shelf.get("alias"), shelf.get("b")), (None, None, Some(&2)));
        assert_eq!(shelf.iter().copied().collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn names_survive_being_written_and_read() {
        let mut shelf = Shelf::<u8, 2>::default();
        shelf.put("a", 1);
        shelf.also_name("a", "alias");
        let text = serde_json::to_string(&shelf).unwrap();
        let mut read: Shelf<u8, 2> = serde_json::from_str(&text).unwrap();
        *read.get_mut("alias").unwrap() = 7;
        assert_eq!(read.get("a"), Some(&7));
    }
}
