//! Our books beside a provider's: every cent that one of them knows and the other does not is named.
//!
//! A day is closed account by account: an [`Examination`] compares what the provider lists with bookings and ledger,
//! and is asked what else has to be read or asked. What it found becomes, or renews, the record of the day
//! ([`DayClose`]). [`lines`] and [`compare`] are the same question about a whole history at once, for rehearsals.

mod books;
mod claim;
mod day;
mod due;
mod examination;
mod fee;
mod figures;
mod found;
mod judge;
mod record;
mod thing;

pub use books::Books;
pub use claim::{Ask, Claim, Word};
pub use day::{Day, NoSuchDay};
pub use due::{DAYS_BACK, due};
pub use examination::{Examination, Examined, Question, names};
pub use fee::FeeDue;
pub use figures::{AccountFigures, Figures, Sum, Unread};
pub use found::{About, Found, TaskKind};
pub use record::{
    DayClose, DayStatus, DaySummary, Findings, MOST_TASKS, Reopened, Task, TaskEnd, TaskRefusal,
};
pub use thing::{Fee, MOST_MOVEMENTS, Thing, TooMuch};

use crate::{
    Booking, Movement, MovementKind, Payment, PaymentStatus, Provider, Refund, RefundReason, RefundStatus,
};
use kernel::{BookingId, Money, PaymentId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that our books say happened at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What.
    pub kind: LineKind,
    /// The provider's name for it.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// Whose booking.
    pub booking: BookingId,
    /// Which attempt.
    pub payment: PaymentId,
    /// Whether the provider must know it by now; what is on its way may already be listed or not yet.
    pub certain: bool,
}

/// What a line tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// A buyer paid.
    Charge,
    /// Money went back.
    Refund,
}

/// A difference between our books and a provider's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Difference {
    /// We know of it, the provider does not.
    MissingThere {
        /// What we know.
        line: Line,
    },
    /// The provider lists a charge or refund that we do not know.
    MissingHere {
        /// What it is.
        what: LineKind,
        /// The provider's name for it.
        reference: String,
        /// How much.
        amount: Money,
    },
    /// Both know it, with different amounts.
    AmountDiffers {
        /// What we know.
        line: Line,
        /// What the provider says.
        there: Money,
    },
}

/// All that a booking says about one account at a provider.
#[must_use]
pub fn lines(booking: &Booking, provider: Provider, account: &str) -> Vec<Line> {
    let here = |payment: &&Payment| payment.provider == provider && payment.account == account;
    let mut lines = Vec::new();
    for payment in booking.payments.iter().filter(here) {
        if let (Some(reference), Some(amount)) = (&payment.charge, payment.paid) {
            let (kind, reference) = (LineKind::Charge, reference.clone());
            let (booking, payment) = (booking.id, payment.id);
            lines.push(Line { kind, reference, amount, booking, payment, certain: true });
        }
        for refund in booking.refunds.iter().filter(|refund| refund.payment == payment.id) {
            let Some(reference) = refund.reference.clone() else { continue };
            if refund.status == RefundStatus::Failed {
                continue;
            }
            let certain = refund.status == RefundStatus::Done;
            let (kind, amount) = (LineKind::Refund, refund.amount);
            lines.push(Line { kind, reference, amount, booking: booking.id, payment: payment.id, certain });
        }
    }
    lines
}

