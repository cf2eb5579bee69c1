//! Those who are written to, and the lists that they leave.

use super::{add, announcement, begin, later, recipient, waiting, write_down};
use crate::pages::in_pages;
use crate::{Stores, noon};
use kernel::{AccountId, AnnouncementId, PageRequest, transact};
use messaging::{Audience, LeftList, LeftOut, MailList, Recipient, RecipientState};
use std::collections::BTreeSet;

/// So many accounts that need not be there, in their order.
fn accounts(count: u32) -> Vec<AccountId> {
    let mut all: Vec<_> = (0..count).map(|_| AccountId::generate(noon())).collect();
    all.sort_unstable();
    all
}

pub async fn nobody_is_written_down_twice(stores: Stores) {
    let (one, other) = (announcement(0, Audience::Members), announcement(1, Audience::Members));
    add(&stores, &[one.clone(), other.clone()]).await;
    let people = accounts(3);
    let first: Vec<_> = people[..2].iter().map(|account| waiting(&one, *account, 0)).collect();
    assert_eq!(write_down(&stores, &first).await, people[..2].iter().copied().collect::<BTreeSet<_>>());
    let again: Vec<_> = people.iter().map(|account| waiting(&one, *account, 1)).collect();
    assert_eq!(write_down(&stores, &again).await, BTreeSet::from([people[2]]));
    assert_eq!(recipient(&stores, &one, people[0]).await.as_ref(), Some(&first[0]), "as it was");
    assert_eq!(recipient(&stores, &one, people[2]).await.as_ref(), Some(&again[2]));
    assert_eq!(recipient(&stores, &other, people[0]).await, None);
    let of_other = Recipient::left_out(other.id, people[0], LeftOut::Unsubscribed, later(2));
    assert_eq!(write_down(&stores, std::slice::from_ref(&of_other)).await, BTreeSet::from([people[0]]));
    assert_eq!(recipient(&stores, &other, people[0]).await, Some(of_other));
    // Two at once: one of them is the first.
    let third = announcement(2, Audience::Members);
    add(&stores, std::slice::from_ref(&third)).await;
    let both = [(); 2].map(|()| {
        let (stores, all) =
            (stores.clone(), again.iter().map(|it| Recipient { announcement: third.id, ..it.clone() }));
        let all: Vec<_> = all.collect();
        tokio::spawn(async move { write_down(&stores, &all).await.len() })
    });
    let mut new = 0;
    for one in both {
        new += one.await.unwrap();
    }
    assert_eq!(new, 3);
}

pub async fn recipients_are_listed_by_account_in_pages_that_meet(stores: Stores) {
    let (one, other) = (announcement(0, Audience::Members), announcement(1, Audience::Members));
    add(&stores, &[one.clone(), other.clone()]).await;
    let people = accounts(5);
    // Written down in another order than that of their accounts.
    let all: Vec<_> = people.iter().rev().zip(0..).map(|(account, at)| waiting(&one, *account, at)).collect();
    write_down(&stores, &all).await;
    write_down(&stores, &[waiting(&other, people[0], 0)]).await;
    let mut failed = all[1].clone();
    failed.state = RecipientState::Failed;
    let saving = transact(begin(&stores).await, async |tx| tx.save_recipients(&[failed.clone()]).await);
    saving.await.unwrap();
    for (state, expected) in [
        (None, people.clone()),
        (Some(RecipientState::Waiting), vec![people[0], people[1], people[2], people[4]]),
        (Some(RecipientState::Failed), vec![people[3]]),
        (Some(RecipientState::Sent), vec![]),
    ] {
        let seen = in_pages(2, async |page| stores.announcements.recipients(one.id, state, page).await).await;
        assert!(seen.iter().all(|it| it.announcement == one.id));
        let seen: Vec<_> = seen.iter().map(|it| it.account).collect();
        assert_eq!(seen, expected, "{state:?}");
    }
    assert_eq!(recipient(&stores, &one, failed.account).await, Some(failed));
}

