//! What the audit log says of the door, of what is decided about bookings, and of documents about money.

use crate::{Booking, Document, Job, Promise, Rules, SaleStatus, Scan, Ticket, Transfer, Voucher};
use kernel::{Act, Cause, EventId, Subject, Timestamp};
use serde_json::json;

/// A checked-in ticket is good again.
pub(crate) fn check_in_undone(
    by: &Cause,
    before: &Ticket,
    after: &Ticket,
    reason: Option<&str>,
    now: Timestamp,
) -> Act {
    let said =
        |ticket: &Ticket| json!({"checked_in_at": ticket.checked_in_at, "status": ticket.status.as_str()});
    let mut outcome = said(after);
    if let (Some(reason), Some(fields)) = (reason, outcome.as_object_mut()) {
        fields.insert("reason".into(), reason.into());
    }
    by.act("ticket.undo_check_in", Subject::new("ticket", after.id.as_uuid()), now)
        .changing(Some(said(before).to_string()), Some(outcome.to_string()))
}

/// Somebody passed the door although they were refused.
pub(crate) fn passage_forced(by: &Cause, scan: &Scan) -> Act {
    let subject = match (scan.ticket, scan.event) {
        (Some(ticket), _) => Subject::new("ticket", ticket.as_uuid()),
        (None, Some(event)) => Subject::new("event", event.as_uuid()),
        (None, None) => Subject::new("scan", scan.id.as_uuid()),
    };
    let refused = scan.overruled.map(|verdict| json!({"result": verdict.as_str()}).to_string());
    let done = json!({
        "result": scan.verdict.as_str(),
        "direction": scan.way.as_str(),
        "offline": scan.offline.is_some(),
        "reason": scan.reason,
        "scan": scan.id,
    });
    by.act("ticket.force", subject, scan.offline.as_ref().map_or(scan.at, |offline| offline.told_at))
        .changing(refused, Some(done.to_string()))
}

/// A ticket went to another member.
pub(crate) fn ticket_handed_on(
    by: &Cause,
    transfer: &Transfer,
    (before, after): (&Ticket, &Ticket),
    now: Timestamp,
) -> Act {
    let said = |ticket: &Ticket| {
        let said = json!({"holder": ticket.holder, "transfer": transfer.id, "version": ticket.version});
        Some(said.to_string())
    };
    by.act("ticket.transfer", Subject::new("ticket", after.id.as_uuid()), now)
        .changing(said(before), said(after))
}

/// A ticket was offered, or an offer ended without going through. To whom it went is told as an account, never as the
/// address that was typed.
pub(crate) fn transfer_turned(
    (by, act): (&Cause, &'static str),
    before: Option<&Transfer>,
    after: &Transfer,
    now: Timestamp,
) -> Act {
    let said = |transfer: &Transfer| {
        let status = transfer.status.as_str();
        json!({"status": status, "to": transfer.to, "transfer": transfer.id}).to_string()
    };
    by.act(act, Subject::new("ticket", after.ticket.as_uuid()), now)
        .changing(before.map(said), Some(said(after)))
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

/// Who was to come, and what passed in words, was forgotten with the buyer; of what it was nothing is said.
pub(crate) fn people_forgotten(before: &Booking, after: &Booking, now: Timestamp) -> Act {
    let said = |booking: &Booking| {
        let words = booking.request.as_ref().is_some_and(|it| it.message.is_some() || it.answer.is_some());
        Some(json!({"attendees": booking.attendees.len(), "words": words}).to_string())
    };
    Cause::system()
        .act("booking.forget_people", Subject::new("booking", after.id.as_uuid()), now)
        .of(after.organisation)
        .changing(said(before), said(after))
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

/// A waiting list ended: nothing is sold any more, or the event does not take place.
pub(crate) fn list_ended(event: EventId, (entries, cancelled): (usize, bool), now: Timestamp) -> Act {
    let said = json!({"entries": entries, "cancelled": cancelled});
    Cause::system()
        .act("waitlist.end", Subject::new("event", event.as_uuid()), now)
        .changing(None, Some(said.to_string()))
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

/// A voucher was made, changed, taken back or removed; nothing is said of its code.
pub(crate) fn voucher_changed(
    by: &Cause,
    act: &'static str,
    (before, after): (Option<&Voucher>, Option<&Voucher>),
    now: Timestamp,
) -> Act {
    let said = |voucher: &Voucher| {
        let mut body = serde_json::to_value(voucher).ok()?;
        let fields = body.as_object_mut()?;
        for secret in ["code", "hint"] {
            fields.remove(secret);
        }
        Some(body.to_string())
    };
    let id = after.or(before).map_or_else(uuid::Uuid::nil, |voucher| voucher.id.as_uuid());
    by.act(act, Subject::new("voucher", id), now).changing(before.and_then(said), after.and_then(said))
}
