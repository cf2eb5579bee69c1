//! A clock that stands still until it is told otherwise.

use chrono::TimeDelta;
use kernel::{Clock, Timestamp};
use std::sync::{Mutex, PoisonError};

/// Noon of the day at which most tests play.
///
/// # Panics
/// Never: the text is an instant.
#[must_use]
pub fn noon() -> Timestamp {
    Timestamp::UNIX_EPOCH + TimeDelta::days(20_605) + TimeDelta::hours(12)
}

/// A clock that stands still; it starts at [`noon`].
#[derive(Debug)]
pub struct StoppedClock(Mutex<Timestamp>);

impl Default for StoppedClock {
    fn default() -> Self {
        Self::at(noon())
    }
}

impl StoppedClock {
    /// Stands at `now`.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Goes on, or back when `by` is negative.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    /// Stands at `now` from here on.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
