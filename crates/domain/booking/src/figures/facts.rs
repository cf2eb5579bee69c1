//! What a day is made of: entries of the ledger and orders whose tickets were issued. Equal ones may come together, with
//! how many they are.

use super::day::Sums;
use super::{DayRow, Flow, Part};
use crate::ledger::{Account, Entry, EntryKind};
use crate::{Booking, Item, RefundReason, Ticket};
use kernel::{Currency, Money, TicketTypeId};

/// Equal entries of the ledger about orders of equal lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Why money moved.
    pub kind: EntryKind,
    /// It took an earlier entry back.
    pub reversal: bool,
    /// Shrank.
    pub from: Account,
    /// Grew.
    pub to: Account,
    /// By so much.
    pub amount: Money,
    /// The lines of the order.
    pub items: Vec<Item>,
    /// Whether it was made with a voucher.
    pub vouchered: bool,
    /// Why money goes back, if it does.
    pub reason: Option<RefundReason>,
    /// The types of the tickets whose price goes back, one for each ticket.
    pub given_back: Vec<TicketTypeId>,
    /// How many such entries there are.
    pub times: i64,
}

/// Equal orders whose tickets were issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sold {
    /// What they were counted in.
    pub currency: Currency,
    /// What its voucher made the order cheaper by, in minor units, if it was made with one.
    pub discount: Option<i64>,
    /// The types of its tickets, one for each ticket.
    pub types: Vec<TicketTypeId>,
    /// How many such orders there are.
    pub times: i64,
}

/// All that a day of an event is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Entries that were posted.
    pub moved: Vec<Moved>,
    /// Orders whose tickets were issued.
    pub sold: Vec<Sold>,
}

impl Facts {
    /// What they come to.
    #[must_use]
    pub fn rows(&self) -> Vec<DayRow> {
        let mut sums = Sums::default();
        for moved in &self.moved {
            moved.count(&mut sums);
        }
        for sold in &self.sold {
            sold.count(&mut sums);
        }
        sums.rows()
    }
}

impl Moved {
    /// An entry about a booking, of which these are all tickets.
    #[must_use]
    pub fn of(entry: &Entry, booking: Option<&Booking>, tickets: &[Ticket]) -> Self {
        let mut refunds = booking.into_iter().flat_map(|booking| &booking.refunds);
        let refund = entry.refund.and_then(|id| refunds.find(|refund| refund.id == id));
        let named = |ticket: &&Ticket| refund.is_some_and(|refund| refund.tickets.contains(&ticket.id));
        let mut given_back: Vec<_> = tickets.iter().filter(named).map(|ticket| ticket.ticket_type).collect();
        given_back.sort_unstable();
        Self {
            kind: entry.kind,
            reversal: entry.reversal,
            from: entry.from.clone(),
            to: entry.to.clone(),
            amount: entry.amount,
            items: booking.map(|booking| booking.items.clone()).unwrap_or_default(),
            vouchered: booking.is_some_and(|booking| booking.voucher.is_some()),
            reason: refund.map(|refund| refund.reason),
            given_back,
            times: 1,
        }
    }

    /// What the organiser earned by it; less than nothing, when they lost it.
    fn earned(&self) -> i64 {
        let theirs = |account: &Account| matches!(account, Account::Organiser(_));
        match (theirs(&self.from), theirs(&self.to)) {
            // What is earned is owed to them, and that is negative.
            (true, false) => self.amount.minor(),
            (false, true) => -self.amount.minor(),
            (true, true) | (false, false) => 0,
        }
    }

