//! There and back.

use crate::house::{House, Key, PART, Place, Store};
use backups::use_cases::{CreateError, MediaCompared, RestoreError, Step};
use backups::{BackupName, DATABASE, Depth, Finding, Original, Standing, Sum};
use kernel::{Body, ObjectKey, ObjectStore};
use std::sync::{Arc, Mutex};

const RUNS: [&str; 4] = ["every row ", "of the house, ", "", "as it was at that moment"];

#[tokio::test]
async fn a_store_is_put_back_as_it_was() {
    let house = House::new();
    let made = house.backups.create(&house.original(&RUNS), &Key(7)).await.unwrap();
    let database = made.file(DATABASE).unwrap();
    assert_eq!(database.plain.bytes, 48);
    let lengths: Vec<_> = database.parts.iter().map(|part| part.sum.bytes).collect();
    assert_eq!(lengths, [10, 10, 10, 10, 9], "and a byte of the sealer's");
    assert_eq!(made.recipients, ["key-7"]);

    let (place, steps) = (Place::default(), Mutex::new(Vec::new()));
    let told = |step| steps.lock().unwrap().push(step);
    let restored = house.backups.restore(&made.name, &Key(7), &place, &told).await.unwrap();
    assert_eq!(restored.differences, []);
    assert_eq!(restored.manifest, made);
    assert_eq!(place.filled.lock().unwrap().as_deref(), Some(RUNS.concat().as_bytes()));
    assert_eq!(*steps.lock().unwrap(), [Step::Inspecting(Box::new(made)), Step::Filling, Step::Counting]);
}

#[tokio::test]
async fn a_new_backup_is_good_as_far_as_its_sums_and_the_newest() {
    let house = House::new();
    assert_eq!(house.backups.latest().await.unwrap(), None);
    let first = house.backups.create(&house.original(&RUNS), &Key(7)).await.unwrap();
    house.clock.advance(chrono::TimeDelta::hours(1));
    let second = house.backups.create(&house.original(&["other"]), &Key(7)).await.unwrap();
    let all = house.backups.list().await.unwrap();
    assert_eq!(all.iter().map(|kept| &kept.name).collect::<Vec<_>>(), [&second.name, &first.name]);
    assert!(all.iter().all(|kept| kept.standing == Standing::Good(Depth::Sums)));
    assert_eq!(all[1].manifest.as_ref(), Some(&first));
    assert!(all[1].bytes > first.bytes(), "the manifest has bytes as well");
    assert_eq!(house.backups.latest().await.unwrap(), Some(second.name));
}

#[tokio::test]
async fn rows_that_are_not_there_again_are_named() {
    let house = House::new();
    let made = house.backups.create(&house.original(&RUNS), &Key(7)).await.unwrap();
    let place = Place { loses: 1, ..Place::default() };
    let restored = house.backups.restore(&made.name, &Key(7), &place, &|_| {}).await.unwrap();
    assert_eq!(restored.differences, [("accounts".to_owned(), 1, 0)]);
}

#[tokio::test]
async fn nothing_is_put_over_something_or_into_another_kind_of_store() {
    let house = House::new();
    let made = house.backups.create(&house.original(&RUNS), &Key(7)).await.unwrap();
    let full = Place { filled: Mutex::new(Some(b"dear".to_vec())), ..Place::default() };
    let refused = house.backups.restore(&made.name, &Key(7), &full, &|_| {}).await;
    assert!(matches!(refused, Err(RestoreError::NotEmpty)));
    assert_eq!(full.filled.lock().unwrap().as_deref(), Some(&b"dear"[..]));
    let other = Place { postgres: true, ..Place::default() };
    let refused = house.backups.restore(&made.name, &Key(7), &other, &|_| {}).await;
    assert!(matches!(refused, Err(RestoreError::OtherKind { .. })));
    let unknown = BackupName::generate(made.name.made_at());
    let refused = house.backups.restore(&unknown, &Key(7), &Place::default(), &|_| {}).await;
    assert!(matches!(refused, Err(RestoreError::NoBackup(_))));
}

