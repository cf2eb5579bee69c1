//! Handing a ticket on: the holder offers it to another member, who takes it or not.
//!
//! The ticket stays the same place and the same money; its holder and its code change. What was paid goes back to the
//! buyer and nobody else, so a ticket that was handed on is not the buyer's to give back any more.

use crate::{Holdings, Limit, Sale, SaleStatus, Ticket, TicketStatus};
use chrono::TimeDelta;
use kernel::{AccountId, BookingId, EventId, TicketId, Timestamp, TransferId};
use serde::{Deserialize, Serialize};

/// How long an offer waits for its answer, if the event does not begin before.
pub const WAITS: TimeDelta = TimeDelta::days(3);
/// How often one ticket can be offered by the same holder: each time somebody gets a mail.
pub const MOST_OFFERS: usize = 10;

/// Where a transfer stands, as stored; what it means at an instant is [`Transfer::status_at`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferStatus {
    /// Waits for an answer.
    Offered,
    /// The ticket went over.
    Accepted,
    /// The other one did not want it.
    Declined,
    /// The holder took the offer back.
    Withdrawn,
    /// Nobody answered in time.
    Expired,
}

impl TransferStatus {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Offered, Self::Accepted, Self::Declined, Self::Withdrawn, Self::Expired];

    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }
}

/// A ticket on its way from one member to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Names it.
    pub id: TransferId,
    /// Which ticket.
    pub ticket: TicketId,
    /// Bought with.
    pub booking: BookingId,
    /// For which event.
    pub event: EventId,
    /// Who holds it.
    pub from: AccountId,
    /// Who may take it. Nobody when the address that was named is no member's, which whoever named it does not learn.
    pub to: Option<AccountId>,
    /// As stored.
    pub status: TransferStatus,
    /// Since when.
    pub created_at: Timestamp,
    /// From then on it cannot be taken.
    pub expires_at: Timestamp,
    /// When it was answered or taken back.
    pub decided_at: Option<Timestamp>,
}

/// Why a ticket is not handed on; nothing has changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransferRefusal {
    /// There is no such ticket or transfer, or it is not this member's.
    #[error("there is no such ticket or transfer")]
    Unknown,
    /// The ticket was used, cancelled or handed on, or its event is over or does not take place.
    #[error("this ticket cannot be handed on any more")]
    NotTransferable,
    /// Tickets of this type stay with whom they were sold to.
    #[error("tickets of this type cannot be handed on")]
    BoundToHolder,
    /// Its holder is the one it is offered to.
    #[error("the ticket is theirs already")]
    ToOneself,
    /// An earlier offer of the ticket waits for its answer.
    #[error("the ticket is offered to somebody already")]
    Waiting,
    /// Its holder offered it [`MOST_OFFERS`] times.
    #[error("the ticket was offered too often")]
    TooOften,
    /// The transfer was answered, taken back, or has expired.
    #[error("the transfer is over")]
    Over(TransferStatus),
    /// It would be more than one member may have of the event.
    #[error("this is more than one member may have")]
    LimitExceeded {
        /// Which limit.
        limit: Limit,
        /// How many are allowed.
        most: u32,
    },
}

impl Ticket {
    /// Offers it to somebody; `earlier` are all transfers of this ticket.
    ///
    /// # Errors
    /// A [`TransferRefusal`].
    pub fn offer(
        &self,
        (from, to): (AccountId, Option<AccountId>),
        earlier: &[Transfer],
        sale: &Sale,
        now: Timestamp,
    ) -> Result<Transfer, TransferRefusal> {
        if self.holder != from {
            return Err(TransferRefusal::Unknown);
        }
        if !self.can_be_handed_on(sale, now) {
            return Err(TransferRefusal::NotTransferable);
        }
        if self.is_bound(sale) {
            return Err(TransferRefusal::BoundToHolder);
        }
        if to == Some(from) {
            return Err(TransferRefusal::ToOneself);
        }
        if earlier.iter().any(|it| it.status_at(now) == TransferStatus::Offered) {
            return Err(TransferRefusal::Waiting);
        }
        if earlier.iter().filter(|it| it.from == from).count() >= MOST_OFFERS {
            return Err(TransferRefusal::TooOften);
        }
        Ok(Transfer {
            id: TransferId::generate(now),
            ticket: self.id,
            booking: self.booking,
            event: self.event,
            from,
            to,
            status: TransferStatus::Offered,
            created_at: now,
            expires_at: (now + WAITS).min(sale.ends_at),
            decided_at: None,
        })
    }

