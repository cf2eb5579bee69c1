//! Giving tickets back: what the buyer may do alone, as promised; what staff is asked for is in `request`.

mod request;

pub use request::{CancellationRequest, Decision, RequestRefusal, RequestStatus};

use crate::refund::{Grounds, smaller};
use crate::{
    Booking, BookingStatus, NoWay, Promise, RefundReason, RefundRefusal, Sale, Ticket, TicketStatus,
};
use kernel::{AccountId, Money, RefundId, TicketId, Timestamp};

/// Longest message to staff and longest answer, in characters.
pub const LONGEST_MESSAGE: usize = 1000;

/// One ticket of a [`Quote`]: `fee` and `refund` are `paid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Which.
    pub ticket: TicketId,
    /// What was paid for it and is still ours.
    pub paid: Money,
    /// What is kept.
    pub fee: Money,
    /// What goes back.
    pub refund: Money,
}

/// What cancelling would do, to the smallest unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Ticket by ticket.
    pub lines: Vec<Line>,
    /// What is kept of all.
    pub fee: Money,
    /// What goes back of all.
    pub refund: Money,
    /// Why the buyer cannot do it alone; then nothing goes back.
    pub obstacle: Option<CancelRefusal>,
}

/// Why nothing was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CancelRefusal {
    /// The booking has ended, or all its tickets are cancelled.
    #[error("there is nothing left to cancel")]
    Ended,
    /// The booking has no such ticket.
    #[error("the booking has no such ticket")]
    UnknownTicket(TicketId),
    /// The ticket was used, cancelled, or belongs to somebody else now.
    #[error("this ticket cannot be given back")]
    NotGivenBack(TicketId),
    /// The promise does not allow it.
    #[error(transparent)]
    NoWay(#[from] NoWay),
    /// The provider gives nothing back any more.
    #[error("the provider gives nothing back so long after the charge")]
    WindowOver,
    /// A bank or the provider is asked to take the charge back, or has.
    #[error("the charge is disputed")]
    Disputed,
}

impl CancelRefusal {
    /// Why the money of a cancellation cannot go back.
    const fn of(refusal: RefundRefusal) -> Self {
        match refusal {
            RefundRefusal::Disputed => Self::Disputed,
            RefundRefusal::WindowOver
            | RefundRefusal::Nothing
            | RefundRefusal::TooMuch { .. }
            | RefundRefusal::WrongAmount
            | RefundRefusal::UnknownTicket(_)
            | RefundRefusal::RefundedBefore(_)
            | RefundRefusal::InProgress
            | RefundRefusal::Repeated
            | RefundRefusal::NotFailed => Self::WindowOver,
        }
    }
}

/// What was cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancelled {
    /// Tickets that are good no more; none when the booking was not paid yet.
    pub tickets: Vec<TicketId>,
    /// The money that goes back.
    pub refunds: Vec<RefundId>,
}

impl Booking {
    /// The living tickets that are meant; all that the buyer still has when none are named.
    fn meant(&self, tickets: &[Ticket], chosen: Option<&[TicketId]>) -> Result<Vec<TicketId>, CancelRefusal> {
        let own = |ticket: &&Ticket| ticket.status == TicketStatus::Valid && ticket.holder == self.buyer;
        let Some(chosen) = chosen else {
            // What was handed on is not meant by "all of mine"; what was used was, and stops the rest.
            let living = tickets.iter().filter(|ticket| ticket.status.lives() && ticket.holder == self.buyer);
            return match living.clone().find(|ticket| !own(ticket)) {
                Some(used) => Err(CancelRefusal::NotGivenBack(used.id)),
                None => Ok(living.map(|ticket| ticket.id).collect()),
            };
        };
        let mut meant = Vec::with_capacity(chosen.len());
        for id in chosen {
            let ticket = tickets.iter().find(|ticket| ticket.id == *id);
            let ticket = ticket.ok_or(CancelRefusal::UnknownTicket(*id))?;
            if !own(&ticket) {
                return Err(CancelRefusal::NotGivenBack(*id));
            }
            if !meant.contains(id) {
                meant.push(*id);
            }
        }
        Ok(meant)
    }

