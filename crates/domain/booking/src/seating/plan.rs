//! Where the seats of an event stand. A plan never changes; a changed hall has another version.

use super::{Seat, SeatPrice};
use crate::refund::smaller;
use kernel::{EventId, Money, SeatId, SectionId};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// A seat of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanSeat {
    /// Which.
    pub id: SeatId,
    /// What people call it.
    pub label: String,
    /// For those who come in a wheelchair.
    pub accessible: bool,
    /// Not for sale.
    pub blocked: bool,
    /// The next one in the row is not its neighbour.
    pub aisle_after: bool,
    /// What it costs, when it is not what its ticket type costs.
    pub price: Option<SeatPrice>,
}

/// A section: its rows from the front, each from one end to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanSection {
    /// Which.
    pub id: SectionId,
    /// Its rows.
    pub rows: Vec<Vec<PlanSeat>>,
}

/// What some seats cost, as far as the cheapest of them goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Prices {
    /// One costs what its ticket type costs.
    as_type: bool,
    exact: Option<Money>,
    thousandths: Option<u32>,
}

impl Prices {
    pub(super) fn note(&mut self, seat: &PlanSeat) {
        match seat.price {
            None => self.as_type = true,
            Some(SeatPrice::Exact(price)) => {
                self.exact = Some(self.exact.map_or(price, |least| smaller(least, price)));
            }
            Some(SeatPrice::Times(factor)) => {
                self.thousandths = Some(self.thousandths.map_or(factor, |least| least.min(factor)));
            }
        }
    }

    /// What the cheapest of them costs, sold as a type that costs so much; `None` of no seats.
    pub(super) fn least(self, price: Money) -> Option<Money> {
        let times = self.thousandths.and_then(|factor| SeatPrice::Times(factor).of(price));
        let all = [self.as_type.then_some(price), self.exact, times];
        all.into_iter().flatten().reduce(smaller)
    }
}

/// All seats of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatPlan {
    event: EventId,
    version: u32,
    seats: Vec<(PlanSeat, SectionId)>,
    rows: Vec<(SectionId, Vec<Range<usize>>)>,
    places: HashMap<SeatId, usize>,
    prices: BTreeMap<SectionId, Prices>,
}

impl SeatPlan {
    /// The seats of an event at this version of its hall.
    #[must_use]
    pub fn new(event: EventId, version: u32, sections: Vec<PlanSection>) -> Self {
        let (mut seats, mut rows) = (Vec::new(), Vec::new());
        for section in sections {
            let mut spans = Vec::with_capacity(section.rows.len());
            for row in section.rows {
                let from = seats.len();
                seats.extend(row.into_iter().map(|seat| (seat, section.id)));
                spans.push(from..seats.len());
            }
            rows.push((section.id, spans));
        }
        let places = seats.iter().enumerate().map(|(at, (seat, _))| (seat.id, at)).collect();
        let mut prices = BTreeMap::<_, Prices>::new();
        for (seat, section) in &seats {
            prices.entry(*section).or_default().note(seat);
        }
        Self { event, version, seats, rows, places, prices }
    }

    /// Of which event.
    #[must_use]
    pub fn event(&self) -> EventId {
        self.event
    }

    /// Of which version of its hall.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// How many seats there are, blocked ones too.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seats.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// Where a seat stands among all.
    #[must_use]
    pub fn place(&self, seat: SeatId) -> Option<usize> {
        self.places.get(&seat).copied()
    }

    /// The seat at a place.
    #[must_use]
    pub fn seat(&self, at: usize) -> Option<&PlanSeat> {
        self.seats.get(at).map(|(seat, _)| seat)
    }

    /// The section of the seat at a place.
    #[must_use]
    pub fn section(&self, at: usize) -> Option<SectionId> {
        self.seats.get(at).map(|(_, section)| *section)
    }

    /// What the cheapest seat of a section costs, sold as a type that costs so much, whoever has it; `None` without seats.
    #[must_use]
    pub fn least_price(&self, section: SectionId, price: Money) -> Option<Money> {
        self.prices.get(&section)?.least(price)
    }

    /// A section's rows, from the front, as places.
    pub(crate) fn rows(&self, section: SectionId) -> &[Range<usize>] {
        self.rows.iter().find(|(id, _)| *id == section).map_or(&[], |(_, rows)| rows)
    }

    /// The seat at a place as it stands on what is bought.
    pub(crate) fn named(&self, at: usize) -> Option<Seat> {
        self.seat(at).map(|seat| Seat { id: seat.id, label: seat.label.clone() })
    }

    #[cfg(test)]
    pub(crate) fn seats_for_tests(&self) -> Vec<PlanSeat> {
        self.seats.iter().map(|(seat, _)| seat.clone()).collect()
    }
}
