//! What is kept of people: that all of it is sent to them when they ask, and gone when they go.

mod erased;
mod exported;
mod kinds;
mod tables;

use adapter_local::{LocalStore, Place};
use adapter_postgres::testing::{columns, fresh_database};
use backups::Source;
use kinds::KINDS;
use std::collections::BTreeSet;
use tables::TABLES;

#[tokio::test]
async fn of_every_column_it_is_said_what_it_is_to_people() {
    let database = fresh_database(&testkit::servers::postgres().url).await.unwrap();
    let there: BTreeSet<_> = columns(&database.url()).await.unwrap().into_iter().collect();
    let mut said = BTreeSet::new();
    for (table, groups) in TABLES {
        for (stance, columns) in *groups {
            assert!(!stance.words().is_empty(), "{table}: nobody says why");
            for column in columns.split_whitespace() {
                let new = said.insert(((*table).to_owned(), column.to_owned()));
                assert!(new, "{table}.{column} is there twice");
            }
        }
    }
    let unsaid: Vec<_> = there.difference(&said).collect();
    assert!(unsaid.is_empty(), "what are these to people? (privacy/tables.rs) {unsaid:?}");
    let gone: Vec<_> = said.difference(&there).collect();
    assert!(gone.is_empty(), "there are no such columns any more: {gone:?}");
}

#[tokio::test]
async fn of_every_kind_of_document_it_is_said_what_it_is_to_people() {
    let store = LocalStore::open(Place::Memory).unwrap();
    let there: BTreeSet<_> = store.copy().await.unwrap().rows.into_keys().collect();
    let mut said = BTreeSet::new();
    for (kind, stance) in KINDS {
        assert!(stance.is_reasoned(), "{kind}: nobody says why");
        assert!(said.insert((*kind).to_owned()), "{kind} is there twice");
    }
    let unsaid: Vec<_> = there.difference(&said).collect();
    assert!(unsaid.is_empty(), "what are these to people? (privacy/kinds.rs) {unsaid:?}");
    let gone: Vec<_> = said.difference(&there).collect();
    assert!(gone.is_empty(), "there are no such kinds any more: {gone:?}");
}
