use crate::{Verdict, Way};
use chrono::Datelike;
use kernel::{Invalid, Timestamp};
use std::ops::RangeInclusive;

/// When a clock, however wrong, may say that it was.
const YEARS: RangeInclusive<i32> = 1970..=9999;

/// A scan that was made without a network, as the scanner tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The scanner's own name for it.
    pub nonce: String,
    /// What the camera read.
    pub code: String,
    /// Which way they went, or wanted to.
    pub way: Way,
    /// When, by the scanner's clock.
    pub at: Timestamp,
    /// What the scanner said.
    pub verdict: Verdict,
    /// Whether somebody at the door let them pass all the same.
    pub forced: bool,
    /// Why.
    pub reason: Option<String>,
}

impl Told {
    /// What in it cannot be.
    #[must_use]
    pub fn contradictions(&self) -> Vec<Invalid> {
        let mut found = Vec::new();
        if !YEARS.contains(&self.at.year()) {
            found.push(Invalid::new("at", "out_of_range", "must be between the years 1970 and 9999"));
        }
        let fits = match self.verdict {
            Verdict::Admitted => self.way == Way::In,
            Verdict::Left | Verdict::NotInside => self.way == Way::Out,
            Verdict::AlreadyCheckedIn
            | Verdict::Cancelled
            | Verdict::WrongEvent
            | Verdict::NotYet
            | Verdict::Unknown => true,
            // A scan is undone here; no scanner says it to a code.
            Verdict::Undone => false,
        };
        if !fits {
            found.push(Invalid::new("verdict", "contradiction", "does not go with this direction"));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone, Utc};

    fn wrong(way: Way, verdict: Verdict, year: i32) -> Vec<String> {
        let at = Utc.with_ymd_and_hms(year, 6, 1, 20, 0, 0).unwrap();
        let (nonce, code) = ("one".into(), "code".into());
        let told = Told { nonce, code, way, at, verdict, forced: false, reason: None };
        told.contradictions().into_iter().map(|one| one.field).collect()
    }

    #[test]
    fn what_was_said_goes_with_the_way_and_with_calendars() {
        use Verdict::{
            Admitted, AlreadyCheckedIn, Cancelled, Left, NotInside, NotYet, Undone, Unknown, WrongEvent,
        };
        for verdict in [Admitted, AlreadyCheckedIn, Cancelled, WrongEvent, NotYet, Unknown] {
            assert_eq!(wrong(Way::In, verdict, 2031), [""; 0], "{verdict:?}");
        }
        for verdict in [Left, NotInside, AlreadyCheckedIn, Cancelled, WrongEvent, NotYet, Unknown] {
            assert_eq!(wrong(Way::Out, verdict, 2031), [""; 0], "{verdict:?}");
        }
        for (way, verdict) in [
            (Way::Out, Admitted),
            (Way::In, Left),
            (Way::In, NotInside),
            (Way::In, Undone),
            (Way::Out, Undone),
        ] {
            assert_eq!(wrong(way, verdict, 2031), ["verdict"], "{way:?} {verdict:?}");
        }
        assert_eq!(wrong(Way::In, Admitted, 1969), ["at"]);
        assert_eq!(wrong(Way::In, Left, 10_000), ["at", "verdict"]);
        assert_eq!((wrong(Way::In, Admitted, 1970), wrong(Way::In, Admitted, 9999)), (vec![], vec![]));
    }
}