#[tokio::test]
async fn nothing_is_written_of_a_damaged_backup_or_with_another_key() {
    let house = House::new();
    let made = house.backups.create(&house.original(&RUNS), &Key(7)).await.unwrap();
    let place = Place::default();
    house.spoil("database.zst.age.000005", |bytes| bytes[3] ^= 1).await;
    // Its parts are not looked at with a key that does not open it.
    let steps = Mutex::new(Vec::new());
    let told = |step| steps.lock().unwrap().push(step);
    let refused = house.backups.restore(&made.name, &Key(8), &place, &told).await;
    let Err(error @ RestoreError::WrongKey { .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(error.to_string(), "none of these private keys opens it: that of key-7 does");
    assert_eq!(*steps.lock().unwrap(), []);
    let refused = house.backups.restore(&made.name, &Key(7), &place, &|_| {}).await;
    let Err(RestoreError::Damaged(findings)) = refused else { panic!("{refused:?}") };
    assert_eq!(findings, [Finding::Changed { part: "database.zst.age.000005".into() }]);
    assert_eq!(*place.filled.lock().unwrap(), None);
}

#[tokio::test]
async fn nothing_is_made_of_what_is_something_else_than_was_put_into_it() {
    let house = House::new();
    let mut made = house.backups.create(&house.original(&RUNS), &Key(7)).await.unwrap();
    let name = made.name.clone();
    made.files[0].plain.sha256 = "0".repeat(64);
    let line = serde_json::to_string(&made).unwrap();
    let note = format!("{line}\n{}\n", Sum::of(line.as_bytes()).sha256);
    house.spoil("manifest.json", |bytes| *bytes = note.into_bytes()).await;
    let place = Place::default();
    let refused = house.backups.restore(&name, &Key(7), &place, &|_| {}).await;
    let Err(RestoreError::Damaged(findings)) = refused else { panic!("{refused:?}") };
    assert_eq!(findings, [Finding::Content { file: DATABASE.into() }]);
    assert_eq!(*place.filled.lock().unwrap(), None, "its last run was held back");
}

#[tokio::test]
async fn what_could_not_be_copied_to_its_end_leaves_nothing() {
    let house = House::new();
    let runs = vec![vec![1; 3 * PART]];
    let broken =
        Original { source: Arc::new(Store { runs, breaks: true, accounts: 1 }), ..house.original(&[]) };
    let refused = house.backups.create(&broken, &Key(7)).await;
    assert!(matches!(refused, Err(CreateError::Flow(_))), "{refused:?}");
    assert_eq!(house.vault.names(""), []);
}

#[tokio::test]
async fn a_vault_that_does_not_keep_what_is_put_there_is_noticed_at_once() {
    let house = House::new();
    house.vault.lose();
    let refused = house.backups.create(&house.original(&RUNS), &Key(7)).await;
    let Err(CreateError::NotKept { part }) = refused else { panic!("{refused:?}") };
    assert_eq!(part, "media.zst.age.000001", "the first of all");
    assert_eq!(house.vault.names(""), []);
}

#[tokio::test]
async fn the_pictures_and_sets_of_that_time_are_looked_for() {
    let house = House::new();
    let key = |name: &str| ObjectKey::parse(name).unwrap();
    let names = ["uploads/9", "pictures/1/320.webp", "sets/a/opus-64.mp4", "pictures/2"].map(key);
    for name in &names {
        house.media.lay(name);
    }
    // None of ours.
    house.media.lay(&key("elsewhere/1"));
    let made = house.backups.create(&house.original(&[]), &Key(7)).await.unwrap();
    let compare = async || {
        let media: Arc<dyn ObjectStore> = Arc::new(house.media.clone());
        house.backups.compare_media(&made.name, &Key(7), media).await.unwrap()
    };
    assert_eq!(compare().await, MediaCompared { there: 4, ..MediaCompared::default() });
    house.media.delete(&names[..1]).await.unwrap();
    house.media.put(&names[3], Body::Bytes(b"longer".to_vec()), "").await.unwrap();
    house.media.lay(&key("pictures/3"));
    let named = vec![names[3].clone(), names[0].clone()];
    assert_eq!(compare().await, MediaCompared { there: 2, missing: 2, named });
}
