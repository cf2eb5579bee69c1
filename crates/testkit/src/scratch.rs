//! What every place promises that backups are tried in.
#![expect(clippy::unwrap_used, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::Stores;
use crate::fixtures_bookings::{booked_paid, buyer, house};
use backups::{Copied, Scratch, Source};
use futures_util::future::BoxFuture;
use kernel::PageRequest;
use std::sync::Arc;

/// A fresh system, what copies it, and where copies are tried.
pub struct Scratches {
    /// The system.
    pub stores: Stores,
    /// Copies it.
    pub source: Arc<dyn Source>,
    /// Makes places.
    pub scratch: Arc<dyn Scratch>,
    /// Opens the store that was made in a place, if there is one.
    pub open: Box<dyn Fn(String) -> BoxFuture<'static, Option<Stores>> + Send + Sync>,
}

/// One test per promise: `testkit::scratch_contract!(open)`, where `open` is an `async fn() -> Scratches`.
#[macro_export]
macro_rules! scratch_contract {
    ($open:ident) => {
        $crate::scratch_contract!($open;
            a_copy_becomes_a_store_in_a_place_and_goes_with_it,
            each_place_is_empty_and_nobody_elses,
            a_place_goes_while_somebody_still_looks_at_it,
            what_nobody_removed_is_in_nobodys_way,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod scratch {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::scratch::$case(super::$open().await).await;
                }
            )+
        }
    };
}

pub async fn a_copy_becomes_a_store_in_a_place_and_goes_with_it(all: Scratches) {
    let house = house(all.stores.clone(), 10, None, 2500).await;
    let guest = buyer(&house.stores).await;
    booked_paid(&house, guest, 2).await;
    assert_eq!(all.scratch.kind(), all.source.kind());
    let Copied { rows, flow, .. } = all.source.copy().await.unwrap();
    let place = all.scratch.make().await.unwrap();
    place.target().fill(flow).await.unwrap();
    assert_eq!(place.target().rows().await.unwrap(), rows);
    let address = place.address();
    let page = PageRequest { limit: 10, after: None };
    {
        let copy = (all.open)(address.clone()).await.unwrap();
        assert_eq!(copy.booking.bookings_of(guest, page).await.unwrap().items.len(), 1);
        assert_eq!(copy.booking.stock_differences().await.unwrap(), []);
    }
    place.remove().await.unwrap();
    assert!((all.open)(address).await.is_none(), "nothing is left of it");
    // What was copied is as it was.
    assert_eq!(all.stores.booking.bookings_of(guest, page).await.unwrap().items.len(), 1);
}

pub async fn each_place_is_empty_and_nobody_elses(all: Scratches) {
    let (one, other) = (all.scratch.make().await.unwrap(), all.scratch.make().await.unwrap());
    assert_ne!(one.address(), other.address());
    one.target().fill(all.source.copy().await.unwrap().flow).await.unwrap();
    assert!(!one.target().is_empty().await.unwrap() && other.target().is_empty().await.unwrap());
    other.target().fill(all.source.copy().await.unwrap().flow).await.unwrap();
    for place in [one, other] {
        place.remove().await.unwrap();
    }
}

pub async fn a_place_goes_while_somebody_still_looks_at_it(all: Scratches) {
    let place = all.scratch.make().await.unwrap();
    place.target().fill(all.source.copy().await.unwrap().flow).await.unwrap();
    let address = place.address();
    let still = (all.open)(address.clone()).await.unwrap();
    place.remove().await.unwrap();
    drop(still);
    assert!((all.open)(address).await.is_none());
}

pub async fn what_nobody_removed_is_in_nobodys_way(all: Scratches) {
    for _ in 0..3 {
        let place = all.scratch.make().await.unwrap();
        place.target().fill(all.source.copy().await.unwrap().flow).await.unwrap();
        drop(place);
    }
    let place = all.scratch.make().await.unwrap();
    assert!(place.target().is_empty().await.unwrap());
    place.remove().await.unwrap();
}
