//! Every backup is tried: a store is made of what lies there, looked at, and goes again.

use crate::house::{House, Key, Place};
use async_trait::async_trait;
use backups::use_cases::VerifyError;
use backups::{
    BackupName, DATABASE, Depth, Examiner, Finding, Kind, MediaThen, Scratch, ScratchPlace, Standing, Target,
    Trial,
};
use kernel::{ObjectKey, ObjectStore, StoreError};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Places that are counted, and what looks at them.
#[derive(Default)]
struct Yard {
    made: AtomicUsize,
    removed: Arc<AtomicUsize>,
    /// Rows that a store loses in them.
    loses: u64,
    postgres: bool,
    /// Whether none can be made.
    full: bool,
}

struct Corner {
    place: Place,
    removed: Arc<AtomicUsize>,
}

#[async_trait]
impl Scratch for Yard {
    fn kind(&self) -> Kind {
        if self.postgres { Kind::Postgres } else { Kind::Local }
    }

    async fn make(&self) -> Result<Box<dyn ScratchPlace>, StoreError> {
        if self.full {
            return Err(StoreError::broken("making a place", "the disk is full"));
        }
        self.made.fetch_add(1, Ordering::Relaxed);
        let place = Place { loses: self.loses, postgres: self.postgres, ..Place::default() };
        Ok(Box::new(Corner { place, removed: Arc::clone(&self.removed) }))
    }
}

#[async_trait]
impl ScratchPlace for Corner {
    fn target(&self) -> &dyn Target {
        &self.place
    }

    fn address(&self) -> String {
        "corner".to_owned()
    }

