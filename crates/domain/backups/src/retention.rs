//! Which backups are kept: the newest of each of the last days, weeks and months, and never so few that the last good one
//! goes.

use crate::name::BackupName;
use crate::verdict::{Depth, Standing};
use chrono::{Datelike, TimeDelta};
use kernel::Timestamp;
use std::collections::BTreeSet;

/// How long nobody touches a backup that is not finished: it may be being written.
const BEING_WRITTEN: TimeDelta = TimeDelta::days(2);
/// How long a bad one stays, for whoever wants to know what happened to it.
const BAD_STAYS: TimeDelta = TimeDelta::days(7);

/// Of how many days, weeks and months (UTC, weeks from Monday) the newest backup is kept. Days without one do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Days.
    pub daily: usize,
    /// Weeks.
    pub weekly: usize,
    /// Months.
    pub monthly: usize,
}

impl Rule {
    /// Which of these may go now.
    ///
    /// - Bad ones and those that are not finished count for nothing. They go when they are old enough, and only beside a
    ///   backup that was found good.
    /// - Those that nobody has looked at count like good ones, as long as there is no reason to think otherwise.
    /// - For every depth the newest backup that was found good so deep stays, whatever the rule says: the newest one whose
    ///   store was restored is not given away for ten newer ones whose parts have their sums.
    /// - While nothing was ever found good, nothing goes.
    #[must_use]
    pub fn removable(&self, all: &[(BackupName, Standing)], now: Timestamp) -> Vec<BackupName> {
        let mut newest_first: Vec<_> = all.iter().collect();
        newest_first.sort_by(|(one, _), (other, _)| other.cmp(one));
        let mut keep: BTreeSet<&BackupName> = BTreeSet::new();
        for depth in Depth::ALL {
            let proven = |standing: &Standing| matches!(standing, Standing::Good(to) if *to >= depth);
            keep.extend(newest_first.iter().find(|(_, standing)| proven(standing)).map(|(name, _)| name));
        }
        if keep.is_empty() {
            return Vec::new();
        }
        let whole = || {
            let counts = |standing: &Standing| matches!(standing, Standing::Good(_) | Standing::Unchecked);
            newest_first.iter().filter(move |(_, standing)| counts(standing)).map(|(name, _)| name)
        };
        keep.extend(newest_of(self.daily, whole(), |at| (at.year(), at.ordinal())));
        keep.extend(newest_of(self.weekly, whole(), |at| (at.iso_week().year(), at.iso_week().week())));
        keep.extend(newest_of(self.monthly, whole(), |at| (at.year(), at.month())));
        let young = |name: &BackupName, standing: &Standing| {
            let age = now - name.made_at();
            match standing {
                Standing::Unfinished => age < BEING_WRITTEN,
                Standing::Bad => age < BAD_STAYS,
                Standing::Unchecked | Standing::Good(_) => false,
            }
        };
        newest_first
            .iter()
            .filter(|(name, standing)| !keep.contains(name) && !young(name, standing))
            .map(|(name, _)| name.clone())
            .collect()
    }
}

/// The newest of each of the last so many periods that have any.
fn newest_of<'a, Period: PartialEq>(
    most: usize,
    newest_first: impl Iterator<Item = &'a BackupName>,
    period: impl Fn(Timestamp) -> Period,
) -> Vec<&'a BackupName> {
    let (mut newest, mut last) = (Vec::new(), None);
    for name in newest_first {
        let of = Some(period(name.made_at()));
        if newest.len() < most && of != last {
            newest.push(name);
        }
        last = of;
    }
    newest
}

#[cfg(test)]
mod tests;
