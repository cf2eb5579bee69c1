//! What can be asked for.

use crate::report::options::{groups, number};
use std::collections::BTreeSet;
use std::time::Duration;

/// How it is called.
pub(crate) const USAGE: &str = "\
usage: ./dev bench run [OPTION...]
  --seconds N   length of each measurement of answers, and of mails without a program (5)
  --mails N     mails that the program owes, in thousands (20)
  --only LIST   of mail,office,backup
  --quick       a short look: 2 seconds, 2,000 mails, 20,000 bookings instead of 1,000,000";

/// Groups of figures that can be chosen.
const GROUPS: [&str; 3] = ["mail", "office", "backup"];

/// How much is measured.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Of each measurement that could go on.
    pub(crate) time: Duration,
    /// Owed at once, in thousands.
    pub(crate) mails: u32,
    /// In the database that admins look at, and that is backed up.
    pub(crate) bookings: u32,
    only: BTreeSet<String>,
}

impl Options {
    /// From what was typed after the program's name; the error is what to say.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            time: Duration::from_secs(5),
            mails: 20,
            bookings: 1_000_000,
            only: GROUPS.map(str::to_owned).into(),
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--seconds" => options.time = Duration::from_secs(number(&value()?, 1, 600)?),
                "--mails" => options.mails = u32::try_from(number(&value()?, 1, 1000)?).unwrap_or(1),
                "--only" => options.only = groups(&value()?, &GROUPS)?,
                "--quick" => {
                    options.time = Duration::from_secs(2);
                    (options.mails, options.bookings) = (2, 20_000);
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
