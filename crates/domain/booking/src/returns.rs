//! The return desk: a ticket that its buyer gives back at what was paid for it, to be sold again.
//!
//! From then on its code is dead and its place is free, for the waiting list first. The money goes back when the place
//! is sold again: places of a kind are alike, so the desk counts. As long as more places are unsold than tickets wait,
//! none of them was sold again; each one fewer means that the ticket that waits longest was.

mod used;

pub use used::Misuse;

use crate::refund::{Grounds, smaller};
use crate::{
    Booking, BookingStatus, Holdings, Limit, RefundReason, RefundRefusal, Sale, SaleStatus, Ticket,
    TicketStatus,
};
use kernel::{
    AccountId, BookingId, EventId, Money, RefundId, ReturnId, SeatId, TicketId, TicketTypeId, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many codes a ticket can have had before it is taken back no more: each costs a mail.
pub const MOST_CODES: u32 = 30;

/// Where a return stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnStatus {
    /// To be sold again.
    Waiting,
    /// Sold again; the money is about to go back.
    Sold,
    /// The money was sent on its way; there was nothing to send for what had cost nothing.
    Refunded,
    /// Its holder wanted it back.
    TakenBack,
    /// Nobody bought it: it is its holder's as before.
    GivenBack,
    /// Its booking was cancelled or refunded in another way.
    Cancelled,
}

impl ReturnStatus {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Sold, Self::Refunded, Self::TakenBack, Self::GivenBack, Self::Cancelled];

    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sold => "sold",
            Self::Refunded => "refunded",
            Self::TakenBack => "taken_back",
            Self::GivenBack => "given_back",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A ticket at the return desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// Names it.
    pub id: ReturnId,
    /// Which ticket.
    pub ticket: TicketId,
    /// Bought with.
    pub booking: BookingId,
    /// For which event.
    pub event: EventId,
    /// Of which type.
    pub ticket_type: TicketTypeId,
    /// Its seat, where places are seats: it is sold again when this seat is.
    #[serde(default)]
    pub seat: Option<SeatId>,
    /// Who gave it back: its buyer, who gets the money.
    pub holder: AccountId,
    /// What was paid for it.
    pub price: Money,
    /// Where it stands.
    pub status: ReturnStatus,
    /// Since when it waits; who waits longest is first.
    pub created_at: Timestamp,
    /// When it came to be anything but waiting.
    pub decided_at: Option<Timestamp>,
}

/// Why a ticket is not given back, or not taken back; nothing has changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReturnRefusal {
    /// There is no such ticket, or it is not this member's.
    #[error("there is no such ticket")]
    Unknown,
    /// It was used, cancelled, given back, or bought by somebody else.
    #[error("this ticket cannot be given back")]
    NotReturnable,
    /// The organiser takes nothing back for resale.
    #[error("tickets of this event are not taken back")]
    NotAllowed,
    /// Sales of all types that its place could be sold as are over, or have not begun: nobody could buy it.
    #[error("this is not on sale")]
    NotOnSale,
    /// It is offered to another member.
    #[error("the ticket is offered to somebody")]
    Offered,
    /// Its price could not go back: the charge is too old or disputed.
    #[error("the money could not go back")]
    NotRefundable,
    /// It had [`MOST_CODES`] codes.
    #[error("the ticket was given back too often")]
    TooOften,
    /// It does not wait at the desk.
    #[error("the ticket was not given back")]
    NotReturned,
    /// Its place is somebody else's, or kept for somebody.
    #[error("the place is taken")]
    PlaceTaken,
    /// It would be more than one member may have of the event.
    #[error("this is more than one member may have")]
    LimitExceeded {
        /// Which limit.
        limit: Limit,
        /// How many are allowed.
        most: u32,
    },
}

impl Return {
    /// It has come to this.
    pub fn becomes(&mut self, status: ReturnStatus, now: Timestamp) {
        self.status = status;
        self.decided_at = Some(now);
    }
}

impl Booking {
    fn grounds(ticket: TicketId) -> Grounds {
        Grounds { id: None, reason: RefundReason::Resold, tickets: vec![ticket], by: None, note: None }
    }

