//! The one clock. Everything that asks for the time asks a [`Clock`]; `Utc::now` is banned elsewhere.

use chrono::{DateTime, Datelike, SubsecRound, Utc};

/// An instant in UTC, never finer than a microsecond (what PostgreSQL keeps).
pub type Timestamp = DateTime<Utc>;

/// Whether an instant lies in a year that every store keeps and every answer can say: 1 to 9999.
#[must_use]
pub fn is_kept(at: Timestamp) -> bool {
    (1..=9999).contains(&at.year())
}

/// Where the time comes from; tests and rehearsals bring their own.
pub trait Clock: Send + Sync {
    /// The present instant, cut to microseconds so that every store keeps it unchanged.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        Utc::now().trunc_subsecs(6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_are_the_years_that_four_digits_say() {
        for (at, kept) in [
            ("0000-12-31T23:59:59Z", false),
            ("0001-01-01T00:00:00Z", true),
            ("1965-07-01T12:00:00Z", true),
            ("9999-12-31T23:59:59.999999Z", true),
            ("+10000-01-01T00:00:00Z", false),
            ("-20000-01-01T00:00:00Z", false),
        ] {
            assert_eq!(is_kept(at.parse().unwrap()), kept, "{at}");
        }
    }
}
