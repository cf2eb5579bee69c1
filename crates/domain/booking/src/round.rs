//! Deciding many requests at once: all that was asked of some events while the last transaction was busy.
//!
//! Pure: given what was loaded under lock, it says what to answer and what to write.

use crate::waitlist::Kept;
use crate::{
    Booking, ConfirmRefusal, Confirmation, Effect, EntryStatus, Hall, Hold, HoldRefusal, Holdings, Item,
    Sale, SaleStatus, Tally, Terms, Ticket, Wish, seating,
};
use kernel::{AccountId, EventId, HoldId, Owed, SeatId, Timestamp, VoucherId, WaitlistEntryId};
use std::collections::BTreeMap;

/// One request.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Keep places.
    Hold(Wish),
    /// Turn a hold into a booking.
    Confirm(Confirmation),
    /// Give a hold back.
    Release {
        /// Who asks.
        buyer: AccountId,
        /// Which.
        hold: HoldId,
    },
}

/// What came of it.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "an answer is handed on once, and most are bookings")]
pub enum Answer {
    /// To [`Ask::Hold`].
    Hold(Result<Hold, HoldRefusal>),
    /// To [`Ask::Confirm`].
    Confirm(Result<Confirmed, ConfirmRefusal>),
    /// To [`Ask::Release`]: whether there was something to give back.
    Release(bool),
}

/// A booking that was made of a hold.
#[derive(Debug, Clone)]
pub struct Confirmed {
    /// The booking.
    pub booking: Booking,
    /// Its tickets, when nothing was to be paid.
    pub tickets: Vec<Ticket>,
    /// It was made by an earlier request for the same hold.
    pub repeated: bool,
}

/// What was loaded under lock, and what is to be written.
#[derive(Debug, Clone)]
pub struct Round {
    now: Timestamp,
    terms: Terms,
    sales: BTreeMap<EventId, Sale>,
    holdings: BTreeMap<(AccountId, EventId), Holdings>,
    holds: BTreeMap<HoldId, Hold>,
    made: BTreeMap<HoldId, Booking>,
    /// Places that are kept for a waiting list while others are decided about, as if they had been offered.
    aside: Vec<(EventId, Vec<Kept>)>,
    /// Whether a list was served, so that counters have changed already.
    served: bool,
    halls: BTreeMap<EventId, Hall>,
    /// To be written.
    pub new: New,
}

/// Rows to be written, beside the sales' counters.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// New holds.
    pub holds: Vec<Hold>,
    /// Holds that are gone: confirmed, given back, or ended.
    pub dropped: Vec<HoldId>,
    /// New bookings.
    pub bookings: Vec<Booking>,
    /// New tickets.
    pub tickets: Vec<Ticket>,
    /// Work owed.
    pub effects: Vec<Owed<Effect>>,
    /// Vouchers that have expired and keep no places any more.
    pub expired: Vec<VoucherId>,
    /// Offers of a waiting list that have ended, and how.
    pub ended: Vec<(WaitlistEntryId, EntryStatus)>,
}

impl Round {
    /// A round over what was loaded: locked sales, what the buyers have, locked holds, and the bookings that were
    /// made of holds which are gone.
    #[must_use]
    pub fn new(now: Timestamp, terms: Terms, sales: Vec<Sale>, tallies: Vec<Tally>) -> Self {
        Self {
            now,
            terms,
            sales: sales.into_iter().map(|sale| (sale.event, sale)).collect(),
            holdings: tallies.into_iter().map(|tally| ((tally.buyer, tally.event), tally.holdings)).collect(),
            holds: BTreeMap::new(),
            made: BTreeMap::new(),
            aside: Vec::new(),
            served: false,
            halls: BTreeMap::new(),
            new: New::default(),
        }
    }

    /// With the locked holds of this round, and the bookings made of those that are gone.
    #[must_use]
    pub fn with_holds(mut self, holds: Vec<Hold>, made: Vec<Booking>) -> Self {
        self.holds = holds.into_iter().map(|hold| (hold.id, hold)).collect();
        self.made = made.into_iter().map(|booking| (booking.hold, booking)).collect();
        self
    }

