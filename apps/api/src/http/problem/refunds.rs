//! Refusals of the use cases around cancelling and refunding.

use super::Problem;
use booking::use_cases::{CancelError, CancelEventError, PromiseError, RefundError, RequestError};
use booking::{CancelRefusal, NoWay, RefundRefusal, RequestRefusal};
use kernel::{Invalid, TicketId};

fn disputed() -> Problem {
    Problem::conflict("payment_disputed", "The charge is disputed: whoever decides that moves its money.")
}

fn window_over() -> Problem {
    let detail = "The provider gives nothing back so long after the charge; staff can pay it out otherwise.";
    Problem::conflict("refund_window_over", detail)
}

fn unknown_ticket(id: TicketId) -> Problem {
    let message = format!("the booking has no ticket {id}");
    Problem::invalid(vec![Invalid::new("ticket_ids", "unknown", message)])
}

impl From<NoWay> for Problem {
    fn from(no_way: NoWay) -> Self {
        match no_way {
            NoWay::NotRefundable | NoWay::Malformed => Self::conflict(
                "not_refundable",
                "These tickets are not refundable; ask staff to cancel them.",
            ),
            NoWay::TooLate => {
                Self::conflict("too_late_to_cancel", "The time to cancel is over; ask staff to cancel.")
            }
        }
    }
}

impl From<CancelRefusal> for Problem {
    fn from(refusal: CancelRefusal) -> Self {
        match refusal {
            CancelRefusal::Ended => Self::conflict("nothing_to_cancel", "There is nothing left to cancel."),
            CancelRefusal::UnknownTicket(id) => unknown_ticket(id),
            CancelRefusal::NotGivenBack(id) => {
                let errors = vec![Invalid::new("ticket_ids", "not_cancellable", format!("ticket {id}"))];
                let detail = "A ticket was used, cancelled, or belongs to somebody else.";
                Self::conflict("ticket_not_cancellable", detail).with_errors(errors)
            }
            CancelRefusal::NoWay(no_way) => no_way.into(),
            CancelRefusal::WindowOver => window_over(),
            CancelRefusal::Disputed => disputed(),
        }
    }
}

impl From<RefundRefusal> for Problem {
    fn from(refusal: RefundRefusal) -> Self {
        match refusal {
            RefundRefusal::Nothing => Self::conflict("nothing_to_refund", "There is nothing to give back."),
            RefundRefusal::TooMuch { most } => {
                Self::unprocessable("refund_too_high", format!("At most {most} can be given back."))
            }
            RefundRefusal::WrongAmount => {
                let message =
                    "must be more than nothing, in the currency of the booking, in steps that providers move";
                Self::invalid(vec![Invalid::new("amount", "out_of_range", message)])
            }
            RefundRefusal::UnknownTicket(id) => unknown_ticket(id),
            RefundRefusal::RefundedBefore(id) => {
                Self::conflict("already_refunded", format!("Ticket {id} was refunded before."))
            }
            RefundRefusal::InProgress => Self::conflict(
                "refund_in_progress",
                "Another refund of this booking is being made; see first what comes of it.",
            ),
            RefundRefusal::Repeated => Self::conflict(
                "refund_repeated",
                "The same amount was sent back a moment ago; if it is meant once more, say so with `again`.",
            ),
            RefundRefusal::WindowOver => window_over(),
            RefundRefusal::Disputed => disputed(),
            RefundRefusal::NotFailed => {
                Self::conflict("refund_not_failed", "This refund did not fail, or was made again.")
            }
        }
    }
}

impl From<RequestRefusal> for Problem {
    fn from(refusal: RequestRefusal) -> Self {
        match refusal {
            RequestRefusal::Cancel(refusal) => refusal.into(),
            RequestRefusal::Waiting => {
                Self::conflict("request_waiting", "An earlier request waits for its answer.")
            }
            RequestRefusal::NothingAsked => Self::conflict("nothing_asked", "There is no request to answer."),
            RequestRefusal::Refund(refusal) => refusal.into(),
        }
    }
}

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::UnknownBooking => Self::not_found(),
            CancelError::Refused(refusal) => refusal.into(),
            CancelError::Store(error) => error.into(),
        }
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::UnknownBooking => Self::not_found(),
            RequestError::Refused(refusal) => refusal.into(),
            RequestError::Store(error) => error.into(),
        }
    }
}

impl From<RefundError> for Problem {
    fn from(error: RefundError) -> Self {
        match error {
            RefundError::UnknownBooking => Self::not_found(),
            RefundError::Refused(refusal) => refusal.into(),
            RefundError::Store(error) => error.into(),
        }
    }
}

impl From<PromiseError> for Problem {
    fn from(error: PromiseError) -> Self {
        match error {
            PromiseError::UnknownEvent => Self::not_found(),
            PromiseError::Cancelled => Self::conflict("wrong_status", "The event was cancelled."),
            PromiseError::Invalid(errors) => Self::invalid(errors),
            PromiseError::Store(error) => error.into(),
        }
    }
}

impl From<CancelEventError> for Problem {
    fn from(error: CancelEventError) -> Self {
        match error {
            CancelEventError::UnknownEvent => Self::not_found(),
            CancelEventError::Store(error) => error.into(),
        }
    }
}
