//! Seats: where they stand, who has which, and which are the best that are still to be had.
//!
//! A seat is bought as one place of its section's ticket type and a [`Claim`] on the seat. Counters, limits, quotas and
//! refunds know only the place; the claim is what no two buyers can have.

mod best;
mod keep;
mod plan;

pub(crate) use keep::{keep, within};
use plan::Prices;
pub use plan::{PlanSeat, PlanSection, SeatPlan};

use kernel::{HoldId, Money, SeatId, SectionId, TicketTypeId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A seat as it stands on what was bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Which.
    pub id: SeatId,
    /// What people call it: section, row and number, as they were when it was held.
    pub label: String,
}

/// One seat that a buyer points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeatChoice {
    /// Which.
    pub seat: SeatId,
    /// As which ticket type of its section; the first that is on sale when absent.
    pub ticket_type: Option<TicketTypeId>,
}

/// What a buyer wishes about seats.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeatWish {
    /// These and no others, beside what is wanted by quantity.
    pub chosen: Vec<SeatChoice>,
    /// What is wanted by quantity may be several groups instead of one.
    pub apart: bool,
    /// Among the seats of each group is one that is accessible.
    pub accessible: bool,
    /// None that costs more than this.
    pub dearest: Option<Money>,
}

/// How far a claim on a seat has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// By a hold, until then.
    Held {
        /// From then on anybody may take it over.
        until: Timestamp,
    },
    /// By a booking that waits for its payment.
    Booked,
    /// By a ticket that lives.
    Sold,
}

/// Whose a seat of an event is. The hold that took it names the claim for all its life: a hold makes one booking, and
/// that its tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Which seat.
    pub seat: SeatId,
    /// In which section.
    pub section: SectionId,
    /// The hold that took it.
    pub hold: HoldId,
    /// How far it has come.
    pub state: ClaimState,
    /// Since when it is so.
    pub at: Timestamp,
}

impl Claim {
    /// Whether nobody else can have the seat at `now`.
    #[must_use]
    pub fn lives(&self, now: Timestamp) -> bool {
        match self.state {
            ClaimState::Held { until } => now < until,
            ClaimState::Booked | ClaimState::Sold => true,
        }
    }
}

/// What a seat costs when it is not what its ticket type costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatPrice {
    /// This, as whatever type it is sold.
    Exact(Money),
    /// So many thousandths of the type's price.
    Times(u32),
}

impl SeatPrice {
    /// The price as a type that costs so much; `None` beyond all amounts.
    #[must_use]
    pub fn of(self, price: Money) -> Option<Money> {
        match self {
            Self::Exact(exact) => Some(exact),
            Self::Times(thousandths) => price.scaled(thousandths),
        }
    }
}

/// What is written about the seats of one event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeatChanges {
    /// Claims that are given back, by whose they are.
    pub released: BTreeSet<(SeatId, HoldId)>,
    /// Claims as they are from now on.
    pub taken: BTreeMap<SeatId, Claim>,
}

impl SeatChanges {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.released.is_empty() && self.taken.is_empty()
    }

    /// The seats that became somebody's for good.
    #[must_use]
    pub fn sold(&self) -> Vec<SeatId> {
        let sold = self.taken.values().filter(|claim| claim.state == ClaimState::Sold);
        sold.map(|claim| claim.seat).collect()
    }

    pub(crate) fn take(&mut self, claim: Claim) {
        self.taken.insert(claim.seat, claim);
    }

    pub(crate) fn release(&mut self, seat: SeatId, hold: HoldId) {
        if self.taken.get(&seat).is_some_and(|claim| claim.hold == hold) {
            self.taken.remove(&seat);
        }
        self.released.insert((seat, hold));
    }
}

/// What is free of a section.
#[derive(Debug, Clone, Copy, Default)]
struct FreeSeats {
    /// Next to each other, at most.
    together: usize,
    prices: Prices,
}

/// The seats of one event while requests about it are decided.
#[derive(Debug, Clone)]
pub struct Hall {
    plan: Arc<SeatPlan>,
    /// Whose each seat is, by its place in the plan. Only what was loaded is known to be anybody's.
    owners: Vec<Option<HoldId>>,
    /// The only sections whose claims were loaded, when not all were: of others nothing is found to be free.
    known: Option<BTreeSet<SectionId>>,
    /// What was found free since a seat of the section changed hands.
    free: BTreeMap<SectionId, FreeSeats>,
}

impl Hall {
    /// A hall with the claims that were loaded of it, of which those that ended count for nothing.
    #[must_use]
    pub fn new(plan: Arc<SeatPlan>, claims: &[Claim], now: Timestamp) -> Self {
        let owners = vec![None; plan.len()];
        let mut hall = Self { owners, known: None, free: BTreeMap::new(), plan };
        for claim in claims.iter().filter(|claim| claim.lives(now)) {
            hall.take(claim.seat, claim.hold);
        }
        hall
    }

    /// The same when the claims of these sections alone were loaded.
    #[must_use]
    pub fn of_sections(
        plan: Arc<SeatPlan>,
        claims: &[Claim],
        sections: BTreeSet<SectionId>,
        now: Timestamp,
    ) -> Self {
        Self { known: Some(sections), ..Self::new(plan, claims, now) }
    }

    /// Its seats.
    #[must_use]
    pub fn plan(&self) -> &Arc<SeatPlan> {
        &self.plan
    }

    /// Notes that a seat is this hold's from now on.
    pub(crate) fn take(&mut self, seat: SeatId, hold: HoldId) {
        if let Some(at) = self.plan.place(seat) {
            self.take_at(at, hold);
        }
    }

    /// Notes that a seat is this hold's no more. Whoever got it after a hold that ended keeps it.
    pub(crate) fn free(&mut self, seat: SeatId, hold: HoldId) {
        if let Some(at) = self.plan.place(seat) {
            self.free_at(at, hold);
        }
    }

    /// What was decided since it was loaded.
    pub(crate) fn follow(&mut self, changes: &SeatChanges) {
        for (seat, hold) in &changes.released {
            self.free(*seat, *hold);
        }
        for claim in changes.taken.values() {
            self.take(claim.seat, claim.hold);
        }
    }

    fn take_at(&mut self, at: usize, hold: HoldId) {
        if let Some(owner) = self.owners.get_mut(at) {
            *owner = Some(hold);
            self.forget(at);
        }
    }

    fn free_at(&mut self, at: usize, hold: HoldId) {
        if let Some(owner) = self.owners.get_mut(at).filter(|owner| **owner == Some(hold)) {
            *owner = None;
            self.forget(at);
        }
    }

    fn forget(&mut self, at: usize) {
        if let Some(section) = self.plan.section(at) {
            self.free.remove(&section);
        }
    }

    fn is_free(&self, at: usize) -> bool {
        self.owners.get(at) == Some(&None) && self.plan.seat(at).is_some_and(|seat| !seat.blocked)
    }
}

#[cfg(test)]
mod tests;
