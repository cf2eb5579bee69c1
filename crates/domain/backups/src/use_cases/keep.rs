//! Keep backups: ask for one, see to it that there is one, know what became of each.

use crate::acts;
use crate::desk::{Backup, Desk, Failed, Job, Made, Task};
use crate::ports::{BackupStore, BackupTx, News, Work};
use crate::schedule::Schedule;
use chrono::TimeDelta;
use kernel::{BackupId, Cause, Clock, Owed, Page, PageRequest, StoreError, Timestamp, transact};
use std::sync::Arc;

/// Longest reason that is kept.
const WORDS: usize = 1000;

/// Why nothing is done.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Something is being done with a backup already.
    #[error("a backup is being made or looked at")]
    UnderWay,
    /// There is no such backup.
    #[error("there is no such backup")]
    Unknown,
    /// It was never made.
    #[error("this backup was not made")]
    NotMade,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps what the house knows of its backups. It makes none: what is to be done is owed.
#[derive(Clone)]
pub struct Keeper {
    pub(super) store: Arc<dyn BackupStore>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Keeper {
    /// Over a store.
    pub fn new(store: Arc<dyn BackupStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// What is being done.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn desk(&self) -> Result<Desk, StoreError> {
        self.store.desk().await
    }

    /// One backup.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn backup(&self, id: BackupId) -> Result<Option<Backup>, StoreError> {
        self.store.backup(id).await
    }

