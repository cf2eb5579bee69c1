//! What is needed of the house's own store.

use crate::desk::{Backup, Desk, Task};
use async_trait::async_trait;
use kernel::{AuditTx, BackupId, Owed, Page, PageRequest, StoreError, Timestamp};
use serde::{Deserialize, Serialize};

/// Keeps what is known of backups.
#[async_trait]
pub trait BackupStore: Send + Sync {
    /// Dropping the transaction undoes it; see [`kernel::transact`].
    async fn begin_backups(&self) -> Result<Box<dyn BackupTx>, StoreError>;
    /// What is being done, as it was committed last.
    async fn desk(&self) -> Result<Desk, StoreError>;
    /// One backup.
    async fn backup(&self, id: BackupId) -> Result<Option<Backup>, StoreError>;
    /// The latest first (by [`Backup::cursor`], descending).
    async fn backups(&self, page: PageRequest) -> Result<Page<Backup>, StoreError>;
    /// The latest [`Backup::good_at`].
    async fn last_good(&self) -> Result<Option<Timestamp>, StoreError>;
}

/// All that may be touched before it is committed.
#[async_trait]
pub trait BackupTx: AuditTx {
    /// The desk; whoever else wants it waits until we end, also when nobody has come to it yet.
    async fn lock_desk(&mut self) -> Result<Desk, StoreError>;
    /// Writes the locked desk.
    async fn save_desk(&mut self, desk: &Desk) -> Result<(), StoreError>;
    /// One backup, while the desk is locked.
    async fn backup_at_desk(&mut self, id: BackupId) -> Result<Option<Backup>, StoreError>;
    /// Writes a new one, or a changed one. No two are called the same where they lie.
    async fn save_backup(&mut self, backup: &Backup) -> Result<(), StoreError>;
    /// Forgets one.
    async fn remove_backup(&mut self, id: BackupId) -> Result<(), StoreError>;
    /// Owes work of many minutes, under [`crate::WORK`].
    async fn enqueue_backup_work(&mut self, work: &[Owed<Work>]) -> Result<(), StoreError>;
    /// Owes what is done in a moment, under [`crate::DOMAIN`].
    async fn enqueue_backup_news(&mut self, news: &[Owed<News>]) -> Result<(), StoreError>;
}

/// Work owed after a commit that takes long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Make a backup, and see that a store can be made of it.
    Make {
        /// Which.
        backup: BackupId,
    },
    /// Read every part of a backup again.
    Verify {
        /// Which.
        backup: BackupId,
    },
}

impl Work {
    /// Of which backup.
    #[must_use]
    pub const fn backup(self) -> BackupId {
        match self {
            Self::Make { backup } | Self::Verify { backup } => backup,
        }
    }

    /// What is done with it.
    #[must_use]
    pub const fn task(self) -> Task {
        match self {
            Self::Make { .. } => Task::Make,
            Self::Verify { .. } => Task::Verify,
        }
    }
}

/// News owed after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum News {
    /// Mail the admins that no backup has been good for a while.
    TellNoneGood {
        /// The instant that the last good one shows, if there ever was one.
        last_good: Option<Timestamp>,
    },
}
