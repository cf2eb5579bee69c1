//! Tickets that were given up although somebody had come in with them: a scanner without a network told it later.

use super::{Return, ReturnStatus};
use crate::{Booking, Incident, IncidentKind, Sale, Ticket, TicketStatus};
use kernel::{IncidentId, Timestamp};
use uuid::Uuid;

/// How somebody came in with a ticket that was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misuse {
    /// Before it was given up, which was learnt in time: its price does not go back from the return desk.
    Kept,
    /// Before it was given up, which was learnt when its price was on its way.
    Before,
    /// With a code that was dead by then, which the scanner did not know.
    After,
}

impl Misuse {
    /// What its case is called, of a ticket whose cases are called after `ticket`: before and after are told of in any
    /// order, and each is a case once.
    #[must_use]
    pub fn names(self, ticket: IncidentId) -> IncidentId {
        let id = ticket.as_uuid().as_u128();
        // The last bits of an id are random.
        Uuid::from_u128(if self == Self::After { id ^ 1 } else { id }).into()
    }
}

impl Booking {
    /// What waits at the desk was used before it came there: it is its holder's again if its place is free. If not, it
    /// is over, and nothing goes back for it by itself. Whether it is its holder's again; whether its seat is free is
    /// the caller's to know.
    pub fn was_used(
        &mut self,
        made: &mut Return,
        tickets: &mut [Ticket],
        (sale, seat_is_gone): (&mut Sale, bool),
        now: Timestamp,
    ) -> bool {
        let Some(ticket) = tickets.iter_mut().find(|it| it.id == made.ticket) else { return false };
        if !seat_is_gone && self.leaves_desk(made, ticket, sale, now) {
            made.becomes(ReturnStatus::TakenBack, now);
            return true;
        }
        if ticket.status == TicketStatus::Returned {
            ticket.status = TicketStatus::Cancelled;
        }
        made.becomes(ReturnStatus::Cancelled, now);
        self.is_over_without(tickets, now);
        false
    }

    /// The case that such a ticket, as it was found, makes for a person: its price went back, or is about to; or it was
    /// kept, because its place is not free. `None` when no money is in it.
    #[must_use]
    pub fn used_case(
        &self,
        ticket: &Ticket,
        how: Misuse,
        (case, now): (IncidentId, Timestamp),
    ) -> Option<Incident> {
        let (id, at_desk) = (ticket.id, ticket.status == TicketStatus::Returned);
        let refund = self.refunds.iter().rfind(|it| it.counts() && it.tickets.contains(&id));
        let paid = self.payments.iter().rfind(|it| it.paid.is_some_and(|paid| !paid.is_zero()));
        let (payment, what) = match refund {
            Some(refund) => (refund.payment, format!("{} goes back or went back for it", refund.amount)),
            None if how == Misuse::Kept => {
                (paid?.id, "its place is not free, and nothing goes back by itself".into())
            }
            None if at_desk && how == Misuse::After => (
                paid?.id,
                "it was given back, and its price goes back as soon as its place is sold again".into(),
            ),
            None if at_desk => (paid?.id, "it was sold again, and its price is about to go back".into()),
            None => return None,
        };
        let came = if how == Misuse::After {
            format!("somebody had come in with a dead code of the ticket {id}, which was given up")
        } else {
            format!("somebody had come in with the ticket {id} before it was given up")
        };
        Some(Incident {
            id: case,
            kind: IncidentKind::UsedAndGivenUp,
            booking: self.id,
            payment,
            refund: refund.map(|it| it.id),
            evidence: format!("{came}; {what}"),
            at: now,
            resolved: None,
        })
    }
}
