//! News become calls.

use super::{Desk, input, off};
use crate::fixtures_bookings::{booked_paid, booked_unpaid, buyer, house};
use crate::fixtures_events::organisation;
use crate::{Stores, noon};
use chrono::TimeDelta;
use hooks::{Call, Spread};
use kernel::news::part_of;
use kernel::{HookCallId, StoreError, transact};
use std::collections::BTreeSet;
use std::sync::Arc;

fn told(told: usize) -> Spread {
    Spread { told, unreadable: 0 }
}

pub async fn what_happens_is_told_to_each_hook_that_wants_it(stores: Stores) {
    let desk = Desk::open(stores).await;
    let (all, some) = (desk.hook(&[]).await, desk.hook(&["booking.confirmed", "booking.cancelled"]).await);
    let silent = desk.hook(&[]).await;
    desk.hooks.update(&desk.owner, silent.id, off(input(&[]))).await.unwrap();
    let elsewhere = organisation(&desk.house.stores).await;
    let stranger = desk.hooks.create(&desk.owner, elsewhere, input(&[])).await.unwrap().0;
    assert_eq!(desk.hooks.spread().await.unwrap(), told(0));
    let booking = booked_paid(&desk.house, buyer(&desk.house.stores).await, 2).await;
    assert!(desk.store().is_untold().await.unwrap());
    assert_eq!(desk.hooks.spread().await.unwrap(), told(3));
    assert!(!desk.store().is_untold().await.unwrap());
    assert_eq!(desk.hooks.spread().await.unwrap(), told(0));
    let mut kinds: Vec<_> = desk.calls(all.id, None).await.into_iter().map(|call| call.kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["booking.changed", "booking.confirmed", "booking.created"]);
    let confirmed = desk.calls(some.id, None).await;
    assert_eq!(confirmed.iter().map(|call| &*call.kind).collect::<Vec<_>>(), ["booking.confirmed"]);
    assert!(confirmed[0].message.starts_with(&format!("{}-", booking.id)), "{:?}", confirmed[0]);
    assert_eq!(desk.calls(silent.id, None).await, []);
    assert_eq!(desk.calls(stranger.id, None).await, []);
    // Each is made, with what is told of it.
    assert_eq!(desk.work().await, 4);
    let made = desk.caller.calls();
    let mine = made.iter().filter(|one| one.id == confirmed[0].message).collect::<Vec<_>>();
    assert_eq!((mine.len(), &mine[0].body, mine[0].timestamp), (2, &confirmed[0].body, noon().timestamp()));
    assert_ne!(mine[0].signature, mine[1].signature, "each hook has a secret of its own");
}

pub async fn where_no_hook_is_on_nothing_is_kept(stores: Stores) {
    let desk = Desk::open(stores).await;
    let somebody = buyer(&desk.house.stores).await;
    booked_paid(&desk.house, somebody, 1).await;
    assert!(!desk.store().is_untold().await.unwrap());
    let hook = desk.hook(&[]).await;
    assert_eq!(desk.hooks.spread().await.unwrap(), told(0), "what was before is not told");
    desk.hooks.update(&desk.owner, hook.id, off(input(&[]))).await.unwrap();
    booked_paid(&desk.house, somebody, 1).await;
    assert!(!desk.store().is_untold().await.unwrap());
    desk.hooks.update(&desk.owner, hook.id, input(&[])).await.unwrap();
    booked_unpaid(&desk.house, somebody, 1).await;
    assert!(desk.store().is_untold().await.unwrap());
    assert_eq!(desk.house.stores.news.unsent_parts().await.unwrap(), [0; 0], "there is no stream");
    // Who was switched off meanwhile is told no more.
    desk.hooks.update(&desk.owner, hook.id, off(input(&[]))).await.unwrap();
    assert_eq!(desk.hooks.spread().await.unwrap(), told(2));
    assert_eq!(desk.calls(hook.id, None).await, []);
}

