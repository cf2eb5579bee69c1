//! There and back: what is restored is what was, and goes on.

use super::house::{House, RECIPIENT, files};
use crate::harness::on_each_store;
use crate::harness::shop::Store;
use testkit::servers::Program;

on_each_store!(
    what_was_backed_up_is_restored_and_everything_in_it_agrees,
    a_backup_is_listed_with_what_is_known_of_it
);

async fn what_was_backed_up_is_restored_and_everything_in_it_agrees(store: Store) {
    let mut house = House::new(store).await;
    let name = house.back_up();
    house.verify("own").fine();
    let place = house.place(store).await;
    let own = house.key("own");
    let restore = ["backup", "restore", &name, "--identity", &own, "--into", &place];
    let said = house.run(&restore).fine();
    assert!(said.contains("rows are there, as of"), "{said}");
    assert!(said.contains("The signing key is the one that it was made under."), "{said}");
    assert!(said.contains("files of pictures and music of that time are there."), "{said}");
    let there = [("store.url", place.as_str())];
    for command in [&["migrate"][..], &["check-stock"], &["ledger", "check"], &["audit", "verify"]] {
        house.run_with(command, &there).fine();
    }
    let said = house.run_with(&["demo"], &there).fine();
    assert!(said.contains("has its demo data already"), "{said}");
    let said = house.run(&restore).refused();
    assert!(said.contains("there is something already"), "{said}");
}

async fn a_backup_is_listed_with_what_is_known_of_it(store: Store) {
    let house = House::new(store).await;
    assert!(house.run(&["backup", "list"]).fine().contains("There is no backup."));
    let listed = |name: &str| {
        let said = house.run(&["backup", "list"]).fine();
        said.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned()
    };
    let first = house.back_up();
    assert!(listed(&first).contains("good (restored)"), "{}", listed(&first));
    // Where there is no room for a store, it is known what was looked at.
    let said = house.run(&["backup", "create", "--untried"]).fine();
    assert!(said.contains("No store was made of it."), "{said}");
    let second = said.split([' ', ':']).nth(1).unwrap().to_owned();
    assert!(listed(&second).contains("good (sums)"), "{}", listed(&second));
    let said = house.run(&["backup", "verify"]).fine();
    assert!(said.contains("--identity FILE"), "{said}");
    assert!(house.verify("own").fine().contains("is good"));
    assert!(listed(&second).contains("good (opened)"), "{}", listed(&second));
    let own = house.key("own");
    let said = house.run(&["backup", "verify", "--identity", &own, "--restore"]).fine();
    assert!(said.contains("is good: a store was made of it"), "{said}");
    assert!(listed(&second).contains("good (restored)"), "{}", listed(&second));
}

/// What is wrong with a store is found by the backup that is made of it.
#[tokio::test]
async fn a_backup_of_a_store_that_contradicts_itself_is_bad() {
    let house = House::new(Store::Postgres).await;
    let first = house.back_up();
    house.sql(
        "UPDATE ticket_types SET sold = sold + 1 \
         WHERE id = (SELECT id FROM ticket_types WHERE held + sold < quantity ORDER BY id LIMIT 1)",
    );
    let said = house.run(&["backup", "create"]).refused();
    assert!(said.contains("a counter of places differs from the rows"), "{said}");
    let said = house.run(&["backup", "list"]).fine();
    let standing = |of: &str| said.lines().filter(|line| line.contains(of)).count();
    assert_eq!((standing("BAD"), standing("good (restored)")), (1, 1), "{said}");
    assert!(said.lines().any(|line| line.starts_with(&first) && line.contains("good (restored)")), "{said}");
}

/// Where none can be made, none is said to have been made, and the backup is kept as far as it was looked at.
#[tokio::test]
async fn no_store_is_claimed_where_there_is_no_room_for_one() {
    let house = House::new(Store::Local).await;
    std::fs::write(house.path("occupied"), "no folder").unwrap();
    let nowhere = format!("local:{}", house.path("occupied").join("within").display());
    let said = house.run_with(&["backup", "create"], &[("backup.scratch_url", nowhere.as_str())]).refused();
    assert!(
        said.contains("is as it was written.") && !said.to_lowercase().contains("made a store"),
        "{said}"
    );
    assert!(house.run(&["backup", "list"]).fine().contains("good (sums)"));
}

