//! A flipped byte, a file that was cut off, a wrong key and a part that is missing: each is found and named.

use super::house::{House, files};
use crate::harness::on_each_store;
use crate::harness::shop::Store;
use kernel::{Body, ObjectKey};
use std::path::{Path, PathBuf};

on_each_store!(each_damage_is_found_and_named);

/// The part of the database, as every backup of these tests has one.
const PART: &str = "database.zst.age.000001";

fn part(house: &House) -> PathBuf {
    let mut parts = files(&house.backups());
    parts.retain(|path| path.ends_with(PART));
    assert_eq!(parts.len(), 1);
    parts.remove(0)
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

async fn each_damage_is_found_and_named(store: Store) {
    let mut house = House::new(store).await;
    house.back_up();
    let part = part(&house);
    let whole = std::fs::read(&part).unwrap();
    // Found without the private key as well as with it.
    let verify = |house: &House| {
        let said = house.verify("own").refused();
        let without = house.run(&["backup", "verify"]).refused();
        assert!(said.lines().any(|line| line.starts_with(PART) && without.contains(line)), "{said}{without}");
        said
    };

    change(&part, |bytes| bytes[1000] ^= 0x20);
    let said = verify(&house);
    assert!(said.contains(&format!("{PART} was changed: its bytes have another sum")), "{said}");
    assert!(house.run(&["backup", "list"]).fine().contains("BAD"));

    std::fs::write(&part, &whole[..whole.len() / 2]).unwrap();
    let said = verify(&house);
    assert!(said.contains(&format!("{PART} is cut off")), "{said}");

    std::fs::remove_file(&part).unwrap();
    let said = verify(&house);
    assert!(said.contains(&format!("{PART} is missing")), "{said}");
    let (own, place) = (house.key("own"), house.place(store).await);
    let restore = ["backup", "restore", "--identity", &own, "--into", &place];
    let said = house.run(&restore).refused();
    assert!(said.contains("nothing was restored") && said.contains(&format!("{PART} is missing")), "{said}");

    std::fs::write(&part, &whole).unwrap();
    let said = house.verify("other").refused();
    assert!(said.contains("it was sealed to another key"), "{said}");
    assert!(house.verify("own").fine().contains("is good"), "it is the backup that it was");
    let other = house.key("other");
    let said = house.run(&["backup", "restore", "--identity", &other, "--into", &place]).refused();
    assert!(said.contains("none of these private keys opens it"), "{said}");
    house.run(&restore).fine();
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

#[tokio::test]
async fn each_damage_in_a_bucket_is_found_and_named() {
    let house = House::in_bucket(Store::Local).await;
    let name = house.back_up();
    let objects = house.bucket.as_ref().unwrap().objects();
    let key = ObjectKey::parse(&format!("{name}/{PART}")).unwrap();
    let mut reader = objects.get(&key, None).await.unwrap().unwrap().reader;
    let mut whole = Vec::new();
    while let Some(bytes) = reader.next().await.unwrap() {
        whole.extend(bytes);
    }
    let put = async |bytes: Vec<u8>| {
        objects.put(&key, Body::Bytes(bytes), "application/octet-stream").await.unwrap()
    };

    let mut flipped = whole.clone();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    put(flipped).await;
    assert!(house.verify("own").refused().contains(&format!("{PART} was changed")));
    put(whole[..last].to_vec()).await;
    assert!(house.verify("own").refused().contains(&format!("{PART} is cut off: {last} of {}", whole.len())));
    objects.delete(std::slice::from_ref(&key)).await.unwrap();
    assert!(house.verify("own").refused().contains(&format!("{PART} is missing")));
    put(whole).await;
    assert!(house.verify("other").refused().contains("it was sealed to another key"));
    house.verify("own").fine();
}
