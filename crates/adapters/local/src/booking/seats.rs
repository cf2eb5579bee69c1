//! Who has which seat.

use crate::document::{Document, Key, Step, Table};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::booking::{
    Booking, BookingStatus, Claim, ClaimState, Counter, Item, PlanSeat, PlanSection, Sale, SeatPlan,
    SeatPrice, SeatReads, SeatTx, StockDifference, Ticket,
};
use ::events::{SeatPrice as OwnPrice, Seating};
use async_trait::async_trait;
use kernel::{EventId, HoldId, SeatId, SectionId, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A claim with its event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptClaim {
    event: EventId,
    claim: Claim,
}

impl Key for (EventId, SeatId) {
    fn bytes(&self) -> Vec<u8> {
        [self.0.as_uuid().into_bytes(), self.1.as_uuid().into_bytes()].concat()
    }
}

impl Document for KeptClaim {
    const KIND: &'static str = "seat_claim";
    type Key = (EventId, SeatId);

    fn key(&self) -> Self::Key {
        (self.event, self.claim.seat)
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.claims
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.claims
    }

    fn index(&self, state: &mut State, step: Step) {
        let entry = (self.event, self.claim.section, self.claim.seat);
        step.set(&mut state.booking.claims_by_section, entry);
    }
}

fn in_section(state: &State, event: EventId, section: SectionId) -> impl Iterator<Item = Claim> {
    let first = (event, section, SeatId::from(Uuid::nil()));
    let last = (event, section, SeatId::from(Uuid::max()));
    let found = state.booking.claims_by_section.range(first..=last);
    found.filter_map(move |(_, _, seat)| state.get::<KeptClaim>(&(event, *seat)).map(|kept| kept.claim))
}

fn plan(seating: &Seating) -> SeatPlan {
    let section = |section: &::events::Section| {
        let seat = |row: &::events::Row, seat: &::events::Seat| PlanSeat {
            id: seat.id,
            label: section.label(row, seat),
            accessible: seat.accessible,
            blocked: seat.blocked,
            aisle_after: seat.aisle_after,
            price: seat.price.map(|price| match price {
                OwnPrice::Exact(price) => SeatPrice::Exact(price),
                OwnPrice::Times(factor) => SeatPrice::Times(factor.thousandths()),
            }),
        };
        let row = |row: &::events::Row| row.seats.iter().map(|it| seat(row, it)).collect();
        PlanSection { id: section.id, rows: section.rows.iter().map(row).collect() }
    };
    let sections = seating.sections.iter().map(|seated| section(&seated.section)).collect();
    SeatPlan::new(seating.event, seating.version, sections)
}

#[async_trait]
impl SeatTx for LocalTx {
    async fn seat_plan(&mut self, event: EventId) -> Result<Option<SeatPlan>, StoreError> {
        Ok(self.state().get::<Seating>(&event).map(|seating| plan(seating)))
    }

    async fn seat_claims(
        &mut self,
        seats: &[(EventId, SeatId)],
        sections: &[(EventId, SectionId)],
    ) -> Result<Vec<(EventId, Claim)>, StoreError> {
        let state = self.state();
        let named = seats.iter().filter_map(|key| state.get::<KeptClaim>(key));
        let named = named.map(|kept| ((kept.event, kept.claim.seat), kept.claim));
        let whole = sections.iter().flat_map(|(event, section)| {
            in_section(state, *event, *section).map(move |claim| ((*event, claim.seat), claim))
        });
        let found: BTreeMap<_, _> = named.chain(whole).collect();
        Ok(found.into_iter().map(|((event, _), claim)| (event, claim)).collect())
    }
}

#[async_trait]
impl SeatReads for LocalStore {
    async fn claimed_seats(
        &self,
        event: EventId,
        section: Option<SectionId>,
    ) -> Result<Vec<Claim>, StoreError> {
        let state = self.read();
        if let Some(section) = section {
            return Ok(in_section(&state, event, section).collect());
        }
        let range = (event, SeatId::from(Uuid::nil()))..=(event, SeatId::from(Uuid::max()));
        Ok(state.booking.claims.range(range).map(|(_, kept)| kept.claim).collect())
    }
}

impl LocalTx {
    /// Writes what was decided about the seats of a sale.
    pub(super) fn save_claims(&mut self, sale: &Sale) -> Result<(), StoreError> {
        for (seat, hold) in &sale.seats.released {
            let key = (sale.event, *seat);
            if self.state().get::<KeptClaim>(&key).is_some_and(|kept| kept.claim.hold == *hold) {
                self.remove::<KeptClaim>(&key);
            }
        }
        for claim in sale.seats.taken.values().copied() {
            let before = self.state().get::<KeptClaim>(&(sale.event, claim.seat)).map(|kept| kept.claim);
            let ended =
                |before: Claim| matches!(before.state, ClaimState::Held { until } if until <= claim.at);
            if before.is_some_and(|before| before.hold != claim.hold && !ended(before)) {
                return Err(self.broken("claiming seats", "a seat belongs to somebody else"));
            }
            self.put(KeptClaim { event: sale.event, claim });
        }
        Ok(())
    }
}

/// Every claim has one row that it stands for, and every such row its claim.
pub(super) fn differences(state: &State) -> Vec<StockDifference> {
    let mut found = BTreeMap::<(EventId, SeatId), Vec<HoldId>>::new();
    let mut note = |event: EventId, seat: Option<SeatId>, hold: HoldId| {
        if let Some(seat) = seat {
            found.entry((event, seat)).or_default().push(hold);
        }
    };
    let seat = |item: &Item| item.seat.as_ref().map(|seat| seat.id);
    for hold in state.booking.holds.values() {
        hold.items.iter().for_each(|item| note(hold.event, seat(item), hold.id));
    }
    for booking in state.booking.bookings.values().filter(|it| it.status == BookingStatus::PendingPayment) {
        booking.items.iter().for_each(|item| note(booking.event, seat(item), booking.hold));
    }
    let living = |ticket: &&std::sync::Arc<Ticket>| ticket.status.lives() && ticket.seat.is_some();
    for ticket in state.booking.tickets.values().filter(living) {
        if let Some(booking) = state.get::<Booking>(&ticket.booking) {
            note(ticket.event, ticket.seat.as_ref().map(|seat| seat.id), booking.hold);
        }
    }
    let claimed = state.booking.claims.iter().map(|(key, kept)| (*key, kept.claim.hold));
    let claimed: BTreeMap<_, _> = claimed.collect();
    let keys: BTreeSet<_> = found.keys().chain(claimed.keys()).copied().collect();
    let differs = keys.into_iter().filter_map(|(event, seat)| {
        let holds = found.get(&(event, seat)).map_or(&[][..], Vec::as_slice);
        let claim = claimed.get(&(event, seat));
        if claim.is_some_and(|hold| holds == [*hold]) {
            return None;
        }
        let rows = u32::try_from(holds.len()).unwrap_or(u32::MAX);
        let claims = u32::from(claim.is_some());
        Some(StockDifference { of: Counter::Seat(event, seat), counted: (claims, 0), found: (rows, 0) })
    });
    differs.collect()
}
