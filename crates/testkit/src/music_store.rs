//! What every store of sets, and of where members stopped listening, promises.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

mod positions;

pub use positions::*;

use crate::fixtures_events::{draft, person};
use crate::media_store::{add_uploads, bare_upload};
use crate::pages::{first, in_pages};
use crate::{Stores, noon};
use chrono::TimeDelta;
use kernel::{AccountId, Owed, PassId, Role, SetId, StoreError, Timestamp, UploadId, transact};
use media::{Upload, UploadKind, UploadStatus};
use music::{Effect, LADDER, Loudness, MusicSet, MusicTx, Position, Refusal, Rendition, SetStatus, Track};

/// One test per promise: `testkit::music_store_contract!(open)`, as for the other stores.
#[macro_export]
macro_rules! music_store_contract {
    ($open:ident) => {
        $crate::music_store_contract!($open;
            a_set_reads_back_whole,
            what_is_unknown_is_not_there,
            a_change_is_kept,
            a_refusal_leaves_no_trace,
            a_dropped_transaction_undoes_itself_and_frees_its_locks,
            sets_are_listed_the_newest_first_in_pages_that_meet,
            members_hear_what_is_ready_and_published,
            a_position_reads_back_whole,
            the_position_that_was_said_last_stays,
            positions_are_listed_the_latest_first,
            a_position_in_a_set_that_is_not_there_is_not_kept,
            a_set_goes_with_all_positions_in_it,
            who_is_forgotten_stopped_nowhere,
            progress_is_kept_while_a_set_is_processed,
            an_upload_becomes_one_set,
            what_music_owes_is_owed_with_its_cause,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod music_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::music_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

async fn begin(stores: &Stores) -> Box<dyn MusicTx> {
    stores.music.begin_music().await.unwrap()
}

async fn someone(stores: &Stores) -> AccountId {
    person(stores, Role::Admin).await.account
}

/// A set that was just sent, at [`noon`], as the store gets it.
#[must_use]
pub fn bare_set(created_by: AccountId) -> MusicSet {
    let id = SetId::generate(noon());
    MusicSet {
        id,
        title: "Closing set".into(),
        artist: "Somebody".into(),
        event: None,
        recorded_at: None,
        tracklist: Vec::new(),
        downloads: Vec::new(),
        filename: "closing.wav".into(),
        original_bytes: 3_600_000_000,
        original: Some(format!("uploads/{}", UploadId::generate(noon()))),
        status: SetStatus::Processing,
        progress: 0,
        pass: None,
        duration_ms: 0,
        loudness: None,
        renditions: Vec::new(),
        zooms: Vec::new(),
        published_at: None,
        created_by,
        created_at: noon(),
    }
}

/// A set that members hear.
#[must_use]
pub fn audible_set(created_by: AccountId) -> MusicSet {
    let renditions = LADDER.into_iter().map(|rung| Rendition {
        rung,
        stream_bytes: u64::from(rung.kbps) * 900_001,
        file_bytes: u64::from(rung.kbps) * 900_000,
        peak_bps: u64::from(rung.kbps) * 1100,
    });
    MusicSet {
        status: SetStatus::Ready,
        progress: 100,
        pass: Some(PassId::generate(noon())),
        duration_ms: 7_200_001,
        loudness: Some(Loudness { integrated_lufs: -8.7, true_peak_dbtp: 0.1, range_lu: 5.000_000_1 }),
        renditions: renditions.collect(),
        zooms: vec![512, 4096, 32_768],
        published_at: Some(noon()),
        ..bare_set(created_by)
    }
}

/// Writes a set as it is.
pub async fn save_set(stores: &Stores, set: &MusicSet) {
    let saving = transact(begin(stores).await, async |tx| {
        tx.lock_set(set.id).await?;
        tx.save_set(set).await
    });
    saving.await.unwrap();
}

async fn set(stores: &Stores) -> MusicSet {
    let set = audible_set(someone(stores).await);
    save_set(stores, &set).await;
    set
}

const fn stopped(account: AccountId, set: SetId, at_ms: u64, said_at: Timestamp) -> Position {
    Position { account, set, at_ms, said_at }
}

async fn say(stores: &Stores, position: Position) {
    stores.music.save_position(&position).await.unwrap();
}

pub async fn a_set_reads_back_whole(stores: Stores) {
    let (by, event) = (someone(&stores).await, draft(&stores).await.id);
    let track = |at_seconds, artist: &str, title: &str| Track {
        at_seconds,
        artist: artist.into(),
        title: title.into(),
    };
    let full = MusicSet {
        title: "Füße, 'quotes'\\ and \u{1f3a7}".into(),
        artist: "A & <b>".into(),
        event: Some(event),
        recorded_at: Some(noon() - TimeDelta::microseconds(1)),
        tracklist: vec![track(0, "", "ID"), track(21_599, "Ünder", "Closing \"one\"")],
        downloads: vec![LADDER[2], LADDER[0]],
        original_bytes: 80 * 1024 * 1024 * 1024,
        original: None,
        published_at: Some(noon() + TimeDelta::microseconds(1)),
        created_at: noon() + TimeDelta::microseconds(2),
        ..audible_set(by)
    };
    let mut sets = vec![bare_set(by), full];
    for reason in Refusal::ALL {
        sets.push(MusicSet { status: SetStatus::Failed { reason }, progress: 37, ..bare_set(by) });
    }
    for set in sets {
        save_set(&stores, &set).await;
        assert_eq!(stores.music.set(set.id).await.unwrap().as_ref(), Some(&set));
        let mut tx = begin(&stores).await;
        assert_eq!(tx.lock_set(set.id).await.unwrap(), Some(set));
        tx.rollback().await.unwrap();
    }
}

pub async fn what_is_unknown_is_not_there(stores: Stores) {
    let (id, by) = (SetId::generate(noon()), someone(&stores).await);
    assert_eq!(stores.music.set(id).await.unwrap(), None);
    assert_eq!(stores.music.position(by, id).await.unwrap(), None);
    assert_eq!(stores.music.positions(by).await.unwrap(), []);
    for audible in [true, false] {
        let page = stores.music.sets(audible, first(10)).await.unwrap();
        assert_eq!((page.items, page.next), (Vec::new(), None));
    }
    stores.music.save_progress(id, 50).await.unwrap();
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_set(id).await.unwrap(), None);
    // What is not there is none the less gone.
    tx.remove_set(id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(stores.music.set(id).await.unwrap(), None);
}

pub async fn a_change_is_kept(stores: Stores) {
    let (other, by) = (set(&stores).await, someone(&stores).await);
    let sent = bare_set(by);
    let ready = MusicSet { id: sent.id, title: "Another".into(), original: None, ..audible_set(by) };
    for set in [&sent, &ready, &sent] {
        save_set(&stores, set).await;
        assert_eq!(stores.music.set(set.id).await.unwrap().as_ref(), Some(set));
    }
    assert_eq!(stores.music.set(other.id).await.unwrap(), Some(other));
}

pub async fn a_refusal_leaves_no_trace(stores: Stores) {
    let before = set(&stores).await;
    let by = before.created_by;
    say(&stores, stopped(by, before.id, 5, noon())).await;
    let new = audible_set(by);
    let upload = Upload { status: UploadStatus::Completed, ..bare_upload(by) };
    add_uploads(&stores, std::slice::from_ref(&upload)).await;
    let refused = transact(begin(&stores).await, async |tx| -> Result<(), StoreError> {
        tx.save_set(&new).await?;
        tx.remove_set(before.id).await?;
        tx.forget_positions_of(by).await?;
        assert!(tx.take_upload(upload.id, by).await?);
        tx.enqueue_music(&[Owed::now(Effect::Sweep { set: new.id }, noon())]).await?;
        tx.enqueue_sound(&[Owed::now(new.id, noon())]).await?;
        Err(StoreError::Unavailable { doing: "nothing at all", cause: None })
    });
    assert!(refused.await.is_err());
    let page = stores.music.sets(true, first(10)).await.unwrap();
    assert_eq!(page.items, std::slice::from_ref(&before));
    assert_eq!(stores.music.set(new.id).await.unwrap(), None);
    assert_eq!(stores.music.positions(by).await.unwrap(), [stopped(by, before.id, 5, noon())]);
    assert_eq!(stores.media.upload(upload.id).await.unwrap(), Some(upload));
    assert_eq!(stores.outbox.backlog().await.unwrap().waiting, 0);
}

pub async fn a_dropped_transaction_undoes_itself_and_frees_its_locks(stores: Stores) {
    let before = set(&stores).await;
    let mut tx = begin(&stores).await;
    tx.lock_set(before.id).await.unwrap();
    tx.save_set(&MusicSet { title: "x".into(), ..before.clone() }).await.unwrap();
    drop(tx);
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_set(before.id).await.unwrap(), Some(before));
    tx.rollback().await.unwrap();
}

pub async fn sets_are_listed_the_newest_first_in_pages_that_meet(stores: Stores) {
    let by = someone(&stores).await;
    let mut sets = Vec::new();
    for (number, minutes) in (0..9).zip([3, 1, 2].into_iter().cycle()) {
        // Some were sent at one instant: then the id decides.
        let created_at = noon() + TimeDelta::minutes(minutes);
        let published_at = (number % 4 != 1).then(noon);
        let set = MusicSet { created_at, published_at, ..audible_set(by) };
        save_set(&stores, &set).await;
        sets.push(set);
    }
    sets.sort_by_key(|set| std::cmp::Reverse(set.cursor()));
    let heard: Vec<_> = sets.iter().filter(|set| set.is_audible()).cloned().collect();
    for (audible, expected) in [(false, &sets), (true, &heard)] {
        for limit in [1, 2, 100] {
            let found = in_pages(limit, async |page| stores.music.sets(audible, page).await).await;
            assert_eq!(&found, expected, "pages of {limit}");
        }
    }
}

pub async fn members_hear_what_is_ready_and_published(stores: Stores) {
    let heard = set(&stores).await;
    let by = heard.created_by;
    let failed = SetStatus::Failed { reason: Refusal::NoSound };
    let hidden = [
        MusicSet { published_at: None, ..audible_set(by) },
        MusicSet { status: SetStatus::Processing, ..audible_set(by) },
        MusicSet { status: failed, ..audible_set(by) },
    ];
    for set in &hidden {
        save_set(&stores, set).await;
    }
    let audible = async || stores.music.sets(true, first(9)).await.unwrap().items;
    assert_eq!(audible().await, std::slice::from_ref(&heard));
    assert_eq!(stores.music.sets(false, first(9)).await.unwrap().items.len(), 4);
    save_set(&stores, &MusicSet { published_at: None, ..heard.clone() }).await;
    assert_eq!(audible().await, []);
    let published = MusicSet { published_at: Some(noon()), ..hidden[0].clone() };
    save_set(&stores, &published).await;
    assert_eq!(audible().await, [published]);
}

pub async fn progress_is_kept_while_a_set_is_processed(stores: Stores) {
    let (ready, by) = (set(&stores).await, someone(&stores).await);
    let sent = bare_set(by);
    let failed = MusicSet { status: SetStatus::Failed { reason: Refusal::TooLong }, ..bare_set(by) };
    for set in [&sent, &failed] {
        save_set(&stores, set).await;
    }
    for progress in [1, 50, 99] {
        stores.music.save_progress(sent.id, progress).await.unwrap();
        let expected = MusicSet { progress, ..sent.clone() };
        assert_eq!(stores.music.set(sent.id).await.unwrap(), Some(expected));
    }
    for set in [ready, failed] {
        stores.music.save_progress(set.id, 42).await.unwrap();
        assert_eq!(stores.music.set(set.id).await.unwrap(), Some(set));
    }
}

pub async fn an_upload_becomes_one_set(stores: Stores) {
    let (by, other) = (someone(&stores).await, someone(&stores).await);
    let with = |status| Upload { kind: UploadKind::Set, status, ..bare_upload(by) };
    let completed = with(UploadStatus::Completed);
    let rest = [UploadStatus::Open, UploadStatus::Taken, UploadStatus::Dropped].map(with);
    add_uploads(&stores, std::slice::from_ref(&completed)).await;
    add_uploads(&stores, &rest).await;
    let take = async |id, by| {
        transact(begin(&stores).await, async move |tx| tx.take_upload(id, by).await).await.unwrap()
    };
    for upload in &rest {
        assert!(!take(upload.id, by).await, "{:?}", upload.status);
    }
    assert!(!take(UploadId::generate(noon()), by).await);
    assert!(!take(completed.id, other).await, "somebody else has sent it");
    assert!(take(completed.id, by).await);
    assert!(!take(completed.id, by).await);
    let upload = stores.media.upload(completed.id).await.unwrap().unwrap();
    let nameless = String::new();
    assert_eq!(upload, Upload { status: UploadStatus::Taken, filename: nameless, ..completed });
}

pub async fn what_music_owes_is_owed_with_its_cause(stores: Stores) {
    let set = bare_set(someone(&stores).await);
    let quick = [
        Owed::at(Effect::Remove { keys: vec!["sets/a".into()] }, noon(), noon() - TimeDelta::minutes(1)),
        Owed::now(Effect::Sweep { set: set.id }, noon()),
    ];
    let long = Owed::now(set.id, noon());
    let owing = transact(begin(&stores).await, async |tx| -> Result<(), StoreError> {
        tx.save_set(&set).await?;
        tx.enqueue_music(&quick).await?;
        tx.enqueue_sound(std::slice::from_ref(&long)).await
    });
    owing.await.unwrap();
    let due = stores.outbox.claim(&[music::SOUND], noon(), noon(), 10).await.unwrap();
    assert_eq!(due.len(), 1, "work of a lane of its own");
    assert_eq!((due[0].id, due[0].domain.as_str()), (long.id, music::SOUND));
    assert_eq!(serde_json::from_str::<SetId>(&due[0].body).unwrap(), set.id);
    let due = stores.outbox.claim(&[music::DOMAIN], noon(), noon(), 10).await.unwrap();
    let found: Vec<_> = due
        .iter()
        .map(|due| Owed { id: due.id, effect: serde_json::from_str(&due.body).unwrap(), due_at: due.due_at })
        .collect();
    assert_eq!(found, quick);
}
