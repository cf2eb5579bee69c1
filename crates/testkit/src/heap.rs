//! Objects in memory, for use cases that put, look for and remove them. Nobody gets a link, and nothing comes in parts.

use crate::noon;
use async_trait::async_trait;
use kernel::{
    Body, Content, Delivery, Fetch, Link, Listed, ObjectError, ObjectKey, ObjectStore, Part, PartsId, Reader,
    Span, StoredObject, Timestamp, Unfinished, Window,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Objects by name.
#[derive(Clone, Default)]
pub struct Heap(Arc<Mutex<Laid>>);

#[derive(Default)]
struct Laid {
    objects: BTreeMap<ObjectKey, Vec<u8>>,
    /// What nothing deletes, however often it is asked to.
    stuck: BTreeSet<ObjectKey>,
    /// Whether the last byte of all that is put is lost.
    losing: bool,
    /// Whether nothing can be put.
    full: bool,
}

impl Heap {
    /// The names of all objects that begin so.
    #[must_use]
    pub fn names(&self, prefix: &str) -> Vec<ObjectKey> {
        self.lock().objects.keys().filter(|key| key.as_str().starts_with(prefix)).cloned().collect()
    }

    /// Puts three bytes under a name.
    pub fn lay(&self, key: &ObjectKey) {
        self.lock().objects.insert(key.clone(), vec![1, 2, 3]);
    }

    /// From now on the last byte of all that is put is lost, and nobody is told.
    pub fn lose(&self) {
        self.lock().losing = true;
    }

    /// From now on nothing can be put.
    pub fn fill(&self) {
        self.lock().full = true;
    }

    /// From now on nothing deletes what is called so, and nobody is told.
    pub fn stick(&self, key: &ObjectKey) {
        self.lock().stuck.insert(key.clone());
    }

    /// Everything can be deleted again.
    pub fn loosen(&self) {
        self.lock().stuck.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Laid> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Whole(Option<Vec<u8>>);

#[async_trait]
impl Reader for Whole {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, ObjectError> {
        Ok(self.0.take())
    }
}

fn stored(bytes: &[u8]) -> StoredObject {
    let content_type = "application/octet-stream".to_owned();
    StoredObject { size: bytes.len() as u64, content_type, etag: "only-one".into() }
}

fn broken(cause: std::io::Error) -> ObjectError {
    ObjectError::Broken { doing: "moving an object", cause: cause.into() }
}

/// What is not done here.
fn never<T>() -> Result<T, ObjectError> {
    Err(ObjectError::Refused {
        doing: "what a heap does not do",
        cause: "there are no links or parts".into(),
    })
}

#[async_trait]
impl Fetch for Heap {
    async fn fetch(
        &self,
        key: &ObjectKey,
        into: &Path,
        told: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<bool, ObjectError> {
        let Some(bytes) = self.lock().objects.get(key).cloned() else { return Ok(false) };
        std::fs::write(into, &bytes).map_err(broken)?;
        told(bytes.len() as u64);
        Ok(true)
    }
}

#[async_trait]
impl ObjectStore for Heap {
    async fn put(&self, key: &ObjectKey, body: Body, _: &str) -> Result<(), ObjectError> {
        let mut bytes = match body {
            Body::Bytes(bytes) => bytes,
            Body::File(path) => std::fs::read(path).map_err(broken)?,
        };
        let mut laid = self.lock();
        if laid.full {
            return Err(ObjectError::Broken { doing: "putting an object", cause: "the disk is full".into() });
        }
        if laid.losing {
            bytes.pop();
        }
        laid.objects.insert(key.clone(), bytes);
        Ok(())
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<StoredObject>, ObjectError> {
        Ok(self.lock().objects.get(key).map(|bytes| stored(bytes)))
    }

    async fn get(&self, key: &ObjectKey, _: Option<Span>) -> Result<Option<Content>, ObjectError> {
        let found = self.lock().objects.get(key).cloned();
        Ok(found.map(|bytes| Content { object: stored(&bytes), reader: Box::new(Whole(Some(bytes))) }))
    }

    async fn delete(&self, keys: &[ObjectKey]) -> Result<(), ObjectError> {
        let Laid { objects, stuck, .. } = &mut *self.lock();
        objects.retain(|key, _| !keys.contains(key) || stuck.contains(key));
        Ok(())
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectKey>,
        limit: u32,
    ) -> Result<Vec<Listed>, ObjectError> {
        let laid = self.lock();
        let meant =
            |key: &ObjectKey| key.as_str().starts_with(prefix) && after.is_none_or(|after| key > after);
        let listed = |(key, bytes): (&ObjectKey, &Vec<u8>)| {
            let StoredObject { size, etag, .. } = stored(bytes);
            Listed { key: key.clone(), size, changed_at: noon(), etag: Some(etag) }
        };
        let found = laid.objects.iter().filter(|(key, _)| meant(key));
        Ok(found.take(usize::try_from(limit).unwrap_or(usize::MAX)).map(listed).collect())
    }

    fn link(&self, _: &ObjectKey, _: &Delivery, _: Window, _: Timestamp) -> Result<Link, ObjectError> {
        never()
    }

    async fn begin_parts(&self, _: &ObjectKey, _: &str) -> Result<PartsId, ObjectError> {
        never()
    }

    fn part_link(
        &self,
        _: &ObjectKey,
        _: &PartsId,
        _: u32,
        _: u64,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<Link, ObjectError> {
        never()
    }

    async fn parts(&self, _: &ObjectKey, _: &PartsId) -> Result<Option<Vec<Part>>, ObjectError> {
        never()
    }

    async fn finish_parts(&self, _: &ObjectKey, _: &PartsId, _: &[Part]) -> Result<(), ObjectError> {
        never()
    }

    async fn drop_parts(&self, _: &ObjectKey, _: &PartsId) -> Result<(), ObjectError> {
        never()
    }

    async fn unfinished(&self, _: &str, _: u32) -> Result<Vec<Unfinished>, ObjectError> {
        never()
    }
}
