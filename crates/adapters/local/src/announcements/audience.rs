//! Who belongs to an audience: read off tickets, waiting lists and accounts, whoever keeps them.

use super::behind;
use crate::state::State;
use ::accounts::Account;
use ::booking::{Ticket, WaitlistEntry};
use ::messaging::{Addressee, Audience};
use kernel::{AccountId, EventId, TicketId};
use std::collections::BTreeSet;
use uuid::Uuid;

impl State {
    /// The first of an audience behind an account, each once, in the order of their accounts.
    pub(super) fn audience(
        &self,
        audience: &Audience,
        after: Option<AccountId>,
        limit: usize,
    ) -> Vec<Addressee> {
        if *audience == Audience::Members {
            let all = self.accounts.accounts.range(behind(after, |account| account));
            return all.map(|(_, account)| addressee(account)).take(limit).collect();
        }
        let those: BTreeSet<AccountId> = match *audience {
            Audience::Members => BTreeSet::new(),
            Audience::Guests { organisation } => {
                let from = (organisation, EventId::from(Uuid::nil()));
                let events = self.events.events_of.range(from..=(organisation, EventId::from(Uuid::max())));
                events.flat_map(|(_, event)| self.holders(*event)).map(|ticket| ticket.holder).collect()
            }
            Audience::TicketHolders { event } => self.holders(event).map(|ticket| ticket.holder).collect(),
            Audience::CheckedIn { event } => {
                let let_in = self.holders(event).filter(|ticket| ticket.checked_in_at.is_some());
                let_in.map(|ticket| ticket.holder).collect()
            }
            Audience::TicketType { event, ticket_type } => {
                let of_type = self.holders(event).filter(|ticket| ticket.ticket_type == ticket_type);
                of_type.map(|ticket| ticket.holder).collect()
            }
            Audience::Waiting { event } => {
                let list = self.booking.list_of(event).into_iter();
                let list = list.filter_map(|id| self.get::<WaitlistEntry>(&id));
                list.filter(|entry| entry.status.lives()).map(|entry| entry.buyer).collect()
            }
        };
        let those = those.range(behind(after, |account| account));
        let those = those.filter_map(|account| self.get::<Account>(account));
        those.map(|account| addressee(account)).take(limit).collect()
    }

    /// Tickets of an event that admit or have admitted.
    fn holders(&self, event: EventId) -> impl Iterator<Item = &Ticket> {
        let of = (event, TicketId::from(Uuid::nil()))..=(event, TicketId::from(Uuid::max()));
        let tickets = self.booking.tickets_by_event.range(of);
        let tickets = tickets.filter_map(|(_, id)| self.get::<Ticket>(id));
        tickets.map(|ticket| &**ticket).filter(|ticket| ticket.status.lives())
    }
}

fn addressee(account: &Account) -> Addressee {
    Addressee {
        account: account.id,
        email: account.email.clone(),
        language: account.language,
        active: account.is_active(),
    }
}
