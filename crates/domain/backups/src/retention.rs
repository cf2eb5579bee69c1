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
    /// - Those that nobody has looked at count where there is no good one of that day, week or month.
    /// - Those of which cannot be read what was found count for nothing and stay: somebody has to look at them again.
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
        // With whether it was found good.
        let counts = |standing: &Standing| match standing {
            Standing::Good(_) => Some(true),
            Standing::Unchecked => Some(false),
            Standing::Unfinished | Standing::Bad | Standing::Unread => None,
        };
        let whole: Vec<_> =
            newest_first.iter().filter_map(|(name, standing)| Some((name, counts(standing)?))).collect();
        keep.extend(newest_of(self.daily, &whole, |at| (at.year(), at.ordinal())));
        keep.extend(newest_of(self.weekly, &whole, |at| (at.iso_week().year(), at.iso_week().week())));
        keep.extend(newest_of(self.monthly, &whole, |at| (at.year(), at.month())));
        let stays = |name: &BackupName, standing: &Standing| {
            let age = now - name.made_at();
            match standing {
                Standing::Unfinished => age < BEING_WRITTEN,
                Standing::Bad => age < BAD_STAYS,
                Standing::Unread => true,
                Standing::Unchecked | Standing::Good(_) => false,
            }
        };
        newest_first
            .iter()
            .filter(|(name, standing)| !keep.contains(name) && !stays(name, standing))
            .map(|(name, _)| name.clone())
            .collect()
    }
}

/// The newest good one of each of the last so many periods that have any; where none is good, the newest.
fn newest_of<'a, Period: PartialEq>(
    most: usize,
    newest_first: &[(&'a BackupName, bool)],
    period: impl Fn(Timestamp) -> Period,
) -> Vec<&'a BackupName> {
    let mut newest: Vec<(Period, &'a BackupName, bool)> = Vec::new();
    for &(name, good) in newest_first {
        let of = period(name.made_at());
        if newest.last().is_none_or(|(last, ..)| *last != of) {
            if newest.len() == most {
                break;
            }
            newest.push((of, name, good));
        } else if let Some((_, best, is_good)) = newest.last_mut()
            && good
            && !*is_good
        {
            (*best, *is_good) = (name, true);
        }
    }
    newest.into_iter().map(|(_, name, _)| name).collect()
}

#[cfg(test)]
mod tests;
