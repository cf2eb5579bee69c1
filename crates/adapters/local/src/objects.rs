//! Objects in a folder: the store for whoever has no bucket. Every object is one file under its own name, whole or not
//! there; what is on its way lies in `.tmp` and `.parts`, which no object's name can begin with. Links lead to this
//! program, which serves what they are signed for.

mod fault;
mod folder;
mod kept;
mod links;
mod parts;
mod receive;
mod stream;

pub use links::{Asked, PartAsked, ReadAsked, Refused};
pub use receive::Receiving;

use self::fault::blocking;
use self::folder::Folder;
use self::links::Links;
use self::parts::Begun;
use self::stream::FileReader;
use async_trait::async_trait;
use kernel::{
    Body, Clock, Content, Delivery, Link, Listed, ObjectError, ObjectKey, ObjectStore, Part, PartsId, Span,
    StoredObject, Timestamp, Unfinished, Window,
};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Objects in a folder. Clones are the same store.
#[derive(Clone)]
pub struct Disk {
    folder: Arc<Folder>,
    links: Arc<Links>,
    clock: Arc<dyn Clock>,
}

impl Disk {
    /// Opens the folder, making it for this user alone when it is new. Links begin with `base` (as
    /// `https://example.org/media`) and are signed with `key`. Looks at the disk, so call it where blocking does no harm.
    ///
    /// # Errors
    /// When the folder cannot be made or written, or `base` is no address.
    pub fn open(folder: &Path, base: &str, key: [u8; 32], clock: Arc<dyn Clock>) -> io::Result<Self> {
        let links = Links::new(base, key)?;
        let folder = Folder::open(folder, clock.now())?;
        Ok(Self { folder: Arc::new(folder), links: Arc::new(links), clock })
    }

    /// What a request asks for by a link of ours: `path` is what follows the base and begins with `/`, `query` is as it
    /// was sent, `host` is what the browser calls us. `None` when the link is over or was changed, or is for something
    /// else.
    #[must_use]
    pub fn asked(&self, method: &str, path: &str, query: &str, host: &str) -> Option<Asked> {
        self.verify(method, host, path, query, self.clock.now()).ok()
    }

    /// The same at `now`, with why not.
    ///
    /// # Errors
    /// [`Refused::Expired`] of a link that was good, [`Refused::Forged`] of everything else.
    pub fn verify(
        &self,
        method: &str,
        host: &str,
        path: &str,
        query: &str,
        now: Timestamp,
    ) -> Result<Asked, Refused> {
        self.links.verify(method, host, path, query, now)
    }

    /// Reads what a link was given out for.
    ///
    /// # Errors
    /// As [`ObjectStore::get`].
    pub async fn read(&self, asked: &ReadAsked, span: Option<Span>) -> Result<Option<Content>, ObjectError> {
        self.get(&asked.key, span).await
    }

    /// Takes a part that a link was given out for; `None` when what it belongs to was finished or dropped.
    ///
    /// # Errors
    /// When the disk does not do it.
    pub async fn receive(&self, asked: &PartAsked) -> Result<Option<Receiving>, ObjectError> {
        Receiving::begin(Arc::clone(&self.folder), asked.clone()).await
    }

    /// Runs `work` where it may block.
    async fn on_disk<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Folder) -> Result<T, fault::Trouble> + Send + 'static,
    ) -> Result<T, ObjectError> {
        let folder = Arc::clone(&self.folder);
        blocking(doing, move || work(&folder)).await
    }
}

#[async_trait]
impl ObjectStore for Disk {
    async fn put(&self, key: &ObjectKey, body: Body, content_type: &str) -> Result<(), ObjectError> {
        let (key, content_type) = (key.clone(), content_type.to_owned());
        self.on_disk("putting an object", move |folder| folder.put(&key, body, &content_type)).await
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<StoredObject>, ObjectError> {
        let key = key.clone();
        let found = self.on_disk("looking at an object", move |folder| folder.find(&key)).await?;
        Ok(found.map(|(_, object)| object))
    }

    async fn get(&self, key: &ObjectKey, span: Option<Span>) -> Result<Option<Content>, ObjectError> {
        let key = key.clone();
        let found = self.on_disk("opening an object", move |folder| {
            let Some((file, object)) = folder.find(&key)? else { return Ok(None) };
            let reader = FileReader::over(file, object.size, span)?;
            Ok(Some(Content { object, reader: Box::new(reader) }))
        });
        found.await
    }

    async fn delete(&self, keys: &[ObjectKey]) -> Result<(), ObjectError> {
        let keys = keys.to_vec();
        self.on_disk("removing objects", move |folder| keys.iter().try_for_each(|key| folder.remove(key)))
            .await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectKey>,
        limit: u32,
    ) -> Result<Vec<Listed>, ObjectError> {
        let (prefix, after) = (prefix.to_owned(), after.cloned());
        self.on_disk("listing objects", move |folder| folder.list(&prefix, after.as_ref(), limit)).await
    }

    fn link(
        &self,
        key: &ObjectKey,
        delivery: &Delivery,
        window: Window,
        now: Timestamp,
    ) -> Result<Link, ObjectError> {
        self.links.read(key, delivery, window, now)
    }

    async fn begin_parts(&self, key: &ObjectKey, content_type: &str) -> Result<PartsId, ObjectError> {
        let begun =
            Begun { key: key.to_string(), content_type: content_type.to_owned(), since: self.clock.now() };
        self.on_disk("beginning an object in parts", move |folder| folder.begin_parts(&begun)).await
    }

    fn part_link(
        &self,
        key: &ObjectKey,
        parts: &PartsId,
        number: u32,
        size: u64,
        _now: Timestamp,
        until: Timestamp,
    ) -> Result<Link, ObjectError> {
        let asked = PartAsked { key: key.clone(), parts: parts.clone(), number, size };
        self.links.part(&asked, until)
    }

    async fn parts(&self, key: &ObjectKey, parts: &PartsId) -> Result<Option<Vec<Part>>, ObjectError> {
        let (key, parts) = (key.clone(), parts.clone());
        self.on_disk("looking at parts", move |folder| folder.parts(&key, &parts)).await
    }

    async fn finish_parts(&self, key: &ObjectKey, parts: &PartsId, of: &[Part]) -> Result<(), ObjectError> {
        let (key, parts, of) = (key.clone(), parts.clone(), of.to_vec());
        self.on_disk("making an object of parts", move |folder| folder.finish_parts(&key, &parts, &of)).await
    }

    async fn drop_parts(&self, key: &ObjectKey, parts: &PartsId) -> Result<(), ObjectError> {
        let (key, parts) = (key.clone(), parts.clone());
        self.on_disk("dropping parts", move |folder| folder.drop_parts(&key, &parts)).await
    }

    async fn unfinished(&self, prefix: &str, limit: u32) -> Result<Vec<Unfinished>, ObjectError> {
        let prefix = prefix.to_owned();
        self.on_disk("listing what was begun", move |folder| folder.unfinished(&prefix, limit)).await
    }
}
