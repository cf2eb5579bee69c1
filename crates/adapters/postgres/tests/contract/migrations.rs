//! The schema: made, taken back, and recognised.

use crate::database;
use adapter_postgres::migrations::{MIGRATIONS, revert};
use adapter_postgres::{PgStore, PoolOptions, SchemaState, migrate, schema_state};
use std::sync::Arc;
use testkit::Stores;
use testkit::door_store::OldEvening;
use tokio_postgres::{Client, NoTls};

async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn revert_all(url: &str) -> usize {
    let mut reverted = 0;
    while revert(url).await.unwrap().is_some() {
        reverted += 1;
    }
    reverted
}

/// Every column, constraint and index of the public schema, one per line.
async fn schema(url: &str) -> Vec<String> {
    let query = "
        SELECT format('%s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
            pg_get_expr(d.adbin, d.adrelid)) AS line
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT format('%s %s', relname, reloptions) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL
        ORDER BY line";
    client(url).await.query(query, &[]).await.unwrap().iter().map(|row| row.get("line")).collect()
}

#[test]
fn every_folder_of_migrations_is_compiled_in() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../migrations");
    let mut folders: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    folders.sort();
    assert_eq!(folders, MIGRATIONS.map(|step| step.name));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_back_and_made_again_is_the_same() {
    let database = database().await;
    let url = database.url();
    let made = schema(&url).await;
    assert!(made.len() > 200, "{made:#?}");
    assert_eq!(revert_all(&url).await, MIGRATIONS.len());
    let left: Vec<_> =
        schema(&url).await.into_iter().filter(|line| !line.contains("__diesel_schema_migrations")).collect();
    assert_eq!(left, Vec::<String>::new(), "a step left something behind");
    assert_eq!(migrate(&url).await.unwrap(), MIGRATIONS.map(|step| step.name));
    assert_eq!(schema(&url).await, made);
    assert_eq!(migrate(&url).await.unwrap(), Vec::<&str>::new(), "a second time there is nothing to do");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_is_recognised() {
    let database = database().await;
    let url = database.url();
    let store = PgStore::connect(&url, PoolOptions::default()).await.unwrap();
    assert_eq!(schema_state(&url).await.unwrap(), SchemaState::UpToDate);
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::UpToDate);
    let last = revert(&url).await.unwrap().unwrap();
    assert_eq!(schema_state(&url).await.unwrap(), SchemaState::Behind(vec![last.to_owned()]));
    migrate(&url).await.unwrap();
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000001')";
    client(&url).await.batch_execute(newer).await.unwrap();
    assert_eq!(schema_state(&url).await.unwrap(), SchemaState::Unknown(vec!["29991231000001".into()]));
    assert!(revert(&url).await.is_err(), "what is not known is not taken back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_database_is_behind_by_every_step() {
    let database = database().await;
    let url = database.url();
    revert_all(&url).await;
    client(&url).await.batch_execute("DROP TABLE __diesel_schema_migrations").await.unwrap();
    let all = MIGRATIONS.map(|step| step.name.to_owned()).to_vec();
    assert_eq!(schema_state(&url).await.unwrap(), SchemaState::Behind(all));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_that_migrate_at_once_apply_each_step_once() {
    let database = database().await;
    let url = database.url();
    revert_all(&url).await;
    let all: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { migrate(&url).await.unwrap().len() })
        })
        .collect();
    let mut applied = 0;
    for one in all {
        applied += one.await.unwrap();
    }
    assert_eq!(applied, MIGRATIONS.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_ins_that_were_taken_back_before_it_was_kept_stay_taken_back() {
    let database = database().await;
    let url = database.url();
    let stores = async || Stores::of(Arc::new(PgStore::connect(&url, PoolOptions::default()).await.unwrap()));
    let old = OldEvening::of(stores().await).await;
    while let Some(step) = revert(&url).await.unwrap() {
        if step.ends_with("_door") {
            break;
        }
    }
    migrate(&url).await.unwrap();
    old.is_as_it_was(&stores().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_fails_leaves_nothing_half_done() {
    let database = database().await;
    let url = database.url();
    revert_all(&url).await;
    // In the way of the last table that the first step makes.
    client(&url).await.batch_execute("CREATE TABLE account_one_times ()").await.unwrap();
    assert!(migrate(&url).await.is_err());
    assert!(!schema(&url).await.iter().any(|line| line.starts_with("invites.")));
    client(&url).await.batch_execute("DROP TABLE account_one_times").await.unwrap();
    assert_eq!(migrate(&url).await.unwrap().len(), MIGRATIONS.len());
}
