//! Folders in which backups of the local store are tried. Nobody else looks into them: what lies there is not sealed. Who is
//! killed leaves one that nobody holds the lock of any more, and that goes when the next is made.

use crate::workplace::Workplace;
use adapter_local::NewStore;
use async_trait::async_trait;
use backups::{Kind, Scratch, ScratchPlace, Target};
use kernel::StoreError;
use std::io;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::task::spawn_blocking;

const DOING: &str = "making a folder to try a backup in";
const REMOVING: &str = "removing a folder that a backup was tried in";

/// Where such folders are made.
pub struct Rooms(PathBuf);

impl Rooms {
    /// In this folder, which is made when it is missing.
    #[must_use]
    pub const fn in_folder(root: PathBuf) -> Self {
        Self(root)
    }
}

#[async_trait]
impl Scratch for Rooms {
    fn kind(&self) -> Kind {
        Kind::Local
    }

    async fn make(&self) -> Result<Box<dyn ScratchPlace>, StoreError> {
        let root = self.0.clone();
        let (workplace, room) = blocking(DOING, move || {
            let workplace = Workplace::open(&root)?;
            let room = workplace.room()?;
            Ok((workplace, room))
        })
        .await?;
        let target = NewStore::in_folder(room.path().to_owned());
        Ok(Box::new(Room { target, room, workplace }))
    }
}

struct Room {
    target: NewStore,
    /// Declared before what it lies in: it goes first.
    room: TempDir,
    workplace: Workplace,
}

#[async_trait]
impl ScratchPlace for Room {
    fn target(&self) -> &dyn Target {
        &self.target
    }

    fn address(&self) -> String {
        format!("local:{}", self.room.path().display())
    }

    async fn remove(self: Box<Self>) -> Result<(), StoreError> {
        let Self { room, workplace, .. } = *self;
        blocking(REMOVING, move || {
            let removed = room.close();
            drop(workplace);
            removed
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    doing: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    match spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| StoreError::broken(doing, error)),
        // The program is ending, or the work panicked.
        Err(error) => Err(StoreError::unavailable(doing, error)),
    }
}
