//! What the use cases need from a store.

use crate::{Egress, EgressTotal, Month, Upload};
use async_trait::async_trait;
use kernel::{AccountId, AuditTx, ObjectKey, Owed, Page, PageRequest, StoreError, Timestamp, UploadId};
use serde::{Deserialize, Serialize};

/// Keeps uploads, and what members were sent.
#[async_trait]
pub trait MediaStore: Send + Sync {
    /// Dropping the transaction undoes it; see [`kernel::transact`].
    async fn begin_media(&self) -> Result<Box<dyn MediaTx>, StoreError>;
    /// One upload.
    async fn upload(&self, id: UploadId) -> Result<Option<Upload>, StoreError>;
    /// Those of one sender that are open or completed, the newest first (by [`Upload::cursor`], descending).
    async fn uploads(&self, by: AccountId, page: PageRequest) -> Result<Page<Upload>, StoreError>;
    /// All of one sender, whatever became of them, the newest first (by [`Upload::cursor`], descending).
    async fn uploads_by(&self, sender: AccountId, page: PageRequest) -> Result<Page<Upload>, StoreError>;
    /// Up to `limit` open or completed ones whose time was over at `now`, the longest first.
    async fn overdue_uploads(&self, now: Timestamp, limit: u32) -> Result<Vec<Upload>, StoreError>;
    /// What a member was sent in a month: nothing when nothing is written.
    async fn egress(&self, account: AccountId, month: Month) -> Result<Egress, StoreError>;
    /// What all were sent in each month, the latest first, up to `limit` months.
    async fn egress_totals(&self, limit: u32) -> Result<Vec<EgressTotal>, StoreError>;
    /// Who was sent most in a month, by [`Egress::counted`] and then by account, up to `limit`.
    async fn egress_of(&self, month: Month, limit: u32) -> Result<Vec<Egress>, StoreError>;
    /// All that an account was sent, by month, the latest first: part of what it may take with it.
    async fn egress_history(&self, account: AccountId) -> Result<Vec<Egress>, StoreError>;
    /// Adds bytes that were served to what is written of these accounts and months, all at once.
    async fn add_served(&self, served: &[(AccountId, Month, u64)]) -> Result<(), StoreError>;
}

/// All that a use case may touch before it commits. Locks are taken in this order: upload, egress.
#[async_trait]
pub trait MediaTx: AuditTx {
    /// Other transactions wait for this row until we end.
    async fn lock_upload(&mut self, id: UploadId) -> Result<Option<Upload>, StoreError>;
    /// How many uploads of a sender are open or completed, counted while nobody else can begin one for them.
    async fn lock_open_uploads(&mut self, by: AccountId) -> Result<u32, StoreError>;
    /// Writes a new one.
    async fn add_upload(&mut self, upload: &Upload) -> Result<(), StoreError>;
    /// Writes a changed one.
    async fn save_upload(&mut self, upload: &Upload) -> Result<(), StoreError>;
    /// What a member was sent in a month, as it stays until we end: others wait, also where nothing was written yet.
    async fn lock_egress(&mut self, account: AccountId, month: Month) -> Result<Egress, StoreError>;
    /// Writes it. What was served meanwhile ([`MediaStore::add_served`]) is not lost: only what was signed is written.
    async fn save_signed(&mut self, egress: &Egress) -> Result<(), StoreError>;
    /// Remembers until when a link counts as given out; `false` when this one was given out before and is still good, so
    /// that nothing is counted for it.
    async fn note_link(
        &mut self,
        account: AccountId,
        link: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Forgets up to `limit` links that ended before `now`; how many.
    async fn sweep_links(&mut self, now: Timestamp, limit: u32) -> Result<u32, StoreError>;
    /// Takes an account out of all that is written of what members were sent, and of the links that were given out to it.
    /// What it was sent stays in the totals of the months ([`MediaStore::egress_totals`]), which do not say whose it was.
    async fn forget_egress(&mut self, account: AccountId) -> Result<(), StoreError>;
    /// Owes work, under [`crate::DOMAIN`].
    async fn enqueue_media(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError>;
}

/// Work owed after a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// Drop what has arrived of an upload that became nothing, and the object, if it became one.
    Discard {
        /// Which.
        upload: UploadId,
    },
    /// Forget what an account was sent after it was erased, by links that it had until then.
    Forget {
        /// Whose.
        account: AccountId,
    },
    /// Remove objects that nothing refers to any more.
    Remove {
        /// Their names.
        keys: Vec<String>,
    },
}

impl Effect {
    /// Removes these objects.
    #[must_use]
    pub fn remove<'a>(keys: impl IntoIterator<Item = &'a ObjectKey>) -> Self {
        Self::Remove { keys: keys.into_iter().map(ToString::to_string).collect() }
    }
}
