//! What the audit log says of the door, of what is decided about bookings, and of documents about money.

use crate::{Booking, Document, Job, Promise, Rules, SaleStatus, Ticket};
use kernel::{Act, Cause, EventId, Subject, Timestamp};
use serde_json::json;

/// A checked-in ticket is good again.
pub(crate) fn check_in_undone(by: &Cause, before: &Ticket, after: &Ticket, now: Timestamp) -> Act {
    let said = |ticket: &Ticket| {
        Some(json!({"checked_in_at": ticket.checked_in_at, "status": ticket.status.as_str()}).to_string())
    };
    by.act("ticket.undo_check_in", Subject::new("ticket", after.id.as_uuid()), now)
        .changing(said(before), said(after))
}

/// A ticket went to another member.
pub(crate) fn ticket_handed_on(by: &Cause, before: &Ticket, after: &Ticket, now: Timestamp) -> Act {
    let said =
        |ticket: &Ticket| Some(json!({"holder": ticket.holder, "version": ticket.version}).to_string());
    by.act("ticket.transfer", Subject::new("ticket", after.id.as_uuid()), now)
        .changing(said(before), said(after))
}

/// Something was decided about the tickets of a booking; what it means for money is recorded by [`crate::books`].
pub(crate) fn booking_decided(
    (by, act): (&Cause, &'static str),
    before: (&Booking, &[Ticket]),
    after: (&Booking, &[Ticket]),
    now: Timestamp,
) -> Act {
    let said = |(booking, tickets): (&Booking, &[Ticket])| {
        let living = tickets.iter().filter(|ticket| ticket.status.lives()).count();
        let request = booking.request.as_ref().map(|request| request.status.as_str());
        let status = booking.status.as_str();
        Some(json!({"living_tickets": living, "request": request, "status": status}).to_string())
    };
    by.act(act, Subject::new("booking", after.0.id.as_uuid()), now).changing(said(before), said(after))
}

/// Something else is promised to those who cancel.
pub(crate) fn promise_made(
    by: &Cause,
    event: EventId,
    before: Option<&Promise>,
    after: &Promise,
    now: Timestamp,
) -> Act {
    let said = |promise: &Promise| serde_json::to_string(promise).ok();
    by.act("event.cancellation_policy", Subject::new("event", event.as_uuid()), now)
        .changing(before.and_then(said), said(after))
}

/// An event does not take place.
pub(crate) fn event_cancelled(by: &Cause, job: &Job, before: SaleStatus, now: Timestamp) -> Act {
    let before = json!({"cancelled": before == SaleStatus::Cancelled}).to_string();
    let after = json!({"bookings": job.total, "cancelled": true, "job": job.id}).to_string();
    by.act("event.cancel", Subject::new("event", job.event.as_uuid()), now)
        .changing(Some(before), Some(after))
        .of(job.organisation)
}

/// Staff had places offered to those who wait.
pub(crate) fn list_notified(by: &Cause, event: EventId, offers: u32, now: Timestamp) -> Act {
    by.act("waitlist.notify", Subject::new("event", event.as_uuid()), now)
        .changing(None, Some(json!({"offers": offers}).to_string()))
}

/// A waiting list and a return desk are run otherwise from now on.
pub(crate) fn rules_set(by: &Cause, event: EventId, (before, after): (Rules, Rules), now: Timestamp) -> Act {
    let said = |rules: Rules| serde_json::to_string(&rules).ok();
    by.act("waitlist.settings", Subject::new("event", event.as_uuid()), now)
        .changing(said(before), said(after))
}

/// A receipt, an invoice, a credit note or a cancellation was issued.
pub(crate) fn document_issued(by: &Cause, made: &Document) -> Act {
    let said = json!({
        "number": made.number.to_string(),
        "kind": made.kind.as_str(),
        "booking": made.booking,
        "total": made.gross(),
        "corrects": made.corrects.as_ref().map(|it| it.id),
    });
    by.act("document.issue", Subject::new("document", made.id.as_uuid()), made.issued_at)
        .of(made.organisation)
        .changing(None, Some(said.to_string()))
}
