//! Where files lie while something is made of them: a folder of this process, empty at its start and gone at its end.
//! What a killed process left is found by its lock, which nobody holds any more, and removed by the next.

use async_trait::async_trait;
use kernel::{Fetch, ObjectError, ObjectKey, ObjectStore};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

/// What the file is called that a process keeps locked while it lives.
const LOCK: &str = ".lock";

/// The folder of this process.
pub struct Workplace {
    folder: TempDir,
    /// Held as long as this lives.
    _lock: File,
}

impl Workplace {
    /// Makes one in `root`, and removes those there that nobody uses any more.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        sweep(root)?;
        let folder = tempfile::Builder::new().prefix("work-").tempdir_in(root)?;
        let lock = File::create(folder.path().join(LOCK))?;
        lock.lock()?;
        Ok(Self { folder, _lock: lock })
    }

    /// An empty folder for one piece of work, gone when it is dropped.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn room(&self) -> io::Result<TempDir> {
        tempfile::Builder::new().prefix("room-").tempdir_in(self.folder.path())
    }

    /// Where all rooms lie.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Brings objects into files.
pub struct Fetched<'a>(pub &'a dyn ObjectStore);

#[async_trait]
impl Fetch for Fetched<'_> {
    async fn fetch(
        &self,
        key: &ObjectKey,
        into: &Path,
        told: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<bool, ObjectError> {
        let Some(mut content) = self.0.get(key, None).await? else { return Ok(false) };
        let mut file = tokio::fs::File::create_new(into).await.map_err(unwritten)?;
        let mut bytes = 0;
        while let Some(more) = content.reader.next().await? {
            file.write_all(&more).await.map_err(unwritten)?;
            bytes += u64::try_from(more.len()).unwrap_or(u64::MAX);
            told(bytes);
        }
        file.flush().await.map_err(unwritten)?;
        Ok(true)
    }
}

fn unwritten(cause: io::Error) -> ObjectError {
    ObjectError::Broken { doing: "writing an object to media.workplace", cause: cause.into() }
}

fn sweep(root: &Path) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let path = entry?.path();
        if is_abandoned(&path)
            && let Err(error) = fs::remove_dir_all(&path)
        {
            tracing::warn!(%error, "what a stopped process left in media.workplace could not be removed");
        }
    }
    Ok(())
}

/// Whether nobody holds its lock. A folder whose lock is not there yet is being made.
fn is_abandoned(path: &Path) -> bool {
    let ours = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("work-"));
    ours && File::open(path.join(LOCK))
        .is_ok_and(|lock| !matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_goes_and_what_lives_stays() {
        let root = tempfile::tempdir().unwrap();
        let left = root.path().join("work-left");
        fs::create_dir(&left).unwrap();
        fs::write(left.join(LOCK), "").unwrap();
        let foreign = root.path().join("somebody");
        fs::create_dir(&foreign).unwrap();
        let living = Workplace::open(root.path()).unwrap();
        let room = living.room().unwrap();
        fs::write(room.path().join("half"), "done").unwrap();
        let other = Workplace::open(root.path()).unwrap();
        assert!(!left.exists() && foreign.exists());
        assert!(room.path().join("half").exists() && other.path().exists());
        let path = living.path().to_owned();
        drop((room, living));
        assert!(!path.exists());
    }
}
