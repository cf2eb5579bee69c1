use super::Music;
use crate::{Index, MusicSet, Rung, SoundObject};
use kernel::{Content, ObjectError, ObjectKey};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most indexes that are kept. That of six hours takes about 100 KB.
const KEPT: usize = 64;
/// Most bytes of an index: three times what six hours take as JSON.
const LARGEST: usize = 1024 * 1024;

/// Indexes that were read, those that were used last in front. What lies under a pass never changes.
#[derive(Default)]
pub(super) struct Indexes(Mutex<VecDeque<(ObjectKey, Arc<Index>)>>);

impl Indexes {
    fn get(&self, key: &ObjectKey) -> Option<Arc<Index>> {
        let mut kept = self.lock();
        let place = kept.iter().position(|(known, _)| known == key)?;
        let found = kept.remove(place)?;
        let index = Arc::clone(&found.1);
        kept.push_front(found);
        Some(index)
    }

    fn put(&self, key: ObjectKey, index: Arc<Index>) {
        let mut kept = self.lock();
        kept.retain(|(known, _)| *known != key);
        kept.push_front((key, index));
        kept.truncate(KEPT);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(ObjectKey, Arc<Index>)>> {
        // Nothing here panics half-way, so what a panicking thread left behind is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Music {
    /// Where the segments of a rendition lie; `None` when it was not made or is not there any more.
    ///
    /// # Errors
    /// The objects cannot be read.
    pub async fn index(&self, set: &MusicSet, rung: Rung) -> Result<Option<Arc<Index>>, ObjectError> {
        let Some(key) = set.made(SoundObject::Index(rung)) else { return Ok(None) };
        if let Some(known) = self.indexes.get(&key) {
            return Ok(Some(known));
        }
        let Some(content) = self.objects.get(&key, None).await? else { return Ok(None) };
        let index = Arc::new(read(content).await?);
        self.indexes.put(key, Arc::clone(&index));
        Ok(Some(index))
    }
}

async fn read(mut content: Content) -> Result<Index, ObjectError> {
    let broken = |cause: Box<dyn std::error::Error + Send + Sync>| ObjectError::Broken {
        doing: "reading an index",
        cause,
    };
    let mut bytes = Vec::new();
    while let Some(more) = content.reader.next().await? {
        if bytes.len() + more.len() > LARGEST {
            return Err(broken("it is larger than any of ours".into()));
        }
        bytes.extend(more);
    }
    serde_json::from_slice(&bytes).map_err(|error| broken(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_is_kept() {
        let (indexes, index) = (Indexes::default(), Arc::new(Index { init: 1, segments: Vec::new() }));
        let key = |number: usize| ObjectKey::parse(&format!("sets/{number}.json")).unwrap();
        for number in 0..1000 {
            indexes.put(key(number), Arc::clone(&index));
            assert!(indexes.get(&key(0)).is_some());
        }
        assert_eq!(indexes.lock().len(), KEPT);
        assert!(indexes.get(&key(1)).is_none() && indexes.get(&key(999)).is_some());
    }
}
