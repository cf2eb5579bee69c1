//! The order: what was bought at which price, what was paid for it, and what went back.

mod attempts;
mod money;

use crate::{
    Applied, CancellationRequest, Dispute, Hold, IncidentKind, Item, OfferTerms, Payment, PaymentChoice,
    PaymentStatus, Promise, Provider, Reference, Refund, Sale, SaleStatus,
};
use chrono::TimeDelta;
use kernel::{AccountId, BookingId, EventId, HoldId, Money, OrganisationId, PaymentId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingStatus {
    /// The places are kept until `pay_by`.
    PendingPayment,
    /// Paid, or free; the tickets are out.
    Confirmed,
    /// None of its tickets is good any more, or it was called off before it was paid; the places were given back.
    Cancelled,
    /// Not paid in time; the places were given back.
    Expired,
}

impl BookingStatus {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PendingPayment => "pending_payment",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// Who is to come.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendee {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Where to reach them, if that was said.
    pub email: Option<String>,
}

impl fmt::Debug for Attendee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attendee")
    }
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// Names it.
    pub id: BookingId,
    /// Names it for people.
    pub reference: Reference,
    /// For which event.
    pub event: EventId,
    /// Who runs it.
    pub organisation: OrganisationId,
    /// Whose.
    pub buyer: AccountId,
    /// The hold that it was made of; a hold makes one booking.
    pub hold: HoldId,
    /// Where it stands.
    pub status: BookingStatus,
    /// What was bought, at the prices of the hold.
    pub items: Vec<Item>,
    /// Who is to come, in the order of the tickets; may be fewer than tickets.
    pub attendees: Vec<Attendee>,
    /// The sum.
    pub total: Money,
    /// What the platform keeps of it, as agreed when it was bought.
    pub platform_fee: Money,
    /// Since when.
    pub created_at: Timestamp,
    /// Its places are kept until then.
    pub pay_by: Timestamp,
    /// When it was confirmed, cancelled or expired.
    pub decided_at: Option<Timestamp>,
    /// The attempt whose money bought the places; what any other brought is not for this booking.
    pub paid_by: Option<PaymentId>,
    /// What was promised, when it was bought, to those who cancel; without it only staff may.
    #[serde(default)]
    pub promise: Option<Promise>,
    /// What the buyer last asked of staff.
    #[serde(default)]
    pub request: Option<CancellationRequest>,
    /// All attempts, the first first.
    pub payments: Vec<Payment>,
    /// All money that went back.
    pub refunds: Vec<Refund>,
    /// Charges that somebody wants back from a bank or from a provider.
    #[serde(default)]
    pub disputes: Vec<Dispute>,
    /// The voucher that it was made with.
    #[serde(default)]
    pub voucher: Option<Applied>,
}

/// The provider account through which an attempt goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Till {
    /// Which provider.
    pub provider: Provider,
    /// Which of our accounts there.
    pub account: String,
    /// Real money or test mode.
    pub live: bool,
}

/// What a buyer adds to a hold to make it a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// Who asks.
    pub buyer: AccountId,
    /// The hold.
    pub hold: HoldId,
    /// How to pay, with the account that takes it; `None` when there is nothing to pay.
    pub payment: Option<(PaymentChoice, Till)>,
    /// Who is to come.
    pub attendees: Vec<Attendee>,
}

/// How long buyers have, and what the platform keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// From the confirmation until the places are given back.
    pub payment: TimeDelta,
    /// From the start of an unpaid booking until the provider is first asked about it.
    pub first_look: TimeDelta,
    /// Between two questions about a payment, and about a refund whose answer was lost.
    pub look_again: TimeDelta,
    /// The platform's share of what is sold, in hundredths of a percent.
    pub platform_fee: u32,
    /// How long a bank transfer may take from the confirmation on; none is offered when absent.
    pub transfer: Option<TimeDelta>,
    /// How long those on a waiting list have for what they are offered.
    pub offers: OfferTerms,
}

