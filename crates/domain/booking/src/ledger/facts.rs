//! What a booking says about money, and what of it the ledger lacks.

use super::{Account, Balance, Entry, EntryKind, cause_id};
use crate::refund::ROUNDED;
use crate::{Booking, Dispute, DisputeStatus, Payment, Refund, RefundStatus};
use kernel::{BookingId, Currency, DisputeId, Money, PaymentId, RefundId, Timestamp};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Something about money that holds for a booking: its kind, and the payment, refund or dispute that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// What.
    pub kind: EntryKind,
    /// About which payment, refund or dispute.
    pub subject: Uuid,
}

/// What a fact moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Shrinks.
    pub from: Account,
    /// Grows.
    pub to: Account,
    /// By so much; never zero.
    pub amount: Money,
    /// Which charge.
    pub payment: Option<PaymentId>,
    /// Which refund.
    pub refund: Option<RefundId>,
    /// Which dispute.
    pub dispute: Option<DisputeId>,
}

type Facts = BTreeMap<Fact, Transfer>;

/// All that holds for a booking now.
#[must_use]
pub fn facts(booking: &Booking) -> Facts {
    let mut facts = Facts::new();
    for payment in &booking.payments {
        charged(booking, payment, &mut facts);
    }
    for refund in &booking.refunds {
        sent_back(booking, refund, &mut facts);
    }
    for dispute in &booking.disputes {
        lost(booking, dispute, &mut facts);
    }
    facts
}

/// Where a charge lies.
fn place_of(payment: &Payment) -> Account {
    let live = if payment.came_in_other_mode() { !payment.live } else { payment.live };
    Account::Provider { provider: payment.provider, account: payment.account.clone(), live }
}

fn charged(booking: &Booking, payment: &Payment, facts: &mut Facts) {
    let (Some(paid), true) = (payment.paid, payment.charge.is_some()) else { return };
    let mut hold = |kind, from, to, amount: Money| {
        let (payment, refund, dispute) = (Some(payment.id), None, None);
        let transfer = Transfer { from, to, amount, payment, refund, dispute };
        if !amount.is_zero() {
            facts.insert(Fact { kind, subject: subject(&transfer) }, transfer);
        }
    };
    hold(EntryKind::Charge, Account::Buyers, place_of(payment), paid);
    if booking.paid_by != Some(payment.id) {
        return;
    }
    let organiser = || Account::Organiser(booking.organisation);
    hold(EntryKind::Sale, organiser(), Account::Buyers, booking.total);
    hold(EntryKind::PlatformFee, Account::PlatformFees, organiser(), booking.platform_fee);
    // A person took it for paid although less or more had come. Whoever runs the event has sold at what came; but for
    // the few cents by which cash is rounded, which nobody decided about.
    let (more, less) = (paid.minus(booking.total), booking.total.minus(paid));
    let owner = |difference: Money| match difference.minor() {
        ..=ROUNDED => Account::Rounding,
        _ => organiser(),
    };
    if let Some(more) = more {
        hold(EntryKind::Difference, owner(more), Account::Buyers, more);
    } else if let Some(less) = less {
        hold(EntryKind::Difference, Account::Buyers, owner(less), less);
    }
}

fn sent_back(booking: &Booking, refund: &Refund, facts: &mut Facts) {
    let Some(payment) = booking.payment(refund.payment) else { return };
    if refund.status == RefundStatus::Failed || refund.amount.is_zero() {
        return;
    }
    let mut hold = |kind, from, to| {
        let (payment, refunded, dispute) = (Some(payment.id), Some(refund.id), None);
        let transfer = Transfer { from, to, amount: refund.amount, payment, refund: refunded, dispute };
        facts.insert(Fact { kind, subject: subject(&transfer) }, transfer);
    };
    // What never paid for anything was never the organiser's.
    let earned = booking.paid_by == Some(payment.id);
    let owner = if earned { Account::Organiser(booking.organisation) } else { Account::Buyers };
    hold(EntryKind::RefundDecided, Account::Refunds, owner);
    if refund.status == RefundStatus::Done {
        hold(EntryKind::RefundDone, place_of(payment), Account::Refunds);
    }
}

/// A dispute moves money when it is lost; while it is open, whoever decides it may hold the money, and gives it back
/// when we win. What was taken may be more or less than the charge.
fn lost(booking: &Booking, dispute: &Dispute, facts: &mut Facts) {
    let Some(payment) = booking.payment(dispute.payment) else { return };
    if dispute.status != DisputeStatus::Lost {
        return;
    }
    let mut hold = |kind, from, to, amount: Money| {
        let (payment, refund, lost) = (Some(payment.id), None, Some(dispute.id));
        let transfer = Transfer { from, to, amount, payment, refund, dispute: lost };
        if !amount.is_zero() {
            facts.insert(Fact { kind, subject: subject(&transfer) }, transfer);
        }
    };
    let earned = booking.paid_by == Some(payment.id);
    let owner = if earned { Account::Organiser(booking.organisation) } else { Account::Buyers };
    hold(EntryKind::DisputeLost, place_of(payment), Account::Disputes, dispute.amount);
    hold(EntryKind::DisputeBorne, Account::Disputes, owner, dispute.amount);
    if let Some(fee) = dispute.fee {
        hold(EntryKind::DisputeFee, place_of(payment), Account::ProviderFees(payment.provider), fee);
    }
}

