//! A flipped byte, a file that was cut off, a part that is missing, and a wrong key: each is found and named, on both stores, in
//! a folder and in a bucket.

use super::house::{House, files};
use crate::harness::on_each_store;
use crate::harness::shop::Store;
use kernel::{Body, ObjectKey, ObjectStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;

on_each_store!(each_damage_in_a_folder_is_found_and_named, each_damage_in_a_bucket_is_found_and_named);

/// The part of the database, as every backup of these tests has one.
const PART: &str = "database.zst.age.000001";

/// What becomes of that part.
#[derive(Clone, Copy)]
enum Damage {
    Changed(fn(&mut Vec<u8>)),
    Gone,
}

/// Each damage, and what is said of it.
const DAMAGES: [(Damage, &str); 3] = [
    (Damage::Changed(|bytes| bytes[1000] ^= 0x20), "was changed: its bytes have another sum"),
    (Damage::Changed(|bytes| bytes.truncate(bytes.len() / 2)), "is cut off"),
    (Damage::Gone, "is missing"),
];

/// Where the part lies.
enum Laid {
    File(PathBuf),
    Object(Arc<dyn ObjectStore>, ObjectKey),
}

impl Laid {
    fn of(house: &House, name: &str) -> Self {
        let Some(bucket) = &house.bucket else {
            let mut parts = files(&house.backups());
            parts.retain(|path| path.ends_with(PART));
            assert_eq!(parts.len(), 1);
            return Self::File(parts.remove(0));
        };
        Self::Object(bucket.objects(), ObjectKey::parse(&format!("{name}/{PART}")).unwrap())
    }

    async fn bytes(&self) -> Vec<u8> {
        match self {
            Self::File(path) => std::fs::read(path).unwrap(),
            Self::Object(objects, key) => {
                let mut reader = objects.get(key, None).await.unwrap().unwrap().reader;
                let mut whole = Vec::new();
                while let Some(bytes) = reader.next().await.unwrap() {
                    whole.extend(bytes);
                }
                whole
            }
        }
    }

    async fn put(&self, bytes: Vec<u8>) {
        match self {
            Self::File(path) => std::fs::write(path, bytes).unwrap(),
            Self::Object(objects, key) => {
                objects.put(key, Body::Bytes(bytes), "application/octet-stream").await.unwrap();
            }
        }
    }

    async fn remove(&self) {
        match self {
            Self::File(path) => std::fs::remove_file(path).unwrap(),
            Self::Object(objects, key) => objects.delete(std::slice::from_ref(key)).await.unwrap(),
        }
    }
}

async fn each_damage_in_a_folder_is_found_and_named(store: Store) {
    each_damage_is_found_and_named(House::new(store).await, store).await;
}

async fn each_damage_in_a_bucket_is_found_and_named(store: Store) {
    each_damage_is_found_and_named(House::in_bucket(store).await, store).await;
}

async fn each_damage_is_found_and_named(mut house: House, store: Store) {
    let name = house.back_up();
    let laid = Laid::of(&house, &name);
    let whole = laid.bytes().await;
    let place = house.place(store).await;
    let (own, other) = (house.key("own"), house.key("other"));
    let restore = |key: &str| house.run(&["backup", "restore", "--identity", key, "--into", &place]);
    for (damage, expected) in DAMAGES {
        match damage {
            Damage::Gone => laid.remove().await,
            Damage::Changed(change) => {
                let mut bytes = whole.clone();
                change(&mut bytes);
                laid.put(bytes).await;
            }
        }
        let expected = format!("{PART} {expected}");
        // Without the private key as well as with it, and by making a store of it.
        for arguments in [
            &["backup", "verify"][..],
            &["backup", "verify", "--identity", &own],
            &["backup", "verify", "--identity", &own, "--restore"],
        ] {
            let said = house.run(arguments).refused();
            assert!(said.contains(&expected), "{arguments:?}: {expected}: {said}");
        }
        assert!(house.run(&["backup", "list"]).fine().contains("BAD"), "{expected}");
        let said = restore(&own).refused();
        assert!(said.contains("nothing was restored") && said.contains(&expected), "{expected}: {said}");
        laid.put(whole.clone()).await;
    }
    let mut arguments = vec!["backup", "verify", "--identity", &other];
    for _ in 0..2 {
        let said = house.run(&arguments).refused();
        assert!(said.contains("it was sealed to another key"), "{said}");
        arguments.push("--restore");
    }
    let said = restore(&other).refused();
    assert!(said.contains("none of these private keys opens it: that of age1"), "{said}");
    assert!(house.verify("own").fine().contains("is good"), "it is the backup that it was");
    let deep = house.run(&["backup", "verify", "--identity", &own, "--restore"]).fine();
    assert!(deep.contains("is good: a store was made of it"), "{deep}");
    restore(&own).fine();
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_damaged_manifest_is_found_and_named() {
    let house = House::new(Store::Local).await;
    house.back_up();
    let mut found = files(&house.backups());
    found.retain(|path| path.ends_with("manifest.json"));
    change(&found[0], |bytes| bytes[20] ^= 1);
    let said = house.verify("own").refused();
    assert!(said.contains("the manifest is damaged"), "{said}");
    std::fs::remove_file(&found[0]).unwrap();
    assert!(house.run(&["backup", "list"]).fine().contains("unfinished"));
    assert!(house.verify("own").refused().contains("there is no backup yet"));
}
