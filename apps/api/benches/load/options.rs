//! What can be asked for.

use crate::report::options::{groups, number};
use std::collections::BTreeSet;
use std::time::Duration;

/// How it is called.
pub(crate) const USAGE: &str = "\
usage: ./dev bench [OPTION...]
  --seconds N      length of each measurement (10)
  --rounds N       measurements of each figure, of which the median counts (3)
  --connections N  buyers at a time, instead of the best of 32, 64 and 128
  --only LIST      of hot,spread,list,paid,seats,stream, and million: the same beside a million bookings
  --listeners N    who listen to the event meanwhile, in stream (5000)
  --worker         the server also performs what it owes (mails) while it is measured
  --quick          a short look: 2 seconds, 1 round, 64 connections, 20,000 bookings instead of 1,000,000";

/// Groups of figures that can be chosen.
const GROUPS: [&str; 7] = ["hot", "spread", "list", "paid", "seats", "stream", "million"];

/// How much is measured.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) time: Duration,
    pub(crate) rounds: usize,
    pub(crate) connections: Option<usize>,
    /// Bookings in the large database.
    pub(crate) bookings: u32,
    /// Who listen to an event while it is sold.
    pub(crate) listeners: usize,
    pub(crate) worker: bool,
    only: BTreeSet<String>,
}

impl Options {
    /// From what was typed after the program's name; the error is what to say.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            time: Duration::from_secs(10),
            rounds: 3,
            connections: None,
            bookings: 1_000_000,
            listeners: 5000,
            worker: false,
            only: GROUPS.map(str::to_owned).into(),
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--seconds" => options.time = Duration::from_secs(number(&value()?, 1, 600)?),
                "--rounds" => options.rounds = usize::try_from(number(&value()?, 1, 100)?).unwrap_or(1),
                "--connections" => options.connections = usize::try_from(number(&value()?, 1, 1000)?).ok(),
                "--only" => options.only = groups(&value()?, &GROUPS)?,
                "--listeners" => {
                    options.listeners = usize::try_from(number(&value()?, 1, 100_000)?).unwrap_or(1);
                }
                "--worker" => options.worker = true,
                "--quick" => {
                    options.time = Duration::from_secs(2);
                    (options.rounds, options.connections, options.bookings) = (1, Some(64), 20_000);
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