    /// Gives a ticket to the desk: its code is dead, and its place is free.
    ///
    /// # Errors
    /// A [`ReturnRefusal`].
    pub fn give_to_desk(
        &self,
        ticket: &mut Ticket,
        sale: &mut Sale,
        by: AccountId,
        now: Timestamp,
    ) -> Result<Return, ReturnRefusal> {
        if ticket.holder != by {
            return Err(ReturnRefusal::Unknown);
        }
        let own = self.buyer == by && self.status == BookingStatus::Confirmed;
        if !own || ticket.status != TicketStatus::Valid {
            return Err(ReturnRefusal::NotReturnable);
        }
        if !sale.resale.returns {
            return Err(ReturnRefusal::NotAllowed);
        }
        if !sale.resells(ticket.ticket_type, now) {
            return Err(ReturnRefusal::NotOnSale);
        }
        if ticket.version >= MOST_CODES {
            return Err(ReturnRefusal::TooOften);
        }
        let price = self.paid_for(ticket);
        if self.clone().give_back(price, &Self::grounds(ticket.id), now).is_err() {
            return Err(ReturnRefusal::NotRefundable);
        }
        ticket.status = TicketStatus::Returned;
        ticket.version = ticket.version.saturating_add(1);
        // The code that was good, and the one that nobody ever sees: nothing ends when it leaves the desk.
        ticket.presence.ended.extend([now, now]);
        // What a voucher kept it keeps again, as after any cancellation.
        sale.take_back(&[&*ticket], self.claimant());
        Ok(Return {
            id: ReturnId::generate(now),
            ticket: ticket.id,
            booking: self.id,
            event: self.event,
            ticket_type: ticket.ticket_type,
            seat: ticket.seat.as_ref().map(|seat| seat.id),
            holder: by,
            price,
            status: ReturnStatus::Waiting,
            created_at: now,
            decided_at: None,
        })
    }

    /// Takes a ticket from the desk again while a place of its kind is free; what its holder `already` has besides
    /// counts as if it were bought. It gets a new code.
    ///
    /// # Errors
    /// A [`ReturnRefusal`].
    pub fn take_from_desk(
        &self,
        made: &mut Return,
        ticket: &mut Ticket,
        (sale, already): (&mut Sale, &Holdings),
        now: Timestamp,
    ) -> Result<(), ReturnRefusal> {
        if made.status != ReturnStatus::Waiting {
            return Err(ReturnRefusal::NotReturned);
        }
        if let Some((limit, most)) = sale.beyond_one_more(ticket.ticket_type, already) {
            return Err(ReturnRefusal::LimitExceeded { limit, most });
        }
        if already.seat_is_gone
            || sale.status == SaleStatus::Cancelled
            || !self.leaves_desk(made, ticket, sale, now)
        {
            return Err(ReturnRefusal::PlaceTaken);
        }
        made.becomes(ReturnStatus::TakenBack, now);
        Ok(())
    }

    /// Nobody will buy it any more: it is its holder's again, if its place is free. `false` when it is not, or not yet.
    /// Whether its seat is free is the caller's to know.
    pub fn unsold(&self, made: &mut Return, ticket: &mut Ticket, sale: &mut Sale, now: Timestamp) -> bool {
        let back = made.status == ReturnStatus::Waiting && self.leaves_desk(made, ticket, sale, now);
        if back {
            made.becomes(ReturnStatus::GivenBack, now);
        }
        back
    }

    /// Whether what was paid for a ticket went back while it was at the desk. What staff gave back before, and left the
    /// ticket good, has nothing to do with it.
    #[must_use]
    pub fn is_paid_out(&self, made: &Return) -> bool {
        let since = |it: &&crate::Refund| it.counts() && it.created_at >= made.created_at;
        self.refunds.iter().filter(since).any(|it| it.tickets.contains(&made.ticket))
    }

    fn leaves_desk(&self, made: &Return, ticket: &mut Ticket, sale: &mut Sale, now: Timestamp) -> bool {
        let at_desk = ticket.status == TicketStatus::Returned && !self.is_paid_out(made);
        if !at_desk || !sale.sell_one(ticket, self.claimant(), now) {
            return false;
        }
        ticket.status = TicketStatus::Valid;
        ticket.version = ticket.version.saturating_add(1);
        true
    }

    /// Its place was sold again: what was paid for it goes back, once.
    ///
    /// # Errors
    /// A [`RefundRefusal`]; nothing has changed then.
    pub fn resold(
        &mut self,
        made: &mut Return,
        tickets: &mut [Ticket],
        now: Timestamp,
    ) -> Result<Vec<RefundId>, RefundRefusal> {
        let waits = |it: &&mut Ticket| it.id == made.ticket && it.status == TicketStatus::Returned;
        let Some(ticket) = tickets.iter_mut().find(waits) else {
            made.becomes(ReturnStatus::Cancelled, now);
            return Ok(Vec::new());
        };
        let amount = smaller(self.paid_for(ticket), self.left());
        let refunds = self.give_back(amount, &Self::grounds(ticket.id), now)?;
        ticket.status = TicketStatus::Cancelled;
        self.is_over_without(tickets, now);
        made.becomes(ReturnStatus::Refunded, now);
        Ok(refunds)
    }