    /// The latest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn backups(&self, page: PageRequest) -> Result<Page<Backup>, StoreError> {
        self.store.backups(page).await
    }

    /// The instant that the last good one shows.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn last_good(&self) -> Result<Option<Timestamp>, StoreError> {
        self.store.last_good().await
    }

    /// Asks for a backup.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn ask(&self, by: &Cause) -> Result<Backup, AskError> {
        let now = self.clock.now();
        transact(self.store.begin_backups().await?, async |tx| {
            let mut desk = tx.lock_desk().await?;
            if desk.job.is_some() {
                return Err(AskError::UnderWay);
            }
            let backup = Backup::asked(now);
            desk.asked_at = Some(now);
            begin(tx, &mut desk, (&backup, Task::Make), by, now).await?;
            tx.save_backup(&backup).await?;
            Ok(backup)
        })
        .await
    }

    /// Asks that somebody looks at a backup.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn ask_verify(&self, id: BackupId, by: &Cause) -> Result<Backup, AskError> {
        let now = self.clock.now();
        transact(self.store.begin_backups().await?, async |tx| {
            let mut desk = tx.lock_desk().await?;
            let backup = tx.backup_at_desk(id).await?.ok_or(AskError::Unknown)?;
            if desk.job.is_some() {
                return Err(AskError::UnderWay);
            }
            if backup.made.is_none() {
                return Err(AskError::NotMade);
            }
            begin(tx, &mut desk, (&backup, Task::Verify), by, now).await?;
            Ok(backup)
        })
        .await
    }

    /// Asks for a backup when one is due, and sees to it from now on that there is a good one. Of several who ask at once,
    /// one has it made.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn ask_when_due(&self, schedule: Option<&Schedule>) -> Result<Option<BackupId>, StoreError> {
        let now = self.clock.now();
        let latest = schedule.map(|schedule| schedule.latest(now));
        let idle = |desk: &Desk| desk.watched_since.is_some() && !latest.is_some_and(|at| desk.is_due(at));
        // Mostly nothing is due, and nobody has to be kept waiting for that.
        if idle(&self.store.desk().await?) {
            return Ok(None);
        }
        transact(self.store.begin_backups().await?, async |tx| {
            let mut desk = tx.lock_desk().await?;
            if idle(&desk) {
                return Ok(None);
            }
            desk.watched_since.get_or_insert(now);
            if !latest.is_some_and(|at| desk.is_due(at)) {
                tx.save_desk(&desk).await?;
                return Ok(None);
            }
            let backup = Backup::asked(now);
            desk.asked_at = Some(now);
            begin(tx, &mut desk, (&backup, Task::Make), &Cause::system(), now).await?;
            tx.save_backup(&backup).await?;
            Ok(Some(backup.id))
        })
        .await
    }

    /// Has the admins told that no backup has been good for so long, if that is so and they were not told today.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn worry(&self, patience: TimeDelta) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let last_good = self.store.last_good().await?;
        if !self.store.desk().await?.is_worrying(last_good, patience, now) {
            return Ok(false);
        }
        transact(self.store.begin_backups().await?, async |tx| {
            let mut desk = tx.lock_desk().await?;
            if !desk.is_worrying(last_good, patience, now) {
                return Ok(false);
            }
            desk.told_at = Some(now);
            tx.save_desk(&desk).await?;
            tx.enqueue_backup_news(&[Owed::now(News::TellNoneGood { last_good }, now)]).await?;
            Ok(true)
        })
        .await
    }

    /// Somebody takes up what is to be done. `None` when that is not to be done any more.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn begin(&self, work: Work) -> Result<Option<Backup>, StoreError> {
        let now = self.clock.now();
        transact(self.store.begin_backups().await?, async |tx| {
            let mut desk = tx.lock_desk().await?;
            let Some(job) = job_of(&mut desk, work) else { return Ok(None) };
            job.begun_at = Some(now);
            let backup = tx.backup_at_desk(work.backup()).await?;
            if backup.is_none() {
                desk.job = None;
            }
            tx.save_desk(&desk).await?;
            Ok(backup)
        })
        .await
    }

    /// What was to be done is done; where a part of it could not be done, that is said beside it.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn done(&self, work: Work, made: Made, but: Option<&str>) -> Result<(), StoreError> {
        let at = self.clock.now();
        let failure = but.map(|why| Failed { at, why: short(why) });
        self.end(work, |backup| {
            backup.made = Some(made.clone());
            backup.failure.clone_from(&failure);
        })
        .await
    }

    /// It could not be done, and is tried again: why is shown meanwhile.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn failed(&self, work: Work, why: &str) -> Result<(), StoreError> {
        let failed = Failed { at: self.clock.now(), why: short(why) };
        transact(self.store.begin_backups().await?, async |tx| {
            let mut desk = tx.lock_desk().await?;
            let Some(job) = job_of(&mut desk, work) else { return Ok(()) };
            job.begun_at = None;
            tx.save_desk(&desk).await?;
            let Some(mut backup) = tx.backup_at_desk(work.backup()).await? else { return Ok(()) };
            backup.failure = Some(failed.clone());
            tx.save_backup(&backup).await
        })
        .await
    }

    /// It could not be done, and nobody tries any more.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn give_up(&self, work: Work, why: Option<&str>) -> Result<(), StoreError> {
        let at = self.clock.now();
        let given = why.map(|why| Failed { at, why: short(why) });
        self.end(work, |backup| {
            if given.is_some() {
                backup.failure.clone_from(&given);
            }
            let unknown = || Failed { at, why: "nobody said why".to_owned() };
            backup.failure.get_or_insert_with(unknown);
        })
        .await
    }

    async fn end(&self, work: Work, change: impl Fn(&mut Backup) + Send + Sync) -> Result<(), StoreError> {
        transact(self.store.begin_backups().await?, async |tx| {
            let mut desk = tx.lock_desk().await?;
            // Somebody else was faster: what became of it is found where it lies.
            if job_of(&mut desk, work).is_none() {
                return Ok(());
            }
            desk.job = None;
            desk.ended += 1;
            tx.save_desk(&desk).await?;
            let Some(mut backup) = tx.backup_at_desk(work.backup()).await? else { return Ok(()) };
            change(&mut backup);
            tx.save_backup(&backup).await
        })
        .await
    }
}

/// Writes down what is to be done, owes it, and records who wants it.
async fn begin(
    tx: &mut dyn BackupTx,
    desk: &mut Desk,
    (backup, task): (&Backup, Task),
    by: &Cause,
    now: Timestamp,
) -> Result<(), StoreError> {
    desk.job = Some(Job { backup: backup.id, task, asked_at: now, begun_at: None });
    tx.save_desk(desk).await?;
    let work = match task {
        Task::Make => Work::Make { backup: backup.id },
        Task::Verify => Work::Verify { backup: backup.id },
    };
    tx.enqueue_backup_work(&[Owed::now(work, now)]).await?;
    tx.record(&[acts::asked(by, backup, task, now)]).await
}

/// The job, if it is this one that is to be done.
fn job_of(desk: &mut Desk, work: Work) -> Option<&mut Job> {
    if desk.is_at(work) { desk.job.as_mut() } else { None }
}

fn short(why: &str) -> String {
    why.chars().take(WORDS).collect()
}
