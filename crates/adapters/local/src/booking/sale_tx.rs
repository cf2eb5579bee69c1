//! Places: counters and holds.

use super::{KeptPromise, sales};
use crate::state::State;
use crate::transaction::LocalTx;
use ::booking::{
    Booking, CancellationPolicy, Hold, Holdings, Item, Offer, Promise, Quota, Sale, SaleTx, Tally, Ticket,
};
use ::events::{Event, Status, Stock, TicketType};
use async_trait::async_trait;
use kernel::{AccountId, BookingId, EventId, HoldId, StoreError, TicketId, Timestamp};
use std::collections::BTreeSet;
use uuid::Uuid;

const SAVING: &str = "saving the counters of a sale";
const HOLDING: &str = "adding a hold";

#[async_trait]
impl SaleTx for LocalTx {
    async fn lock_sales(&mut self, events: &[EventId]) -> Result<Vec<Sale>, StoreError> {
        Ok(sales(self.state(), events))
    }

    async fn save_sales(&mut self, sales: &[Sale]) -> Result<(), StoreError> {
        for sale in sales {
            for offer in &sale.offers {
                let Offer { ticket_type, held, sold, reserved, .. } = *offer;
                let stock = Stock { held, sold, reserved, ..Stock::untouched(ticket_type) };
                self.save_stock(sale.event, stock)?;
            }
            self.check_capacity(sale.event, SAVING)?;
            self.save_claims(sale)?;
        }
        Ok(())
    }

    async fn holdings(
        &mut self,
        pairs: &[(AccountId, EventId)],
        now: Timestamp,
    ) -> Result<Vec<Tally>, StoreError> {
        let pairs: BTreeSet<_> = pairs.iter().copied().collect();
        let tallies = pairs.into_iter().map(|(buyer, event)| {
            let holdings = holdings(self.state(), buyer, event, now);
            Tally { buyer, event, holdings }
        });
        Ok(tallies.filter(|tally| tally.holdings != Holdings::default()).collect())
    }

    async fn open_holds(
        &mut self,
        pairs: &[(AccountId, EventId)],
        now: Timestamp,
    ) -> Result<Vec<Tally>, StoreError> {
        let pairs: BTreeSet<_> = pairs.iter().copied().collect();
        let tallies = pairs.into_iter().map(|(buyer, event)| {
            let held = living_holds(self.state(), buyer, event, now).count();
            let open = held + unpaid(self.state(), buyer, event).count();
            let open_holds = u32::try_from(open).unwrap_or(u32::MAX);
            Tally { buyer, event, holdings: Holdings { open_holds, ..Holdings::default() } }
        });
        Ok(tallies.filter(|tally| tally.holdings.open_holds > 0).collect())
    }

    async fn add_holds(&mut self, holds: &[Hold]) -> Result<(), StoreError> {
        for hold in holds {
            self.check_lines(hold.event, &hold.items, HOLDING)?;
            self.add(hold.clone(), HOLDING)?;
        }
        Ok(())
    }

    async fn lock_holds(&mut self, ids: &[HoldId]) -> Result<Vec<Hold>, StoreError> {
        let ids: BTreeSet<_> = ids.iter().copied().collect();
        Ok(ids.into_iter().filter_map(|id| self.state().copy(&id)).collect())
    }

    async fn lapsed_holds(
        &mut self,
        events: &[EventId],
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Hold>, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let state = self.state();
        let mut lapsed = BTreeSet::new();
        for event in events.iter().copied() {
            let first = (event, Timestamp::MIN_UTC, HoldId::from(Uuid::nil()));
            let last = (event, now, HoldId::from(Uuid::max()));
            let of_event = state.booking.holds_by_end.range(first..=last).take(limit);
            lapsed.extend(of_event.map(|(_, end, id)| (*end, *id)));
        }
        Ok(lapsed.into_iter().take(limit).filter_map(|(_, id)| state.copy(&id)).collect())
    }

    async fn save_promise(
        &mut self,
        event: EventId,
        policy: &CancellationPolicy,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if self.state().get::<Event>(&event).is_none() {
            return Err(self.broken("saving a promise", "there is no such event"));
        }
        self.put(KeptPromise { event, promise: Promise::Policy(policy.clone()), changed_at: now });
        Ok(())
    }

    async fn cancel_sale(&mut self, event: EventId, now: Timestamp) -> Result<(), StoreError> {
        let Some(mut event) = self.state().copy::<Event>(&event) else {
            return Err(self.broken("cancelling a sale", "there is no such event"));
        };
        event.status = Status::Cancelled;
        event.updated_at = now;
        self.save(event, "cancelling a sale")
    }