impl Terms {
    /// So long to pay, the provider is asked every minute, and the platform keeps nothing.
    #[must_use]
    pub const fn to_pay_within(payment: TimeDelta) -> Self {
        let minute = TimeDelta::seconds(60);
        let offers = OfferTerms::lasting(TimeDelta::hours(12));
        Self { payment, first_look: minute, look_again: minute, platform_fee: 0, transfer: None, offers }
    }
}

/// Why a hold did not become a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmRefusal {
    /// Ended, released, or never the asker's.
    #[error("the hold has ended")]
    HoldExpired,
    /// The event was taken off sale meanwhile.
    #[error("the event is not on sale any more")]
    NotOnSale,
    /// Something is to be paid and no way was named, or one was named for nothing.
    #[error("this way to pay does not fit the total")]
    PaymentDoesNotFit,
    /// More attendees than tickets.
    #[error("there are more attendees than tickets")]
    TooManyAttendees,
}

/// Why no new attempt was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayRefusal {
    /// It is paid, expired, or there is nothing to pay.
    #[error("this booking is not waiting for a payment")]
    NotPayable,
    /// So many attempts that something is wrong.
    #[error("there were too many attempts to pay this booking")]
    TooManyAttempts,
}

/// Most attempts per booking.
pub const MOST_ATTEMPTS: u32 = 20;

/// Whether an unpaid booking can be given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lapse {
    /// Not pending any more.
    Settled,
    /// Its time is not over.
    TooEarly,
    /// These attempts could still be paid; each must be ended at its provider first.
    AskFirst(Vec<PaymentId>),
    /// It was given up now, and its places with it.
    Expired,
}

impl Booking {
    /// Makes a booking of a living hold: confirmed at once when there is nothing to pay.
    ///
    /// # Errors
    /// A [`ConfirmRefusal`]; nothing has changed then.
    pub fn confirm(
        hold: &Hold,
        asked: &Confirmation,
        sale: &mut Sale,
        terms: Terms,
        now: Timestamp,
    ) -> Result<Self, ConfirmRefusal> {
        if hold.buyer != asked.buyer || !hold.lives(now) {
            return Err(ConfirmRefusal::HoldExpired);
        }
        if sale.status != SaleStatus::Open || now >= sale.ends_at {
            return Err(ConfirmRefusal::NotOnSale);
        }
        if hold.total.is_zero() != asked.payment.is_none() {
            return Err(ConfirmRefusal::PaymentDoesNotFit);
        }
        if asked.attendees.len() > usize::try_from(hold.places()).unwrap_or(usize::MAX) {
            return Err(ConfirmRefusal::TooManyAttendees);
        }
        let mut booking = Self {
            id: BookingId::generate(now),
            reference: Reference::generate(),
            event: hold.event,
            organisation: sale.organisation,
            buyer: hold.buyer,
            hold: hold.id,
            status: BookingStatus::PendingPayment,
            items: hold.items.clone(),
            attendees: asked.attendees.clone(),
            total: hold.total,
            platform_fee: share(hold.total, terms.platform_fee),
            created_at: now,
            pay_by: now + terms.payment,
            decided_at: None,
            paid_by: None,
            promise: sale.promise.clone(),
            request: None,
            payments: Vec::new(),
            refunds: Vec::new(),
            disputes: Vec::new(),
            voucher: hold.voucher,
        };
        match &asked.payment {
            Some((choice, till)) => {
                sale.claim_booked(&booking.items, booking.hold, now);
                booking.attempt(choice, till, now);
                booking.wait_for_transfer(choice.provider, sale.starts_at, terms);
            }
            None => booking.place(sale, now),
        }
        Ok(booking)
    }

