//! What the store on PostgreSQL promises: the contracts of every port, and what concerns PostgreSQL alone.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod address_views;
mod ahead;
mod audit;
mod copies;
mod documents;
mod ledger;
mod migrations;
mod pool;
mod scratch;
mod stores;
mod transactions;

use adapter_postgres::testing::{FreshDatabase, fresh_database};
use adapter_postgres::{PgStore, PoolOptions};
use std::sync::Arc;
use testkit::{Stores, outbox, servers};

/// An empty database on the shared server.
async fn database() -> FreshDatabase {
    fresh_database(&servers::postgres().url).await.unwrap()
}

async fn open() -> Stores {
    let database = database().await;
    let options = PoolOptions { trace: outbox::trace, ..PoolOptions::default() };
    let store = PgStore::connect(&database.url(), options).await.unwrap();
    Stores::of(Arc::new(store)).keeping(database)
}

/// The same with a stream.
async fn open_streaming() -> Stores {
    let database = database().await;
    let store = PgStore::connect(&database.url(), PoolOptions::default()).await.unwrap().streaming();
    Stores::of(Arc::new(store)).keeping(database)
}
