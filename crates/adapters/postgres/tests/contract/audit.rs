//! The audit log, against those who reach the database itself.

use crate::database;
use adapter_postgres::testing::FreshDatabase;
use adapter_postgres::{PgStore, PoolOptions};
use kernel::audit::{Fault, seal, verify};
use kernel::{AuditLog, StoreError};
use std::sync::Arc;
use testkit::Stores;
use testkit::audit_log::{found, mac, record, seal_all, some_act};
use tokio_postgres::{Client, NoTls};

async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A log of five sealed acts.
async fn five() -> (PgStore, FreshDatabase) {
    let database = database().await;
    let store = PgStore::connect(&database.url(), PoolOptions::default()).await.unwrap();
    let acts: Vec<_> = (0..5).map(|_| some_act()).collect();
    record(&Stores::of(Arc::new(store.clone())), &acts).await;
    assert_eq!(seal_all(&store, 100).await, 5);
    (store, database)
}

/// Does to a log what only who may take the triggers away can do, and tells what is then found.
async fn tampered(command: &str) -> (Option<Fault>, PgStore, FreshDatabase) {
    let (store, database) = five().await;
    let owner = client(&database.url()).await;
    owner.batch_execute("SET session_replication_role = replica").await.unwrap();
    owner.batch_execute(command).await.unwrap();
    (found(&store).await.fault, store, database)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_role_of_the_application_cannot_change_or_remove_what_was_recorded() {
    let (store, database) = five().await;
    let role = format!("app_{}", uuid::Uuid::new_v4().simple());
    let owner = client(&database.url()).await;
    let grants = format!(
        "CREATE ROLE {role}; GRANT USAGE ON SCHEMA public TO {role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"
    );
    owner.batch_execute(&grants).await.unwrap();
    let separator = if database.url().contains('?') { '&' } else { '?' };
    let url = format!("{}{separator}options=-c%20role%3D{role}", database.url());
    let own = PgStore::connect(&url, PoolOptions::default()).await.unwrap();
    record(&Stores::of(Arc::new(own.clone())), &[some_act()]).await;
    assert_eq!(seal_all(&own, 100).await, 1, "it can do its work");
    record(&Stores::of(Arc::new(own.clone())), &[some_act()]).await;
    let before = own.chain(0, 100).await.unwrap();
    let app = client(&url).await;
    for command in [
        "UPDATE audit_acts SET act = 'nothing' WHERE seq = 1",
        "UPDATE audit_acts SET act = 'nothing' WHERE seq IS NULL",
        "UPDATE audit_acts SET seq = NULL, row_mac = NULL, link = NULL WHERE seq = 6",
        "UPDATE audit_acts SET link = row_mac WHERE seq = 1",
        "UPDATE audit_acts SET act = 'nothing', seq = 7, row_mac = sha256('x'), link = sha256('y') WHERE seq IS NULL",
        "INSERT INTO audit_acts SELECT * FROM audit_acts WHERE seq = 1 ON CONFLICT (id) DO UPDATE SET act = 'nothing'",
        "DELETE FROM audit_acts WHERE seq = 6",
        "DELETE FROM audit_acts WHERE seq IS NULL",
        "TRUNCATE audit_acts",
        "UPDATE audit_head SET seq = 5",
        "UPDATE audit_head SET seq = 6, seal = link",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "SET session_replication_role = replica",
        "ALTER TABLE audit_acts DISABLE TRIGGER ALL",
        "DROP TABLE audit_acts",
    ] {
        let refused = app.batch_execute(command).await.expect_err(command);
        let code = refused.code().map(|code| code.code().to_owned());
        assert_eq!(code.as_deref(), Some("42501"), "{command}: {refused}");
    }
    assert_eq!(own.chain(0, 100).await.unwrap(), before);
    assert_eq!((found(&own).await.fault, own.waiting().await.unwrap()), (None, 1));
    drop((app, own, store));
    owner.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_behind_the_program_is_named() {
    for change in [
        "state_after = '{}'",
        "act = 'event.delete'",
        "at = at + interval '1 microsecond'",
        "actor_kind = 'command_line'",
        "subject_id = gen_random_uuid()",
        "organisation_id = gen_random_uuid()",
        "request = 'other'",
        "row_mac = sha256('x')",
    ] {
        let (fault, ..) = tampered(&format!("UPDATE audit_acts SET {change} WHERE seq = 3")).await;
        assert!(matches!(fault, Some(Fault::Changed { seq: 3, .. })), "{change}: {fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_removed_behind_the_program_is_named_also_at_the_end() {
    for seq in [1, 3, 5] {
        for command in [
            format!("DELETE FROM audit_acts WHERE seq = {seq}"),
            format!("UPDATE audit_acts SET seq = NULL, row_mac = NULL, link = NULL WHERE seq = {seq}"),
        ] {
            let (fault, ..) = tampered(&command).await;
            assert_eq!(fault, Some(Fault::Removed { seq }), "{command}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_moved_behind_the_program_is_named() {
    let swapped = "UPDATE audit_acts SET seq = 100 WHERE seq = 2; UPDATE audit_acts SET seq = 2 WHERE seq = 3; \
                   UPDATE audit_acts SET seq = 3 WHERE seq = 100";
    let closed_up = "DELETE FROM audit_acts WHERE seq = 2; UPDATE audit_acts SET seq = seq + 100 WHERE seq > 2; \
                     UPDATE audit_acts SET seq = seq - 101 WHERE seq > 100";
    for command in [swapped, closed_up] {
        let (fault, ..) = tampered(command).await;
        assert!(matches!(fault, Some(Fault::Moved { seq: 2, .. })), "{command}: {fault:?}");
    }
    let forged = "INSERT INTO audit_acts (id, at, actor_kind, act, subject_kind, subject_id, seq, row_mac, link) \
                  SELECT gen_random_uuid(), at, actor_kind, act, subject_kind, subject_id, 6, row_mac, link \
                  FROM audit_acts WHERE seq = 5";
    let (fault, ..) = tampered(forged).await;
    assert!(matches!(fault, Some(Fault::Changed { seq: 6, .. })), "{fault:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_was_made_to_fit_is_not_genuine_and_nothing_is_chained_to_it() {
    let cut = "DELETE FROM audit_acts WHERE seq = 5; \
               UPDATE audit_head SET seq = 4, link = (SELECT link FROM audit_acts WHERE seq = 4)";
    let (fault, store, _database) = tampered(cut).await;
    assert_eq!(fault, Some(Fault::Head { seq: 4, found: 4 }));
    record(&Stores::of(Arc::new(store.clone())), &[some_act()]).await;
    assert!(matches!(seal(&store, &mac, 10).await, Err(StoreError::Broken { .. })));
    assert_eq!(store.waiting().await.unwrap(), 1);
    let (fault, store, _database) = tampered("DELETE FROM audit_head").await;
    assert_eq!(fault, Some(Fault::Head { seq: 0, found: 5 }));
    assert!(matches!(seal(&store, &mac, 10).await, Err(StoreError::Broken { .. })));
    let (fault, ..) = tampered("UPDATE audit_head SET seq = 0, link = NULL, seal = NULL").await;
    assert_eq!(fault, Some(Fault::Head { seq: 0, found: 5 }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_emptied_as_a_whole_is_found_by_what_was_noted() {
    let (store, database) = five().await;
    let noted = store.head().await.unwrap().map(|head| (head.seq, head.link));
    let owner = client(&database.url()).await;
    let command = "SET session_replication_role = replica; DELETE FROM audit_acts; \
                   UPDATE audit_head SET seq = 0, link = NULL, seal = NULL";
    owner.batch_execute(command).await.unwrap();
    assert_eq!(found(&store).await.fault, None, "by itself it looks like a new one");
    assert_eq!(verify(&store, &mac, noted).await.unwrap().fault, Some(Fault::Removed { seq: 1 }));
}
