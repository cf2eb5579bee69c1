//! When backups are made by themselves.

use chrono::{NaiveTime, TimeDelta, Timelike};
use kernel::Timestamp;

const DAY: i64 = 86_400;

/// At this time of day (UTC), and from there on every so many hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Seconds between two backups; they come out even in a day.
    every: i64,
    /// Seconds from midnight to one of them.
    at: i64,
}

impl Schedule {
    /// Every so many hours; `None` unless they come out even in a day, so that each day has the same times.
    #[must_use]
    pub fn new(every_hours: u32, at: NaiveTime) -> Option<Self> {
        let every = i64::from(every_hours) * 3600;
        let even = every > 0 && every <= DAY && DAY % every == 0;
        even.then(|| Self { every, at: i64::from(at.num_seconds_from_midnight()) })
    }

    /// The last instant at which a backup was due.
    #[must_use]
    pub fn latest(&self, now: Timestamp) -> Timestamp {
        let since = (now.timestamp() - self.at).rem_euclid(self.every);
        let latest = now - TimeDelta::seconds(since);
        Timestamp::from_timestamp(latest.timestamp(), 0).unwrap_or(latest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn schedule(every_hours: u32, at: &str) -> Option<Schedule> {
        Schedule::new(every_hours, at.parse().unwrap())
    }

    #[test]
    fn a_daily_one_is_due_at_its_time_of_day() {
        let daily = schedule(24, "03:15:00").unwrap();
        for (now, latest) in [
            ("2026-06-01T03:15:00Z", "2026-06-01T03:15:00Z"),
            ("2026-06-01T03:14:59.999Z", "2026-05-31T03:15:00Z"),
            ("2026-06-01T23:59:59Z", "2026-06-01T03:15:00Z"),
            ("2026-01-01T00:00:00Z", "2025-12-31T03:15:00Z"),
        ] {
            assert_eq!(daily.latest(at(now)), at(latest), "{now}");
        }
    }

    #[test]
    fn several_a_day_are_due_at_the_same_times_every_day() {
        let often = schedule(6, "20:30:00").unwrap();
        for (now, latest) in [
            ("2026-06-01T02:29:00Z", "2026-05-31T20:30:00Z"),
            ("2026-06-01T02:30:00Z", "2026-06-01T02:30:00Z"),
            ("2026-06-01T14:31:00Z", "2026-06-01T14:30:00Z"),
        ] {
            assert_eq!(often.latest(at(now)), at(latest), "{now}");
        }
    }

    #[test]
    fn what_does_not_come_out_even_is_no_schedule() {
        for hours in [0, 5, 7, 23, 25, 48] {
            assert_eq!(schedule(hours, "03:00:00"), None, "{hours}");
        }
        for hours in [1, 2, 3, 4, 6, 8, 12, 24] {
            assert!(schedule(hours, "03:00:00").is_some(), "{hours}");
        }
    }
}
