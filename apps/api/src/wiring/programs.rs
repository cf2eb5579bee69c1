//! The programs beside this one that read what members send.

use crate::config::Media;
use std::env;
use std::path::{self, Path, PathBuf};

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
            Some(path) => path::absolute(path).ok().filter(|path| is_program(path)),
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
    among(env::split_paths(&env::var_os("PATH")?), name)
}

/// The first of these folders that has such a program. What happens to lie in the folder that somebody works in is not
/// meant, even where `PATH` says so.
fn among(folders: impl Iterator<Item = PathBuf>, name: &str) -> Option<PathBuf> {
    let full = folders.filter(|folder| folder.is_absolute());
    full.map(|folder| folder.join(name)).find(|program| is_program(program))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_program_is_found_by_a_full_path_alone_and_only_when_it_can_be_started() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("ffmpeg");
        let find = |folders: &[&Path]| among(folders.iter().map(|path| path.to_path_buf()), "ffmpeg");
        fs::write(&program, "").unwrap();
        assert_eq!(find(&[folder.path()]), None, "it is a file and no program");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(find(&[Path::new("/nowhere"), folder.path()]), Some(program));
        // Whatever lies here: `.`, an empty part and a relative one are not looked into.
        assert_eq!(find(&[Path::new(""), Path::new("."), Path::new("bin")]), None);
    }
}
