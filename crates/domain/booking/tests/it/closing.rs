//! A day is closed only when everything of it was read, asked and compared.

use crate::stores;
use booking::close::{Day, DayClose, DayStatus, TaskKind, Unread};
use booking::ledger::{Entry, EntryKind};
use booking::use_cases::CloseError;
use booking::{Closing, PaymentProvider, Provider};
use chrono::TimeDelta;
use kernel::{Cause, EntryId, transact};
use std::sync::Arc;
use testkit::fixtures_bookings::{House, booked_paid, buyer, house};
use testkit::{ScriptedProvider, noon};

async fn place() -> House {
    house(stores(), 5, None, 2500).await
}

fn closing(house: &House, providers: Vec<Arc<dyn PaymentProvider>>) -> Closing {
    let ports = (house.stores.close.clone(), house.stores.ledger.clone());
    Closing::new(ports, house.stores.booking.clone(), house.clock.clone(), providers)
}

fn open_kinds(close: &DayClose) -> Vec<TaskKind> {
    close.open().map(|task| task.what.kind).collect()
}

#[tokio::test]
async fn what_was_not_asked_about_is_no_task_and_keeps_the_day_open() {
    let house = place().await;
    for _ in 0..3 {
        booked_paid(&house, buyer(&house.stores).await, 1).await;
    }
    house.clock.advance(TimeDelta::days(1));
    let day = Day::of(noon());
    let asking = |most| closing(&house, vec![house.provider.clone()]).asking_at_most(most);
    let close = asking(2).close(day, &Cause::command_line()).await.unwrap();
    assert_eq!((close.summary.status, close.summary.complete), (DayStatus::Open, false));
    assert_eq!((open_kinds(&close), close.summary.accounts[0].unasked), (vec![], 1));
    let close = asking(3).close(day, &Cause::command_line()).await.unwrap();
    assert_eq!((close.summary.status, close.summary.accounts[0].unasked), (DayStatus::Closed, 0));
}

#[tokio::test]
async fn a_dead_account_keeps_its_days_owed_and_hides_nothing_of_the_others() {
    let house = place().await;
    let dead = Arc::new(ScriptedProvider::new(Provider::Stripe).with_account("dead"));
    let closing = closing(&house, vec![dead.clone(), house.provider.clone()]);
    house.provider.refund_elsewhere("charge-of-another-shop", kernel::Money::eur(1_000), noon());
    let first = Day::of(noon());
    let days = async || {
        let (closed, failures) = closing.close_due().await.unwrap();
        assert!(failures.iter().all(|(_, failure)| matches!(failure, CloseError::Away(..))), "{failures:?}");
        (closed.iter().map(|close| close.summary.day).collect::<Vec<_>>(), failures.len())
    };
    dead.be_silent(true);
    house.clock.set(first.end() + TimeDelta::hours(2));
    assert_eq!(days().await, (vec![first], 1));
    let known = closing.day(first).await.unwrap().unwrap();
    assert_eq!((known.summary.status, known.summary.complete), (DayStatus::Open, false));
    assert_eq!(open_kinds(&known), [TaskKind::MissingHere], "the other account was compared");
    let unread: Vec<_> =
        known.summary.accounts.iter().map(|it| (it.till.account.as_str(), it.unread)).collect();
    assert_eq!(unread, [("dead", Some(Unread::NoAnswer)), ("scripted", None)]);
    let asked = closing.close(first, &Cause::command_line()).await;
    assert!(matches!(asked, Err(CloseError::Away(..))), "a person is told so: {asked:?}");
    // Ten days later all of them are owed.
    house.clock.advance(TimeDelta::days(9));
    let (owed, failures) = days().await;
    assert_eq!((owed.first(), owed.len(), failures), (Some(&first), 10, 10));
    dead.be_silent(false);
    house.clock.advance(TimeDelta::minutes(31));
    assert_eq!(days().await, (owed, 0));
    let whole = closing.day(first).await.unwrap().unwrap();
    assert_eq!((whole.summary.complete, whole.tasks[0].id), (true, known.tasks[0].id));
    assert_eq!(closing.day(first.after()).await.unwrap().unwrap().summary.status, DayStatus::Closed);
}

#[tokio::test]
async fn a_booking_at_no_account_that_is_closed_is_compared_with_its_entries() {
    let house = place().await;
    let booking = booked_paid(&house, buyer(&house.stores).await, 1).await;
    let closing = closing(&house, vec![]);
    house.clock.advance(TimeDelta::days(1));
    let day = Day::of(noon());
    let close = closing.close(day, &Cause::command_line()).await.unwrap();
    assert_eq!((close.summary.status, open_kinds(&close)), (DayStatus::Closed, vec![]));
    let entries = house.stores.ledger.entries_of_bookings(&[booking.id]).await.unwrap();
    let charge = entries.into_iter().find(|entry| entry.kind == EntryKind::Charge).unwrap();
    let twice = [Entry { id: EntryId::generate(noon()), ..charge }];
    let tx = house.stores.booking.begin().await.unwrap();
    transact(tx, async |tx| tx.post(&twice).await).await.unwrap();
    let close = closing.close(day, &Cause::command_line()).await.unwrap();
    assert_eq!((close.summary.status, open_kinds(&close)), (DayStatus::Open, vec![TaskKind::LedgerDiffers]));
    assert_eq!(close.tasks[0].what.booking, Some(booking.id));
}
