//! The schema: made, taken back, and recognised.

use crate::database;
use adapter_postgres::migrations::{MIGRATIONS, revert};
use adapter_postgres::{PgStore, PoolOptions, SchemaState, migrate, schema_state};
use std::sync::Arc;
use testkit::Stores;
use testkit::door_store::OldEvening;
use tokio_postgres::{Client, NoTls};

pub(crate) async fn client(url: &str) -> Client {
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
pub(crate) async fn schema(url: &str) -> Vec<String> {
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
    assert_eq!(schema_state(&url).await.unwrap(), SchemaState::Ahead(vec!["29991231000001".into()]));
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

/// The step that is not one transaction, taken back: those before it stand.
async fn before_the_unhurried(url: &str) {
    while !revert(url).await.unwrap().unwrap().ends_with("_while_selling") {}
}

pub(crate) async fn lines(url: &str, query: &str) -> Vec<String> {
    client(url).await.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Constraints that nobody looked at whether the rows keep them, and indexes that are there by name only.
const UNFINISHED: &str = "
    SELECT conname::text FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND NOT convalidated
    UNION ALL SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisvalid";

/// What is unfinished by now; what a later step added is for the one after it to finish.
async fn unfinished(url: &str) -> Vec<String> {
    let later = MIGRATIONS.iter().skip_while(|step| !step.name.ends_with("_while_selling")).skip(1);
    let later: String = later.map(|step| step.up).collect();
    lines(url, UNFINISHED).await.into_iter().filter(|name| !later.contains(name.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_unfinished_and_what_an_earlier_try_left_is_made_anew() {
    let database = database().await;
    let url = database.url();
    assert_eq!(unfinished(&url).await, Vec::<String>::new());
    let made = schema(&url).await;
    before_the_unhurried(&url).await;
    // A part of it was done before it was stopped, in the middle of an index.
    let half = "CREATE INDEX invites_counted_idx ON invites (created_by) WHERE counted;
        CREATE INDEX tickets_event_idx ON tickets (event_id, id);
        UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'tickets_event_idx'::regclass;
        ALTER TABLE scans VALIDATE CONSTRAINT scans_way_check";
    client(&url).await.batch_execute(half).await.unwrap();
    assert!(unfinished(&url).await.contains(&"tickets_event_idx".to_owned()));
    migrate(&url).await.unwrap();
    assert_eq!(unfinished(&url).await, Vec::<String>::new());
    assert_eq!(schema(&url).await, made);
}

/// Tables that grow with every guest, ticket or payment.
const LARGE: [&str; 10] = [
    "accounts",
    "bookings",
    "effects",
    "holds",
    "invites",
    "ledger_entries",
    "payments",
    "refunds",
    "scans",
    "tickets",
];

#[test]
fn no_transaction_takes_long_on_a_large_table() {
    // The earlier steps were applied before there was much in the tables.
    let steps = MIGRATIONS.iter().skip_while(|step| !step.name.ends_with("_invite_tree"));
    for step in steps.filter(|step| !step.up.starts_with("-- no transaction\n")) {
        let made: Vec<&str> = step
            .up
            .lines()
            .filter_map(|line| line.strip_prefix("CREATE TABLE ")?.split(' ').next())
            .collect();
        for command in step.up.split(";\n") {
            let words: Vec<&str> = command
                .lines()
                .filter(|line| !line.trim().starts_with("--"))
                .flat_map(str::split_whitespace)
                .collect();
            let of = |before: &[&str]| {
                let at = words.windows(before.len()).position(|some| some == before)? + before.len();
                words.get(at).copied().filter(|table| LARGE.contains(table) && !made.contains(table))
            };
            let index =
                (words.contains(&"INDEX") && words.first() == Some(&"CREATE")).then(|| of(&["ON"])).flatten();
            let fill =
                of(&["UPDATE"]).or(of(&["INSERT", "INTO"])).filter(|_| words.first() != Some(&"CREATE"));
            assert_eq!((index, fill), (None, None), "{}: {command}", step.name);
            if of(&["ALTER", "TABLE"]).is_some() {
                let added = command.matches("ADD CONSTRAINT").count();
                assert_eq!(added, command.matches("NOT VALID").count(), "{}: {command}", step.name);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_queues_behind_what_takes_long() {
    let database = database().await;
    let url = database.url();
    before_the_unhurried(&url).await;
    let writing: Vec<_> =
        LARGE.iter().map(|table| format!("LOCK TABLE {table} IN ROW EXCLUSIVE MODE;")).collect();
    let busy = client(&url).await;
    busy.batch_execute(&format!("BEGIN; {}", writing.concat())).await.unwrap();
    let migrating = tokio::spawn({
        let url = url.clone();
        async move { migrate(&url).await }
    });
    let waiting = "SELECT query FROM pg_stat_activity WHERE application_name = 'synesthesie migrate'
        AND datname = current_database() AND wait_event_type = 'Lock'";
    while lines(&url, waiting).await.is_empty() && !migrating.is_finished() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    // Whoever waits for a lock that keeps writers out has them wait behind it.
    let other = client(&url).await;
    other
        .batch_execute(&format!("SET lock_timeout = '2s'; BEGIN; {} COMMIT", writing.concat()))
        .await
        .unwrap();
    busy.batch_execute("COMMIT").await.unwrap();
    // If this took too long, it gave up, and can be run again.
    let _ = migrating.await.unwrap();
    migrate(&url).await.unwrap();
    assert_eq!(schema_state(&url).await.unwrap(), SchemaState::UpToDate);
    assert_eq!(unfinished(&url).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_brought_whom_is_filled_in_for_the_accounts_of_before() {
    let database = database().await;
    let url = database.url();
    while !revert(&url).await.unwrap().unwrap().ends_with("_invite_tree") {}
    // More than are filled in at once.
    let old = "
        INSERT INTO invites (id, code_hash, max_uses, created_by, created_at)
        SELECT md5('invite' || n)::uuid, sha256(n::text::bytea), 9000, md5('maker' || n)::uuid, now()
        FROM generate_series(0, 1) n;
        INSERT INTO accounts (id, email, first_name, last_name, role, status, profile, invite_id, search_text,
            created_at, updated_at)
        SELECT gen_random_uuid(), n || '@example.org', 'Guest', n::text, 'member', 'active', '{}',
            CASE WHEN n % 3 < 2 THEN md5('invite' || n % 3)::uuid END, '', now(), now()
        FROM generate_series(1, 2500) n";
    client(&url).await.batch_execute(old).await.unwrap();
    migrate(&url).await.unwrap();
    let wrong = "SELECT a.email FROM accounts a LEFT JOIN invites i ON i.id = a.invite_id
        WHERE a.invited_by IS DISTINCT FROM i.created_by";
    assert_eq!(lines(&url, wrong).await, Vec::<String>::new());
    let brought = "SELECT count(*)::text FROM accounts WHERE invited_by IS NOT NULL";
    assert_eq!(lines(&url, brought).await, ["1667"]);
}
