//! Money that somebody decides to send back: how much of which charge, and what stands in the way.

mod case;

use crate::{
    Booking, BookingStatus, Payment, PaymentStatus, Refund, RefundReason, RefundStatus, Sale, Ticket,
};
use chrono::TimeDelta;
use kernel::{AccountId, Money, PaymentId, RefundId, TicketId, Timestamp};

/// Most minor units by which cash is rounded: five, where the smallest coin is one of five or ten.
pub(crate) const ROUNDED: i64 = 5;
/// So long the same amount for no ticket in particular is taken for the same wish.
const REPEATED: TimeDelta = TimeDelta::minutes(10);

/// What staff wants to send back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundWish {
    /// The name of the refund, when the same wish may come again: it is granted once.
    pub id: Option<RefundId>,
    /// How much; what was paid for the tickets, or all there is, when absent.
    pub amount: Option<Money>,
    /// For which tickets; all when neither these nor an amount are named, none when only an amount is.
    pub tickets: Option<Vec<TicketId>>,
    /// It is meant although the same money was sent back a moment ago.
    pub again: bool,
    /// Leaves the tickets good: refunding and cancelling are different facts.
    pub keep_tickets: bool,
    /// Why it goes back, as a fact of its own.
    pub reason: RefundReason,
    /// Who decides.
    pub by: Option<AccountId>,
    /// Why, in that person's words.
    pub note: Option<String>,
}

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

    /// Sends back what staff wants to send back, and takes the named tickets out of use unless they shall stay good.
    /// Answers with the new refunds.
    ///
    /// # Errors
    /// A [`RefundRefusal`]; nothing has changed then.
    pub fn refund_by_staff(
        &mut self,
        tickets: &mut [Ticket],
        sale: &mut Sale,
        wish: &RefundWish,
        now: Timestamp,
    ) -> Result<Vec<RefundId>, RefundRefusal> {
        let left = self.left();
        let whole = wish.tickets.is_none() && wish.amount.is_none();
        let chosen = match &wish.tickets {
            Some(chosen) => named(tickets, chosen)?,
            None if whole => tickets.iter().filter(|it| it.status.stands()).map(|it| it.id).collect(),
            None => Vec::new(),
        };
        let of_chosen = self.worth(tickets, &chosen, whole)?;
        let most = if chosen.is_empty() || whole { left } else { smaller(of_chosen, left) };
        let amount = wish.amount.unwrap_or(most);
        if amount.currency() != left.currency() {
            return Err(RefundRefusal::WrongAmount);
        }
        if most.minus(amount).is_none() {
            return Err(RefundRefusal::TooMuch { most });
        }
        let voids =
            !wish.keep_tickets && tickets.iter().any(|it| chosen.contains(&it.id) && it.status.stands());
        if amount.is_zero() && !voids {
            return Err(if wish.amount.is_some() {
                RefundRefusal::WrongAmount
            } else {
                RefundRefusal::Nothing
            });
        }
        if amount.movable() != Some(amount) && amount != most {
            return Err(RefundRefusal::WrongAmount);
        }
        // Some of the price of tickets that stay good is just money: it is the price of none of them.
        let names = !wish.keep_tickets || amount == of_chosen;
        let tickets_meant = if names { chosen.clone() } else { Vec::new() };
        if tickets_meant.is_empty() && self.is_being_refunded() {
            return Err(RefundRefusal::InProgress);
        }
        if tickets_meant.is_empty() && !wish.again && self.was_just_sent(amount, now) {
            return Err(RefundRefusal::Repeated);
        }
        let note = wish.note.clone();
        let grounds = Grounds { id: wish.id, reason: wish.reason, tickets: tickets_meant, by: wish.by, note };
        let ids = self.give_back(amount, &grounds, now)?;
        if !wish.keep_tickets {
            self.void(tickets, &chosen, sale, now);
        }
        Ok(ids)
    }

    /// What was paid for these tickets; one whose price went back before is refused unless all are meant.
    fn worth(&self, tickets: &[Ticket], chosen: &[TicketId], whole: bool) -> Result<Money, RefundRefusal> {
        let mut sum = Money::zero(self.total.currency());
        for ticket in tickets.iter().filter(|ticket| chosen.contains(&ticket.id)) {
            let before = self.refunds.iter().any(|it| it.counts() && it.tickets.contains(&ticket.id));
            if before && !whole {
                return Err(RefundRefusal::RefundedBefore(ticket.id));
            }
            sum = sum.plus(self.paid_for(ticket)).ok_or(RefundRefusal::WrongAmount)?;
        }
        Ok(sum)
    }

    /// Whether a refund has been decided that its provider has not accepted yet, as far as we know.
    fn is_being_refunded(&self) -> bool {
        let open = |it: &Refund| matches!(it.status, RefundStatus::Created | RefundStatus::Uncertain);
        self.refunds.iter().any(open)
    }

    /// Whether staff has sent this very amount back a moment ago, for no ticket in particular: two people who act on the
    /// same letter mean one refund.
    fn was_just_sent(&self, amount: Money, now: Timestamp) -> bool {
        let recent = |it: &&Refund| {
            it.counts()
                && it.tickets.is_empty()
                && it.reason == RefundReason::Staff
                && now - it.created_at < REPEATED
        };
        let recent: Vec<&Refund> = self.refunds.iter().filter(recent).collect();
        // One wish may be spread over several charges.
        let sent_at = |at: Timestamp| {
            let parts = recent.iter().filter(|it| it.created_at == at).map(|it| it.amount);
            parts.fold(Money::zero(amount.currency()), |sum, part| sum.plus(part).unwrap_or(sum))
        };
        recent.iter().any(|it| sent_at(it.created_at) == amount)
    }

    /// Whether a refund that failed was made again, and that one or one that took its place counts.
    fn was_made_again(&self, failed: RefundId) -> bool {
        let again = self.refunds.iter().filter(|it| it.again == Some(failed));
        again.into_iter().any(|it| it.counts() || self.was_made_again(it.id))
    }

    /// Makes a refund again that failed, under a new name: the provider sees another one. What went back otherwise
    /// meanwhile does not go back twice.
    ///
    /// # Errors
    /// A [`RefundRefusal`]; nothing has changed then.
    pub fn refund_again(
        &mut self,
        failed: RefundId,
        by: Option<AccountId>,
        now: Timestamp,
    ) -> Result<RefundId, RefundRefusal> {
        let old = self.refunds.iter().find(|it| it.id == failed && !it.counts());
        let old = old.ok_or(RefundRefusal::NotFailed)?.clone();
        if self.was_made_again(failed) {
            return Err(RefundRefusal::NotFailed);
        }
        let elsewhere = |id: &TicketId| self.refunds.iter().any(|it| it.counts() && it.tickets.contains(id));
        if let Some(ticket) = old.tickets.iter().find(|ticket| elsewhere(ticket)) {
            return Err(RefundRefusal::RefundedBefore(*ticket));
        }
        let amount = smaller(old.amount, self.refundable(old.payment));
        if amount.is_zero() {
            return Err(RefundRefusal::Nothing);
        }
        if self.is_disputed(old.payment) {
            return Err(RefundRefusal::Disputed);
        }
        if self.payment(old.payment).is_some_and(|payment| !payment.gives_back(now)) {
            return Err(RefundRefusal::WindowOver);
        }
        let new = Refund::new(old.payment, amount, old.reason, now);
        let id = new.id;
        self.refunds.push(Refund { tickets: old.tickets, note: old.note, by, again: Some(failed), ..new });
        Ok(id)
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

/// The named tickets, each once; whether they are the booking's is checked.
fn named(tickets: &[Ticket], chosen: &[TicketId]) -> Result<Vec<TicketId>, RefundRefusal> {
    let mut named = Vec::with_capacity(chosen.len());
    for id in chosen {
        if !tickets.iter().any(|ticket| ticket.id == *id) {
            return Err(RefundRefusal::UnknownTicket(*id));
        }
        if !named.contains(id) {
            named.push(*id);
        }
    }
    Ok(named)
}

#[cfg(test)]
mod tests;
