//! What a buyer asks of staff, because it is not promised, and what becomes of it.

use super::CancelRefusal;
use crate::{Booking, BookingStatus, RefundReason, RefundRefusal, RefundWish, Sale, Ticket};
use kernel::{AccountId, Money, RefundId, TicketId, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a buyer's request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestStatus {
    /// Nobody has decided.
    Open,
    /// The tickets were cancelled.
    Granted,
    /// They were not.
    Refused,
}

impl RequestStatus {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Granted => "granted",
            Self::Refused => "refused",
        }
    }
}

/// What a buyer asks of staff, because it is not for the buyer to do.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancellationRequest {
    /// Which tickets.
    pub tickets: Vec<TicketId>,
    /// Why, in the buyer's words.
    pub message: Option<String>,
    /// Where it stands.
    pub status: RequestStatus,
    /// Since when.
    pub asked_at: Timestamp,
    /// When somebody decided.
    pub decided_at: Option<Timestamp>,
    /// Who.
    pub decided_by: Option<AccountId>,
    /// What that person says about it.
    pub answer: Option<String>,
}

impl std::fmt::Debug for CancellationRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Words of people stay out of logs.
        write!(f, "CancellationRequest({})", self.status.as_str())
    }
}

/// Why staff was not asked, or nothing was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefusal {
    /// Nothing can be cancelled.
    #[error(transparent)]
    Cancel(#[from] CancelRefusal),
    /// An earlier request waits for its answer.
    #[error("a request is waiting for its answer")]
    Waiting,
    /// Nobody asked, or it was decided before.
    #[error("there is no request to decide")]
    NothingAsked,
    /// The money cannot go back like that.
    #[error(transparent)]
    Refund(#[from] RefundRefusal),
}

/// What staff says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The tickets are cancelled and this much goes back; all that was paid for them when absent.
    Grant(Option<Money>),
    /// Everything stays as it is.
    Refuse,
}

impl Booking {
    /// Asks staff to cancel these tickets, all when none are named.
    ///
    /// # Errors
    /// A [`RequestRefusal`]; nothing has changed then.
    pub fn ask_to_cancel(
        &mut self,
        tickets: &[Ticket],
        chosen: Option<&[TicketId]>,
        message: Option<String>,
        now: Timestamp,
    ) -> Result<(), RequestRefusal> {
        if self.request.as_ref().is_some_and(|request| request.status == RequestStatus::Open) {
            return Err(RequestRefusal::Waiting);
        }
        if self.status != BookingStatus::Confirmed {
            return Err(CancelRefusal::Ended.into());
        }
        let tickets = self.meant(tickets, chosen)?;
        if tickets.is_empty() {
            return Err(CancelRefusal::Ended.into());
        }
        self.request = Some(CancellationRequest {
            tickets,
            message,
            status: RequestStatus::Open,
            asked_at: now,
            decided_at: None,
            decided_by: None,
            answer: None,
        });
        Ok(())
    }

    /// Decides what the buyer asked for. Of the tickets that were meant, those are cancelled that still live and are
    /// still the buyer's: what was handed on meanwhile is somebody else's, and not for the buyer to give back.
    ///
    /// # Errors
    /// A [`RequestRefusal`]; nothing has changed then.
    pub fn decide_request(
        &mut self,
        tickets: &mut [Ticket],
        sale: &mut Sale,
        (decision, by, answer): (&Decision, Option<AccountId>, Option<String>),
        now: Timestamp,
    ) -> Result<Vec<RefundId>, RequestRefusal> {
        let open = self.request.as_ref().filter(|request| request.status == RequestStatus::Open);
        let request = open.ok_or(RequestRefusal::NothingAsked)?.clone();
        let (status, refunds) = match decision {
            Decision::Refuse => (RequestStatus::Refused, Vec::new()),
            Decision::Grant(amount) => {
                let (buyer, known) = (self.buyer, &*tickets);
                let own = |it: &&Ticket| it.status.lives() && it.holder == buyer;
                let theirs = |id: &TicketId| known.iter().filter(own).any(|it| it.id == *id);
                let chosen: Vec<_> = request.tickets.iter().copied().filter(theirs).collect();
                if chosen.is_empty() {
                    return Err(CancelRefusal::Ended.into());
                }
                let wish = RefundWish {
                    id: None,
                    amount: *amount,
                    tickets: Some(chosen),
                    again: true,
                    keep_tickets: false,
                    reason: RefundReason::Cancelled,
                    by,
                    note: answer.clone(),
                };
                (RequestStatus::Granted, self.refund_by_staff(tickets, sale, &wish, now)?)
            }
        };
        self.request =
            Some(CancellationRequest { status, decided_at: Some(now), decided_by: by, answer, ..request });
        Ok(refunds)
    }
}