pub async fn recipients_are_counted_by_how_they_stand(stores: Stores) {
    let (one, other) = (announcement(0, Audience::Members), announcement(1, Audience::Members));
    add(&stores, &[one.clone(), other.clone()]).await;
    let states = RecipientState::ALL.into_iter().chain([RecipientState::Sent, RecipientState::Sent]);
    let all: Vec<_> =
        states.map(|state| Recipient { state, ..waiting(&one, AccountId::generate(noon()), 0) }).collect();
    write_down(&stores, &all).await;
    write_down(&stores, &[waiting(&other, AccountId::generate(noon()), 0)]).await;
    let counts = stores.announcements.count_recipients(one.id).await.unwrap();
    for state in RecipientState::ALL {
        assert_eq!(counts.of(state), if state == RecipientState::Sent { 3 } else { 1 }, "{state:?}");
    }
    let nobodys = stores.announcements.count_recipients(AnnouncementId::generate(noon())).await.unwrap();
    assert!(nobodys.0.is_empty());
}

pub async fn what_somebody_is_sent_is_listed_the_newest_first(stores: Stores) {
    let (ada, bob) = (AccountId::generate(noon()), AccountId::generate(noon()));
    let all: Vec<_> = (0..3).map(|seconds| announcement(seconds, Audience::Members)).collect();
    add(&stores, &all).await;
    // Two of one instant.
    let hers: Vec<_> = all.iter().zip([1, 1, 2]).map(|(it, at)| waiting(it, ada, at)).collect();
    write_down(&stores, &hers).await;
    write_down(&stores, &[waiting(&all[0], bob, 5)]).await;
    let mut expected = hers.clone();
    expected.sort_by_key(|one| std::cmp::Reverse(one.place()));
    let first = PageRequest { limit: 2, after: None };
    let page = stores.announcements.received(ada, first).await.unwrap();
    assert_eq!(page.items, expected[..2]);
    let rest = stores.announcements.received(ada, PageRequest { after: page.next, ..first }).await.unwrap();
    assert_eq!((rest.items.as_slice(), rest.next), (&expected[2..], None));
}

pub async fn those_of_whom_nobody_knows_are_found_a_few_at_a_time(stores: Stores) {
    let one = announcement(0, Audience::Members);
    add(&stores, std::slice::from_ref(&one)).await;
    let people = accounts(5);
    let stands = |(place, account): (usize, &AccountId)| {
        let state = if place == 1 { RecipientState::Sent } else { RecipientState::Uncertain };
        Recipient { state, ..waiting(&one, *account, 0) }
    };
    let all: Vec<_> = people.iter().enumerate().map(stands).collect();
    write_down(&stores, &all).await;
    let mut tx = begin(&stores).await;
    let part = tx.lock_uncertain(one.id, None, 2).await.unwrap();
    assert_eq!(part, [all[0].clone(), all[2].clone()]);
    let rest = tx.lock_uncertain(one.id, Some(people[2]), 9).await.unwrap();
    assert_eq!(rest, all[3..]);
    assert_eq!(tx.lock_uncertain(one.id, Some(people[4]), 9).await.unwrap(), []);
}

pub async fn a_list_is_left_and_joined_once(stores: Stores) {
    let (ada, bob) = (AccountId::generate(noon()), AccountId::generate(noon()));
    let left = |account, list, seconds| LeftList { account, list, at: later(seconds) };
    let leave = async |it: LeftList| {
        let leaving = transact(begin(&stores).await, async |tx| tx.leave_list(&it).await);
        leaving.await.unwrap()
    };
    let join = async |account, list| {
        let joining = transact(begin(&stores).await, async |tx| tx.join_list(account, list).await);
        joining.await.unwrap()
    };
    let known = async |accounts: &[AccountId]| {
        let mut known = stores.announcements.left_lists(accounts).await.unwrap();
        known.sort_by_key(|it| (it.account, it.list));
        known
    };
    assert!(leave(left(ada, MailList::News, 1)).await);
    assert!(!leave(left(ada, MailList::News, 2)).await, "she had before");
    assert!(leave(left(ada, MailList::Events, 3)).await && leave(left(bob, MailList::News, 4)).await);
    let hers = [left(ada, MailList::News, 1), left(ada, MailList::Events, 3)];
    assert_eq!(known(&[ada]).await, hers);
    assert_eq!(known(&[bob, ada]).await.len(), 3);
    assert!(join(ada, MailList::News).await && !join(ada, MailList::News).await);
    assert_eq!(known(&[ada]).await, hers[1..]);
    assert_eq!(known(&[AccountId::generate(noon())]).await, []);
}
