//! Money that somebody decides to send back: how much of which charge, and what stands in the way.

mod case;
mod staff;

pub use staff::RefundWish;

use crate::{
    Booking, BookingStatus, Payment, PaymentStatus, Refund, RefundReason, RefundStatus, Sale, Ticket,
};
use kernel::{AccountId, Money, PaymentId, RefundId, TicketId, Timestamp};

/// Most minor units by which cash is rounded: five, where the smallest coin is one of five or ten.
pub(crate) const ROUNDED: i64 = 5;

/// Why no money goes back; nothing has changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefusal {
    /// All that was paid has gone back or is on its way, or nothing was paid.
    #[error("there is nothing to give back")]
    Nothing,
    /// It is more than was paid for it, or than is left of what was paid.
    #[error("at most {most} can be given back")]
    TooMuch {
        /// How much could.
        most: Money,
    },
    /// Another currency than the booking's, or an amount of nothing for nothing.
    #[error("this amount does not fit the booking")]
    WrongAmount,
    /// The booking has no such ticket.
    #[error("the booking has no such ticket")]
    UnknownTicket(TicketId),
    /// The price of this ticket has gone back before.
    #[error("this ticket was refunded before")]
    RefundedBefore(TicketId),
    /// A refund of the booking has not been accepted by its provider yet: what comes of it has to be seen first.
    #[error("another refund of this booking is being made")]
    InProgress,
    /// The provider gives nothing back that long after the charge.
    #[error("the provider gives nothing back so long after the charge")]
    WindowOver,
    /// The same amount was sent back a moment ago.
    #[error("the same amount was sent back a moment ago")]
    Repeated,
    /// A bank or the provider is asked to take the charge back, or has: the buyer would have the money twice.
    #[error("the charge is disputed")]
    Disputed,
    /// The refund did not fail, or was made again already.
    #[error("this refund did not fail, or was made again")]
    NotFailed,
}

/// What refunds of one decision have in common.
#[derive(Debug, Clone)]
pub(crate) struct Grounds {
    /// Of the first refund.
    pub(crate) id: Option<RefundId>,
    pub(crate) reason: RefundReason,
    pub(crate) tickets: Vec<TicketId>,
    pub(crate) by: Option<AccountId>,
    pub(crate) note: Option<String>,
}

impl Refund {
    /// One that has just been decided.
    #[must_use]
    pub fn new(payment: PaymentId, amount: Money, reason: RefundReason, now: Timestamp) -> Self {
        Self {
            id: RefundId::generate(now),
            payment,
            amount,
            reason,
            status: RefundStatus::Created,
            reference: None,
            tickets: Vec::new(),
            by: None,
            note: None,
            again: None,
            created_at: now,
            changed_at: now,
        }
    }

    /// Whether it counts: it has not failed.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.status != RefundStatus::Failed
    }
}

impl Booking {
    /// What is left of all charges that were taken for this booking.
    #[must_use]
    pub fn left(&self) -> Money {
        let left = self.charges().map(|payment| self.refundable(payment.id));
        left.fold(Money::zero(self.total.currency()), |sum, amount| sum.plus(amount).unwrap_or(sum))
    }

    /// Whether this refund was decided.
    #[must_use]
    pub fn has_refund(&self, id: RefundId) -> bool {
        self.refunds.iter().any(|refund| refund.id == id)
    }

    fn charges(&self) -> impl Iterator<Item = &Payment> {
        self.payments.iter().filter(|payment| payment.status == PaymentStatus::Paid)
    }

    /// What was paid for a ticket and has not gone back for it.
    #[must_use]
    pub fn paid_for(&self, ticket: &Ticket) -> Money {
        let nothing = Money::zero(self.total.currency());
        let before = self.refunds.iter().any(|refund| refund.counts() && refund.tickets.contains(&ticket.id));
        let price = self.item_of(ticket);
        // What is pending has not been paid.
        let charged = !self.charged().is_zero();
        price.filter(|_| !before && charged).map_or(nothing, |item| self.share_of(item.unit_price))
    }

    /// What the places were sold for: the price, or what a person took for it. Cash is rounded by a few cents; that is
    /// no other price.
    #[must_use]
    pub fn sold_at(&self) -> Money {
        let came = self.paid_by.and_then(|id| self.payment(id)?.paid).unwrap_or(self.total);
        let apart = came.minor().saturating_sub(self.total.minor()).saturating_abs();
        if apart <= ROUNDED { self.total } else { came }
    }

    /// The part of what the places were sold for that stands for this part of the price, rounded down.
    fn share_of(&self, price: Money) -> Money {
        let (sold, whole) = (self.sold_at(), self.total);
        if sold == whole || whole.is_zero() {
            return price;
        }
        let share = i128::from(sold.minor()) * i128::from(price.minor()) / i128::from(whole.minor());
        i64::try_from(share).ok().and_then(|minor| Money::new(minor, price.currency()).ok()).unwrap_or(price)
    }

