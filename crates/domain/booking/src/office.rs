//! What those who run events look through: bookings, payments, money that does not move, and cases for a person.

use crate::{
    Attendee, Booking, BookingStatus, Incident, Payment, PaymentStatus, Provider, Reference, Refund,
    RefundStatus, Ticket,
};
use chrono::TimeDelta;
use kernel::{AccountId, BookingId, Cursor, EventId, Money, OrganisationId, PaymentId, RefundId, Timestamp};

/// So long a provider may leave us without an answer.
pub const SILENT: TimeDelta = TimeDelta::hours(1);
/// So long a refund may be on its way: banks take up to ten working days.
pub const ON_ITS_WAY: TimeDelta = TimeDelta::days(14);

/// Which bookings are wanted; absent means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BookingFilter {
    /// Of these organisations.
    pub organisations: Option<Vec<OrganisationId>>,
    /// Of this event.
    pub event: Option<EventId>,
    /// With this status.
    pub status: Option<BookingStatus>,
    /// With this name.
    pub reference: Option<Reference>,
    /// That one of these bought, or of which one of them holds a ticket.
    pub people: Option<Vec<AccountId>>,
}

impl BookingFilter {
    /// Whether a booking is wanted, whoever bought it or came by its tickets.
    #[must_use]
    pub fn wants(&self, booking: &Booking) -> bool {
        self.organisations.as_ref().is_none_or(|all| all.contains(&booking.organisation))
            && self.event.is_none_or(|event| booking.event == event)
            && self.status.is_none_or(|status| booking.status == status)
            && self.reference.as_ref().is_none_or(|reference| booking.reference == *reference)
    }
}

/// Somebody who is looked for by name or address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The accounts of those it may be.
    pub accounts: Vec<AccountId>,
    /// What was typed, in lower case.
    pub text: String,
}

impl Person {
    /// Whether they bought a booking, hold one of its tickets, or are named as somebody who is to come.
    #[must_use]
    pub fn is_in(&self, booking: &Booking, tickets: &[Ticket]) -> bool {
        let mut held = tickets.iter().map(|ticket| ticket.holder);
        let named = tickets.iter().filter_map(|ticket| ticket.attendee.as_ref());
        self.accounts.contains(&booking.buyer)
            || held.any(|holder| self.accounts.contains(&holder))
            || booking.attendees.iter().chain(named).any(|attendee| self.is(attendee))
    }

    fn is(&self, attendee: &Attendee) -> bool {
        let name = format!("{} {}", attendee.first_name, attendee.last_name).to_lowercase();
        let address = attendee.email.as_ref().map(|email| email.to_lowercase());
        name.contains(&self.text) || address.is_some_and(|address| address.contains(&self.text))
    }
}

/// What bookings are looked for by, as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Among these.
    pub filter: BookingFilter,
    /// Those of somebody, where a part of a name or an address was typed.
    pub person: Option<Person>,
}

/// Which payments are wanted; absent means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaymentFilter {
    /// Of these organisations.
    pub organisations: Option<Vec<OrganisationId>>,
    /// With this status.
    pub status: Option<PaymentStatus>,
    /// Through this provider.
    pub provider: Option<Provider>,
    /// Of the booking with this name.
    pub reference: Option<Reference>,
}

impl PaymentFilter {
    /// Whether a payment is wanted.
    #[must_use]
    pub fn wants(&self, booking: &Booking, payment: &Payment) -> bool {
        self.organisations.as_ref().is_none_or(|all| all.contains(&booking.organisation))
            && self.status.is_none_or(|status| payment.status == status)
            && self.provider.is_none_or(|provider| payment.provider == provider)
            && self.reference.as_ref().is_none_or(|reference| booking.reference == *reference)
    }
}

/// Which booking something about money belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    /// The booking.
    pub booking: BookingId,
    /// Its name for people.
    pub reference: Reference,
    /// Its event.
    pub event: EventId,
    /// Who runs it.
    pub organisation: OrganisationId,
}

impl From<&Booking> for Whose {
    fn from(booking: &Booking) -> Self {
        Self {
            booking: booking.id,
            reference: booking.reference.clone(),
            event: booking.event,
            organisation: booking.organisation,
        }
    }
}

/// Something about money with its booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Of<T> {
    /// The booking.
    pub whose: Whose,
    /// What it is about.
    pub what: T,
}

/// Money that does not move although it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// Which attempt.
    pub payment: PaymentId,
    /// Which refund; absent when it is about the attempt itself.
    pub refund: Option<RefundId>,
    /// Through whom.
    pub provider: Provider,
    /// How much.
    pub amount: Money,
    /// Why.
    pub why: WhyStuck,
    /// Since when nothing has changed.
    pub since: Timestamp,
}

