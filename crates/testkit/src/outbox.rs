//! What every outbox promises.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

mod listed;
mod looked_after;
mod traced;

pub use listed::*;
pub use looked_after::*;
pub use traced::*;

use crate::{Stores, noon};
use accounts::Effect;
use chrono::TimeDelta;
use kernel::{Due, EffectId, InviteId, Lease, OneTimeId, Owed, Timestamp, transact};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Barrier;

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
            what_is_deferred_keeps_its_failures,
            what_is_parked_waits_for_a_person,
            parked_ones_are_listed_the_latest_first_in_pages_that_meet,
            what_is_retried_is_claimed_once_more,
            what_did_not_fail_cannot_be_retried,
            the_backlog_is_counted,
            what_is_not_asked_for_waits,
            the_longest_due_of_all_that_is_asked_for_comes_first,
            a_lease_is_made_longer_by_who_holds_it,
            a_lease_that_passed_to_another_is_not_made_longer,
            what_is_not_leased_any_more_is_not_made_longer,
            who_lost_a_lease_says_nothing_more_of_the_effect,
            what_brings_its_worker_down_is_counted,
            what_brings_its_worker_down_fails,
            what_went_well_after_all_does_not_fail_any_more,
            work_is_listed_by_where_it_stands_in_pages_that_meet,
            work_is_found_by_domain_and_kind,
            work_is_counted_by_domain_and_kind,
            many_are_retried_at_once,
            what_a_worker_is_at_is_not_retried,
            what_is_set_aside_is_known_whole,
            what_is_discarded_is_gone_and_on_record,
            of_retrying_and_discarding_at_once_one_happens,
            what_is_owed_tells_in_which_trace_it_was,
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

/// Under what anything is owed today, for tests that want all of it.
pub const EVERY_DOMAIN: [&str; 17] = [
    accounts::DOMAIN,
    accounts::ALERTS,
    backups::DOMAIN,
    backups::WORK,
    booking::DOMAIN,
    booking::FORGETTING,
    gallery::DOMAIN,
    gallery::PICTURES,
    hooks::DOMAIN,
    hooks::CALLS,
    invites::DOMAIN,
    media::DOMAIN,
    messaging::ANNOUNCEMENTS,
    messaging::DOMAIN,
    music::DOMAIN,
    music::SOUND,
    kernel::outbox::DISCARDED,
];

async fn owe(stores: &Stores, due_at: Timestamp) -> Owed<Effect> {
    owe_this(stores, Effect::SendVerification { one_time: OneTimeId::generate(noon()) }, due_at).await
}

async fn owe_this(stores: &Stores, effect: Effect, due_at: Timestamp) -> Owed<Effect> {
    let owed = Owed::at(effect, noon(), due_at);
    let tx = stores.accounts.begin().await.unwrap();
    transact(tx, async |tx| tx.enqueue_accounts(std::slice::from_ref(&owed)).await).await.unwrap();
    owed
}

async fn claim(stores: &Stores, now: Timestamp) -> Vec<Due> {
    stores.outbox.claim(&EVERY_DOMAIN, now, now + minutes(1), 100).await.unwrap()
}

/// The lease of an effect that was claimed by [`claim`] then.
fn lease(effect: EffectId, claimed_at: Timestamp) -> Lease {
    Lease { effect, until: claimed_at + minutes(1) }
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
    assert_eq!(due[0].lease(), lease(owed.id, noon()));
    assert_eq!(serde_json::from_str::<Effect>(&due[0].body).unwrap(), owed.effect);
}

