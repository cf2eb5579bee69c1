//! Cancelling an event as work that takes its time: booking by booking, each in a transaction of its own together
//! with how far the work has come, so that a worker killed anywhere goes on where it stood.

use crate::{Booking, BookingStatus, Reference, RefundRefusal, RefundStatus, Sale, Ticket};
use kernel::{AccountId, BookingId, EventId, JobId, Money, OrganisationId, RefundId, Timestamp};
use serde::{Deserialize, Serialize};

/// Most of a kind that are named one by one; the rest is counted. The report is written with every booking, so what
/// it names has to stay small however large the event is.
pub const MOST_NAMED: u32 = 200;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// Bookings are waiting for it.
    Running,
    /// All were looked at; the money is on its way.
    Done,
}

impl JobStatus {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
        }
    }
}

/// The work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Names it.
    pub id: JobId,
    /// Which event is cancelled; it has one such job.
    pub event: EventId,
    /// Whose event.
    pub organisation: OrganisationId,
    /// Who asked for it, if it was a person who had logged in.
    pub by: Option<AccountId>,
    /// How far it is.
    pub status: JobStatus,
    /// Bookings that were looked at.
    pub done: u32,
    /// Bookings that were there when it began.
    pub total: u32,
    /// The last one that was looked at; they come in the order of their ids.
    pub last: Option<BookingId>,
    /// What was done.
    pub report: Report,
    /// Since when.
    pub created_at: Timestamp,
    /// Last change.
    pub changed_at: Timestamp,
}

/// What was done with the bookings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Why the event does not take place, as the organiser says.
    pub reason: Option<String>,
    /// Bookings whose money was sent on its way.
    pub refunded: u32,
    /// How much that is in all.
    pub amount: Money,
    /// Bookings for which nothing had been paid, or nothing was left.
    pub free: u32,
    /// Bookings that had not been paid yet.
    pub called_off: u32,
    /// What a person has to do, at most [`MOST_NAMED`].
    pub by_hand: Vec<ByHand>,
    /// How much more of that there is. Reports were written without it when they still named everything.
    #[serde(default)]
    pub unnamed: u32,
}

/// Something that the program cannot do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByHand {
    /// Which booking.
    pub booking: BookingId,
    /// Its name for people.
    pub reference: Reference,
    /// Why.
    pub why: WhyByHand,
    /// How much has to go back.
    pub amount: Money,
}

/// Why a person has to do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyByHand {
    /// The provider gives nothing back so long after the charge.
    RefundWindowOver,
    /// A bank or the provider is asked to take the charge back, or has.
    Disputed,
    /// The amount does not fit what was charged.
    RefundRefused,
    /// Money of another amount, currency or mode than asked for is still here.
    Mismatched,
    /// The booking cannot be read or written.
    Broken,
}

impl WhyByHand {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RefundWindowOver => "refund_window_over",
            Self::Disputed => "disputed",
            Self::RefundRefused => "refund_refused",
            Self::Mismatched => "mismatched",
            Self::Broken => "broken",
        }
    }
}

/// How the refunds stand that were made because an event was cancelled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventRefunds {
    /// How many stand so; states that none is in may be left out.
    pub by_status: Vec<(RefundStatus, u32)>,
    /// Those that failed and were not made again, and those that somebody has to send by hand, at most
    /// [`MOST_NAMED`].
    pub stuck: Vec<StuckRefund>,
    /// How many more of those there are.
    pub unnamed: u32,
}

/// A refund that needs a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StuckRefund {
    /// Of which booking.
    pub booking: BookingId,
    /// Its name for people.
    pub reference: Reference,
    /// Which.
    pub refund: RefundId,
    /// How much.
    pub amount: Money,
    /// It goes back by hand and nobody has said yet that it did; otherwise the provider will not make it.
    pub by_hand: bool,
}

impl Report {
    fn name(&mut self, what: ByHand) {
        if u32::try_from(self.by_hand.len()).is_ok_and(|named| named < MOST_NAMED) {
            self.by_hand.push(what);
        } else {
            self.unnamed = self.unnamed.saturating_add(1);
        }
    }
}

