//! What the house knows of its backups: which there are, what was found of each, and what is being done with one of them.
//! The truth lies where the backups lie; this is what is shown, and by what alarm is raised.

use crate::name::BackupName;
use crate::ports::Work;
use crate::verdict::{Depth, Record, Standing};
use chrono::TimeDelta;
use kernel::{BackupId, Cursor, Timestamp};
use serde::{Deserialize, Serialize};

/// Between two mails that say that there is no good backup.
const SAID_AGAIN: TimeDelta = TimeDelta::hours(24);

/// What is done with a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// It is made, and a store is made of it again and looked at.
    Make,
    /// Every part of it is read again.
    Verify,
}

impl Task {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Make => "make",
            Self::Verify => "verify",
        }
    }
}

/// Work with a backup. There is one at a time in the whole house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Which backup.
    pub backup: BackupId,
    /// What is done.
    pub task: Task,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When somebody last took it up.
    pub begun_at: Option<Timestamp>,
}

/// Of which there is one: whoever wants to do something with a backup comes here first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Desk {
    /// What is being done.
    pub job: Option<Job>,
    /// How many jobs have ended: who sees the same number twice has missed none.
    pub ended: u64,
    /// When a backup was last asked for.
    pub asked_at: Option<Timestamp>,
    /// Since when somebody sees to it that there is a good one.
    pub watched_since: Option<Timestamp>,
    /// When admins were last told that there is none.
    pub told_at: Option<Timestamp>,
    /// When it was last compared with what lies there.
    pub compared_at: Option<Timestamp>,
}

impl Desk {
    /// Whether it is time for a backup that was due at `latest`: unless one was asked for since, or is being made.
    #[must_use]
    pub fn is_due(&self, latest: Timestamp) -> bool {
        self.job.is_none() && self.asked_at.is_none_or(|asked_at| asked_at < latest)
    }

    /// Whether this is what is being done.
    #[must_use]
    pub fn is_at(&self, work: Work) -> bool {
        self.job.is_some_and(|job| job.backup == work.backup() && job.task == work.task())
    }

    /// Whether admins are to be told now that there has been no good backup for so long, counted from the instant that the
    /// last good one shows, and before there was one from when somebody began to see to it. They are told once a day.
    #[must_use]
    pub fn is_worrying(&self, last_good: Option<Timestamp>, patience: TimeDelta, now: Timestamp) -> bool {
        let told = self.told_at.is_some_and(|told_at| now - told_at < SAID_AGAIN);
        let since = last_good.or(self.watched_since);
        !told && since.is_some_and(|since| now - since >= patience)
    }
}

/// A backup that was asked for, or that was found where they lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// Names it here.
    pub id: BackupId,
    /// When it was asked for; of one that was found, the instant that it shows.
    pub asked_at: Timestamp,
    /// What lies there; nothing before it is made.
    pub made: Option<Made>,
    /// Why it could not be made or looked at when that was last tried; nothing once it could.
    pub failure: Option<Failed>,
}

/// A backup that lies there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// What it is called there.
    pub name: BackupName,
    /// Bytes of all its objects.
    pub bytes: u64,
    /// Rows of all its tables.
    pub rows: u64,
    /// What was found of it.
    pub record: Record,
}

/// That something could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: String,
}

/// How a backup is, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nobody has begun to make it.
    Waiting,
    /// It is being made.
    Running,
    /// It was not made.
    Failed,
    /// It lies there, and nobody has looked.
    Unchecked,
    /// Something is wrong with it.
    Bad,
    /// It was found good so deep.
    Good(Depth),
}

impl Status {
    /// As shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Failed => "failed",
            Self::Unchecked => "unchecked",
            Self::Bad => "bad",
            Self::Good(_) => "good",
        }
    }
}

impl Backup {
    /// One that is asked for now.
    #[must_use]
    pub fn asked(now: Timestamp) -> Self {
        Self { id: BackupId::generate(now), asked_at: now, made: None, failure: None }
    }

    /// One that was found.
    #[must_use]
    pub fn found(made: Made) -> Self {
        let at = made.name.made_at();
        Self { id: BackupId::generate(at), asked_at: at, made: Some(made), failure: None }
    }

    /// How it is.
    #[must_use]
    pub fn status(&self, desk: &Desk) -> Status {
        let job = desk.job.filter(|job| job.backup == self.id);
        match (&self.made, job) {
            (Some(made), _) => match made.record.standing() {
                Standing::Bad => Status::Bad,
                Standing::Good(depth) => Status::Good(depth),
                Standing::Unread | Standing::Unchecked | Standing::Unfinished => Status::Unchecked,
            },
            (None, Some(Job { begun_at: Some(_), .. })) => Status::Running,
            (None, Some(_)) => Status::Waiting,
            (None, None) => Status::Failed,
        }
    }

