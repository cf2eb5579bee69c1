//! What becomes of recordings while several work on them at once, over whichever store.
#![expect(clippy::unwrap_used, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_events::person;
use crate::heap::Heap;
use crate::music_store::{bare_set, save_set};
use crate::{StoppedClock, Stores, noon};
use async_trait::async_trait;
use chrono::TimeDelta;
use kernel::{Actor, ObjectKey, Role, SetId, Timestamp};
use music::{
    Bench, Index, LADDER, Loudness, Made, Music, MusicSet, PassKey, Peaks, ProcessError, Processed,
    Processor, Progress, Refusal, RetryError, Rung, Segment, SetStatus, SoundFile, SoundObject,
};
use std::path::Path;
use std::sync::Arc;

/// One test per promise: `testkit::music_use_cases_contract!(open)`, where `open` is an `async fn() -> Stores` that
/// gives a fresh, empty system.
#[macro_export]
macro_rules! music_use_cases_contract {
    ($open:ident) => {
        $crate::music_use_cases_contract!($open;
            what_is_being_made_is_not_swept,
            of_two_workers_one_makes_the_set,
            what_a_slow_worker_puts_last_is_swept_within_a_day,
            a_set_that_is_deleted_while_it_is_made_leaves_nothing,
            a_set_that_is_tried_again_while_it_is_made_is_made_once,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod music_use_cases {
            $(
                #[tokio::test]
                async fn $case() {
                    $crate::music_use_cases::$case(super::$open().await).await;
                }
            )+
        }
    };
}

/// A studio with one recording in it.
struct Studio {
    stores: Stores,
    heap: Heap,
    music: Arc<Music>,
    admin: Actor,
    set: SetId,
}

/// What happens to the set while somebody makes it.
#[derive(Clone, Copy)]
enum Meanwhile {
    Nothing,
    /// An admin deletes it.
    Deleted,
    /// Another worker gives up on it, and an admin wants it tried again.
    Retried,
}

/// Makes ten seconds of nothing, or refuses to.
struct Press<'a> {
    studio: &'a Studio,
    meanwhile: Meanwhile,
    refuses: bool,
}

impl Studio {
    async fn open(stores: Stores) -> Self {
        let (heap, clock) = (Heap::default(), Arc::new(StoppedClock::default()));
        let music = Music::new(stores.music.clone(), Arc::new(heap.clone()), clock, PassKey::new([7; 32]));
        let admin = person(&stores, Role::Admin).await;
        let sent = bare_set(admin.account);
        heap.lay(&sent.original_key().unwrap());
        save_set(&stores, &sent).await;
        Self { set: sent.id, stores, heap, music: Arc::new(music), admin }
    }

    async fn make(&self) -> Made {
        self.make_by(Press { studio: self, meanwhile: Meanwhile::Nothing, refuses: false }).await
    }

    async fn make_by(&self, press: Press<'_>) -> Made {
        let room = tempfile::tempdir().unwrap();
        let (source, into) = (room.path().join("original"), room.path().join("made"));
        std::fs::create_dir(&into).unwrap();
        let bench =
            Bench { fetch: &self.heap, processor: &press, source: &source, into: &into, progress: &|_| () };
        // One of them may run within another.
        Box::pin(self.music.make(self.set, &bench)).await.unwrap()
    }

    /// Performs all that is owed by then, once.
    async fn work_at(&self, now: Timestamp) {
        let never_again = now + TimeDelta::days(365);
        for due in self.stores.outbox.claim(&[music::DOMAIN], now, never_again, 100).await.unwrap() {
            self.music.perform(&serde_json::from_str(&due.body).unwrap()).await.unwrap();
        }
    }

    async fn kept(&self) -> Option<MusicSet> {
        self.stores.music.set(self.set).await.unwrap()
    }

    /// All that was made of the set, by whomever.
    fn made(&self) -> Vec<ObjectKey> {
        self.heap.names(&MusicSet::prefix(self.set))
    }

    /// What a worker leaves that was killed.
    fn leave(&self) -> ObjectKey {
        let name = format!("{}0190-left/opus-64.mp4", MusicSet::prefix(self.set));
        let key = ObjectKey::parse(&name).unwrap();
        self.heap.lay(&key);
        key
    }

    /// That exactly that is there which the row names.
    async fn is_tidy(&self) {
        let named = self.kept().await.map(|set| set.keys()).unwrap_or_default();
        assert_eq!(self.made(), named.into_iter().collect::<Vec<_>>());
    }
}

impl Press<'_> {
    fn file(rung: Rung, into: &Path) -> SoundFile {
        let write = |object: SoundObject| {
            let path = into.join(object.name());
            std::fs::write(&path, "sound").unwrap();
            path
        };
        let segments = vec![Segment { duration_ms: 6000, start: 1, length: 4 }];
        SoundFile {
            rung,
            stream: write(SoundObject::Stream(rung)),
            index: Index { init: 1, segments },
            file: write(SoundObject::File(rung)),
            stream_bytes: 5,
            file_bytes: 5,
        }
    }
}