impl Job {
    /// Work that begins now, over so many bookings.
    #[must_use]
    pub fn new(
        sale: &Sale,
        by: Option<AccountId>,
        reason: Option<String>,
        total: u32,
        now: Timestamp,
    ) -> Self {
        Self {
            id: JobId::generate(now),
            event: sale.event,
            organisation: sale.organisation,
            by,
            status: JobStatus::Running,
            done: 0,
            total,
            last: None,
            report: Report {
                reason,
                refunded: 0,
                amount: Money::zero(sale.currency),
                free: 0,
                called_off: 0,
                by_hand: Vec::new(),
                unnamed: 0,
            },
            created_at: now,
            changed_at: now,
        }
    }

    /// Whether this booking is still to be looked at.
    #[must_use]
    pub fn awaits(&self, booking: BookingId) -> bool {
        self.status == JobStatus::Running && self.last.is_none_or(|last| last < booking)
    }

    /// Cancels one booking and takes note of what came of it. Answers with whether there was something to do.
    pub fn cancel(
        &mut self,
        booking: &mut Booking,
        tickets: &mut [Ticket],
        sale: &mut Sale,
        now: Timestamp,
    ) -> bool {
        self.step(booking.id, now);
        let (before, refunds) = (booking.status, booking.refunds.len());
        let Some(done) = booking.event_cancelled(tickets, sale, self.by, now) else { return false };
        let new = booking.refunds.iter().skip(refunds);
        let amount = new.fold(Money::zero(booking.total.currency()), |sum, refund| {
            sum.plus(refund.amount).unwrap_or(sum)
        });
        match done {
            Ok(refunds) if !refunds.is_empty() => {
                self.report.refunded += 1;
                self.report.amount = self.report.amount.plus(amount).unwrap_or(self.report.amount);
            }
            Ok(_) if before == BookingStatus::PendingPayment => self.report.called_off += 1,
            Ok(_) => self.report.free += 1,
            Err(refusal) => {
                let why = match refusal {
                    RefundRefusal::WindowOver => WhyByHand::RefundWindowOver,
                    RefundRefusal::Disputed => WhyByHand::Disputed,
                    RefundRefusal::Nothing
                    | RefundRefusal::TooMuch { .. }
                    | RefundRefusal::WrongAmount
                    | RefundRefusal::UnknownTicket(_)
                    | RefundRefusal::RefundedBefore(_)
                    | RefundRefusal::InProgress
                    | RefundRefusal::Repeated
                    | RefundRefusal::NotFailed => WhyByHand::RefundRefused,
                };
                self.by_hand(booking, why, booking.left());
            }
        }
        for payment in booking.payments.iter().filter(|it| it.status == crate::PaymentStatus::Mismatched) {
            let left = booking.refundable(payment.id);
            if !left.is_zero() {
                self.by_hand(booking, WhyByHand::Mismatched, left);
            }
        }
        true
    }

    /// Takes note of a booking that cannot be worked on.
    pub fn broken(&mut self, booking: BookingId, now: Timestamp) {
        self.step(booking, now);
        let reference = Reference::from_stored(String::new());
        let amount = Money::zero(self.report.amount.currency());
        self.report.name(ByHand { booking, reference, why: WhyByHand::Broken, amount });
    }

    fn by_hand(&mut self, booking: &Booking, why: WhyByHand, amount: Money) {
        let reference = booking.reference.clone();
        self.report.name(ByHand { booking: booking.id, reference, why, amount });
    }

    fn step(&mut self, booking: BookingId, now: Timestamp) {
        self.done += 1;
        self.last = Some(booking);
        self.changed_at = now;
    }

    /// All bookings were looked at.
    pub fn finish(&mut self, now: Timestamp) {
        self.status = JobStatus::Done;
        // Some may have been cancelled by their buyers meanwhile.
        self.total = self.done;
        self.changed_at = now;
    }
}

#[cfg(test)]
mod tests;