    /// Starts another attempt, also with another provider.
    ///
    /// # Errors
    /// A [`PayRefusal`].
    pub fn pay(
        &mut self,
        choice: &PaymentChoice,
        till: &Till,
        now: Timestamp,
    ) -> Result<PaymentId, PayRefusal> {
        if self.status != BookingStatus::PendingPayment || now >= self.pay_by || self.total.is_zero() {
            return Err(PayRefusal::NotPayable);
        }
        if self.payments.len() >= usize::try_from(MOST_ATTEMPTS).unwrap_or(usize::MAX) {
            return Err(PayRefusal::TooManyAttempts);
        }
        Ok(self.attempt(choice, till, now))
    }

    /// Turns its held places into sold ones.
    pub(crate) fn place(&mut self, sale: &mut Sale, now: Timestamp) {
        sale.sell(&self.items, self.hold, now);
        self.status = BookingStatus::Confirmed;
        self.decided_at = Some(now);
    }

    /// Under what its places were taken: its hold, and its voucher.
    pub(crate) fn claimant(&self) -> (HoldId, Option<kernel::VoucherId>) {
        (self.hold, self.voucher.map(|it| it.id))
    }

    /// The line that a ticket was bought by.
    pub(crate) fn item_of(&self, ticket: &crate::Ticket) -> Option<&Item> {
        let same = |item: &&Item| item.ticket_type == ticket.ticket_type && item.seat == ticket.seat;
        self.items.iter().find(same)
    }

    /// An attempt by its id.
    #[must_use]
    pub fn payment(&self, id: PaymentId) -> Option<&Payment> {
        self.payments.iter().find(|payment| payment.id == id)
    }

    /// The attempt that speaks for the booking: the one that bought it, else one that was paid, else the latest that
    /// was started.
    #[must_use]
    pub fn current_payment(&self) -> Option<&Payment> {
        let bought = self.paid_by.and_then(|id| self.payment(id));
        let paid = || self.payments.iter().find(|payment| payment.status == PaymentStatus::Paid);
        let second = Some(IncidentKind::SecondCharge.as_str());
        let started = |payment: &&Payment| payment.problem.as_deref() != second;
        bought.or_else(paid).or_else(|| self.payments.iter().rfind(started))
    }

    /// Keeps the provider's answer to an attempt; `false` when nobody may pay it any more, and the caller has to
    /// end it at the provider and must not hand its URL out.
    pub fn opened(&mut self, id: PaymentId, session: &str, checkout_url: &str, now: Timestamp) -> bool {
        let alive = self.status == BookingStatus::PendingPayment;
        let Some(payment) = self.payments.iter_mut().find(|payment| payment.id == id) else { return false };
        payment.session.get_or_insert_with(|| session.to_owned());
        if payment.status == PaymentStatus::Created {
            payment.status = PaymentStatus::Open;
            payment.changed_at = now;
        }
        let payable = alive && payment.status == PaymentStatus::Open;
        if payable {
            payment.checkout_url = Some(checkout_url.to_owned());
        }
        payable
    }

    /// Gives an unpaid booking up once its time is over and no attempt can be paid any more.
    pub fn lapse(&mut self, sale: &mut Sale, now: Timestamp) -> Lapse {
        if self.status != BookingStatus::PendingPayment {
            return Lapse::Settled;
        }
        if now < self.pay_by {
            return Lapse::TooEarly;
        }
        let alive: Vec<_> = self
            .payments
            .iter()
            .filter(|payment| payment.status.may_be_paid())
            .map(|payment| payment.id)
            .collect();
        if !alive.is_empty() {
            return Lapse::AskFirst(alive);
        }
        sale.give_back(&self.items, self.claimant());
        self.status = BookingStatus::Expired;
        self.decided_at = Some(now);
        Lapse::Expired
    }
}

/// So many hundredths of a percent of an amount, rounded once, half up.
fn share(of: Money, basis_points: u32) -> Money {
    let exact = i128::from(of.minor()) * i128::from(basis_points);
    let rounded = i64::try_from((exact + 5_000) / 10_000).unwrap_or(i64::MAX);
    // More than all of it is nobody's share.
    Money::new(rounded.min(of.minor()), of.currency()).unwrap_or(of)
}

#[cfg(test)]
mod tests;
