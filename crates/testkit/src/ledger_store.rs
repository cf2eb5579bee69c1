//! What every store promises of the ledger.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_bookings::{House, booked_unpaid, bookings, buyer, house};
use crate::pages::in_pages;
use crate::{Stores, noon};
use booking::ledger::{Account, Balance, Entry, EntryFilter, EntryKind, balances, differences, postings};
use booking::{Booking, Ledger, books};
use chrono::TimeDelta;
use kernel::{BookingId, Cause, Clock, StoreError, transact};

/// One test per promise: `testkit::ledger_store_contract!(open)`, as for the other stores.
#[macro_export]
macro_rules! ledger_store_contract {
    ($open:ident) => {
        $crate::ledger_store_contract!($open;
            what_is_paid_stands_in_the_ledger,
            what_is_refused_is_not_posted,
            nothing_is_posted_twice,
            an_entry_of_no_booking_is_refused,
            entries_come_newest_first_in_pages_that_meet,
            entries_are_found_by_what_they_are_about,
            all_bookings_can_be_walked_through,
            a_difference_is_found_and_named,
            what_was_changed_without_a_ledger_is_caught_up_with_once,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod ledger_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::ledger_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

async fn paid(house: &House) -> Booking {
    let booking = booked_unpaid(house, buyer(&house.stores).await, 1).await;
    house.provider.pay(booking.payments[0].session.as_deref().unwrap());
    bookings(house).come_back(booking.payments[0].id).await.unwrap().unwrap()
}

async fn of(stores: &Stores, id: BookingId) -> Vec<Entry> {
    stores.ledger.entries_of_bookings(&[id]).await.unwrap()
}

/// All that matches, in pages of `limit`.
async fn all(stores: &Stores, filter: &EntryFilter, limit: u32) -> Vec<Entry> {
    in_pages(limit, async |page| stores.ledger.entries(filter, page).await).await
}

pub async fn what_is_paid_stands_in_the_ledger(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let unpaid = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    assert_eq!(of(&house.stores, unpaid.id).await, []);
    let booking = paid(&house).await;
    let entries = of(&house.stores, booking.id).await;
    let mut kinds: Vec<_> = entries.iter().map(|entry| entry.kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [EntryKind::Charge, EntryKind::Sale]);
    assert_eq!(differences(&booking, &entries), []);
    let sums = house.stores.ledger.balances(&EntryFilter::default()).await.unwrap();
    let lies =
        Account::Provider { provider: booking::Provider::Stripe, account: "scripted".into(), live: false };
    let balance = |account, minor| Balance { account, currency: booking.total.currency(), minor };
    assert_eq!(
        sums,
        [balance(lies, 2500), balance(Account::Organiser(house.event.organisation), -2500)],
        "what is even is left out"
    );
    // A booking that comes back again brings nothing new.
    bookings(&house).come_back(booking.payments[0].id).await.unwrap();
    assert_eq!(of(&house.stores, booking.id).await.len(), 2);
}

pub async fn what_is_refused_is_not_posted(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let mut after = booking.clone();
    after.payments[0].charge = Some("charge".into());
    after.payments[0].paid = Some(after.total);
    after.payments[0].charged_at = Some(noon());
    let refused: Result<(), StoreError> = transact(house.stores.booking.begin().await.unwrap(), async |tx| {
        let before = tx.lock_booking(booking.id).await?;
        books::keep(tx, before.as_ref(), &after, &Cause::system(), noon()).await?;
        assert_eq!(tx.entries_of_booking(booking.id).await?.len(), 1);
        Err(StoreError::Unavailable { doing: "refusing", cause: None })
    })
    .await;
    assert!(refused.is_err());
    assert_eq!(of(&house.stores, booking.id).await, []);
    assert_eq!(house.stores.booking.booking(booking.id).await.unwrap(), Some(booking));
}

pub async fn nothing_is_posted_twice(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let booking = paid(&house).await;
    let before = of(&house.stores, booking.id).await.len();
    let entries = postings(None, &booking, noon() + TimeDelta::days(1));
    let refused: Result<(), StoreError> =
        transact(house.stores.booking.begin().await.unwrap(), async |tx| tx.post(&entries).await).await;
    assert!(matches!(refused, Err(StoreError::Broken { .. })), "{refused:?}");
    assert_eq!(of(&house.stores, booking.id).await.len(), before);
}

pub async fn an_entry_of_no_booking_is_refused(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let mut booking = paid(&house).await;
    booking.id = BookingId::generate(noon());
    booking.payments[0].id = kernel::PaymentId::generate(noon());
    booking.paid_by = None;
    let entries = postings(None, &booking, noon());
    assert_eq!(entries.len(), 1);
    let refused: Result<(), StoreError> =
        transact(house.stores.booking.begin().await.unwrap(), async |tx| tx.post(&entries).await).await;
    assert!(matches!(refused, Err(StoreError::Broken { .. })), "{refused:?}");
}

pub async fn entries_come_newest_first_in_pages_that_meet(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    for _ in 0..4 {
        paid(&house).await;
        house.clock.advance(TimeDelta::seconds(1));
    }
    let whole = all(&house.stores, &EntryFilter::default(), 100).await;
    assert_eq!(whole.len(), 8);
    assert!(whole.windows(2).all(|pair| (pair[0].at, pair[0].id) > (pair[1].at, pair[1].id)));
    for filter in [
        EntryFilter::default(),
        EntryFilter { event: Some(house.event.id), ..EntryFilter::default() },
        EntryFilter { account: Some(Account::Buyers), ..EntryFilter::default() },
        EntryFilter { organisations: Some(vec![house.event.organisation]), ..EntryFilter::default() },
    ] {
        assert_eq!(all(&house.stores, &filter, 3).await, whole, "{filter:?}");
    }
}

pub async fn entries_are_found_by_what_they_are_about(stores: Stores) {
    let (one, other) = (house(stores.clone(), 10, None, 2500).await, house(stores, 10, None, 1000).await);
    let first = paid(&one).await;
    one.clock.advance(TimeDelta::hours(1));
    let second = paid(&one).await;
    other.clock.set(one.clock.now());
    let third = paid(&other).await;
    let organiser = Account::Organiser(one.event.organisation);
    let everything = EntryFilter::default;
    let cases = [
        (everything(), 6),
        (EntryFilter { booking: Some(first.id), ..everything() }, 2),
        (EntryFilter { event: Some(one.event.id), ..everything() }, 4),
        (EntryFilter { organisations: Some(vec![other.event.organisation]), ..everything() }, 2),
        (
            EntryFilter {
                organisations: Some(vec![one.event.organisation, other.event.organisation]),
                ..everything()
            },
            6,
        ),
        (EntryFilter { organisations: Some(vec![]), ..everything() }, 0),
        (EntryFilter { account: Some(organiser.clone()), ..everything() }, 2),
        (EntryFilter { account: Some(organiser), booking: Some(third.id), ..everything() }, 0),
        (EntryFilter { from: Some(noon() + TimeDelta::hours(1)), ..everything() }, 4),
        (EntryFilter { until: Some(noon() + TimeDelta::hours(1)), ..everything() }, 2),
        (
            EntryFilter {
                booking: Some(second.id),
                organisations: Some(vec![other.event.organisation]),
                ..everything()
            },
            0,
        ),
    ];
    let whole = all(&one.stores, &everything(), 100).await;
    for (filter, expected) in cases {
        let found = all(&one.stores, &filter, 2).await;
        assert_eq!(found.len(), expected, "{filter:?}");
        let wanted: Vec<_> = whole.iter().filter(|entry| filter.wants(entry)).cloned().collect();
        assert_eq!(found, wanted, "{filter:?}");
        assert_eq!(one.stores.ledger.balances(&filter).await.unwrap(), balances(&wanted), "{filter:?}");
    }
}

pub async fn all_bookings_can_be_walked_through(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let mut made = Vec::new();
    for _ in 0..5 {
        let guest = buyer(&house.stores).await;
        let bookings = bookings(&house);
        let hold = bookings.hold(guest, house.event.id, house.want(1)).await.unwrap();
        made.push(crate::fixtures_bookings::confirm_free(&bookings, guest, hold.id).await.booking.id);
    }
    made.sort_unstable();
    let (mut walked, mut after) = (Vec::new(), None);
    loop {
        let step = house.stores.ledger.bookings_after(after, 2).await.unwrap();
        let Some(last) = step.last() else { break };
        after = Some(last.id);
        walked.extend(step.iter().map(|booking| booking.id));
    }
    assert_eq!(walked, made);
}

fn ledger(house: &House) -> Ledger {
    Ledger::new(house.stores.ledger.clone(), house.stores.booking.clone(), house.clock.clone())
}

pub async fn a_difference_is_found_and_named(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let (booking, ledger) = (paid(&house).await, ledger(&house));
    let compared = ledger.compare(|difference| panic!("{difference:?}")).await.unwrap();
    assert!(compared.agrees() && compared.bookings == 1, "{compared:?}");
    // What no change of a booking owes, posted all the same.
    let entries = of(&house.stores, booking.id).await;
    let charge = entries.iter().find(|entry| entry.kind == EntryKind::Charge).unwrap();
    let bogus =
        Entry { id: kernel::EntryId::generate(noon()), amount: kernel::Money::eur(1), ..charge.clone() };
    let tx = house.stores.booking.begin().await.unwrap();
    transact(tx, async |tx| tx.post(std::slice::from_ref(&bogus)).await).await.unwrap();
    let mut found = Vec::new();
    let compared = ledger.compare(|difference| found.push(difference.clone())).await.unwrap();
    assert!(!compared.agrees() && compared.sums.is_empty(), "{compared:?}");
    let told: Vec<_> = found.iter().map(|it| (it.booking, &it.account, it.found - it.expected)).collect();
    assert_eq!(told, [(booking.id, &charge.from, -1), (booking.id, &charge.to, 1)]);
}

pub async fn what_was_changed_without_a_ledger_is_caught_up_with_once(stores: Stores) {
    let house = house(stores, 10, None, 2500).await;
    let (mut booking, ledger) = (booked_unpaid(&house, buyer(&house.stores).await, 1).await, ledger(&house));
    booking.status = booking::BookingStatus::Confirmed;
    booking.decided_at = Some(noon());
    booking.payments[0].status = booking::PaymentStatus::Paid;
    booking.payments[0].charge = Some("charge".into());
    booking.payments[0].paid = Some(booking.total);
    booking.payments[0].charged_at = Some(noon());
    let tx = house.stores.booking.begin().await.unwrap();
    transact(tx, async |tx| tx.save_booking(&booking).await).await.unwrap();
    let mut found = 0;
    ledger.compare(|_| found += 1).await.unwrap();
    assert_eq!(found, 2, "nobody has posted the charge");
    assert_eq!((ledger.catch_up().await.unwrap(), ledger.catch_up().await.unwrap()), (1, 0));
    assert!(ledger.compare(|difference| panic!("{difference:?}")).await.unwrap().agrees());
    let sums = house.stores.ledger.balances(&EntryFilter::default()).await.unwrap();
    assert!(sums.iter().any(|it| it.account == Account::Organiser(house.event.organisation)), "{sums:?}");
}
