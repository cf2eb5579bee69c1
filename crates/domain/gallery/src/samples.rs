//! What tests of this domain are made of: a store, objects and a renderer that live in memory.

use crate::{
    Access, Album, Attendance, Counted, Effect, Gallery, GalleryStore, GalleryTx, ImageFormat, Picture,
    Refusal, Removal, RemovalStatus, RenderError, Rendered, RenderedFile, Renderer, Sent, Shown, Terms,
};
use async_trait::async_trait;
use chrono::TimeDelta;
use kernel::{
    AccountId, Act, Actor, AlbumId, AuditTx, Body, Clock, Content, Delivery, EventId, Link, Listed,
    ObjectError, ObjectKey, ObjectStore, Owed, Page, PageRequest, Part, PartsId, PictureId, Reader,
    RemovalId, Role, SessionId, Span, StoreError, StoredObject, Timestamp, Transaction, Unfinished, UploadId,
    Window,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

pub(crate) fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn album() -> Album {
    Album {
        id: AlbumId::generate(noon()),
        title: "Night".into(),
        event: Some(EventId::generate(noon())),
        access: Access::Attendees,
        created_by: AccountId::generate(noon()),
        created_at: noon(),
    }
}

pub(crate) fn sent(id: PictureId) -> Sent {
    let key = ObjectKey::parse(&format!("pictures/{id}/original.jpg")).unwrap();
    Sent { filename: "a.jpg".into(), key, bytes: 3, caption: None }
}

pub(crate) fn picture() -> Picture {
    let id = PictureId::generate(noon());
    Picture::create(id, AlbumId::generate(noon()), &sent(id), AccountId::generate(noon()), noon()).unwrap()
}

pub(crate) fn rendered() -> Rendered {
    let file = |width: u32, format: ImageFormat| RenderedFile {
        path: format!("{width}.{}", format.extension()).into(),
        width,
        height: width / 2,
        format,
        bytes: 7,
    };
    let files = [320, 640].iter();
    Rendered {
        width: 4000,
        height: 2000,
        thumbhash: vec![1, 2, 3],
        taken_at: Some(noon()),
        files: files
            .flat_map(|width| [file(*width, ImageFormat::Jpeg), file(*width, ImageFormat::WebP)])
            .collect(),
    }
}

pub(crate) fn actor(role: Role) -> Actor {
    Actor { account: AccountId::generate(noon()), session: SessionId::generate(noon()), role, request: None }
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        noon()
    }
}

/// What is kept; a transaction works on a copy.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    pub(crate) albums: BTreeMap<AlbumId, Album>,
    pub(crate) pictures: BTreeMap<PictureId, Picture>,
    pub(crate) removals: BTreeMap<RemovalId, Removal>,
    pub(crate) uploads: BTreeSet<UploadId>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) to_make: Vec<PictureId>,
    pub(crate) acts: Vec<Act>,
}

#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Kept>>);

pub(crate) struct Tx {
    of: Memory,
    kept: Kept,
}

impl Memory {
    pub(crate) fn kept(&self) -> Kept {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn change<T>(&self, with: impl FnOnce(&mut Kept) -> T) -> T {
        with(&mut self.0.lock().unwrap())
    }
}

fn cut<T: Clone>(
    rows: Vec<T>,
    page: PageRequest,
    cursor: impl Fn(&T) -> kernel::Cursor,
    newest: bool,
) -> Page<T> {
    let mut rows = rows;
    rows.sort_by_key(|row| cursor(row));
    if newest {
        rows.reverse();
    }
    let behind = |row: &T| match page.after {
        None => true,
        Some(after) if newest => cursor(row) < after,
        Some(after) => cursor(row) > after,
    };
    Page::cut(rows.into_iter().filter(behind).collect(), page.limit, cursor)
}

#[async_trait]
impl GalleryStore for Memory {
    async fn begin_gallery(&self) -> Result<Box<dyn GalleryTx>, StoreError> {
        Ok(Box::new(Tx { of: self.clone(), kept: self.kept() }))
    }

    async fn album(&self, id: AlbumId) -> Result<Option<Album>, StoreError> {
        Ok(self.kept().albums.get(&id).cloned())
    }

    async fn albums(&self, shown: Shown, page: PageRequest) -> Result<Page<Counted>, StoreError> {
        let kept = self.kept();
        let counted = |album: &Album| {
            let meant = |one: &&Picture| one.album == album.id && (shown == Shown::All || one.is_visible());
            let mut of: Vec<_> = kept.pictures.values().filter(meant).cloned().collect();
            of.sort_by_key(Picture::cursor);
            Counted {
                album: album.clone(),
                pictures: of.len().try_into().unwrap(),
                cover: of.first().cloned(),
            }
        };
        let all = kept.albums.values().map(counted);
        let all = all.filter(|one| shown == Shown::All || one.pictures > 0).collect();
        Ok(cut(all, page, |one| one.album.cursor(), true))
    }

