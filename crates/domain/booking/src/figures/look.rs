//! How far figures were counted, and whose turn it is to count.

use chrono::TimeDelta;
use kernel::{EventId, Timestamp};

/// How long after a turn the next one is due, whichever instance takes it.
const EVERY: TimeDelta = TimeDelta::seconds(15);
/// So long nobody takes over from who is still at it; whoever is longer was killed.
const AT_IT: TimeDelta = TimeDelta::minutes(5);
/// So far each look reaches back behind the one before: a transaction may commit later than the instant that stands in
/// its rows. None lives half as long; counting a day twice costs time and changes nothing.
pub(crate) const OVERLAP: TimeDelta = TimeDelta::minutes(3);

/// How far figures were counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// When somebody last took the turn.
    pub at: Option<Timestamp>,
    /// What happened until then is counted. The same instant as [`Self::at`], when that turn has come to its end.
    pub until: Option<Timestamp>,
    /// Whether every event was counted from its beginning.
    pub whole: bool,
    /// The event up to which the events were gone through, in the order of their ids.
    pub cursor: Option<EventId>,
}

impl Look {
    /// Whether it is time for the next turn: a moment after one that has ended, and long after one that has not. Of several
    /// who look all the time, one comes to its end.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        let rest = if self.at == self.until { EVERY } else { AT_IT };
        // No two clocks differ so much: the one of who was here ran ahead, and nobody waits until it is right.
        self.at.is_none_or(|at| at <= now - rest || at > now + EVERY)
    }

    /// The same with a turn that is taken now: whoever was at it has counted for nothing.
    #[must_use]
    pub const fn taken(self, now: Timestamp) -> Self {
        Self { at: Some(now), ..self }
    }

    /// The same when the turn that was taken at `now` came to nothing: the next one is due as it was `before`. `None`, when
    /// somebody else has it by now.
    #[must_use]
    pub fn given_back(self, before: &Self, now: Timestamp) -> Option<Self> {
        (self.at == Some(now)).then_some(Self { at: before.at, ..self })
    }

    /// The same when every event is to be counted from its beginning: whoever is at it has counted for nothing.
    #[must_use]
    pub const fn anew(self, now: Timestamp) -> Self {
        Self { at: Some(now), whole: false, cursor: None, ..self }
    }

    /// What is known of it at `now`: after a look by a clock that ran ahead nobody knows what happened since and was not
    /// seen, so that everything is to be counted from its beginning.
    #[must_use]
    pub fn believed(self, now: Timestamp) -> Self {
        match self.until {
            Some(until) if until > now => Self { whole: false, cursor: None, ..self },
            _ => self,
        }
    }

    /// What happened from then on is looked at.
    #[must_use]
    pub fn since(&self, now: Timestamp) -> Timestamp {
        self.until.unwrap_or(now).min(now) - OVERLAP
    }
}

/// Which of the events that are gone through is counted from its beginning although all of them were once: one, so that
/// whatever was missed is seen in the end. Chance says which, by the last digits of the clock.
#[must_use]
pub fn healed(next: &[EventId], now: Timestamp) -> Option<EventId> {
    let chance = usize::try_from(now.timestamp_subsec_micros()).unwrap_or(0);
    next.get(chance.checked_rem(next.len())?).copied()
}