fn subject(transfer: &Transfer) -> Uuid {
    let payment = || transfer.payment.map(PaymentId::as_uuid);
    let refund = transfer.refund.map(RefundId::as_uuid);
    transfer.dispute.map(DisputeId::as_uuid).or(refund).or_else(payment).unwrap_or_default()
}

/// What a change of a booking owes to the ledger: nothing, when it changed nothing about money.
#[must_use]
pub fn postings(before: Option<&Booking>, after: &Booking, now: Timestamp) -> Vec<Entry> {
    let (held, holds) = (before.map(facts).unwrap_or_default(), facts(after));
    let gone = held.iter().filter(|(fact, transfer)| holds.get(fact) != Some(transfer));
    let gone = gone.map(|(fact, transfer)| (fact, back(transfer), true));
    let new = holds.iter().filter(|(fact, transfer)| held.get(fact) != Some(transfer));
    let new = new.map(|(fact, transfer)| (fact, transfer.clone(), false));
    gone.chain(new).map(|(fact, transfer, reversal)| entry(after, *fact, transfer, (reversal, now))).collect()
}

fn back(transfer: &Transfer) -> Transfer {
    let Transfer { from, to, .. } = transfer.clone();
    Transfer { from: to, to: from, ..transfer.clone() }
}

fn entry(booking: &Booking, fact: Fact, transfer: Transfer, (reversal, at): (bool, Timestamp)) -> Entry {
    let turn = turn(booking, &transfer);
    let Transfer { from, to, amount, payment, refund, dispute } = transfer;
    Entry {
        id: cause_id(fact.kind, fact.subject, (reversal, turn), amount),
        kind: fact.kind,
        reversal,
        from,
        to,
        amount,
        organisation: Some(booking.organisation),
        event: Some(booking.event),
        booking: Some(booking.id),
        payment,
        refund,
        dispute,
        at,
    }
}

/// Tells the second time from the first. A refund that we had concluded to have failed holds again when the provider
/// names it; a name is learnt once. Who bears a lost dispute changes once, when its charge is accepted as payment.
fn turn(booking: &Booking, transfer: &Transfer) -> u8 {
    if transfer.dispute.is_some() {
        return u8::from(booking.paid_by.is_some() && booking.paid_by == transfer.payment);
    }
    let found = booking.refunds.iter().find(|entry| Some(entry.id) == transfer.refund);
    u8::from(found.is_some_and(|refund| refund.reference.is_some()))
}

/// What entries add up to, per account and currency; accounts on which nothing is left are left out.
pub fn balances<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<Balance> {
    let moves = entries.into_iter().map(|entry| (&entry.from, &entry.to, entry.amount));
    let sums = sums(moves).into_iter().filter(|(_, minor)| *minor != 0);
    sums.map(|((account, currency), minor)| Balance { account, currency, minor }).collect()
}

type Sums = BTreeMap<(Account, Currency), i64>;

fn sums<'a>(moves: impl Iterator<Item = (&'a Account, &'a Account, Money)>) -> Sums {
    let mut sums = Sums::new();
    for (from, to, amount) in moves {
        let mut add = |account: &Account, minor: i64| {
            let sum = sums.entry((account.clone(), amount.currency())).or_default();
            *sum = sum.saturating_add(minor);
        };
        add(from, -amount.minor());
        add(to, amount.minor());
    }
    sums
}

/// An account on which a booking and the ledger do not agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which booking.
    pub booking: BookingId,
    /// On which account.
    pub account: Account,
    /// In what.
    pub currency: Currency,
    /// What follows from the booking, in minor units.
    pub expected: i64,
    /// What its entries add up to.
    pub found: i64,
}

/// Where a booking and its entries do not agree: nowhere, unless something is broken.
#[must_use]
pub fn differences(booking: &Booking, entries: &[Entry]) -> Vec<Difference> {
    let facts = facts(booking);
    let expected = sums(facts.values().map(|transfer| (&transfer.from, &transfer.to, transfer.amount)));
    let of_booking = |entry: &&Entry| entry.booking == Some(booking.id) && entry.kind.follows_from_bookings();
    let found = sums(entries.iter().filter(of_booking).map(|entry| (&entry.from, &entry.to, entry.amount)));
    let mut places: Vec<_> = expected.keys().chain(found.keys()).cloned().collect();
    places.sort_unstable();
    places.dedup();
    let sum = |sums: &Sums, place: &(Account, Currency)| sums.get(place).copied().unwrap_or(0);
    let both = places.into_iter().map(|place| {
        let (expected, found) = (sum(&expected, &place), sum(&found, &place));
        Difference { booking: booking.id, account: place.0, currency: place.1, expected, found }
    });
    both.filter(|difference| difference.expected != difference.found).collect()
}
