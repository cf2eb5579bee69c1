//! Orders, their money and their tickets.

use super::{BookingTables, Notice};
use crate::document::Document;
use crate::transaction::LocalTx;
use ::booking::{
    Booking, Effect, FORGETTING, Forgetting, Incident, NoticeKey, OrderTx, Payment, Provider, Ticket,
};
use ::events::TicketType;
use async_trait::async_trait;
use kernel::{BookingId, HoldId, IncidentId, Owed, StoreError};
use std::collections::BTreeSet;

/// What this domain's effects are filed under.
const DOMAIN: &str = "booking";
const ADDING: &str = "adding a booking";
const SAVING: &str = "saving a booking";
const ISSUING: &str = "adding a ticket";

#[async_trait]
impl OrderTx for LocalTx {
    async fn add_bookings(&mut self, bookings: &[Booking]) -> Result<(), StoreError> {
        for booking in bookings {
            self.check_lines(booking.event, &booking.items, ADDING)?;
            self.check_names(booking, ADDING)?;
            self.add(booking.clone(), ADDING)?;
        }
        Ok(())
    }

    async fn lock_booking(&mut self, id: BookingId) -> Result<Option<Booking>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn bookings_of_holds(&mut self, ids: &[HoldId]) -> Result<Vec<Booking>, StoreError> {
        let state = self.state();
        let bookings: BTreeSet<_> =
            ids.iter().filter_map(|hold| state.booking.bookings_by_hold.get(hold).copied()).collect();
        Ok(bookings.into_iter().filter_map(|id| state.copy(&id)).collect())
    }

    async fn save_booking(&mut self, booking: &Booking) -> Result<(), StoreError> {
        self.check_names(booking, SAVING)?;
        self.save(booking.clone(), SAVING)
    }

    async fn add_tickets(&mut self, tickets: &[Ticket]) -> Result<(), StoreError> {
        for ticket in tickets {
            let fits =
                self.state().get::<Booking>(&ticket.booking).is_some_and(|kept| kept.event == ticket.event)
                    && self
                        .state()
                        .get::<TicketType>(&ticket.ticket_type)
                        .is_some_and(|kept| kept.event == ticket.event);
            if !fits {
                return Err(self.broken(ISSUING, "there is no such booking or ticket type of the event"));
            }
            self.add(ticket.clone(), ISSUING)?;
        }
        Ok(())
    }

    async fn lock_tickets(&mut self, booking: BookingId) -> Result<Vec<Ticket>, StoreError> {
        let state = self.state();
        Ok(state.booking.tickets_of(booking).filter_map(|id| state.copy(&id)).collect())
    }

    async fn save_tickets(&mut self, tickets: &[Ticket]) -> Result<(), StoreError> {
        for ticket in tickets {
            self.save(ticket.clone(), "saving a ticket")?;
        }
        Ok(())
    }

    async fn remember_notice(&mut self, notice: &NoticeKey) -> Result<bool, StoreError> {
        let notice = Notice::from(notice);
        let new = self.state().get::<Notice>(&notice.key()).is_none();
        if new {
            self.put(notice);
        }
        Ok(new)
    }

    async fn add_incident(&mut self, incident: &Incident) -> Result<(), StoreError> {
        self.add(incident.clone(), "adding an incident")
    }

    async fn incident(&mut self, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn save_incident(&mut self, incident: &Incident) -> Result<(), StoreError> {
        self.save(incident.clone(), "saving an incident")
    }

    async fn enqueue_booking(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue(DOMAIN, effects)
    }

    async fn enqueue_forgetting(&mut self, owed: &[Owed<Forgetting>]) -> Result<(), StoreError> {
        self.enqueue(FORGETTING, owed)
    }
}

impl LocalTx {
    /// References, holds, attempts, checkouts, charges and refunds each name one thing.
    fn check_names(&mut self, booking: &Booking, doing: &'static str) -> Result<(), StoreError> {
        if self.state().booking.names_are_free(booking) && names_differ(booking) {
            return Ok(());
        }
        Err(self.broken(doing, "a name of it belongs to something else"))
    }
}

impl BookingTables {
    /// Whether no other booking, and no other attempt, has what names this one.
    fn names_are_free(&self, booking: &Booking) -> bool {
        let free = |owner: Option<&BookingId>| owner.is_none_or(|owner| *owner == booking.id);
        let payments_are_free = booking.payments.iter().all(|payment| {
            let session = named(payment, &payment.session).and_then(|name| self.sessions.get(&name));
            let charge = named(payment, &payment.charge).and_then(|name| self.charges.get(&name));
            free(self.payments.get(&payment.id))
                && session.is_none_or(|(_, owner)| *owner == payment.id)
                && charge.is_none_or(|owner| *owner == payment.id)
        });
        free(self.bookings_by_reference.get(&booking.reference))
            && free(self.bookings_by_hold.get(&booking.hold))
            && booking.refunds.iter().all(|refund| free(self.refunds.get(&refund.id)))
            && booking.disputes.iter().all(|dispute| free(self.disputes.get(&dispute.id)))
            && payments_are_free
    }
}

/// Whether no two attempts of a booking share what names one.
fn names_differ(booking: &Booking) -> bool {
    let payments = || booking.payments.iter();
    differ(payments().map(|payment| payment.attempt))
        && differ(payments().filter_map(|payment| named(payment, &payment.session)))
        && differ(payments().filter_map(|payment| named(payment, &payment.charge)))
        && differ(
            booking.refunds.iter().filter_map(|refund| Some((refund.payment, refund.reference.as_ref()?))),
        )
        && differ(booking.disputes.iter().map(|dispute| (dispute.payment, &dispute.reference)))
}

/// What a provider calls something of an attempt.
fn named(payment: &Payment, name: &Option<String>) -> Option<(Provider, String)> {
    name.clone().map(|name| (payment.provider, name))
}

fn differ<T: Ord>(mut names: impl Iterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    names.all(|name| seen.insert(name))
}
