//! What an outbox promises about where work stands.

use super::{claim, lease, minutes, owe, owe_invite, park};
use crate::pages::in_pages;
use crate::{Stores, noon};
use kernel::outbox::{OwedWork, Standing, UNHEARD, WorkCount, WorkFilter};
use kernel::{EffectId, Owed, SetId, Timestamp, transact};
use std::collections::BTreeSet;

/// Everything of a list, in pages of this length.
pub(super) async fn listed(stores: &Stores, filter: &WorkFilter, limit: u32) -> Vec<OwedWork> {
    in_pages(limit, async |page| stores.outbox.listed(filter, page).await).await
}

pub(super) async fn parked(stores: &Stores) -> Vec<OwedWork> {
    listed(stores, &WorkFilter::of(Standing::Parked), 100).await
}

/// Which stand so, as they are listed.
pub(super) async fn those(stores: &Stores, standing: Standing) -> Vec<EffectId> {
    listed(stores, &WorkFilter::of(standing), 100).await.iter().map(|work| work.id).collect()
}

/// Claims all that is due at an instant and has one of it fail, due again then.
pub(super) async fn fail(stores: &Stores, id: EffectId, now: Timestamp, due_at: Timestamp) {
    claim(stores, now).await;
    let away = Some("the mail server is away");
    assert!(stores.outbox.postpone(lease(id, now), due_at, away).await.unwrap());
}

/// The same of a domain that has one kind of work, and no word for it.
async fn owe_sound(stores: &Stores, due_at: Timestamp) -> EffectId {
    let owed = Owed::at(SetId::generate(noon()), noon(), due_at);
    let tx = stores.music.begin_music().await.unwrap();
    transact(tx, async |tx| tx.enqueue_sound(std::slice::from_ref(&owed)).await).await.unwrap();
    owed.id
}

pub async fn parked_ones_are_listed_the_latest_first_in_pages_that_meet(stores: Stores) {
    owe(&stores, noon()).await;
    assert_eq!(parked(&stores).await, [], "waiting is not being parked");
    let mut expected = Vec::new();
    for number in 0..7 {
        let id = owe(&stores, noon()).await.id;
        // Some are parked at one instant: then the id decides.
        let parked_at = noon() + minutes(number % 3);
        claim(&stores, noon()).await;
        let away = Some("the mail server is away");
        assert!(stores.outbox.postpone(lease(id, noon()), noon(), away).await.unwrap());
        park(&stores, id, &format!("refused {number}"), parked_at).await;
        expected.push(OwedWork {
            id,
            domain: accounts::DOMAIN.to_owned(),
            kind: Some("send_verification".to_owned()),
            attempts: 2,
            due_at: noon(),
            leased_until: None,
            parked_at: Some(parked_at),
            error: Some(format!("refused {number}")),
        });
    }
    expected.sort_by_key(|parked| std::cmp::Reverse((parked.parked_at, parked.id)));
    for limit in [1, 2, 7, 100] {
        let found = listed(&stores, &WorkFilter::of(Standing::Parked), limit).await;
        assert_eq!(found, expected, "pages of {limit}");
    }
}

pub async fn what_brings_its_worker_down_fails(stores: Stores) {
    let owed = owe(&stores, noon()).await;
    claim(&stores, noon()).await;
    assert_eq!(those(&stores, Standing::Waiting).await, [owed.id], "nobody knows yet how it goes");
    claim(&stores, noon() + minutes(1)).await;
    let failing = listed(&stores, &WorkFilter::of(Standing::Failing), 100).await;
    assert_eq!(failing.len(), 1);
    assert_eq!((failing[0].id, failing[0].attempts), (owed.id, 2), "that under way counts as well");
    assert_eq!(failing[0].error.as_deref(), Some(UNHEARD));
    assert_eq!(failing[0].leased_until, Some(noon() + minutes(2)));
    assert_eq!(those(&stores, Standing::Waiting).await, []);
}

pub async fn what_went_well_after_all_does_not_fail_any_more(stores: Stores) {
    let id = owe(&stores, noon()).await.id;
    fail(&stores, id, noon(), noon() + minutes(5)).await;
    let failing = listed(&stores, &WorkFilter::of(Standing::Failing), 100).await;
    assert_eq!(failing.len(), 1);
    assert_eq!((failing[0].id, failing[0].attempts), (id, 1));
    assert_eq!((failing[0].due_at, failing[0].leased_until), (noon() + minutes(5), None));
    assert_eq!(failing[0].error.as_deref(), Some("the mail server is away"));
    claim(&stores, noon() + minutes(5)).await;
    let held = lease(id, noon() + minutes(5));
    assert!(stores.outbox.postpone(held, noon() + minutes(9), None).await.unwrap());
    assert_eq!(those(&stores, Standing::Failing).await, []);
    let waiting = listed(&stores, &WorkFilter::of(Standing::Waiting), 100).await;
    assert_eq!(waiting.len(), 1);
    assert_eq!((waiting[0].id, waiting[0].attempts, &waiting[0].error), (id, 0, &None));
}