    fn is_over_without(&mut self, tickets: &[Ticket], now: Timestamp) {
        if self.status == BookingStatus::Confirmed && !tickets.iter().any(|it| it.status.stands()) {
            self.status = BookingStatus::Cancelled;
            self.decided_at = Some(now);
        }
    }
}

impl Sale {
    /// Types of which more tickets wait to be sold again than places are unsold, alone or with those that they share
    /// places with: the one of them that waits longest was sold again. `waiting` counts what waits, by type.
    ///
    /// Seats differ, and each is sold by itself. But a place that its section, the house or a quota has no more of was
    /// somebody's who sits elsewhere. Within one section that is so only when nothing is unsold: fewer places there are
    /// seats that were blocked, and those look for themselves.
    #[must_use]
    pub fn sold_again(&self, waiting: &BTreeMap<TicketTypeId, u32>) -> Option<Vec<TicketTypeId>> {
        let alone = self.offers.iter().map(|offer| (offer.quantity, vec![offer]));
        let shared = self.offers.iter().filter_map(|offer| offer.quota).map(|quota| {
            let of_quota = |it: &&crate::Offer| it.quota.is_some_and(|own| own.id == quota.id);
            (quota.quantity, self.offers.iter().filter(of_quota).collect())
        });
        let all = self.capacity.map(|capacity| (capacity, self.offers.iter().collect()));
        let over = |(places, offers): &(u32, Vec<&crate::Offer>)| {
            let sold: u64 = offers.iter().map(|offer| u64::from(offer.sold)).sum();
            let waits = offers.iter().filter_map(|offer| waiting.get(&offer.ticket_type));
            let waits: u64 = waits.map(|count| u64::from(*count)).sum();
            let unsold = u64::from(*places).saturating_sub(sold);
            let section = offers.first().and_then(|offer| offer.section);
            let of_one = section.is_some() && offers.iter().all(|offer| offer.section == section);
            waits > unsold && !(of_one && unsold > 0)
        };
        let pool = alone.chain(shared).chain(all).find(over)?;
        Some(pool.1.iter().map(|offer| offer.ticket_type).collect())
    }

    /// What a place of this type can be sold as: the types that share its section, its quota or the house with it.
    fn sold_as(&self, ticket_type: TicketTypeId) -> impl Iterator<Item = &crate::Offer> {
        let own = self.offer(ticket_type);
        let quota = own.and_then(|offer| offer.quota).map(|quota| quota.id);
        let section = own.and_then(|offer| offer.section);
        self.offers.iter().filter(move |offer| {
            let of_quota = quota.is_some() && offer.quota.map(|it| it.id) == quota;
            let of_section = section.is_some() && offer.section == section;
            self.capacity.is_some() || offer.ticket_type == ticket_type || of_quota || of_section
        })
    }

    /// Whether a place of a type could be sold again now, as whatever type.
    #[must_use]
    pub fn resells(&self, ticket_type: TicketTypeId, now: Timestamp) -> bool {
        self.sold_as(ticket_type).any(|offer| self.sells(offer, now))
    }

    /// When a place of a type cannot be sold again any more, as whatever type.
    #[must_use]
    pub fn resale_ends(&self, ticket_type: TicketTypeId) -> Timestamp {
        let ends = self.sold_as(ticket_type).map(|offer| self.sale_of_ends(offer));
        ends.max().unwrap_or(self.ends_at)
    }

    /// Whether a place of a type may become free that somebody keeps now: one of its own, or one that it shares.
    #[must_use]
    pub fn may_free(&self, ticket_type: TicketTypeId) -> bool {
        let own = self.offer(ticket_type);
        let quota = own.and_then(|offer| offer.quota).map(|quota| quota.id);
        let shares = |offer: &&crate::Offer| {
            let of_quota = quota.is_some() && offer.quota.map(|own| own.id) == quota;
            self.capacity.is_some() || offer.ticket_type == ticket_type || of_quota
        };
        self.offers.iter().filter(shares).any(|offer| offer.held > 0)
    }
}

#[cfg(test)]
mod tests;
