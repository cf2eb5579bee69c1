//! Moving a night to another day, so that the clocks on the wall show the same times.

use crate::Zone;
use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;
use kernel::Timestamp;

/// The longest that clocks ever went forward by, in minutes: a day, when a place changed sides of the date line.
const LONGEST_GAP: u32 = 26 * 60;

/// What moves everything that belongs to a beginning when that moves.
#[derive(Debug, Clone, Copy)]
pub struct WallShift {
    zone: Tz,
    from: Timestamp,
    to: Timestamp,
    by: TimeDelta,
}

impl WallShift {
    /// The one that brings `from` to `to`.
    #[must_use]
    pub fn between(zone: Zone, from: Timestamp, to: Timestamp) -> Self {
        let zone = zone.tz();
        let local = |at: Timestamp| at.with_timezone(&zone).naive_local();
        Self { zone, from, to, by: local(to) - local(from) }
    }

    /// Where an instant comes to lie: at the same time of day by the clocks of the zone, as many days away as the
    /// beginning is.
    ///
    /// A time that clocks leave out becomes the first one after the gap. One that they show twice is the one on the
    /// beginning's side of the change, or else the first. What was earlier by the clocks is never later afterwards.
    /// `None` for what lies beyond all calendars.
    #[must_use]
    pub fn moved(&self, at: Timestamp) -> Option<Timestamp> {
        if self.from == self.to {
            // Nothing moves, not even what the clocks showed for the second time.
            return Some(at);
        }
        if at == self.from {
            return Some(self.to);
        }
        let local = at.with_timezone(&self.zone).naive_local().checked_add_signed(self.by)?;
        let found = self.zone.from_local_datetime(&local);
        match (found.earliest(), found.latest()) {
            (Some(first), Some(second)) if first != second => {
                let side = self.zone.offset_from_utc_datetime(&self.to.naive_utc()).fix();
                let chosen = if second.offset().fix() == side { second } else { first };
                Some(chosen.to_utc())
            }
            (Some(only), _) => Some(only.to_utc()),
            (None, _) => self.after_gap(local),
        }
    }

    /// The first instant after a gap that has this time in it.
    fn after_gap(&self, local: NaiveDateTime) -> Option<Timestamp> {
        let minute = local.with_second(0)?.with_nanosecond(0)?;
        let later = (1..=LONGEST_GAP).filter_map(|minutes| {
            let local = minute.checked_add_signed(TimeDelta::minutes(i64::from(minutes)))?;
            self.zone.from_local_datetime(&local).earliest()
        });
        later.map(|found: DateTime<Tz>| found.to_utc()).next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn berlin() -> Zone {
        "Europe/Berlin".parse().unwrap()
    }

    /// The time of day by the clocks in Berlin.
    fn clock(at: Timestamp) -> String {
        at.with_timezone(&berlin().tz()).format("%d %H:%M").to_string()
    }

    #[test]
    fn wall_clock_times_stay_across_a_change_of_the_clocks() {
        // From winter, an hour ahead of UTC, to summer, two hours ahead.
        let shift = WallShift::between(berlin(), at("2026-02-07T21:00:00Z"), at("2026-06-06T20:00:00Z"));
        for (before, after) in [
            ("2026-02-07T20:00:00Z", "2026-06-06T19:00:00Z"),
            ("2026-02-08T04:00:00Z", "2026-06-07T03:00:00Z"),
            ("2026-01-31T11:30:15.000001Z", "2026-05-30T10:30:15.000001Z"),
        ] {
            assert_eq!(shift.moved(at(before)), Some(at(after)), "{before}");
        }
    }

    #[test]
    fn a_time_that_is_left_out_becomes_the_first_after_the_gap() {
        // On 29 March 2026 clocks in Berlin go from 02:00 to 03:00, at 01:00 UTC.
        let shift = WallShift::between(berlin(), at("2026-03-21T22:00:00Z"), at("2026-03-28T22:00:00Z"));
        for (before, after) in [
            ("2026-03-22T00:59:59Z", "2026-03-29T00:59:59Z"),
            ("2026-03-22T01:00:00Z", "2026-03-29T01:00:00Z"),
            ("2026-03-22T01:30:59Z", "2026-03-29T01:00:00Z"),
            ("2026-03-22T02:00:00Z", "2026-03-29T01:00:00Z"),
            ("2026-03-22T02:30:00Z", "2026-03-29T01:30:00Z"),
        ] {
            assert_eq!(shift.moved(at(before)), Some(at(after)), "{before}");
        }
        assert_eq!(clock(at("2026-03-29T01:00:00Z")), "29 03:00");
    }

    #[test]
    fn a_time_that_comes_twice_is_the_one_on_the_beginnings_side() {
        // On 25 October 2026 clocks in Berlin go from 03:00 back to 02:00, at 01:00 UTC.
        let evening = WallShift::between(berlin(), at("2026-10-17T20:00:00Z"), at("2026-10-24T20:00:00Z"));
        assert_eq!(evening.moved(at("2026-10-18T00:30:00Z")), Some(at("2026-10-25T00:30:00Z")));
        let morning = WallShift::between(berlin(), at("2026-10-18T07:00:00Z"), at("2026-10-25T08:00:00Z"));
        assert_eq!(morning.moved(at("2026-10-18T00:30:00Z")), Some(at("2026-10-25T01:30:00Z")));
        assert_eq!(clock(at("2026-10-25T00:30:00Z")), clock(at("2026-10-25T01:30:00Z")));
    }

    #[test]
    fn what_does_not_move_stays_to_the_instant() {
        // 02:30 for the second time.
        let twice = at("2026-10-25T01:30:00Z");
        let start = at("2026-10-24T20:00:00Z");
        assert_eq!(WallShift::between(berlin(), start, start).moved(twice), Some(twice));
    }

    #[test]
    fn a_whole_day_that_a_place_left_out_is_a_gap() {
        // Samoa had no 30 December 2011.
        let apia: Zone = "Pacific/Apia".parse().unwrap();
        let shift = WallShift::between(apia, at("2011-12-20T08:00:00Z"), at("2011-12-30T08:00:00Z"));
        let moved = shift.moved(at("2011-12-21T00:00:00Z")).unwrap();
        assert_eq!(moved.with_timezone(&apia.tz()).to_rfc3339(), "2011-12-31T00:00:00+14:00");
    }

    proptest! {
        #[test]
        fn a_shift_keeps_order_and_clock_times(
            start in 0_i64..31_536_000, away in -31_536_000_i64..31_536_000,
            one in -86_400_i64..86_400, further in 0_i64..86_400,
        ) {
            let base = at("2026-01-01T00:00:00Z");
            let start = base + TimeDelta::seconds(start);
            let shift = WallShift::between(berlin(), start, start + TimeDelta::seconds(away));
            let local = |at: Timestamp| at.with_timezone(&berlin().tz()).naive_local();
            let (one, other) = (start + TimeDelta::seconds(one), start + TimeDelta::seconds(one + further));
            let (moved, after) = (shift.moved(one).unwrap(), shift.moved(other).unwrap());
            if local(one) <= local(other) && one != start && other != start {
                prop_assert!(moved <= after);
            }
            let wanted = local(one) + (local(shift.to) - local(shift.from));
            if berlin().tz().from_local_datetime(&wanted).earliest().is_some() {
                prop_assert_eq!(local(moved), wanted);
            }
        }
    }
}
