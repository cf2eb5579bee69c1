//! Places that vouchers keep. They count as taken for everybody else; whoever has the voucher takes of them first, and
//! what is given back returns to them while the voucher keeps places at all.

use super::{HoldRefusal, Offer, Room, Sale, taken_from};
use crate::{Booking, Hold, Issued, Item, Places, Ticket, Voucher, VoucherHash, WhyNot};
use kernel::{AccountId, HoldId, Money, TicketTypeId, Timestamp, VoucherId};
use std::collections::BTreeMap;

/// What a voucher keeps of one ticket type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserve {
    /// Which voucher.
    pub voucher: VoucherId,
    /// What it keeps in all.
    pub places: Places,
    /// How many of the type are held or sold with it; may be more than it keeps.
    pub used: u32,
    /// From then on it keeps nothing.
    pub until: Option<Timestamp>,
}

impl Reserve {
    /// What a voucher keeps, `used` of which are held or sold with it; `None` when it keeps nothing.
    #[must_use]
    pub fn of(voucher: &Voucher, used: u32) -> Option<Self> {
        let places = voucher.reserve.filter(|_| voucher.keeps)?;
        Some(Self { voucher: voucher.id, places, used, until: voucher.valid_until })
    }

    /// Places that are still kept.
    #[must_use]
    pub const fn left(&self) -> u32 {
        self.places.quantity.saturating_sub(self.used)
    }
}

impl Sale {
    /// The voucher of this event, if it was loaded.
    #[must_use]
    pub fn issued(&self, id: VoucherId) -> Option<&Issued> {
        self.vouchers.iter().find(|issued| issued.voucher.id == id)
    }

    /// What a voucher still keeps of a type.
    pub(super) fn own(&self, voucher: Option<VoucherId>, ticket_type: TicketTypeId) -> u32 {
        let own = self.reserves.iter().filter(|it| Some(it.voucher) == voucher);
        let own = own.filter(|it| it.places.ticket_type == ticket_type);
        own.map(Reserve::left).fold(0, u32::saturating_add)
    }

    /// The voucher that a buyer named, if it does anything for them now.
    pub(super) fn asked_for(
        &self,
        code: VoucherHash,
        buyer: AccountId,
        wanted: &BTreeMap<TicketTypeId, u32>,
        now: Timestamp,
    ) -> Result<Issued, HoldRefusal> {
        let issued = self.named(code, buyer, now)?;
        let concerned = wanted.keys().any(|id| issued.voucher.concerns(*id));
        if concerned { Ok(issued.clone()) } else { Err(HoldRefusal::VoucherInvalid(WhyNot::Invalid)) }
    }

    /// The voucher that a buyer named, if it can be used now at all, before it is known what for.
    pub(crate) fn named(
        &self,
        code: VoucherHash,
        buyer: AccountId,
        now: Timestamp,
    ) -> Result<&Issued, HoldRefusal> {
        let named = self.vouchers.iter().find(|it| it.voucher.code == code && it.voucher.is_valid(now));
        let issued = named.ok_or(HoldRefusal::VoucherInvalid(WhyNot::Invalid))?;
        issued.admits(buyer).map_err(HoldRefusal::VoucherInvalid)?;
        Ok(issued)
    }

    /// Another order was made with a voucher.
    pub(super) fn use_voucher(&mut self, id: VoucherId, buyer: AccountId, discount: Money) {
        if let Some(issued) = self.vouchers.iter_mut().find(|it| it.voucher.id == id) {
            issued.use_once(buyer, discount);
        }
    }

    /// The order that was just made with a voucher is cheaper by another sum than was thought.
    ///
    /// # Errors
    /// The budget does not last; nothing has changed then.
    pub(crate) fn discounts(&mut self, hold: &mut Hold, discount: Money) -> Result<(), HoldRefusal> {
        let Some(applied) = hold.voucher.as_mut() else { return Ok(()) };
        let Some(issued) = self.vouchers.iter_mut().find(|it| it.voucher.id == applied.id) else {
            return Ok(());
        };
        let mut without = issued.clone();
        without.give_use_back(hold.buyer, applied.discount);
        without.affords(discount).map_err(HoldRefusal::VoucherInvalid)?;
        without.use_once(hold.buyer, discount);
        *issued = without;
        applied.discount = discount;
        Ok(())
    }

    /// Whether the voucher of a booking that was given up has a use and the money left for it once more. One that was
    /// not loaded has not.
    pub(super) fn admits_again(&self, booking: &Booking) -> bool {
        booking.voucher.is_none_or(|applied| {
            self.issued(applied.id).is_some_and(|issued| {
                issued.admits(booking.buyer).is_ok() && issued.affords(applied.discount).is_ok()
            })
        })
    }

    /// Places are held, those first that the voucher keeps.
    pub(super) fn take(&mut self, items: &[Item], voucher: Option<VoucherId>) {
        self.count(items, |offer, quantity| offer.held = offer.held.saturating_add(quantity));
        for item in items {
            self.draw(voucher, item.ticket_type, |used| used.saturating_add(item.quantity));
        }
    }

