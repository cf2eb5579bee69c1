//! Which document a booking lacks, from the booking and the documents that it has. Asked again after each one, it names
//! all of them, in the order in which they have to be issued, whatever came first and however often it is asked.

use super::lines::{self, Line};
use super::{Corrected, Document, DocumentKind, DocumentNumber, Origin, Particulars, Party};
use crate::{Booking, BookingStatus, Payment, PaymentStatus, Refund, RefundReason, RefundStatus, Ticket};
use chrono::Datelike;
use kernel::{DocumentId, RefundId, Timestamp};
use std::collections::BTreeSet;

/// A document that is to be issued.
#[derive(Debug, Clone)]
pub enum Task {
    /// For what was paid.
    Sale {
        /// Why.
        origin: Origin,
        /// To whom, when that is not who the particulars say.
        recipient: Option<Party>,
    },
    /// For what went back.
    Credit {
        /// Why.
        origin: Origin,
        /// Of what was paid.
        sale: Box<Document>,
        /// What of it.
        lines: Vec<Line>,
    },
    /// Because this one is wrong.
    Cancellation {
        /// Which.
        wrong: Box<Document>,
        /// Why, in the words of whoever says so.
        reason: Option<String>,
    },
}

/// The attempt that confirmed the booking: what came beside it goes back as it came and is not part of the sale.
#[must_use]
pub fn confirming(booking: &Booking) -> Option<&Payment> {
    let confirmed = match booking.status {
        BookingStatus::Confirmed | BookingStatus::Cancelled => true,
        BookingStatus::PendingPayment | BookingStatus::Expired => false,
    };
    let beside = |payment: &Payment| {
        booking.refunds.iter().any(|refund| refund.payment == payment.id && !is_of_sale(refund.reason))
    };
    let paid = |payment: &&Payment| payment.status == PaymentStatus::Paid && !beside(payment);
    booking.payments.iter().filter(|_| confirmed).find(paid)
}

/// Whether money that goes back for this reason had paid for the booking.
const fn is_of_sale(reason: RefundReason) -> bool {
    match reason {
        RefundReason::Overpaid | RefundReason::NoPlaces => false,
        RefundReason::Cancelled
        | RefundReason::EventCancelled
        | RefundReason::Staff
        | RefundReason::Resold
        | RefundReason::External => true,
    }
}

/// Whether a change of a booking may have made a document due.
#[must_use]
pub fn may_be_due(before: Option<&Booking>, after: &Booking) -> bool {
    let done = |booking: &Booking| -> BTreeSet<RefundId> {
        let done = booking.refunds.iter().filter(|refund| refund.status == RefundStatus::Done);
        done.map(|refund| refund.id).collect()
    };
    let paid = |booking: &Booking| confirming(booking).map(|payment| payment.id);
    before.and_then(paid) != paid(after) || before.map(done).unwrap_or_default() != done(after)
}

/// The document that the booking lacks first; `documents` are all that it has, the oldest first, and `tickets` are its
/// tickets.
#[must_use]
pub fn next(booking: &Booking, tickets: &[Ticket], documents: &[Document]) -> Option<Task> {
    let payment = confirming(booking)?;
    if !documents.iter().any(|document| document.kind.is_of_sale()) {
        let origin = Origin::Payment(payment.id);
        return (!booking.total.is_zero()).then_some(Task::Sale { origin, recipient: None });
    }
    let sale = living_sale(documents)?;
    let of_sale = |refund: &&Refund| refund.payment == payment.id && is_of_sale(refund.reason);
    booking.refunds.iter().filter(of_sale).find_map(|refund| of_refund(refund, tickets, sale, documents))
}

