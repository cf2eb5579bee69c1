//! The seats that a batch of requests is about, loaded once for all of them.

use super::Bookings;
use super::decide::Request;
use super::serve::Aside;
use crate::round::Ask;
use crate::{Booking, BookingTx, Claim, ClaimState, Hall, Sale, SeatPlan, Ticket, Wish};
use kernel::{EventId, HoldId, SeatId, SectionId, StoreError, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Most seats of plans that are kept in memory.
const MOST_KEPT: usize = 1_000_000;

/// What was loaded of seats.
#[derive(Default)]
pub(super) struct Seating {
    pub(super) halls: Vec<Hall>,
    /// Holds that ended and whose seats are asked for.
    pub(super) ended: BTreeSet<HoldId>,
}

impl Bookings {
    /// Loads the claims on what is asked for and no others; plans come from memory unless they changed.
    pub(super) async fn seating(
        &self,
        tx: &mut dyn BookingTx,
        asks: &[Request],
        sales: &[Sale],
        now: Timestamp,
    ) -> Result<Seating, StoreError> {
        let seated: BTreeMap<EventId, &Sale> =
            sales.iter().filter(|sale| sale.plan.is_some()).map(|sale| (sale.event, sale)).collect();
        let (mut seats, mut sections) = (BTreeSet::new(), BTreeSet::new());
        for request in asks {
            if let Ask::Hold(wish) = &request.ask
                && let Some(sale) = seated.get(&wish.event)
            {
                seats.extend(wish.seats.chosen.iter().map(|choice| (wish.event, choice.seat)));
                sections.extend(sections_of(sale, wish).map(|section| (wish.event, section)));
            }
        }
        let events: BTreeSet<EventId> =
            seats.iter().map(|(event, _)| *event).chain(sections.iter().map(|(event, _)| *event)).collect();
        let mut seating = Seating::default();
        if events.is_empty() {
            return Ok(seating);
        }
        let seats: Vec<_> = seats.into_iter().collect();
        let sections: Vec<_> = sections.into_iter().collect();
        let mut claims: BTreeMap<EventId, Vec<Claim>> = BTreeMap::new();
        for (event, claim) in tx.seat_claims(&seats, &sections).await? {
            if !claim.lives(now) {
                seating.ended.insert(claim.hold);
            }
            claims.entry(event).or_default().push(claim);
        }
        for event in events {
            let version = seated.get(&event).and_then(|sale| sale.plan).unwrap_or_default();
            if let Some(plan) = self.plans.plan(tx, event, version).await? {
                let claims = claims.remove(&event).unwrap_or_default();
                seating.halls.push(Hall::new(plan, &claims, now));
            }
        }
        Ok(seating)
    }
}

/// Where the seats of events stand, at the version that was asked for last.
#[derive(Clone, Default)]
pub(super) struct Plans(Arc<Mutex<HashMap<EventId, Arc<SeatPlan>>>>);

impl Plans {
    /// A plan at the version that the locked sale names.
    async fn plan(
        &self,
        tx: &mut dyn BookingTx,
        event: EventId,
        version: u32,
    ) -> Result<Option<Arc<SeatPlan>>, StoreError> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&event).cloned();
        if let Some(plan) = kept.filter(|plan| plan.version() == version) {
            return Ok(Some(plan));
        }
        let Some(plan) = tx.seat_plan(event).await? else { return Ok(None) };
        let plan = Arc::new(plan);
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.values().map(|plan| plan.len()).sum::<usize>() >= MOST_KEPT {
            plans.clear();
        }
        plans.insert(event, Arc::clone(&plan));
        Ok(Some(plan))
    }

    /// Where the seats of a locked sale stand; `None` where places are no seats.
    pub(super) async fn of(
        &self,
        tx: &mut dyn BookingTx,
        sale: &Sale,
    ) -> Result<Option<Arc<SeatPlan>>, StoreError> {
        match sale.plan {
            Some(version) => self.plan(tx, sale.event, version).await,
            None => Ok(None),
        }
    }

    /// These sections of a locked sale as they stand now, with what was decided about them so far; `None` where places
    /// are no seats. A section can have thousands of claims, which are read while others wait for the sale.
    pub(super) async fn hall(
        &self,
        tx: &mut dyn BookingTx,
        sale: &Sale,
        sections: BTreeSet<SectionId>,
        now: Timestamp,
    ) -> Result<Option<Hall>, StoreError> {
        let Some(plan) = self.of(tx, sale).await? else { return Ok(None) };
        let named: Vec<_> = sections.iter().map(|section| (sale.event, *section)).collect();
        let claims = if named.is_empty() { Vec::new() } else { tx.seat_claims(&[], &named).await? };
        let claims: Vec<_> = claims.into_iter().map(|(_, claim)| claim).collect();
        let mut hall = Hall::of_sections(plan, &claims, sections, now);
        hall.follow(&sale.seats);
        Ok(Some(hall))
    }
}

