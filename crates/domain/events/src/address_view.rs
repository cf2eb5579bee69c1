//! That somebody was shown where exactly an event is.

use chrono::{DurationRound, TimeDelta};
use kernel::{AccountId, EventId, RequestName, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How often in an hour somebody, as a ticket holder or as one who works there, was shown the exact place of an event.
/// Kept for good.
///
/// Of one account, one event and one hour (by UTC) there is one, in which every view counts: a page that is open on a
/// phone asks again and again. So what is kept is bounded by the hours that an address is known, whatever anybody sends;
/// to guests it is known until [`crate::location::KNOWN_HOURS`] after the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressView {
    /// Of which event.
    pub event: EventId,
    /// To whom.
    pub account: AccountId,
    /// When, for the first time in its hour.
    pub at: Timestamp,
    /// In answer to which request it was the first time, when that is known.
    pub request: Option<RequestName>,
    /// How often in its hour. What was kept before views were counted stands for the first.
    #[serde(default = "once")]
    pub views: u32,
    /// When for the last time; `None` when there was no further one.
    #[serde(default)]
    pub last: Option<Timestamp>,
}

fn once() -> u32 {
    1
}

impl AddressView {
    /// One view.
    #[must_use]
    pub fn new(event: EventId, account: AccountId, at: Timestamp, request: Option<RequestName>) -> Self {
        Self { event, account, at, request, views: once(), last: None }
    }

    /// With what was noted of the same hour after it. Clocks of several servers differ: the first is the one that was
    /// noted first, and the last is never before it.
    #[must_use]
    pub fn and(self, further: &Self) -> Self {
        Self {
            views: self.views.saturating_add(further.views),
            last: Some(self.last_at().max(further.last_at())),
            ..self
        }
    }

    /// When it was shown for the last time in its hour, be it the first.
    #[must_use]
    pub fn last_at(&self) -> Timestamp {
        self.last.unwrap_or(self.at)
    }

    /// The hour that it stands for: when it began.
    #[must_use]
    pub fn hour(&self) -> Timestamp {
        hour_of(self.at)
    }
}

/// When the hour of an instant began, by UTC.
#[must_use]
pub fn hour_of(at: Timestamp) -> Timestamp {
    // Instants that are kept are far from the ends of the calendar.
    at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at)
}

/// Views by event, account and hour, in this order: one of each.
#[must_use]
pub fn summed(views: &[AddressView]) -> Vec<AddressView> {
    let mut hours: BTreeMap<(EventId, AccountId, Timestamp), AddressView> = BTreeMap::new();
    for view in views {
        let key = (view.event, view.account, view.hour());
        hours.entry(key).and_modify(|sum| *sum = sum.and(view)).or_insert(*view);
    }
    hours.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::noon;

    #[test]
    fn views_of_one_hour_are_told_together() {
        let view = |seconds| {
            let at = noon() + TimeDelta::seconds(seconds);
            AddressView::new(EventId::generate(noon()), AccountId::generate(noon()), at, None)
        };
        assert_eq!([0, 1, 3599].map(|seconds| view(seconds).hour()), [noon(); 3]);
        assert_eq!(view(3600).hour(), noon() + TimeDelta::hours(1));
        assert_eq!(view(-1).hour(), noon() - TimeDelta::hours(1));
    }

    #[test]
    fn every_view_of_an_hour_counts() {
        let (event, account) = (EventId::generate(noon()), AccountId::generate(noon()));
        let at = |seconds| noon() + TimeDelta::seconds(seconds);
        let view = |seconds| AddressView::new(event, account, at(seconds), None);
        let (first, next) = (view(5), view(3600));
        assert_eq!((first.views, first.last_at()), (1, at(5)));
        // Another server's clock is a little behind.
        let three = first.and(&view(2)).and(&view(9));
        assert_eq!(three, AddressView { views: 3, last: Some(at(9)), ..first });
        assert_eq!(first.and(&view(2)).last_at(), at(5));
        assert_eq!(three.and(&three).views, 6);
        let elsewhere = AddressView { event: EventId::generate(noon()), ..first };
        let all = summed(&[next, elsewhere, first, view(2), view(9)]);
        let mut expected = [three, next, elsewhere];
        expected.sort_by_key(|view| (view.event, view.account, view.at));
        assert_eq!(all, expected);
        assert_eq!(AddressView { views: u32::MAX, ..first }.and(&first).views, u32::MAX);
    }
}
