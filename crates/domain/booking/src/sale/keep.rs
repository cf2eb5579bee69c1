//! Keeping places for somebody: all that was asked for, or none.

use super::limits::Beyond;
use super::room::Room;
use super::{HoldRefusal, Holdings, Limit, OPEN_HOLDS, Sale, SaleStatus, sum};
use crate::{Applied, Hold, Item, VoucherHash, Wanted, Wish};
use chrono::TimeDelta;
use kernel::{AccountId, HoldId, Money, TicketTypeId, Timestamp};
use std::collections::BTreeMap;

impl Sale {
    /// Keeps places for `buyer`, all that was asked for or none.
    ///
    /// # Errors
    /// A [`HoldRefusal`]; the sale is then unchanged.
    pub fn hold(
        &mut self,
        buyer: AccountId,
        wanted: &[Wanted],
        already: &Holdings,
        now: Timestamp,
    ) -> Result<Hold, HoldRefusal> {
        self.keep((buyer, wanted), None, already, now)
    }

    /// The same for all that can be wished.
    ///
    /// # Errors
    /// A [`HoldRefusal`]; the sale is then unchanged.
    pub fn grant(&mut self, wish: &Wish, already: &Holdings, now: Timestamp) -> Result<Hold, HoldRefusal> {
        let Wish { buyer, ref wanted, voucher, .. } = *wish;
        self.keep((buyer, wanted), voucher, already, now)
    }

    pub(crate) fn keep(
        &mut self,
        (buyer, wanted): (AccountId, &[Wanted]),
        code: Option<VoucherHash>,
        already: &Holdings,
        now: Timestamp,
    ) -> Result<Hold, HoldRefusal> {
        if self.status == SaleStatus::Closed {
            return Err(HoldRefusal::UnknownEvent);
        }
        let wanted = merged(wanted)?;
        // Before anything else of what was asked for: whatever is wrong with a code is answered alike.
        let issued = code.map(|code| self.asked_for(code, buyer, &wanted, now)).transpose()?;
        let voucher = issued.as_ref().map(|issued| issued.voucher.id);
        let opened = |id| issued.as_ref().is_some_and(|issued| issued.voucher.opens(id));
        if already.open_holds >= OPEN_HOLDS {
            return Err(HoldRefusal::LimitExceeded { limit: Limit::OpenHolds, most: OPEN_HOLDS });
        }
        refused(self.beyond_event(sum(wanted.values()), already))?;
        let mut items = Vec::with_capacity(wanted.len());
        let mut total = Money::zero(self.currency);
        let mut discount = Money::zero(self.currency);
        let mut room = Room::of(self);
        for (ticket_type, quantity) in wanted {
            let shown = self.offer(ticket_type).filter(|offer| !offer.hidden || opened(ticket_type));
            let offer = shown.ok_or(HoldRefusal::UnknownTicketType(ticket_type))?;
            if !self.sells(offer, now) {
                return Err(HoldRefusal::NotOnSale);
            }
            refused(offer.beyond_limits(quantity, already))?;
            // What the voucher keeps is taken first, and counted once.
            let own = self.own(voucher, ticket_type);
            let left = room.left(offer).saturating_add(own);
            if quantity > left {
                return Err(HoldRefusal::SoldOut { ticket_type, left });
            }
            room.take(offer, quantity.saturating_sub(own));
            let unit_price = issued
                .as_ref()
                .map_or(offer.price, |issued| issued.voucher.price_of(ticket_type, offer.price));
            let list_price = Some(offer.price).filter(|list| *list != unit_price);
            let line = unit_price.times(quantity);
            let off = offer.price.minus(unit_price).and_then(|off| off.times(quantity));
            // Prices are bounded where they are set; a sum beyond an i64 can only come from a corrupt row.
            total = line.and_then(|sum| total.plus(sum)).ok_or(HoldRefusal::NotOnSale)?;
            discount = off.and_then(|off| discount.plus(off)).ok_or(HoldRefusal::NotOnSale)?;
            items.push(Item { ticket_type, quantity, unit_price, vat: offer.vat, list_price, seat: None });
        }
        if let Some(issued) = &issued {
            // What a seat is cheaper by shows when it is found, and is looked at then.
            if !items.iter().any(|item| self.is_seated(item.ticket_type)) {
                issued.affords(discount).map_err(HoldRefusal::VoucherInvalid)?;
            }
            self.use_voucher(issued.voucher.id, buyer, discount);
        }
        self.take(&items, voucher);
        let expires_at = now + TimeDelta::seconds(i64::from(self.hold_seconds));
        Ok(Hold {
            id: HoldId::generate(now),
            event: self.event,
            buyer,
            items,
            total,
            created_at: now,
            expires_at,
            voucher: voucher.map(|id| Applied { id, discount }),
            entry: None,
        })
    }
}

/// One line per ticket type, in the order of their ids, so that the same wish always reads the same.
fn merged(wanted: &[Wanted]) -> Result<BTreeMap<TicketTypeId, u32>, HoldRefusal> {
    let mut sums = BTreeMap::new();
    for wish in wanted {
        let sum: &mut u32 = sums.entry(wish.ticket_type).or_default();
        *sum = sum.saturating_add(wish.quantity);
    }
    if sums.is_empty() || sums.values().any(|sum| *sum == 0) { Err(HoldRefusal::Nothing) } else { Ok(sums) }
}

fn refused(beyond: Beyond) -> Result<(), HoldRefusal> {
    beyond.map_or(Ok(()), |(limit, most)| Err(HoldRefusal::LimitExceeded { limit, most }))
}
