//! The audit log, against those who reach the file itself.

use adapter_local::{LocalStore, Place};
use kernel::audit::{Fault, seal, verify};
use kernel::{AuditLog, StoreError};
use rusqlite::Connection;
use std::sync::Arc;
use tempfile::TempDir;
use testkit::Stores;
use testkit::audit_log::{found, mac, record, seal_all, some_act};

fn open(directory: &TempDir) -> LocalStore {
    LocalStore::open(Place::Directory(directory.path().to_owned())).unwrap()
}

/// A closed log of five sealed acts, with its end.
async fn five() -> (TempDir, (u64, [u8; 32])) {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let acts: Vec<_> = (0..5).map(|_| some_act()).collect();
    record(&Stores::of(Arc::new(store.clone())), &acts).await;
    assert_eq!(seal_all(&store, 2).await, 5);
    let head = store.head().await.unwrap().unwrap();
    (directory, (head.seq, head.link))
}

/// What is found after somebody wrote into the file.
async fn tampered(command: &str) -> (Option<Fault>, LocalStore, TempDir) {
    let (directory, _) = five().await;
    let file = Connection::open(directory.path().join("synesthesie.sqlite")).unwrap();
    file.execute_batch(command).unwrap();
    file.close().unwrap();
    let store = open(&directory);
    (found(&store).await.fault, store, directory)
}

/// The number of a document, in SQL.
const SEQ: &str = "kind = 'act' AND json_extract(body, '$.seal.seq')";

#[tokio::test]
async fn what_was_changed_in_the_file_is_named() {
    for (path, value) in
        [("$.act.act", "'event.delete'"), ("$.act.after", "'{}'"), ("$.act.at", "'2026-06-01T12:00:01Z'")]
    {
        let command = format!("UPDATE docs SET body = json_set(body, '{path}', {value}) WHERE {SEQ} = 3");
        let (fault, ..) = tampered(&command).await;
        assert!(matches!(fault, Some(Fault::Changed { seq: 3, .. })), "{path}: {fault:?}");
    }
}

#[tokio::test]
async fn what_was_removed_from_the_file_is_named_also_at_the_end() {
    for seq in [1, 3, 5] {
        let (fault, ..) = tampered(&format!("DELETE FROM docs WHERE {SEQ} = {seq}")).await;
        assert_eq!(fault, Some(Fault::Removed { seq }));
        let unsealed = format!("UPDATE docs SET body = json_set(body, '$.seal', NULL) WHERE {SEQ} = {seq}");
        let (fault, ..) = tampered(&unsealed).await;
        assert_eq!(fault, Some(Fault::Removed { seq }));
    }
}

#[tokio::test]
async fn what_was_moved_in_the_file_is_named() {
    let swapped = format!(
        "UPDATE docs SET body = json_set(body, '$.seal.seq', 5 - json_extract(body, '$.seal.seq')) WHERE {SEQ} IN (2, 3)"
    );
    let (fault, ..) = tampered(&swapped).await;
    assert!(matches!(fault, Some(Fault::Moved { seq: 2, .. })), "{fault:?}");
}

#[tokio::test]
async fn an_end_that_was_made_to_fit_is_not_genuine_and_nothing_is_chained_to_it() {
    let cut = format!(
        "DELETE FROM docs WHERE {SEQ} = 5; UPDATE docs SET body = json_set(body, '$.head.seq', 4, '$.head.link', \
         json((SELECT json_extract(body, '$.seal.link') FROM docs WHERE {SEQ} = 4))) WHERE kind = 'audit_head'"
    );
    for (command, seq, found) in [(cut.as_str(), 4, 4), ("DELETE FROM docs WHERE kind = 'audit_head'", 0, 5)]
    {
        let (fault, store, _directory) = tampered(command).await;
        assert_eq!(fault, Some(Fault::Head { seq, found }));
        record(&Stores::of(Arc::new(store.clone())), &[some_act()]).await;
        assert!(matches!(seal(&store, &mac, 10).await, Err(StoreError::Broken { .. })));
    }
}

#[tokio::test]
async fn a_log_that_was_emptied_as_a_whole_is_found_by_what_was_noted() {
    let (directory, noted) = five().await;
    let file = Connection::open(directory.path().join("synesthesie.sqlite")).unwrap();
    file.execute_batch("DELETE FROM docs WHERE kind IN ('act', 'audit_head')").unwrap();
    file.close().unwrap();
    let store = open(&directory);
    assert_eq!(found(&store).await.fault, None, "by itself it looks like a new one");
    let fault = verify(&store, &mac, Some(noted)).await.unwrap().fault;
    assert_eq!(fault, Some(Fault::Removed { seq: 1 }));
}
