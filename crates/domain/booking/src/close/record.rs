//! What is kept of a day.

use super::found::Key;
use super::{AccountFigures, Day, Found, Unread};
use crate::Till;
use kernel::audit::Who;
use kernel::{AccountId, CloseId, CloseTaskId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Most open tasks that are named; what is found beyond them is counted, and named when there is room.
pub const MOST_TASKS: usize = 1_000;

/// Whether a day is done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayStatus {
    /// Tasks are open, or not everything of it can be known yet.
    Open,
    /// Every difference is gone or was decided about.
    Closed,
}

impl DayStatus {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

impl FromStr for DayStatus {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Open, Self::Closed].into_iter().find(|status| status.as_str() == text).ok_or(())
    }
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskEnd {
    /// Who decided; nobody, when the difference was gone by itself.
    pub by: Option<AccountId>,
    /// Why, in that person's words.
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A difference that a person has to look at, or had to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Names it, however often the day is looked at.
    pub id: CloseTaskId,
    /// The difference.
    pub what: Found,
    /// Since when it is known.
    pub found_at: Timestamp,
    /// How it ended; `None` while it is open.
    pub end: Option<TaskEnd>,
}

impl Task {
    /// Whether somebody has to look.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.end.is_none()
    }
}

/// Why a day that had been closed is open again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reopened {
    /// Since when.
    pub at: Timestamp,
    /// Why, for people.
    pub because: String,
}

/// A day without its tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaySummary {
    /// Names the record, for the audit log.
    pub id: CloseId,
    /// Which day.
    pub day: Day,
    /// Whether it is done with.
    pub status: DayStatus,
    /// Whether it was over when it was looked at, every provider lists all of it by then, and all was read and asked.
    pub complete: bool,
    /// When it was looked at last.
    pub computed_at: Timestamp,
    /// By whom.
    pub computed_by: Who,
    /// Since when it is closed.
    pub closed_at: Option<Timestamp>,
    /// Why it is open again, if it was closed before.
    pub reopened: Option<Reopened>,
    /// Differences beyond those that are named.
    pub unnamed: u64,
    /// How many tasks are open.
    pub open: u64,
    /// How many were resolved.
    pub resolved: u64,
    /// Sums and counts per account.
    pub accounts: Vec<AccountFigures>,
}

/// A day with its tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayClose {
    /// All else.
    pub summary: DaySummary,
    /// Its tasks, in the order in which they were found.
    pub tasks: Vec<Task>,
}

/// What a look at a day found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Whether the day was over, and every provider lists all of it by now.
    pub complete: bool,
    /// Sums and counts per account.
    pub accounts: Vec<AccountFigures>,
    /// Every difference.
    pub found: Vec<Found>,
}

/// Why a task was not resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TaskRefusal {
    /// The day has no such task.
    #[error("there is no such task")]
    Unknown,
    /// It ended before.
    #[error("this task was resolved before")]
    ResolvedBefore,
}

impl DayClose {
    /// The day as it stands after a look at it, and how many tasks are open that were not before.
    ///
    /// Of an account that was not read or asked about in full, what was not found may be there all the same: its tasks
    /// stay as they are, and the day stays open.
    #[must_use]
    pub fn after(
        before: Option<Self>,
        (day, findings): (Day, Findings),
        by: &Who,
        now: Timestamp,
    ) -> (Self, usize) {
        let was = before.as_ref().map(|close| close.summary.clone());
        let Findings { complete, accounts, found } = findings;
        let complete = complete && accounts.iter().all(AccountFigures::is_whole);
        let known_in_part =
            |till: &Till| accounts.iter().any(|account| account.till == *till && !account.is_whole());
        let mut tasks = before.map(|close| close.tasks).unwrap_or_default();
        let mut found: BTreeMap<Key, Found> = found.into_iter().map(|found| (found.key(), found)).collect();
        let mut opened: Vec<Key> = Vec::new();
        for task in &mut tasks {
            match found.remove(&task.what.key()) {
                Some(what) => {
                    if task.stands_again(&what) {
                        opened.push(what.key());
                    }
                    task.what = what;
                }
                None if task.is_open() && !known_in_part(&task.what.till) => {
                    task.end = Some(TaskEnd { by: None, note: None, at: now })
                }
                None => {}
            }
        }
        let room = MOST_TASKS.saturating_sub(tasks.iter().filter(|task| task.is_open()).count());
        let unnamed = u64::try_from(found.len().saturating_sub(room)).unwrap_or(u64::MAX);
        for (key, what) in found.into_iter().take(room) {
            opened.push(key);
            tasks.push(Task { id: CloseTaskId::generate(now), what, found_at: now, end: None });
        }
        let because = if complete { None } else { Some(incomplete(&accounts)) };
        let summary = DaySummary {
            id: was.as_ref().map_or_else(|| CloseId::generate(now), |was| was.id),
            day,
            status: DayStatus::Open,
            complete,
            computed_at: now,
            computed_by: by.clone(),
            closed_at: None,
            reopened: was.as_ref().and_then(|was| was.reopened.clone()),
            unnamed,
            open: 0,
            resolved: 0,
            accounts,
        };
        let mut close = Self { summary, tasks };
        close.count(was.as_ref().and_then(|was| was.closed_at), now);
        if was.is_some_and(|was| was.status == DayStatus::Closed) && close.summary.status == DayStatus::Open {
            let because = because.unwrap_or_else(|| reason(&opened, unnamed));
            close.summary.reopened = Some(Reopened { at: now, because });
        }
        (close, opened.len())
    }