    /// With the halls of those events of which seats are wished, as far as they were loaded.
    #[must_use]
    pub fn with_halls(mut self, halls: Vec<Hall>) -> Self {
        self.halls = halls.into_iter().map(|hall| (hall.plan().event(), hall)).collect();
        self
    }

    /// Gives the places of ended holds back to their sales, each once.
    pub fn reclaim(&mut self, lapsed: &[Hold]) {
        let now = self.now;
        for hold in lapsed.iter().filter(|hold| !hold.lives(now)) {
            if !self.new.dropped.contains(&hold.id) {
                self.give_back(hold, EntryStatus::Expired);
            }
        }
    }

    /// Lets the places of expired vouchers go; whether there were any.
    pub fn end_reserves(&mut self) -> bool {
        let expired = self.sales.values_mut().flat_map(|sale| sale.end_reserves(self.now));
        let before = self.new.expired.len();
        self.new.expired.extend(expired);
        self.new.expired.len() > before
    }

    /// The same for one event.
    pub fn end_reserves_of(&mut self, event: EventId) {
        let expired = self.sales.get_mut(&event).map(|sale| sale.end_reserves(self.now));
        self.new.expired.extend(expired.unwrap_or_default());
    }

    /// Decides one request; later ones see what it changed.
    pub fn decide(&mut self, ask: &Ask) -> Answer {
        match ask {
            Ask::Hold(wish) => Answer::Hold(self.hold(wish)),
            Ask::Confirm(asked) => Answer::Confirm(self.confirm(asked)),
            Ask::Release { buyer, hold } => Answer::Release(self.release(*buyer, *hold)),
        }
    }

    /// The sales with their counters as they are to be written.
    #[must_use]
    pub fn sales(&self) -> Vec<Sale> {
        self.sales.values().cloned().collect()
    }

    /// Whether counters have changed.
    #[must_use]
    pub fn moves_places(&self) -> bool {
        let New { holds, dropped, expired, .. } = &self.new;
        self.served || !(holds.is_empty() && dropped.is_empty() && expired.is_empty())
    }

    /// The events for which somebody waits.
    #[must_use]
    pub fn waited_for(&self) -> Vec<EventId> {
        self.sales.values().filter(|sale| sale.resale.waiting).map(|sale| sale.event).collect()
    }

    /// What was offered meanwhile is free no more.
    pub fn follow_offers(&mut self) {
        for (event, hall) in &mut self.halls {
            if let Some(sale) = self.sales.get(event) {
                hall.follow(&sale.seats);
            }
        }
    }

    /// Gives the places of ended holds back whose seats are asked for, so that whoever gets one does not meet them
    /// again. Where somebody waits, the list's turn has done so.
    pub fn reclaim_seats(&mut self, ended: &[Hold]) {
        let waited = self.waited_for();
        let ended: Vec<_> = ended.iter().filter(|hold| !waited.contains(&hold.event)).cloned().collect();
        self.reclaim(&ended);
    }

    /// A sale, for serving its list before anybody else; the caller writes the offers.
    pub fn sale_to_serve(&mut self, event: EventId) -> Option<&mut Sale> {
        self.served = true;
        self.sales.get_mut(&event)
    }

    /// What the buyers have, counted anew.
    pub fn recount(&mut self, tallies: Vec<Tally>) {
        self.holdings =
            tallies.into_iter().map(|tally| ((tally.buyer, tally.event), tally.holdings)).collect();
    }

    /// These holds were ended and written elsewhere.
    pub fn forget(&mut self, holds: &[HoldId]) {
        self.holds.retain(|id, _| !holds.contains(id));
    }

    /// Keeps places from everybody who is decided about in this round.
    pub fn set_aside(&mut self, event: EventId, kept: Vec<Kept>) {
        if let Some(sale) = self.sales.get_mut(&event) {
            for offer in &kept {
                sale.set_aside(&offer.items);
                if let Some(hall) = self.halls.get_mut(&event) {
                    seats(&offer.items).for_each(|seat| hall.take(seat, offer.hold));
                }
            }
            self.aside.push((event, kept));
        }
    }