    /// Keeps places for a voucher, `used` of which were held or sold with it before; `Err` with what is left when
    /// there are fewer.
    ///
    /// # Errors
    /// How many places of the type are left.
    pub fn keep_for(&mut self, voucher: &Voucher, used: u32) -> Result<(), u32> {
        let Some(reserve) = Reserve::of(voucher, used) else { return Ok(()) };
        let places = reserve.places;
        let left = self.offer(places.ticket_type).map_or(0, |offer| Room::of(self).left(offer));
        if reserve.left() > left {
            return Err(left);
        }
        self.reserves.push(reserve);
        self.change(places.ticket_type, |offer| {
            offer.reserved = offer.reserved.saturating_add(reserve.left());
        });
        Ok(())
    }

    /// A voucher keeps no places any more: what it kept is free for all.
    pub fn let_go(&mut self, voucher: VoucherId) {
        self.let_go_of(|it| it.voucher == voucher);
    }

    /// The same for all of these; whose they were.
    fn let_go_of(&mut self, which: impl Fn(&Reserve) -> bool) -> Vec<VoucherId> {
        let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.reserves).into_iter().partition(which);
        self.reserves = kept;
        for reserve in &gone {
            self.change(reserve.places.ticket_type, |offer| {
                offer.reserved = taken_from(offer.reserved, reserve.left());
            });
        }
        gone.into_iter().map(|it| it.voucher).collect()
    }

    /// Lets the places of expired vouchers go; whose they were.
    pub fn end_reserves(&mut self, now: Timestamp) -> Vec<VoucherId> {
        self.let_go_of(|it| it.until.is_some_and(|until| until <= now))
    }

    /// Lets the places go that vouchers keep of types which are not sold any more: nobody can use them. Whose they were.
    pub fn end_idle_reserves(&mut self, now: Timestamp) -> Vec<VoucherId> {
        let sold = self.offers.iter().filter(|offer| now < self.sale_of_ends(offer));
        let sold: Vec<_> = sold.map(|offer| offer.ticket_type).collect();
        self.let_go_of(|it| it.left() > 0 && !sold.contains(&it.places.ticket_type))
    }

    /// Takes held places back: a hold ended, or an unpaid booking. What its voucher kept it keeps again.
    pub fn give_back(&mut self, items: &[Item], (hold, voucher): (HoldId, Option<VoucherId>)) {
        self.release(items, hold);
        self.draw_back(items, voucher);
    }

    /// As if a hold had never been granted; its seats were not claimed yet.
    pub(crate) fn undo(&mut self, hold: &Hold, now: Timestamp) {
        self.uncount(&hold.items);
        self.draw_back(&hold.items, hold.voucher.map(|it| it.id));
        self.unuse(hold, now);
    }

    fn draw_back(&mut self, items: &[Item], voucher: Option<VoucherId>) {
        for item in items {
            self.draw(voucher, item.ticket_type, |used| used.saturating_sub(item.quantity));
        }
    }

    /// Takes a place of a ticket as sold again, with its seat, and one that its voucher keeps before any other;
    /// `false` when none is free. Whether the seat is free is the caller's to know.
    pub(crate) fn sell_one(
        &mut self,
        ticket: &Ticket,
        (hold, voucher): (HoldId, Option<VoucherId>),
        now: Timestamp,
    ) -> bool {
        let left = self.offer(ticket.ticket_type).map_or(0, |offer| Room::of(self).left(offer));
        let free = left > 0 || self.own(voucher, ticket.ticket_type) > 0;
        if free {
            self.change(ticket.ticket_type, |offer| offer.sold = offer.sold.saturating_add(1));
            self.draw(voucher, ticket.ticket_type, |used| used.saturating_add(1));
            self.claim_sold(ticket, hold, now);
        }
        free
    }

    /// Gives the use of a hold's voucher back, for those who are decided after it. One that has ended was not counted.
    pub(crate) fn unuse(&mut self, hold: &Hold, now: Timestamp) {
        let Some(applied) = hold.voucher.filter(|_| hold.lives(now)) else { return };
        if let Some(issued) = self.vouchers.iter_mut().find(|it| it.voucher.id == applied.id) {
            issued.give_use_back(hold.buyer, applied.discount);
        }
    }

    /// Places were held or given back with a voucher: what is left of its reserve follows.
    pub(super) fn draw(
        &mut self,
        voucher: Option<VoucherId>,
        ticket_type: TicketTypeId,
        change: impl Fn(u32) -> u32,
    ) {
        let of_it = |it: &&mut Reserve| Some(it.voucher) == voucher && it.places.ticket_type == ticket_type;
        let Some(reserve) = self.reserves.iter_mut().find(of_it) else { return };
        let before = reserve.left();
        reserve.used = change(reserve.used);
        let after = reserve.left();
        self.change(ticket_type, |offer| {
            offer.reserved = taken_from(offer.reserved, before).wrapping_add(after);
        });
    }

    fn change(&mut self, ticket_type: TicketTypeId, change: impl FnOnce(&mut Offer)) {
        if let Some(offer) = self.offers.iter_mut().find(|offer| offer.ticket_type == ticket_type) {
            change(offer);
        }
    }
}

#[cfg(test)]
mod tests;
