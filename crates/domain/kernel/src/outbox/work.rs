//! What is owed, as whoever looks after it sees it: without what it says, which may hold addresses.

use crate::{Cursor, EffectId, Timestamp};
use serde::{Deserialize, Serialize};

/// The error of an effect that a worker took up and was never heard of again.
pub const UNHEARD: &str = "it was begun, and nobody said how it went";

/// Where an effect stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has not failed since it last went well, if it ever was begun.
    Waiting,
    /// It failed, and is tried again when it is due.
    Failing,
    /// It kept failing and was set aside for a person.
    Parked,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Failing, Self::Parked];

    /// That of an effect by whether it was set aside, how often it was begun since it last went well, and whether an error
    /// is known of it. The version before left the error where it was when something went well after all.
    #[must_use]
    pub const fn of(parked: bool, attempts: u32, error: bool) -> Self {
        match (parked, attempts, error) {
            (true, _, _) => Self::Parked,
            (false, 0, _) | (false, _, false) => Self::Waiting,
            (false, _, true) => Self::Failing,
        }
    }

    /// As it is asked for and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Failing => "failing",
            Self::Parked => "parked",
        }
    }
}

/// An effect that is owed. What it says stays in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwedWork {
    /// Names the effect.
    pub id: EffectId,
    /// Under which name it is owed.
    pub domain: String,
    /// What is to be done, where the domain has several kinds of work.
    pub kind: Option<String>,
    /// How often it was begun since it last went well. Each failed, but for the one that is under way.
    pub attempts: u32,
    /// Not to be performed before.
    pub due_at: Timestamp,
    /// Nobody else gets it before, when a worker has taken it up.
    pub leased_until: Option<Timestamp>,
    /// When it was set aside.
    pub parked_at: Option<Timestamp>,
    /// Why it failed the last time.
    pub error: Option<String>,
}

impl OwedWork {
    /// Where it stands.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        Standing::of(self.parked_at.is_some(), self.attempts, self.error.is_some())
    }

    /// Whether somebody may have it tried again at once: it failed, and no worker is at it.
    #[must_use]
    pub fn can_be_retried(&self, now: Timestamp) -> bool {
        self.standing() != Standing::Waiting && self.leased_until.is_none_or(|until| until <= now)
    }

    /// Where it stands in lists: what is parked by when it was, the rest by when it is due.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.parked_at.unwrap_or(self.due_at), id: self.id.as_uuid() }
    }
}

/// Which work is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkFilter {
    /// What stands so.
    pub standing: Standing,
    /// What is owed under this name alone.
    pub domain: Option<String>,
    /// Work of this kind alone.
    pub kind: Option<String>,
}

impl WorkFilter {
    /// All that stands so.
    #[must_use]
    pub const fn of(standing: Standing) -> Self {
        Self { standing, domain: None, kind: None }
    }

    /// Whether this is looked for.
    #[must_use]
    pub fn wants(&self, work: &OwedWork) -> bool {
        self.standing == work.standing()
            && self.domain.as_ref().is_none_or(|domain| *domain == work.domain)
            && self.kind.as_ref().is_none_or(|kind| work.kind.as_ref() == Some(kind))
    }
}

/// How much work of one kind is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkCount {
    /// Under which name.
    pub domain: String,
    /// Of which kind.
    pub kind: Option<String>,
    /// How much waits.
    pub waiting: u64,
    /// How much failed and is tried again.
    pub failing: u64,
    /// How much was set aside.
    pub parked: u64,
    /// The earliest `due_at` of what is not set aside.
    pub oldest_due: Option<Timestamp>,
}

/// An effect that was set aside, whole: for whoever is about to do without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The effect.
    pub work: OwedWork,
    /// What it says, as a JSON document. It is shown to nobody.
    pub body: String,
}

/// Under which name it is owed to tell of work that was discarded.
pub const DISCARDED: &str = "outbox.discarded";

/// Work that was discarded, and what it was to bring about is waited for: whoever waits is to learn that nobody tries any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discarded {
    /// Under which name it was owed.
    pub domain: String,
    /// What it said, as a JSON document.
    pub body: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn work() -> OwedWork {
        OwedWork {
            id: EffectId::generate(noon()),
            domain: "invites".into(),
            kind: Some("send_invite".into()),
            attempts: 0,
            due_at: noon(),
            leased_until: None,
            parked_at: None,
            error: None,
        }
    }

    fn failed() -> OwedWork {
        OwedWork { attempts: 2, error: Some("the mail server is away".into()), ..work() }
    }

    #[test]
    fn work_waits_until_it_fails_and_fails_until_it_is_set_aside() {
        assert_eq!(work().standing(), Standing::Waiting);
        let begun = OwedWork { attempts: 1, leased_until: Some(noon()), ..work() };
        assert_eq!(begun.standing(), Standing::Waiting, "nobody knows yet how it goes");
        assert_eq!(failed().standing(), Standing::Failing);
        let went_well = OwedWork { attempts: 0, ..failed() };
        assert_eq!(went_well.standing(), Standing::Waiting, "an old error is no failure");
        let parked = OwedWork { parked_at: Some(noon()), ..failed() };
        assert_eq!(parked.standing(), Standing::Parked);
        assert_eq!(OwedWork { attempts: 0, ..parked }.standing(), Standing::Parked);
    }

    #[test]
    fn what_failed_is_tried_again_unless_a_worker_is_at_it() {
        assert!(!work().can_be_retried(noon()), "it comes by itself");
        assert!(failed().can_be_retried(noon()));
        assert!(OwedWork { parked_at: Some(noon()), ..failed() }.can_be_retried(noon()));
        let until = noon() + TimeDelta::minutes(1);
        let taken = OwedWork { leased_until: Some(until), ..failed() };
        assert!(!taken.can_be_retried(until - TimeDelta::microseconds(1)));
        assert!(taken.can_be_retried(until), "whoever had it is gone");
    }

    #[test]
    fn all_that_is_asked_for_has_to_hold() {
        let wants = |standing, domain: Option<&str>, kind: Option<&str>| {
            let filter =
                WorkFilter { standing, domain: domain.map(str::to_owned), kind: kind.map(str::to_owned) };
            filter.wants(&failed())
        };
        assert!(wants(Standing::Failing, None, None));
        assert!(wants(Standing::Failing, Some("invites"), Some("send_invite")));
        assert!(!wants(Standing::Waiting, None, None));
        assert!(!wants(Standing::Failing, Some("invite"), None));
        assert!(!wants(Standing::Failing, Some("invites"), Some("send")));
        let kindless = OwedWork { kind: None, ..failed() };
        let filter = WorkFilter { kind: Some("send_invite".into()), ..WorkFilter::of(Standing::Failing) };
        assert!(!filter.wants(&kindless));
        assert!(WorkFilter::of(Standing::Failing).wants(&kindless));
    }

    #[test]
    fn what_was_set_aside_is_sorted_by_when_it_was() {
        let later = noon() + TimeDelta::hours(1);
        assert_eq!(work().cursor().at, noon());
        assert_eq!(OwedWork { parked_at: Some(later), ..failed() }.cursor().at, later);
    }
}
