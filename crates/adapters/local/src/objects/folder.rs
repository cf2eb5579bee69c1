//! The folder itself: where an object lies, and how it gets there and away.

use super::fault::{Trouble, if_there};
use super::kept::{NOTE, Writing, read_note};
use chrono::TimeDelta;
use kernel::{Body, Listed, ObjectKey, StoredObject, Timestamp};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// What is on its way, by chance names.
const TEMPORARY: &str = ".tmp";
/// What is sent in parts.
const PARTS: &str = ".parts";
/// Nothing is on its way for longer; what is older was left by a process that was killed.
const ABANDONED: TimeDelta = TimeDelta::days(2);
/// How often a folder may be pruned by somebody else before one has put something into it.
const TRIES: u32 = 16;

/// A folder of objects.
pub(super) struct Folder {
    root: PathBuf,
}

/// A file or folder on its way; removed when it is dropped.
pub(super) struct Temporary(PathBuf);

impl Temporary {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What was put in its place is not here any more, and what cannot be removed is swept later.
        let _ = remove_all(&self.0);
    }
}

impl Folder {
    pub(super) fn open(folder: &Path, now: Timestamp) -> io::Result<Self> {
        make(folder)?;
        let root = folder.canonicalize()?;
        make(&root.join(TEMPORARY))?;
        make(&root.join(PARTS))?;
        let folder = Self { root };
        folder.sweep(now)?;
        // That nothing can be written is better known now.
        folder.temporary_file().map(|_| folder)
    }

    /// Removes what a process left that was killed.
    fn sweep(&self, now: Timestamp) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join(TEMPORARY))? {
            let entry = entry?;
            let changed = entry.metadata().and_then(|it| it.modified()).map(Timestamp::from);
            if changed.is_ok_and(|changed| changed + ABANDONED < now) {
                remove_all(&entry.path())?;
            }
        }
        Ok(())
    }

    /// A name for something on its way.
    pub(super) fn temporary(&self) -> Temporary {
        Temporary(self.root.join(TEMPORARY).join(Uuid::new_v4().to_string()))
    }

    pub(super) fn temporary_file(&self) -> io::Result<(Temporary, File)> {
        let temporary = self.temporary();
        let mut options = OpenOptions::new();
        options.create_new(true).read(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(temporary.path())?;
        Ok((temporary, file))
    }

    /// Where all parts lie.
    pub(super) fn all_parts(&self) -> PathBuf {
        self.root.join(PARTS)
    }

    /// Where an object lies. A name has no way out of the folder; a link on the disk could be one, so none is followed.
    pub(super) fn path(&self, key: &ObjectKey) -> io::Result<PathBuf> {
        let mut path = self.root.clone();
        for part in key.as_str().split('/') {
            if fs::symlink_metadata(&path).is_ok_and(|it| it.is_symlink()) {
                return Err(io::Error::new(ErrorKind::PermissionDenied, "a link is in the way"));
            }
            path.push(part);
        }
        Ok(path)
    }

    /// Moves something for good to where it belongs, so that it is there after a power failure, too.
    pub(super) fn place(&self, from: Temporary, to: &Path) -> io::Result<()> {
        let parent = to.parent().unwrap_or(&self.root);
        for _ in 0..TRIES {
            match make(parent).and_then(|()| fs::rename(from.path(), to)) {
                // The last object of that folder went in this moment, and the folder with it; or one above it, which
                // had just been seen to exist.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists) => {}
                Err(error) => return Err(error),
                Ok(()) => return self.sync_folders(parent),
            }
        }
        Err(ErrorKind::ResourceBusy.into())
    }

    /// The same into a folder that has to be there; `false` when it is not.
    pub(super) fn place_beside(&self, from: Temporary, to: &Path) -> io::Result<bool> {
        let placed = if_there(fs::rename(from.path(), to))?.is_some();
        if placed {
            sync_folder(to.parent().unwrap_or(&self.root))?;
        }
        Ok(placed)
    }

    /// Names are durable when the folders that hold them are.
    fn sync_folders(&self, from: &Path) -> io::Result<()> {
        let ours = from.ancestors().take_while(|folder| folder.starts_with(&self.root));
        for folder in ours {
            // One that was pruned since holds nothing of ours.
            if_there(sync_folder(folder))?;
        }
        Ok(())
    }

    pub(super) fn put(&self, key: &ObjectKey, body: Body, content_type: &str) -> Result<(), Trouble> {
        let mut writing = Writing::begin(self)?;
        match body {
            Body::Bytes(bytes) => writing.write(&bytes)?,
            Body::File(path) => writing.copy(File::open(path)?)?,
        }
        writing.keep(self, &self.path(key)?, content_type, None).map(drop)
    }

    /// An object, open at its beginning.
    pub(super) fn find(&self, key: &ObjectKey) -> Result<Option<(File, StoredObject)>, Trouble> {
        Ok(open_object(&self.path(key)?)?)
    }

    pub(super) fn remove(&self, key: &ObjectKey) -> Result<(), Trouble> {
        let path = self.path(key)?;
        let there = if_there(fs::symlink_metadata(&path))?.is_some_and(|it| !it.is_dir());
        if there && if_there(fs::remove_file(&path))?.is_some() {
            self.prune(&path)?;
        }
        Ok(())
    }

    /// Removes the folders that an object leaves empty.
    fn prune(&self, path: &Path) -> io::Result<()> {
        let parents = path.ancestors().skip(1).take_while(|folder| *folder != self.root);
        for folder in parents {
            if fs::remove_dir(folder).is_err() {
                // There is something in it.
                return if_there(sync_folder(folder)).map(drop);
            }
        }
        sync_folder(&self.root)
    }

    pub(super) fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectKey>,
        limit: u32,
    ) -> Result<Vec<Listed>, Trouble> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut listing = Listing { prefix, after: after.map(ObjectKey::as_str), most, found: Vec::new() };
        listing.walk(&self.root, "")?;
        Ok(listing.found)
    }
}