pub async fn work_is_listed_by_where_it_stands_in_pages_that_meet(stores: Stores) {
    let earlier = noon() - minutes(60);
    let some = async |number: i64, due_at: Timestamp| {
        if number % 2 == 0 { owe(&stores, due_at).await.id } else { owe_invite(&stores, due_at).await }
    };
    let mut begun = Vec::new();
    for number in 0..12 {
        begun.push(some(number, earlier).await);
    }
    claim(&stores, noon()).await;
    let (mut waiting, mut failing, mut parked) = (Vec::new(), Vec::new(), Vec::new());
    for (number, id) in (0..).zip(begun) {
        // Some of them have one instant: then the id decides.
        let (held, at) = (lease(id, noon()), noon() + minutes(number % 3));
        if number < 6 {
            assert!(stores.outbox.postpone(held, at, Some("it is away")).await.unwrap());
            failing.push((at, id));
        } else {
            assert!(stores.outbox.park(held, "it is gone", at).await.unwrap());
            parked.push((at, id));
        }
        waiting.push((at, some(number, at).await));
    }
    for all in [&mut waiting, &mut failing, &mut parked] {
        all.sort_unstable();
    }
    parked.reverse();
    for (standing, expected) in
        [(Standing::Waiting, waiting), (Standing::Failing, failing), (Standing::Parked, parked)]
    {
        for limit in [1, 5, 100] {
            let found = listed(&stores, &WorkFilter::of(standing), limit).await;
            assert!(found.iter().all(|work| work.standing() == standing));
            let places: Vec<_> = found.iter().map(|work| (work.cursor().at, work.id)).collect();
            assert_eq!(places, expected, "{standing:?} in pages of {limit}");
        }
        for domain in [accounts::DOMAIN, invites::DOMAIN] {
            let filter = WorkFilter { domain: Some(domain.to_owned()), ..WorkFilter::of(standing) };
            let all = listed(&stores, &filter, 100).await;
            assert_eq!(all.len(), expected.len() / 2);
            assert_eq!(listed(&stores, &filter, 2).await, all, "{standing:?} of {domain}");
        }
    }
}

pub async fn work_is_found_by_domain_and_kind(stores: Stores) {
    let letter = owe(&stores, noon()).await.id;
    let invite = owe_invite(&stores, noon() + minutes(1)).await;
    let sound = owe_sound(&stores, noon() + minutes(2)).await;
    let all = [letter, invite, sound];
    for standing in [Standing::Waiting, Standing::Failing, Standing::Parked] {
        let now = noon() + minutes(3);
        if standing != Standing::Waiting {
            claim(&stores, now).await;
        }
        for (number, id) in (0..).zip(all) {
            let held = lease(id, now);
            let heard = match standing {
                Standing::Waiting => Ok(true),
                Standing::Failing => stores.outbox.postpone(held, now, Some("it is away")).await,
                // The latest parked comes first.
                Standing::Parked => stores.outbox.park(held, "it is gone", now - minutes(number)).await,
            };
            assert!(heard.unwrap());
        }
        let find = async |domain: Option<&str>, kind: Option<&str>| {
            let (domain, kind) = (domain.map(str::to_owned), kind.map(str::to_owned));
            let found = listed(&stores, &WorkFilter { standing, domain, kind }, 1).await;
            found.into_iter().map(|work| (work.id, work.kind)).collect::<Vec<_>>()
        };
        let (of_letter, of_invite) = (Some("send_verification".to_owned()), Some("send_invite".to_owned()));
        let expected = [(letter, of_letter.clone()), (invite, of_invite.clone()), (sound, None)];
        if standing == Standing::Failing {
            // All are due at one instant: then the id decides, which is whatever it is.
            let found: BTreeSet<_> = find(None, None).await.into_iter().collect();
            assert_eq!(found, BTreeSet::from(expected));
        } else {
            assert_eq!(find(None, None).await, expected, "{standing:?}");
        }
        assert_eq!(find(Some(accounts::DOMAIN), None).await, [(letter, of_letter)]);
        assert_eq!(find(None, Some("send_invite")).await, [(invite, of_invite.clone())]);
        assert_eq!(find(Some(invites::DOMAIN), Some("send_invite")).await, [(invite, of_invite)]);
        assert_eq!(find(Some(music::SOUND), None).await, [(sound, None)], "it has no word for what it does");
        assert_eq!(find(Some(accounts::DOMAIN), Some("send_invite")).await, []);
        assert_eq!(find(Some("account"), None).await, [], "the whole name is meant");
        assert_eq!(find(None, Some("send")).await, []);
    }
}

pub async fn work_is_counted_by_domain_and_kind(stores: Stores) {
    assert_eq!(stores.outbox.counted().await.unwrap(), []);
    let parked = owe_invite(&stores, noon() - minutes(9)).await;
    park(&stores, parked, "no such address", noon()).await;
    let failing = owe(&stores, noon() - minutes(3)).await.id;
    fail(&stores, failing, noon(), noon() + minutes(4)).await;
    for later in [2, 3] {
        owe(&stores, noon() + minutes(later)).await;
    }
    owe_sound(&stores, noon() + minutes(7)).await;
    let count = |domain: &str, kind: Option<&str>, (waiting, failing, parked), oldest_due| WorkCount {
        domain: domain.to_owned(),
        kind: kind.map(str::to_owned),
        waiting,
        failing,
        parked,
        oldest_due,
    };
    let expected = [
        count(accounts::DOMAIN, Some("send_verification"), (2, 1, 0), Some(noon() + minutes(2))),
        count(invites::DOMAIN, Some("send_invite"), (0, 0, 1), None),
        count(music::SOUND, None, (1, 0, 0), Some(noon() + minutes(7))),
    ];
    assert_eq!(stores.outbox.counted().await.unwrap(), expected);
}