    async fn picture(&self, id: PictureId) -> Result<Option<Picture>, StoreError> {
        Ok(self.kept().pictures.get(&id).cloned())
    }

    async fn pictures_by_id(&self, ids: &[PictureId]) -> Result<Vec<Picture>, StoreError> {
        let kept = self.kept();
        Ok(ids.iter().filter_map(|id| kept.pictures.get(id).cloned()).collect())
    }

    async fn pictures(
        &self,
        album: AlbumId,
        shown: Shown,
        page: PageRequest,
    ) -> Result<Page<Picture>, StoreError> {
        let meant = |one: &Picture| one.album == album && (shown == Shown::All || one.is_visible());
        let all = self.kept().pictures.into_values().filter(meant).collect();
        Ok(cut(all, page, Picture::cursor, false))
    }

    async fn removal(&self, id: RemovalId) -> Result<Option<Removal>, StoreError> {
        Ok(self.kept().removals.get(&id).cloned())
    }

    async fn removals(&self, by: Option<AccountId>, page: PageRequest) -> Result<Page<Removal>, StoreError> {
        let all = self.kept().removals.into_values().filter(|one| by.is_none() || one.by == by).collect();
        Ok(cut(all, page, Removal::cursor, true))
    }
}

#[async_trait]
impl Transaction for Tx {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        *self.of.0.lock().unwrap() = self.kept;
        Ok(())
    }

    async fn rollback(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl AuditTx for Tx {
    async fn record(&mut self, acts: &[Act]) -> Result<(), StoreError> {
        self.kept.acts.extend_from_slice(acts);
        Ok(())
    }
}

#[async_trait]
impl GalleryTx for Tx {
    async fn lock_album(&mut self, id: AlbumId) -> Result<Option<Album>, StoreError> {
        Ok(self.kept.albums.get(&id).cloned())
    }

    async fn save_album(&mut self, album: &Album) -> Result<(), StoreError> {
        self.kept.albums.insert(album.id, album.clone());
        Ok(())
    }

    async fn remove_album(&mut self, id: AlbumId) -> Result<(), StoreError> {
        assert!(self.kept.pictures.values().all(|one| one.album != id), "its pictures were removed before");
        self.kept.albums.remove(&id);
        Ok(())
    }

    async fn lock_pictures(&mut self, ids: &[PictureId]) -> Result<Vec<Picture>, StoreError> {
        Ok(ids.iter().filter_map(|id| self.kept.pictures.get(id).cloned()).collect())
    }

    async fn lock_pictures_of(
        &mut self,
        album: AlbumId,
        after: Option<PictureId>,
        limit: u32,
    ) -> Result<Vec<Picture>, StoreError> {
        let of = self.kept.pictures.values().filter(|one| one.album == album && Some(one.id) > after);
        Ok(of.take(limit.try_into().unwrap()).cloned().collect())
    }

    async fn add_pictures(&mut self, pictures: &[Picture]) -> Result<(), StoreError> {
        self.save_pictures(pictures).await
    }

    async fn save_pictures(&mut self, pictures: &[Picture]) -> Result<(), StoreError> {
        self.kept.pictures.extend(pictures.iter().map(|one| (one.id, one.clone())));
        Ok(())
    }

    async fn remove_pictures(&mut self, ids: &[PictureId]) -> Result<(), StoreError> {
        self.kept.pictures.retain(|id, _| !ids.contains(id));
        Ok(())
    }

    async fn lock_removal(&mut self, id: RemovalId) -> Result<Option<Removal>, StoreError> {
        Ok(self.kept.removals.get(&id).cloned())
    }

    async fn lock_removal_of(&mut self, picture: PictureId) -> Result<Option<Removal>, StoreError> {
        let counts = |one: &&Removal| one.picture == picture && one.status != RemovalStatus::Refused;
        Ok(self.kept.removals.values().find(counts).cloned())
    }

    async fn save_removal(&mut self, removal: &Removal) -> Result<(), StoreError> {
        self.kept.removals.insert(removal.id, removal.clone());
        Ok(())
    }

    async fn forget_removals_of(&mut self, account: AccountId) -> Result<(), StoreError> {
        for wish in self.kept.removals.values_mut().filter(|wish| wish.by == Some(account)) {
            (wish.by, wish.reason) = (None, None);
        }
        Ok(())
    }

    async fn take_upload(&mut self, id: UploadId, _: AccountId) -> Result<bool, StoreError> {
        Ok(self.kept.uploads.remove(&id))
    }

    async fn enqueue_gallery(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.kept.effects.extend(effects.iter().map(|owed| owed.effect.clone()));
        Ok(())
    }

    async fn enqueue_pictures(&mut self, pictures: &[Owed<PictureId>]) -> Result<(), StoreError> {
        self.kept.to_make.extend(pictures.iter().map(|owed| owed.effect));
        Ok(())
    }
}

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

struct Fetched<'a>(&'a dyn ObjectStore);

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

/// Makes what it is told to.
#[derive(Clone, Copy)]
pub(crate) enum Painter {
    Paints,
    Refuses,
    Lacks,
    Breaks,
}

#[async_trait]
impl Renderer for Painter {
    async fn render(&self, source: &Path, into: &Path) -> Result<Rendered, RenderError> {
        assert_eq!(std::fs::read(source).unwrap(), [1, 2, 3]);
        match self {
            Self::Refuses => return Err(RenderError::Refused(Refusal::Malformed)),
            Self::Lacks => return Err(RenderError::Missing("heif-dec")),
            Self::Breaks => return Err(RenderError::Failed("out of luck".into())),
            Self::Paints => {}
        }
        let mut made = rendered();
        for file in &mut made.files {
            file.path = into.join(&file.path);
            std::fs::write(&file.path, "picture").unwrap();
        }
        Ok(made)
    }
}

/// Who was where.
#[derive(Default)]
pub(crate) struct Guests(pub(crate) Mutex<Vec<(AccountId, EventId)>>);

#[async_trait]
impl Attendance for Guests {
    async fn attended(
        &self,
        account: AccountId,
        events: &[EventId],
        _: Timestamp,
    ) -> Result<Vec<EventId>, StoreError> {
        let there = self.0.lock().unwrap();
        Ok(events.iter().copied().filter(|event| there.contains(&(account, *event))).collect())
    }
}

/// A gallery with all that it stands on.
pub(crate) struct House {
    pub(crate) gallery: Gallery,
    pub(crate) store: Memory,
    pub(crate) heap: Heap,
    pub(crate) guests: Arc<Guests>,
    pub(crate) admin: Actor,
}

impl House {
    pub(crate) fn new() -> Self {
        let (store, heap, guests) = (Memory::default(), Heap::default(), Arc::new(Guests::default()));
        let gallery = Gallery {
            store: Arc::new(store.clone()),
            objects: Arc::new(heap.clone()),
            renderer: Arc::new(Painter::Paints),
            attendance: guests.clone(),
            clock: Arc::new(Noon),
            terms: Terms { keep_originals: true, window: Window(TimeDelta::minutes(60)) },
        };
        Self { gallery, store, heap, guests, admin: actor(Role::Admin) }
    }

