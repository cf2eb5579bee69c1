//! What a process has started, seen from outside.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};

/// A process that another one started, itself or by others.
#[derive(Debug)]
pub(super) struct Helper {
    id: u32,
    folder: PathBuf,
    /// When: numbers are given again.
    started: u64,
    /// Its command line.
    pub(super) line: String,
}

impl Helper {
    /// Whether it still works; one that nobody has asked how it ended does not.
    pub(super) fn works(&self) -> bool {
        Stat::of(&self.folder).is_some_and(|now| now.started == self.started && now.works)
    }

    fn is_told(&self, signal: Signal) {
        if self.works()
            && let Some(id) = Pid::from_raw(self.id.cast_signed())
        {
            let _ = kill_process(id, signal); // It may have ended just now.
        }
    }
}

/// Processes that do nothing any more, not even end, until this is dropped.
pub(super) struct Hanging(pub(super) Vec<Helper>);

impl Hanging {
    pub(super) fn all(helpers: Vec<Helper>) -> Self {
        helpers.iter().for_each(|helper| helper.is_told(Signal::STOP));
        Self(helpers)
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.iter().for_each(|helper| helper.is_told(Signal::KILL));
    }
}

/// All that a process has started and that works now.
pub(super) fn below(id: u32) -> Vec<Helper> {
    let mut all: Vec<(PathBuf, Stat)> = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        all.extend(Stat::of(&entry.path()).map(|stat| (entry.path(), stat)));
    }
    let (mut ids, mut found) = (vec![id], Vec::new());
    while let Some(parent) = ids.pop() {
        for (folder, stat) in all.iter().filter(|(_, stat)| stat.parent == parent && stat.works) {
            ids.push(stat.id);
            let line = fs::read(folder.join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            found.push(Helper { id: stat.id, folder: folder.clone(), started: stat.started, line });
        }
    }
    found
}

/// What `/proc/PID/stat` says (proc(5)).
struct Stat {
    id: u32,
    works: bool,
    parent: u32,
    started: u64,
}

impl Stat {
    fn of(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join("stat")).ok()?;
        // The name stands in brackets, and may have brackets and spaces in it.
        let (id, rest) = text.split_once(' ')?;
        let fields: Vec<_> = rest.rsplit_once(')')?.1.split_whitespace().collect();
        Some(Self {
            id: id.parse().ok()?,
            works: !["Z", "X"].contains(fields.first()?),
            parent: fields.get(1)?.parse().ok()?,
            started: fields.get(19)?.parse().ok()?,
        })
    }
}
