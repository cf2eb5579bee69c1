//! What is removed, and what stays.

use crate::house::{House, Key};
use backups::{Depth, Rule, Standing};
use chrono::TimeDelta;

const RULE: Rule = Rule { daily: 3, weekly: 0, monthly: 0 };

async fn made(house: &House, days: usize) {
    for _ in 0..days {
        house.backups.create(&house.original(&["rows"]), &Key(7)).await.unwrap();
        house.clock.advance(TimeDelta::days(1));
    }
}

#[tokio::test]
async fn what_the_rule_lets_go_is_gone_with_all_its_objects() {
    let house = House::new();
    made(&house, 5).await;
    let all = house.backups.list().await.unwrap();
    let gone = house.backups.prune(&RULE).await.unwrap();
    assert_eq!(gone, [all[3].name.clone(), all[4].name.clone()]);
    assert_eq!(house.backups.list().await.unwrap(), all[..3]);
    for name in gone {
        assert_eq!(house.vault.names(&name.to_string()), []);
    }
    assert_eq!(house.backups.prune(&RULE).await.unwrap(), [], "it is done");
}

#[tokio::test]
async fn the_last_good_one_stays_however_many_bad_ones_follow() {
    let house = House::new();
    assert_eq!(house.backups.last_good().await.unwrap(), None);
    made(&house, 6).await;
    let all = house.backups.list().await.unwrap();
    assert_eq!(house.backups.last_good().await.unwrap().as_ref(), Some(&all[0].name));
    for kept in &all[..5] {
        house.spoil(&format!("{}/database.zst.age.000001", kept.name), |bytes| bytes[1] ^= 1).await;
        assert!(!house.backups.verify(&kept.name, None).await.unwrap().is_good());
    }
    assert_eq!(house.backups.last_good().await.unwrap().as_ref(), Some(&all[5].name));
    house.clock.advance(TimeDelta::days(365));
    let gone = house.backups.prune(&RULE).await.unwrap();
    assert_eq!(gone.len(), 5);
    let left = house.backups.list().await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!((&left[0].name, left[0].standing), (&all[5].name, Standing::Good(Depth::Sums)));
}
