//! What a day is made of: entries of the ledger and orders whose tickets were issued. Equal ones may come together, with
//! how many they are.

use super::day::Sums;
use super::{DayRow, Flow, Part, shares};
use crate::ledger::{Account, Entry, EntryKind};
use crate::{Booking, Item, RefundReason, Ticket};
use kernel::{Currency, Money, RefundId, SeatId, TicketTypeId};
use serde::{Deserialize, Serialize};

/// A ticket whose price goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GivenBack {
    /// Of which type.
    pub ticket_type: TicketTypeId,
    /// For which seat, where places are seats.
    pub seat: Option<SeatId>,
}

/// What was posted about an order before money went back of it: what it was sold for, and what had gone back by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// Why money moved: a sale, a difference to its price, or a refund that was decided.
    pub kind: EntryKind,
    /// It took an earlier entry back.
    pub reversal: bool,
    /// Shrank.
    pub from: Account,
    /// Grew.
    pub to: Account,
    /// By so much.
    pub amount: Money,
    /// Which refund.
    pub refund: Option<RefundId>,
    /// The tickets whose price went back.
    pub given_back: Vec<GivenBack>,
}

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
    /// The tickets whose price goes back.
    pub given_back: Vec<GivenBack>,
    /// Which refund, of an entry that takes one back.
    pub refund: Option<RefundId>,
    /// What was posted about the order before, of an entry by which money is to go back; in the order in which it was.
    pub earlier: Vec<Earlier>,
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
    /// An entry about a booking, of which these are all tickets and all entries.
    #[must_use]
    pub fn of(entry: &Entry, booking: Option<&Booking>, tickets: &[Ticket], entries: &[Entry]) -> Self {
        let mut refunds = booking.into_iter().flat_map(|booking| &booking.refunds);
        let refund = entry.refund.and_then(|id| refunds.find(|refund| refund.id == id));
        Self {
            kind: entry.kind,
            reversal: entry.reversal,
            from: entry.from.clone(),
            to: entry.to.clone(),
            amount: entry.amount,
            items: booking.map(|booking| booking.items.clone()).unwrap_or_default(),
            vouchered: booking.is_some_and(|booking| booking.voucher.is_some()),
            reason: refund.map(|refund| refund.reason),
            given_back: given_back(entry, booking, tickets),
            refund: entry.refund.filter(|_| entry.reversal),
            earlier: earlier(entry, booking, tickets, entries),
            times: 1,
        }
    }

    /// What the organiser earned by it; less than nothing, when they lost it.
    fn earned(&self) -> i64 {
        earned(&self.from, &self.to, self.amount)
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
                if earned != 0 {
                    for (part, refunded) in shares::sent_back(self) {
                        add(part, Flow { refunded: -earned.signum() * refunded, ..nothing });
                    }
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

    /// The amount divided over the types of the order.
    fn parts(&self, amount: i64) -> Vec<(Part, i64)> {
        if amount == 0 { Vec::new() } else { shares::sold(amount, &self.items) }
    }
}

impl Earlier {
    /// What the organiser earned by it.
    pub(super) fn earned(&self) -> i64 {
        earned(&self.from, &self.to, self.amount)
    }
}

fn earned(from: &Account, to: &Account, amount: Money) -> i64 {
    let theirs = |account: &Account| matches!(account, Account::Organiser(_));
    match (theirs(from), theirs(to)) {
        // What is earned is owed to them, and that is negative.
        (true, false) => amount.minor(),
        (false, true) => -amount.minor(),
        (true, true) | (false, false) => 0,
    }
}

/// The tickets whose price goes back by an entry.
fn given_back(entry: &Entry, booking: Option<&Booking>, tickets: &[Ticket]) -> Vec<GivenBack> {
    let refunds = booking.into_iter().flat_map(|booking| &booking.refunds);
    let named: Vec<_> =
        refunds.filter(|refund| Some(refund.id) == entry.refund).flat_map(|refund| &refund.tickets).collect();
    let named = tickets.iter().filter(|ticket| named.contains(&&ticket.id));
    let mut given_back: Vec<_> = named
        .map(|ticket| GivenBack {
            ticket_type: ticket.ticket_type,
            seat: ticket.seat.as_ref().map(|seat| seat.id),
        })
        .collect();
    given_back.sort_unstable();
    given_back
}

/// What of the entries about a booking came before one by which money is to go back. What takes a refund back comes after
/// the refund, also when both are of one instant.
fn earlier(entry: &Entry, booking: Option<&Booking>, tickets: &[Ticket], entries: &[Entry]) -> Vec<Earlier> {
    let order = |it: &Entry| (it.at, it.reversal, it.id);
    let before = |it: &&Entry| match it.kind {
        EntryKind::Sale | EntryKind::Difference => it.at <= entry.at,
        EntryKind::RefundDecided => order(it) < order(entry),
        _ => false,
    };
    let same = |it: &&Entry| it.amount.currency() == entry.amount.currency();
    let mut before: Vec<&Entry> = match entry.kind {
        EntryKind::RefundDecided => entries.iter().filter(same).filter(before).collect(),
        _ => Vec::new(),
    };
    before.sort_unstable_by_key(|it| order(it));
    let shown = before.into_iter().map(|it| Earlier {
        kind: it.kind,
        reversal: it.reversal,
        from: it.from.clone(),
        to: it.to.clone(),
        amount: it.amount,
        refund: it.refund,
        given_back: given_back(it, booking, tickets),
    });
    shown.collect()
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