#[async_trait]
impl Processor for Press<'_> {
    async fn process(&self, _: &Path, into: &Path, _: Progress<'_>) -> Result<Processed, ProcessError> {
        let studio = self.studio;
        match self.meanwhile {
            Meanwhile::Nothing => tokio::task::yield_now().await,
            Meanwhile::Deleted => {
                studio.music.delete(&studio.admin, studio.set).await.unwrap();
                studio.work_at(noon()).await;
            }
            Meanwhile::Retried => {
                let other = Press { studio, meanwhile: Meanwhile::Nothing, refuses: true };
                assert_eq!(studio.make_by(other).await, Made::Failed(Refusal::Malformed));
                studio.music.retry(&studio.admin, studio.set).await.unwrap();
            }
        }
        if self.refuses {
            return Err(ProcessError::Refused(Refusal::Malformed));
        }
        Ok(Processed {
            duration_ms: 6_000,
            loudness: Loudness { integrated_lufs: -14.0, true_peak_dbtp: -1.0, range_lu: 4.0 },
            peaks: vec![Peaks { zoom: 2_400, points: vec![-3, 4] }],
            chapters: Vec::new(),
            recorded_at: None,
            files: LADDER.into_iter().map(|rung| Self::file(rung, into)).collect(),
        })
    }
}

pub async fn what_is_being_made_is_not_swept(stores: Stores) {
    let studio = Studio::open(stores).await;
    let left = studio.leave();
    let sweep = music::Effect::Sweep { set: studio.set };
    studio.music.perform(&sweep).await.unwrap();
    assert_eq!(studio.made(), [left], "it may be of the one who makes it now");
    assert_eq!(studio.make().await, Made::Ready);
    studio.work_at(noon()).await;
    studio.is_tidy().await;
    assert_eq!(studio.made().len(), 3 * LADDER.len() + 1);
}

pub async fn of_two_workers_one_makes_the_set(stores: Stores) {
    let studio = Studio::open(stores).await;
    let both = tokio::join!(studio.make(), studio.make());
    assert!([(Made::Ready, Made::Before), (Made::Before, Made::Ready)].contains(&both), "{both:?}");
    studio.work_at(noon()).await;
    studio.is_tidy().await;
    assert_eq!(studio.make().await, Made::Before);
    studio.work_at(noon()).await;
    studio.is_tidy().await;
    assert!(studio.kept().await.unwrap().is_ready());
}

pub async fn what_a_slow_worker_puts_last_is_swept_within_a_day(stores: Stores) {
    let studio = Studio::open(stores).await;
    assert_eq!(studio.make().await, Made::Ready);
    studio.work_at(noon()).await;
    let late = studio.leave();
    studio.work_at(noon() + TimeDelta::hours(24) - TimeDelta::seconds(1)).await;
    assert!(studio.made().contains(&late));
    studio.work_at(noon() + TimeDelta::hours(24)).await;
    studio.is_tidy().await;
    assert!(studio.kept().await.unwrap().is_ready());
}

pub async fn a_set_that_is_deleted_while_it_is_made_leaves_nothing(stores: Stores) {
    let studio = Studio::open(stores).await;
    let press = Press { studio: &studio, meanwhile: Meanwhile::Deleted, refuses: false };
    assert_eq!(studio.make_by(press).await, Made::Before);
    assert!(!studio.made().is_empty(), "it was put after the set had gone");
    studio.work_at(noon()).await;
    assert_eq!((studio.made(), studio.heap.names("")), (vec![], vec![]));
    // Whoever is slower still is found a day later.
    studio.leave();
    studio.work_at(noon() + TimeDelta::hours(24)).await;
    assert_eq!(studio.made(), []);
}

pub async fn a_set_that_is_tried_again_while_it_is_made_is_made_once(stores: Stores) {
    let studio = Studio::open(stores).await;
    let early = studio.music.retry(&studio.admin, studio.set).await;
    assert!(matches!(early, Err(RetryError::NotFailed)), "somebody is at it");
    let press = Press { studio: &studio, meanwhile: Meanwhile::Retried, refuses: false };
    assert_eq!(studio.make_by(press).await, Made::Ready);
    assert_eq!(studio.kept().await.map(|set| set.status), Some(SetStatus::Ready));
    assert_eq!(studio.make().await, Made::Before, "what was owed by the second try");
    studio.work_at(noon()).await;
    studio.is_tidy().await;
    let again = studio.music.retry(&studio.admin, studio.set).await;
    assert!(matches!(again, Err(RetryError::NotFailed)));
}
