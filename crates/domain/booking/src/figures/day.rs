//! Days by the clocks of the place, and what stands for one.

use super::Flow;
use crate::RefundReason;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use kernel::{Currency, EventId, OrganisationId, TicketTypeId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A calendar day by the clocks of an event's place.
pub type LocalDay = NaiveDate;

/// The longest that clocks ever went forward by, in minutes: a day, when a place changed sides of the date line.
const LONGEST_GAP: i64 = 26 * 60;

/// The day on which an instant lies at the place.
///
/// Days follow one another without gap or overlap, also where clocks are put back over midnight: what they show then for
/// the second time belongs to the day that had begun.
#[must_use]
pub fn day_of(zone: Tz, at: Timestamp) -> LocalDay {
    let day = at.with_timezone(&zone).date_naive();
    let next = day.succ_opt().unwrap_or(day);
    if next != day && at >= start_of(zone, next) {
        next
    } else if at < start_of(zone, day) {
        day.pred_opt().unwrap_or(day)
    } else {
        day
    }
}

/// The first instant of a day at the place, and the first one after it: 23 hours later, 24 or 25, or none, where a
/// place left a day out.
#[must_use]
pub fn span_of(zone: Tz, day: LocalDay) -> (Timestamp, Timestamp) {
    (start_of(zone, day), start_of(zone, day.succ_opt().unwrap_or(day)))
}

/// The first instant at which clocks show midnight or, when they leave it out, what comes after it.
fn start_of(zone: Tz, day: LocalDay) -> Timestamp {
    let midnight = day.and_time(NaiveTime::MIN);
    let mut shown = (0..=LONGEST_GAP).filter_map(|minutes| {
        let local = midnight.checked_add_signed(TimeDelta::minutes(minutes))?;
        zone.from_local_datetime(&local).earliest().map(|found: DateTime<Tz>| found.to_utc())
    });
    shown.next().unwrap_or_else(|| midnight.and_utc())
}

/// The least id that can have been made at an instant or later.
#[must_use]
pub fn first_id(at: Timestamp) -> Uuid {
    let millis = u128::try_from(at.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}

/// What of a day a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Orders as a whole, and money that belongs to no ticket type.
    Order,
    /// One ticket type. With [`Part::Order`] they are all there was.
    Type(TicketTypeId),
    /// Refunds for one reason, which stand in the others as well.
    Reason(RefundReason),
}

/// What happened to a part of an event in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRow {
    /// To what.
    pub part: Part,
    /// In what.
    pub currency: Currency,
    /// The sums.
    pub flow: Flow,
}

/// What happened on a day to an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayFigures {
    /// To which.
    pub event: EventId,
    /// Who runs it.
    pub organisation: OrganisationId,
    /// By the clocks of its place.
    pub day: LocalDay,
    /// By part and currency, in this order; nothing is left out but what is nothing.
    pub rows: Vec<DayRow>,
}

/// Sums by part and currency.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums(BTreeMap<(Part, Currency), Flow>);

impl Sums {
    pub(super) fn add(&mut self, part: Part, currency: Currency, flow: &Flow) {
        self.0.entry((part, currency)).or_default().add(flow);
    }

    pub(super) fn rows(&self) -> Vec<DayRow> {
        let rows = self.0.iter().filter(|(_, flow)| !flow.is_nothing());
        rows.map(|((part, currency), flow)| DayRow { part: *part, currency: *currency, flow: *flow })
            .collect()
    }
}
