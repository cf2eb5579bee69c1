//! One thing that a provider lists, beside what booking and ledger say of it.

use super::books::Books;
use super::found::words;
use super::thing::{Thing, size};
use super::{About, Found, TaskKind};
use crate::{Booking, Dispute, DisputeStatus, Payment, Refund, RefundOrder, RefundStatus, Till};
use chrono::TimeDelta;
use kernel::{Money, Timestamp};

/// So long a charge or refund may be known to the provider alone: its notice is on its way, and bookings that wait
/// are asked about in between.
const FRESH: TimeDelta = TimeDelta::minutes(30);

/// What comes of a comparison. Amounts are what our books say came to us, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All agree.
    Agrees(i64),
    /// It has begun and not ended: no difference.
    OnItsWay(i64),
    /// The amounts are in two currencies.
    Converted,
    /// Money left for a refund that failed, our books say: whether it came back, the provider has to be asked.
    Ask(Box<RefundOrder>, Box<Found>),
    /// They do not agree.
    Differs(Box<Found>, i64),
}

/// Compares a thing with the books.
pub(super) fn judge(thing: &Thing, till: &Till, books: &Books, now: Timestamp) -> Verdict {
    let charge = match thing.about {
        About::Charge => Some(thing.charge.as_deref().unwrap_or(&thing.reference)),
        _ => thing.charge.as_deref(),
    };
    let case = Case { thing, till, books, now };
    let Some(booking) = books.find(charge, thing.refund) else { return case.unknown(None) };
    let payment = booking.payments.iter().find(|payment| {
        payment.provider == till.provider && payment.charge.is_some() && payment.charge.as_deref() == charge
    });
    match thing.about {
        About::Charge => case.charge(booking, payment),
        About::Refund => case.refund(booking, payment),
        About::Dispute => case.dispute(booking, payment),
        About::Fee | About::Booking => case.unknown(None),
    }
}

struct Case<'a> {
    thing: &'a Thing,
    till: &'a Till,
    books: &'a Books,
    now: Timestamp,
}

impl Case<'_> {
    fn found(&self, kind: TaskKind, whose: Option<(&Booking, &Payment)>, ours: Option<Money>) -> Box<Found> {
        let Thing { about, reference, .. } = self.thing;
        let theirs = Some(self.thing.size());
        Box::new(Found {
            kind,
            till: self.till.clone(),
            about: *about,
            reference: reference.clone(),
            booking: whose.map(|(booking, _)| booking.id),
            payment: whose.map(|(_, payment)| payment.id),
            ours,
            theirs,
            words: words(kind, &format!("{} {reference}", about.as_str()), ours, theirs),
        })
    }

    fn unknown(&self, whose: Option<(&Booking, &Payment)>) -> Verdict {
        let Thing { about, minor, at, .. } = self.thing;
        if *minor == 0 {
            // It came and went: nothing is missing.
            return Verdict::Agrees(0);
        }
        if *about != About::Dispute && self.now - *at < FRESH {
            return Verdict::OnItsWay(0);
        }
        Verdict::Differs(self.found(TaskKind::MissingHere, whose, None), 0)
    }

    fn charge(&self, booking: &Booking, payment: Option<&Payment>) -> Verdict {
        let Some((payment, paid)) = payment.and_then(|payment| Some((payment, payment.paid?))) else {
            return self.unknown(payment.map(|payment| (booking, payment)));
        };
        let whose = Some((booking, payment));
        let minor = self.thing.minor;
        if paid.currency() != self.thing.currency {
            return Verdict::Converted;
        }
        if minor == paid.minor() {
            return Verdict::Agrees(minor);
        }
        let kind = if minor <= 0 {
            // It failed after all and was taken back.
            TaskKind::StateDiffers
        } else if self.books.charged(booking.id, payment.id) == minor {
            TaskKind::OrderDiffers
        } else {
            TaskKind::AmountDiffers
        };
        Verdict::Differs(self.found(kind, whose, Some(paid)), paid.minor())
    }

    fn refund(&self, booking: &Booking, payment: Option<&Payment>) -> Verdict {
        let Thing { reference, refund, currency, .. } = self.thing;
        let known = booking.refunds.iter().find(|known| {
            Some(known.id) == *refund
                || (payment.is_some_and(|payment| payment.id == known.payment)
                    && known.reference.as_ref() == Some(reference))
        });
        let whose = known.and_then(|known| booking.payment(known.payment)).or(payment);
        let whose = whose.map(|payment| (booking, payment));
        let Some(known) = known else { return self.unknown(whose) };
        if known.amount.currency() != *currency {
            return Verdict::Converted;
        }
        let (gone, amount) = (-self.thing.minor, known.amount.minor());
        let failed = known.status == RefundStatus::Failed;
        match (failed, gone) {
            (true, gone) if gone <= 0 => Verdict::Agrees(-gone),
            (true, _) => {
                let found = self.found(TaskKind::StateDiffers, whose, Some(Money::zero(*currency)));
                match whose.and_then(|(booking, payment)| order(booking, payment, known)) {
                    Some(order) => Verdict::Ask(Box::new(order), found),
                    None => Verdict::Differs(found, 0),
                }
            }
            (false, gone) if gone == amount && known.status == RefundStatus::Done => Verdict::Agrees(-amount),
            (false, gone) if gone == amount => Verdict::OnItsWay(-amount),
            (false, gone) => {
                let kind = if gone <= 0 {
                    TaskKind::StateDiffers
                } else if self.books.sent_back(booking.id, known.id) == gone {
                    TaskKind::OrderDiffers
                } else {
                    TaskKind::AmountDiffers
                };
                Verdict::Differs(self.found(kind, whose, Some(known.amount)), -amount)
            }
        }
    }

    /// A dispute takes the money when it is opened and gives it back when it is won, perhaps weeks apart: what left
    /// has to be a dispute that we know, whatever became of it; what came back, one that was not lost.
    fn dispute(&self, booking: &Booking, payment: Option<&Payment>) -> Verdict {
        let Some(payment) = payment else { return self.unknown(None) };
        let whose = Some((booking, payment));
        let of_it = |dispute: &&Dispute| dispute.payment == payment.id;
        let named =
            booking.disputes.iter().filter(of_it).find(|known| known.reference == self.thing.reference);
        let disputes: Vec<&Dispute> = match named {
            Some(named) => vec![named],
            // PayPal names the charge, not the dispute.
            None if self.thing.charge.as_ref() == Some(&self.thing.reference) => {
                booking.disputes.iter().filter(of_it).collect()
            }
            None => Vec::new(),
        };
        let Some(last) = disputes.last() else { return self.unknown(whose) };
        if disputes.iter().any(|dispute| dispute.amount.currency() != self.thing.currency) {
            return Verdict::Converted;
        }
        let minor = self.thing.minor;
        if minor == 0 {
            return Verdict::Agrees(0);
        }
        let moved = self.thing.size().minor();
        let open = disputes.iter().any(|dispute| dispute.status == DisputeStatus::Open);
        let all = disputes.iter().map(|dispute| dispute.amount.minor()).fold(0, i64::saturating_add);
        let fits = all == moved || disputes.iter().any(|dispute| dispute.amount.minor() == moved);
        let came_back = minor > 0 && disputes.iter().all(|dispute| dispute.status == DisputeStatus::Lost);
        let ours = if minor > 0 { last.amount.minor() } else { -last.amount.minor() };
        match (came_back, fits) {
            (true, _) => Verdict::Differs(
                self.found(TaskKind::StateDiffers, whose, Some(Money::zero(self.thing.currency))),
                0,
            ),
            (false, true) if open => Verdict::OnItsWay(minor),
            (false, true) => Verdict::Agrees(minor),
            (false, false) => {
                Verdict::Differs(self.found(TaskKind::AmountDiffers, whose, Some(last.amount)), ours)
            }
        }
    }
}

