//! A schema that is ahead of the program: lived with down to the floor of its steps, and never touched.

use crate::database;
use crate::migrations::{client, schema};
use adapter_postgres::migrations::{MIGRATIONS, Migration, migrate_by, schema_state_by};
use adapter_postgres::{PgStore, PoolOptions, SchemaState, migrate, schema_state};

/// What the next release expands.
const MORE: Migration =
    Migration { name: "2999-12-31-000001_more", up: "CREATE TABLE more ();\n", down: "DROP TABLE more;\n" };
/// What the release after it contracts.
const LESS: Migration = Migration {
    name: "2999-12-31-000002_less",
    up: "-- Nobody who knows the step before reads it.\n-- needs: 2999-12-31-000001\n\nDROP TABLE more;\n",
    down: "CREATE TABLE more ();\n",
};

const ONE: &str = "29991231000001";
const TWO: &str = "29991231000002";

fn and(later: &[Migration]) -> Vec<Migration> {
    [MIGRATIONS.as_slice(), later].concat()
}

fn owned(steps: &[&str]) -> Vec<String> {
    steps.iter().map(|step| (*step).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_that_is_ahead_is_lived_with_down_to_the_floor_of_its_steps() {
    let database = database().await;
    let url = database.url();
    let store = PgStore::connect(&url, PoolOptions::default()).await.unwrap();
    let (next, last) = (and(&[MORE]), and(&[MORE, LESS]));

    assert_eq!(migrate_by(&url, &next).await.unwrap(), [MORE.name]);
    assert_eq!(schema_state_by(&url, &next).await.unwrap(), SchemaState::UpToDate);
    assert_eq!(schema_state(&url).await.unwrap(), SchemaState::Ahead(owned(&[ONE])));
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Ahead(owned(&[ONE])));

    assert_eq!(migrate_by(&url, &last).await.unwrap(), [LESS.name]);
    assert_eq!(schema_state_by(&url, &last).await.unwrap(), SchemaState::UpToDate);
    assert_eq!(schema_state_by(&url, &next).await.unwrap(), SchemaState::Ahead(owned(&[TWO])));
    assert_eq!(schema_state(&url).await.unwrap(), SchemaState::TooOld(owned(&[ONE, TWO])));
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::TooOld(owned(&[ONE, TWO])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_program_that_migrates_leaves_a_newer_schema_as_it_is() {
    let database = database().await;
    let url = database.url();
    migrate_by(&url, &and(&[MORE])).await.unwrap();
    let made = schema(&url).await;
    assert_eq!(migrate(&url).await.unwrap(), Vec::<&str>::new(), "it lacks nothing");
    assert_eq!(schema(&url).await, made);

    migrate_by(&url, &and(&[MORE, LESS])).await.unwrap();
    let made = schema(&url).await;
    assert!(migrate(&url).await.is_err(), "it would say that all is well, and could not start");
    assert_eq!(schema(&url).await, made);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_put_below_the_steps_of_another_line_of_versions() {
    let database = database().await;
    let url = database.url();
    migrate_by(&url, &and(&[MORE])).await.unwrap();
    // As if it had been made by a version that never had this one.
    let last = MIGRATIONS.last().unwrap();
    let forget = format!("DELETE FROM __diesel_schema_migrations WHERE version = '{}'", last.version());
    client(&url).await.batch_execute(&forget).await.unwrap();
    assert_eq!(schema_state(&url).await.unwrap(), SchemaState::TooOld(owned(&[ONE])));
    assert!(migrate(&url).await.is_err());
    let next = schema_state_by(&url, &and(&[MORE])).await.unwrap();
    assert_eq!(next, SchemaState::Behind(owned(&[last.name])), "who knows both may apply it");
}

/// What diesel's own tool sends, of which it knows all columns and no floor.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn diesels_own_tool_works_on_the_same_table_and_the_floors_of_what_it_did_are_noted_afterwards() {
    let database = database().await;
    let url = database.url();
    let tool = client(&url).await;
    // As a version without floors left it.
    tool.batch_execute("ALTER TABLE __diesel_schema_migrations DROP COLUMN needs").await.unwrap();
    assert_eq!(schema_state(&url).await.unwrap(), SchemaState::UpToDate);
    let before =
        "CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL,
        run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);
        INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000001')";
    tool.batch_execute(before).await.unwrap();
    assert_eq!(schema_state(&url).await.unwrap(), SchemaState::Ahead(owned(&[ONE])));

    assert_eq!(migrate(&url).await.unwrap(), Vec::<&str>::new(), "there is a place for floors from now on");
    let after = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000002')";
    tool.batch_execute(after).await.unwrap();
    assert_eq!(schema_state(&url).await.unwrap(), SchemaState::Ahead(owned(&[ONE, TWO])));
    assert_eq!(migrate_by(&url, &and(&[MORE, LESS])).await.unwrap(), Vec::<&str>::new());
    assert_eq!(schema_state(&url).await.unwrap(), SchemaState::TooOld(owned(&[ONE, TWO])));

    // A step that is taken back takes its floor along.
    let back = "DELETE FROM __diesel_schema_migrations WHERE version = '29991231000002'";
    tool.batch_execute(back).await.unwrap();
    assert_eq!(schema_state(&url).await.unwrap(), SchemaState::Ahead(owned(&[ONE])));
}

#[test]
fn what_takes_something_away_says_who_can_live_with_it() {
    const TAKES: [&str; 6] =
        ["DROP TABLE", "DROP COLUMN", "DROP DEFAULT", "SET NOT NULL", " RENAME ", " TYPE "];
    for (at, step) in MIGRATIONS.iter().enumerate() {
        let commands = step.up.lines().filter(|line| !line.trim_start().starts_with("--"));
        let taken: Vec<&str> =
            commands.filter(|line| TAKES.iter().any(|takes| line.contains(takes))).collect();
        let floor = step.needs();
        assert!(taken.is_empty() || floor.is_some(), "{} names no floor: {taken:?}", step.name);
        let Some(floor) = floor else { continue };
        let before = MIGRATIONS.iter().take(at + 1).any(|known| known.version() == floor);
        assert!(before, "{} needs {floor}, which is no step up to it", step.name);
        // A program that starts between what is taken and the note of it would not know.
        assert!(!step.up.starts_with("-- no transaction\n"), "{} is no transaction", step.name);
    }
}

#[test]
fn the_release_before_is_named_in_full() {
    let named = include_str!("../../../../../migrations/PREVIOUS").trim_end();
    assert!(named.len() == 40 && named.bytes().all(|byte| byte.is_ascii_hexdigit()), "{named}");
}
