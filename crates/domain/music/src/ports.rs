//! What the use cases need from a store.

use crate::{MusicSet, Position};
use async_trait::async_trait;
use kernel::{AccountId, AuditTx, Owed, Page, PageRequest, SetId, StoreError, UploadId};
use serde::{Deserialize, Serialize};

/// Keeps sets, and where members stopped listening.
#[async_trait]
pub trait MusicStore: Send + Sync {
    /// Dropping the transaction undoes it; see [`kernel::transact`].
    async fn begin_music(&self) -> Result<Box<dyn MusicTx>, StoreError>;
    /// One set.
    async fn set(&self, id: SetId) -> Result<Option<MusicSet>, StoreError>;
    /// The newest first (by [`MusicSet::cursor`], descending); those that members hear, or all.
    async fn sets(&self, audible: bool, page: PageRequest) -> Result<Page<MusicSet>, StoreError>;
    /// The sets that somebody made, the newest first (by [`MusicSet::cursor`], descending).
    async fn sets_by(&self, maker: AccountId, page: PageRequest) -> Result<Page<MusicSet>, StoreError>;
    /// Where a member stopped.
    async fn position(&self, account: AccountId, set: SetId) -> Result<Option<Position>, StoreError>;
    /// Where a member stopped in all sets, the latest first, at most 10,000.
    async fn positions(&self, account: AccountId) -> Result<Vec<Position>, StoreError>;
    /// Writes where a member stopped, unless something later is written.
    async fn save_position(&self, position: &Position) -> Result<(), StoreError>;
    /// Writes how far the processing has come, if the set is still processed: a hint that nobody waits for.
    async fn save_progress(&self, id: SetId, progress: u8) -> Result<(), StoreError>;
}

/// All that a use case may touch before it commits. Locks are taken in this order: upload, set.
#[async_trait]
pub trait MusicTx: AuditTx {
    /// Other transactions wait for this row until we end.
    async fn lock_set(&mut self, id: SetId) -> Result<Option<MusicSet>, StoreError>;
    /// Writes a new one, or a changed one.
    async fn save_set(&mut self, set: &MusicSet) -> Result<(), StoreError>;
    /// Removes it, and where members stopped in it.
    async fn remove_set(&mut self, id: SetId) -> Result<(), StoreError>;
    /// Removes where a member stopped, everywhere.
    async fn forget_positions_of(&mut self, account: AccountId) -> Result<(), StoreError>;
    /// Says that nobody else makes a set of this upload: `false` when it was taken or is not completed, or was sent by
    /// somebody else.
    async fn take_upload(&mut self, id: UploadId, by: AccountId) -> Result<bool, StoreError>;
    /// Owes work that is done in a moment, under [`crate::DOMAIN`].
    async fn enqueue_music(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError>;
    /// Owes the processing of sets, under [`crate::SOUND`].
    async fn enqueue_sound(&mut self, sets: &[Owed<SetId>]) -> Result<(), StoreError>;
}

/// Work owed after a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// Remove objects that nothing refers to any more.
    Remove {
        /// Their names.
        keys: Vec<String>,
    },
    /// Remove all that lies under a set's name but what its row names: what a worker left that was killed, or, when there is
    /// no row any more, everything.
    Sweep {
        /// Which set.
        set: SetId,
    },
}
