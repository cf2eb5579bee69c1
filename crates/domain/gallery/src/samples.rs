//! What tests of this domain are made of: a store, objects and a renderer that live in memory.

mod heap;
mod others;
mod store;

pub(crate) use heap::Heap;
pub(crate) use others::{Guests, Painter};
pub(crate) use store::Memory;

use crate::{
    Access, Album, Effect, Gallery, ImageFormat, Picture, Received, Rendered, RenderedFile, Sent, Terms,
};
use chrono::TimeDelta;
use heap::Fetched;
use kernel::{
    AccountId, Actor, AlbumId, Body, Clock, EventId, ObjectKey, Owed, PictureId, Role, SessionId, Timestamp,
    Window,
};
use std::sync::Arc;

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

/// A file of three bytes that is to become a picture.
pub(crate) fn received() -> Received {
    Received {
        filename: "a.jpg".into(),
        extension: "jpg",
        content_type: "image/jpeg",
        bytes: 3,
        body: Body::Bytes(vec![1, 2, 3]),
        caption: None,
    }
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
        self.gallery.receive(&self.admin, album, received()).await.unwrap()
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

    /// Performs what is owed by now, as the worker would.
    pub(crate) async fn work(&self) {
        self.work_at(noon()).await;
    }

    /// The same at that time.
    pub(crate) async fn work_at(&self, now: Timestamp) {
        loop {
            let due = |owed: &mut Owed<Effect>| owed.due_at <= now;
            let effects: Vec<_> = self.store.change(|kept| kept.effects.extract_if(.., due).collect());
            if effects.is_empty() {
                return;
            }
            for owed in effects {
                self.perform(owed.effect).await;
            }
        }
    }

    async fn perform(&self, effect: Effect) {
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
