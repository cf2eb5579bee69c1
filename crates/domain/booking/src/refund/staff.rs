//! Refunds that staff decides.

use super::{Grounds, RefundRefusal, smaller};
use crate::{Booking, Refund, RefundReason, RefundStatus, Sale, Ticket};
use chrono::TimeDelta;
use kernel::{AccountId, Money, RefundId, TicketId, Timestamp};

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

impl Booking {
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
