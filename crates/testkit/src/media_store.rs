//! What every store of uploads, and of what members were sent, promises.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_events::person;
use crate::outbox::EVERY_DOMAIN;
use crate::pages::in_pages;
use crate::{Stores, noon};
use chrono::TimeDelta;
use kernel::{AccountId, Owed, PageRequest, Role, StoreError, Timestamp, UploadId, transact};
use media::{Effect, Egress, EgressTotal, Format, MediaTx, Month, Upload, UploadKind, UploadStatus};

/// One test per promise: `testkit::media_store_contract!(open)`, as for the other stores.
#[macro_export]
macro_rules! media_store_contract {
    ($open:ident) => {
        $crate::media_store_contract!($open;
            an_upload_reads_back_whole,
            a_change_of_an_upload_is_kept,
            a_refusal_leaves_no_trace,
            a_dropped_transaction_undoes_itself_and_frees_its_locks,
            living_uploads_are_listed_the_newest_first_in_pages_that_meet,
            overdue_uploads_are_found_the_longest_first,
            no_more_uploads_are_open_than_were_counted,
            what_nobody_was_sent_is_nothing,
            what_was_signed_and_what_was_served_are_kept_apart,
            what_is_served_meanwhile_is_not_lost,
            two_who_sign_at_once_count_one_after_the_other,
            served_bytes_are_added_all_at_once,
            totals_are_those_of_their_months,
            who_was_sent_most_comes_first,
            a_link_counts_once_while_it_is_good,
            two_who_give_out_one_link_count_it_once,
            links_that_ended_are_forgotten,
            who_is_forgotten_stays_in_the_sums_of_the_months,
            what_media_owes_is_owed_with_its_cause,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod media_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::media_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

const JUNE: Month = Month(202_606);
const JULY: Month = Month(202_607);

async fn begin(stores: &Stores) -> Box<dyn MediaTx> {
    stores.media.begin_media().await.unwrap()
}

/// An upload of a picture, begun at [`noon`], as the store gets it.
#[must_use]
pub fn bare_upload(by: AccountId) -> Upload {
    let id = UploadId::generate(noon());
    Upload {
        id,
        by,
        kind: UploadKind::Image,
        filename: "DSC_0001.JPG".into(),
        size: 12_345_678,
        format: Format::Jpeg,
        part_size: 16 * 1024 * 1024,
        parts: format!("parts-of-{id}"),
        status: UploadStatus::Open,
        created_at: noon(),
        expires_at: noon() + TimeDelta::hours(48),
    }
}

/// Writes uploads as they are.
pub async fn add_uploads(stores: &Stores, uploads: &[Upload]) {
    transact(begin(stores).await, async |tx| -> Result<(), StoreError> {
        for upload in uploads {
            tx.add_upload(upload).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
}

async fn save(stores: &Stores, upload: &Upload) {
    let saving = transact(begin(stores).await, async |tx| {
        tx.lock_upload(upload.id).await?;
        tx.save_upload(upload).await
    });
    saving.await.unwrap();
}

async fn sign(stores: &Stores, account: AccountId, month: Month, bytes: u64) {
    let signing = transact(begin(stores).await, async |tx| {
        let mut egress = tx.lock_egress(account, month).await?;
        egress.signed += bytes;
        tx.save_signed(&egress).await
    });
    signing.await.unwrap();
}

async fn note(stores: &Stores, account: AccountId, link: &str, until: Timestamp) -> bool {
    transact(begin(stores).await, async |tx| tx.note_link(account, link, until).await).await.unwrap()
}

const fn sent(account: AccountId, month: Month, signed: u64, served: u64) -> Egress {
    Egress { account, month, signed, served }
}

async fn member(stores: &Stores) -> AccountId {
    person(stores, Role::Member).await.account
}

pub async fn an_upload_reads_back_whole(stores: Stores) {
    let by = member(&stores).await;
    let plain = bare_upload(by);
    let full = Upload {
        kind: UploadKind::Set,
        filename: "Füße, 'quotes'\\ and \u{1f3a7} %2F.flac".into(),
        size: 80 * 1024 * 1024 * 1024,
        format: Format::Flac,
        part_size: 1,
        parts: "2~Zm9v/bar+baz=.".into(),
        status: UploadStatus::Dropped,
        expires_at: noon() + TimeDelta::microseconds(1),
        ..bare_upload(by)
    };
    add_uploads(&stores, &[plain.clone(), full.clone()]).await;
    let unknown = UploadId::generate(noon());
    for upload in [&plain, &full] {
        assert_eq!(stores.media.upload(upload.id).await.unwrap().as_ref(), Some(upload));
    }
    assert_eq!(stores.media.upload(unknown).await.unwrap(), None);
    let mut tx = begin(&stores).await;
    for upload in [plain, full] {
        assert_eq!(tx.lock_upload(upload.id).await.unwrap(), Some(upload));
    }
    assert_eq!(tx.lock_upload(unknown).await.unwrap(), None);
    tx.rollback().await.unwrap();
    for format in [
        Format::Jpeg,
        Format::Png,
        Format::WebP,
        Format::Heic,
        Format::Wav,
        Format::Flac,
        Format::Aiff,
        Format::Mp3,
        Format::M4a,
    ] {
        let upload = Upload { format, ..bare_upload(by) };
        add_uploads(&stores, std::slice::from_ref(&upload)).await;
        assert_eq!(stores.media.upload(upload.id).await.unwrap(), Some(upload));
    }
}

pub async fn a_change_of_an_upload_is_kept(stores: Stores) {
    let by = member(&stores).await;
    let (mut upload, other) = (bare_upload(by), bare_upload(by));
    add_uploads(&stores, &[upload.clone(), other.clone()]).await;
    for status in [UploadStatus::Completed, UploadStatus::Taken, UploadStatus::Dropped, UploadStatus::Open] {
        upload.status = status;
        upload.expires_at += TimeDelta::hours(1);
        save(&stores, &upload).await;
        assert_eq!(stores.media.upload(upload.id).await.unwrap().as_ref(), Some(&upload));
    }
    assert_eq!(stores.media.upload(other.id).await.unwrap(), Some(other));
}

pub async fn a_refusal_leaves_no_trace(stores: Stores) {
    let by = member(&stores).await;
    let (before, new) = (bare_upload(by), bare_upload(by));
    add_uploads(&stores, std::slice::from_ref(&before)).await;
    let refused = transact(begin(&stores).await, async |tx| -> Result<(), StoreError> {
        let mut upload = tx.lock_upload(before.id).await?.unwrap();
        upload.status = UploadStatus::Dropped;
        tx.save_upload(&upload).await?;
        tx.add_upload(&new).await?;
        let egress = tx.lock_egress(by, JUNE).await?;
        tx.save_signed(&Egress { signed: 7, ..egress }).await?;
        assert!(tx.note_link(by, "one", noon()).await?);
        tx.enqueue_media(&[Owed::now(Effect::Discard { upload: new.id }, noon())]).await?;
        Err(StoreError::Unavailable { doing: "nothing at all", cause: None })
    });
    assert!(refused.await.is_err());
    assert_eq!(stores.media.upload(before.id).await.unwrap(), Some(before));
    assert_eq!(stores.media.upload(new.id).await.unwrap(), None);
    assert_eq!(stores.media.egress(by, JUNE).await.unwrap(), sent(by, JUNE, 0, 0));
    assert_eq!(stores.outbox.backlog().await.unwrap().waiting, 0);
    assert!(note(&stores, by, "one", noon()).await, "it was never given out");
}

pub async fn a_dropped_transaction_undoes_itself_and_frees_its_locks(stores: Stores) {
    let by = member(&stores).await;
    let before = bare_upload(by);
    add_uploads(&stores, std::slice::from_ref(&before)).await;
    let mut tx = begin(&stores).await;
    let mut upload = tx.lock_upload(before.id).await.unwrap().unwrap();
    assert_eq!(tx.lock_open_uploads(by).await.unwrap(), 1);
    let egress = tx.lock_egress(by, JUNE).await.unwrap();
    tx.save_signed(&Egress { signed: 7, ..egress }).await.unwrap();
    upload.status = UploadStatus::Taken;
    tx.save_upload(&upload).await.unwrap();
    drop(tx);
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_upload(before.id).await.unwrap(), Some(before));
    assert_eq!(tx.lock_open_uploads(by).await.unwrap(), 1);
    assert_eq!(tx.lock_egress(by, JUNE).await.unwrap(), sent(by, JUNE, 0, 0));
    tx.rollback().await.unwrap();
}

pub async fn living_uploads_are_listed_the_newest_first_in_pages_that_meet(stores: Stores) {
    let (by, other) = (member(&stores).await, member(&stores).await);
    let statuses = [UploadStatus::Open, UploadStatus::Completed, UploadStatus::Taken, UploadStatus::Dropped];
    let mut expected = Vec::new();
    for (number, minutes) in (0..12).zip([3, 1, 2].into_iter().cycle()) {
        // Some were begun at one instant: then the id decides.
        let status = statuses[number % 4];
        let created_at = noon() + TimeDelta::minutes(minutes);
        let upload = Upload { status, created_at, ..bare_upload(by) };
        add_uploads(&stores, &[upload.clone(), bare_upload(other)]).await;
        if number % 4 < 2 {
            expected.push(upload);
        }
    }
    expected.sort_by_key(|upload| std::cmp::Reverse(upload.cursor()));
    for limit in [1, 2, 4, 100] {
        let found = in_pages(limit, async |page| stores.media.uploads(by, page).await).await;
        assert_eq!(found, expected, "pages of {limit}");
    }
    // What ends leaves the list.
    let ended = Upload { status: UploadStatus::Taken, ..expected.remove(0) };
    save(&stores, &ended).await;
    let page = stores.media.uploads(by, PageRequest { limit: 100, after: None }).await.unwrap();
    assert_eq!((page.items, page.next), (expected, None));
}

pub async fn overdue_uploads_are_found_the_longest_first(stores: Stores) {
    let by = member(&stores).await;
    let ending = |minutes, status| Upload {
        status,
        expires_at: noon() + TimeDelta::minutes(minutes),
        ..bare_upload(by)
    };
    let over = [
        ending(-9, UploadStatus::Completed),
        ending(-5, UploadStatus::Open),
        ending(-1, UploadStatus::Open),
        ending(0, UploadStatus::Open),
    ];
    let others =
        [ending(1, UploadStatus::Open), ending(-7, UploadStatus::Taken), ending(-7, UploadStatus::Dropped)];
    add_uploads(&stores, &others).await;
    for index in [2, 0, 3, 1] {
        add_uploads(&stores, std::slice::from_ref(&over[index])).await;
    }
    assert_eq!(stores.media.overdue_uploads(noon(), 100).await.unwrap(), over);
    assert_eq!(stores.media.overdue_uploads(noon(), 2).await.unwrap(), over[..2]);
    let early = noon() - TimeDelta::minutes(10);
    assert_eq!(stores.media.overdue_uploads(early, 100).await.unwrap(), []);
    save(&stores, &Upload { status: UploadStatus::Dropped, ..over[0].clone() }).await;
    assert_eq!(stores.media.overdue_uploads(noon(), 100).await.unwrap(), over[1..]);
}

pub async fn no_more_uploads_are_open_than_were_counted(stores: Stores) {
    let by = member(&stores).await;
    let done = Upload { status: UploadStatus::Taken, ..bare_upload(by) };
    let completed = Upload { status: UploadStatus::Completed, ..bare_upload(by) };
    add_uploads(&stores, &[done, completed, bare_upload(member(&stores).await)]).await;
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let stores = stores.clone();
            tokio::spawn(async move {
                transact(begin(&stores).await, async |tx| -> Result<bool, StoreError> {
                    let room = tx.lock_open_uploads(by).await? < 5;
                    if room {
                        tx.add_upload(&bare_upload(by)).await?;
                    }
                    Ok(room)
                })
                .await
                .unwrap()
            })
        })
        .collect();
    let mut begun = 0;
    for one in tries {
        begun += u32::from(one.await.unwrap());
    }
    assert_eq!(begun, 4, "one was there before");
    let page = stores.media.uploads(by, PageRequest { limit: 100, after: None }).await.unwrap();
    assert_eq!(page.items.len(), 5);
}

pub async fn what_nobody_was_sent_is_nothing(stores: Stores) {
    let by = member(&stores).await;
    // To look at it, locked or not, writes nothing.
    let locked = transact(begin(&stores).await, async |tx| tx.lock_egress(by, JUNE).await);
    assert_eq!(locked.await.unwrap(), sent(by, JUNE, 0, 0));
    stores.media.add_served(&[]).await.unwrap();
    assert_eq!(stores.media.egress(by, JUNE).await.unwrap(), sent(by, JUNE, 0, 0));
    assert_eq!(stores.media.egress_totals(12).await.unwrap(), []);
    assert_eq!(stores.media.egress_of(JUNE, 100).await.unwrap(), []);
    assert_eq!(stores.media.egress_history(by).await.unwrap(), []);
}

pub async fn what_was_signed_and_what_was_served_are_kept_apart(stores: Stores) {
    let (ada, ben) = (member(&stores).await, member(&stores).await);
    let huge = 40 * 1024 * 1024 * 1024 * 1024;
    sign(&stores, ada, JUNE, 100).await;
    sign(&stores, ada, JUNE, huge).await;
    stores.media.add_served(&[(ada, JUNE, 30)]).await.unwrap();
    sign(&stores, ada, JULY, 5).await;
    stores.media.add_served(&[(ben, JUNE, huge)]).await.unwrap();
    let expected = [
        sent(ada, JUNE, huge + 100, 30),
        sent(ada, JULY, 5, 0),
        sent(ben, JUNE, 0, huge),
        sent(ben, JULY, 0, 0),
    ];
    for egress in expected {
        assert_eq!(stores.media.egress(egress.account, egress.month).await.unwrap(), egress);
    }
    assert_eq!(stores.media.egress_history(ada).await.unwrap(), [expected[1], expected[0]]);
    assert_eq!(stores.media.egress_history(ben).await.unwrap(), [expected[2]]);
}

pub async fn what_is_served_meanwhile_is_not_lost(stores: Stores) {
    let by = member(&stores).await;
    for (signed, served) in [(10, 7), (20, 14)] {
        let mut tx = begin(&stores).await;
        let mut egress = tx.lock_egress(by, JUNE).await.unwrap();
        let serving = {
            let stores = stores.clone();
            tokio::spawn(async move { stores.media.add_served(&[(by, JUNE, 7)]).await })
        };
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        egress.signed += 10;
        tx.save_signed(&egress).await.unwrap();
        tx.commit().await.unwrap();
        serving.await.unwrap().unwrap();
        assert_eq!(stores.media.egress(by, JUNE).await.unwrap(), sent(by, JUNE, signed, served));
    }
}

pub async fn two_who_sign_at_once_count_one_after_the_other(stores: Stores) {
    let by = member(&stores).await;
    let signers: Vec<_> = (0..20)
        .map(|_| {
            let stores = stores.clone();
            tokio::spawn(async move { sign(&stores, by, JUNE, 3).await })
        })
        .collect();
    for signer in signers {
        signer.await.unwrap();
    }
    assert_eq!(stores.media.egress(by, JUNE).await.unwrap(), sent(by, JUNE, 60, 0));
}

pub async fn served_bytes_are_added_all_at_once(stores: Stores) {
    let (ada, ben) = (member(&stores).await, member(&stores).await);
    let served = [(ada, JUNE, 1), (ben, JUNE, 10), (ada, JULY, 100), (ada, JUNE, 2), (ben, JULY, 0)];
    let both: Vec<_> = (0..2)
        .map(|turn| {
            let stores = stores.clone();
            // In another order, as another process may have them.
            let mut served = served;
            served.rotate_left(turn * 2);
            tokio::spawn(async move { stores.media.add_served(&served).await.unwrap() })
        })
        .collect();
    for one in both {
        one.await.unwrap();
    }
    assert_eq!(stores.media.egress(ada, JUNE).await.unwrap(), sent(ada, JUNE, 0, 6));
    assert_eq!(stores.media.egress(ada, JULY).await.unwrap(), sent(ada, JULY, 0, 200));
    assert_eq!(stores.media.egress(ben, JUNE).await.unwrap(), sent(ben, JUNE, 0, 20));
    assert_eq!(
        stores.media.egress_history(ben).await.unwrap(),
        [sent(ben, JUNE, 0, 20)],
        "nothing is no row"
    );
}

pub async fn totals_are_those_of_their_months(stores: Stores) {
    let (ada, ben) = (member(&stores).await, member(&stores).await);
    let december = Month(202_512);
    sign(&stores, ada, JUNE, 100).await;
    stores.media.add_served(&[(ada, JUNE, 40), (ben, JUNE, 60), (ben, december, 1)]).await.unwrap();
    sign(&stores, ben, JUNE, 20).await;
    sign(&stores, ben, JULY, 7).await;
    let total =
        |month, members, signed, served, counted| EgressTotal { month, members, signed, served, counted };
    let expected = [total(JULY, 1, 7, 0, 7), total(JUNE, 2, 120, 100, 160), total(december, 1, 0, 1, 1)];
    assert_eq!(stores.media.egress_totals(12).await.unwrap(), expected);
    assert_eq!(stores.media.egress_totals(2).await.unwrap(), expected[..2]);
}

pub async fn who_was_sent_most_comes_first(stores: Stores) {
    let mut members = Vec::new();
    for _ in 0..4 {
        members.push(member(&stores).await);
    }
    members.sort();
    let served =
        [(members[0], JUNE, 5), (members[1], JUNE, 9), (members[2], JUNE, 9), (members[3], JULY, 99)];
    stores.media.add_served(&served).await.unwrap();
    sign(&stores, members[0], JUNE, 8).await;
    let expected = [sent(members[1], JUNE, 0, 9), sent(members[2], JUNE, 0, 9), sent(members[0], JUNE, 8, 5)];
    assert_eq!(stores.media.egress_of(JUNE, 100).await.unwrap(), expected);
    assert_eq!(stores.media.egress_of(JUNE, 1).await.unwrap(), expected[..1]);
    sign(&stores, members[0], JUNE, 2).await;
    let first = stores.media.egress_of(JUNE, 1).await.unwrap();
    assert_eq!(first, [sent(members[0], JUNE, 10, 5)]);
}

pub async fn a_link_counts_once_while_it_is_good(stores: Stores) {
    let (ada, ben) = (member(&stores).await, member(&stores).await);
    let (until, later) = (noon() + TimeDelta::hours(1), noon() + TimeDelta::hours(2));
    assert!(note(&stores, ada, "sets/1/opus-128.mp4", until).await);
    assert!(!note(&stores, ada, "sets/1/opus-128.mp4", until).await);
    assert!(note(&stores, ada, "sets/1/opus-64.mp4", until).await, "another one");
    assert!(note(&stores, ben, "sets/1/opus-128.mp4", until).await, "to another member");
    assert!(note(&stores, ada, "sets/1/opus-128.mp4", later).await, "one that lasts longer is a new one");
    assert!(!note(&stores, ada, "sets/1/opus-128.mp4", until).await, "the longer one is still good");
    assert!(!note(&stores, ada, "sets/1/opus-128.mp4", later).await);
    // Within one transaction as between two.
    let twice = transact(begin(&stores).await, async |tx| -> Result<_, StoreError> {
        Ok((tx.note_link(ben, "x", until).await?, tx.note_link(ben, "x", until).await?))
    });
    assert_eq!(twice.await.unwrap(), (true, false));
}

pub async fn two_who_give_out_one_link_count_it_once(stores: Stores) {
    let by = member(&stores).await;
    let until = noon() + TimeDelta::hours(1);
    let asked: Vec<_> = (0..10)
        .map(|_| {
            let stores = stores.clone();
            tokio::spawn(async move {
                let noting = transact(begin(&stores).await, async |tx| -> Result<(), StoreError> {
                    let mut egress = tx.lock_egress(by, JUNE).await?;
                    if tx.note_link(by, "one", until).await? {
                        egress.signed += 100;
                        tx.save_signed(&egress).await?;
                    }
                    Ok(())
                });
                noting.await.unwrap();
            })
        })
        .collect();
    for one in asked {
        one.await.unwrap();
    }
    assert_eq!(stores.media.egress(by, JUNE).await.unwrap().signed, 100);
}

pub async fn links_that_ended_are_forgotten(stores: Stores) {
    let by = member(&stores).await;
    let until = |minutes| noon() + TimeDelta::minutes(minutes);
    for minutes in 1..=5 {
        assert!(note(&stores, by, &format!("link {minutes}"), until(minutes)).await);
    }
    let sweep = async |now, limit| {
        transact(begin(&stores).await, async move |tx| tx.sweep_links(now, limit).await).await.unwrap()
    };
    assert_eq!(sweep(noon(), 100).await, 0);
    let now = until(3) + TimeDelta::seconds(1);
    assert_eq!(sweep(now, 2).await, 2, "a few at a time");
    assert_eq!(sweep(now, 100).await, 1);
    assert_eq!(sweep(now, 100).await, 0);
    assert!(note(&stores, by, "link 1", until(1)).await, "it is known no more");
    assert!(!note(&stores, by, "link 5", until(5)).await, "what is good is");
}

pub async fn who_is_forgotten_stays_in_the_sums_of_the_months(stores: Stores) {
    let (ada, ben) = (member(&stores).await, member(&stores).await);
    sign(&stores, ada, JUNE, 100).await;
    stores.media.add_served(&[(ada, JUNE, 40), (ben, JUNE, 60), (ada, JULY, 7)]).await.unwrap();
    let until = noon() + TimeDelta::hours(1);
    assert!(note(&stores, ada, "one", until).await && note(&stores, ben, "one", until).await);
    let total =
        |month, members, signed, served, counted| EgressTotal { month, members, signed, served, counted };
    let sums = [total(JULY, 1, 0, 7, 7), total(JUNE, 2, 100, 100, 160)];
    let forget = async |account| {
        let forgetting = transact(begin(&stores).await, async move |tx| tx.forget_egress(account).await);
        forgetting.await.unwrap();
    };
    forget(ada).await;
    assert_eq!(stores.media.egress_totals(12).await.unwrap(), sums);
    assert_eq!(stores.media.egress_totals(1).await.unwrap(), sums[..1]);
    assert_eq!(stores.media.egress(ada, JUNE).await.unwrap(), sent(ada, JUNE, 0, 0));
    assert_eq!(stores.media.egress_history(ada).await.unwrap(), []);
    assert_eq!(stores.media.egress_of(JUNE, 100).await.unwrap(), [sent(ben, JUNE, 0, 60)]);
    assert!(note(&stores, ada, "one", until).await, "it is known no more");
    assert!(!note(&stores, ben, "one", until).await, "that of somebody else is");
    forget(ben).await;
    forget(ben).await;
    assert_eq!(stores.media.egress_totals(12).await.unwrap(), sums);
    assert_eq!(stores.media.egress_of(JUNE, 100).await.unwrap(), []);
    // A last link of theirs was used.
    stores.media.add_served(&[(ada, JULY, 3)]).await.unwrap();
    forget(ada).await;
    let last = [total(JULY, 2, 0, 10, 10), sums[1]];
    assert_eq!(stores.media.egress_totals(12).await.unwrap(), last);
    assert_eq!(stores.media.egress_history(ada).await.unwrap(), []);
    // Who is there is added to who was.
    stores.media.add_served(&[(ben, JUNE, 5)]).await.unwrap();
    assert_eq!(stores.media.egress_totals(12).await.unwrap()[1], total(JUNE, 3, 100, 105, 165));
}

pub async fn what_media_owes_is_owed_with_its_cause(stores: Stores) {
    let upload = bare_upload(member(&stores).await);
    let effects = [
        Owed::now(Effect::Discard { upload: upload.id }, noon()),
        Owed::at(Effect::Remove { keys: vec!["a/b".into()] }, noon(), noon() + TimeDelta::minutes(1)),
    ];
    let owing = transact(begin(&stores).await, async |tx| {
        tx.add_upload(&upload).await?;
        tx.enqueue_media(&effects).await
    });
    owing.await.unwrap();
    let later = noon() + TimeDelta::minutes(1);
    let due = stores.outbox.claim(&EVERY_DOMAIN, later, later, 10).await.unwrap();
    let found: Vec<_> = due
        .iter()
        .map(|due| {
            assert_eq!(due.domain, media::DOMAIN);
            Owed { id: due.id, effect: serde_json::from_str(&due.body).unwrap(), due_at: due.due_at }
        })
        .collect();
    assert_eq!(found, effects);
}