    /// Whether its type is one that is not handed on.
    fn is_bound(&self, sale: &Sale) -> bool {
        sale.offer(self.ticket_type).is_some_and(|offer| !offer.transferable)
    }

    fn can_be_handed_on(&self, sale: &Sale, now: Timestamp) -> bool {
        self.status == TicketStatus::Valid && sale.status != SaleStatus::Cancelled && now < sale.ends_at
    }
}

impl Transfer {
    /// The state at `now`: an offer that nobody answered ends by itself.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> TransferStatus {
        match self.status {
            TransferStatus::Offered if now >= self.expires_at => TransferStatus::Expired,
            status => status,
        }
    }

    /// Whether `account` gave or may take it.
    #[must_use]
    pub fn concerns(&self, account: AccountId) -> bool {
        self.from == account || self.to == Some(account)
    }

    /// Takes the ticket: it changes its holder and its code, and the old code is dead. What the new holder `already` has
    /// of the event counts as if the ticket were bought.
    ///
    /// # Errors
    /// A [`TransferRefusal`]; nothing has changed then.
    pub fn accept(
        &mut self,
        by: AccountId,
        ticket: &mut Ticket,
        (sale, already): (&Sale, &Holdings),
        now: Timestamp,
    ) -> Result<(), TransferRefusal> {
        self.waits_for(self.to == Some(by), now)?;
        if ticket.id != self.ticket || ticket.holder != self.from || !ticket.can_be_handed_on(sale, now) {
            return Err(TransferRefusal::NotTransferable);
        }
        if ticket.is_bound(sale) {
            return Err(TransferRefusal::BoundToHolder);
        }
        if let Some((limit, most)) = sale.beyond_one_more(ticket.ticket_type, already) {
            return Err(TransferRefusal::LimitExceeded { limit, most });
        }
        ticket.holder = by;
        // Whoever was named is not who comes now.
        ticket.attendee = None;
        ticket.version = ticket.version.saturating_add(1);
        ticket.presence.ended.push(now);
        self.decide(TransferStatus::Accepted, now);
        Ok(())
    }

    /// The other one does not want it.
    ///
    /// # Errors
    /// A [`TransferRefusal`]; nothing has changed then.
    pub fn decline(&mut self, by: AccountId, now: Timestamp) -> Result<(), TransferRefusal> {
        self.waits_for(self.to == Some(by), now)?;
        self.decide(TransferStatus::Declined, now);
        Ok(())
    }

    /// The holder takes the offer back.
    ///
    /// # Errors
    /// A [`TransferRefusal`]; nothing has changed then.
    pub fn withdraw(&mut self, by: AccountId, now: Timestamp) -> Result<(), TransferRefusal> {
        self.waits_for(self.from == by, now)?;
        self.decide(TransferStatus::Withdrawn, now);
        Ok(())
    }

    /// It ends by itself, so that the ticket can be offered anew.
    pub fn lapse(&mut self, now: Timestamp) {
        if self.status_at(now) == TransferStatus::Expired {
            self.status = TransferStatus::Expired;
        }
    }

    /// Its ticket is not to be handed on any more, as it admitted somebody or was cancelled: whoever was asked need not
    /// answer. `false`, and nothing changed, when it was over before.
    pub fn end_with_ticket(&mut self, now: Timestamp) -> bool {
        if self.status != TransferStatus::Offered {
            return false;
        }
        self.lapse(now);
        if self.status == TransferStatus::Offered {
            self.decide(TransferStatus::Withdrawn, now);
        }
        true
    }

    /// That it is for this member to decide and not decided yet.
    fn waits_for(&self, mine: bool, now: Timestamp) -> Result<(), TransferRefusal> {
        match self.status_at(now) {
            _ if !mine => Err(TransferRefusal::Unknown),
            TransferStatus::Offered => Ok(()),
            over => Err(TransferRefusal::Over(over)),
        }
    }

    fn decide(&mut self, status: TransferStatus, now: Timestamp) {
        self.status = status;
        self.decided_at = Some(now);
    }
}

#[cfg(test)]
mod tests;