fn of_refund(refund: &Refund, tickets: &[Ticket], sale: &Document, documents: &[Document]) -> Option<Task> {
    let current = current(documents, Origin::Refund(refund.id));
    let taken_back = current.and_then(|document| cancellation_of(documents, document.id));
    let credit = |origin| {
        let before: Vec<Line> = living_credits(documents).flat_map(|credit| credit.lines.clone()).collect();
        let its = tickets.iter().filter(|ticket| refund.tickets.contains(&ticket.id));
        let its: Vec<_> = its.map(|it| (it.ticket_type, it.seat.as_ref().map(|seat| seat.id))).collect();
        let lines = lines::sent_back(&sale.lines, &before, &its, refund.amount);
        Some(Task::Credit { origin, sale: Box::new(sale.clone()), lines })
    };
    match (refund.status, current, taken_back) {
        (RefundStatus::Done, None, _) => credit(Origin::Refund(refund.id)),
        // It was taken back because the money did not arrive, and then it did. What a person took back stays so.
        (RefundStatus::Done, Some(document), Some(by)) if by.reason.is_none() => {
            credit(Origin::Replaces(document.id))
        }
        (RefundStatus::Failed, Some(document), None) => {
            Some(Task::Cancellation { wrong: Box::new(document.clone()), reason: None })
        }
        (RefundStatus::Done, Some(_), _)
        | (RefundStatus::Failed, _, _)
        | (RefundStatus::Created | RefundStatus::InTransit | RefundStatus::Uncertain, _, _) => None,
    }
}

/// The latest document for a origin: the first one, or what was issued in its place.
#[must_use]
pub fn current(documents: &[Document], origin: Origin) -> Option<&Document> {
    let of = |origin: Origin| documents.iter().find(|document| document.origin == origin);
    let mut current = of(origin)?;
    // As many steps as there are documents, should one ever point back.
    for _ in documents {
        match of(Origin::Replaces(current.id)) {
            Some(next) => current = next,
            None => break,
        }
    }
    Some(current)
}

/// The document that took another one back.
#[must_use]
pub fn cancellation_of(documents: &[Document], id: DocumentId) -> Option<&Document> {
    documents.iter().find(|document| document.origin == Origin::Cancels(id))
}

fn lives(documents: &[Document], document: &Document) -> bool {
    cancellation_of(documents, document.id).is_none()
}

/// What says now what was paid.
#[must_use]
pub fn living_sale(documents: &[Document]) -> Option<&Document> {
    documents.iter().find(|document| document.kind.is_of_sale() && lives(documents, document))
}

/// What says now what went back.
pub fn living_credits(documents: &[Document]) -> impl Iterator<Item = &Document> {
    let credit = |document: &&Document| document.kind == DocumentKind::CreditNote;
    documents.iter().filter(credit).filter(|document| lives(documents, document))
}

impl Task {
    /// Writes the document, but for its serial number, which is 0. `None` when nothing would be in it: then no number
    /// must be taken for it.
    #[must_use]
    pub fn write(&self, booking: &Booking, on: &Particulars, now: Timestamp) -> Option<Document> {
        let blank = |kind, origin, recipient: &Party, lines: Vec<Line>| Document {
            id: DocumentId::generate(now),
            number: DocumentNumber { prefix: on.prefix.clone(), year: on.today.year(), serial: 0 },
            kind,
            credits: false,
            origin,
            organisation: on.organisation,
            event: booking.event,
            booking: booking.id,
            buyer: booking.buyer,
            corrects: None,
            reason: None,
            issuer: on.issuer.clone(),
            recipient: recipient.clone(),
            occasion: on.occasion.clone(),
            lines,
            issued_at: now,
            issued_on: on.today,
        };
        let document = match self {
            Self::Sale { origin, recipient } => {
                let recipient = recipient.as_ref().unwrap_or(&on.recipient);
                let kind =
                    if recipient.address.is_empty() { DocumentKind::Receipt } else { DocumentKind::Invoice };
                let sold = lines::sold(&booking.items, &on.names)?;
                blank(kind, *origin, recipient, lines::at(sold, booking.sold_at()))
            }
            Self::Credit { origin, sale, lines } => {
                let note = blank(DocumentKind::CreditNote, *origin, &sale.recipient, lines.clone());
                Document { credits: true, corrects: Some(corrected(sale)), ..note }
            }
            Self::Cancellation { wrong, reason } => {
                let origin = Origin::Cancels(wrong.id);
                let taken = blank(DocumentKind::Cancellation, origin, &wrong.recipient, wrong.lines.clone());
                let (issuer, occasion) = (wrong.issuer.clone(), wrong.occasion.clone());
                let corrects = Some(corrected(wrong));
                let (credits, reason) = (!wrong.credits, reason.clone());
                Document { credits, corrects, reason, issuer, occasion, ..taken }
            }
        };
        (!document.lines.is_empty()).then_some(document)
    }
}

fn corrected(document: &Document) -> Corrected {
    Corrected { id: document.id, number: document.number.to_string(), issued_on: document.issued_on }
}

#[cfg(test)]
mod tests;
