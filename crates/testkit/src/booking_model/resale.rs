//! The waiting list and the return desk in a history: what people do there, what the worker owes them, and what must
//! hold after every step.

use super::{Step, World, choice, told};
use crate::fixtures_bookings::by;
use booking::use_cases::ConfirmRequest;
use booking::{
    EntryStatus, Hall, Holdings, JoinWish, OfferTerms, RefundReason, Return, ReturnStatus, Rules, SaleStatus,
    TicketStatus, WaitlistEntry,
};
use chrono::TimeDelta;
use kernel::{Clock, Money, PageRequest, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Entries and returns as they were after the step before, in the order in which they came to be.
#[derive(Debug, Default)]
pub(super) struct Seen {
    entries: Vec<WaitlistEntry>,
}

const ALL: PageRequest = PageRequest { limit: 1000, after: None };

impl World {
    pub(super) async fn resell(&mut self, step: Step) -> String {
        let event = self.house.event.id;
        match step {
            Step::Join { buyer, quantity, most } => {
                let wish = JoinWish {
                    buyer: self.buyers[buyer],
                    ticket_types: Vec::new(),
                    quantity: u32::try_from(quantity).unwrap(),
                    max_price: most.map(|cents| Money::eur(u32::try_from(cents).unwrap())),
                };
                match self.bookings.join_list(event, wish).await {
                    Ok(place) => format!("{} {:?}", place.entry.number, place.position),
                    Err(refusal) => format!("{refusal}"),
                }
            }
            Step::Leave { buyer } => {
                format!("{}", self.bookings.leave_list(event, self.buyers[buyer]).await.unwrap())
            }
            Step::Accept { buyer } => self.accept(buyer).await,
            Step::GiveToDesk { ticket } => match self.tickets.get(ticket) {
                Some(ticket) => {
                    let given = self.bookings.give_to_desk(&by(ticket.holder), ticket.id).await;
                    given.map_or_else(|no| format!("{no}"), |(made, _)| format!("{:?}", made.price))
                }
                None => "no such ticket".into(),
            },
            Step::TakeFromDesk { ticket } => match self.tickets.get(ticket) {
                Some(ticket) => {
                    let taken = self.bookings.take_from_desk(&by(ticket.holder), ticket.id).await;
                    taken.map_or_else(|no| format!("{no}"), |ticket| format!("{}", ticket.version))
                }
                None => "no such ticket".into(),
            },
            Step::Rules { automatic, returns } => {
                let (rules, staff) = (Rules { automatic, returns }, by(self.staff.account));
                format!("{}", self.bookings.set_rules(event, rules, &staff).await.unwrap())
            }
            _ => {
                let mut answer = String::new();
                for made in self.returns().await {
                    answer += &format!("{:?} ", self.bookings.watch_return(made.id).await.unwrap());
                }
                answer
            }
        }
    }

    /// Whoever was offered places confirms them.
    async fn accept(&mut self, buyer: usize) -> String {
        let buyer = self.buyers[buyer];
        let place = self.bookings.place_on_list(self.house.event.id, buyer).await.unwrap();
        let Some(hold) = place.and_then(|place| place.entry.hold) else { return "nothing offered".into() };
        let kept = self.house.stores.booking.hold(hold).await.unwrap();
        let payment = kept.filter(|kept| !kept.total.is_zero()).map(|_| choice());
        let request = ConfirmRequest { buyer, hold, payment, attendees: vec![] };
        match self.bookings.confirm(request).await {
            Ok(placed) => {
                let answer = told(&placed.booking);
                self.keep(placed.booking).await;
                answer
            }
            Err(refusal) => format!("{refusal}"),
        }
    }

    /// The oldest first.
    async fn returns(&self) -> Vec<Return> {
        let store = &self.house.stores.booking;
        let mut returns = store.returns_of_event(self.house.event.id, ALL).await.unwrap().items;
        returns.reverse();
        returns
    }

    async fn entries(&self) -> Vec<WaitlistEntry> {
        self.house.stores.booking.entries_of_event(self.house.event.id, ALL).await.unwrap().items
    }

    async fn settle(&self) {
        for made in self.returns().await.iter().filter(|made| made.status == ReturnStatus::Sold) {
            // What cannot go back because a person has to look stays as it is.
            let _ = self.bookings.settle_return(made.id).await;
        }
    }

    /// Long after the event nothing waits any more.
    pub(super) async fn end(&mut self) {
        self.house.clock.set(self.house.clock.now().max(self.house.event.ends_at) + TimeDelta::days(8));
        self.bookings.serve_list(self.house.event.id).await.unwrap();
        let sale = self.house.stores.booking.sales(&[self.house.event.id]).await.unwrap().remove(0);
        for made in self.returns().await {
            let again = self.bookings.watch_return(made.id).await.unwrap();
            // An event that does not take place pays for what waits with everybody's.
            assert!(again.is_none() || sale.status == SaleStatus::Cancelled, "{made:?}");
        }
        self.settle().await;
        assert!(self.entries().await.iter().all(|entry| entry.status != EntryStatus::Waiting));
    }

    /// If asked, does what the worker owes list and desk; looks whether all holds that must, and tells how it stands.
    pub(super) async fn after(&mut self, serves: bool) -> String {
        if serves {
            self.bookings.serve_list(self.house.event.id).await.unwrap();
            self.settle().await;
        }
        let entries = self.entries().await;
        if serves && self.bookings.rules(self.house.event.id).await.unwrap().unwrap().automatic {
            self.check_order(&entries).await;
        }
        self.check_offers(&entries).await;
        self.check_desk().await;
        let mut state = String::new();
        for entry in &entries {
            state += &format!(
                "{} {:?} {:?} {:?}\n",
                entry.number, entry.status, entry.offered_at, entry.expires_at
            );
        }
        for made in self.returns().await {
            state += &format!("{:?} {:?} {}\n", made.status, made.decided_at, made.price);
        }
        self.resale.entries = entries;
        state
    }

    /// Who still waits could have had none of what is free, nor of what this step offered to those behind.
    async fn check_order(&self, entries: &[WaitlistEntry]) {
        let store = &self.house.stores.booking;
        let now = self.house.clock.now();
        for entry in entries.iter().filter(|entry| entry.status == EntryStatus::Waiting) {
            let mut sale = store.sales(&[entry.event]).await.unwrap().remove(0);
            let new = |it: &&WaitlistEntry| {
                let before = self.resale.entries.iter().find(|old| old.id == it.id);
                it.number > entry.number
                    && it.status == EntryStatus::Offered
                    && before.is_some_and(|old| old.status == EntryStatus::Waiting)
            };
            let mut without = Vec::new();
            for behind in entries.iter().filter(new) {
                if let Some(hold) = store.hold(behind.hold.unwrap()).await.unwrap() {
                    sale.release(&hold.items, hold.id);
                    without.push(hold.id);
                }
            }
            let sections: BTreeSet<_> = sale.offers.iter().filter_map(|offer| offer.section).collect();
            let sections: Vec<_> = sections.into_iter().map(|section| (entry.event, section)).collect();
            let tx = store.begin().await.unwrap();
            let seen = kernel::transact(tx, async |tx| {
                let already = tx.holdings(&[(entry.buyer, entry.event)], now).await?.pop();
                let plan = if sections.is_empty() { None } else { tx.seat_plan(entry.event).await? };
                let claims =
                    if sections.is_empty() { vec![] } else { tx.seat_claims(&[], &sections).await? };
                Ok::<_, StoreError>((already, plan, claims))
            });
            let (already, plan, claims) = seen.await.unwrap();
            let already = already.map(|it| it.holdings).unwrap_or_else(Holdings::default);
            let claims: Vec<_> = claims.into_iter().map(|(_, claim)| claim).collect();
            let claims: Vec<_> = claims.into_iter().filter(|it| !without.contains(&it.hold)).collect();
            let mut hall = plan.map(|plan| Hall::new(Arc::new(plan), &claims, now));
            let terms = OfferTerms::lasting(TimeDelta::hours(12));
            let fits = sale.offer_places(&mut entry.clone(), &already, (&terms, hall.as_mut()), now);
            assert!(fits.is_none(), "{entry:?} was passed over: {entries:?}");
        }
    }

    /// Every offer keeps places of its own, and nobody has two.
    async fn check_offers(&self, entries: &[WaitlistEntry]) {
        let living: Vec<_> = entries.iter().filter(|entry| entry.status.lives()).map(|it| it.buyer).collect();
        let mut once = living.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), living.len(), "one living entry per buyer: {entries:?}");
        for entry in entries.iter().filter(|entry| entry.status == EntryStatus::Offered) {
            let hold = self.house.stores.booking.hold(entry.hold.unwrap()).await.unwrap();
            let hold = hold.unwrap_or_else(|| panic!("{entry:?} is offered nothing"));
            assert_eq!(
                (hold.entry, hold.places(), hold.buyer),
                (Some(entry.id), entry.quantity, entry.buyer)
            );
            let dear =
                |it: &booking::Item| entry.max_price.is_some_and(|most| most.minus(it.unit_price).is_none());
            assert!(!hold.items.iter().any(dear), "{entry:?} is offered what is too dear: {hold:?}");
        }
    }

    /// What waits at the desk is nobody's ticket, and what was sold again is paid out once.
    async fn check_desk(&self) {
        let store = &self.house.stores.booking;
        for made in self.returns().await {
            let ticket = store.ticket(made.ticket).await.unwrap().unwrap();
            let waits = matches!(made.status, ReturnStatus::Waiting | ReturnStatus::Sold);
            assert!(!waits || !ticket.status.lives(), "{made:?} {ticket:?}");
            let booking = store.booking(made.booking).await.unwrap().unwrap();
            let resold = |it: &&booking::Refund| {
                it.reason == RefundReason::Resold && it.again.is_none() && it.tickets.contains(&made.ticket)
            };
            let paid: Vec<_> = booking.refunds.iter().filter(resold).collect();
            let payments: std::collections::BTreeSet<_> = paid.iter().map(|it| it.payment).collect();
            assert_eq!(payments.len(), paid.len(), "paid out once: {booking:?}");
            if made.status == ReturnStatus::Refunded {
                assert_eq!(ticket.status, TicketStatus::Cancelled);
            }
        }
    }
}
