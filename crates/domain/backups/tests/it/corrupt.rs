//! Whatever happens to a backup is found and named.

use crate::house::{House, Key};
use backups::use_cases::VerifyError;
use backups::{BackupName, Depth, Finding, Standing};
use kernel::ObjectStore;

const PART: &str = "database.zst.age.000002";

async fn made(house: &House) -> BackupName {
    house.backups.create(&house.original(&["every row of the house"]), &Key(7)).await.unwrap().name
}

async fn standing(house: &House) -> Standing {
    house.backups.list().await.unwrap()[0].standing
}

#[tokio::test]
async fn a_whole_backup_is_good_as_deep_as_one_looks() {
    let house = House::new();
    let name = made(&house).await;
    let shallow = house.backups.verify(&name, None).await.unwrap();
    assert!(shallow.is_good() && shallow.depth == Depth::Sums);
    let deep = house.backups.verify(&name, Some(&Key(7))).await.unwrap();
    assert!(deep.is_good() && deep.depth == Depth::Opened);
    assert_eq!(standing(&house).await, Standing::Good(Depth::Opened));
    house.backups.verify(&name, None).await.unwrap();
    assert_eq!(
        standing(&house).await,
        Standing::Good(Depth::Opened),
        "who looks less deep disproves nothing"
    );
}

#[tokio::test]
async fn a_flipped_byte_a_cut_and_a_missing_part_are_named_without_any_key() {
    let part = || PART.to_owned();
    type Change = fn(&mut Vec<u8>);
    let changes: [(Change, Finding); 4] = [
        (|bytes| bytes[4] ^= 0x10, Finding::Changed { part: part() }),
        (|bytes| bytes.truncate(4), Finding::Length { part: part(), written: 10, found: 4 }),
        (|bytes| bytes.clear(), Finding::Length { part: part(), written: 10, found: 0 }),
        (|bytes| bytes.push(1), Finding::Length { part: part(), written: 10, found: 11 }),
    ];
    for (change, expected) in changes {
        let house = House::new();
        let name = made(&house).await;
        house.spoil(PART, change).await;
        let verdict = house.backups.verify(&name, Some(&Key(7))).await.unwrap();
        assert_eq!(verdict.findings, [expected]);
        assert_eq!(standing(&house).await, Standing::Bad);
    }
    let house = House::new();
    let name = made(&house).await;
    house.vault.delete(&[house.part(PART), house.part("media.zst.age.000001")]).await.unwrap();
    let verdict = house.backups.verify(&name, None).await.unwrap();
    let missing = [PART, "media.zst.age.000001"].map(|part| Finding::Missing { part: part.into() });
    assert_eq!(verdict.findings, missing);
}

#[tokio::test]
async fn what_was_found_is_told_also_when_it_cannot_be_kept() {
    let house = House::new();
    let name = made(&house).await;
    house.spoil(PART, |bytes| bytes[4] ^= 0x10).await;
    house.vault.fill();
    let verdict = house.backups.verify(&name, None).await.unwrap();
    assert_eq!(verdict.findings, [Finding::Changed { part: PART.to_owned() }]);
    assert_eq!(standing(&house).await, Standing::Good(Depth::Sums), "nobody can know of it later");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_makes_no_bad_backup_a_whole_one() {
    let house = House::new();
    let name = made(&house).await;
    house.spoil(PART, |bytes| bytes[4] ^= 0x10).await;
    house.backups.verify(&name, None).await.unwrap();
    assert_eq!(standing(&house).await, Standing::Bad);
    house.spoil("record.json", |bytes| bytes[9] ^= 1).await;
    assert_eq!(standing(&house).await, Standing::Unread);
    house.backups.verify(&name, None).await.unwrap();
    assert_eq!(standing(&house).await, Standing::Bad, "somebody has looked again");
}

#[tokio::test]
async fn what_was_put_right_again_is_good_again() {
    let house = House::new();
    let name = made(&house).await;
    house.spoil(PART, |bytes| bytes[0] ^= 1).await;
    house.backups.verify(&name, None).await.unwrap();
    house.spoil(PART, |bytes| bytes[0] ^= 1).await;
    assert_eq!(standing(&house).await, Standing::Bad, "nobody has looked since");
    house.backups.verify(&name, None).await.unwrap();
    assert_eq!(standing(&house).await, Standing::Good(Depth::Sums));
}

#[tokio::test]
async fn a_wrong_key_is_told_from_a_wrong_backup() {
    let house = House::new();
    let name = made(&house).await;
    let verdict = house.backups.verify(&name, Some(&Key(8))).await.unwrap();
    assert_eq!(verdict.findings, [Finding::WrongKey { sealed_to: vec!["key-7".into()] }]);
    assert_eq!(standing(&house).await, Standing::Good(Depth::Sums), "it says nothing of the backup");
}

#[tokio::test]
async fn a_manifest_that_was_changed_or_is_anothers_is_damaged() {
    let house = House::new();
    let name = made(&house).await;
    house.spoil("manifest.json", |bytes| bytes[9] ^= 1).await;
    let verdict = house.backups.verify(&name, None).await.unwrap();
    assert!(matches!(verdict.findings[..], [Finding::Manifest { .. }]), "{verdict:?}");
    assert_eq!(standing(&house).await, Standing::Bad);
}

#[tokio::test]
async fn without_a_manifest_there_is_no_backup() {
    let house = House::new();
    let name = made(&house).await;
    house.vault.delete(&[house.part("manifest.json")]).await.unwrap();
    assert!(matches!(house.backups.verify(&name, None).await, Err(VerifyError::Unknown)));
    assert_eq!(standing(&house).await, Standing::Unfinished);
    assert_eq!(house.backups.latest().await.unwrap(), None);
}