/// Where our lines and the provider's movements do not agree: nowhere, unless money was lost sight of.
///
/// A provider that lists one thing in several movements (a refund that failed and came back) is summed up.
#[must_use]
pub fn compare(lines: &[Line], movements: &[Movement]) -> Vec<Difference> {
    let mut there = sums(movements);
    let mut differences = Vec::new();
    for line in lines {
        match there.remove(&(line.kind, line.reference.clone())) {
            Some(sum) if sum == i128::from(line.amount.minor()) => {}
            Some(0) | None if !line.certain => {}
            Some(0) | None => differences.push(Difference::MissingThere { line: line.clone() }),
            Some(sum) => {
                let there = money(sum, line.amount);
                differences.push(Difference::AmountDiffers { line: line.clone(), there });
            }
        }
    }
    let unknown = there.into_iter().filter(|(_, sum)| *sum != 0);
    differences.extend(unknown.filter_map(|((what, reference), sum)| {
        let like =
            movements.iter().find(|movement| name(movement).as_ref() == Some(&(what, reference.clone())))?;
        Some(Difference::MissingHere { what, amount: money(sum, like.amount), reference })
    }));
    differences
}

fn money(sum: i128, like: Money) -> Money {
    let minor = i64::try_from(sum.unsigned_abs()).unwrap_or(i64::MAX);
    Money::new(minor, like.currency()).unwrap_or(like)
}

/// What a movement is, as our lines would call it; `None` for what is not about one of our charges.
fn name(movement: &Movement) -> Option<(LineKind, String)> {
    match movement.kind {
        MovementKind::Charge => movement.charge.clone().map(|charge| (LineKind::Charge, charge)),
        MovementKind::Refund => movement.about.clone().map(|refund| (LineKind::Refund, refund)),
        MovementKind::Dispute | MovementKind::Fee | MovementKind::Other => None,
    }
}

fn sums(movements: &[Movement]) -> BTreeMap<(LineKind, String), i128> {
    let mut sums = BTreeMap::new();
    for movement in movements {
        let Some(name) = name(movement) else { continue };
        let towards = match (name.0, movement.direction) {
            (LineKind::Charge, crate::Direction::In) | (LineKind::Refund, crate::Direction::Out) => 1,
            (LineKind::Charge, crate::Direction::Out) | (LineKind::Refund, crate::Direction::In) => -1,
        };
        *sums.entry(name).or_insert(0) += towards * i128::from(movement.amount.minor());
    }
    sums
}

/// What became of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It bought its booking.
    Bought,
    /// All of it went back, or is on its way.
    SentBack,
    /// A person has to decide, and was told.
    Task,
}

/// What became of an attempt's charge: exactly one thing, unless something is broken. Empty without a charge.
#[must_use]
pub fn outcomes(booking: &Booking, payment: &Payment) -> Vec<Outcome> {
    let (Some(paid), true) = (payment.paid, payment.charge.is_some()) else { return Vec::new() };
    let failed = |refund: &&Refund| refund.payment == payment.id && refund.status == RefundStatus::Failed;
    let bought = booking.paid_by == Some(payment.id);
    let mut outcomes = Vec::new();
    if bought {
        outcomes.push(Outcome::Bought);
    } else if booking.refundable(payment.id).is_zero() && !paid.is_zero() {
        outcomes.push(Outcome::SentBack);
    }
    let decided = outcomes.is_empty();
    let waits =
        payment.status == PaymentStatus::Mismatched || booking.refunds.iter().any(|refund| failed(&refund));
    if decided && waits {
        outcomes.push(Outcome::Task);
    }
    let back = || {
        let back = booking.refunds.iter().filter(|refund| refund.payment == payment.id);
        back.filter(|refund| refund.status != RefundStatus::Failed)
    };
    // What bought something never goes back as if it had bought nothing, and never more goes back than came.
    let needless = |refund: &Refund| match refund.reason {
        RefundReason::Overpaid | RefundReason::NoPlaces => true,
        RefundReason::Cancelled
        | RefundReason::EventCancelled
        | RefundReason::Staff
        | RefundReason::Resold
        | RefundReason::External => false,
    };
    let sum: i128 = back().map(|refund| i128::from(refund.amount.minor())).sum();
    if (bought && back().any(needless)) || sum > i128::from(paid.minor()) {
        outcomes.push(Outcome::SentBack);
    }
    outcomes
}

#[cfg(test)]
mod tests;
