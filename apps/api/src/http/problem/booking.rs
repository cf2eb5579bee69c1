//! Refusals of the use cases around bookings and the door.

use super::Problem;
use booking::by_hand::{AcceptRefusal, MarkRefusal};
use booking::use_cases::{
    ConfirmError, HoldError, InvoiceError, MarkError, NoticeFailure, PayError, ResolveError, SearchError,
    TakeBackError, UndoError, VerifyError,
};
use booking::{ConfirmRefusal, HoldRefusal, Limit, NoticeError, PayRefusal};
use kernel::{Invalid, SeatId};
use std::time::Duration;

impl From<HoldError> for Problem {
    fn from(error: HoldError) -> Self {
        match error {
            HoldError::Refused(refusal) => refusal.into(),
            HoldError::Store(error) => error.into(),
        }
    }
}

impl From<HoldRefusal> for Problem {
    fn from(refusal: HoldRefusal) -> Self {
        match refusal {
            HoldRefusal::UnknownEvent => Self::not_found(),
            HoldRefusal::UnknownTicketType(id) => {
                let message = format!("the event has no ticket type {id}");
                Self::invalid(vec![Invalid::new("items.ticket_type_id", "unknown", message)])
            }
            HoldRefusal::OtherSection { seat, ticket_type } => {
                let message = format!("seat {seat} is of a section that is not sold as {ticket_type}");
                Self::invalid(vec![Invalid::new("seats.ticket_type_id", "other_section", message)])
            }
            HoldRefusal::Nothing => Self::invalid(vec![Invalid::new(
                "items",
                "required",
                "must ask for at least one ticket of each",
            )]),
            HoldRefusal::NotOnSale => Self::unprocessable("not_on_sale", "This is not on sale now."),
            HoldRefusal::LimitExceeded { limit, most } => limit_exceeded("items.quantity", limit, most),
            HoldRefusal::UnknownSeats(ids) => {
                let unknown = |id| Invalid::new("seat_ids", "unknown", format!("the event has no seat {id}"));
                Self::invalid(ids.into_iter().map(unknown).collect())
            }
            HoldRefusal::SeatTwice(id) => {
                let message = format!("seat {id} is named twice");
                Self::invalid(vec![Invalid::new("seat_ids", "repeated", message)])
            }
            HoldRefusal::SeatUnavailable(ids) => seat_unavailable(&ids),
            HoldRefusal::NotTogether { ticket_type, most } => {
                let message = format!("{most} left next to each other of ticket type {ticket_type}");
                let errors = vec![Invalid::new("items.quantity", "not_together", message)];
                Self::conflict("seat_unavailable", "There are not so many seats next to each other.")
                    .with_errors(errors)
            }
            HoldRefusal::SoldOut { ticket_type, left } => {
                let message = format!("{left} left of ticket type {ticket_type}");
                let errors = vec![Invalid::new("items.quantity", "sold_out", message)];
                Self::conflict("sold_out", "There are not enough places left.").with_errors(errors)
            }
            HoldRefusal::VoucherInvalid(why) => why.into(),
        }
    }
}

/// Seats that cannot be had, by their ids.
pub(super) fn seat_unavailable(ids: &[SeatId]) -> Problem {
    let taken = |id: &SeatId| Invalid::new("seat_ids", "seat_unavailable", id.to_string());
    Problem::conflict("seat_unavailable", "Some of these seats cannot be had.")
        .with_errors(ids.iter().map(taken).collect())
}

/// More than one buyer may have. `errors` says of what, so that a client knows whether another type would do; `field` is
/// what was asked for too much of.
pub fn limit_exceeded(field: &str, limit: Limit, most: u32) -> Problem {
    let (code, detail) = match limit {
        Limit::PerOrder => ("per_order", format!("At most {most} tickets of this type in one order.")),
        Limit::PerUser => ("per_user", format!("At most {most} tickets of this type per person.")),
        Limit::EventPerOrder => (
            "event_per_order",
            format!("At most {most} tickets of this event in one order, of all types together."),
        ),
        Limit::EventPerUser => (
            "event_per_user",
            format!("At most {most} tickets of this event per person, of all types together."),
        ),
        Limit::OpenHolds => {
            ("open_holds", format!("At most {most} open holds per person and event; confirm or release one."))
        }
    };
    let errors = vec![Invalid::new(field, code, detail.clone())];
    Problem::unprocessable("limit_exceeded", detail).with_errors(errors)
}

fn provider_not_available() -> Problem {
    Problem::unprocessable("provider_not_available", "This way to pay is not available here.")
}

impl From<ConfirmError> for Problem {
    fn from(error: ConfirmError) -> Self {
        match error {
            ConfirmError::Refused(refusal) => refusal.into(),
            ConfirmError::ProviderNotAvailable => provider_not_available(),
            ConfirmError::Store(error) => error.into(),
        }
    }
}

impl From<ConfirmRefusal> for Problem {
    fn from(refusal: ConfirmRefusal) -> Self {
        match refusal {
            ConfirmRefusal::HoldExpired => {
                Self::conflict("hold_expired", "The hold has ended; choose again.")
            }
            ConfirmRefusal::NotOnSale => {
                Self::unprocessable("not_on_sale", "The event is not on sale any more.")
            }
            ConfirmRefusal::PaymentDoesNotFit => {
                let detail = "Name a provider when something is to be paid, and `free` or none when not.";
                Self::unprocessable("provider_not_available", detail)
            }
            ConfirmRefusal::TooManyAttendees => {
                let message = "must not be more than there are tickets";
                Self::invalid(vec![Invalid::new("attendees", "too_many", message)])
            }
        }
    }
}