/// The checkout through which a charge came. A second charge through one is kept as an attempt without a checkout of its
/// own: it came through that of the attempt which had been charged before.
pub(super) fn session(booking: &Booking, payment: &Payment) -> Option<String> {
    let before = |other: &&Payment| {
        other.attempt < payment.attempt
            && (other.provider, &other.account) == (payment.provider, &payment.account)
            && other.charge.is_some()
            && other.session.is_some()
    };
    let first = || booking.payments.iter().filter(before).max_by_key(|other| other.attempt);
    payment.session.clone().or_else(|| first()?.session.clone())
}

/// By what the provider is asked about a refund.
pub(super) fn order(booking: &Booking, payment: &Payment, refund: &Refund) -> Option<RefundOrder> {
    Some(RefundOrder {
        refund: refund.id,
        payment: payment.id,
        session: session(booking, payment)?,
        charge: payment.charge.clone()?,
        amount: refund.amount,
        reference: refund.reference.clone(),
    })
}

/// The account at which a booking's money is.
pub(super) fn till_of(booking: &Booking) -> Option<Till> {
    let charged = booking.payments.iter().find(|payment| payment.charge.is_some());
    let payment = charged.or_else(|| booking.payments.first())?;
    Some(Till { provider: payment.provider, account: payment.account.clone(), live: payment.live })
}

/// A booking whose entries do not say what it says; one difference, however many accounts it touches.
pub(super) fn in_the_ledger(booking: &Booking, books: &Books, till: &Till) -> Option<Found> {
    let differences = crate::ledger::differences(booking, books.entries_of(booking.id));
    let widest = differences.iter().max_by_key(|it| it.expected.saturating_sub(it.found).saturating_abs())?;
    let (ours, theirs) = (size(widest.expected, widest.currency), size(widest.found, widest.currency));
    let accounts: Vec<_> = differences
        .iter()
        .map(|it| format!("{} ({} instead of {} minor units)", it.account, it.found, it.expected))
        .collect();
    let thing = format!("booking {}", booking.id);
    let said = words(TaskKind::LedgerDiffers, &thing, Some(ours), Some(theirs));
    Some(Found {
        kind: TaskKind::LedgerDiffers,
        till: till.clone(),
        about: About::Booking,
        reference: booking.id.to_string(),
        booking: Some(booking.id),
        payment: None,
        ours: Some(ours),
        theirs: Some(theirs),
        words: format!("{said}: {}", accounts.join(", ")),
    })
}
