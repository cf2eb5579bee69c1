//! What every outbox promises.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::{Stores, noon};
use accounts::Effect;
use chrono::TimeDelta;
use kernel::{Due, EffectId, OneTimeId, Owed, Timestamp, transact};
use std::collections::BTreeSet;

/// One test per promise: `testkit::outbox_contract!(open)`, where `open` is an `async fn() -> Stores` that gives a
/// fresh, empty system.
#[macro_export]
macro_rules! outbox_contract {
    ($open:ident) => {
        $crate::outbox_contract!($open;
            an_effect_arrives_as_it_was_owed,
            queued_effects_are_claimed_once,
            what_is_not_due_is_not_claimed,
            the_longest_due_comes_first,
            a_lease_that_ends_passes_to_another,
            what_is_finished_is_gone,
            what_is_postponed_comes_again,
            what_is_parked_waits_for_a_person,
            the_backlog_is_counted,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod outbox {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::outbox::$case(super::$open().await).await;
                }
            )+
        }
    };
}

async fn owe(stores: &Stores, due_at: Timestamp) -> Owed<Effect> {
    let owed = Owed::at(Effect::SendVerification { one_time: OneTimeId::generate(noon()) }, noon(), due_at);
    let tx = stores.accounts.begin().await.unwrap();
    transact(tx, async |tx| tx.enqueue_accounts(std::slice::from_ref(&owed)).await).await.unwrap();
    owed
}

async fn claim(stores: &Stores, now: Timestamp) -> Vec<Due> {
    stores.outbox.claim(now, now + minutes(1), 100).await.unwrap()
}

fn ids(due: &[Due]) -> Vec<EffectId> {
    due.iter().map(|due| due.id).collect()
}

const fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

pub async fn an_effect_arrives_as_it_was_owed(stores: Stores) {
    let owed = owe(&stores, noon()).await;
    let due = claim(&stores, noon()).await;
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].id, due[0].domain.as_str()), (owed.id, accounts::DOMAIN));
    assert_eq!((due[0].attempts, due[0].due_at), (0, noon()));
    assert_eq!(serde_json::from_str::<Effect>(&due[0].body).unwrap(), owed.effect);
}

pub async fn queued_effects_are_claimed_once(stores: Stores) {
    let mut owed = BTreeSet::new();
    for _ in 0..50 {
        owed.insert(owe(&stores, noon()).await.id);
    }
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let stores = stores.clone();
            tokio::spawn(async move {
                let mut claimed = Vec::new();
                loop {
                    let due = stores.outbox.claim(noon(), noon() + minutes(1), 3).await.unwrap();
                    assert!(due.len() <= 3);
                    claimed.extend(ids(&due));
                    if due.is_empty() {
                        return claimed;
                    }
                }
            })
        })
        .collect();
    let mut claimed = Vec::new();
    for worker in workers {
        claimed.extend(worker.await.unwrap());
    }
    assert_eq!(claimed.len(), 50, "none twice");
    assert_eq!(claimed.into_iter().collect::<BTreeSet<_>>(), owed);
}

pub async fn what_is_not_due_is_not_claimed(stores: Stores) {
    let owed = owe(&stores, noon() + minutes(5)).await;
    assert_eq!(claim(&stores, noon() + minutes(5) - TimeDelta::microseconds(1)).await, []);
    assert_eq!(ids(&claim(&stores, noon() + minutes(5)).await), [owed.id]);
}

pub async fn the_longest_due_comes_first(stores: Stores) {
    let mut expected = Vec::new();
    for late in [2, 5, 1, 4, 3] {
        expected.push((noon() - minutes(late), owe(&stores, noon() - minutes(late)).await.id));
    }
    expected.sort();
    let due = stores.outbox.claim(noon(), noon() + minutes(1), 3).await.unwrap();
    let first: Vec<_> = expected.iter().take(3).map(|(_, id)| *id).collect();
    assert_eq!(ids(&due), first);
    let rest: Vec<_> = expected.iter().skip(3).map(|(_, id)| *id).collect();
    assert_eq!(ids(&claim(&stores, noon()).await), rest);
}

pub async fn a_lease_that_ends_passes_to_another(stores: Stores) {
    let owed = owe(&stores, noon()).await;
    assert_eq!(ids(&claim(&stores, noon()).await), [owed.id]);
    assert_eq!(claim(&stores, noon() + minutes(1) - TimeDelta::microseconds(1)).await, []);
    assert_eq!(ids(&claim(&stores, noon() + minutes(1)).await), [owed.id]);
}

pub async fn what_is_finished_is_gone(stores: Stores) {
    let (done, kept) = (owe(&stores, noon()).await, owe(&stores, noon()).await);
    claim(&stores, noon()).await;
    // Finishing twice, as after a lost answer, harms nobody.
    for _ in 0..2 {
        stores.outbox.finish(&[done.id]).await.unwrap();
    }
    stores.outbox.finish(&[]).await.unwrap();
    assert_eq!(ids(&claim(&stores, noon() + minutes(60)).await), [kept.id]);
}

pub async fn what_is_postponed_comes_again(stores: Stores) {
    let owed = owe(&stores, noon()).await;
    claim(&stores, noon()).await;
    stores.outbox.postpone(owed.id, noon() + minutes(10), None).await.unwrap();
    assert_eq!(claim(&stores, noon() + minutes(9)).await, [], "the end of the lease does not count");
    let due = claim(&stores, noon() + minutes(10)).await;
    assert_eq!((due[0].id, due[0].attempts), (owed.id, 0), "waiting is no failure");
    for (failures, later) in [(1, 20), (2, 30)] {
        let error = Some("the mail server is away");
        stores.outbox.postpone(owed.id, noon() + minutes(later), error).await.unwrap();
        let due = claim(&stores, noon() + minutes(later)).await;
        assert_eq!((due[0].id, due[0].attempts), (owed.id, failures));
    }
    // Earlier than the lease would end: the lease is over.
    stores.outbox.postpone(owed.id, noon() + minutes(30), None).await.unwrap();
    assert_eq!(ids(&claim(&stores, noon() + minutes(30)).await), [owed.id]);
}

pub async fn what_is_parked_waits_for_a_person(stores: Stores) {
    let (parked, kept) = (owe(&stores, noon()).await, owe(&stores, noon()).await);
    claim(&stores, noon()).await;
    stores.outbox.park(parked.id, "no such address").await.unwrap();
    assert_eq!(ids(&claim(&stores, noon() + minutes(600)).await), [kept.id]);
}

pub async fn the_backlog_is_counted(stores: Stores) {
    assert_eq!(stores.outbox.backlog().await.unwrap(), kernel::outbox::Backlog::default());
    let parked = owe(&stores, noon() - minutes(9)).await;
    let oldest = owe(&stores, noon() - minutes(3)).await;
    owe(&stores, noon() + minutes(3)).await;
    stores.outbox.park(parked.id, "no such address").await.unwrap();
    let backlog = stores.outbox.backlog().await.unwrap();
    assert_eq!((backlog.waiting, backlog.parked), (2, 1));
    assert_eq!(backlog.oldest_due, Some(oldest.due_at));
}
