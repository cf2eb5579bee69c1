//! Counts everything when it is over, in the store and at the providers, with the same code that production counts
//! with.

use super::habits::Habits;
use super::once;
use super::report::Report;
use super::stage::Stage;
use super::visitor::Offered;
use crate::cli::Failure;
use crate::config::Config;
use crate::wiring::keys;
use crate::wiring::payments::providers;
use crate::wiring::store::Stores;
use booking::close::{Difference, Outcome, compare, lines, outcomes};
use booking::office::IncidentFilter;
use booking::{
    Booking, BookingStatus, CodeSigner, Ledger, Movement, MovementKind, OfficeStore, PaymentProvider,
    RefundStatus, TypeCount,
};
use chrono::TimeDelta;
use kernel::{BookingId, Clock, EventId, PageRequest, PaymentId, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Bookings that are read together.
const AT_ONCE: u32 = 500;
/// Pages of movements that are read at most: more than a rehearsal can bring about.
const MOST_PAGES: usize = 10_000;

/// Counts, and says what is wrong.
///
/// # Errors
/// The store or a provider does not answer.
pub async fn check(stage: &Stage, config: &Config, offered: &Offered, seats: u64) -> Result<Report, Failure> {
    let (clock, event): (Arc<dyn Clock>, EventId) = (stage.clock.clone(), offered.event.parse()?);
    let mut report = count(&clock, config, event, seats).await?;
    let stores = Stores::open(&config.store.url).await?;
    let bookings = bookings_of(&stores, event).await?;
    (report.mails, report.mails_again) = stage.post.counted();
    let signer = CodeSigner::new(&keys(config)?.ticket_codes());
    once::look(&stores, &signer, (&bookings, &stage.post), |wrong| note(&mut report.broken, wrong)).await?;
    Ok(report)
}

/// Counts what became of an event with so many places, in the store and at the providers of a configuration.
///
/// # Errors
/// The store or a provider does not answer.
pub async fn count(
    clock: &Arc<dyn Clock>,
    config: &Config,
    event: EventId,
    seats: u64,
) -> Result<Report, Failure> {
    let stores = Stores::open(&config.store.url).await?;
    let mut report = Report::default();
    let bookings = bookings_of(&stores, event).await?;
    places(&stores, event, seats, &mut report).await?;
    report.habits = Habits::of(&stores, event, &bookings).await?;
    for booking in &bookings {
        doubts(booking, &mut report);
    }
    let ledger = Ledger::new(Arc::clone(&stores.ledger), Arc::clone(&stores.booking), Arc::clone(clock));
    let broken = &mut report.broken;
    let compared =
        ledger.compare(|difference| note(broken, format!("the ledger differs: {difference:?}"))).await?;
    report.ledger_sum = compared.sums.iter().map(|(_, sum)| *sum).fold(0, i64::saturating_add);
    report.ledger_differences += compared.differences;
    let told = told(stores.office.as_ref()).await?;
    for provider in providers(config, clock, None)? {
        at_the_provider(provider.as_ref(), (&bookings, &told), clock.as_ref(), &mut report).await?;
    }
    Ok(report)
}

fn note(broken: &mut Vec<String>, what: String) {
    if broken.len() < 50 {
        broken.push(what);
    }
}

async fn bookings_of(stores: &Stores, event: EventId) -> Result<Vec<Booking>, StoreError> {
    let (mut all, mut after): (Vec<Booking>, Option<BookingId>) = (Vec::new(), None);
    loop {
        let page = stores.ledger.bookings_after(after, AT_ONCE).await?;
        let Some(last) = page.last().map(|booking| booking.id) else { return Ok(all) };
        after = Some(last);
        all.extend(page.into_iter().filter(|booking| booking.event == event));
    }
}

/// Payments about which a person was told.
async fn told(office: &dyn OfficeStore) -> Result<BTreeSet<PaymentId>, StoreError> {
    let mut told = BTreeSet::new();
    let mut next = PageRequest { limit: AT_ONCE, after: None };
    loop {
        let page = office.incidents(&IncidentFilter::default(), next).await?;
        told.extend(page.items.iter().map(|incident| incident.what.payment));
        let Some(last) = page.next else { return Ok(told) };
        next.after = Some(last);
    }
}

/// Whether exactly one thing became of a charge. A task that nobody was told of is none.
fn ended(outcomes: &[Outcome], payment: PaymentId, told: &BTreeSet<PaymentId>) -> bool {
    match outcomes {
        [Outcome::Task] => told.contains(&payment),
        [Outcome::Bought | Outcome::SentBack] => true,
        [] | [_, _, ..] => false,
    }
}

/// Living tickets beside what there is, and counters beside rows.
async fn places(stores: &Stores, event: EventId, seats: u64, report: &mut Report) -> Result<(), Failure> {
    let sold = stores.booking.door_counts(event).await?.types;
    report.tickets_sold = sold.iter().map(|of| u64::from(of.tickets)).sum();
    let sales = stores.booking.sales(&[event]).await?;
    let offers = sales.first().map(|sale| sale.offers.clone()).unwrap_or_default();
    for TypeCount { ticket_type, tickets, .. } in sold {
        let there_are =
            offers.iter().find(|offer| offer.ticket_type == ticket_type).map_or(0, |offer| offer.quantity);
        report.oversold += u64::from(tickets.saturating_sub(there_are));
    }
    report.oversold = report.oversold.max(report.tickets_sold.saturating_sub(seats));
    for difference in stores.booking.stock_differences().await? {
        note(&mut report.broken, format!("a counter of places differs from the rows: {difference:?}"));
    }
    Ok(())
}

/// What nobody knows the end of, although time enough has passed.
fn doubts(booking: &Booking, report: &mut Report) {
    let open = booking.payments.iter().filter(|payment| payment.status.may_be_paid()).count();
    let uncertain = |status| matches!(status, RefundStatus::Created | RefundStatus::Uncertain);
    let refunds = booking.refunds.iter().filter(|refund| uncertain(refund.status)).count();
    let pending = usize::from(booking.status == BookingStatus::PendingPayment);
    let doubts = open + refunds + pending;
    report.in_doubt += u64::try_from(doubts).unwrap_or(u64::MAX);
    if doubts > 0 {
        note(&mut report.broken, format!("booking {} has not come to rest", booking.id));
    }
}

/// The provider's books beside ours.
async fn at_the_provider(
    provider: &dyn PaymentProvider,
    (bookings, told): (&[Booking], &BTreeSet<PaymentId>),
    clock: &dyn Clock,
    report: &mut Report,
) -> Result<(), Failure> {
    let movements = movements(provider, clock).await?;
    let of = |kind| movements.iter().filter(|movement| movement.kind == kind).count();
    report.payments += u64::try_from(of(MovementKind::Charge)).unwrap_or(u64::MAX);
    report.refunds += u64::try_from(of(MovementKind::Refund)).unwrap_or(u64::MAX);
    let (name, account) = (provider.provider(), provider.account());
    let ours: Vec<_> = bookings.iter().flat_map(|booking| lines(booking, name, account)).collect();
    for difference in compare(&ours, &movements) {
        // A charge that we do not know of has no outcome; anything else is money counted wrongly.
        match &difference {
            Difference::MissingHere { what: booking::close::LineKind::Charge, .. } => {
                report.payments_without_outcome += 1
            }
            _ => report.ledger_differences += 1,
        }
        note(&mut report.broken, format!("{} differs: {difference:?}", name.as_str()));
    }
    for booking in bookings {
        for payment in
            booking.payments.iter().filter(|payment| payment.provider == name && payment.charge.is_some())
        {
            let outcomes = outcomes(booking, payment);
            if !ended(&outcomes, payment.id, told) {
                report.payments_without_outcome += 1;
                let (id, told) = (payment.id, told.contains(&payment.id));
                note(
                    &mut report.broken,
                    format!("payment {id}: outcomes {outcomes:?}, a person told: {told}"),
                );
            }
        }
    }
    Ok(())
}

async fn movements(provider: &dyn PaymentProvider, clock: &dyn Clock) -> Result<Vec<Movement>, Failure> {
    let now = clock.now();
    let mut all = BTreeMap::new();
    let mut cursor: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = provider
            .transactions(now - TimeDelta::days(30), now + TimeDelta::days(1), cursor.as_deref())
            .await?;
        all.extend(page.items.into_iter().map(|movement| (movement.reference.clone(), movement)));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(all.into_values().collect());
        }
    }
    Err("a provider lists more than a rehearsal can bring about".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_that_nobody_was_told_of_is_no_outcome() {
        let (payment, other) =
            (PaymentId::from(uuid::Uuid::from_u128(1)), PaymentId::from(uuid::Uuid::from_u128(2)));
        let (told, nobody) = (BTreeSet::from([payment]), BTreeSet::from([other]));
        assert!(ended(&[Outcome::Task], payment, &told));
        assert!(!ended(&[Outcome::Task], payment, &nobody));
        assert!(ended(&[Outcome::Bought], payment, &nobody) && ended(&[Outcome::SentBack], payment, &nobody));
        assert!(!ended(&[], payment, &told) && !ended(&[Outcome::Bought, Outcome::SentBack], payment, &told));
    }
}
