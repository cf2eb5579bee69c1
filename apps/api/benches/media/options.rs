//! What can be asked for.

use crate::report::options::{groups, number};
use std::collections::BTreeSet;
use std::time::Duration;

/// How it is called.
pub(crate) const USAGE: &str = "\
usage: ./dev bench media [OPTION...]
  --seconds N   length of each measurement of lists (5)
  --runs N      how often pictures and sound are made each way, of which the fastest counts (3)
  --only LIST   of pictures,sound,lists,memory,ways
  --quick       a short look: 2 seconds, 1 run, less sound, 512 MiB instead of 4 GiB, fewer files";

/// Groups of figures that can be chosen.
const GROUPS: [&str; 5] = ["pictures", "sound", "lists", "memory", "ways"];
const MIB: u64 = 1024 * 1024;

/// How much is measured.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Of each measurement of lists.
    pub(crate) time: Duration,
    /// Of pictures and sound.
    pub(crate) runs: usize,
    /// Seconds of sound.
    pub(crate) sound: u32,
    /// Bytes that pass through the server.
    pub(crate) passing: u64,
    /// Files that are sent, and read, to compare ways.
    pub(crate) files: usize,
    only: BTreeSet<String>,
}

impl Options {
    /// From what was typed after the program's name; the error is what to say.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            time: Duration::from_secs(5),
            runs: 3,
            sound: 240,
            passing: 4096 * MIB,
            files: 8,
            only: GROUPS.map(str::to_owned).into(),
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--seconds" => options.time = Duration::from_secs(number(&value()?, 1, 600)?),
                "--runs" => options.runs = usize::try_from(number(&value()?, 1, 100)?).unwrap_or(1),
                "--only" => options.only = groups(&value()?, &GROUPS)?,
                "--quick" => {
                    options.time = Duration::from_secs(2);
                    (options.runs, options.sound) = (1, 60);
                    (options.passing, options.files) = (512 * MIB, 4);
                }
                "--bench" => {} // said by cargo
                _ => return Err(format!("{argument} is not known\n{USAGE}")),
            }
        }
        Ok(options)
    }

    /// Whether a group of figures is wanted.
    pub(crate) fn wants(&self, group: &str) -> bool {
        self.only.contains(group)
    }
}