    /// Nothing is kept from anybody any more.
    pub fn put_back(&mut self) {
        for (event, kept) in std::mem::take(&mut self.aside) {
            for offer in &kept {
                if let Some(sale) = self.sales.get_mut(&event) {
                    sale.uncount(&offer.items);
                }
                if let Some(hall) = self.halls.get_mut(&event) {
                    seats(&offer.items).for_each(|seat| hall.free(seat, offer.hold));
                }
            }
        }
    }

    fn hold(&mut self, wish: &Wish) -> Result<Hold, HoldRefusal> {
        let sale = self.sales.get_mut(&wish.event).ok_or(HoldRefusal::UnknownEvent)?;
        let holdings = self.holdings.entry((wish.buyer, wish.event)).or_default();
        let hold = match self.halls.get_mut(&wish.event) {
            Some(hall) => seating::keep(sale, hall, wish, holdings, self.now)?,
            // Who points at seats of an event that has none.
            None if !wish.seats.chosen.is_empty() && sale.status != SaleStatus::Closed => {
                let seats = wish.seats.chosen.iter().map(|choice| choice.seat);
                return Err(HoldRefusal::UnknownSeats(seats.collect()));
            }
            // Without its seats nothing of a section is sold.
            None if wish.wanted.iter().any(|it| sale.is_seated(it.ticket_type)) => {
                return Err(HoldRefusal::NotOnSale);
            }
            None => sale.grant(wish, holdings, self.now)?,
        };
        holdings.open_holds += 1;
        for item in &hold.items {
            *holdings.taken.entry(item.ticket_type).or_default() += item.quantity;
        }
        self.new.holds.push(hold.clone());
        Ok(hold)
    }

    fn confirm(&mut self, asked: &Confirmation) -> Result<Confirmed, ConfirmRefusal> {
        if let Some(booking) = self.made.get(&asked.hold).filter(|booking| booking.buyer == asked.buyer) {
            return Ok(Confirmed { booking: booking.clone(), tickets: Vec::new(), repeated: true });
        }
        let hold = self.holds.get(&asked.hold).ok_or(ConfirmRefusal::HoldExpired)?;
        let sale = self.sales.get_mut(&hold.event).ok_or(ConfirmRefusal::HoldExpired)?;
        let entry = hold.entry;
        let booking = Booking::confirm(hold, asked, sale, self.terms, self.now)?;
        let free = asked.payment.is_none();
        let tickets = if free { Ticket::issue(&booking, self.now) } else { Vec::new() };
        self.holds.remove(&asked.hold);
        self.new.dropped.push(asked.hold);
        self.new.ended.extend(entry.map(|entry| (entry, EntryStatus::Accepted)));
        self.made.insert(asked.hold, booking.clone());
        self.new.bookings.push(booking.clone());
        self.new.tickets.extend(tickets.iter().cloned());
        let first_look = self.now + self.terms.first_look;
        self.new.effects.push(match free {
            true => Owed::now(Effect::SendTickets { booking: booking.id }, self.now),
            false => Owed::at(Effect::WatchBooking { booking: booking.id }, self.now, first_look),
        });
        Ok(Confirmed { booking, tickets, repeated: false })
    }

    fn release(&mut self, buyer: AccountId, hold: HoldId) -> bool {
        match self.holds.get(&hold).filter(|hold| hold.buyer == buyer).cloned() {
            Some(hold) => {
                self.give_back(&hold, EntryStatus::Left);
                true
            }
            None => false,
        }
    }

    fn give_back(&mut self, hold: &Hold, ends: EntryStatus) {
        if let Some(sale) = self.sales.get_mut(&hold.event) {
            sale.give_back(&hold.items, (hold.id, hold.voucher.map(|it| it.id)));
            sale.unuse(hold, self.now);
            if let Some(hall) = self.halls.get_mut(&hold.event) {
                seats(&hold.items).for_each(|seat| hall.free(seat, hold.id));
            }
            self.holds.remove(&hold.id);
            self.new.dropped.push(hold.id);
            self.new.ended.extend(hold.entry.map(|entry| (entry, ends)));
        }
    }
}

fn seats(items: &[Item]) -> impl Iterator<Item = SeatId> {
    items.iter().filter_map(|item| item.seat.as_ref()).map(|seat| seat.id)
}

#[cfg(test)]
mod tests;
