//! Objects in memory.

use super::noon;
use async_trait::async_trait;
use kernel::{
    Body, Content, Delivery, Link, Listed, ObjectError, ObjectKey, ObjectStore, Part, PartsId, Reader, Span,
    StoredObject, Timestamp, Unfinished, Window,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// Objects without a word of who may read them.
#[derive(Clone, Default)]
pub(crate) struct Heap {
    pub(crate) objects: Arc<Mutex<BTreeMap<ObjectKey, Vec<u8>>>>,
    /// Names that nothing deletes, however often it is asked to.
    pub(crate) stuck: Arc<Mutex<BTreeSet<String>>>,
}

impl Heap {
    pub(crate) fn names(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().map(ToString::to_string).collect()
    }

    pub(crate) fn lay(&self, key: &str) {
        self.objects.lock().unwrap().insert(ObjectKey::parse(key).unwrap(), vec![1, 2, 3]);
    }
}

struct Whole(Option<Vec<u8>>);

/// Brings them as the workplace of the program does.
pub(super) struct Fetched<'a>(pub(super) &'a dyn ObjectStore);

#[async_trait]
impl kernel::Fetch for Fetched<'_> {
    async fn fetch(
        &self,
        key: &ObjectKey,
        into: &std::path::Path,
        _: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<bool, ObjectError> {
        let Some(mut content) = self.0.get(key, None).await? else { return Ok(false) };
        let mut whole = Vec::new();
        while let Some(more) = content.reader.next().await? {
            whole.extend(more);
        }
        std::fs::write(into, whole).unwrap();
        Ok(true)
    }
}

#[async_trait]
impl Reader for Whole {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, ObjectError> {
        Ok(self.0.take())
    }
}

fn stored(size: usize) -> StoredObject {
    StoredObject { size: size.try_into().unwrap(), content_type: "image/jpeg".into(), etag: "e".into() }
}

#[async_trait]
impl ObjectStore for Heap {
    async fn put(&self, key: &ObjectKey, body: Body, _: &str) -> Result<(), ObjectError> {
        let bytes = match body {
            Body::Bytes(bytes) => bytes,
            Body::File(path) => std::fs::read(path).unwrap(),
        };
        self.objects.lock().unwrap().insert(key.clone(), bytes);
        Ok(())
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<StoredObject>, ObjectError> {
        Ok(self.objects.lock().unwrap().get(key).map(|bytes| stored(bytes.len())))
    }

    async fn get(&self, key: &ObjectKey, _: Option<Span>) -> Result<Option<Content>, ObjectError> {
        let found = self.objects.lock().unwrap().get(key).cloned();
        Ok(found.map(|bytes| Content { object: stored(bytes.len()), reader: Box::new(Whole(Some(bytes))) }))
    }

    async fn delete(&self, keys: &[ObjectKey]) -> Result<(), ObjectError> {
        let stuck = self.stuck.lock().unwrap();
        self.objects.lock().unwrap().retain(|key, _| !keys.contains(key) || stuck.contains(key.as_str()));
        Ok(())
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectKey>,
        limit: u32,
    ) -> Result<Vec<Listed>, ObjectError> {
        let objects = self.objects.lock().unwrap();
        let meant =
            |key: &&ObjectKey| key.as_str().starts_with(prefix) && after.is_none_or(|after| *key > after);
        let found = objects.keys().filter(meant).take(limit.try_into().unwrap());
        Ok(found.map(|key| Listed { key: key.clone(), size: 3, changed_at: noon() }).collect())
    }

    fn link(&self, _: &ObjectKey, _: &Delivery, _: Window, _: Timestamp) -> Result<Link, ObjectError> {
        unreachable!("no use case makes links")
    }

    async fn begin_parts(&self, _: &ObjectKey, _: &str) -> Result<PartsId, ObjectError> {
        unreachable!("nothing is sent in parts")
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
        unreachable!("nothing is sent in parts")
    }

    async fn parts(&self, _: &ObjectKey, _: &PartsId) -> Result<Option<Vec<Part>>, ObjectError> {
        unreachable!("nothing is sent in parts")
    }

    async fn finish_parts(&self, _: &ObjectKey, _: &PartsId, _: &[Part]) -> Result<(), ObjectError> {
        unreachable!("nothing is sent in parts")
    }

    async fn drop_parts(&self, _: &ObjectKey, _: &PartsId) -> Result<(), ObjectError> {
        unreachable!("nothing is sent in parts")
    }

    async fn unfinished(&self, _: &str, _: u32) -> Result<Vec<Unfinished>, ObjectError> {
        unreachable!("nothing is sent in parts")
    }
}
