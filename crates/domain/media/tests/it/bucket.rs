//! Objects in memory, with faults.

use async_trait::async_trait;
use kernel::{
    Body, Content, Delivery, Link, Listed, ObjectError, ObjectKey, ObjectStore, Part, PartsId, Reader, Span,
    StoredObject, Timestamp, Unfinished, Window,
};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What goes wrong when parts are to be put together.
pub(crate) enum Fault {
    /// It is done, and nobody learns of it.
    LostAnswer,
    /// This happens first.
    Before(Work),
    /// This happens while it takes long: there are no parts any more, and no object yet.
    Meanwhile(Work),
}

#[derive(Default)]
pub(crate) struct Bucket {
    objects: Mutex<BTreeMap<ObjectKey, Vec<u8>>>,
    parts: Mutex<BTreeMap<String, BTreeMap<u32, Vec<u8>>>>,
    /// What was begun long ago and not ended.
    pub(crate) left: Mutex<Vec<Unfinished>>,
    /// When all objects were put.
    pub(crate) put_at: Mutex<Timestamp>,
    pub(crate) fault: Mutex<Option<Fault>>,
}

struct Once(Option<Vec<u8>>);

#[async_trait]
impl Reader for Once {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, ObjectError> {
        Ok(self.0.take())
    }
}

fn refused() -> ObjectError {
    ObjectError::Refused { doing: "putting parts together", cause: "they are others".into() }
}

fn object(bytes: &[u8]) -> StoredObject {
    let size = u64::try_from(bytes.len()).unwrap();
    StoredObject { size, content_type: "audio/flac".into(), etag: "e".into() }
}

impl Bucket {
    /// Sends a part.
    pub(crate) fn send(&self, parts: &str, number: u32, bytes: &[u8]) {
        let mut all = self.parts.lock().unwrap();
        all.get_mut(parts).unwrap().insert(number, bytes.to_vec());
    }

    /// How many objects and unfinished ones there are.
    pub(crate) fn count(&self) -> (usize, usize) {
        (self.objects.lock().unwrap().len(), self.parts.lock().unwrap().len())
    }

    /// All names.
    pub(crate) fn names(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().map(ToString::to_string).collect()
    }

    /// Loses what has arrived, as a rule of its keeper may have it.
    pub(crate) fn lose(&self) {
        self.parts.lock().unwrap().clear();
    }

    fn there(&self, parts: &PartsId) -> Option<Vec<Part>> {
        let all = self.parts.lock().unwrap();
        let part = |(number, bytes): (&u32, &Vec<u8>)| Part {
            number: *number,
            etag: String::from_utf8_lossy(bytes).into_owned(),
            size: u64::try_from(bytes.len()).unwrap(),
        };
        all.get(&parts.0).map(|parts| parts.iter().map(part).collect())
    }
}

#[async_trait]
impl ObjectStore for Bucket {
    async fn put(&self, key: &ObjectKey, body: Body, _: &str) -> Result<(), ObjectError> {
        let Body::Bytes(bytes) = body else { panic!("no files here") };
        self.objects.lock().unwrap().insert(key.clone(), bytes);
        Ok(())
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<StoredObject>, ObjectError> {
        Ok(self.objects.lock().unwrap().get(key).map(|bytes| object(bytes)))
    }

    async fn get(&self, key: &ObjectKey, span: Option<Span>) -> Result<Option<Content>, ObjectError> {
        let bytes = self.objects.lock().unwrap().get(key).cloned();
        Ok(bytes.map(|bytes| {
            let Span { start, length } = span.unwrap_or(Span { start: 0, length: u64::MAX });
            let (start, length) = (usize::try_from(start).unwrap(), usize::try_from(length).unwrap());
            let run = bytes.iter().skip(start).take(length).copied().collect();
            Content { object: object(&bytes), reader: Box::new(Once(Some(run))) }
        }))
    }

    async fn delete(&self, keys: &[ObjectKey]) -> Result<(), ObjectError> {
        self.objects.lock().unwrap().retain(|key, _| !keys.contains(key));
        Ok(())
    }

    async fn list(&self, prefix: &str, _: Option<&ObjectKey>, _: u32) -> Result<Vec<Listed>, ObjectError> {
        let (objects, changed_at) = (self.objects.lock().unwrap(), *self.put_at.lock().unwrap());
        let under = objects.keys().filter(|key| key.as_str().starts_with(prefix));
        Ok(under.map(|key| Listed { key: key.clone(), size: 1, changed_at, etag: None }).collect())
    }

    fn link(&self, _: &ObjectKey, _: &Delivery, _: Window, _: Timestamp) -> Result<Link, ObjectError> {
        Err(refused())
    }

    async fn begin_parts(&self, key: &ObjectKey, _: &str) -> Result<PartsId, ObjectError> {
        let id = format!("parts of {key}");
        self.parts.lock().unwrap().insert(id.clone(), BTreeMap::new());
        Ok(PartsId(id))
    }

    fn part_link(
        &self,
        key: &ObjectKey,
        _: &PartsId,
        number: u32,
        _: u64,
        _: Timestamp,
        until: Timestamp,
    ) -> Result<Link, ObjectError> {
        Ok(Link { url: format!("{key}/{number}"), expires_at: until })
    }

    async fn parts(&self, _: &ObjectKey, parts: &PartsId) -> Result<Option<Vec<Part>>, ObjectError> {
        Ok(self.there(parts))
    }

    async fn finish_parts(&self, key: &ObjectKey, parts: &PartsId, of: &[Part]) -> Result<(), ObjectError> {
        let fault = self.fault.lock().unwrap().take();
        let lost = matches!(fault, Some(Fault::LostAnswer));
        let meanwhile = match fault {
            Some(Fault::Before(work)) => {
                work.await;
                None
            }
            Some(Fault::Meanwhile(work)) => Some(work),
            _ => None,
        };
        if self.there(parts).is_none_or(|there| there != of) {
            return Err(refused());
        }
        let bytes = self.parts.lock().unwrap().remove(&parts.0).unwrap_or_default();
        let bytes = bytes.into_values().collect::<Vec<_>>().concat();
        if let Some(work) = meanwhile {
            work.await;
        }
        self.objects.lock().unwrap().insert(key.clone(), bytes);
        let away =
            || ObjectError::Unavailable { doing: "putting parts together", cause: "the line broke".into() };
        if lost { Err(away()) } else { Ok(()) }
    }

    async fn drop_parts(&self, _: &ObjectKey, parts: &PartsId) -> Result<(), ObjectError> {
        self.parts.lock().unwrap().remove(&parts.0);
        self.left.lock().unwrap().retain(|left| left.parts != *parts);
        Ok(())
    }

    async fn unfinished(&self, prefix: &str, _: u32) -> Result<Vec<Unfinished>, ObjectError> {
        let left = self.left.lock().unwrap();
        Ok(left.iter().filter(|left| left.key.as_str().starts_with(prefix)).cloned().collect())
    }
}
