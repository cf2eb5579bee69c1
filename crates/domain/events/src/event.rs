//! An event: what it is, when and where, and in which state.

use crate::access::{Grant, Right};
use crate::{Location, Zone};
use kernel::{Currency, EventId, Money, OrganisationId, Timestamp, VenueTemplateId};
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
    /// How many tickets one account may have, over all ticket types; `None` leaves it to the ticket types.
    #[serde(default)]
    pub max_per_user: Option<u32>,
    /// How many tickets one order may hold, over all ticket types.
    #[serde(default)]
    pub max_per_order: Option<u32>,
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
    /// The hall of which its seats are a copy; its places are no seats when absent.
    #[serde(default)]
    pub venue_template: Option<VenueTemplateId>,
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

    /// Who may know that the event exists: those who run it in every state, its door since it was on sale, others once
    /// it was published and not taken out of sight, and those who are not logged in only if it is public. Who holds a
    /// ticket is not asked here: to them an event stays in sight also after it was taken out of it.
    #[must_use]
    pub fn is_visible_to(&self, viewer: Option<&Grant>) -> bool {
        let announced = self.is_announced();
        match viewer {
            Some(grant) => announced || grant.may(self.organisation, self.seen_with()),
            None => announced && self.visibility == Visibility::Public,
        }
    }

    /// Whether everybody who is logged in may know of it.
    #[must_use]
    pub const fn is_announced(&self) -> bool {
        matches!(self.status, Status::Published | Status::Cancelled | Status::Ended)
    }

    /// What one must be allowed in its organisation to know of it before all do: a draft is for those who run it, and what
    /// was on sale once is known at the door too.
    #[must_use]
    pub const fn seen_with(&self) -> Right {
        if matches!(self.status, Status::Draft) { Right::Manage } else { Right::Door }
    }

    /// Puts it on sale.
    ///
    /// # Errors
    /// The state that it cannot be published from.
    pub fn publish(&mut self, now: Timestamp) -> Result<(), WrongStatus> {
        self.turn(&[Status::Draft, Status::Deactivated], Status::Published, now)
    }

    /// Takes it off sale and out of sight.
    ///
    /// # Errors
    /// The state that it cannot be deactivated from.
    pub fn deactivate(&mut self, now: Timestamp) -> Result<(), WrongStatus> {
        self.turn(&[Status::Published], Status::Deactivated, now)
    }

    /// Whether its facts may still change: not once it is cancelled or over.
    ///
    /// # Errors
    /// The state that forbids it.
    pub fn require_editable(&self, now: Timestamp) -> Result<(), WrongStatus> {
        match self.status_at(now) {
            status @ (Status::Cancelled | Status::Ended) => Err(WrongStatus(status)),
            Status::Draft | Status::Published | Status::Deactivated => Ok(()),
        }
    }

    fn turn(&mut self, from: &[Status], to: Status, now: Timestamp) -> Result<(), WrongStatus> {
        let status = self.status_at(now);
        if !from.contains(&status) {
            return Err(WrongStatus(status));
        }
        self.status = to;
        self.updated_at = now;
        Ok(())
    }
}

/// The event is in a state in which this cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this cannot be done with an event in this state ({})", .0.as_str())]
pub struct WrongStatus(pub Status);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{event_input, noon};
    use crate::{Member, Standing};
    use kernel::{AccountId, Actor, Role, SessionId};

    fn draft() -> Event {
        event_input().draft(noon()).unwrap()
    }

    fn viewer(event: &Event, standing: Option<Standing>) -> Grant {
        let account = AccountId::generate(noon());
        let member =
            |standing| Member { organisation: event.organisation, account, standing, added_at: noon() };
        Grant {
            actor: Actor { account, session: SessionId::generate(noon()), role: Role::Member, request: None },
            memberships: standing.map(member).into_iter().collect(),
        }
    }

    #[test]
    fn states_follow_each_other_as_the_business_knows_them() {
        let mut event = draft();
        assert_eq!(event.deactivate(noon()), Err(WrongStatus(Status::Draft)));
        event.publish(noon()).unwrap();
        assert_eq!(event.publish(noon()), Err(WrongStatus(Status::Published)));
        event.deactivate(noon()).unwrap();
        event.publish(noon()).unwrap();
        assert_eq!(event.deactivate(event.ends_at), Err(WrongStatus(Status::Ended)));
        event.status = Status::Cancelled;
        assert_eq!(event.publish(noon()), Err(WrongStatus(Status::Cancelled)));
        assert_eq!(event.require_editable(noon()), Err(WrongStatus(Status::Cancelled)));
    }

    #[test]
    fn a_published_event_is_over_when_its_end_has_come() {
        let mut event = draft();
        assert_eq!(event.status_at(event.ends_at), Status::Draft);
        event.publish(noon()).unwrap();
        assert_eq!(event.status_at(event.ends_at - chrono::TimeDelta::microseconds(1)), Status::Published);
        assert_eq!(event.status_at(event.ends_at), Status::Ended);
    }

    #[test]
    fn who_sees_an_event_follows_from_its_state_and_its_visibility() {
        let mut event = draft();
        let [member, door, manager] =
            [None, Some(Standing::Door), Some(Standing::Manager)].map(|standing| viewer(&event, standing));
        let mut seen = |status, visibility| {
            (event.status, event.visibility) = (status, visibility);
            [None, Some(&member), Some(&door), Some(&manager)].map(|viewer| event.is_visible_to(viewer))
        };
        assert_eq!(seen(Status::Published, Visibility::Public), [true; 4]);
        assert_eq!(seen(Status::Published, Visibility::Members), [false, true, true, true]);
        assert_eq!(seen(Status::Cancelled, Visibility::Members), [false, true, true, true]);
        assert_eq!(seen(Status::Draft, Visibility::Public), [false, false, false, true]);
        assert_eq!(seen(Status::Deactivated, Visibility::Public), [false, false, true, true]);
    }

    #[test]
    fn words_read_back() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        assert_eq!("members".parse(), Ok(Visibility::Members));
        assert_eq!("Draft".parse::<Status>(), Err(UnknownWord));
    }
}
