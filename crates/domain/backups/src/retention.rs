//! Which backups are kept: the newest of each of the last days, weeks and months, and never so few that the last good one
//! goes, nor the last one of before a store was lost.

use crate::name::BackupName;
use crate::verdict::{Depth, Standing};
use chrono::{Datelike, TimeDelta};
use kernel::Timestamp;
use std::collections::BTreeSet;

/// How long nobody touches a backup that is not finished: it may be being written.
const BEING_WRITTEN: TimeDelta = TimeDelta::days(2);
/// How long one stays that is not known to be bad, whatever is made after it: long enough for somebody to see what that is.
const YOUNG_STAYS: TimeDelta = TimeDelta::days(2);
/// How long a bad one stays, for whoever wants to know what happened to it.
const BAD_STAYS: TimeDelta = TimeDelta::days(7);

/// A backup, as far as the rule has to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What it is called, with the instant.
    pub name: BackupName,
    /// What it is worth.
    pub standing: Standing,
    /// How many rows are in it; 0 where nobody can read that, which is of none that is good.
    pub rows: u64,
}

impl Candidate {
    const fn is_good(&self) -> bool {
        matches!(self.standing, Standing::Good(_))
    }
}

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
    /// - Young ones stay.
    /// - When a newer good one has less than half the rows of an older good one, a store may have been lost and begun anew.
    ///   Of the older ones of which that is so the one with the most rows stays, of several the newest, until a person
    ///   removes it. What tells of it stays, too: the newest one that has so few.
    /// - While nothing was ever found good, nothing goes.
    #[must_use]
    pub fn removable(&self, all: &[Candidate], now: Timestamp) -> Vec<BackupName> {
        let mut newest_first: Vec<_> = all.iter().collect();
        newest_first.sort_by(|Candidate { name: one, .. }, Candidate { name: other, .. }| other.cmp(one));
        let mut keep: BTreeSet<&BackupName> = BTreeSet::new();
        for depth in Depth::ALL {
            let proven = |it: &&&Candidate| matches!(it.standing, Standing::Good(to) if to >= depth);
            keep.extend(newest_first.iter().find(proven).map(|it| &it.name));
        }
        if keep.is_empty() {
            return Vec::new();
        }
        if let Some((before, after)) = fall(&newest_first) {
            keep.extend([&before.name, &after.name]);
        }
        // With whether it was found good.
        let counts = |standing: &Standing| match standing {
            Standing::Good(_) => Some(true),
            Standing::Unchecked => Some(false),
            Standing::Unfinished | Standing::Bad | Standing::Unread => None,
        };
        let whole: Vec<_> =
            newest_first.iter().filter_map(|it| Some((&it.name, counts(&it.standing)?))).collect();
        keep.extend(newest_of(self.daily, &whole, |at| (at.year(), at.ordinal())));
        keep.extend(newest_of(self.weekly, &whole, |at| (at.iso_week().year(), at.iso_week().week())));
        keep.extend(newest_of(self.monthly, &whole, |at| (at.year(), at.month())));
        let stays = |it: &Candidate| {
            let age = now - it.name.made_at();
            match it.standing {
                Standing::Unfinished => age < BEING_WRITTEN,
                Standing::Bad => age < BAD_STAYS,
                Standing::Unread => true,
                Standing::Unchecked | Standing::Good(_) => age < YOUNG_STAYS,
            }
        };
        newest_first
            .iter()
            .filter(|it| !keep.contains(&it.name) && !stays(it))
            .map(|it| it.name.clone())
            .collect()
    }
}

/// The good one with the most rows, of several the newest, after which there is a good one with less than half as many; and
/// the newest of these.
fn fall<'a>(newest_first: &[&'a Candidate]) -> Option<(&'a Candidate, &'a Candidate)> {
    let mut highest: Option<(&'a Candidate, &'a Candidate)> = None;
    let good: Vec<&'a Candidate> = newest_first.iter().copied().filter(|it| it.is_good()).collect();
    for (newer, &before) in good.iter().enumerate() {
        let after = good.iter().take(newer).find(|after| after.rows.saturating_mul(2) < before.rows);
        if let Some(&after) = after
            && highest.is_none_or(|(highest, _)| highest.rows < before.rows)
        {
            highest = Some((before, after));
        }
    }
    highest
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
