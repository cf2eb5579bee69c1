//! How the waiting list and the return desk of an event are run.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// What becomes of places that are given back: facts of an event's sale, read under its lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resale {
    /// The zone of the place: its nights are quiet.
    pub zone: Tz,
    /// Whether anybody waits for places.
    pub waiting: bool,
    /// Whether free places are offered by themselves; otherwise they are kept for the list until staff offers them.
    pub automatic: bool,
    /// Whether holders may give tickets back for resale.
    pub returns: bool,
    /// Whether any ticket waits to be sold again.
    pub returned: bool,
}

impl Default for Resale {
    fn default() -> Self {
        Self { zone: Tz::UTC, waiting: false, automatic: true, returns: true, returned: false }
    }
}

impl Resale {
    /// How the event is set up, with the zone of the place.
    #[must_use]
    pub const fn new(zone: Tz, Rules { automatic, returns }: Rules) -> Self {
        Self { zone, waiting: false, automatic, returns, returned: false }
    }

    /// What organisers decide of it.
    #[must_use]
    pub const fn rules(&self) -> Rules {
        Rules { automatic: self.automatic, returns: self.returns }
    }
}

/// What organisers decide about the waiting list and the return desk of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Free places are offered by themselves.
    pub automatic: bool,
    /// Holders may give tickets back for resale.
    pub returns: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { automatic: true, returns: true }
    }
}