pub async fn queued_effects_are_claimed_once(stores: Stores) {
    let mut owed = BTreeSet::new();
    for _ in 0..50 {
        owed.insert(owe(&stores, noon()).await.id);
    }
    let start = Arc::new(Barrier::new(4));
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let (stores, start) = (stores.clone(), Arc::clone(&start));
            tokio::spawn(async move {
                let mut claimed = Vec::new();
                // Each has a way to the store that is open before any begins.
                start.wait().await;
                assert_eq!(claim(&stores, noon() - minutes(1)).await, []);
                start.wait().await;
                loop {
                    let due =
                        stores.outbox.claim(&EVERY_DOMAIN, noon(), noon() + minutes(1), 3).await.unwrap();
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
    let due = stores.outbox.claim(&EVERY_DOMAIN, noon(), noon() + minutes(1), 3).await.unwrap();
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
    for finished in [true, false] {
        assert_eq!(stores.outbox.finish(lease(done.id, noon())).await.unwrap(), finished);
    }
    assert_eq!(ids(&claim(&stores, noon() + minutes(60)).await), [kept.id]);
}

pub async fn what_is_postponed_comes_again(stores: Stores) {
    let owed = owe(&stores, noon()).await;
    claim(&stores, noon()).await;
    let postpone = async |claimed_at, due_at, error| {
        assert!(stores.outbox.postpone(lease(owed.id, claimed_at), due_at, error).await.unwrap());
    };
    postpone(noon(), noon() + minutes(10), None).await;
    assert_eq!(claim(&stores, noon() + minutes(9)).await, [], "the end of the lease does not count");
    let due = claim(&stores, noon() + minutes(10)).await;
    assert_eq!((due[0].id, due[0].attempts), (owed.id, 0), "waiting is no failure");
    for (failures, later) in [(1, 20), (2, 30)] {
        let (before, later) = (noon() + minutes(later - 10), noon() + minutes(later));
        postpone(before, later, Some("the mail server is away")).await;
        let due = claim(&stores, later).await;
        assert_eq!((due[0].id, due[0].attempts), (owed.id, failures));
    }
    // Earlier than the lease would end: the lease is over.
    postpone(noon() + minutes(30), noon() + minutes(30), None).await;
    let due = claim(&stores, noon() + minutes(30)).await;
    assert_eq!((due[0].id, due[0].attempts), (owed.id, 0), "what went well in between starts anew");
}

pub async fn what_is_deferred_keeps_its_failures(stores: Stores) {
    let owed = owe(&stores, noon()).await;
    claim(&stores, noon()).await;
    let held = lease(owed.id, noon());
    assert!(stores.outbox.postpone(held, noon(), Some("the provider is away")).await.unwrap());
    claim(&stores, noon()).await;
    assert!(stores.outbox.defer(held, noon() + minutes(2)).await.unwrap());
    assert_eq!(claim(&stores, noon() + minutes(1)).await, []);
    let due = claim(&stores, noon() + minutes(2)).await;
    assert_eq!((due.len(), due[0].attempts), (1, 1));
}

pub async fn what_is_parked_waits_for_a_person(stores: Stores) {
    let (parked, kept) = (owe(&stores, noon()).await, owe(&stores, noon()).await);
    claim(&stores, noon()).await;
    assert!(stores.outbox.park(lease(parked.id, noon()), "no such address", noon()).await.unwrap());
    assert_eq!(ids(&claim(&stores, noon() + minutes(600)).await), [kept.id]);
}

/// Claims all that is due at noon and parks one of it.
async fn park(stores: &Stores, id: EffectId, error: &str, now: Timestamp) {
    claim(stores, noon()).await;
    assert!(stores.outbox.park(lease(id, noon()), error, now).await.unwrap());
}

pub async fn the_backlog_is_counted(stores: Stores) {
    assert_eq!(stores.outbox.backlog().await.unwrap(), kernel::outbox::Backlog::default());
    let parked = owe(&stores, noon() - minutes(9)).await;
    park(&stores, parked.id, "no such address", noon()).await;
    let oldest = owe(&stores, noon() - minutes(3)).await;
    owe(&stores, noon() + minutes(3)).await;
    let backlog = stores.outbox.backlog().await.unwrap();
    assert_eq!((backlog.waiting, backlog.parked), (2, 1));
    assert_eq!(backlog.oldest_due, Some(oldest.due_at));
}

/// The same of another domain.
async fn owe_invite(stores: &Stores, due_at: Timestamp) -> EffectId {
    let effect = invites::Effect::SendInvite { invite: InviteId::generate(noon()) };
    let owed = Owed::at(effect, noon(), due_at);
    let tx = stores.accounts.begin_invites().await.unwrap();
    transact(tx, async |tx| tx.enqueue_invites(std::slice::from_ref(&owed)).await).await.unwrap();
    owed.id
}

pub async fn what_is_not_asked_for_waits(stores: Stores) {
    let (letter, invite) = (owe(&stores, noon()).await.id, owe_invite(&stores, noon()).await);
    let (now, until) = (noon(), noon() + minutes(1));
    assert_eq!(stores.outbox.claim(&[], now, until, 100).await.unwrap(), []);
    assert_eq!(stores.outbox.claim(&["nobody", "invites.lane"], now, until, 100).await.unwrap(), []);
    let due = stores.outbox.claim(&[invites::DOMAIN, "nobody"], now, until, 100).await.unwrap();
    assert_eq!(ids(&due), [invite]);
    assert_eq!(due[0].domain, invites::DOMAIN);
    // To name a domain twice gives nothing twice.
    let due = stores.outbox.claim(&[accounts::DOMAIN, accounts::DOMAIN], now, until, 100).await.unwrap();
    assert_eq!(ids(&due), [letter]);
    assert_eq!(stores.outbox.backlog().await.unwrap().waiting, 2, "all of them count, whoever asks for them");
}

pub async fn the_longest_due_of_all_that_is_asked_for_comes_first(stores: Stores) {
    let mut expected = Vec::new();
    for late in [2, 7, 1, 5, 3, 4, 8, 6] {
        let due_at = noon() - minutes(late);
        let id =
            if late % 2 == 0 { owe(&stores, due_at).await.id } else { owe_invite(&stores, due_at).await };
        expected.push((due_at, id));
    }
    expected.sort();
    let expected: Vec<_> = expected.into_iter().map(|(_, id)| id).collect();
    for chunk in expected.chunks(3) {
        let due = stores.outbox.claim(&EVERY_DOMAIN, noon(), noon() + minutes(1), 3).await.unwrap();
        assert_eq!(ids(&due), chunk);
    }
    assert_eq!(claim(&stores, noon()).await, []);
}

pub async fn a_lease_is_made_longer_by_who_holds_it(stores: Stores) {
    let owed = owe(&stores, noon()).await;
    claim(&stores, noon()).await;
    let (second, third) = (noon() + minutes(5), noon() + minutes(9));
    let first = lease(owed.id, noon());
    assert!(stores.outbox.renew(first, second).await.unwrap());
    assert_eq!(claim(&stores, second - TimeDelta::microseconds(1)).await, []);
    assert!(!stores.outbox.renew(first, third).await.unwrap(), "it is not held until then any more");
    assert!(stores.outbox.renew(Lease { until: second, ..first }, third).await.unwrap());
    assert_eq!(claim(&stores, second).await, []);
    let due = claim(&stores, third).await;
    assert_eq!((due[0].id, due[0].due_at), (owed.id, noon()), "and is else as it was");
}

pub async fn a_lease_that_passed_to_another_is_not_made_longer(stores: Stores) {
    let owed = owe(&stores, noon()).await;
    claim(&stores, noon()).await;
    let (ours, theirs) = (lease(owed.id, noon()), noon() + minutes(3));
    assert_eq!(ids(&claim(&stores, noon() + minutes(2)).await), [owed.id]);
    assert!(!stores.outbox.renew(ours, noon() + minutes(60)).await.unwrap());
    assert_eq!(ids(&claim(&stores, theirs).await), [owed.id], "the other lease ends when it would have");
}

pub async fn what_is_not_leased_any_more_is_not_made_longer(stores: Stores) {
    let (done, later, parked) =
        (owe(&stores, noon()).await.id, owe(&stores, noon()).await.id, owe(&stores, noon()).await.id);
    claim(&stores, noon()).await;
    stores.outbox.finish(lease(done, noon())).await.unwrap();
    stores.outbox.postpone(lease(later, noon()), noon() + minutes(2), None).await.unwrap();
    stores.outbox.park(lease(parked, noon()), "no such address", noon()).await.unwrap();
    for id in [done, later, parked, EffectId::generate(noon())] {
        assert!(!stores.outbox.renew(lease(id, noon()), noon() + minutes(60)).await.unwrap());
    }
    assert_eq!(ids(&claim(&stores, noon() + minutes(2)).await), [later]);
}

pub async fn who_lost_a_lease_says_nothing_more_of_the_effect(stores: Stores) {
    let owed = owe(&stores, noon()).await;
    claim(&stores, noon()).await;
    let ours = lease(owed.id, noon());
    let later = noon() + minutes(2);
    assert_eq!(ids(&claim(&stores, later).await), [owed.id], "somebody else took it up");
    let outbox = &stores.outbox;
    assert!(!outbox.defer(ours, later).await.unwrap());
    assert!(!outbox.postpone(ours, later, None).await.unwrap());
    assert!(!outbox.postpone(ours, later, Some("too late")).await.unwrap());
    assert!(!outbox.park(ours, "too late", later).await.unwrap());
    assert_eq!(listed::parked(&stores).await, []);
    assert_eq!(claim(&stores, later).await, [], "it is still theirs");
    let theirs = lease(owed.id, later);
    assert!(outbox.defer(theirs, later).await.unwrap());
    let due = claim(&stores, later).await;
    assert_eq!((ids(&due), due[0].attempts), (vec![owed.id], 1), "only what came of nothing has failed");
    assert!(outbox.finish(ours).await.unwrap(), "what is done is done");
    assert_eq!(outbox.backlog().await.unwrap().waiting, 0);
    for said in [outbox.finish(theirs).await, outbox.defer(theirs, later).await] {
        assert!(!said.unwrap(), "it is gone");
    }
}

pub async fn what_brings_its_worker_down_is_counted(stores: Stores) {
    let owed = owe(&stores, noon()).await;
    for attempts in 0..3 {
        let due = claim(&stores, noon() + minutes(attempts)).await;
        assert_eq!((due[0].id, i64::from(due[0].attempts)), (owed.id, attempts), "nobody said how it went");
    }
    let (held, later) = (lease(owed.id, noon() + minutes(2)), noon() + minutes(3));
    assert!(stores.outbox.postpone(held, later, Some("this time it was said")).await.unwrap());
    let due = claim(&stores, later).await;
    assert_eq!(due[0].attempts, 3);
    assert!(stores.outbox.postpone(due[0].lease(), later, None).await.unwrap());
    assert_eq!(claim(&stores, later).await[0].attempts, 0);
}
