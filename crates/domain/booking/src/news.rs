//! What others are told of a booking: what happened, and how it stands since, in ids, amounts and states. Nobody is named,
//! and nothing is told by which anybody could get in, pay or log in.

use crate::{
    Applied, Booking, BookingStatus, DisputeStatus, Item, PaymentStatus, Provider, Reference, RefundReason,
    RefundStatus,
};
use kernel::{AccountId, DisputeId, Money, News, PaymentId, RefundId, StoreError, TicketId, Timestamp};
use serde::{Deserialize, Serialize};

/// What happened to a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewsKind {
    /// It was made and waits for its payment.
    Created,
    /// It was paid, or costs nothing; its tickets are out.
    Confirmed,
    /// None of its tickets is good any more, or it was called off before it was paid.
    Cancelled,
    /// It was not paid in time.
    Expired,
    /// Late money is on its way, and it has its places again.
    Reopened,
    /// Money has gone back to its buyer.
    Refunded,
    /// Its buyer wants money back from a bank, or that was decided.
    Disputed,
    /// Something else about it: an attempt to pay, a refund on its way.
    Changed,
}

impl NewsKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Created,
        Self::Confirmed,
        Self::Cancelled,
        Self::Expired,
        Self::Reopened,
        Self::Refunded,
        Self::Disputed,
        Self::Changed,
    ];

    /// As kept and as told.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "booking.created",
            Self::Confirmed => "booking.confirmed",
            Self::Cancelled => "booking.cancelled",
            Self::Expired => "booking.expired",
            Self::Reopened => "booking.reopened",
            Self::Refunded => "booking.refunded",
            Self::Disputed => "booking.disputed",
            Self::Changed => "booking.changed",
        }
    }

    const fn of_status(status: BookingStatus) -> Self {
        match status {
            BookingStatus::PendingPayment => Self::Reopened,
            BookingStatus::Confirmed => Self::Confirmed,
            BookingStatus::Cancelled => Self::Cancelled,
            BookingStatus::Expired => Self::Expired,
        }
    }
}

/// How a booking stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The booking's name for people.
    pub reference: Reference,
    /// Whose.
    pub buyer: AccountId,
    /// Where it stands.
    pub status: BookingStatus,
    /// What was bought.
    pub items: Vec<Item>,
    /// The sum.
    pub total: Money,
    /// What the platform keeps of it.
    pub platform_fee: Money,
    /// What was charged, less what went back.
    pub paid: Money,
    /// What went back or is on its way.
    pub refunded: Money,
    /// The voucher that it was made with.
    pub voucher: Option<Applied>,
    /// All attempts, the first first.
    pub payments: Vec<PaymentFacts>,
    /// All money that goes back.
    pub refunds: Vec<RefundFacts>,
    /// Charges that somebody wants back from a bank.
    pub disputes: Vec<DisputeFacts>,
    /// Since when.
    pub created_at: Timestamp,
    /// Its places are kept until then while it waits for its payment.
    pub pay_by: Timestamp,
    /// When it was confirmed, cancelled or expired.
    pub decided_at: Option<Timestamp>,
}

/// An attempt to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFacts {
    /// Names it.
    pub id: PaymentId,
    /// Through whom.
    pub provider: Provider,
    /// Real money, or the provider's test mode.
    pub live: bool,
    /// What was asked for.
    pub amount: Money,
    /// Where it stands.
    pub status: PaymentStatus,
    /// What was charged.
    pub paid: Option<Money>,
}

/// Money that goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundFacts {
    /// Names it.
    pub id: RefundId,
    /// Of which attempt.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
    /// Where it stands.
    pub status: RefundStatus,
    /// The tickets whose price it gives back.
    pub tickets: Vec<TicketId>,
}

/// A charge that somebody wants back from a bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeFacts {
    /// Names it.
    pub id: DisputeId,
    /// Of which attempt.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub status: DisputeStatus,
}

impl From<&Booking> for Facts {
    fn from(booking: &Booking) -> Self {
        let payments = booking.payments.iter().map(|it| PaymentFacts {
            id: it.id,
            provider: it.provider,
            live: it.live,
            amount: it.amount,
            status: it.status,
            paid: it.paid,
        });
        let refunds = booking.refunds.iter().map(|it| RefundFacts {
            id: it.id,
            payment: it.payment,
            amount: it.amount,
            reason: it.reason,
            status: it.status,
            tickets: it.tickets.clone(),
        });
        let disputes = booking.disputes.iter().map(|it| DisputeFacts {
            id: it.id,
            payment: it.payment,
            amount: it.amount,
            status: it.status,
        });
        Self {
            reference: booking.reference.clone(),
            buyer: booking.buyer,
            status: booking.status,
            items: booking.items.clone(),
            total: booking.total,
            platform_fee: booking.platform_fee,
            paid: booking.paid(),
            refunded: booking.refunded(),
            voucher: booking.voucher,
            payments: payments.collect(),
            refunds: refunds.collect(),
            disputes: disputes.collect(),
            created_at: booking.created_at,
            pay_by: booking.pay_by,
            decided_at: booking.decided_at,
        }
    }
}

/// That a booking was made.
///
/// # Errors
/// It cannot be written as a text.
pub fn made(booking: &Booking) -> Result<News, StoreError> {
    let kind = match booking.status {
        BookingStatus::PendingPayment => NewsKind::Created,
        decided => NewsKind::of_status(decided),
    };
    of(booking, kind, booking.created_at)
}

/// That a booking was changed; what it was before may not be known.
///
/// # Errors
/// It cannot be written as a text.
pub fn changed(before: Option<&Booking>, after: &Booking, now: Timestamp) -> Result<News, StoreError> {
    of(after, before.map_or(NewsKind::Changed, |before| kind(before, after)), now)
}

fn of(booking: &Booking, kind: NewsKind, at: Timestamp) -> Result<News, StoreError> {
    let body = serde_json::to_string(&Facts::from(booking));
    Ok(News {
        booking: booking.id,
        organisation: booking.organisation,
        event: booking.event,
        kind: kind.as_str(),
        at,
        body: body.map_err(|error| StoreError::broken("telling of a booking", error))?,
    })
}

fn kind(before: &Booking, after: &Booking) -> NewsKind {
    if before.status != after.status {
        return NewsKind::of_status(after.status);
    }
    let done = |booking: &Booking, id: RefundId| {
        booking.refunds.iter().any(|refund| refund.id == id && refund.status == RefundStatus::Done)
    };
    if after.refunds.iter().any(|refund| done(after, refund.id) && !done(before, refund.id)) {
        return NewsKind::Refunded;
    }
    if before.disputes != after.disputes { NewsKind::Disputed } else { NewsKind::Changed }
}

#[cfg(test)]
mod tests;