/// A walk through the folder in the order of names.
struct Listing<'a> {
    prefix: &'a str,
    after: Option<&'a str>,
    most: usize,
    found: Vec<Listed>,
}

impl Listing<'_> {
    fn walk(&mut self, folder: &Path, name: &str) -> io::Result<()> {
        // A folder that somebody pruned meanwhile is empty.
        let Some(entries) = if_there(fs::read_dir(folder))? else { return Ok(()) };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let (kind, own) = (entry.file_type()?, entry.file_name());
            let known = own.to_str().filter(|own| !own.starts_with('.'));
            match known {
                // As they sort in whole names.
                Some(own) if kind.is_dir() => names.push(format!("{name}{own}/")),
                Some(own) if kind.is_file() => names.push(format!("{name}{own}")),
                _ => {}
            }
        }
        names.sort_unstable();
        for full in names {
            if self.found.len() >= self.most {
                break;
            }
            let path = folder.join(full.get(name.len()..).unwrap_or_default());
            if full.ends_with('/') {
                if self.may_hold(&full) {
                    self.walk(&path, &full)?;
                }
            } else {
                self.see(&path, &full)?;
            }
        }
        Ok(())
    }

    /// Whether something that is wanted may lie in a folder.
    fn may_hold(&self, folder: &str) -> bool {
        let wanted = folder.starts_with(self.prefix) || self.prefix.starts_with(folder);
        wanted && self.after.is_none_or(|after| folder > after || after.starts_with(folder))
    }

    fn see(&mut self, path: &Path, name: &str) -> io::Result<()> {
        let wanted = name.starts_with(self.prefix) && self.after.is_none_or(|after| name > after);
        let Some(key) = ObjectKey::parse(name).filter(|_| wanted) else { return Ok(()) };
        if let Some(metadata) = if_there(fs::metadata(path))? {
            let size = metadata.len().saturating_sub(NOTE);
            let changed_at = metadata.modified()?.into();
            // A file that was cut off says nothing of itself, and is listed as long as it is.
            let etag = open_object(path).ok().flatten().map(|(_, object)| object.etag);
            self.found.push(Listed { key, size, changed_at, etag });
        }
        Ok(())
    }
}

/// Opens an object's file, if there is one.
pub(super) fn open_object(path: &Path) -> io::Result<Option<(File, StoredObject)>> {
    // A link, a folder or a pipe is none.
    let Some(metadata) = if_there(fs::symlink_metadata(path))? else { return Ok(None) };
    if !metadata.is_file() {
        return Ok(None);
    }
    let Some(mut file) = if_there(File::open(path))? else { return Ok(None) };
    let object = read_note(&mut file)?;
    Ok(Some((file, object)))
}

/// For nobody else on the machine.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Removes a file, or a folder with what is in it, if it is there.
fn remove_all(path: &Path) -> io::Result<()> {
    let Some(metadata) = if_there(fs::symlink_metadata(path))? else { return Ok(()) };
    let removed = if metadata.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    if_there(removed).map(drop)
}
