//! Hours of the night in which nobody is woken, by the clocks of the place.

use chrono::{NaiveDateTime, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;
use kernel::Timestamp;

/// The longest that clocks ever went forward by, in minutes: a day, when a place changed sides of the date line.
const LONGEST_GAP: i64 = 26 * 60;

/// From one full hour to another; over midnight when the first is the later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    /// The first quiet hour, 0 to 23.
    pub from: u32,
    /// The first hour that is not quiet any more, 0 to 23.
    pub until: u32,
}

impl Quiet {
    /// The first instant from `now` on that is not quiet at the place: `now` itself, mostly.
    ///
    /// A time that clocks leave out is the first one after the gap; of one that they show twice, the first counts
    /// that is not past.
    #[must_use]
    pub fn over(self, zone: Tz, now: Timestamp) -> Timestamp {
        let local = now.with_timezone(&zone).naive_local();
        let hour = local.hour();
        let (quiet, tomorrow) = if self.from < self.until {
            ((self.from..self.until).contains(&hour), false)
        } else {
            (hour >= self.from || hour < self.until, hour >= self.from)
        };
        if !quiet || self.from == self.until {
            return now;
        }
        let day = local.date() + TimeDelta::days(i64::from(tomorrow));
        let end = day.and_hms_opt(self.until, 0, 0);
        end.and_then(|end| first_at(zone, end, now)).unwrap_or(now)
    }
}

/// The first instant from `now` on at which the clocks show this or, when they leave it out, what comes after it.
fn first_at(zone: Tz, local: NaiveDateTime, now: Timestamp) -> Option<Timestamp> {
    let minutes = (0..=LONGEST_GAP).map(TimeDelta::minutes);
    let shown = minutes.filter_map(|later| {
        let found = zone.from_local_datetime(&local.checked_add_signed(later)?);
        [found.earliest(), found.latest()].into_iter().flatten().map(|at| at.to_utc()).find(|at| *at >= now)
    });
    shown.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NIGHT: Quiet = Quiet { from: 22, until: 8 };

    fn over(zone: &str, at: &str) -> String {
        let at = at.parse().unwrap();
        NIGHT.over(zone.parse().unwrap(), at).to_rfc3339()
    }

    #[test]
    fn the_night_is_the_night_of_the_place() {
        assert_eq!(over("Europe/Berlin", "2026-06-01T20:00:00Z"), "2026-06-02T06:00:00+00:00");
        assert_eq!(over("Europe/Berlin", "2026-06-02T05:59:59Z"), "2026-06-02T06:00:00+00:00");
        assert_eq!(over("Europe/Berlin", "2026-06-02T06:00:00Z"), "2026-06-02T06:00:00+00:00");
        assert_eq!(over("Europe/Berlin", "2026-06-01T19:59:59Z"), "2026-06-01T19:59:59+00:00");
        assert_eq!(over("America/New_York", "2026-06-01T20:00:00Z"), "2026-06-01T20:00:00+00:00");
    }

    #[test]
    fn a_night_in_which_the_clocks_change_ends_at_its_hour() {
        assert_eq!(over("Europe/Berlin", "2026-03-28T22:30:00Z"), "2026-03-29T06:00:00+00:00");
        assert_eq!(over("Europe/Berlin", "2026-10-24T21:30:00Z"), "2026-10-25T07:00:00+00:00");
    }

    #[test]
    fn an_hour_that_is_left_out_or_comes_twice_ends_the_quiet_as_well() {
        let short = Quiet { from: 23, until: 2 };
        let berlin = "Europe/Berlin".parse().unwrap();
        let spring = short.over(berlin, "2026-03-28T23:30:00Z".parse().unwrap());
        assert_eq!(spring.to_rfc3339(), "2026-03-29T01:00:00+00:00", "two o'clock is three");
        let autumn = short.over(berlin, "2026-10-24T23:30:00Z".parse().unwrap());
        assert_eq!(autumn.to_rfc3339(), "2026-10-25T00:00:00+00:00", "the first of the two");
    }

    #[test]
    fn the_day_can_be_quiet_as_well_and_nothing_is_always_awake() {
        let noon = Quiet { from: 12, until: 14 };
        let at = |text: &str| noon.over(Tz::UTC, text.parse().unwrap()).to_rfc3339();
        assert_eq!(at("2026-06-01T12:30:00Z"), "2026-06-01T14:00:00+00:00");
        assert_eq!(at("2026-06-01T14:00:00Z"), "2026-06-01T14:00:00+00:00");
        let never = Quiet { from: 5, until: 5 };
        let now: Timestamp = "2026-06-01T05:30:00Z".parse().unwrap();
        assert_eq!(never.over(Tz::UTC, now), now);
    }
}