    pub(super) fn count(&self, sums: &mut Sums) {
        let currency = self.amount.currency();
        let mut add = |part: Part, flow: Flow| sums.add(part, currency, &flow.times(self.times));
        let earned = self.earned();
        let moved = if self.reversal { -self.amount.minor() } else { self.amount.minor() };
        let nothing = Flow::default();
        match self.kind {
            EntryKind::Sale => {
                for (part, sold) in self.parts(earned) {
                    let sold_with_voucher = if self.vouchered { sold } else { 0 };
                    add(part, Flow { sold, sold_with_voucher, ..nothing });
                }
            }
            EntryKind::Difference => {
                for (part, differences) in self.parts(earned) {
                    add(part, Flow { differences, ..nothing });
                }
            }
            EntryKind::RefundDecided => {
                let (refunds, unearned) = (moved.signum(), if earned == 0 { moved } else { 0 });
                add(Part::Order, Flow { refunds, unearned, ..nothing });
                for (part, refunded) in self.parts(-earned) {
                    add(part, Flow { refunded, ..nothing });
                }
                if let Some(reason) = self.reason {
                    add(Part::Reason(reason), Flow { refunds, unearned, refunded: -earned, ..nothing });
                }
            }
            EntryKind::RefundDone => {
                add(Part::Order, Flow { gone: moved, ..nothing });
                if let Some(reason) = self.reason {
                    add(Part::Reason(reason), Flow { gone: moved, ..nothing });
                }
            }
            EntryKind::DisputeBorne => {
                for (part, disputed) in self.parts(-earned) {
                    add(part, Flow { disputed, ..nothing });
                }
            }
            EntryKind::PlatformFee => add(Part::Order, Flow { platform_fees: -earned, ..nothing }),
            EntryKind::ProviderFee => add(Part::Order, Flow { provider_fees: moved, ..nothing }),
            EntryKind::DisputeFee => add(Part::Order, Flow { dispute_fees: moved, ..nothing }),
            // Where money lies is the ledger's to say, and who accepted what of a provider's books.
            EntryKind::Charge | EntryKind::DisputeLost | EntryKind::Adjustment => {}
        }
    }

    /// The amount divided over the types that it is about; what cannot be divided goes to the first lines.
    fn parts(&self, amount: i64) -> Vec<(Part, i64)> {
        if amount == 0 {
            return Vec::new();
        }
        divided(amount, &shares(&self.items, &self.given_back))
    }
}

/// What each type cost: of the tickets whose price goes back, or else of the whole order. In the order of the lines.
fn shares(items: &[Item], given_back: &[TicketTypeId]) -> Vec<(TicketTypeId, i128)> {
    let mut types: Vec<(TicketTypeId, i128, i128)> = Vec::new();
    for item in items {
        let pieces = i128::from(item.quantity);
        let cost = i128::from(item.unit_price.minor()) * pieces;
        match types.iter_mut().find(|(known, ..)| *known == item.ticket_type) {
            Some((_, costs, count)) => {
                *costs += cost;
                *count += pieces;
            }
            None => types.push((item.ticket_type, cost, pieces)),
        }
    }
    let named = types.iter().map(|(ticket_type, cost, pieces)| {
        let tickets = given_back.iter().filter(|it| *it == ticket_type).count();
        let tickets = i128::try_from(tickets).unwrap_or(0).min(*pieces);
        (*ticket_type, cost * tickets / (*pieces).max(1))
    });
    let named: Vec<_> = named.collect();
    if named.iter().any(|(_, cost)| *cost > 0) {
        return named;
    }
    types.into_iter().map(|(ticket_type, cost, _)| (ticket_type, cost)).collect()
}

fn divided(amount: i64, shares: &[(TicketTypeId, i128)]) -> Vec<(Part, i64)> {
    let Some((first, _)) = shares.first() else { return vec![(Part::Order, amount)] };
    let whole: i128 = shares.iter().map(|(_, share)| share).sum();
    if whole == 0 {
        return vec![(Part::Type(*first), amount)];
    }
    let (size, sign) = (i128::from(amount.unsigned_abs()), i128::from(amount.signum()));
    let mut parts: Vec<i128> = shares.iter().map(|(_, share)| size * share / whole).collect();
    let mut over = size - parts.iter().sum::<i128>();
    for (part, (_, share)) in parts.iter_mut().zip(shares) {
        if over > 0 && *share > 0 {
            *part += 1;
            over -= 1;
        }
    }
    let parts = shares.iter().zip(parts).filter(|(_, part)| *part > 0);
    parts.map(|((id, _), part)| (Part::Type(*id), i64::try_from(part * sign).unwrap_or(i64::MAX))).collect()
}

impl Sold {
    pub(super) fn count(&self, sums: &mut Sums) {
        let mut add = |part: Part, flow: Flow| sums.add(part, self.currency, &flow.times(self.times));
        for ticket_type in &self.types {
            add(Part::Type(*ticket_type), Flow { tickets: 1, ..Flow::default() });
        }
        let vouchered = i64::from(self.discount.is_some());
        let discount = self.discount.unwrap_or(0);
        add(Part::Order, Flow { orders: 1, vouchered, discount, ..Flow::default() });
    }
}
