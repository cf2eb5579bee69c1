//! What an outbox promises those who look after it.

use super::listed::{fail, listed, parked, those};
use super::{claim, ids, lease, minutes, owe, owe_this, park};
use crate::audit_log::some_act;
use crate::{Stores, noon};
use accounts::Effect;
use chrono::TimeDelta;
use kernel::audit::ActFilter;
use kernel::outbox::{DISCARDED, Discarded, SetAside, Standing, WorkFilter};
use kernel::{Act, Cause, EffectId, Owed, PageRequest, Subject, Timestamp};
use std::collections::BTreeSet;

/// Whether one was taken up again.
async fn retry(stores: &Stores, id: EffectId, now: Timestamp) -> bool {
    let taken = stores.outbox.retry(&[(id, some_act())], now).await.unwrap();
    assert!(taken.is_empty() || taken == [id]);
    !taken.is_empty()
}

pub async fn what_is_retried_is_claimed_once_more(stores: Stores) {
    let (retried, left) = (owe(&stores, noon()).await, owe(&stores, noon()).await);
    claim(&stores, noon()).await;
    for id in [retried.id, left.id] {
        assert!(stores.outbox.park(lease(id, noon()), "no such address", noon()).await.unwrap());
    }
    let later = noon() + minutes(90);
    assert!(retry(&stores, retried.id, later).await);
    assert_eq!(claim(&stores, later - TimeDelta::microseconds(1)).await, [], "not before it was asked for");
    let due = claim(&stores, later).await;
    assert_eq!(ids(&due), [retried.id]);
    assert_eq!((due[0].attempts, due[0].due_at), (0, later), "as if it had never failed");
    assert_eq!(serde_json::from_str::<Effect>(&due[0].body).unwrap(), retried.effect);
    assert_eq!(claim(&stores, later).await, [], "leased like any other");
    let still: Vec<_> = parked(&stores).await.iter().map(|parked| parked.id).collect();
    assert_eq!(still, [left.id]);
    // What fails on can be parked again, and is listed as that.
    let held = lease(retried.id, later);
    assert!(stores.outbox.park(held, "still no such address", later).await.unwrap());
    let again = &parked(&stores).await[0];
    assert_eq!((again.id, again.attempts, again.parked_at), (retried.id, 1, Some(later)));
}

pub async fn what_did_not_fail_cannot_be_retried(stores: Stores) {
    let (waiting, done) = (owe(&stores, noon() + minutes(5)).await, owe(&stores, noon()).await);
    claim(&stores, noon()).await;
    assert!(stores.outbox.finish(lease(done.id, noon())).await.unwrap());
    for id in [waiting.id, done.id, EffectId::generate(noon())] {
        assert!(!retry(&stores, id, noon()).await);
    }
    assert_eq!(claim(&stores, noon()).await, [], "and it is not due earlier for that");
    let parked = owe(&stores, noon()).await;
    park(&stores, parked.id, "no such address", noon()).await;
    assert_eq!(stores.audit.waiting().await.unwrap(), 0, "what was refused is no act");
    assert!(retry(&stores, parked.id, noon()).await);
    assert!(!retry(&stores, parked.id, noon()).await, "once is enough");
    assert_eq!(stores.audit.waiting().await.unwrap(), 1);
}

fn act(name: &'static str, id: EffectId) -> Act {
    Cause::system().act(name, Subject::new("job", id.as_uuid()), noon())
}

/// What was done to which.
async fn recorded(stores: &Stores) -> BTreeSet<(String, EffectId)> {
    let page = PageRequest { limit: 100, after: None };
    let acts = stores.audit.acts(&ActFilter::default(), page).await.unwrap().items;
    acts.into_iter().map(|it| (it.act.act.into_owned(), it.act.subject.id.into())).collect()
}

pub async fn many_are_retried_at_once(stores: Stores) {
    let (failing, parked) = (owe(&stores, noon()).await.id, owe(&stores, noon()).await.id);
    let waiting = owe(&stores, noon() + minutes(30)).await.id;
    fail(&stores, failing, noon(), noon() + minutes(60)).await;
    assert!(stores.outbox.park(lease(parked, noon()), "no such address", noon()).await.unwrap());
    let later = noon() + minutes(5);
    let named = [parked, waiting, failing, EffectId::generate(noon()), failing];
    let wanted = named.map(|id| (id, act("job.retry", id)));
    let mut expected = vec![failing, parked];
    expected.sort_unstable();
    assert_eq!(stores.outbox.retry(&wanted, later).await.unwrap(), expected);
    let acts = [failing, parked].map(|id| ("job.retry".to_owned(), id));
    assert_eq!(recorded(&stores).await, BTreeSet::from(acts));
    assert_eq!(stores.audit.waiting().await.unwrap(), 2, "one act for each");
    for standing in [Standing::Failing, Standing::Parked] {
        assert_eq!(those(&stores, standing).await, []);
    }
    for work in listed(&stores, &WorkFilter::of(Standing::Waiting), 100).await {
        let due_at = if work.id == waiting { noon() + minutes(30) } else { later };
        assert_eq!((work.attempts, work.due_at, work.error), (0, due_at, None));
    }
    assert_eq!(ids(&claim(&stores, later).await), expected);
    assert_eq!(stores.outbox.retry(&[], later).await.unwrap(), []);
}

