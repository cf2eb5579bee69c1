//! What of the figures is wanted, and how they are put together.

use super::{DayFigures, DayRow, EventFigures, Flow, LocalDay, Part};
use crate::RefundReason;
use kernel::{Currency, EventId, OrganisationId, TicketTypeId, Timestamp};

/// Which days are wanted; absent means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlowFilter {
    /// Of events of these organisations.
    pub organisations: Option<Vec<OrganisationId>>,
    /// Of these events.
    pub events: Option<Vec<EventId>>,
    /// From this day on.
    pub from: Option<LocalDay>,
    /// Before this day.
    pub until: Option<LocalDay>,
}

impl FlowFilter {
    /// Whether a day is wanted.
    #[must_use]
    pub fn wants(&self, day: &DayFigures) -> bool {
        self.organisations.as_ref().is_none_or(|all| all.contains(&day.organisation))
            && self.events.as_ref().is_none_or(|all| all.contains(&day.event))
            && self.from.is_none_or(|from| day.day >= from)
            && self.until.is_none_or(|until| day.day < until)
    }
}

/// Which events are wanted; absent means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StandingFilter {
    /// Of these organisations.
    pub organisations: Option<Vec<OrganisationId>>,
    /// These.
    pub events: Option<Vec<EventId>>,
    /// That begin at this instant or later.
    pub from: Option<Timestamp>,
    /// That begin before this instant.
    pub until: Option<Timestamp>,
}

impl StandingFilter {
    /// Whether an event is wanted.
    #[must_use]
    pub fn wants(&self, figures: &EventFigures) -> bool {
        self.organisations.as_ref().is_none_or(|all| all.contains(&figures.organisation))
            && self.events.as_ref().is_none_or(|all| all.contains(&figures.event))
            && self.from.is_none_or(|from| figures.starts_at >= from)
            && self.until.is_none_or(|until| figures.starts_at < until)
    }
}

/// How sums are put together; always apart by currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// All in one.
    Whole,
    /// By day.
    Day,
    /// By event.
    Event,
    /// By event and ticket type; what belongs to no type stands apart.
    TicketType,
    /// Refunds by reason, and nothing else.
    Reason,
}

/// What a sum is about. What it was not asked apart by is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// Which day.
    pub day: Option<LocalDay>,
    /// Which event.
    pub event: Option<EventId>,
    /// Which ticket type.
    pub ticket_type: Option<TicketTypeId>,
    /// Why money went back.
    pub reason: Option<RefundReason>,
    /// In what.
    pub currency: Currency,
    /// The sums.
    pub flow: Flow,
}

/// In which order sums come.
pub type SumKey = (Option<LocalDay>, Option<EventId>, Option<TicketTypeId>, Option<RefundReason>, Currency);

impl Sum {
    /// Where it stands among others.
    #[must_use]
    pub const fn key(&self) -> SumKey {
        (self.day, self.event, self.ticket_type, self.reason, self.currency)
    }
}

impl By {
    /// What a row of a day adds to; nothing, when it is not asked for.
    #[must_use]
    pub fn sum(self, day: &DayFigures, row: &DayRow) -> Option<Sum> {
        let nothing = Sum {
            day: None,
            event: None,
            ticket_type: None,
            reason: None,
            currency: row.currency,
            flow: row.flow,
        };
        match (self, row.part) {
            (Self::Reason, Part::Reason(reason)) => Some(Sum { reason: Some(reason), ..nothing }),
            (Self::Reason, Part::Order | Part::Type(_)) | (_, Part::Reason(_)) => None,
            (Self::Whole, Part::Order | Part::Type(_)) => Some(nothing),
            (Self::Day, Part::Order | Part::Type(_)) => Some(Sum { day: Some(day.day), ..nothing }),
            (Self::Event, Part::Order | Part::Type(_)) => Some(Sum { event: Some(day.event), ..nothing }),
            (Self::TicketType, Part::Order) => Some(Sum { event: Some(day.event), ..nothing }),
            (Self::TicketType, Part::Type(id)) => {
                Some(Sum { event: Some(day.event), ticket_type: Some(id), ..nothing })
            }
        }
    }
}
