//! Codes that make tickets cheaper, open hidden ticket types, or keep places for those who have them.
//!
//! What is used of a voucher is counted from rows, never beside them: holds that live, bookings that wait for their
//! money, and bookings that are confirmed. What ends gives its use and its part of the budget back by ending.
//! The price is frozen in the hold; nothing of the voucher is asked again by who pays in time.

mod code;
mod input;
mod price;

pub use code::{VoucherCode, VoucherHash, VoucherKey};
pub use input::{AmountInput, Batch, MOST_AT_ONCE, PriceChange, ReserveInput, VoucherInput};
pub use price::VoucherPrice;

use crate::Reserve;
use kernel::{AccountId, EventId, Money, TicketTypeId, Timestamp, VoucherId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A voucher of one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voucher {
    /// Names it for machines.
    pub id: VoucherId,
    /// Of which event.
    pub event: EventId,
    /// What its code is recognised by.
    pub code: VoucherHash,
    /// The last characters of the code, which tell it from others and from which nobody can guess the rest.
    pub hint: String,
    /// For those who run the event: what it is for.
    pub name: String,
    /// What a ticket costs with it.
    pub price: VoucherPrice,
    /// The types that it makes cheaper; all when absent.
    pub ticket_types: Option<Vec<TicketTypeId>>,
    /// How many orders may be made with it.
    pub max_uses: Option<u32>,
    /// How many of them one account may make.
    pub max_per_user: Option<u32>,
    /// What all its discounts together may come to.
    pub budget: Option<Money>,
    /// Not taken before.
    pub valid_from: Option<Timestamp>,
    /// Not taken from then on.
    pub valid_until: Option<Timestamp>,
    /// Hidden types that it opens.
    pub unlocks: Vec<TicketTypeId>,
    /// Places that nobody has without it.
    pub reserve: Option<Places>,
    /// Whether those places are still kept: until it is taken back, or has expired and they were let go.
    pub keeps: bool,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// Who made it.
    pub created_by: AccountId,
    /// Since when.
    pub created_at: Timestamp,
}

/// So many places of a ticket type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// Of which type.
    pub ticket_type: TicketTypeId,
    /// How many.
    pub quantity: u32,
}

/// What is used of a voucher: by living holds, by bookings that wait for their money, and by those that are confirmed,
/// which they are until their last ticket is cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage {
    /// Orders.
    pub uses: u32,
    /// What their discounts come to, in minor units of the event's currency.
    pub spent: i64,
    /// Orders of the accounts that were asked about.
    pub by_buyer: BTreeMap<AccountId, u32>,
    /// Places of the reserve's type, held or sold with it; a hold that ended counts until it is removed.
    pub places: u32,
}

/// A voucher with what is used of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The voucher.
    pub voucher: Voucher,
    /// What is used.
    pub usage: Usage,
}

/// What a voucher changes of what somebody sees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opens {
    /// Types that are shown although they are hidden.
    pub types: Vec<TicketTypeId>,
    /// Places that it still keeps, which they can have beside what is left for everybody.
    pub kept: Option<Places>,
}

/// The voucher that an order was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Which.
    pub id: VoucherId,
    /// What the whole order is cheaper by.
    pub discount: Money,
}

/// Why a voucher is not taken. Buyers learn no more than that it is not, but for the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNot {
    /// Unknown here, taken back, not valid now, used up, or for nothing of what was asked for.
    Invalid,
    /// Its budget does not last for this order.
    Spent,
}

