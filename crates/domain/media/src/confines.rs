//! What a program that reads foreign bytes may use.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How programs that read foreign bytes are started: by way of one that takes from itself all that they do not need and
/// then becomes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confines {
    /// The program that confines, with its first arguments; empty: programs are started as they are.
    pub by: Vec<OsString>,
}

/// What one run may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed<'a> {
    /// Bytes of address space.
    pub memory: u64,
    /// Of the processor.
    pub time: Duration,
    /// Bytes of the largest file that it may write.
    pub file: u64,
    /// Files and folders that it may read, besides the system's programs and libraries.
    pub reads: Vec<&'a Path>,
    /// Folders that it may write in.
    pub writes: Vec<&'a Path>,
}

impl Confines {
    /// Starts programs as they are.
    #[must_use]
    pub const fn none() -> Self {
        Self { by: Vec::new() }
    }

    /// The whole command line that runs `program` with `arguments` within what is allowed.
    #[must_use]
    pub fn command(&self, allowed: &Allowed<'_>, program: &Path, arguments: &[OsString]) -> Vec<OsString> {
        let mut line = self.by.clone();
        if !line.is_empty() {
            let number = |name: &str, value: u64| [name.into(), value.to_string().into()];
            line.extend(number("--memory", allowed.memory));
            line.extend(number("--seconds", allowed.time.as_secs().max(1)));
            line.extend(number("--file", allowed.file));
            let paths = |name: &'static str, paths: &[&Path]| {
                paths.iter().flat_map(|path| [OsString::from(name), path.into()]).collect::<Vec<_>>()
            };
            line.extend(paths("--read", &allowed.reads));
            line.extend(paths("--write", &allowed.writes));
            line.push("--".into());
        }
        line.push(PathBuf::from(program).into());
        line.extend_from_slice(arguments);
        line
    }
}
