//! What every store promises of the daily close.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_bookings::{House, booked_paid, booked_unpaid, bookings, buyer, house};
use crate::pages::in_pages;
use crate::{Stores, noon};
use booking::close::{
    About, AccountFigures, Day, DayClose, DayStatus, Figures, Findings, Found, Sum, TaskKind, Unread,
};
use booking::ledger::{Entry, EntryFilter, EntryKind};
use booking::use_cases::{CloseError, ResolveTaskError};
use booking::{Closing, Provider, Till};
use chrono::TimeDelta;
use kernel::audit::Who;
use kernel::{
    AccountId, Actor, Cause, Clock, Currency, Money, PageRequest, Role, SessionId, StoreError, Timestamp,
    transact,
};

/// One test per promise: `testkit::close_store_contract!(open)`, as for the other stores.
#[macro_export]
macro_rules! close_store_contract {
    ($open:ident) => {
        $crate::close_store_contract!($open;
            a_day_reads_back_whole,
            days_are_listed_latest_first_in_pages_that_meet,
            one_takes_the_turn_at_a_day_until_it_is_due_again,
            who_locks_a_day_without_a_record_keeps_others_out,
            a_closed_day_with_open_tasks_is_refused,
            bookings_are_found_by_their_charges,
            charges_of_a_span_come_in_pages_that_meet,
            a_charge_that_nobody_posted_is_a_task,
            a_fee_is_posted_once_whatever_is_told_later,
            a_refund_that_nobody_told_is_a_task_and_gone_when_it_is_noted,
            what_a_person_decided_stays_decided,
            a_day_that_is_not_over_is_never_closed,
            a_provider_that_is_away_leaves_no_trace,
            the_program_closes_what_was_left_behind_once,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod close_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::close_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

fn till() -> Till {
    Till { provider: Provider::Stripe, account: "main".into(), live: false }
}

fn found(reference: &str, kind: TaskKind) -> Found {
    Found {
        kind,
        till: till(),
        about: About::Charge,
        reference: reference.into(),
        booking: None,
        payment: None,
        ours: None,
        theirs: Some(Money::eur(2_500)),
        words: "the provider lists it".into(),
    }
}

fn figures() -> AccountFigures {
    let sum = Sum { ours: 1, theirs: -2 };
    let currency = Currency::EUR;
    let sums = vec![Figures { currency, charges: sum, refunds: sum, disputes: sum, fees: sum, other: -7 }];
    AccountFigures {
        till: till(),
        movements: 5,
        entries: 4,
        elsewhere: 3,
        on_their_way: 2,
        converted: 1,
        unasked: 0,
        unread: None,
        sums,
    }
}

fn looked(before: Option<DayClose>, day: Day, found: Vec<Found>, now: Timestamp) -> DayClose {
    let findings = Findings { complete: true, accounts: vec![figures()], found };
    DayClose::after(before, (day, findings), &Who::System, now).0
}

async fn save(stores: &Stores, close: &DayClose) -> Result<(), StoreError> {
    transact(stores.booking.begin().await.unwrap(), async |tx| {
        tx.lock_day(close.summary.day).await?;
        tx.save_day(close).await
    })
    .await
}

async fn claim(stores: &Stores, day: Day, now: Timestamp, due: Timestamp) -> bool {
    let tx = stores.booking.begin().await.unwrap();
    transact(tx, async |tx| tx.claim_day(day, now, due).await).await.unwrap()
}

pub async fn a_day_reads_back_whole(stores: Stores) {
    let day = Day::of(noon());
    assert_eq!(stores.close.day_close(day).await.unwrap(), None);
    let house = house(stores.clone(), 5, None, 2500).await;
    let booking = booked_paid(&house, buyer(&stores).await, 1).await;
    let of_booking = Found {
        booking: Some(booking.id),
        payment: Some(booking.payments[0].id),
        ours: Some(Money::eur(1)),
        ..found("pi_2", TaskKind::AmountDiffers)
    };
    let all: Vec<_> = TaskKind::ALL.iter().map(|kind| found("pi_1", *kind)).chain([of_booking]).collect();
    let mut close = looked(None, day, all, noon());
    save(&stores, &close).await.unwrap();
    assert_eq!(stores.close.day_close(day).await.unwrap().as_ref(), Some(&close));
    let id = close.tasks[1].id;
    close.resolve(id, (AccountId::generate(noon()), "seen"), noon()).unwrap();
    save(&stores, &close).await.unwrap();
    assert_eq!(stores.close.day_close(day).await.unwrap().as_ref(), Some(&close));
    let closed = looked(Some(close), day, vec![], noon() + TimeDelta::hours(1));
    assert_eq!(closed.summary.status, DayStatus::Closed);
    save(&stores, &closed).await.unwrap();
    let again = looked(Some(closed), day, vec![found("pi_3", TaskKind::MissingHere)], noon());
    assert!(again.summary.reopened.is_some());
    save(&stores, &again).await.unwrap();
    let kept = transact(stores.booking.begin().await.unwrap(), async |tx| tx.lock_day(day).await).await;
    assert_eq!(kept.unwrap(), Some(again));
}

pub async fn days_are_listed_latest_first_in_pages_that_meet(stores: Stores) {
    let mut day = Day::of(noon());
    let mut all = Vec::new();
    for number in 0..5 {
        let differs = if number % 2 == 0 { vec![] } else { vec![found("pi_1", TaskKind::MissingHere)] };
        let close = looked(None, day, differs, noon());
        save(&stores, &close).await.unwrap();
        all.insert(0, close.summary);
        day = day.after();
    }
    for (status, expected) in [
        (None, all.clone()),
        (Some(DayStatus::Open), vec![all[1].clone(), all[3].clone()]),
        (Some(DayStatus::Closed), vec![all[0].clone(), all[2].clone(), all[4].clone()]),
    ] {
        let listed = in_pages(2, async |page| stores.close.day_closes(status, page).await).await;
        assert_eq!(listed, expected, "{status:?}");
    }
}

pub async fn one_takes_the_turn_at_a_day_until_it_is_due_again(stores: Stores) {
    let (day, now) = (Day::of(noon()), noon());
    let takers: Vec<_> = (0..8)
        .map(|_| {
            let stores = stores.clone();
            tokio::spawn(async move { claim(&stores, day, now, now - TimeDelta::hours(1)).await })
        })
        .collect();
    let mut taken = 0;
    for taker in takers {
        taken += u32::from(taker.await.unwrap());
    }
    assert_eq!(taken, 1);
    assert!(claim(&stores, day.after(), now, now - TimeDelta::hours(1)).await, "each day has its own");
    let later = now + TimeDelta::hours(1);
    assert!(!claim(&stores, day, later, now - TimeDelta::seconds(1)).await);
    assert!(claim(&stores, day, later, now).await);
}

pub async fn who_locks_a_day_without_a_record_keeps_others_out(stores: Stores) {
    let day = Day::of(noon());
    let lookers: Vec<_> = (0..6)
        .map(|number| {
            let stores = stores.clone();
            tokio::spawn(async move {
                transact(stores.booking.begin().await.unwrap(), async |tx| {
                    let before = tx.lock_day(day).await?;
                    let mut all: Vec<_> =
                        before.iter().flat_map(|close| &close.tasks).map(|task| task.what.clone()).collect();
                    all.push(found(&format!("pi_{number}"), TaskKind::MissingHere));
                    tx.save_day(&looked(before, day, all, noon())).await
                })
                .await
            })
        })
        .collect();
    for looker in lookers {
        looker.await.unwrap().unwrap();
    }
    assert_eq!(stores.close.day_close(day).await.unwrap().unwrap().tasks.len(), 6, "each saw the one before");
}

pub async fn a_closed_day_with_open_tasks_is_refused(stores: Stores) {
    let mut close = looked(None, Day::of(noon()), vec![found("pi_1", TaskKind::MissingHere)], noon());
    close.summary.status = DayStatus::Closed;
    close.summary.closed_at = Some(noon());
    let refused = save(&stores, &close).await;
    assert!(matches!(refused, Err(StoreError::Broken { .. })), "{refused:?}");
    assert_eq!(stores.close.day_close(close.summary.day).await.unwrap(), None);
}

pub async fn bookings_are_found_by_their_charges(stores: Stores) {
    let house = house(stores.clone(), 5, None, 2500).await;
    let one = booked_paid(&house, buyer(&stores).await, 1).await;
    let other = booked_paid(&house, buyer(&stores).await, 1).await;
    let charge = |booking: &booking::Booking| booking.payments[0].charge.clone().unwrap();
    let (first, second) = (charge(&one), charge(&other));
    let sought = [first.clone(), "unknown".into(), first, second];
    let mut found = stores.close.bookings_of_charges(Provider::Stripe, &sought).await.unwrap();
    found.sort_by_key(|booking| booking.id);
    let mut both = vec![one.clone(), other];
    both.sort_by_key(|booking| booking.id);
    assert_eq!(found, both);
    assert_eq!(stores.close.bookings_of_charges(Provider::Paypal, &sought).await.unwrap(), []);
    let unknown = kernel::BookingId::generate(noon());
    assert_eq!(stores.close.bookings_by_id(&[one.id, unknown, one.id]).await.unwrap(), [one]);
}

pub async fn charges_of_a_span_come_in_pages_that_meet(stores: Stores) {
    let house = house(stores.clone(), 9, None, 2500).await;
    let mut made = Vec::new();
    for _ in 0..4 {
        made.push(booked_paid(&house, buyer(&stores).await, 1).await);
        house.clock.advance(TimeDelta::seconds(1));
    }
    let charged = |at: usize| made[at].payments[0].charged_at.unwrap();
    let listed = async |span| in_pages(2, async |page| stores.close.charged_between(span, page).await).await;
    let ids: Vec<_> = made.iter().map(|booking| booking.id).collect();
    assert_eq!(listed((charged(0), charged(3) + TimeDelta::seconds(1))).await, ids);
    assert_eq!(listed((charged(1), charged(3))).await, ids[1..3]);
    assert_eq!(listed((charged(3) + TimeDelta::seconds(1), charged(3) + TimeDelta::days(1))).await, []);
}

pub async fn a_charge_that_nobody_posted_is_a_task(stores: Stores) {
    let house = house(stores.clone(), 9, None, 2500).await;
    let mut booking = booked_unpaid(&house, buyer(&stores).await, 1).await;
    booking.payments[0].charge = Some("charge".into());
    booking.payments[0].paid = Some(booking.total);
    booking.payments[0].charged_at = Some(house.clock.now());
    let tx = stores.booking.begin().await.unwrap();
    transact(tx, async |tx| tx.save_booking(&booking).await).await.unwrap();
    // No provider is there to tell of it.
    let ports = (stores.close.clone(), stores.ledger.clone());
    let closing = Closing::new(ports, stores.booking.clone(), house.clock.clone(), Vec::new());
    let day = Day::of(house.clock.now());
    let close = closing.close(day, &admin().cause()).await.unwrap();
    let named: Vec<_> = close.tasks.iter().map(|task| (task.what.kind, task.what.booking)).collect();
    assert_eq!(named, [(TaskKind::LedgerDiffers, Some(booking.id))]);
}

pub async fn a_fee_is_posted_once_whatever_is_told_later(stores: Stores) {
    let house = house(stores.clone(), 5, None, 2500).await;
    let booking = booked_paid(&house, buyer(&stores).await, 1).await;
    let (charge, cause) = (booking.payments[0].id, booking.payments[0].id.as_uuid());
    let fee = |cents| {
        let account = (Provider::Stripe, "scripted", false);
        Entry::provider_fee(account, Some((&booking, charge)), (cause, Money::eur(cents)), noon()).unwrap()
    };
    for cents in [62, 62, 70] {
        let tx = stores.booking.begin().await.unwrap();
        let wanted = [fee(cents)];
        let posted = transact(tx, async |tx| tx.post_once(&wanted).await).await.unwrap();
        assert_eq!(posted, [fee(62)]);
    }
    let entries = stores.ledger.entries_of_bookings(&[booking.id]).await.unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.kind == EntryKind::ProviderFee).count(), 1);
}

fn closing(house: &House) -> Closing {
    let stores = &house.stores;
    let ports = (stores.close.clone(), stores.ledger.clone());
    Closing::new(ports, stores.booking.clone(), house.clock.clone(), vec![house.provider.clone()])
}

fn admin() -> Actor {
    Actor {
        account: AccountId::generate(noon()),
        session: SessionId::generate(noon()),
        role: Role::Admin,
        request: None,
    }
}

async fn kinds(closing: &Closing, day: Day) -> (DayStatus, Vec<TaskKind>) {
    let close = closing.close(day, &Cause::command_line()).await.unwrap();
    let kept = closing.day(day).await.unwrap();
    assert_eq!(kept.as_ref(), Some(&close));
    (close.summary.status, close.open().map(|task| task.what.kind).collect())
}

pub async fn a_refund_that_nobody_told_is_a_task_and_gone_when_it_is_noted(stores: Stores) {
    let house = house(stores.clone(), 5, None, 2500).await;
    let booking = booked_paid(&house, buyer(&stores).await, 1).await;
    let (closing, day) = (closing(&house), Day::of(noon()));
    house.clock.advance(TimeDelta::days(1));
    assert_eq!(
        kinds(&closing, day).await,
        (DayStatus::Closed, vec![]),
        "the charge is known there by its name"
    );
    let charge = booking.payments[0].charge.clone().unwrap();
    house.provider.refund_elsewhere(&charge, Money::eur(1_000), noon());
    assert_eq!(kinds(&closing, day).await, (DayStatus::Open, vec![TaskKind::MissingHere]));
    let open = closing.day(day).await.unwrap().unwrap();
    assert!(open.summary.reopened.is_some(), "it had been closed");
    assert_eq!(open.tasks[0].what.booking, Some(booking.id));
    assert_eq!(kinds(&closing, day).await.1.len(), 1);
    assert_eq!(closing.day(day).await.unwrap().unwrap().tasks[0].id, open.tasks[0].id);
    assert_eq!(bookings(&house).look_outside().await.unwrap().news, 1);
    assert_eq!(kinds(&closing, day).await, (DayStatus::Closed, vec![]));
    let gone = closing.day(day).await.unwrap().unwrap();
    assert_eq!((gone.tasks.len(), gone.tasks[0].end.as_ref().unwrap().by), (1, None));
    let sums = &gone.summary.accounts[0].sums[0];
    assert_eq!(sums.refunds, Sum { ours: 1_000, theirs: 1_000 });
    // Noted a day later here than there: it is not missing on our day either.
    let next = day.after();
    house.clock.advance(TimeDelta::days(1));
    assert_eq!(kinds(&closing, next).await, (DayStatus::Closed, vec![]));
    assert_eq!(closing.day(next).await.unwrap().unwrap().summary.accounts[0].elsewhere, 1);
}

pub async fn what_a_person_decided_stays_decided(stores: Stores) {
    let house = house(stores.clone(), 5, None, 2500).await;
    let (closing, day, admin) = (closing(&house), Day::of(noon()), admin());
    house.provider.refund_elsewhere("charge-of-another-shop", Money::eur(1_000), noon());
    house.clock.advance(TimeDelta::days(1));
    assert_eq!(kinds(&closing, day).await, (DayStatus::Open, vec![TaskKind::MissingHere]));
    let id = closing.day(day).await.unwrap().unwrap().tasks[0].id;
    let closed = closing.resolve((day, id), "another shop", &admin).await.unwrap();
    assert_eq!(closed.summary.status, DayStatus::Closed);
    closing.resolve((day, id), "another shop", &admin).await.unwrap();
    let other = closing.resolve((day, id), "something else", &admin).await;
    assert!(matches!(other, Err(ResolveTaskError::Refused(_))), "{other:?}");
    assert_eq!(kinds(&closing, day).await, (DayStatus::Closed, vec![]));
    let unknown = closing.resolve((day.before(), id), "none", &admin).await;
    assert!(matches!(unknown, Err(ResolveTaskError::Refused(_))), "{unknown:?}");
}

pub async fn a_day_that_is_not_over_is_never_closed(stores: Stores) {
    let house = house(stores, 5, None, 2500).await;
    let (closing, today) = (closing(&house), Day::of(noon()));
    assert_eq!(kinds(&closing, today).await, (DayStatus::Open, vec![]));
    assert!(!closing.day(today).await.unwrap().unwrap().summary.complete);
    let future = closing.close(today.after(), &Cause::command_line()).await;
    assert!(matches!(future, Err(CloseError::Future)), "{future:?}");
    house.clock.set(today.end());
    assert_eq!(kinds(&closing, today).await, (DayStatus::Closed, vec![]));
}

pub async fn a_provider_that_is_away_leaves_no_trace(stores: Stores) {
    let house = house(stores.clone(), 5, None, 2500).await;
    let (closing, day) = (closing(&house), Day::of(noon()));
    house.clock.advance(TimeDelta::days(1));
    house.provider.be_silent(true);
    let away = closing.close(day, &Cause::command_line()).await;
    assert!(matches!(away, Err(CloseError::Away(..))), "{away:?}");
    assert_eq!(closing.day(day).await.unwrap(), None);
    assert!(
        stores
            .ledger
            .entries(&EntryFilter::default(), PageRequest { limit: 1, after: None })
            .await
            .unwrap()
            .items
            .is_empty()
    );
}

pub async fn the_program_closes_what_was_left_behind_once(stores: Stores) {
    let house = house(stores, 5, None, 2500).await;
    let (closing, first) = (closing(&house), Day::of(noon()));
    let due = async || {
        let (closed, failures) = closing.close_due().await.unwrap();
        (closed.iter().map(|close| close.summary.day).collect::<Vec<_>>(), failures.len())
    };
    house.clock.set(first.end() + TimeDelta::minutes(59));
    assert_eq!(due().await, (vec![], 0), "not yet");
    house.clock.set(first.end() + TimeDelta::hours(2));
    house.provider.be_silent(true);
    assert_eq!(due().await, (vec![first], 1));
    let known = closing.day(first).await.unwrap().unwrap().summary;
    assert_eq!((known.status, known.complete), (DayStatus::Open, false), "it stays owed");
    assert_eq!(known.accounts[0].unread, Some(Unread::NoAnswer));
    house.provider.be_silent(false);
    assert_eq!(due().await, (vec![], 0), "it had its turn a moment ago");
    house.clock.advance(TimeDelta::minutes(31));
    assert_eq!(due().await, (vec![first], 0));
    assert_eq!(due().await, (vec![], 0));
    // Nobody ran for three days.
    house.clock.advance(TimeDelta::days(3));
    let days = vec![first.after(), first.after().after(), first.after().after().after()];
    assert_eq!(due().await, (days, 0));
}
