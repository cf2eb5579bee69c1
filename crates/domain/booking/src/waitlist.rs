//! The waiting list: who comes next when places are free again.
//!
//! An offer is a [`Hold`] like any other, made for one entry. While it lives its places are nobody else's, and it is
//! confirmed like any hold. Entries are served strictly in their order; one that does not fit what is free keeps its
//! place in it. Nothing here is decided without the sale's lock.

mod free;
mod quiet;
mod rules;

pub use free::{Free, Kept};
pub use quiet::Quiet;
pub use rules::{Resale, Rules};

use crate::{
    Hall, Hold, Holdings, Limit, Offer, PlanSeat, Sale, SaleStatus, SeatWish, Wanted, Wish, seating,
};
use chrono::TimeDelta;
use chrono_tz::Tz;
use free::least_price;
use kernel::{AccountId, EventId, HoldId, Money, TicketTypeId, Timestamp, WaitlistEntryId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most ticket types that one entry names.
pub const MOST_TYPES: usize = 50;

/// How long offers live, and when nobody is woken for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferTerms {
    /// From the offer, or from the end of the quiet hours, until it passes on.
    pub lasts: TimeDelta,
    /// Hours in which no offer begins to run.
    pub quiet: Option<Quiet>,
}

impl OfferTerms {
    /// So long, at any hour.
    #[must_use]
    pub const fn lasting(lasts: TimeDelta) -> Self {
        Self { lasts, quiet: None }
    }

    /// When an offer that is made now is told, and when it ends: never after the sale has ended. Quiet hours that
    /// would leave nothing of it are none.
    fn of(&self, zone: Tz, sale_ends: Timestamp, now: Timestamp) -> (Timestamp, Timestamp) {
        let wakes = self.quiet.map_or(now, |quiet| quiet.over(zone, now));
        let begins = if wakes < sale_ends { wakes } else { now };
        (begins, (begins + self.lasts).min(sale_ends))
    }
}

/// Where an entry stands, as stored; what it means at an instant is [`Entry::status_at`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryStatus {
    /// In line.
    Waiting,
    /// Places are kept for it.
    Offered,
    /// Its offer became a booking.
    Accepted,
    /// Its offer was not taken in time, or the sale ended.
    Expired,
    /// Its owner does not want it any more.
    Left,
}

impl EntryStatus {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Offered, Self::Accepted, Self::Expired, Self::Left];

    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Offered => "offered",
            Self::Accepted => "accepted",
            Self::Expired => "expired",
            Self::Left => "left",
        }
    }

    /// Whether its owner is on the list with it.
    #[must_use]
    pub const fn lives(self) -> bool {
        matches!(self, Self::Waiting | Self::Offered)
    }

    /// Whether an offer that was made for it has ended and was not taken: it ran out, or its owner did not want it.
    #[must_use]
    pub const fn ends_untaken(self) -> bool {
        matches!(self, Self::Expired | Self::Left)
    }
}

/// Somebody who waits for places of an event, all of them together or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Names it.
    pub id: WaitlistEntryId,
    /// Of which event.
    pub event: EventId,
    /// Who waits.
    pub buyer: AccountId,
    /// Any one of these; of any type that is shown when there are none.
    pub ticket_types: Vec<TicketTypeId>,
    /// So many of one type.
    pub quantity: u32,
    /// Not for more than this, each.
    pub max_price: Option<Money>,
    /// Its place in the order of the event, from 1; never given twice.
    pub number: u64,
    /// As stored.
    pub status: EntryStatus,
    /// Since when.
    pub joined_at: Timestamp,
    /// The places that are, or were, kept for it.
    pub hold: Option<HoldId>,
    /// When it was offered places.
    pub offered_at: Option<Timestamp>,
    /// Until when the offer lives.
    pub expires_at: Option<Timestamp>,
    /// When it was accepted, expired or left.
    pub decided_at: Option<Timestamp>,
}

/// What somebody wants to wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinWish {
    /// Who.
    pub buyer: AccountId,
    /// Any one of these types; any that is shown when there are none.
    pub ticket_types: Vec<TicketTypeId>,
    /// So many, together or not at all.
    pub quantity: u32,
    /// Not for more than this, each.
    pub max_price: Option<Money>,
}

