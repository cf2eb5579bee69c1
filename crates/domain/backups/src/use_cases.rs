//! One file per verb.

mod compare;
mod create;
mod follow;
mod keep;
mod list;
mod prune;
mod restore;
mod try_out;
mod verify;

pub use compare::{CompareError, MediaCompared, MediaThen};
pub use create::{CreateError, Original};
pub use follow::FollowError;
pub use keep::{AskError, Keeper};
pub use list::Kept;
pub use restore::{RestoreError, Restored, Step};
pub use try_out::Trial;
pub use verify::VerifyError;

use crate::manifest::Manifest;
use crate::name::BackupName;
use crate::vault::Vault;
use kernel::{Clock, ObjectError, ObjectStore};
use std::sync::Arc;

/// Bytes of every part but the last of a file: as many are held at a time, and a part that is broken is named.
pub const PART: usize = 32 * 1024 * 1024;

/// Everything that is done with backups.
#[derive(Clone)]
pub struct Backups {
    vault: Vault,
    clock: Arc<dyn Clock>,
    part: usize,
}

impl Backups {
    /// With where they lie, and a clock.
    pub fn new(objects: Arc<dyn ObjectStore>, clock: Arc<dyn Clock>) -> Self {
        Self { vault: Vault::new(objects), clock, part: PART }
    }

    /// The same with parts of another size.
    #[must_use]
    pub fn in_parts_of(mut self, bytes: usize) -> Self {
        self.part = bytes.max(1);
        self
    }
}

/// Why nothing can be done with a backup of a name.
#[derive(Debug, thiserror::Error)]
pub enum NoBackup {
    /// There is none, or it was not written to its end.
    #[error("there is no finished backup of this name")]
    Unknown,
    /// What says what it is made of is damaged.
    #[error("its manifest is damaged: {0}")]
    Damaged(String),
    /// Where backups lie cannot be read.
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

impl Backups {
    /// What a backup is made of.
    ///
    /// # Errors
    /// [`NoBackup`].
    pub async fn manifest(&self, backup: &BackupName) -> Result<Manifest, NoBackup> {
        match self.vault.manifest(backup).await? {
            None => Err(NoBackup::Unknown),
            Some(Err(why)) => Err(NoBackup::Damaged(why)),
            Some(Ok(manifest)) => Ok(manifest),
        }
    }
}