impl From<PayError> for Problem {
    fn from(error: PayError) -> Self {
        match error {
            PayError::UnknownBooking => Self::not_found(),
            PayError::Refused(PayRefusal::NotPayable) => {
                Self::conflict("not_payable", "This booking is not waiting for a payment.")
            }
            PayError::Refused(PayRefusal::TooManyAttempts) => {
                Self::conflict("too_many_payments", "There were too many attempts to pay this booking.")
            }
            PayError::ProviderNotAvailable => provider_not_available(),
            PayError::Store(error) => error.into(),
        }
    }
}

impl From<MarkError> for Problem {
    fn from(error: MarkError) -> Self {
        match error {
            MarkError::Unknown => Self::not_found(),
            MarkError::NotByHand | MarkError::Refused(MarkRefusal::NotByHand) => {
                Self::conflict("not_by_hand", "The provider itself tells what becomes of this.")
            }
            MarkError::Refused(MarkRefusal::NothingToPay) => {
                Self::conflict("not_payable", "This booking costs nothing.")
            }
            MarkError::Refused(MarkRefusal::WrongAmount) => {
                let message = "must be more than nothing and at most ten times the price, in its currency";
                Self::invalid(vec![Invalid::new("amount", "out_of_range", message)])
            }
            MarkError::Refused(MarkRefusal::AlreadyPaid) => Self::conflict(
                "already_paid",
                "This booking is paid; say `again` if more money came, which is then to go back.",
            ),
            MarkError::Store(error) => error.into(),
        }
    }
}

impl From<SearchError> for Problem {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::TooWide => {
                let message = "means more than 500 people: write more of the name or address";
                Self::invalid(vec![Invalid::new("query", "too_wide", message)])
            }
            SearchError::Store(error) => error.into(),
        }
    }
}

impl From<ResolveError> for Problem {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::Unknown => Self::not_found(),
            ResolveError::ResolvedBefore => {
                Self::conflict("resolved_before", "Somebody decided otherwise before.")
            }
            ResolveError::NothingLeft => {
                Self::conflict("nothing_to_refund", "Nothing is left of this charge to send back.")
            }
            ResolveError::NotRefundable => Self::conflict(
                "not_refundable",
                "Sending the charge back does not decide this: refund tickets on the booking, or wait for the bank.",
            ),
            ResolveError::NotAccepted(AcceptRefusal::NotAcceptable) => {
                Self::conflict("not_acceptable", "This charge cannot be taken as it came.")
            }
            ResolveError::NotAccepted(AcceptRefusal::NoPlaces) => {
                Self::conflict("sold_out", "The booking was given up, and its places are gone.")
            }
            ResolveError::Store(error) => error.into(),
        }
    }
}

impl From<NoticeFailure> for Problem {
    fn from(failure: NoticeFailure) -> Self {
        match failure {
            NoticeFailure::NotConfigured | NoticeFailure::Notice(NoticeError::Forged) => {
                Self::bad_request("signature_invalid", "The signature is not valid.")
            }
            NoticeFailure::Notice(NoticeError::Unreadable(what)) => {
                tracing::error!(what, "a signed notice cannot be read");
                Self::bad_request("notice_unreadable", "The notice is not what the provider documents.")
            }
            NoticeFailure::Notice(NoticeError::Unchecked(_)) => Self::busy(Duration::from_secs(30)),
            NoticeFailure::Store(error) => error.into(),
        }
    }
}

impl From<VerifyError> for Problem {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::NonceReused => Self::conflict(
                "nonce_reused",
                "This nonce was used for another scan; make a new one for each.",
            ),
            VerifyError::Store(error) => error.into(),
        }
    }
}

impl From<UndoError> for Problem {
    fn from(error: UndoError) -> Self {
        match error {
            UndoError::UnknownTicket => Self::not_found(),
            UndoError::NotCheckedIn => Self::conflict("not_checked_in", "The ticket is not checked in."),
            UndoError::Store(error) => error.into(),
        }
    }
}

impl From<TakeBackError> for Problem {
    fn from(error: TakeBackError) -> Self {
        match error {
            TakeBackError::Unknown => Self::not_found(),
            TakeBackError::IsCancellation => {
                Self::conflict("not_cancellable", "A cancellation cannot be cancelled.")
            }
            TakeBackError::Before => {
                Self::conflict("already_cancelled", "This document was cancelled before.")
            }
            TakeBackError::HasCreditNotes => has_credit_notes(),
            TakeBackError::Store(error) => error.into(),
        }
    }
}

impl From<InvoiceError> for Problem {
    fn from(error: InvoiceError) -> Self {
        match error {
            InvoiceError::Unknown => Self::not_found(),
            InvoiceError::NothingPaid => {
                Self::conflict("nothing_paid", "There is no payment that an invoice could be for.")
            }
            InvoiceError::HasCreditNotes => has_credit_notes(),
            InvoiceError::TooOften => {
                Self::conflict("too_many_documents", "There were too many documents for this booking.")
            }
            InvoiceError::Store(error) => error.into(),
        }
    }
}

fn has_credit_notes() -> Problem {
    Problem::conflict("has_credit_notes", "There are credit notes to this document.")
}
