//! The one clock. Everything that asks for the time asks a [`Clock`]; `Utc::now` is banned elsewhere.

use chrono::{DateTime, SubsecRound, Utc};

/// An instant in UTC, never finer than a microsecond (what PostgreSQL keeps).
pub type Timestamp = DateTime<Utc>;

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