    async fn drop_holds(&mut self, ids: &[HoldId]) -> Result<(), StoreError> {
        for id in ids {
            self.remove::<Hold>(id);
        }
        Ok(())
    }
}

impl LocalTx {
    fn save_stock(&mut self, event: EventId, stock: Stock) -> Result<(), StoreError> {
        let Some(ticket_type) = self.state().get::<TicketType>(&stock.ticket_type) else {
            return Err(self.broken(SAVING, "the ticket type is not there"));
        };
        if ticket_type.event != event {
            return Err(self.broken(SAVING, "the ticket type belongs to another event"));
        }
        if u64::from(stock.held) + u64::from(stock.sold) + u64::from(stock.reserved)
            > u64::from(ticket_type.quantity)
        {
            return Err(self.broken(SAVING, "more would be held, sold and kept than there are"));
        }
        if self.state().get(&stock.ticket_type).is_none_or(|before: &std::sync::Arc<Stock>| **before != stock)
        {
            self.put(stock);
        }
        Ok(())
    }

    /// No more places are taken than the event has, and than each of its quotas has.
    pub(crate) fn check_capacity(&mut self, event: EventId, doing: &'static str) -> Result<(), StoreError> {
        let sales = sales(self.state(), &[event]);
        for sale in &sales {
            let taken = sale.taken_of_quotas();
            let over = |quota: Quota| taken.get(&quota.id).is_some_and(|taken| *taken > quota.quantity);
            if sale.offers.iter().filter_map(|offer| offer.quota).any(over) {
                return Err(self.broken(doing, "more would be taken than a quota has"));
            }
        }
        let Some(capacity) = self.state().get::<Event>(&event).and_then(|event| event.capacity) else {
            return Ok(());
        };
        let taken: u64 = self
            .state()
            .events
            .stocked(event)
            .map(|(_, stock)| u64::from(stock.held) + u64::from(stock.sold) + u64::from(stock.reserved))
            .sum();
        if taken > u64::from(capacity) {
            return Err(self.broken(doing, "more would be taken than the event has room for"));
        }
        Ok(())
    }

    /// Lines name types of their own event.
    pub(super) fn check_lines(
        &mut self,
        event: EventId,
        items: &[Item],
        doing: &'static str,
    ) -> Result<(), StoreError> {
        let of_event = |item: &Item| {
            self.state().get::<TicketType>(&item.ticket_type).is_some_and(|kept| kept.event == event)
        };
        if items.iter().all(of_event) {
            return Ok(());
        }
        Err(self.broken(doing, "the event has no such ticket type"))
    }
}

fn living_holds(
    state: &State,
    buyer: AccountId,
    event: EventId,
    now: Timestamp,
) -> impl Iterator<Item = &Hold> {
    let range = (buyer, event, HoldId::from(Uuid::nil()))..=(buyer, event, HoldId::from(Uuid::max()));
    let held = state.booking.holds_by_buyer.range(range);
    held.filter_map(|(_, _, id)| state.get::<Hold>(id).map(AsRef::as_ref)).filter(move |hold| hold.lives(now))
}

fn unpaid(state: &State, buyer: AccountId, event: EventId) -> impl Iterator<Item = &Booking> {
    let range = (buyer, event, BookingId::from(Uuid::nil()))..=(buyer, event, BookingId::from(Uuid::max()));
    let unpaid = state.booking.unpaid_by_buyer.range(range);
    unpaid.filter_map(|(_, _, id)| state.get::<Booking>(id).map(AsRef::as_ref))
}

fn holdings(state: &State, buyer: AccountId, event: EventId, now: Timestamp) -> Holdings {
    let mut holdings = Holdings::default();
    let mut take = |items: &[Item]| {
        for item in items {
            let taken = holdings.taken.entry(item.ticket_type).or_default();
            *taken = taken.saturating_add(item.quantity);
        }
    };
    let tables = &state.booking;
    let mut open_holds = 0_u32;
    for hold in living_holds(state, buyer, event, now) {
        take(&hold.items);
        open_holds = open_holds.saturating_add(1);
    }
    for booking in unpaid(state, buyer, event) {
        take(&booking.items);
        open_holds = open_holds.saturating_add(1);
    }
    let range = (buyer, event, TicketId::from(Uuid::nil()))..=(buyer, event, TicketId::from(Uuid::max()));
    for (_, _, id) in tables.living_by_holder.range(range) {
        if let Some(ticket) = state.get::<Ticket>(id) {
            let taken = holdings.taken.entry(ticket.ticket_type).or_default();
            *taken = taken.saturating_add(1);
        }
    }
    holdings.open_holds = open_holds;
    holdings
}