impl Stuck {
    /// Where it stands in lists.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        let id = self.refund.map_or(self.payment.as_uuid(), RefundId::as_uuid);
        Cursor { at: self.since, id }
    }
}

/// Why money does not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyStuck {
    /// The buyer's time is over, and the provider has not said what came of the attempt.
    NoAnswer,
    /// The refund was decided or sent, and the provider has not said what came of it.
    RefundUnanswered,
    /// The refund is on its way for longer than banks take.
    RefundOnItsWay,
    /// The provider will not send it back.
    RefundFailed,
    /// Somebody has to send it by hand and say so.
    RefundByHand,
}

impl WhyStuck {
    /// As shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoAnswer => "no_answer",
            Self::RefundUnanswered => "refund_unanswered",
            Self::RefundOnItsWay => "refund_on_its_way",
            Self::RefundFailed => "refund_failed",
            Self::RefundByHand => "refund_by_hand",
        }
    }
}

/// Whether an attempt is stuck at `now`.
#[must_use]
pub fn stuck_payment(booking: &Booking, payment: &Payment, now: Timestamp) -> Option<Stuck> {
    let late = booking.pay_by + SILENT <= now && payment.changed_at + SILENT <= now;
    (payment.status.may_be_paid() && late).then_some(Stuck {
        payment: payment.id,
        refund: None,
        provider: payment.provider,
        amount: payment.amount,
        why: WhyStuck::NoAnswer,
        since: payment.changed_at,
    })
}

/// Whether a refund is stuck at `now`.
#[must_use]
pub fn stuck_refund(booking: &Booking, refund: &Refund, now: Timestamp) -> Option<Stuck> {
    let payment = booking.payment(refund.payment)?;
    let (by_hand, age) = (payment.provider.is_by_hand(), now - refund.changed_at);
    let made_again = booking.refunds.iter().any(|other| other.again == Some(refund.id));
    let why = match refund.status {
        RefundStatus::Created | RefundStatus::Uncertain | RefundStatus::InTransit if by_hand => {
            WhyStuck::RefundByHand
        }
        RefundStatus::Created | RefundStatus::Uncertain if age >= SILENT => WhyStuck::RefundUnanswered,
        RefundStatus::InTransit if age >= ON_ITS_WAY => WhyStuck::RefundOnItsWay,
        RefundStatus::Failed if !made_again => WhyStuck::RefundFailed,
        RefundStatus::Created
        | RefundStatus::Uncertain
        | RefundStatus::InTransit
        | RefundStatus::Failed
        | RefundStatus::Done => return None,
    };
    Some(Stuck {
        payment: payment.id,
        refund: Some(refund.id),
        provider: payment.provider,
        amount: refund.amount,
        why,
        since: refund.changed_at,
    })
}

/// Which cases are wanted; absent means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentFilter {
    /// About bookings of these organisations.
    pub organisations: Option<Vec<OrganisationId>>,
    /// Only those that wait for a person, or only those that do not.
    pub open: Option<bool>,
}

impl IncidentFilter {
    /// Whether a case is wanted.
    #[must_use]
    pub fn wants(&self, whose: &Whose, incident: &Incident) -> bool {
        self.organisations.as_ref().is_none_or(|all| all.contains(&whose.organisation))
            && self.open.is_none_or(|open| open == incident.resolved.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{paid, somebody};

    #[test]
    fn somebody_is_found_as_buyer_as_holder_and_by_the_names_that_were_given() {
        let (_, mut booking, mut tickets) = paid(10, 2);
        let by = |accounts: Vec<AccountId>, text: &str| Person { accounts, text: text.into() };
        let nobody = || vec![somebody()];
        assert!(by(vec![booking.buyer], "?").is_in(&booking, &tickets));
        assert!(!by(nobody(), "ada").is_in(&booking, &tickets));
        let other = somebody();
        tickets[1].holder = other;
        assert!(by(vec![other], "?").is_in(&booking, &tickets));
        let ada = Attendee {
            first_name: "Ada".into(),
            last_name: "Byron".into(),
            email: Some("Countess@example.org".into()),
        };
        booking.attendees = vec![ada.clone()];
        for (text, found) in [("a by", true), ("countess@", true), ("grace", false)] {
            assert_eq!(by(nobody(), text).is_in(&booking, &[]), found, "{text}");
        }
        booking.attendees.clear();
        tickets[0].attendee = Some(ada);
        assert!(by(nobody(), "byron").is_in(&booking, &tickets));
    }
}
