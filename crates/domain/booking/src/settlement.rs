//! What a provider's word does to a booking. The one place that decides it, whoever brings the word: a webhook, the
//! buyer's return, or our own question; in any order, any number of times.

use crate::{
    Booking, BookingStatus, BuyerNews, Charge, Effect, Holdings, Incident, IncidentKind, Payment,
    PaymentStatus, RefundReason, Sale, Standing, Ticket,
};
use kernel::{IncidentId, PaymentId, Timestamp};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Nothing new, or nothing to do.
    Unchanged,
    /// Noted on the attempt.
    Noted,
    /// The money is ours and the tickets are out.
    Confirmed(Vec<Ticket>),
    /// The money is ours but must go back.
    SentBack(BuyerNews),
    /// A person has to decide.
    Incident(Incident),
    /// The buyer agreed: the money can be taken now.
    Capture {
        /// The booking had been given up and has its places again.
        revived: bool,
    },
    /// The buyer had agreed before, and the money has not been taken yet. Nothing new.
    StillToCapture,
}

/// Applies what a provider says of an attempt; `already` is what the buyer has of the event beside this booking, and
/// matters only when the booking had been given up.
///
/// Paid is never undone by a later word, and a later `Paid` undoes everything else: charges are facts.
#[must_use]
pub fn settle(
    booking: &mut Booking,
    sale: &mut Sale,
    attempt: PaymentId,
    (standing, already): (&Standing, &Holdings),
    now: Timestamp,
) -> Settled {
    let Some(payment) = booking.payments.iter_mut().find(|payment| payment.id == attempt) else {
        return Settled::Unchanged;
    };
    if let Standing::Paid(charge) = standing {
        return paid(booking, sale, attempt, (charge, already), now);
    }
    if matches!(payment.status, PaymentStatus::Paid | PaymentStatus::Mismatched) {
        return Settled::Unchanged;
    }
    let before = (payment.status, payment.problem.clone());
    match standing {
        Standing::Paid(_) => {}
        // An agreement that the provider has taken back; if it stands again, the next look sees it.
        Standing::Open if payment.status == PaymentStatus::Processing => payment.status = PaymentStatus::Open,
        Standing::Open => {}
        Standing::Declined => {
            payment.problem = Some("declined".to_owned());
            // What was agreed to and then declined can be tried again on the same page.
            if payment.status == PaymentStatus::Processing {
                payment.status = PaymentStatus::Open;
                payment.declines = payment.declines.saturating_add(1);
            }
        }
        Standing::Approved => return approved(booking, sale, attempt, already, now),
        // An older word than that it came to nothing.
        Standing::Processing if !payment.status.may_be_paid() => {}
        Standing::Processing => payment.status = PaymentStatus::Processing,
        Standing::Failed => payment.status = PaymentStatus::Failed,
        Standing::Closed => payment.status = PaymentStatus::Closed,
    }
    if before == (payment.status, payment.problem.clone()) {
        return Settled::Unchanged;
    }
    payment.changed_at = now;
    Settled::Noted
}

/// The buyer agreed and no money has moved: it is taken only if there is a place for it.
fn approved(
    booking: &mut Booking,
    sale: &mut Sale,
    attempt: PaymentId,
    already: &Holdings,
    now: Timestamp,
) -> Settled {
    let Some(status) = booking.payment(attempt).map(|payment| payment.status) else {
        return Settled::Unchanged;
    };
    let on_its_way = |other: &Payment| other.id != attempt && other.status == PaymentStatus::Processing;
    if booking.status == BookingStatus::PendingPayment && booking.payments.iter().any(on_its_way) {
        // Taking this as well would charge the buyer twice. If the other comes to nothing, the watch finds this one.
        return Settled::Unchanged;
    }
    let revived = booking.status == BookingStatus::Expired && sale.take_again(booking, already, now);
    if revived {
        booking.status = BookingStatus::PendingPayment;
        booking.decided_at = None;
    }
    // An approval that is not taken ends by itself at the provider and costs the buyer nothing.
    let pending = booking.status == BookingStatus::PendingPayment;
    let becomes = if pending { PaymentStatus::Processing } else { PaymentStatus::Closed };
    if becomes == status && !revived {
        return if pending { Settled::StillToCapture } else { Settled::Unchanged };
    }
    if let Some(payment) = booking.payments.iter_mut().find(|payment| payment.id == attempt) {
        payment.status = becomes;
        payment.changed_at = now;
    }
    if pending { Settled::Capture { revived } } else { Settled::Noted }
}