/// Why somebody is not put on the list; nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinRefusal {
    /// There is no such event, or it is not for this buyer to know.
    #[error("there is no such event")]
    UnknownEvent,
    /// The event shows no such ticket type.
    #[error("the event has no such ticket type")]
    UnknownTicketType(TicketTypeId),
    /// More types than [`MOST_TYPES`].
    #[error("too many ticket types")]
    TooManyTypes,
    /// None at all.
    #[error("an entry needs at least one place")]
    Nothing,
    /// The price is in another currency than the event's.
    #[error("the price is in another currency")]
    WrongCurrency,
    /// What is wanted is on sale, but nothing of it for so little.
    #[error("nothing costs so little")]
    TooCheap,
    /// Nothing that is wanted is on sale.
    #[error("this is not on sale")]
    NotOnSale,
    /// More than one buyer may have.
    #[error("this is more than one buyer may have")]
    LimitExceeded {
        /// Which limit.
        limit: Limit,
        /// How many are allowed.
        most: u32,
    },
    /// There are not so many places of that kind in all.
    #[error("there are never so many places")]
    NeverSoMany {
        /// How many there are.
        most: u32,
    },
    /// What is wanted can be had at once.
    #[error("there are places")]
    PlacesAvailable,
    /// One entry per buyer and event.
    #[error("the buyer is on the list")]
    WaitingAlready,
}

impl JoinRefusal {
    /// How many could be, where there were too many.
    const fn most(&self) -> Option<u32> {
        match self {
            Self::LimitExceeded { most, .. } | Self::NeverSoMany { most } => Some(*most),
            _ => None,
        }
    }
}

impl Entry {
    /// The state at `now`: an offer ends by itself.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> EntryStatus {
        match self.status {
            EntryStatus::Offered if self.expires_at.is_some_and(|end| now >= end) => EntryStatus::Expired,
            status => status,
        }
    }

    /// Whether a type would do of which a place can be had for as little as this.
    #[must_use]
    pub fn takes(&self, offer: &Offer, least: Money) -> bool {
        let named = self.ticket_types.is_empty() || self.ticket_types.contains(&offer.ticket_type);
        let cheap = self.max_price.is_none_or(|most| most.minus(least).is_some());
        named && cheap && !offer.hidden
    }

    /// Takes it off the list.
    pub fn end(&mut self, status: EntryStatus, now: Timestamp) {
        if self.status.lives() {
            self.status = status;
            self.decided_at = Some(now);
        }
    }
}

impl Sale {
    /// When a type is not sold any more.
    #[must_use]
    pub fn sale_of_ends(&self, offer: &Offer) -> Timestamp {
        offer.sales_end.unwrap_or(self.starts_at).min(self.ends_at)
    }