impl Voucher {
    /// Whether its time is now and nobody has taken it back.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none()
            && self.valid_from.is_none_or(|from| now >= from)
            && self.valid_until.is_none_or(|until| now < until)
    }

    /// Whether it shows a hidden type: named as such, or places of it are kept.
    #[must_use]
    pub fn opens(&self, ticket_type: TicketTypeId) -> bool {
        self.opened().any(|opened| opened == ticket_type)
    }

    fn opened(&self) -> impl Iterator<Item = TicketTypeId> {
        self.unlocks.iter().copied().chain(self.reserve.map(|reserve| reserve.ticket_type))
    }

    /// Whether it does anything for a type.
    #[must_use]
    pub fn concerns(&self, ticket_type: TicketTypeId) -> bool {
        self.opens(ticket_type) || (self.price != VoucherPrice::List && self.is_for(ticket_type))
    }

    /// What one ticket of a type costs with it that costs `list` without.
    #[must_use]
    pub fn price_of(&self, ticket_type: TicketTypeId, list: Money) -> Money {
        if self.is_for(ticket_type) { self.price.of(list) } else { list }
    }

    fn is_for(&self, ticket_type: TicketTypeId) -> bool {
        self.ticket_types.as_ref().is_none_or(|types| types.contains(&ticket_type))
    }
}

impl Issued {
    /// What somebody sees by its code, who is known to have it: who can make an order with it now, or has made one that
    /// counts. To them it stays good to look with until it ends, also when they have used it up; then nothing is kept
    /// for them any more. `None` for everybody else: they may have guessed it.
    #[must_use]
    pub fn seen_by(&self, buyer: AccountId, now: Timestamp) -> Option<Opens> {
        let theirs = self.usage.by_buyer.get(&buyer).is_some_and(|orders| *orders > 0);
        let (valid, admits) = (self.voucher.is_valid(now), self.admits(buyer).is_ok());
        if !valid {
            return theirs.then(Opens::default);
        }
        if !theirs && !admits {
            return None;
        }
        let types: BTreeSet<_> = self.voucher.opened().collect();
        let kept = Reserve::of(&self.voucher, self.usage.places).filter(|_| admits);
        let kept = kept.map(|it| Places { quantity: it.left(), ..it.places });
        Some(Opens { types: types.into_iter().collect(), kept })
    }

    /// Whether `buyer` may make another order with it, what it costs aside.
    ///
    /// # Errors
    /// [`WhyNot::Invalid`].
    pub fn admits(&self, buyer: AccountId) -> Result<(), WhyNot> {
        let theirs = self.usage.by_buyer.get(&buyer).copied().unwrap_or(0);
        let within = |most: Option<u32>, used: u32| most.is_none_or(|most| used < most);
        let open = self.voucher.revoked_at.is_none()
            && within(self.voucher.max_uses, self.usage.uses)
            && within(self.voucher.max_per_user, theirs);
        if open { Ok(()) } else { Err(WhyNot::Invalid) }
    }

    /// Whether its budget lasts for this discount.
    ///
    /// # Errors
    /// [`WhyNot::Spent`].
    pub fn affords(&self, discount: Money) -> Result<(), WhyNot> {
        let sum = self.usage.spent.checked_add(discount.minor());
        let lasts = self.voucher.budget.is_none_or(|most| {
            // An event whose currency was changed: nothing can be said of a budget in the old one.
            most.currency() == discount.currency() && sum.is_some_and(|sum| sum <= most.minor())
        });
        if lasts { Ok(()) } else { Err(WhyNot::Spent) }
    }

    /// One more order was made with it.
    pub(crate) fn use_once(&mut self, buyer: AccountId, discount: Money) {
        self.usage.uses = self.usage.uses.saturating_add(1);
        self.usage.spent = self.usage.spent.saturating_add(discount.minor());
        let theirs = self.usage.by_buyer.entry(buyer).or_default();
        *theirs = theirs.saturating_add(1);
    }

    /// An order made with it has ended.
    pub(crate) fn give_use_back(&mut self, buyer: AccountId, discount: Money) {
        self.usage.uses = self.usage.uses.saturating_sub(1);
        self.usage.spent = self.usage.spent.saturating_sub(discount.minor());
        if let Some(theirs) = self.usage.by_buyer.get_mut(&buyer) {
            *theirs = theirs.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests;
