//! Where files lie while something is made of them: a folder of this process, empty at its start and gone at its end.
//! What a killed process left is found by its lock, which nobody holds any more, and removed by the next.

use async_trait::async_trait;
use kernel::{Fetch, ObjectError, ObjectKey, ObjectStore};
use rustix::process::geteuid;
use std::fs::{self, DirBuilder, File, Metadata, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

/// What the file is called that a process keeps locked while it lives.
const LOCK: &str = ".lock";
/// A folder without a lock is being made; one that is older was left by a process that was killed right then.
const BEING_MADE: Duration = Duration::from_secs(3600);
/// Nobody else looks into what is worked on.
const OURS_ALONE: u32 = 0o700;

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
    /// When nothing can be written there, or when it belongs to somebody else, who could exchange what lies in it.
    pub fn open(root: &Path) -> io::Result<Self> {
        make(root)?;
        // One at a time: between the making of a folder and its lock it looks as if nobody used it.
        let alone = File::open(root)?;
        alone.lock()?;
        sweep(root)?;
        let mut folder = tempfile::Builder::new();
        let folder =
            folder.prefix("work-").permissions(Permissions::from_mode(OURS_ALONE)).tempdir_in(root)?;
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

fn make(root: &Path) -> io::Result<()> {
    if let Some(above) = root.parent() {
        fs::create_dir_all(above)?;
    }
    if let Err(error) = DirBuilder::new().mode(OURS_ALONE).create(root)
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(error);
    }
    // Both the name and what it leads to, where it is a link.
    for about in [fs::symlink_metadata(root)?, fs::metadata(root)?] {
        if !is_trusted(about.uid(), geteuid().as_raw()) {
            let why = format!("{} belongs to somebody else", root.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
    }
    Ok(())
}

/// Whether whoever a folder belongs to may have it: ourselves, or the one who may do everything in any case, to whom
/// volumes belong.
const fn is_trusted(owner: u32, us: u32) -> bool {
    owner == us || owner == 0
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

/// Whether nobody holds its lock, or it has none although it had time to get one.
fn is_abandoned(path: &Path) -> bool {
    let ours = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("work-"));
    if !ours {
        return false;
    }
    match File::open(path.join(LOCK)) {
        Ok(lock) => !matches!(lock.try_lock(), Err(TryLockError::WouldBlock)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.metadata().is_ok_and(|it| is_old(&it)),
        Err(_) => false,
    }
}

fn is_old(about: &Metadata) -> bool {
    about.modified().ok().and_then(|at| at.elapsed().ok()).is_some_and(|age| age > BEING_MADE)
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

    #[test]
    fn what_never_got_a_lock_goes_when_it_had_time_to_get_one() {
        let root = tempfile::tempdir().unwrap();
        let (old, new) = (root.path().join("work-old"), root.path().join("work-new"));
        for folder in [&old, &new] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("half"), "done").unwrap();
        }
        let long_ago = new.metadata().unwrap().modified().unwrap() - 2 * BEING_MADE;
        File::open(&old).unwrap().set_modified(long_ago).unwrap();
        let _living = Workplace::open(root.path()).unwrap();
        assert!(!old.exists() && new.exists());
    }

    #[test]
    fn those_who_start_together_do_not_remove_each_other() {
        let root = tempfile::tempdir().unwrap();
        let open = || Workplace::open(root.path()).unwrap();
        let all: Vec<_> = std::thread::scope(|scope| {
            let starting: Vec<_> = (0..16).map(|_| scope.spawn(open)).collect();
            starting.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(all.iter().all(|one| one.path().join(LOCK).exists()));
    }

    #[test]
    fn nobody_else_looks_into_it() {
        let above = tempfile::tempdir().unwrap();
        let root = above.path().join("new/work");
        let living = Workplace::open(&root).unwrap();
        for folder in [root.as_path(), living.path()] {
            assert_eq!(folder.metadata().unwrap().mode() & 0o777, OURS_ALONE, "{}", folder.display());
        }
    }

    #[test]
    fn a_folder_of_somebody_else_is_not_used() {
        assert!(is_trusted(1000, 1000) && is_trusted(0, 1000) && !is_trusted(1001, 1000));
        assert!(!is_trusted(1000, 0));
    }
}
