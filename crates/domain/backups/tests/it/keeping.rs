//! What is removed, and what stays.

use crate::house::{House, Key};
use backups::{BackupName, Depth, Original, Rule, Standing};
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
    let gone = house.backups.prune(&RULE, None).await.unwrap();
    assert_eq!(gone, [all[3].name.clone(), all[4].name.clone()]);
    assert_eq!(house.backups.list().await.unwrap(), all[..3]);
    for name in gone {
        assert_eq!(house.vault.names(&name.to_string()), []);
    }
    assert_eq!(house.backups.prune(&RULE, None).await.unwrap(), [], "it is done");
}

#[tokio::test]
async fn the_last_good_one_stays_however_many_bad_ones_follow() {
    let house = House::new();
    made(&house, 6).await;
    let all = house.backups.list().await.unwrap();
    for kept in &all[..5] {
        house.spoil(&format!("{}/database.zst.age.000001", kept.name), |bytes| bytes[1] ^= 1).await;
        assert!(!house.backups.verify(&kept.name, None).await.unwrap().is_good());
    }
    house.clock.advance(TimeDelta::days(365));
    let gone = house.backups.prune(&RULE, None).await.unwrap();
    assert_eq!(gone.len(), 5);
    let left = house.backups.list().await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!((&left[0].name, left[0].standing), (&all[5].name, Standing::Good(Depth::Sums)));
}

/// Makes one with so many rows under a signing key.
async fn counted(house: &House, rows: u64, signing_key: &str) -> BackupName {
    let original = Original { signing_key: Some(signing_key.into()), ..house.original_of(rows) };
    house.backups.create(&original, &Key(7)).await.unwrap().name
}

async fn names(house: &House) -> Vec<BackupName> {
    house.backups.list().await.unwrap().into_iter().map(|kept| kept.name).collect()
}

#[tokio::test]
async fn an_empty_store_displaces_no_backup_of_the_one_that_was_lost() {
    let house = House::new();
    let rule = Rule { daily: 1, weekly: 1, monthly: 1 };
    let before = counted(&house, 762, "ours").await;
    house.clock.advance(TimeDelta::seconds(1));
    counted(&house, 11, "ours").await;
    assert_eq!(house.backups.prune(&rule, Some("ours")).await.unwrap(), [], "both are young");
    for _ in 0..3 {
        house.clock.advance(TimeDelta::days(400));
        counted(&house, 12, "ours").await;
        house.backups.prune(&rule, Some("ours")).await.unwrap();
    }
    let left = names(&house).await;
    assert_eq!((left.len(), &left[1]), (2, &before), "it and the newest one");
}

#[tokio::test]
async fn what_another_system_made_neither_goes_nor_counts() {
    let house = House::new();
    let rule = Rule { daily: 1, weekly: 0, monthly: 0 };
    let theirs = counted(&house, 100, "theirs").await;
    house.clock.advance(TimeDelta::days(10));
    let ours = counted(&house, 100, "ours").await;
    let later = counted(&house, 100, "theirs").await;
    house.clock.advance(TimeDelta::days(10));
    assert_eq!(house.backups.prune(&rule, Some("ours")).await.unwrap(), []);
    assert_eq!(house.backups.prune(&rule, None).await.unwrap(), [], "who knows no key has none of them");
    assert_eq!(house.backups.prune(&rule, Some("theirs")).await.unwrap(), [theirs]);
    let mut left = names(&house).await;
    left.sort();
    let mut expected = [ours, later];
    expected.sort();
    assert_eq!(left, expected);
}
