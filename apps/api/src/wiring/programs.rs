//! The programs beside this one that read what members send.

use crate::config::Media;
use std::env;
use std::path::{Path, PathBuf};

/// Where they lie; `None`: not on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Programs {
    /// Reads and writes sound.
    pub ffmpeg: Option<PathBuf>,
    /// Tells what is in a recording.
    pub ffprobe: Option<PathBuf>,
    /// Reads HEIC.
    pub heif: Option<PathBuf>,
}

impl Programs {
    /// Those that are configured, else what lies where the system keeps programs.
    #[must_use]
    pub fn find(media: &Media) -> Self {
        let found = |given: &Option<PathBuf>, names: &[&str]| match given {
            Some(path) => is_program(path).then(|| path.clone()),
            None => names.iter().find_map(|name| in_path(name)),
        };
        Self {
            ffmpeg: found(&media.ffmpeg, &["ffmpeg"]),
            ffprobe: found(&media.ffprobe, &["ffprobe"]),
            heif: found(&media.heif, &["heif-dec", "heif-convert"]),
        }
    }

    /// What is missing: the program, what waits for it, and the Debian package that brings it.
    #[must_use]
    pub fn missing(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        [
            (&self.ffmpeg, "ffmpeg", "recordings", "ffmpeg"),
            (&self.ffprobe, "ffprobe", "recordings", "ffmpeg"),
            (&self.heif, "heif-dec or heif-convert", "pictures in HEIC", "libheif-examples"),
        ]
        .into_iter()
        .filter(|(found, ..)| found.is_none())
        .map(|(_, program, waits, package)| (program, waits, package))
        .collect()
    }
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|program| is_program(program))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
