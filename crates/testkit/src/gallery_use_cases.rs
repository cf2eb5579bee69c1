//! What becomes of albums, of their pictures and of wishes that these go, over whichever store.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

mod albums;
mod making;
mod wishes;

pub use albums::*;
pub use making::*;
pub use wishes::*;

use crate::fixtures_events::{draft, person};
use crate::gallery_store::{add_pictures, bare_album, bare_picture, save_album};
use crate::heap::Heap;
use crate::{StoppedClock, Stores, noon};
use async_trait::async_trait;
use chrono::TimeDelta;
use gallery::use_cases::Bench;
use gallery::{
    Access, Album, Attendance, Effect, Gallery, ImageFormat, Made, MakeError, Picture, Received, Refusal,
    Removal, RenderError, Rendered, RenderedFile, Renderer, Sent, Shown, Terms, Which,
};
use kernel::audit::ActFilter;
use kernel::{
    AccountId, Actor, AlbumId, Body, Due, EventId, ObjectKey, PageRequest, PictureId, RemovalId, Role,
    StoreError, Timestamp, Window,
};
use std::path::Path;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// One test per promise: `testkit::gallery_use_cases_contract!(open)`, where `open` is an `async fn() -> Stores` that
/// gives a fresh, empty system.
#[macro_export]
macro_rules! gallery_use_cases_contract {
    ($open:ident) => {
        $crate::gallery_use_cases_contract!($open;
            a_picture_is_made_and_nothing_else_is_left,
            the_file_that_was_sent_goes_where_it_is_not_to_be_kept,
            a_broken_file_fails_alone_and_can_be_tried_again,
            a_file_that_is_gone_is_said_to_be_and_a_missing_program_is_waited_for,
            what_a_missing_program_is_needed_for_is_not_brought_at_all,
            what_never_worked_has_failed_and_can_be_tried_again,
            what_is_made_of_a_picture_that_was_deleted_meanwhile_is_swept,
            what_a_slow_worker_puts_after_the_one_that_took_its_work_is_swept_within_a_day,
            a_store_that_goes_away_half_way_says_what_was_done,
            an_upload_becomes_one_picture,
            a_whole_album_is_published_withdrawn_and_deleted_in_steps,
            of_those_that_are_named_the_unknown_are_told_and_too_many_are_refused,
            an_album_for_those_who_attended_is_not_there_for_others,
            pages_of_albums_are_full_whatever_lies_between_and_none_is_left_out,
            an_album_is_changed_and_what_is_written_under_a_picture,
            a_picture_that_somebody_wants_gone_is_out_of_sight_at_once_and_goes_with_proof,
            nothing_is_proven_while_a_file_is_still_there,
            a_wish_that_is_refused_gives_the_picture_back_and_hides_it_no_more,
            nobody_hides_more_than_a_few_pictures_before_admins_have_decided,
            an_admin_who_deletes_a_picture_that_somebody_wants_gone_agrees_to_it,
            whoever_is_forgotten_leaves_the_proof_and_nothing_of_themselves,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod gallery_use_cases {
            $(
                #[tokio::test]
                async fn $case() {
                    $crate::gallery_use_cases::$case(super::$open().await).await;
                }
            )+
        }
    };
}

const ALL: PageRequest = PageRequest { limit: 100, after: None };

/// A gallery with all that it stands on.
struct House {
    stores: Stores,
    gallery: Gallery,
    heap: Heap,
    guests: Arc<Guests>,
    admin: Actor,
}

/// Makes what it is told to.
enum Painter {
    Paints,
    Refuses,
    Lacks,
    Breaks,
}

/// Who was where.
#[derive(Default)]
struct Guests(Mutex<Vec<(AccountId, EventId)>>);

/// A file that lies where those of a picture do.
fn sent(id: PictureId) -> Sent {
    let key = ObjectKey::parse(&format!("pictures/{id}/original.jpg")).unwrap();
    Sent { filename: "a.jpg".into(), key, bytes: 3, caption: None }
}

impl House {
    async fn open(stores: Stores) -> Self {
        let (heap, guests) = (Heap::default(), Arc::new(Guests::default()));
        let gallery = Gallery {
            store: stores.gallery.clone(),
            objects: Arc::new(heap.clone()),
            renderer: Arc::new(Painter::Paints),
            attendance: guests.clone(),
            clock: Arc::new(StoppedClock::default()),
            terms: Terms { keep_originals: true, window: Window(TimeDelta::minutes(60)) },
        };
        let admin = person(&stores, Role::Admin).await;
        Self { stores, gallery, heap, guests, admin }
    }

    async fn member(&self) -> Actor {
        person(&self.stores, Role::Member).await
    }

    /// An album of an event of its own.
    async fn album(&self, access: Access) -> Album {
        let event = Some(draft(&self.stores).await.id);
        let album = Album { event, access, ..bare_album(self.admin.account) };
        save_album(&self.stores, &album).await;
        album
    }

    /// A picture whose file was sent.
    async fn sent(&self, album: AlbumId) -> Picture {
        let file = Received {
            filename: "a.jpg".into(),
            extension: "jpg",
            content_type: "image/jpeg",
            bytes: 3,
            body: Body::Bytes(vec![1, 2, 3]),
            caption: None,
        };
        self.gallery.receive(&self.admin, album, file).await.unwrap()
    }

    /// So many pictures with their files, written at once.
    async fn many(&self, album: &Album, count: usize) {
        let pictures: Vec<_> = (0..count).map(|_| bare_picture(album)).collect();
        for picture in &pictures {
            self.heap.lay(&picture.original_key().unwrap());
        }
        add_pictures(&self.stores, &pictures).await;
    }

    /// A picture that members see.
    async fn shown(&self, album: AlbumId) -> Picture {
        let id = self.sent(album).await.id;
        self.make(id).await;
        self.gallery.publish(&self.admin, &Which::These(vec![id]), true).await.unwrap();
        self.picture(id).await
    }

    async fn make(&self, id: PictureId) -> Made {
        self.try_to_make(id).await.unwrap()
    }

    async fn try_to_make(&self, id: PictureId) -> Result<Made, MakeError> {
        let room = tempfile::tempdir().unwrap();
        let (source, into) = (room.path().join("original"), room.path().join("made"));
        std::fs::create_dir(&into).unwrap();
        let bench = Bench { fetch: &self.heap, source: &source, into: &into };
        self.gallery.make(id, &bench).await
    }

    /// What a worker leaves that was killed, or comes late.
    fn leave(&self, picture: PictureId, pass: &str) {
        self.heap.lay(&ObjectKey::parse(&format!("pictures/{picture}/{pass}/320.jpg")).unwrap());
    }

    /// Performs what is owed by now, as the worker would.
    async fn work(&self) {
        self.work_at(noon()).await;
    }

    /// The same at that time.
    async fn work_at(&self, now: Timestamp) {
        loop {
            let due = self.take_up(gallery::DOMAIN, now).await;
            if due.is_empty() {
                return;
            }
            for owed in due {
                self.perform(serde_json::from_str(&owed.body).unwrap()).await;
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

    /// Pictures that are to be made; who asks takes them up.
    async fn to_make(&self) -> Vec<PictureId> {
        let due = self.take_up(gallery::PICTURES, noon()).await;
        due.iter().map(|owed| serde_json::from_str(&owed.body).unwrap()).collect()
    }

    /// Some of what is due; nobody gets it again.
    async fn take_up(&self, domain: &str, now: Timestamp) -> Vec<Due> {
        let never_again = now + TimeDelta::days(365);
        self.stores.outbox.claim(&[domain], now, never_again, 100).await.unwrap()
    }

    /// To what this was done, by the audit log.
    async fn recorded(&self, act: &str) -> Vec<Uuid> {
        let filter = ActFilter { act: Some(act.to_owned()), ..ActFilter::default() };
        let found = self.stores.audit.acts(&filter, ALL).await.unwrap();
        found.items.iter().map(|sealed| sealed.act.subject.id).collect()
    }

    async fn picture(&self, id: PictureId) -> Picture {
        self.stores.gallery.picture(id).await.unwrap().unwrap()
    }

    async fn pictures(&self, album: AlbumId) -> Vec<Picture> {
        self.stores.gallery.pictures(album, Shown::All, ALL).await.unwrap().items
    }

    async fn removal(&self, id: RemovalId) -> Removal {
        self.stores.gallery.removal(id).await.unwrap().unwrap()
    }
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
        let file = |width: u32, format: ImageFormat| {
            let path = into.join(format!("{width}.{}", format.extension()));
            std::fs::write(&path, "picture").unwrap();
            RenderedFile { path, width, height: width / 2, format, bytes: 7 }
        };
        let both = |width| [file(width, ImageFormat::Jpeg), file(width, ImageFormat::WebP)];
        Ok(Rendered {
            width: 4000,
            height: 2000,
            thumbhash: vec![1, 2, 3],
            taken_at: Some(noon()),
            files: [320, 640].into_iter().flat_map(both).collect(),
        })
    }
}

impl Guests {
    fn welcome(&self, account: AccountId, event: EventId) {
        self.0.lock().unwrap().push((account, event));
    }
}

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
