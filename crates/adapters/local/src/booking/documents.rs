//! What is kept of bookings, and under what it is found.

use crate::document::{Document, Key, Step, Table};
use crate::state::State;
use ::booking::{
    Booking, BookingStatus, Hold, Incident, Item, Job, NoticeKey, Promise, Provider, RefundStatus,
    RequestStatus, Scan, Ticket,
};
use kernel::{BookingId, Cursor, EventId, HoldId, IncidentId, JobId, ScanId, TicketId, Timestamp};
use serde::{Deserialize, Serialize};

/// A webhook that was handled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Notice {
    provider: Provider,
    id: String,
    kind: String,
    at: Timestamp,
}

impl Notice {
    pub(super) const fn told(&self) -> (Provider, Timestamp) {
        (self.provider, self.at)
    }
}

impl From<&NoticeKey> for Notice {
    fn from(notice: &NoticeKey) -> Self {
        let NoticeKey { provider, id, kind, at } = notice.clone();
        Self { provider, id, kind, at }
    }
}

/// What is promised to those who cancel places of an event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptPromise {
    pub(crate) event: EventId,
    pub(crate) promise: Promise,
    pub(crate) changed_at: Timestamp,
}

impl Document for KeptPromise {
    const KIND: &'static str = "cancellation_policy";
    type Key = EventId;

    fn key(&self) -> EventId {
        self.event
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.promises
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.promises
    }

    fn index(&self, _state: &mut State, _step: Step) {}
}

impl Document for Job {
    const KIND: &'static str = "job";
    type Key = JobId;

    fn key(&self) -> JobId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.jobs
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.jobs
    }

    fn index(&self, state: &mut State, step: Step) {
        step.map(&mut state.booking.jobs_by_event, self.event, self.id);
    }
}

impl Key for (Provider, String) {
    fn bytes(&self) -> Vec<u8> {
        format!("{}/{}", self.0.as_str(), self.1).into_bytes()
    }
}

impl Document for Notice {
    const KIND: &'static str = "notice";
    type Key = (Provider, String);

    fn key(&self) -> Self::Key {
        (self.provider, self.id.clone())
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.notices
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.notices
    }

    fn index(&self, _state: &mut State, _step: Step) {}
}

fn index_uses(state: &mut State, step: Step, event: EventId, items: &[Item]) {
    step.count(&mut state.booking.uses_of_event, event, 1);
    for item in items {
        step.count(&mut state.booking.uses_of_type, item.ticket_type, 1);
    }
}

impl Document for Hold {
    const KIND: &'static str = "hold";
    type Key = HoldId;

    fn key(&self) -> HoldId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.holds
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.holds
    }

    fn index(&self, state: &mut State, step: Step) {
        step.set(&mut state.booking.holds_by_end, (self.event, self.expires_at, self.id));
        step.set(&mut state.booking.holds_by_buyer, (self.buyer, self.event, self.id));
        if let Some(voucher) = self.voucher {
            step.set(&mut state.booking.holds_by_voucher, (voucher.id, self.id));
        }
        index_uses(state, step, self.event, &self.items);
    }
}

impl Document for Booking {
    const KIND: &'static str = "booking";
    type Key = BookingId;

    fn key(&self) -> BookingId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.bookings
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.bookings
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.booking;
        let cursor = Cursor { at: self.created_at, id: self.id.as_uuid() };
        step.set(&mut tables.bookings_by_buyer, (self.buyer, cursor));
        step.set(&mut tables.bookings_by_event, (self.event, self.id));
        if let Some(voucher) = self.voucher {
            step.set(&mut tables.bookings_by_voucher, (voucher.id, cursor));
        }
        if let Some(request) = self.request.as_ref().filter(|it| it.status == RequestStatus::Open) {
            let cursor = Cursor { at: request.asked_at, id: self.id.as_uuid() };
            step.set(&mut tables.bookings_by_request, cursor);
        }
        step.set(&mut tables.bookings_by_organisation, (self.organisation, self.id));
        step.map(&mut tables.bookings_by_hold, self.hold, self.id);
        step.map(&mut tables.bookings_by_reference, self.reference.clone(), self.id);
        if self.status == BookingStatus::PendingPayment {
            step.set(&mut tables.unpaid_by_buyer, (self.buyer, self.event, self.id));
        }
        for payment in &self.payments {
            step.map(&mut tables.payments, payment.id, self.id);
            if payment.status.may_be_paid() {
                let cursor = Cursor { at: payment.changed_at, id: payment.id.as_uuid() };
                step.set(&mut tables.unsettled, cursor);
            }
            if let Some(session) = &payment.session {
                step.map(&mut tables.sessions, (payment.provider, session.clone()), (self.id, payment.id));
            }
            if let Some(charge) = &payment.charge {
                step.map(&mut tables.charges, (payment.provider, charge.clone()), payment.id);
            }
        }
        for refund in &self.refunds {
            step.map(&mut tables.refunds, refund.id, self.id);
            if refund.status != RefundStatus::Done {
                let cursor = Cursor { at: refund.changed_at, id: refund.id.as_uuid() };
                step.set(&mut tables.unsettled, cursor);
            }
        }
        for dispute in &self.disputes {
            step.map(&mut tables.disputes, dispute.id, self.id);
        }
        index_uses(state, step, self.event, &self.items);
    }
}

impl Document for Ticket {
    const KIND: &'static str = "ticket";
    type Key = TicketId;

    fn key(&self) -> TicketId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.tickets
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.tickets
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.booking;
        let cursor = Cursor { at: self.issued_at, id: self.id.as_uuid() };
        step.set(&mut tables.tickets_by_booking, (self.booking, self.id));
        step.set(&mut tables.tickets_by_event, (self.event, self.id));
        step.set(&mut tables.tickets_by_holder, (self.holder, cursor));
        if self.status.lives() {
            step.set(&mut tables.living_by_holder, (self.holder, self.event, self.id));
        }
    }
}

impl Document for Scan {
    const KIND: &'static str = "scan";
    type Key = ScanId;

    fn key(&self) -> ScanId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.scans
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.scans
    }

    fn index(&self, state: &mut State, step: Step) {
        if let Some(nonce) = &self.nonce {
            step.map(&mut state.booking.scans_by_nonce, (self.scanner, nonce.clone()), self.id);
        }
        if let Some(ticket) = self.ticket {
            step.set(&mut state.booking.scans_by_ticket, (ticket, self.at, self.id));
        }
        let cursor = Cursor { at: self.at, id: self.id.as_uuid() };
        step.set(&mut state.booking.scans_by_scanner, (self.scanner, cursor));
        if let Some(event) = self.event {
            step.set(&mut state.booking.scans_by_event, (event, cursor));
            if !self.flags.is_empty() {
                step.set(&mut state.booking.conflicts_by_event, (event, cursor));
            }
        }
    }
}

impl Document for Incident {
    const KIND: &'static str = "incident";
    type Key = IncidentId;

    fn key(&self) -> IncidentId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.incidents
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.incidents
    }

    fn index(&self, state: &mut State, step: Step) {
        step.set(&mut state.booking.incidents_by_booking, (self.booking, self.id));
    }
}
