//! That somebody was shown where exactly an event is.

use chrono::{DurationRound, TimeDelta};
use kernel::{AccountId, EventId, RequestName, Timestamp};
use serde::{Deserialize, Serialize};

/// The first time in an hour that somebody, as a ticket holder or as one who works there, was shown the exact place of an
/// event. Kept for good.
///
/// Of one account, one event and one hour (by UTC) there is one: a page that is open on a phone asks again and again,
/// and tells nothing new. So what is kept is bounded by the hours that an address is known, whatever anybody sends; to
/// guests it is known until [`crate::location::KNOWN_HOURS`] after the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressView {
    /// Of which event.
    pub event: EventId,
    /// To whom.
    pub account: AccountId,
    /// When, for the first time in its hour.
    pub at: Timestamp,
    /// In answer to which request, when that is known.
    pub request: Option<RequestName>,
}

impl AddressView {
    /// The hour that it stands for: when it began.
    #[must_use]
    pub fn hour(&self) -> Timestamp {
        hour_of(self.at)
    }
}

/// When the hour of an instant began, by UTC.
#[must_use]
pub fn hour_of(at: Timestamp) -> Timestamp {
    // Instants that are kept are far from the ends of the calendar.
    at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::noon;

    #[test]
    fn views_of_one_hour_are_told_together() {
        let view = |seconds| {
            let at = noon() + TimeDelta::seconds(seconds);
            AddressView {
                event: EventId::generate(noon()),
                account: AccountId::generate(noon()),
                at,
                request: None,
            }
        };
        assert_eq!([0, 1, 3599].map(|seconds| view(seconds).hour()), [noon(); 3]);
        assert_eq!(view(3600).hour(), noon() + TimeDelta::hours(1));
        assert_eq!(view(-1).hour(), noon() - TimeDelta::hours(1));
    }
}
