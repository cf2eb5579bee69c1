//! A mail with what is kept of it when it is sent.

use kernel::{AccountId, BookingId, EventId, Mail, TicketId};
use messaging::About;

/// A mail, whom it is for, and what it is about.
pub struct Outgoing {
    /// As it goes out.
    pub mail: Mail,
    /// As it is known by.
    pub about: About,
}

impl Outgoing {
    /// To whoever has this account.
    pub(super) fn to(mut self, account: AccountId) -> Self {
        self.about.account = Some(account);
        self
    }

    /// About this event.
    pub(super) fn on(mut self, event: EventId) -> Self {
        self.about.event = Some(event);
        self
    }

    /// About this order.
    pub(super) fn of(mut self, booking: BookingId) -> Self {
        self.about.booking = Some(booking);
        self
    }

    /// With this ticket.
    pub(super) fn with(mut self, ticket: TicketId) -> Self {
        self.about.ticket = Some(ticket);
        self
    }
}
