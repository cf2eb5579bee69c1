//! Where an event takes place, and how much of that somebody learns.

use crate::grid::Cell;
use crate::{Event, Status};
use chrono::TimeDelta;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// For how long after the end of an event its guests still know where exactly it was, in hours: they find their way
/// home, and back to what they forgot. Somebody's home is nobody's business for longer.
pub const KNOWN_HOURS: i64 = 24;

/// A place. The area is for everybody; the rest is for those who are meant to come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// A neighbourhood or a town; always shown.
    pub area: String,
    /// Street and number, or how to find the place.
    pub address: Option<String>,
    /// Degrees north, WGS 84.
    pub latitude: Option<f64>,
    /// Degrees east, WGS 84.
    pub longitude: Option<f64>,
    /// From when on ticket holders learn the address; `None` keeps it with the organisers.
    pub address_visible_from: Option<Timestamp>,
}

/// Who looks at a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onlooker {
    /// Works for the organisation that runs the event, or runs the platform.
    Organiser,
    /// Holds a ticket of this event that lives at this moment.
    Holder,
    /// Anyone else.
    Stranger,
}

impl Event {
    /// What `onlooker` may see of its place at `now`: the one rule about exact places.
    #[must_use]
    pub fn place_for(&self, onlooker: Onlooker, now: Timestamp) -> Location {
        let exactly = match onlooker {
            Onlooker::Organiser => true,
            Onlooker::Holder => self.reveals_place(now),
            Onlooker::Stranger => false,
        };
        let place = self.location.clone();
        if exactly { place } else { Location { address: None, latitude: None, longitude: None, ..place } }
    }

    /// Whether holders of living tickets know at `now` where exactly it is: from the instant that the organisers set,
    /// if they set one, until [`KNOWN_HOURS`] after the end, unless the event was cancelled.
    #[must_use]
    pub fn reveals_place(&self, now: Timestamp) -> bool {
        match self.status {
            Status::Draft | Status::Cancelled => false,
            Status::Published | Status::Deactivated | Status::Ended => {
                let until = self.ends_at.checked_add_signed(TimeDelta::hours(KNOWN_HOURS));
                self.location.address_visible_from.is_some_and(|from| now >= from)
                    && until.is_none_or(|until| now < until)
            }
        }
    }
}

impl Location {
    /// Whether there is anything here that is not for everybody.
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        self.address.is_some() || self.latitude.is_some() || self.longitude.is_some()
    }

    /// The part of the map that it lies in, which everybody may know; `None` without coordinates.
    #[must_use]
    pub fn cell(&self) -> Option<Cell> {
        Some(Cell::of(self.latitude?, self.longitude?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{event_input, noon};

    fn event(visible_from: Option<Timestamp>, status: Status) -> Event {
        let mut event = event_input().draft(noon()).unwrap();
        event.status = status;
        event.location = Location {
            area: "Old harbour".into(),
            address: Some("Quay 7".into()),
            latitude: Some(53.5),
            longitude: Some(9.9),
            address_visible_from: visible_from,
        };
        event
    }

    fn shown(event: &Event, onlooker: Onlooker, now: Timestamp) -> bool {
        let (place, seen) = (&event.location, event.place_for(onlooker, now));
        assert_eq!((&seen.area, seen.address_visible_from), (&place.area, place.address_visible_from));
        let nothing = Location { address: None, latitude: None, longitude: None, ..place.clone() };
        assert!(seen == *place || seen == nothing, "all of it or nothing: {seen:?}");
        seen == *place
    }

    #[test]
    fn strangers_learn_the_area_and_nothing_closer() {
        for status in Status::ALL {
            let later = noon() + TimeDelta::days(1);
            assert!(!shown(&event(Some(noon()), status), Onlooker::Stranger, later), "{status:?}");
            assert!(shown(&event(None, status), Onlooker::Organiser, noon()), "{status:?}");
        }
    }

    #[test]
    fn holders_learn_it_from_the_instant_that_was_set_until_a_day_after_the_end() {
        let published = event(Some(noon()), Status::Published);
        assert!(!shown(&published, Onlooker::Holder, noon() - TimeDelta::microseconds(1)));
        let over = published.ends_at + TimeDelta::hours(KNOWN_HOURS);
        for status in [Status::Published, Status::Deactivated, Status::Ended] {
            let event = event(Some(noon()), status);
            assert!(shown(&event, Onlooker::Holder, noon()), "{status:?}");
            assert!(shown(&event, Onlooker::Holder, over - TimeDelta::microseconds(1)), "{status:?}");
            assert!(!shown(&event, Onlooker::Holder, over), "{status:?}");
            assert!(shown(&event, Onlooker::Organiser, over), "{status:?}");
        }
    }

    #[test]
    fn holders_never_learn_what_was_not_set_free_or_of_what_does_not_take_place() {
        let later = noon() + TimeDelta::hours(1);
        for status in Status::ALL {
            assert!(!shown(&event(None, status), Onlooker::Holder, later), "{status:?}");
        }
        for status in [Status::Cancelled, Status::Draft] {
            assert!(!shown(&event(Some(noon()), status), Onlooker::Holder, later), "{status:?}");
        }
    }
}
