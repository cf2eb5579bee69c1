//! A day of the books.

use chrono::{NaiveDate, NaiveTime};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A calendar day in UTC, midnight to midnight: both providers list by instants, and the ledger spans events in
/// many zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(NaiveDate);

impl Day {
    /// The day of an instant.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self(at.date_naive())
    }

    /// The date, for adapters.
    #[must_use]
    pub const fn date(self) -> NaiveDate {
        self.0
    }

    /// Its first instant.
    #[must_use]
    pub fn start(self) -> Timestamp {
        self.0.and_time(NaiveTime::MIN).and_utc()
    }

    /// The first instant after it.
    #[must_use]
    pub fn end(self) -> Timestamp {
        self.after().start()
    }

    /// The day before.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.pred_opt().unwrap_or(self.0))
    }

    /// The day after.
    #[must_use]
    pub fn after(self) -> Self {
        Self(self.0.succ_opt().unwrap_or(self.0))
    }
}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Self {
        Self(date)
    }
}

/// A text that names no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a date, as 2026-06-01")]
pub struct NoSuchDay;

impl FromStr for Day {
    type Err = NoSuchDay;

    fn from_str(text: &str) -> Result<Self, NoSuchDay> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| NoSuchDay)?;
        // One way to write each, and no year that a cursor cannot carry.
        let day = Self(date);
        let usual = day.to_string() == text && (0..253_402_300_800).contains(&day.start().timestamp());
        usual.then_some(day).ok_or(NoSuchDay)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_in_one_way() {
        let day: Day = "2026-06-01".parse().unwrap();
        assert_eq!(day.to_string(), "2026-06-01");
        assert_eq!(
            (day.start().to_rfc3339(), day.end()),
            ("2026-06-01T00:00:00+00:00".into(), day.after().start())
        );
        assert_eq!((Day::of(day.end()).before(), Day::of(day.start())), (day, day));
        for text in
            ["", "2026-6-1", "2026-02-30", "2026-06-01T00:00:00Z", "1969-12-31", "+12026-01-01", "yesterday"]
        {
            assert_eq!(text.parse::<Day>(), Err(NoSuchDay), "{text}");
        }
    }
}