    /// A person has decided about a task. The same decision again changes nothing.
    ///
    /// # Errors
    /// A [`TaskRefusal`]; nothing has changed then.
    pub fn resolve(
        &mut self,
        id: CloseTaskId,
        (by, note): (AccountId, &str),
        now: Timestamp,
    ) -> Result<bool, TaskRefusal> {
        let task = self.tasks.iter_mut().find(|task| task.id == id).ok_or(TaskRefusal::Unknown)?;
        match &task.end {
            Some(end) if end.by == Some(by) && end.note.as_deref() == Some(note) => return Ok(false),
            Some(_) => return Err(TaskRefusal::ResolvedBefore),
            None => task.end = Some(TaskEnd { by: Some(by), note: Some(note.to_owned()), at: now }),
        }
        let closed_at = self.summary.closed_at;
        self.count(closed_at, now);
        Ok(true)
    }

    /// The open tasks.
    pub fn open(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(|task| task.is_open())
    }

    fn count(&mut self, closed_at: Option<Timestamp>, now: Timestamp) {
        let open = self.open().count();
        let summary = &mut self.summary;
        summary.open = u64::try_from(open).unwrap_or(u64::MAX);
        summary.resolved = u64::try_from(self.tasks.len() - open).unwrap_or(u64::MAX);
        let closed = summary.complete && open == 0 && summary.unnamed == 0;
        summary.status = if closed { DayStatus::Closed } else { DayStatus::Open };
        summary.closed_at = closed.then(|| closed_at.unwrap_or(now));
        if closed {
            summary.reopened = None;
        }
    }
}

impl Task {
    /// Whether it is open again: it was gone and is back, or what a person decided about had other amounts.
    fn stands_again(&mut self, what: &Found) -> bool {
        let holds = self.end.as_ref().is_none_or(|end| {
            end.by.is_some() && (self.what.ours, self.what.theirs) == (what.ours, what.theirs)
        });
        if !holds {
            self.end = None;
        }
        !holds
    }
}

fn incomplete(accounts: &[AccountFigures]) -> String {
    let Some(account) = accounts.iter().find(|account| !account.is_whole()) else {
        return "a provider was added that does not list all of the day yet".to_owned();
    };
    let name = format!("{}/{}", account.till.provider.as_str(), account.till.account);
    match account.unread {
        Some(Unread::NoAnswer) => format!("{name} does not answer"),
        Some(Unread::TooManyMovements) => format!("{name} moved more than is looked at"),
        None => format!("{name} was not asked about {} things, for want of a turn", account.unasked),
    }
}

fn reason(opened: &[Key], unnamed: u64) -> String {
    let names: Vec<_> = opened
        .iter()
        .take(3)
        .map(|key| format!("{} ({} {})", key.kind.as_str(), key.about.as_str(), key.reference))
        .collect();
    let count = u64::try_from(opened.len()).unwrap_or(u64::MAX).saturating_add(unnamed);
    let more = if opened.len() > names.len() || unnamed > 0 { ", ..." } else { "" };
    format!("found after the day had been closed: {count}, {}{more}", names.join(", "))
}