    /// What is left of all charges, less what is kept of tickets that are good no more: that is not the price of the
    /// others.
    pub(crate) fn left_of_living(&self, tickets: &[Ticket]) -> Money {
        let nothing = Money::zero(self.total.currency());
        let gone = tickets.iter().filter(|ticket| !ticket.status.lives());
        let price =
            |ticket: &Ticket| self.item_of(ticket).map_or(0, |item| self.share_of(item.unit_price).minor());
        let worth: i64 = gone.map(price).fold(0, i64::saturating_add);
        let named = self.refunds.iter().filter(|it| it.counts() && !it.tickets.is_empty());
        let back: i64 = named.map(|it| it.amount.minor()).fold(0, i64::saturating_add);
        let kept = Money::new(worth.saturating_sub(back).max(0), nothing.currency()).unwrap_or(nothing);
        self.left().minus(kept).unwrap_or(nothing)
    }

    /// Whether the provider would give this charge back, and nobody has asked a bank for it.
    pub(crate) fn may_give_back(&self, payment: &Payment, now: Timestamp) -> bool {
        payment.gives_back(now) && !self.is_disputed(payment.id)
    }

    /// Why a charge cannot be given back.
    pub(crate) fn obstacle(&self) -> RefundRefusal {
        let disputed = self.charges().any(|payment| self.is_disputed(payment.id));
        if disputed { RefundRefusal::Disputed } else { RefundRefusal::WindowOver }
    }

    /// Sends an amount back over the booking's charges, the latest first.
    ///
    /// # Errors
    /// A [`RefundRefusal`]; nothing has changed then.
    pub(crate) fn give_back(
        &mut self,
        amount: Money,
        grounds: &Grounds,
        now: Timestamp,
    ) -> Result<Vec<RefundId>, RefundRefusal> {
        let most = self.left();
        if amount.currency() != most.currency() {
            return Err(RefundRefusal::WrongAmount);
        }
        if most.minus(amount).is_none() {
            return Err(RefundRefusal::TooMuch { most });
        }
        let mut charges: Vec<&Payment> = self.charges().filter(|it| self.may_give_back(it, now)).collect();
        // What bought the places goes back before what came besides.
        let bought = |payment: &Payment| self.paid_by == Some(payment.id);
        charges.sort_by_key(|it| std::cmp::Reverse((bought(it), it.came_at(), it.attempt)));
        let mut open = amount;
        let mut refunds = Vec::new();
        for payment in charges {
            let left = self.refundable(payment.id);
            let part = if left.minus(open).is_some() { open } else { left };
            if part.is_zero() {
                continue;
            }
            let Grounds { id, reason, tickets, by, note } = grounds.clone();
            let refund = Refund::new(payment.id, part, reason, now);
            let id = id.filter(|_| refunds.is_empty()).unwrap_or(refund.id);
            refunds.push(Refund { id, tickets, by, note, ..refund });
            open = open.minus(part).unwrap_or(open);
        }
        if !open.is_zero() {
            return Err(self.obstacle());
        }
        let ids = refunds.iter().map(|refund| refund.id).collect();
        self.refunds.extend(refunds);
        Ok(ids)
    }

    /// Takes tickets out of use and puts the places of those that live back on sale; those that wait to be sold again
    /// have none.
    pub(crate) fn void(
        &mut self,
        tickets: &mut [Ticket],
        chosen: &[TicketId],
        sale: &mut Sale,
        now: Timestamp,
    ) -> usize {
        let (mut voided, mut count): (Vec<&Ticket>, usize) = (Vec::new(), 0);
        for ticket in tickets.iter_mut().filter(|it| chosen.contains(&it.id) && it.status.stands()) {
            let took_a_place = ticket.status.lives();
            ticket.status = crate::TicketStatus::Cancelled;
            if took_a_place {
                ticket.presence.ended.push(now);
            }
            voided.extend(took_a_place.then_some(&*ticket));
            count += 1;
        }
        sale.take_back(&voided, self.claimant());
        let confirmed = self.status == BookingStatus::Confirmed;
        if confirmed && count > 0 && !tickets.iter().any(|ticket| ticket.status.stands()) {
            self.status = BookingStatus::Cancelled;
            self.decided_at = Some(now);
        }
        count
    }

    /// How the booking is shown: as it stands, or by what became of its money once some of the price went back.
    /// What was paid beyond the price, or too late, changes nothing.
    #[must_use]
    pub fn shown_status(&self) -> &'static str {
        let settled = matches!(self.status, BookingStatus::Confirmed | BookingStatus::Cancelled);
        let nothing = Money::zero(self.total.currency());
        let bought = self.paid_by.and_then(|id| self.payment(id));
        let left = bought.map_or(nothing, |payment| self.refundable(payment.id));
        // Staff may have taken less for paid.
        let came = bought.and_then(|payment| payment.paid).unwrap_or(nothing);
        let price = smaller(self.total, came);
        if !settled || price.is_zero() || left.minus(price).is_some() {
            return self.status.as_str();
        }
        match self.status {
            _ if left.is_zero() => "refunded",
            BookingStatus::Confirmed => "partially_refunded",
            BookingStatus::Cancelled | BookingStatus::PendingPayment | BookingStatus::Expired => {
                self.status.as_str()
            }
        }
    }
}

impl Payment {
    /// Whether its provider still gives its charge back.
    #[must_use]
    pub fn gives_back(&self, now: Timestamp) -> bool {
        match (self.provider.refund_window(), self.came_at()) {
            (Some(window), Some(came_at)) => now - came_at <= window,
            (None, _) | (_, None) => true,
        }
    }
}

pub(crate) fn smaller(one: Money, other: Money) -> Money {
    if one.minus(other).is_some() { other } else { one }
}

#[cfg(test)]
mod tests;
