//! The state file: a JSON snapshot, replaced as a whole.
//!
//! It is written after every change and before the change is answered; changes that come while a write is under way
//! share the next one. A killed process loses nothing; a machine that loses power may lose the last moments.

use serde::de::DeserializeOwned;
use std::io;
use std::path::{Path, PathBuf};

/// `state.json` becomes `state.stripe.json`.
pub(crate) fn path_for(state_file: &Path, provider: &str) -> PathBuf {
    state_file.with_extension(format!("{provider}.json"))
}

/// What was kept; nothing kept yet gives the default.
pub(crate) fn load<T: DeserializeOwned + Default>(path: &Path) -> io::Result<T> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::from),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        Err(error) => Err(error),
    }
}

/// Replaces the file at once: a reader, or a crash, sees the old one or the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let fresh = path.with_extension("fresh");
    std::fs::write(&fresh, bytes)?;
    std::fs::rename(&fresh, path)
}
