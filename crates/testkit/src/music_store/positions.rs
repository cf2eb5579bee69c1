//! Where members stopped listening.

use super::{begin, first, say, set, someone, stopped};
use crate::{Stores, noon};
use chrono::TimeDelta;
use kernel::{SetId, transact};
use music::Position;

pub async fn a_position_reads_back_whole(stores: Stores) {
    let (one, two) = (set(&stores).await.id, set(&stores).await.id);
    let (ada, ben) = (someone(&stores).await, someone(&stores).await);
    let said_at = noon() + TimeDelta::microseconds(1);
    let positions =
        [stopped(ada, one, 0, noon()), stopped(ada, two, 21_600_000, said_at), stopped(ben, one, 1, noon())];
    let first = "0001-01-01T00:00:00.000001Z".parse().unwrap();
    let third = stopped(ben, two, 9, first);
    for position in positions.into_iter().chain([third]) {
        say(&stores, position).await;
    }
    for position in positions.into_iter().chain([third]) {
        let found = stores.music.position(position.account, position.set).await.unwrap();
        assert_eq!(found, Some(position));
    }
    let other = set(&stores).await.id;
    assert_eq!(stores.music.position(ben, other).await.unwrap(), None);
}

pub async fn the_position_that_was_said_last_stays(stores: Stores) {
    let (set, ada) = (set(&stores).await.id, someone(&stores).await);
    let at = |seconds, at_ms| stopped(ada, set, at_ms, noon() + TimeDelta::seconds(seconds));
    for (said, expected) in [
        (at(10, 100), at(10, 100)),
        // An earlier word that arrives late, as from a device that was offline.
        (at(5, 900), at(10, 100)),
        (at(11, 50), at(11, 50)),
        (at(11, 60), at(11, 60)),
    ] {
        say(&stores, said).await;
        assert_eq!(stores.music.position(ada, set).await.unwrap(), Some(expected));
    }
    let devices: Vec<_> = (0..10)
        .map(|number| {
            let (stores, position) = (stores.clone(), at(20 + (number * 7) % 10, 1));
            tokio::spawn(async move { say(&stores, position).await })
        })
        .collect();
    for device in devices {
        device.await.unwrap();
    }
    assert_eq!(stores.music.positions(ada).await.unwrap(), [at(29, 1)]);
}

pub async fn positions_are_listed_the_latest_first(stores: Stores) {
    let (ada, ben) = (someone(&stores).await, someone(&stores).await);
    let mut expected = Vec::new();
    for minutes in [2, 5, 1, 4, 3] {
        let position = stopped(ada, set(&stores).await.id, 7, noon() + TimeDelta::minutes(minutes));
        say(&stores, position).await;
        say(&stores, Position { account: ben, ..position }).await;
        expected.push(position);
    }
    // Said anew: it comes first now.
    expected[2].said_at = noon() + TimeDelta::minutes(9);
    say(&stores, expected[2]).await;
    expected.sort_by_key(|position| std::cmp::Reverse(position.said_at));
    assert_eq!(stores.music.positions(ada).await.unwrap(), expected);
}

pub async fn a_position_in_a_set_that_is_not_there_is_not_kept(stores: Stores) {
    let ada = someone(&stores).await;
    let unknown = SetId::generate(noon());
    say(&stores, stopped(ada, unknown, 7, noon())).await;
    assert_eq!(stores.music.position(ada, unknown).await.unwrap(), None);
    assert_eq!(stores.music.positions(ada).await.unwrap(), []);
}

pub async fn a_set_goes_with_all_positions_in_it(stores: Stores) {
    let (gone, left) = (set(&stores).await.id, set(&stores).await.id);
    let (ada, ben) = (someone(&stores).await, someone(&stores).await);
    for (account, set) in [(ada, gone), (ben, gone), (ada, left)] {
        say(&stores, stopped(account, set, 7, noon())).await;
    }
    let removing = transact(begin(&stores).await, async |tx| {
        tx.lock_set(gone).await?;
        tx.remove_set(gone).await
    });
    removing.await.unwrap();
    assert_eq!(stores.music.set(gone).await.unwrap(), None);
    for audible in [true, false] {
        let ids: Vec<_> =
            stores.music.sets(audible, first(9)).await.unwrap().items.iter().map(|set| set.id).collect();
        assert_eq!(ids, [left]);
    }
    assert_eq!(stores.music.positions(ada).await.unwrap(), [stopped(ada, left, 7, noon())]);
    assert_eq!(stores.music.positions(ben).await.unwrap(), []);
}

pub async fn who_is_forgotten_stopped_nowhere(stores: Stores) {
    let (one, two) = (set(&stores).await.id, set(&stores).await.id);
    let (ada, ben) = (someone(&stores).await, someone(&stores).await);
    for (account, set) in [(ada, one), (ada, two), (ben, one)] {
        say(&stores, stopped(account, set, 7, noon())).await;
    }
    transact(begin(&stores).await, async |tx| tx.forget_positions_of(ada).await).await.unwrap();
    assert_eq!(stores.music.positions(ada).await.unwrap(), []);
    assert_eq!(stores.music.position(ada, one).await.unwrap(), None);
    assert_eq!(stores.music.positions(ben).await.unwrap(), [stopped(ben, one, 7, noon())]);
}
