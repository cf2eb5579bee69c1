//! Where an event takes place, and how much of that somebody learns.

use crate::Status;
use crate::grid::Cell;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};

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

impl Location {
    /// What `onlooker` may see of it at `now`, with the event in this state: the one rule about exact places.
    #[must_use]
    pub fn seen_by(&self, onlooker: Onlooker, status: Status, now: Timestamp) -> Self {
        let exactly = match onlooker {
            Onlooker::Organiser => true,
            Onlooker::Holder => self.is_revealed(status, now),
            Onlooker::Stranger => false,
        };
        if exactly {
            return self.clone();
        }
        Self { address: None, latitude: None, longitude: None, ..self.clone() }
    }

    /// Whether holders of living tickets know at `now` where exactly it is: from the instant that the organisers set,
    /// if they set one, unless the event was cancelled.
    #[must_use]
    pub fn is_revealed(&self, status: Status, now: Timestamp) -> bool {
        match status {
            Status::Draft | Status::Cancelled => false,
            Status::Published | Status::Deactivated | Status::Ended => {
                self.address_visible_from.is_some_and(|from| now >= from)
            }
        }
    }

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
    use crate::samples::noon;
    use chrono::TimeDelta;

    fn place(visible_from: Option<Timestamp>) -> Location {
        Location {
            area: "Old harbour".into(),
            address: Some("Quay 7".into()),
            latitude: Some(53.5),
            longitude: Some(9.9),
            address_visible_from: visible_from,
        }
    }

    fn shown(place: &Location, onlooker: Onlooker, status: Status, now: Timestamp) -> bool {
        let seen = place.seen_by(onlooker, status, now);
        assert_eq!((&seen.area, seen.address_visible_from), (&place.area, place.address_visible_from));
        let nothing = Location { address: None, latitude: None, longitude: None, ..place.clone() };
        assert!(seen == *place || seen == nothing, "all of it or nothing: {seen:?}");
        seen == *place
    }

    #[test]
    fn strangers_learn_the_area_and_nothing_closer() {
        for status in Status::ALL {
            let later = noon() + TimeDelta::days(1);
            assert!(!shown(&place(Some(noon())), Onlooker::Stranger, status, later), "{status:?}");
            assert!(shown(&place(None), Onlooker::Organiser, status, noon()), "{status:?}");
        }
    }

    #[test]
    fn holders_learn_it_from_the_instant_that_was_set() {
        let place = place(Some(noon()));
        let before = noon() - TimeDelta::microseconds(1);
        assert!(!shown(&place, Onlooker::Holder, Status::Published, before));
        for status in [Status::Published, Status::Deactivated, Status::Ended] {
            assert!(shown(&place, Onlooker::Holder, status, noon()), "{status:?}");
        }
    }

    #[test]
    fn holders_never_learn_what_was_not_set_free_or_of_what_does_not_take_place() {
        let later = noon() + TimeDelta::days(365);
        for status in Status::ALL {
            assert!(!shown(&place(None), Onlooker::Holder, status, later), "{status:?}");
        }
        for status in [Status::Cancelled, Status::Draft] {
            assert!(!shown(&place(Some(noon())), Onlooker::Holder, status, later), "{status:?}");
        }
    }
}
