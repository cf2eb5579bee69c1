//! Where an event takes place, and how much of that a stranger learns.

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
    /// Anyone else.
    Stranger,
}

impl Location {
    /// What `onlooker` may see of it.
    #[must_use]
    pub fn seen_by(&self, onlooker: Onlooker) -> Self {
        match onlooker {
            Onlooker::Organiser => self.clone(),
            Onlooker::Stranger => Self { address: None, latitude: None, longitude: None, ..self.clone() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_learn_the_area_and_nothing_closer() {
        let place = Location {
            area: "Old harbour".into(),
            address: Some("Quay 7".into()),
            latitude: Some(53.5),
            longitude: Some(9.9),
            address_visible_from: Some("2026-06-01T12:00:00Z".parse().unwrap()),
        };
        let seen = place.seen_by(Onlooker::Stranger);
        assert_eq!(
            (seen.area.as_str(), seen.address, seen.latitude, seen.longitude),
            ("Old harbour", None, None, None)
        );
        assert_eq!(seen.address_visible_from, place.address_visible_from);
        assert_eq!(place.seen_by(Onlooker::Organiser), place);
    }
}