/// The sections of the types that are wanted by number.
fn sections_of<'a>(sale: &'a Sale, wish: &'a Wish) -> impl Iterator<Item = SectionId> {
    wish.wanted.iter().filter_map(|wanted| sale.offer(wanted.ticket_type)?.section)
}

/// Whether a seat can be a hold's again that had it before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// Nobody has it.
    Free,
    /// Somebody keeps it, and may give it back.
    Kept,
    /// It was sold, or is not for sale any more.
    Gone,
}

/// Whether these seats can be `hold`'s again, all of them, with what was decided about the sale so far.
pub(super) async fn fate_of(
    tx: &mut dyn BookingTx,
    sale: &Sale,
    (seats, hold): (&[SeatId], HoldId),
    (plans, aside): (&Plans, &Aside),
    now: Timestamp,
) -> Result<Fate, StoreError> {
    if seats.is_empty() {
        return Ok(Fate::Free);
    }
    let plan = plans.of(tx, sale).await?;
    let stands = |seat: &SeatId| plan.as_ref().and_then(|plan| plan.seat(plan.place(*seat)?));
    if seats.iter().any(|seat| stands(seat).is_none_or(|seat| seat.blocked)) {
        return Ok(Fate::Gone);
    }
    let named: Vec<_> = seats.iter().map(|seat| (sale.event, *seat)).collect();
    let stored = tx.seat_claims(&named, &[]).await?;
    let given_back = |claim: &Claim| sale.seats.released.contains(&(claim.seat, claim.hold));
    let stored = stored.into_iter().map(|(_, claim)| claim).filter(|claim| !given_back(claim));
    let given = seats.iter().filter_map(|seat| sale.seats.taken.get(seat)).copied();
    let others = stored.chain(given).filter(|claim| claim.hold != hold && claim.lives(now));
    let fate = |claim: Claim| if claim.state == ClaimState::Sold { Fate::Gone } else { Fate::Kept };
    let set_aside = seats.iter().any(|seat| aside.has(*seat)).then_some(Fate::Kept);
    Ok(others.map(fate).chain(set_aside).max().unwrap_or(Fate::Free))
}

/// Whether a seat of a booking that was given up cannot be its own any more.
pub(super) async fn is_gone(
    tx: &mut dyn BookingTx,
    (sale, booking): (&Sale, &Booking),
    with: (&Plans, &Aside),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let seats = booking.items.iter().filter_map(|item| item.seat.as_ref());
    let seats: Vec<_> = seats.map(|seat| seat.id).collect();
    Ok(fate_of(tx, sale, (&seats, booking.hold), with, now).await? != Fate::Free)
}

/// Whether the seat of a ticket can be its own again; it is free where places are no seats.
pub(super) async fn fate_of_ticket(
    tx: &mut dyn BookingTx,
    (sale, ticket): (&Sale, &Ticket),
    (hold, plans, aside): (HoldId, &Plans, &Aside),
    now: Timestamp,
) -> Result<Fate, StoreError> {
    let seats: Vec<_> = ticket.seat.iter().map(|seat| seat.id).collect();
    fate_of(tx, sale, (&seats, hold), (plans, aside), now).await
}
