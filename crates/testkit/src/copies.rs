//! What every store promises that can be copied and put back.
#![expect(clippy::unwrap_used, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::Stores;
use crate::fixtures_bookings::{House, booked_paid, booked_unpaid, bookings, buyer, house};
use crate::sealer::{drained, flow};
use async_trait::async_trait;
use backups::{Copied, Flow, FlowError, Source, Target};
use futures_util::future::BoxFuture;
use kernel::{AccountId, PageRequest, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// A fresh system, what copies it, and an empty place.
pub struct Copies {
    /// The system.
    pub stores: Stores,
    /// Copies it.
    pub source: Arc<dyn Source>,
    /// Where a copy can be put.
    pub place: Arc<dyn Target>,
    /// Opens what was put there.
    pub reopen: Box<dyn Fn() -> BoxFuture<'static, Stores> + Send + Sync>,
}

/// One test per promise: `testkit::copies_contract!(open)`, where `open` is an `async fn() -> Copies`.
#[macro_export]
macro_rules! copies_contract {
    ($open:ident) => {
        $crate::copies_contract!($open;
            a_copy_is_put_back_as_it_was,
            a_copy_is_of_one_instant_and_nobody_waits_for_it,
            a_place_is_empty_until_it_was_filled,
            a_copy_that_breaks_off_leaves_nothing,
            a_copy_that_was_cut_off_leaves_nothing,
            what_is_no_copy_is_refused_and_leaves_nothing,
            a_copy_that_nobody_wants_harms_nobody,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod copies {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::copies::$case(super::$open().await).await;
                }
            )+
        }
    };
}

/// A flow that breaks off at its end.
struct Broken(Box<dyn Flow>);

#[async_trait]
impl Flow for Broken {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, FlowError> {
        match self.0.next().await? {
            None => Err(StoreError::unavailable("reading a copy", "the line broke").into()),
            next => Ok(next),
        }
    }
}

/// What is asked of a system after it was put back.
async fn told(stores: &Stores, house: &House, guest: AccountId) -> String {
    let page = PageRequest { limit: 100, after: None };
    let event = house.event.id;
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        stores.events.event(event).await.unwrap(),
        stores.events.ticket_types(event).await.unwrap(),
        stores.booking.sales(&[event]).await.unwrap(),
        stores.booking.bookings_of(guest, page).await.unwrap(),
        stores.booking.tickets_of(guest, page).await.unwrap(),
        stores.booking.door_counts(event).await.unwrap(),
        stores.accounts.account(guest).await.unwrap(),
        stores.outbox.backlog().await.unwrap(),
    )
}

async fn sold(stores: &Stores) -> (House, AccountId) {
    let house = house(stores.clone(), 10, None, 2500).await;
    let guest = buyer(&house.stores).await;
    booked_paid(&house, guest, 2).await;
    booked_unpaid(&house, guest, 1).await;
    (house, guest)
}

async fn whole(source: &dyn Source) -> Vec<u8> {
    drained(source.copy().await.unwrap().flow).await.unwrap()
}

pub async fn a_copy_is_put_back_as_it_was(copies: Copies) {
    let (house, guest) = sold(&copies.stores).await;
    let before = told(&copies.stores, &house, guest).await;
    let Copied { schema, rows, flow } = copies.source.copy().await.unwrap();
    assert!(!schema.is_empty());
    assert!(rows.values().any(|count| *count > 0), "{rows:?}");
    assert_eq!(copies.source.kind(), copies.place.kind());
    copies.place.fill(flow).await.unwrap();
    assert_eq!(copies.place.rows().await.unwrap(), rows);
    let stores = (copies.reopen)().await;
    assert_eq!(told(&stores, &house, guest).await, before);
    assert_eq!(stores.booking.stock_differences().await.unwrap(), []);
    // It goes on from there.
    let again = House { stores, ..house };
    booked_paid(&again, guest, 1).await;
}

pub async fn a_copy_is_of_one_instant_and_nobody_waits_for_it(copies: Copies) {
    let (house, guest) = sold(&copies.stores).await;
    let before = told(&copies.stores, &house, guest).await;
    let Copied { rows, mut flow, .. } = copies.source.copy().await.unwrap();
    let first = flow.next().await.unwrap().unwrap();
    // While it lies there half read.
    let selling = async {
        let late = buyer(&copies.stores).await;
        booked_paid(&house, late, 2).await;
        let held = bookings(&house).hold(late, house.event.id, house.want(1)).await.unwrap();
        assert_eq!(held.buyer, late);
    };
    tokio::time::timeout(Duration::from_secs(20), selling).await.unwrap();
    assert_ne!(told(&copies.stores, &house, guest).await, before, "places were sold meanwhile");
    let bytes = [first, drained(flow).await.unwrap()].concat();
    copies.place.fill(crate::sealer::flow(&bytes, 40_000)).await.unwrap();
    assert_eq!(copies.place.rows().await.unwrap(), rows);
    let stores = (copies.reopen)().await;
    assert_eq!(told(&stores, &house, guest).await, before);
}

pub async fn a_place_is_empty_until_it_was_filled(copies: Copies) {
    assert!(copies.place.is_empty().await.unwrap());
    copies.place.fill(copies.source.copy().await.unwrap().flow).await.unwrap();
    assert!(!copies.place.is_empty().await.unwrap());
    let again = copies.place.fill(copies.source.copy().await.unwrap().flow).await;
    assert!(again.is_err(), "nothing is put over something");
}

pub async fn a_copy_that_breaks_off_leaves_nothing(copies: Copies) {
    sold(&copies.stores).await;
    let bytes = whole(&*copies.source).await;
    for part in [0, bytes.len() / 2, bytes.len()] {
        let broken = Broken(flow(bytes.get(..part).unwrap(), 10_000));
        let refused = copies.place.fill(Box::new(broken)).await;
        assert!(matches!(refused, Err(FlowError::Store(StoreError::Unavailable { .. }))), "{refused:?}");
        assert!(copies.place.is_empty().await.unwrap(), "after {part} bytes");
    }
    copies.place.fill(flow(&bytes, 10_000)).await.unwrap();
}

pub async fn a_copy_that_was_cut_off_leaves_nothing(copies: Copies) {
    sold(&copies.stores).await;
    let bytes = whole(&*copies.source).await;
    for part in [0, 5, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
        let cut = copies.place.fill(flow(bytes.get(..part).unwrap(), 10_000)).await;
        assert!(cut.is_err(), "{part} of {} bytes", bytes.len());
        assert!(copies.place.is_empty().await.unwrap(), "after {part} bytes");
    }
}

pub async fn what_is_no_copy_is_refused_and_leaves_nothing(copies: Copies) {
    let refused = copies.place.fill(flow(&b"shopping list\n".repeat(1000), 100)).await;
    assert!(matches!(refused, Err(FlowError::Store(StoreError::Broken { .. }))), "{refused:?}");
    assert!(copies.place.is_empty().await.unwrap());
}

pub async fn a_copy_that_nobody_wants_harms_nobody(copies: Copies) {
    let (house, guest) = sold(&copies.stores).await;
    for _ in 0..3 {
        drop(copies.source.copy().await.unwrap());
        let mut flow = copies.source.copy().await.unwrap().flow;
        flow.next().await.unwrap();
        drop(flow);
    }
    booked_paid(&house, guest, 1).await;
    copies.place.fill(copies.source.copy().await.unwrap().flow).await.unwrap();
}