    /// The instant that it shows, when it is good for what it is made for: a store was made of it, and nothing was wrong.
    #[must_use]
    pub fn good_at(&self) -> Option<Timestamp> {
        let made = self.made.as_ref()?;
        (made.record.standing() == Standing::Good(Depth::Restored)).then(|| made.name.made_at())
    }

    /// Where it stands in lists.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { at: self.asked_at, id: self.id.as_uuid() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Finding, Verdict};

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    fn made(depth: Depth, findings: Vec<Finding>) -> Backup {
        let name = BackupName::generate(at(3));
        let verdict = Verdict { backup: name.clone(), at: at(4), depth, findings };
        let record = Record::default().after(&verdict);
        Backup { made: Some(Made { name, bytes: 1, rows: 1, record }), ..Backup::asked(at(2)) }
    }

    #[test]
    fn one_is_due_unless_one_was_asked_for_since_or_is_being_made() {
        let desk = Desk::default();
        assert!(desk.is_due(at(3)), "the first of all");
        let asked = |hour| Desk { asked_at: Some(at(hour)), ..Desk::default() };
        assert!(asked(2).is_due(at(3)) && !asked(3).is_due(at(3)) && !asked(4).is_due(at(3)));
        let job =
            Job { backup: BackupId::generate(at(2)), task: Task::Verify, asked_at: at(2), begun_at: None };
        assert!(!Desk { job: Some(job), ..asked(2) }.is_due(at(3)));
    }

    #[test]
    fn that_none_is_good_is_said_once_a_day() {
        let patience = TimeDelta::hours(26);
        let watched = |told_at| Desk { watched_since: Some(at(0)), told_at, ..Desk::default() };
        assert!(!Desk::default().is_worrying(None, patience, at(1000)), "nobody sees to it");
        // Before there ever was one.
        assert!(!watched(None).is_worrying(None, patience, at(25)));
        assert!(watched(None).is_worrying(None, patience, at(26)));
        assert!(!watched(Some(at(26))).is_worrying(None, patience, at(49)));
        assert!(watched(Some(at(26))).is_worrying(None, patience, at(50)));
        // And afterwards.
        assert!(!watched(None).is_worrying(Some(at(100)), patience, at(125)));
        assert!(watched(Some(at(26))).is_worrying(Some(at(100)), patience, at(126)));
    }

    #[test]
    fn what_is_being_done_is_one_thing_with_one_backup() {
        let (backup, other) = (BackupId::generate(at(2)), BackupId::generate(at(1)));
        let job = Job { backup, task: Task::Verify, asked_at: at(2), begun_at: None };
        let desk = Desk { job: Some(job), ..Desk::default() };
        assert!(desk.is_at(Work::Verify { backup }));
        assert!(!desk.is_at(Work::Make { backup }) && !desk.is_at(Work::Verify { backup: other }));
        assert!(!Desk::default().is_at(Work::Verify { backup }));
    }

    #[test]
    fn a_backup_is_what_becomes_of_it() {
        let asked = Backup::asked(at(2));
        let job = Job { backup: asked.id, task: Task::Make, asked_at: at(2), begun_at: None };
        let desk = |job| Desk { job, ..Desk::default() };
        assert_eq!(asked.status(&desk(Some(job))), Status::Waiting);
        let begun = Job { begun_at: Some(at(3)), ..job };
        assert_eq!(asked.status(&desk(Some(begun))), Status::Running);
        assert_eq!(asked.status(&desk(None)), Status::Failed);
        let other = Job { backup: BackupId::generate(at(1)), ..begun };
        assert_eq!(asked.status(&desk(Some(other))), Status::Failed, "somebody is at another");
        let missing = || vec![Finding::Missing { part: "database.zst.age.000001".into() }];
        assert_eq!(made(Depth::Sums, missing()).status(&desk(None)), Status::Bad);
        assert_eq!(made(Depth::Opened, Vec::new()).status(&desk(None)), Status::Good(Depth::Opened));
    }

    #[test]
    fn only_one_that_was_restored_is_good_for_what_it_is_made_for() {
        assert_eq!(made(Depth::Restored, Vec::new()).good_at(), Some(at(3)));
        assert_eq!(made(Depth::Opened, Vec::new()).good_at(), None);
        assert_eq!(Backup::asked(at(2)).good_at(), None);
    }
}