pub async fn news_are_told_once_however_many_spread_them(stores: Stores) {
    let desk = Arc::new(Desk::open(stores).await);
    let hook = desk.hook(&[]).await;
    for _ in 0..5 {
        booked_paid(&desk.house, buyer(&desk.house.stores).await, 1).await;
    }
    let spreading: Vec<_> = (0..8)
        .map(|_| {
            let desk = Arc::clone(&desk);
            tokio::spawn(async move { desk.hooks.spread().await.unwrap().told })
        })
        .collect();
    let mut count = 0;
    for one in spreading {
        count += one.await.unwrap();
    }
    assert_eq!(count, 15);
    let calls = desk.calls(hook.id, None).await;
    assert_eq!(calls.iter().map(|call| &call.message).collect::<BTreeSet<_>>().len(), 15);
    assert_eq!((calls.len(), desk.work().await), (15, 15));
    assert_eq!(desk.caller.calls().len(), 15);
}

pub async fn a_hook_is_told_nothing_twice(stores: Stores) {
    let desk = Desk::open(stores).await;
    let (one, other) = (desk.hook(&[]).await, desk.hook(&[]).await);
    let first = Call::test(one.id, noon());
    desk.add(&first).await;
    let same = Call { id: HookCallId::generate(noon()), body: "Other words.".into(), ..first.clone() };
    let elsewhere = Call { id: HookCallId::generate(noon()), hook: other.id, ..first.clone() };
    let adding = transact(desk.begin().await, async |tx| -> Result<Vec<HookCallId>, StoreError> {
        tx.add_hook_calls(&[same.clone(), elsewhere.clone()]).await
    });
    assert_eq!(adding.await.unwrap(), [elsewhere.id]);
    assert_eq!(desk.calls(one.id, None).await, [first]);
    assert_eq!(desk.calls(other.id, None).await, [elsewhere]);
}

pub async fn what_hooks_are_to_be_told_is_not_dropped(stores: Stores) {
    let desk = Desk::open(stores).await;
    desk.hook(&[]).await;
    booked_paid(&desk.house, buyer(&desk.house.stores).await, 1).await;
    let later = noon() + TimeDelta::days(30);
    assert_eq!(desk.house.stores.news.sweep_news(later).await.unwrap(), 0);
    assert_eq!(desk.hooks.spread().await.unwrap(), told(3));
    assert_eq!(desk.house.stores.news.sweep_news(later).await.unwrap(), 3);
}

pub async fn what_nobody_can_read_waits(stores: Stores) {
    let house = house(stores, 50, None, 2500).await;
    let old = Desk::over(house.clone(), |body| (!body.contains("confirmed")).then(|| body.to_owned())).await;
    let hook = old.hook(&[]).await;
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    assert_eq!(old.hooks.spread().await.unwrap(), Spread { told: 2, unreadable: 1 });
    assert_eq!(old.hooks.spread().await.unwrap(), Spread { told: 0, unreadable: 1 });
    assert_eq!(old.calls(hook.id, None).await.len(), 2);
    // A version that can read it tells it.
    let new = Desk::over(house, |body| Some(body.to_owned())).await;
    assert_eq!(new.hooks.spread().await.unwrap(), told(1));
    assert_eq!(new.calls(hook.id, None).await.len(), 3);
}

/// With a stream.
pub async fn hooks_and_the_stream_are_told_each_by_itself(stores: Stores) {
    let desk = Desk::open(stores).await;
    let news = &desk.house.stores.news;
    let quiet = booked_unpaid(&desk.house, buyer(&desk.house.stores).await, 1).await;
    assert!(!desk.store().is_untold().await.unwrap(), "nobody calls for it");
    let hook = desk.hook(&[]).await;
    let booking = booked_paid(&desk.house, buyer(&desk.house.stores).await, 1).await;
    let places = |told: &[kernel::Published]| told.iter().map(|one| one.place).collect::<Vec<_>>();
    let before = news.unsent(part_of(quiet.id), 100).await.unwrap();
    news.sent(part_of(quiet.id), &places(&before)).await.unwrap();
    assert!(desk.store().is_untold().await.unwrap());
    assert_eq!(desk.hooks.spread().await.unwrap(), told(3));
    let unsent = news.unsent(part_of(booking.id), 100).await.unwrap();
    news.sent(part_of(booking.id), &places(&unsent)).await.unwrap();
    assert_eq!(desk.calls(hook.id, None).await.len(), 3);
    // Only what both have is dropped.
    assert_eq!(news.sweep_news(noon() + TimeDelta::days(30)).await.unwrap(), 5);
    assert_eq!(news.unsent_parts().await.unwrap(), [0; 0]);
}