    /// Whether nothing of the event will be sold any more.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.status == SaleStatus::Cancelled
            || self.offers.iter().all(|offer| now >= self.sale_of_ends(offer))
    }

    /// Keeps places for an entry, if what it waits for is free and its owner may have it; answers with the hold and
    /// with the instant at which its owner is told. The sale and the entry are unchanged when not.
    ///
    /// How many holds the owner has open does not count: nobody loses an offer over what is in their basket.
    pub fn offer_places(
        &mut self,
        entry: &mut Entry,
        already: &Holdings,
        (terms, mut hall): (&OfferTerms, Option<&mut Hall>),
        now: Timestamp,
    ) -> Option<(Hold, Timestamp)> {
        let already = Holdings { open_holds: 0, ..already.clone() };
        let plan = hall.as_deref().map(|hall| Arc::clone(hall.plan()));
        let plan = plan.as_deref();
        let fitting = self.offers.iter().zip(self.left_of_each());
        let fitting = fitting
            .filter(|(offer, left)| *left >= entry.quantity && entry.takes(offer, least_price(offer, plan)));
        let fitting = fitting.filter(|(offer, _)| self.sells(offer, now)).map(|(offer, _)| offer);
        let terms_of = |offer: &Offer| (offer.ticket_type, offer.section, self.sale_of_ends(offer));
        let fitting: Vec<_> = fitting.map(terms_of).collect();
        for (ticket_type, section, sale_ends) in fitting {
            let wanted = Wanted { ticket_type, quantity: entry.quantity };
            let held = match hall.as_deref_mut() {
                Some(hall) => {
                    let count = usize::try_from(entry.quantity).unwrap_or(usize::MAX);
                    if section.is_some_and(|section| hall.most_together(section) < count) {
                        continue;
                    }
                    let seats = SeatWish { dearest: entry.max_price, ..SeatWish::default() };
                    let wanted = vec![wanted];
                    let wish = Wish { buyer: entry.buyer, event: self.event, wanted, voucher: None, seats };
                    seating::keep(self, hall, &wish, &already, now)
                }
                // Without its seats nothing of a section is offered.
                None if self.is_seated(ticket_type) => continue,
                None => self.hold(entry.buyer, &[wanted], &already, now),
            };
            let Ok(hold) = held else { continue };
            let (told_at, expires_at) = terms.of(self.resale.zone, sale_ends, now);
            let hold = Hold { entry: Some(entry.id), expires_at, ..hold };
            self.claim_held(&hold);
            entry.status = EntryStatus::Offered;
            entry.hold = Some(hold.id);
            entry.offered_at = Some(now);
            entry.expires_at = Some(expires_at);
            return Some((hold, told_at));
        }
        None
    }

    /// Puts somebody at the end of the list, as `number`.
    ///
    /// The list has been served before: what is left now is there for everybody. Of seats, a hall is needed where there
    /// are enough left, or where the price matters.
    ///
    /// # Errors
    /// A [`JoinRefusal`].
    pub fn join(
        &self,
        wish: &JoinWish,
        (already, hall): (&Holdings, Option<&Hall>),
        number: u64,
        now: Timestamp,
    ) -> Result<Entry, JoinRefusal> {
        if self.status == SaleStatus::Closed {
            return Err(JoinRefusal::UnknownEvent);
        }
        let mut entry = self.entry(wish, number, now)?;
        entry.ticket_types.sort_unstable();
        entry.ticket_types.dedup();
        let plan = hall.map(|hall| hall.plan().as_ref());
        let takes = |offer: &&Offer| entry.takes(offer, least_price(offer, plan));
        let wanted: Vec<_> = self.offers.iter().filter(takes).collect();
        let on_sale: Vec<_> = wanted.into_iter().filter(|offer| self.sells(offer, now)).collect();
        if on_sale.is_empty() {
            let dear = Entry { max_price: None, ..entry };
            let dearer = |offer: &Offer| dear.takes(offer, offer.price) && self.sells(offer, now);
            let dearer = self.offers.iter().any(dearer);
            return Err(if dearer { JoinRefusal::TooCheap } else { JoinRefusal::NotOnSale });
        }
        let (mut allowed, mut refused) = (Vec::new(), Vec::new());
        for offer in on_sale {
            match self.beyond_limits(offer, wish.quantity, already) {
                Some(beyond) => refused.push(beyond),
                None => allowed.push(offer),
            }
        }
        if allowed.is_empty() {
            // The one of which most could be wished.
            let most = refused.into_iter().rev().max_by_key(JoinRefusal::most);
            return Err(most.unwrap_or(JoinRefusal::NotOnSale));
        }
        // Places that are kept for a list which staff serves by hand are not there for everybody.
        let kept = self.resale.waiting && !self.resale.automatic;
        let together = |offer: &&Offer| {
            let count = usize::try_from(wish.quantity).unwrap_or(usize::MAX);
            let cheap =
                |seat: &PlanSeat| wish.max_price.is_none_or(|most| seating::within(seat, offer.price, most));
            offer.section.is_none_or(|it| hall.is_some_and(|hall| hall.best(it, count, false, cheap).is_ok()))
        };
        let fits = |offer: &&&Offer| self.left_of(offer) >= wish.quantity && together(offer);
        if !kept && allowed.iter().any(|offer| fits(&offer)) {
            return Err(JoinRefusal::PlacesAvailable);
        }
        Ok(entry)
    }

    fn entry(&self, wish: &JoinWish, number: u64, now: Timestamp) -> Result<Entry, JoinRefusal> {
        if wish.quantity == 0 {
            return Err(JoinRefusal::Nothing);
        }
        if wish.ticket_types.len() > MOST_TYPES {
            return Err(JoinRefusal::TooManyTypes);
        }
        let shown = |id: &TicketTypeId| self.offer(*id).is_some_and(|offer| !offer.hidden);
        if let Some(unknown) = wish.ticket_types.iter().find(|id| !shown(id)) {
            return Err(JoinRefusal::UnknownTicketType(*unknown));
        }
        if wish.max_price.is_some_and(|most| most.currency() != self.currency) {
            return Err(JoinRefusal::WrongCurrency);
        }
        let JoinWish { buyer, ticket_types, quantity, max_price } = wish.clone();
        Ok(Entry {
            id: WaitlistEntryId::generate(now),
            event: self.event,
            buyer,
            ticket_types,
            quantity,
            max_price,
            number,
            status: EntryStatus::Waiting,
            joined_at: now,
            hold: None,
            offered_at: None,
            expires_at: None,
            decided_at: None,
        })
    }

    /// Why so many of a type cannot be wished by somebody who has this already: a limit, or that there never are so many.
    fn beyond_limits(&self, offer: &Offer, quantity: u32, already: &Holdings) -> Option<JoinRefusal> {
        let most = [offer.quota.map(|quota| quota.quantity), self.capacity].into_iter().flatten();
        let most = most.fold(offer.quantity, u32::min);
        self.beyond_event(quantity, already)
            .or_else(|| offer.beyond_limits(quantity, already))
            .map(|(limit, most)| JoinRefusal::LimitExceeded { limit, most })
            .or_else(|| (quantity > most).then_some(JoinRefusal::NeverSoMany { most }))
    }
}

#[cfg(test)]
mod tests;
