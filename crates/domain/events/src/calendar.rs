//! Events as they stand in somebody's calendar.

use crate::{Event, Onlooker, Status};
use chrono::TimeDelta;
use kernel::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most events of one calendar.
pub const MOST: usize = 200;
/// For how long after its end an event stays in a calendar that is asked for again and again, in days.
pub const KEPT_DAYS: i64 = 90;

/// What is kept of the secret in the address of somebody's calendar: a keyed hash, which leads nowhere by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(pub [u8; 32]);

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

/// An address at which somebody's calendar can be read without logging in. An account has one at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Whose events.
    pub account: AccountId,
    /// By what the address is recognised.
    pub token: TokenHash,
    /// Since when.
    pub created_at: Timestamp,
}

/// An event as somebody's calendar shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The facts, without what is not for this person.
    pub event: Event,
    /// Its state.
    pub status: Status,
    /// When anything that is shown changed last. What is taken back (an address, after a ticket was returned) does not
    /// move it.
    pub changed_at: Timestamp,
}

impl Entry {
    /// What `onlooker` has in the calendar at `now`.
    #[must_use]
    pub fn of(event: &Event, onlooker: Onlooker, now: Timestamp) -> Self {
        let location = event.place_for(onlooker, now);
        let revealed = location
            .address_visible_from
            .filter(|from| onlooker == Onlooker::Holder && location.is_exact() && *from <= now);
        Self {
            status: event.status_at(now),
            changed_at: revealed.map_or(event.updated_at, |from| from.max(event.updated_at)),
            event: Event { location, ..event.clone() },
        }
    }
}

/// Whether an event of which somebody has tickets stands in their calendar: while one of them lives, and when the whole
/// event was cancelled, so that it is seen to be; until some time after its end.
#[must_use]
pub fn is_kept(event: &Event, living: bool, now: Timestamp) -> bool {
    let recent = event.ends_at.checked_add_signed(TimeDelta::days(KEPT_DAYS)).is_none_or(|until| now < until);
    recent && (living || event.status == Status::Cancelled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{event_input, noon};

    fn event() -> Event {
        let mut event = event_input().draft(noon()).unwrap();
        event.publish(noon()).unwrap();
        event.location.address = Some("Quay 7".into());
        event.location.address_visible_from = Some(noon() + TimeDelta::days(1));
        event
    }

    #[test]
    fn an_entry_changes_when_the_address_comes_to_be_known() {
        let (event, later) = (event(), noon() + TimeDelta::days(2));
        let changed = |onlooker, now| Entry::of(&event, onlooker, now).changed_at;
        assert_eq!(changed(Onlooker::Holder, noon()), noon());
        assert_eq!(changed(Onlooker::Holder, later), noon() + TimeDelta::days(1));
        assert_eq!(changed(Onlooker::Stranger, later), noon());
        assert_eq!(changed(Onlooker::Organiser, later), noon());
        assert_eq!(Entry::of(&event, Onlooker::Holder, later).event, event);
        assert_eq!(Entry::of(&event, Onlooker::Holder, noon()).event.location.address, None);
        let edited = Event { updated_at: later, ..event.clone() };
        assert_eq!(Entry::of(&edited, Onlooker::Holder, later).changed_at, later);
    }

    #[test]
    fn what_lives_and_what_was_cancelled_is_kept_for_a_while() {
        let mut event = event();
        let end = event.ends_at + TimeDelta::days(KEPT_DAYS);
        assert!(is_kept(&event, true, end - TimeDelta::microseconds(1)));
        assert!(!is_kept(&event, true, end));
        assert!(!is_kept(&event, false, noon()));
        event.status = Status::Cancelled;
        assert!(is_kept(&event, false, noon()));
    }

    #[test]
    fn a_hash_is_not_shown() {
        assert_eq!(format!("{:?}", TokenHash([7; 32])), "TokenHash(..)");
    }
}