pub async fn what_a_worker_is_at_is_not_retried(stores: Stores) {
    let id = owe(&stores, noon()).await.id;
    fail(&stores, id, noon(), noon()).await;
    claim(&stores, noon()).await;
    assert!(!retry(&stores, id, noon() + minutes(1) - TimeDelta::microseconds(1)).await);
    // Whoever had it was never heard of again.
    assert!(retry(&stores, id, noon() + minutes(1)).await);
    assert!(!stores.outbox.postpone(lease(id, noon()), noon(), Some("too late")).await.unwrap());
    let due = claim(&stores, noon() + minutes(1)).await;
    assert_eq!((ids(&due), due[0].attempts), (vec![id], 0));
}

pub async fn what_is_set_aside_is_known_whole(stores: Stores) {
    let one = owe(&stores, noon()).await;
    let same = owe_this(&stores, one.effect.clone(), noon()).await;
    let other = owe(&stores, noon()).await;
    for id in [one.id, EffectId::generate(noon())] {
        assert_eq!(stores.outbox.set_aside(id).await.unwrap(), None);
    }
    claim(&stores, noon()).await;
    for id in [one.id, other.id] {
        assert!(stores.outbox.park(lease(id, noon()), "no such address", noon()).await.unwrap());
    }
    let aside = async |id| stores.outbox.set_aside(id).await.unwrap().unwrap();
    let SetAside { work, body } = aside(one.id).await;
    assert_eq!(serde_json::from_str::<Effect>(&body).unwrap(), one.effect);
    assert_eq!((work.id, work.domain.as_str()), (one.id, accounts::DOMAIN));
    assert_eq!((work.kind.as_deref(), work.attempts), (Some("send_verification"), 1));
    assert_eq!((work.parked_at, work.error.as_deref()), (Some(noon()), Some("no such address")));
    let owes = async |domain: &str, body: &str| stores.outbox.owes(domain, body).await.unwrap();
    assert!(owes(accounts::DOMAIN, &body).await, "the very same is owed once more");
    assert!(!owes(invites::DOMAIN, &body).await);
    assert!(!owes(accounts::DOMAIN, &aside(other.id).await.body).await);
    assert!(stores.outbox.park(lease(same.id, noon()), "no such address", noon()).await.unwrap());
    assert!(!owes(accounts::DOMAIN, &body).await, "nobody tries that either");
}

/// What is owed in the place of what is discarded.
fn news(of: &str) -> Owed<Discarded> {
    Owed::now(Discarded { domain: accounts::DOMAIN.to_owned(), body: of.to_owned() }, noon())
}

pub async fn what_is_discarded_is_gone_and_on_record(stores: Stores) {
    let (parked, left) = (owe(&stores, noon()).await.id, owe(&stores, noon()).await.id);
    let (failing, waiting) = (owe(&stores, noon()).await.id, owe(&stores, noon() + minutes(30)).await.id);
    fail(&stores, failing, noon(), noon() + minutes(30)).await;
    for id in [parked, left] {
        assert!(stores.outbox.park(lease(id, noon()), "no such address", noon()).await.unwrap());
    }
    let discard = async |id, news: Option<&Owed<Discarded>>| {
        stores.outbox.discard(id, &act("job.discard", id), news).await.unwrap()
    };
    let told = news("told");
    for id in [failing, waiting, EffectId::generate(noon())] {
        assert!(!discard(id, Some(&told)).await, "nobody has set it aside");
    }
    assert_eq!(recorded(&stores).await, BTreeSet::new(), "what was refused is no act");
    assert!(discard(parked, Some(&told)).await);
    assert!(!discard(parked, Some(&news("again"))).await, "it is gone");
    assert_eq!(recorded(&stores).await, BTreeSet::from([("job.discard".to_owned(), parked)]));
    assert_eq!(stores.audit.waiting().await.unwrap(), 1);
    assert!(!retry(&stores, parked, noon()).await);
    assert_eq!(those(&stores, Standing::Parked).await, [left]);
    assert!(discard(left, None).await, "nobody waits for it");
    let due = claim(&stores, noon() + minutes(30)).await;
    let found = due.iter().find(|due| due.domain == DISCARDED).unwrap();
    assert_eq!((found.id, found.due_at), (told.id, noon()));
    assert_eq!(serde_json::from_str::<Discarded>(&found.body).unwrap(), told.effect);
    let due = ids(&due);
    assert_eq!(due.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([failing, waiting, told.id]));
}

pub async fn of_retrying_and_discarding_at_once_one_happens(stores: Stores) {
    for round in 0..8 {
        let now = noon() + minutes(round * 2);
        let id = owe(&stores, now).await.id;
        claim(&stores, now).await;
        assert!(stores.outbox.park(lease(id, now), "no such address", now).await.unwrap());
        let (discarding, told) = (act("job.discard", id), news("told"));
        let (taken, gone) =
            tokio::join!(retry(&stores, id, now), stores.outbox.discard(id, &discarding, Some(&told)));
        let gone = gone.unwrap();
        assert_ne!(taken, gone, "one of them came first");
        // Who waits for it is told that nobody tries any more when that is so, and not otherwise.
        let left = if taken { id } else { told.id };
        assert_eq!(ids(&claim(&stores, now).await), [left]);
        assert!(stores.outbox.finish(lease(left, now)).await.unwrap());
    }
}