#[tokio::test]
async fn nothing_is_left_of_the_place_that_a_backup_was_tried_in() {
    let house = House::new(Store::Local).await;
    house.back_up();
    let left: Vec<_> = std::fs::read_dir(house.path("work")).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(left, Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn a_database_is_backed_up_into_a_bucket_while_it_serves() {
    let mut house = House::in_bucket(Store::Postgres).await;
    let settings = house.serving();
    let settings: Vec<_> = settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let mut program = Program::new(env!("CARGO_BIN_EXE_synesthesie").as_ref(), &settings).unwrap();
    program.serve().unwrap();
    let name = house.back_up();
    program.stop().unwrap();
    house.verify("own").fine();
    let place = house.place(Store::Postgres).await;
    let own = house.key("own");
    house.run(&["backup", "restore", &name, "--identity", &own, "--into", &place]).fine();
    house.run_with(&["check-stock"], &[("store.url", place.as_str())]).fine();
    let laid = house.bucket.as_ref().unwrap().objects().list("", None, 1000).await.unwrap();
    assert!(laid.iter().all(|object| object.key.as_str().starts_with(&name)), "{laid:?}");
}

#[tokio::test]
async fn the_store_of_a_running_server_is_not_copied_behind_its_back() {
    let house = House::new(Store::Local).await;
    let settings = house.serving();
    let settings: Vec<_> = settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let mut program = Program::new(env!("CARGO_BIN_EXE_synesthesie").as_ref(), &settings).unwrap();
    program.serve().unwrap();
    let said = house.run(&["backup", "create"]).refused();
    assert!(said.contains("in use by another process"), "{said}");
    program.stop().unwrap();
    house.back_up();
}

#[tokio::test]
async fn nothing_of_a_store_can_be_read_in_its_backup() {
    let house = House::new(Store::Local).await;
    house.back_up();
    let laid = files(&house.backups());
    assert!(laid.len() >= 4, "{laid:?}");
    for file in laid {
        let bytes = std::fs::read(&file).unwrap();
        for secret in ["admin@example.org", "$2b$", "organiser"] {
            let holds = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!holds, "{secret} stands in {}", file.display());
        }
    }
}

#[tokio::test]
async fn under_another_signing_key_a_restore_warns() {
    let house = House::new(Store::Local).await;
    house.back_up();
    let (own, place) = (house.key("own"), format!("local:{}", house.path("restored").display()));
    let other = [("auth.signing_key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")];
    let said = house.run_with(&["backup", "restore", "--identity", &own, "--into", &place], &other).fine();
    assert!(said.contains("WARNING: it was made under the signing key"), "{said}");
}

#[tokio::test]
async fn what_is_missing_in_the_configuration_is_said() {
    let house = House::new(Store::Local).await;
    let said = house.run_with(&["backup", "create"], &[("backup.url", "")]).refused();
    assert!(said.contains("backup.url is empty"), "{said}");
    let said = house.run_with(&["check-config"], &[("backup.recipient", "")]).refused();
    assert!(said.contains("backup.recipient: is required with backup.url"), "{said}");
    let said = house.run_with(&["check-config"], &[("backup.recipient", "age1nobody")]).refused();
    assert!(said.contains("no public key of age"), "{said}");
    let both = format!("{RECIPIENT}, age1zwlyl6h27gzv0lfntr7fcqrjrzqazap8sy5zylkxwneh7llf0dksu37mwt");
    house.run_with(&["backup", "create"], &[("backup.recipient", both.as_str())]).fine();
    house.verify("own").fine();
    house.verify("other").fine();
    let said = house.run_with(&["backup", "create"], &[("store.url", "local::memory:")]).refused();
    assert!(said.contains("forgets everything"), "{said}");
    let said = house.run(&["backup", "verify", "yesterday"]).refused();
    assert!(said.contains("no name of a backup"), "{said}");
}

#[tokio::test]
async fn a_private_key_is_refused_where_it_does_not_belong_and_not_shown() {
    let house = House::new(Store::Local).await;
    let text = std::fs::read_to_string(house.path("other.key")).unwrap();
    let said = house.run_with(&["check-config"], &[("backup.recipient", text.trim())]).refused();
    assert!(said.contains("this is a private key"), "{said}");
    assert!(!said.contains("QURSWPC8"), "{said}");
}