    /// What cancelling these tickets at `now` would do, of an event that begins at `starts_at`; all of the buyer's
    /// when none are named.
    ///
    /// # Errors
    /// A [`CancelRefusal`] that is about the tickets; what the promise does not allow is told in the quote.
    pub fn quote(
        &self,
        tickets: &[Ticket],
        chosen: Option<&[TicketId]>,
        starts_at: Timestamp,
        now: Timestamp,
    ) -> Result<Quote, CancelRefusal> {
        let nothing = Money::zero(self.total.currency());
        let mut quote = Quote { lines: Vec::new(), fee: nothing, refund: nothing, obstacle: None };
        match self.status {
            BookingStatus::PendingPayment if chosen.is_none_or(<[TicketId]>::is_empty) => return Ok(quote),
            BookingStatus::PendingPayment | BookingStatus::Confirmed => {}
            BookingStatus::Cancelled | BookingStatus::Expired => return Err(CancelRefusal::Ended),
        }
        let meant = self.meant(tickets, chosen)?;
        if meant.is_empty() {
            return Err(CancelRefusal::Ended);
        }
        let mut left = self.left_of_living(tickets);
        for ticket in tickets.iter().filter(|ticket| meant.contains(&ticket.id)) {
            match self.line(ticket, left, starts_at, now) {
                Ok(line) => {
                    left = left.minus(line.paid).unwrap_or(nothing);
                    quote.lines.push(line);
                }
                Err(no_way) => quote.obstacle = quote.obstacle.or(Some(no_way.into())),
            }
        }
        if quote.obstacle.is_none() && !self.could_give_back(quote.sum(|line| line.refund), now) {
            quote.obstacle = Some(CancelRefusal::of(self.obstacle()));
        }
        if quote.obstacle.is_some() {
            let mut left = self.left_of_living(tickets);
            let kept = |ticket: &Ticket| {
                let paid = smaller(self.paid_for(ticket), left);
                left = left.minus(paid).unwrap_or(nothing);
                Line { ticket: ticket.id, paid, fee: paid, refund: nothing }
            };
            quote.lines = tickets.iter().filter(|it| meant.contains(&it.id)).map(kept).collect();
        }
        (quote.fee, quote.refund) = (quote.sum(|line| line.fee), quote.sum(|line| line.refund));
        Ok(quote)
    }

    /// `left` is what has not gone back of the whole booking and is not another line's: a ticket is worth no more. Of
    /// that the fee of the ticket's whole price is kept, as far as it is there; the rest goes back, up to the next
    /// amount that providers move.
    fn line(
        &self,
        ticket: &Ticket,
        left: Money,
        starts_at: Timestamp,
        now: Timestamp,
    ) -> Result<Line, NoWay> {
        let paid = self.paid_for(ticket);
        if paid.is_zero() {
            // Nobody needs a promise to give away what was free, as long as somebody else can still have it.
            let line = Line { ticket: ticket.id, paid, fee: paid, refund: paid };
            return if now < starts_at { Ok(line) } else { Err(NoWay::TooLate) };
        }
        let fee = Promise::fee(self.promise.as_ref(), paid, starts_at, now)?;
        let paid = smaller(paid, left);
        let rest = paid.minus(smaller(fee, paid)).ok_or(NoWay::Malformed)?;
        let refund = smaller(rest.movable().ok_or(NoWay::Malformed)?, paid);
        let fee = paid.minus(refund).ok_or(NoWay::Malformed)?;
        Ok(Line { ticket: ticket.id, paid, fee, refund })
    }

    fn could_give_back(&self, amount: Money, now: Timestamp) -> bool {
        let grounds =
            Grounds { id: None, reason: RefundReason::Cancelled, tickets: Vec::new(), by: None, note: None };
        self.clone().give_back(amount, &grounds, now).is_ok()
    }

