//! The same random history gives the same answers on the local store and on PostgreSQL.

use adapter_local::{LocalStore, Place};
use adapter_postgres::testing::fresh_database;
use adapter_postgres::{PgStore, PoolOptions};
use std::sync::Arc;
use testkit::booking_model::the_same_history_gives_the_same_answers;
use testkit::{Stores, servers};

/// Histories per test, and steps in each: long enough that payments meet expiry, refunds and the door.
const HISTORIES: u64 = 6;
const STEPS: u32 = 120;

async fn local() -> Stores {
    Stores::of(Arc::new(LocalStore::open(Place::Memory).unwrap()))
}

async fn postgres() -> Stores {
    let database = fresh_database(&servers::postgres().url).await.unwrap();
    let store = PgStore::connect(&database.url(), PoolOptions::default()).await.unwrap();
    Stores::of(Arc::new(store)).keeping(database)
}

async fn histories(from: u64) {
    for seed in from..from + HISTORIES {
        the_same_history_gives_the_same_answers(local().await, postgres().await, seed, STEPS).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stores_agree_on_the_first_histories() {
    histories(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stores_agree_on_more_histories() {
    histories(1000).await;
}