fn paid(
    booking: &mut Booking,
    sale: &mut Sale,
    attempt: PaymentId,
    (charge, already): (&Charge, &Holdings),
    now: Timestamp,
) -> Settled {
    let id = booking.id;
    let Some(payment) = booking.payments.iter_mut().find(|payment| payment.id == attempt) else {
        return Settled::Unchanged;
    };
    let incident = |payment, kind, evidence| {
        let id_ = IncidentId::generate(now);
        Settled::Incident(Incident {
            id: id_,
            kind,
            booking: id,
            payment,
            refund: None,
            evidence,
            at: now,
            resolved: None,
        })
    };
    if let Some(known) = &payment.charge {
        let evidence = format!("charged as {known} and again as {}", charge.reference);
        return match booking.charged_again(attempt, charge, now) {
            Some(again) => incident(again, IncidentKind::SecondCharge, evidence),
            None => Settled::Unchanged,
        };
    }
    payment.charge = Some(charge.reference.clone());
    payment.paid = Some(charge.amount);
    payment.charged_at = Some(now);
    payment.checkout_url = None;
    payment.changed_at = now;
    if let Some((kind, evidence)) = mismatch(payment.amount, payment.live, charge) {
        payment.status = PaymentStatus::Mismatched;
        payment.problem = Some(kind.as_str().to_owned());
        return incident(attempt, kind, evidence);
    }
    payment.status = PaymentStatus::Paid;
    payment.problem = None;
    match booking.status {
        BookingStatus::PendingPayment => confirmed(booking, sale, attempt, now),
        BookingStatus::Expired if sale.take_again(booking, already, now) => {
            confirmed(booking, sale, attempt, now)
        }
        BookingStatus::Expired | BookingStatus::Cancelled => {
            sent_back(booking, attempt, RefundReason::NoPlaces, now)
        }
        BookingStatus::Confirmed => sent_back(booking, attempt, RefundReason::Overpaid, now),
    }
}

fn mismatch(asked: kernel::Money, live: bool, charge: &Charge) -> Option<(IncidentKind, String)> {
    // First whether it is money at all: what lies in the other mode is kept apart in the ledger.
    let kind = if charge.live != live {
        IncidentKind::WrongMode
    } else if charge.amount.currency() != asked.currency() {
        IncidentKind::WrongCurrency
    } else if charge.amount != asked {
        IncidentKind::WrongAmount
    } else {
        return None;
    };
    let mode = |live| if live { "live" } else { "test" };
    let (asked_mode, came_mode) = (mode(live), mode(charge.live));
    let came = charge.amount;
    Some((
        kind,
        format!("asked for {asked} ({asked_mode}), charged {came} ({came_mode}) as {}", charge.reference),
    ))
}

pub(crate) fn confirmed(
    booking: &mut Booking,
    sale: &mut Sale,
    attempt: PaymentId,
    now: Timestamp,
) -> Settled {
    booking.place(sale, now);
    booking.paid_by = Some(attempt);
    Settled::Confirmed(Ticket::issue(booking, now))
}

fn sent_back(booking: &mut Booking, attempt: PaymentId, reason: RefundReason, now: Timestamp) -> Settled {
    match booking.send_back(attempt, reason, now) {
        Some(_) => Settled::SentBack(match reason {
            RefundReason::Overpaid => BuyerNews::Overpaid,
            RefundReason::NoPlaces
            | RefundReason::Cancelled
            | RefundReason::EventCancelled
            | RefundReason::Staff
            | RefundReason::Resold
            | RefundReason::External => BuyerNews::TooLate,
        }),
        None => Settled::Unchanged,
    }
}

impl Settled {
    /// The work that is owed because of it.
    #[must_use]
    pub fn effects(&self, booking: &Booking, attempt: PaymentId) -> Vec<Effect> {
        let booking_id = booking.id;
        match self {
            Self::Unchanged | Self::Noted | Self::StillToCapture => Vec::new(),
            Self::Confirmed(_) => {
                // Attempts in other tabs are ended at once, so that they bring no second payment.
                let others = booking.payments.iter().any(|payment| payment.status.may_be_paid());
                let watch = others.then_some(Effect::WatchBooking { booking: booking_id });
                [Effect::SendTickets { booking: booking_id }].into_iter().chain(watch).collect()
            }
            Self::Capture { revived } => {
                // The watch over a booking ended when it was given up.
                let watch = revived.then_some(Effect::WatchBooking { booking: booking_id });
                [Effect::Capture { booking: booking_id, payment: attempt }].into_iter().chain(watch).collect()
            }
            Self::Incident(incident) => vec![Effect::TellAdmins { incident: incident.clone() }],
            Self::SentBack(news) => {
                let created = booking.refunds.last().map(|refund| refund.id);
                let refund = created.map(|refund| Effect::SendRefund { booking: booking_id, refund });
                refund.into_iter().chain([Effect::TellBuyer { booking: booking_id, news: *news }]).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests;
