//! Fees that a provider's movements tell of, and what of them the ledger lacks.
//!
//! A fee is posted once per movement. That of a lost dispute is posted with the loss, as part of what the booking
//! says; a close never posts it again.

use super::books::Books;
use super::found::words;
use super::thing::Fee;
use super::{About, Found, TaskKind};
use crate::ledger::Entry;
use crate::{Booking, Dispute, DisputeStatus, MovementKind, Payment, Till};
use kernel::{Money, Timestamp};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// A fee that the ledger is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeDue {
    /// At which account.
    pub till: Till,
    /// The provider's name for the movement, or for the dispute.
    pub reference: String,
    /// What the provider told of it on this day.
    pub told: Money,
    /// What is posted, unless it was.
    pub entry: Entry,
}

/// What is to be done about a fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decided {
    /// It is to be posted, unless it was.
    Post(Box<FeeDue>),
    /// It was posted with a lost dispute.
    Posted,
    /// What it belongs to is not known here yet, or not decided.
    Waits,
    /// It cannot be posted.
    Unposted(Box<Found>),
    /// There is none.
    Nothing,
}

/// Decides about a fee.
pub(super) fn decide(fee: &Fee, till: &Till, books: &Books, now: Timestamp) -> Decided {
    let booking = books.find(fee.charge.as_deref(), fee.refund);
    let payment = booking.and_then(|booking| paid_as(booking, fee));
    let whose = booking.zip(payment);
    match (fee.kind, whose) {
        (MovementKind::Charge | MovementKind::Refund, Some(_)) | (MovementKind::Other, _) => {
            post(fee, till, whose, now)
        }
        // Without it there is nothing that the fee was for: the difference is a task, and closes before this does.
        (MovementKind::Charge | MovementKind::Refund, None) => Decided::Waits,
        (MovementKind::Fee, _) => {
            let of_dispute = whose.and_then(|(booking, payment)| {
                let mut disputes = booking.disputes.iter().filter(|dispute| dispute.payment == payment.id);
                disputes.find(|dispute| dispute.fee == Some(fee.amount))
            });
            match of_dispute.map(|dispute| dispute.status) {
                Some(DisputeStatus::Lost) => Decided::Posted,
                Some(DisputeStatus::Open) => Decided::Waits,
                Some(DisputeStatus::Won) | None => post(fee, till, whose, now),
            }
        }
        (MovementKind::Dispute, Some(whose)) => of_dispute(fee, till, whose, now),
        (MovementKind::Dispute, None) if fee.amount.is_zero() => Decided::Nothing,
        (MovementKind::Dispute, None) => Decided::Waits,
    }
}

fn paid_as<'a>(booking: &'a Booking, fee: &Fee) -> Option<&'a Payment> {
    let by_charge = booking.payments.iter().find(|it| it.charge.is_some() && it.charge == fee.charge);
    let refund = || booking.refunds.iter().find(|refund| Some(refund.id) == fee.refund);
    by_charge.or_else(|| booking.payment(refund()?.payment))
}

/// The fee of a dispute: with the loss the booking posts it; when it is won and the provider keeps it, nobody else
/// does, so it is posted under the dispute's name, whichever of its movements told of it.
fn of_dispute(fee: &Fee, till: &Till, whose: (&Booking, &Payment), now: Timestamp) -> Decided {
    let (booking, payment) = whose;
    let mut of_it = booking.disputes.iter().filter(|dispute| dispute.payment == payment.id);
    let by_name = |dispute: &&Dispute| fee.about.as_ref().is_none_or(|name| dispute.reference == *name);
    let Some(dispute) = of_it.find(by_name) else {
        return if fee.amount.is_zero() { Decided::Nothing } else { Decided::Waits };
    };
    let known = dispute.fee.unwrap_or(fee.amount);
    match dispute.status {
        DisputeStatus::Open if fee.amount.is_zero() => Decided::Nothing,
        DisputeStatus::Open => Decided::Waits,
        DisputeStatus::Won => {
            let name = format!("dispute {}", dispute.reference);
            due((&name, dispute.opened_at), known, fee.amount, (till, Some(whose)), now)
        }
        DisputeStatus::Lost if fee.amount.is_zero() => Decided::Nothing,
        DisputeStatus::Lost if dispute.fee.is_none() => post(fee, till, Some(whose), now),
        DisputeStatus::Lost
            if known.currency() != fee.amount.currency() || known.minor() >= fee.amount.minor() =>
        {
            Decided::Posted
        }
        DisputeStatus::Lost => {
            let (ours, theirs) = (Some(known), Some(fee.amount));
            let thing = format!("fee {} of dispute {}", fee.reference, dispute.reference);
            Decided::Unposted(Box::new(Found {
                kind: TaskKind::FeeUnposted,
                till: till.clone(),
                about: About::Fee,
                reference: fee.reference.clone(),
                booking: Some(booking.id),
                payment: Some(payment.id),
                ours,
                theirs,
                words: words(TaskKind::FeeUnposted, &thing, ours, theirs),
            }))
        }
    }
}

fn post(fee: &Fee, till: &Till, whose: Option<(&Booking, &Payment)>, now: Timestamp) -> Decided {
    if fee.amount.is_zero() {
        return Decided::Nothing;
    }
    due((&fee.reference, fee.at), fee.amount, fee.amount, (till, whose), now)
}

fn due(
    (name, at): (&str, Timestamp),
    amount: Money,
    told: Money,
    (till, whose): (&Till, Option<(&Booking, &Payment)>),
    now: Timestamp,
) -> Decided {
    let account = (till.provider, till.account.as_str(), till.live);
    let charge = whose.map(|(booking, payment)| (booking, payment.id));
    match Entry::provider_fee(account, charge, (cause(till, name, at), amount), now) {
        Some(entry) => {
            let (till, reference) = (till.clone(), name.to_owned());
            Decided::Post(Box::new(FeeDue { till, reference, told, entry }))
        }
        None => Decided::Nothing,
    }
}

/// Names a fee's cause by the provider's name for it, sorted by when it was.
fn cause(till: &Till, name: &str, at: Timestamp) -> Uuid {
    let mut hash = Sha256::new();
    for part in [till.provider.as_str(), &till.account, if till.live { "live" } else { "test" }, name] {
        hash.update(part);
        hash.update([0]);
    }
    let [_, _, time @ ..] = at.timestamp_millis().to_be_bytes();
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(time.into_iter().chain(hash.finalize())) {
        *byte = hashed;
    }
    Builder::from_custom_bytes(bytes).into_uuid()
}

impl FeeDue {
    /// What the posting came to, as the ledger has it now: the difference, if it has another amount.
    #[must_use]
    pub fn posted(&self, entry: &Entry) -> Option<Found> {
        if entry.amount == self.entry.amount {
            return None;
        }
        let (ours, theirs) = (Some(entry.amount), Some(self.entry.amount));
        let kind = TaskKind::FeeDiffers;
        Some(Found {
            kind,
            till: self.till.clone(),
            about: About::Fee,
            reference: self.reference.clone(),
            booking: self.entry.booking,
            payment: self.entry.payment,
            ours,
            theirs,
            words: words(kind, &format!("fee {}", self.reference), ours, theirs),
        })
    }
}