    pub(crate) fn album(&self, access: Access) -> Album {
        let album = Album { access, ..album() };
        self.store.change(|kept| kept.albums.insert(album.id, album.clone()));
        album
    }

    /// A picture whose file was sent.
    pub(crate) async fn sent(&self, album: AlbumId) -> Picture {
        let id = self.gallery.announce_picture().await.unwrap();
        self.heap.lay(sent(id).key.as_str());
        self.gallery.add(&self.admin, album, (id, &sent(id))).await.unwrap()
    }

    /// A picture that members see.
    pub(crate) async fn shown(&self, album: AlbumId) -> Picture {
        let id = self.sent(album).await.id;
        self.make(id).await;
        self.gallery.publish(&self.admin, &crate::Which::These(vec![id]), true).await.unwrap();
        self.store.kept().pictures[&id].clone()
    }

    pub(crate) async fn make(&self, id: PictureId) -> crate::Made {
        self.try_to_make(id).await.unwrap()
    }

    pub(crate) async fn try_to_make(&self, id: PictureId) -> Result<crate::Made, crate::MakeError> {
        let room = tempfile::tempdir().unwrap();
        let (source, into) = (room.path().join("original"), room.path().join("made"));
        std::fs::create_dir(&into).unwrap();
        let fetch = Fetched(&*self.gallery.objects);
        let bench = crate::use_cases::Bench { fetch: &fetch, source: &source, into: &into };
        self.gallery.make(id, &bench).await
    }

    /// Performs what is owed, as the worker would.
    pub(crate) async fn work(&self) {
        loop {
            let effects = self.store.change(|kept| std::mem::take(&mut kept.effects));
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                match effect {
                    Effect::Remove { keys } => self.gallery.remove(&keys).await.unwrap(),
                    Effect::Sweep { picture } => {
                        self.gallery.sweep(picture).await.unwrap();
                    }
                    Effect::Erase { removal } => {
                        self.gallery.erase(removal).await.unwrap();
                    }
                    Effect::TellRemoval { .. } | Effect::TellAdmins { .. } => {}
                }
            }
        }
    }
}
