//! What every store of whether anything may be changed promises.
#![expect(clippy::unwrap_used, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::{Stores, noon};
use chrono::TimeDelta;
use kernel::audit::ActFilter;
use kernel::{Act, Cause, PageRequest, ReadOnly, StoreError, Timestamp, maintenance, transact};
use std::collections::BTreeSet;

/// One test per promise: `testkit::maintenance_store_contract!(open)`, where `open` is an `async fn() -> Stores`
/// that gives a fresh, empty system.
#[macro_export]
macro_rules! maintenance_store_contract {
    ($open:ident) => {
        $crate::maintenance_store_contract!($open;
            at_first_everything_may_be_changed,
            what_was_said_reads_back_whole,
            what_was_not_said_to_the_end_was_not_said,
            what_changes_nothing_is_no_act,
            of_many_who_say_something_at_once_each_is_heard,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod maintenance_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::maintenance_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

fn minutes(number: i64) -> Timestamp {
    noon() + TimeDelta::minutes(number)
}

fn read_only(message: Option<&str>, since: Timestamp) -> ReadOnly {
    ReadOnly { since, until: Some(minutes(90)), message: message.map(str::to_owned), doors_open: false }
}

async fn set(stores: &Stores, wished: Option<&ReadOnly>, now: Timestamp) -> Option<ReadOnly> {
    maintenance::set(&*stores.maintenance, wished, &Cause::command_line(), now).await.unwrap()
}

async fn said(stores: &Stores) -> Option<ReadOnly> {
    stores.maintenance.read_only().await.unwrap()
}

/// What was recorded, the oldest first.
async fn acts(stores: &Stores) -> Vec<Act> {
    let page = PageRequest { limit: 100, after: None };
    let page = stores.audit.acts(&ActFilter::default(), page).await.unwrap();
    page.items.into_iter().map(|sealed| sealed.act).rev().collect()
}

pub async fn at_first_everything_may_be_changed(stores: Stores) {
    assert_eq!(said(&stores).await, None);
    assert_eq!(set(&stores, None, noon()).await, None);
    assert_eq!((said(&stores).await, acts(&stores).await.len()), (None, 0));
}

pub async fn what_was_said_reads_back_whole(stores: Stores) {
    let first = read_only(Some("A \"large\" migration – until two."), noon());
    assert_eq!(set(&stores, Some(&first), noon()).await.as_ref(), Some(&first));
    assert_eq!(said(&stores).await.as_ref(), Some(&first));
    // What is different later holds since the beginning.
    let wished = ReadOnly { since: minutes(5), until: None, message: None, doors_open: true };
    let second = ReadOnly { since: noon(), ..wished.clone() };
    assert_eq!(set(&stores, Some(&wished), minutes(5)).await.as_ref(), Some(&second));
    assert_eq!(said(&stores).await, Some(second));
    assert_eq!(set(&stores, None, minutes(6)).await, None);
    assert_eq!(said(&stores).await, None);
    let third = read_only(None, minutes(7));
    assert_eq!(set(&stores, Some(&third), minutes(7)).await.as_ref(), Some(&third));
    assert_eq!(said(&stores).await, Some(third), "it begins anew");
    let names: Vec<_> = acts(&stores).await.into_iter().map(|act| act.act).collect();
    let expected = ["maintenance.begin", "maintenance.change", "maintenance.end", "maintenance.begin"];
    assert_eq!(names, expected);
}

pub async fn what_was_not_said_to_the_end_was_not_said(stores: Stores) {
    let mut tx = stores.maintenance.begin_maintenance().await.unwrap();
    assert_eq!(tx.lock_read_only().await.unwrap(), None);
    tx.save_read_only(Some(&read_only(None, noon()))).await.unwrap();
    assert_eq!(tx.lock_read_only().await.unwrap(), Some(read_only(None, noon())));
    drop(tx);
    assert_eq!(said(&stores).await, None);
    // Nobody waits for who has gone.
    set(&stores, Some(&read_only(None, noon())), noon()).await;
    let tx = stores.maintenance.begin_maintenance().await.unwrap();
    let refused: Result<(), StoreError> = transact(tx, async |tx| {
        tx.lock_read_only().await?;
        tx.save_read_only(None).await?;
        Err(StoreError::broken("trying", "it was only tried"))
    })
    .await;
    assert!(refused.is_err());
    assert_eq!(said(&stores).await, Some(read_only(None, noon())));
}

pub async fn what_changes_nothing_is_no_act(stores: Stores) {
    let one = read_only(Some("Soon."), noon());
    for later in 0..3 {
        set(&stores, Some(&ReadOnly { since: minutes(later), ..one.clone() }), minutes(later)).await;
    }
    assert_eq!(said(&stores).await, Some(one));
    assert_eq!(acts(&stores).await.len(), 1);
    for later in 3..6 {
        set(&stores, None, minutes(later)).await;
    }
    assert_eq!(acts(&stores).await.len(), 2);
}

pub async fn of_many_who_say_something_at_once_each_is_heard(stores: Stores) {
    let all: Vec<_> = (0..10)
        .map(|number: i64| {
            let stores = stores.clone();
            tokio::spawn(async move {
                let wished = read_only(Some(&format!("Number {number}")), minutes(number));
                set(&stores, Some(&wished), minutes(number)).await.unwrap()
            })
        })
        .collect();
    let mut since = BTreeSet::new();
    for one in all {
        since.insert(one.await.unwrap().since);
    }
    assert_eq!(since.len(), 1, "one of them was the first, and the others came after it: {since:?}");
    let acts = acts(&stores).await;
    let begun = acts.iter().filter(|act| act.act == "maintenance.begin").count();
    assert_eq!((acts.len(), begun), (10, 1));
}