    async fn remove(self: Box<Self>) -> Result<(), StoreError> {
        self.removed.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Says what it was told to say, and of each file that was not there.
#[derive(Default)]
struct Eye {
    finds: Vec<Finding>,
    away: bool,
    seen: Mutex<Vec<String>>,
}

#[async_trait]
impl Examiner for Eye {
    async fn examine(&self, address: &str, media: &MediaThen<'_>) -> Result<Vec<Finding>, VerifyError> {
        self.seen.lock().unwrap().push(address.to_owned());
        if self.away {
            return Err(StoreError::unavailable("looking at a store", "it went away").into());
        }
        let mut findings = self.finds.clone();
        let mut see = |key: &ObjectKey, there: bool| {
            if !there {
                findings.push(Finding::Media { key: key.to_string() });
            }
        };
        if let Err(error) = media.walk(&mut see).await {
            findings.push(error.against()?);
        }
        Ok(findings)
    }
}

fn trial(house: &House, yard: &Arc<Yard>, eye: Eye) -> (Trial, Arc<Eye>) {
    let eye = Arc::new(eye);
    let media: Arc<dyn ObjectStore> = Arc::new(house.media.clone());
    (Trial { scratch: yard.clone(), examiner: eye.clone(), media }, eye)
}

async fn made(house: &House) -> BackupName {
    house.backups.create(&house.original(&["every row of the house"]), &Key(7)).await.unwrap().name
}

async fn standing(house: &House) -> Standing {
    house.backups.list().await.unwrap()[0].standing
}

fn counts(yard: &Yard) -> (usize, usize) {
    (yard.made.load(Ordering::Relaxed), yard.removed.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_backup_of_which_a_sound_store_was_made_is_good_so_deep() {
    let (house, yard) = (House::new(), Arc::new(Yard::default()));
    let (name, (trial, eye)) = (made(&house).await, trial(&house, &yard, Eye::default()));
    let verdict = house.backups.try_out(&name, &Key(7), &trial).await.unwrap();
    assert!(verdict.is_good() && verdict.depth == Depth::Restored, "{verdict:?}");
    assert_eq!(standing(&house).await, Standing::Good(Depth::Restored));
    assert_eq!(*eye.seen.lock().unwrap(), ["corner"]);
    assert_eq!(counts(&yard), (1, 1), "nothing is left of it");
}

#[tokio::test]
async fn whatever_is_wrong_with_the_store_is_named_and_the_place_goes_all_the_same() {
    let house = House::new();
    let name = made(&house).await;
    let wrong = Finding::Store { why: "the ledger adds up to 5".into() };
    let yard = Arc::new(Yard { loses: 1, ..Yard::default() });
    let (trial, _) = trial(&house, &yard, Eye { finds: vec![wrong.clone()], ..Eye::default() });
    let verdict = house.backups.try_out(&name, &Key(7), &trial).await.unwrap();
    let rows = Finding::Store { why: "accounts: 1 rows were backed up, 0 are there".into() };
    assert_eq!(verdict.findings, [rows, wrong]);
    assert_eq!(standing(&house).await, Standing::Bad);
    assert_eq!(counts(&yard), (1, 1));
}

#[tokio::test]
async fn a_damaged_backup_is_found_by_trying_it() {
    let house = House::new();
    let name = made(&house).await;
    let yard = Arc::new(Yard::default());
    let (trial, eye) = trial(&house, &yard, Eye::default());
    let part = format!("{DATABASE}.000002");
    house.spoil(&part, |bytes| bytes[3] ^= 1).await;
    let verdict = house.backups.try_out(&name, &Key(7), &trial).await.unwrap();
    assert_eq!(verdict.findings, [Finding::Changed { part }]);
    assert_eq!((counts(&yard), eye.seen.lock().unwrap().len()), ((1, 1), 0));
    let other = BackupName::generate(name.made_at());
    let unknown = house.backups.try_out(&other, &Key(7), &trial).await;
    assert!(matches!(unknown, Err(VerifyError::Unknown)), "{unknown:?}");
}

#[tokio::test]
async fn another_key_or_a_place_that_is_out_of_order_says_nothing_against_it() {
    let house = House::new();
    let name = made(&house).await;
    let yard = Arc::new(Yard::default());
    let (sound, _) = trial(&house, &yard, Eye::default());
    let verdict = house.backups.try_out(&name, &Key(8), &sound).await.unwrap();
    assert_eq!(verdict.findings, [Finding::WrongKey { sealed_to: vec!["key-7".into()] }]);
    assert_eq!(standing(&house).await, Standing::Good(Depth::Sums));

    let (away, _) = trial(&house, &yard, Eye { away: true, ..Eye::default() });
    let failed = house.backups.try_out(&name, &Key(7), &away).await;
    assert!(matches!(failed, Err(VerifyError::Store(StoreError::Unavailable { .. }))), "{failed:?}");
    for yard in [Yard { full: true, ..Yard::default() }, Yard { postgres: true, ..Yard::default() }] {
        let (wrong, _) = trial(&house, &Arc::new(yard), Eye::default());
        let failed = house.backups.try_out(&name, &Key(7), &wrong).await;
        assert!(matches!(failed, Err(VerifyError::Store(StoreError::Broken { .. }))), "{failed:?}");
    }
    assert_eq!(standing(&house).await, Standing::Good(Depth::Sums));
    assert_eq!(counts(&yard), (2, 2));
}

#[tokio::test]
async fn files_of_pictures_that_are_gone_are_named() {
    let house = House::new();
    let key = ObjectKey::parse("pictures/1/320.webp").unwrap();
    house.media.lay(&key);
    let name = made(&house).await;
    let yard = Arc::new(Yard::default());
    let (trial, _) = trial(&house, &yard, Eye::default());
    assert!(house.backups.try_out(&name, &Key(7), &trial).await.unwrap().is_good());
    house.media.delete(std::slice::from_ref(&key)).await.unwrap();
    let verdict = house.backups.try_out(&name, &Key(7), &trial).await.unwrap();
    assert_eq!(verdict.findings, [Finding::Media { key: key.to_string() }]);
    assert!(verdict.findings[0].to_string().starts_with("pictures/1/320.webp"), "{verdict:?}");
}
