//! An event: what it is, when and where, and in which state.

use crate::{Location, Zone};
use kernel::{Currency, EventId, Money, OrganisationId, Timestamp};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// An event with all its facts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Names it for machines.
    pub id: EventId,
    /// Who runs it.
    pub organisation: OrganisationId,
    /// Names it in addresses; unique on the platform and never changed, so that links keep working.
    pub slug: String,
    /// One line.
    pub title: String,
    /// As long as it takes; may be empty.
    pub description: String,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it is over; later than the beginning.
    pub ends_at: Timestamp,
    /// When people are let in, if earlier than the beginning.
    pub doors_at: Option<Timestamp>,
    /// The place's time zone.
    pub timezone: Zone,
    /// What its tickets are sold in.
    pub currency: Currency,
    /// How many people fit, over all ticket types; `None` leaves it to the ticket types.
    pub capacity: Option<u32>,
    /// Where.
    pub location: Location,
    /// The price of a place that no ticket type prices otherwise.
    pub base_price: Option<Money>,
    /// For how many seconds places are held for a buyer, 60 to 3600.
    pub hold_seconds: u32,
    /// Who finds it.
    pub visibility: Visibility,
    /// Words to find it by: lower-case, no two alike.
    pub tags: Vec<String>,
    /// Keys of its pictures.
    pub images: Vec<String>,
    /// As stored; what it means at an instant is [`Event::status_at`].
    pub status: Status,
    /// When it was added.
    pub created_at: Timestamp,
    /// When a fact of it changed last.
    pub updated_at: Timestamp,
}

/// Who finds a published event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Those who are logged in.
    Members,
}

/// In which state an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being prepared; only its organisers see it.
    Draft,
    /// Found and sold.
    Published,
    /// Taken off sale and out of sight for now; what was sold stays valid.
    Deactivated,
    /// Will not take place.
    Cancelled,
    /// Took place: follows from the clock (see [`Event::status_at`]) and is not written by any use case.
    Ended,
}

impl Status {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Draft, Self::Published, Self::Deactivated, Self::Cancelled, Self::Ended];

    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Deactivated => "deactivated",
            Self::Cancelled => "cancelled",
            Self::Ended => "ended",
        }
    }
}

impl Visibility {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Members => "members",
        }
    }
}

/// The text names no state or no visibility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this word is not known here")]
pub struct UnknownWord;

impl FromStr for Status {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownWord)
    }
}

impl FromStr for Visibility {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        [Self::Public, Self::Members].into_iter().find(|word| word.as_str() == text).ok_or(UnknownWord)
    }
}

impl Event {
    /// The state at `now`: a published or deactivated event is over once its end has passed.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> Status {
        match self.status {
            Status::Published | Status::Deactivated if now >= self.ends_at => Status::Ended,
            status => status,
        }
    }
}
