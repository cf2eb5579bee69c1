//! What every store promises that keeps what is known of backups.
#![expect(clippy::unwrap_used, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::pages::in_pages;
use crate::{Stores, noon};
use backups::{
    Backup, BackupName, DOMAIN, Depth, Desk, Failed, Finding, Job, Made, News, Record, Task, Verdict, WORK,
    Work,
};
use chrono::TimeDelta;
use kernel::{BackupId, Cause, Cursor, Owed, StoreError, Subject, Timestamp, transact};

/// One test per promise: `testkit::backup_store_contract!(open)`, where `open` is an `async fn() -> Stores` that gives a
/// fresh, empty system.
#[macro_export]
macro_rules! backup_store_contract {
    ($open:ident) => {
        $crate::backup_store_contract!($open;
            a_backup_reads_back_whole,
            the_desk_reads_back_whole_and_is_empty_at_first,
            backups_are_listed_the_latest_first_in_pages_that_meet,
            the_last_good_one_is_found_whatever_came_after_it,
            no_two_backups_are_called_the_same,
            a_backup_that_is_forgotten_is_gone,
            of_many_who_come_to_the_desk_each_sees_what_was_before,
            what_a_refusal_wrote_is_not_there,
            what_backups_owe_is_owed_with_its_cause,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod backup_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::backup_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

fn hours(number: i64) -> Timestamp {
    noon() + TimeDelta::hours(number)
}

fn named(hour: i64, depth: Depth, findings: Vec<Finding>) -> Backup {
    let name = BackupName::generate(hours(hour));
    let verdict = Verdict { backup: name.clone(), at: hours(hour), depth, findings };
    let record = Record::default().after(&verdict);
    Backup { made: Some(Made { name, bytes: 1 << 40, rows: 7, record }), ..Backup::asked(hours(hour)) }
}

async fn save(stores: &Stores, backups: &[&Backup]) {
    transact(stores.backups.begin_backups().await.unwrap(), async |tx| {
        tx.lock_desk().await?;
        for backup in backups {
            tx.save_backup(backup).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await
    .unwrap();
}

async fn read(stores: &Stores, backup: &Backup) -> Option<Backup> {
    stores.backups.backup(backup.id).await.unwrap()
}

async fn owed(stores: &Stores, domain: &str) -> Vec<String> {
    let due = stores.outbox.claim(&[domain], noon(), hours(1), 100).await.unwrap();
    due.into_iter().map(|due| due.body).collect()
}

pub async fn a_backup_reads_back_whole(stores: Stores) {
    let asked = Backup::asked(noon());
    let failed = Failed { at: hours(1), why: "the bucket \"own\" is away – for now".into() };
    let failing = Backup { failure: Some(failed.clone()), ..Backup::asked(hours(1)) };
    let missing = Finding::Missing { part: "database.zst.age.000001".into() };
    let both = Backup { failure: Some(failed), ..named(2, Depth::Sums, vec![missing]) };
    save(&stores, &[&asked, &failing, &both]).await;
    for backup in [&asked, &failing, &both] {
        assert_eq!(read(&stores, backup).await.as_ref(), Some(backup));
    }
    // It is made meanwhile.
    let after = Backup { made: both.made.clone(), ..asked.clone() };
    let gone = Backup { made: None, ..both.clone() };
    save(&stores, &[&gone, &after]).await;
    assert_eq!(read(&stores, &asked).await, Some(after.clone()));
    let mut tx = stores.backups.begin_backups().await.unwrap();
    tx.lock_desk().await.unwrap();
    assert_eq!(tx.backup_at_desk(asked.id).await.unwrap(), Some(after));
    assert_eq!(tx.backup_at_desk(BackupId::generate(noon())).await.unwrap(), None);
}

pub async fn the_desk_reads_back_whole_and_is_empty_at_first(stores: Stores) {
    assert_eq!(stores.backups.desk().await.unwrap(), Desk::default());
    let backup = BackupId::generate(noon());
    let job = Job { backup, task: Task::Verify, asked_at: noon(), begun_at: Some(hours(1)) };
    let desk = Desk {
        job: Some(job),
        ended: 3,
        asked_at: Some(hours(1)),
        watched_since: Some(hours(2)),
        told_at: Some(hours(3)),
        compared_at: Some(hours(4)),
    };
    for desk in [desk.clone(), Desk { job: None, told_at: None, ..desk }] {
        transact(stores.backups.begin_backups().await.unwrap(), async |tx| {
            tx.lock_desk().await?;
            tx.save_desk(&desk).await?;
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
        assert_eq!(stores.backups.desk().await.unwrap(), desk);
        let mut tx = stores.backups.begin_backups().await.unwrap();
        assert_eq!(tx.lock_desk().await.unwrap(), desk);
    }
}

pub async fn backups_are_listed_the_latest_first_in_pages_that_meet(stores: Stores) {
    let all: Vec<_> = (0..7).map(|hour| named(hour / 2, Depth::Sums, Vec::new())).collect();
    save(&stores, &all.iter().collect::<Vec<_>>()).await;
    let mut expected: Vec<Cursor> = all.iter().map(Backup::cursor).collect();
    expected.sort_unstable();
    expected.reverse();
    let seen = in_pages(3, async |page| stores.backups.backups(page).await).await;
    let seen: Vec<_> = seen.iter().map(Backup::cursor).collect();
    assert_eq!(seen, expected);
}

pub async fn the_last_good_one_is_found_whatever_came_after_it(stores: Stores) {
    assert_eq!(stores.backups.last_good().await.unwrap(), None);
    let good = named(1, Depth::Restored, Vec::new());
    let wrong = || vec![Finding::Store { why: "the ledger adds up to 5".into() }];
    let [earlier, bad, shallow] = [
        named(0, Depth::Restored, Vec::new()),
        named(2, Depth::Restored, wrong()),
        named(3, Depth::Opened, Vec::new()),
    ];
    save(&stores, &[&earlier, &good, &bad, &shallow, &Backup::asked(hours(4))]).await;
    assert_eq!(stores.backups.last_good().await.unwrap(), Some(hours(1)));
    // Somebody looked again.
    let verdict = Verdict {
        backup: good.made.as_ref().map(|made| made.name.clone()).unwrap(),
        at: hours(5),
        depth: Depth::Sums,
        findings: wrong(),
    };
    let made = good.made.clone().map(|made| Made { record: made.record.after(&verdict), ..made });
    save(&stores, &[&Backup { made, ..good }]).await;
    assert_eq!(stores.backups.last_good().await.unwrap(), Some(noon()));
}

pub async fn no_two_backups_are_called_the_same(stores: Stores) {
    let one = named(0, Depth::Sums, Vec::new());
    let other = Backup { made: one.made.clone(), ..Backup::asked(noon()) };
    save(&stores, &[&one]).await;
    let twice = transact(stores.backups.begin_backups().await.unwrap(), async |tx| {
        tx.lock_desk().await?;
        tx.save_backup(&other).await
    });
    assert!(matches!(twice.await, Err(StoreError::Broken { .. })));
    assert_eq!(read(&stores, &other).await, None);
    save(&stores, &[&one]).await;
}

pub async fn a_backup_that_is_forgotten_is_gone(stores: Stores) {
    let (one, other) = (named(0, Depth::Restored, Vec::new()), named(1, Depth::Restored, Vec::new()));
    save(&stores, &[&one, &other]).await;
    transact(stores.backups.begin_backups().await.unwrap(), async |tx| {
        tx.lock_desk().await?;
        tx.remove_backup(other.id).await?;
        tx.remove_backup(BackupId::generate(noon())).await
    })
    .await
    .unwrap();
    assert_eq!((read(&stores, &other).await, read(&stores, &one).await), (None, Some(one)));
    assert_eq!(stores.backups.last_good().await.unwrap(), Some(noon()));
    let again = Backup { made: other.made, ..Backup::asked(hours(2)) };
    save(&stores, &[&again]).await;
}

pub async fn of_many_who_come_to_the_desk_each_sees_what_was_before(stores: Stores) {
    let all: Vec<_> = (0..10)
        .map(|_| {
            let stores = stores.clone();
            tokio::spawn(async move {
                transact(stores.backups.begin_backups().await?, async |tx| {
                    let mut desk = tx.lock_desk().await?;
                    desk.ended += 1;
                    tx.save_desk(&desk).await
                })
                .await
            })
        })
        .collect();
    for one in all {
        one.await.unwrap().unwrap();
    }
    assert_eq!(stores.backups.desk().await.unwrap().ended, 10);
}

pub async fn what_a_refusal_wrote_is_not_there(stores: Stores) {
    let backup = named(0, Depth::Sums, Vec::new());
    let refused: Result<(), StoreError> =
        transact(stores.backups.begin_backups().await.unwrap(), async |tx| {
            let desk = tx.lock_desk().await?;
            tx.save_desk(&Desk { ended: 5, ..desk }).await?;
            tx.save_backup(&backup).await?;
            let work = Owed::now(Work::Make { backup: backup.id }, noon());
            tx.enqueue_backup_work(&[work]).await?;
            Err(StoreError::broken("trying", "it was only tried"))
        })
        .await;
    assert!(refused.is_err());
    assert_eq!(stores.backups.desk().await.unwrap(), Desk::default());
    assert_eq!(read(&stores, &backup).await, None);
    assert_eq!(owed(&stores, WORK).await, Vec::<String>::new());
}

pub async fn what_backups_owe_is_owed_with_its_cause(stores: Stores) {
    let backup = BackupId::generate(noon());
    let (work, news) = (Work::Make { backup }, News::TellNoneGood { last_good: Some(noon()) });
    transact(stores.backups.begin_backups().await.unwrap(), async |tx| {
        tx.lock_desk().await?;
        tx.enqueue_backup_work(&[Owed::now(work, noon())]).await?;
        tx.enqueue_backup_news(&[Owed::now(news, noon())]).await?;
        let act = Cause::system().act("backup.make", Subject::new("backup", backup.as_uuid()), noon());
        tx.record(&[act]).await
    })
    .await
    .unwrap();
    let read = |bodies: Vec<String>| bodies.first().map(|body| serde_json::from_str::<Work>(body).unwrap());
    assert_eq!(read(owed(&stores, WORK).await), Some(work));
    let bodies = owed(&stores, DOMAIN).await;
    assert_eq!(bodies.len(), 1);
    assert_eq!(serde_json::from_str::<News>(bodies.first().unwrap()).unwrap(), news);
    assert_eq!(stores.audit.waiting().await.unwrap(), 1);
}