    /// Cancels these tickets, all when none are named, as the promise allows: what is due goes back, and the places
    /// are on sale again. A booking that was not paid yet is called off.
    ///
    /// # Errors
    /// A [`CancelRefusal`]; nothing has changed then.
    pub fn cancel(
        &mut self,
        tickets: &mut [Ticket],
        chosen: Option<&[TicketId]>,
        sale: &mut Sale,
        now: Timestamp,
    ) -> Result<Cancelled, CancelRefusal> {
        let quote = self.quote(tickets, chosen, sale.starts_at, now)?;
        if let Some(obstacle) = quote.obstacle {
            return Err(obstacle);
        }
        if self.status == BookingStatus::PendingPayment {
            self.call_off(sale, now);
            return Ok(Cancelled { tickets: Vec::new(), refunds: Vec::new() });
        }
        let meant: Vec<_> = quote.lines.iter().map(|line| line.ticket).collect();
        let named = quote.lines.iter().filter(|line| !line.paid.is_zero()).map(|line| line.ticket).collect();
        let by = Some(self.buyer);
        let grounds = Grounds { id: None, reason: RefundReason::Cancelled, tickets: named, by, note: None };
        let refunds = self.give_back(quote.refund, &grounds, now).map_err(CancelRefusal::of)?;
        self.void(tickets, &meant, sale, now);
        Ok(Cancelled { tickets: meant, refunds })
    }

    /// Gives up what was not paid yet: its places are free at once, and whatever is paid after all goes back.
    pub(crate) fn call_off(&mut self, sale: &mut Sale, now: Timestamp) {
        sale.give_back(&self.items, self.claimant());
        self.status = BookingStatus::Cancelled;
        self.decided_at = Some(now);
    }

    /// The event does not take place: all that was paid for living tickets goes back, then they are good no more;
    /// what was not paid yet is called off. `None` when there was nothing to do.
    ///
    /// What cannot go back by itself does not stop the rest: the tickets are cancelled all the same, and the refusal
    /// tells what a person has to do.
    pub fn event_cancelled(
        &mut self,
        tickets: &mut [Ticket],
        sale: &mut Sale,
        by: Option<AccountId>,
        now: Timestamp,
    ) -> Option<Result<Vec<RefundId>, RefundRefusal>> {
        match self.status {
            BookingStatus::PendingPayment => {
                self.call_off(sale, now);
                Some(Ok(Vec::new()))
            }
            BookingStatus::Confirmed => {
                let living = || tickets.iter().filter(|ticket| ticket.status.stands());
                let chosen: Vec<_> = living().map(|ticket| ticket.id).collect();
                let nothing = Money::zero(self.total.currency());
                let worth = living().map(|ticket| self.paid_for(ticket));
                let worth = worth.fold(nothing, |sum, paid| sum.plus(paid).unwrap_or(sum));
                // All of them are worth all that they were sold for, to the last cent.
                let none_went_back = self.refunds.iter().all(|it| !it.counts() || it.tickets.is_empty());
                let whole = none_went_back && tickets.iter().all(|ticket| ticket.status.stands());
                let worth = if whole && !self.charged().is_zero() { self.sold_at() } else { worth };
                let amount = smaller(worth, self.left());
                let reason = RefundReason::EventCancelled;
                let grounds = Grounds { id: None, reason, tickets: chosen.clone(), by, note: None };
                let refunds = self.give_back(amount, &grounds, now);
                self.void(tickets, &chosen, sale, now);
                Some(refunds)
            }
            BookingStatus::Cancelled | BookingStatus::Expired => None,
        }
    }
}

impl Quote {
    fn sum(&self, of: impl Fn(&Line) -> Money) -> Money {
        let nothing = Money::zero(self.fee.currency());
        self.lines.iter().map(of).fold(nothing, |sum, amount| sum.plus(amount).unwrap_or(sum))
    }
}

#[cfg(test)]
mod tests;
