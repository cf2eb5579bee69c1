//! The pool: full, cut off, healed, encrypted.

use adapter_postgres::testing::fresh_database;
use adapter_postgres::{PgStore, PoolOptions};
use booking::BookingStore;
use kernel::{EventId, StoreError};
use std::time::Duration;
use testkit::noon;
use testkit::servers::{Certificate, PostgresOptions, PostgresServer};

fn is_unavailable<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable { .. }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_too_long_for_a_connection_is_told_to_try_again() {
    let database = crate::database().await;
    let options = PoolOptions { max_size: 1, wait: Duration::from_millis(50), ..PoolOptions::default() };
    let store = PgStore::connect(&database.url(), options).await.unwrap();
    let busy = BookingStore::begin(&store).await.unwrap();
    assert!(is_unavailable(&store.ping().await));
    drop(busy);
    store.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_not_there_means_try_again_and_a_faulty_url_does_not() {
    let nowhere = PgStore::connect("postgres://nobody@127.0.0.1:1/none", PoolOptions::default()).await;
    assert!(is_unavailable(&nowhere));
    let faulty =
        PgStore::connect("postgres://nobody@127.0.0.1/none?speed=high", PoolOptions::default()).await;
    assert!(matches!(faulty, Err(StoreError::Broken { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_has_lived_long_enough_is_replaced() {
    let database = crate::database().await;
    let options = PoolOptions { max_size: 1, longest_life: Duration::ZERO, ..PoolOptions::default() };
    let store = PgStore::connect(&database.url(), options).await.unwrap();
    for _ in 0..3 {
        store.ping().await.unwrap();
    }
    assert_eq!(store.status().size, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pool_heals_when_the_database_comes_back() {
    let mut server = PostgresServer::start(&PostgresOptions::default()).unwrap();
    let database = fresh_database(&server.url()).await.unwrap();
    let store = PgStore::connect(&database.url(), PoolOptions::default()).await.unwrap();
    let event = EventId::generate(noon());

    // Several connections, all idle but one, which is in the middle of a transaction.
    let mut open = Vec::new();
    for _ in 0..4 {
        let mut tx = BookingStore::begin(&store).await.unwrap();
        tx.lock_sales(&[event]).await.unwrap();
        open.push(tx);
    }
    let mut cut_off = open.pop().unwrap();
    for tx in open {
        tx.commit().await.unwrap();
    }
    assert_eq!(store.status().size, 4);

    server.stop_immediate().unwrap();
    assert!(is_unavailable(&cut_off.lock_sales(&[event]).await.map(drop)));
    assert!(cut_off.commit().await.is_err());
    assert!(is_unavailable(&store.ping().await));

    server.restart().unwrap();
    for _ in 0..8 {
        store.ping().await.unwrap();
        BookingStore::sales(&store, &[event]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encrypted_connection_checks_who_the_server_is() {
    let certificate = Certificate::for_loopback().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, &certificate.pem).unwrap();
    let options = PostgresOptions { certificate: Some(certificate), ..PostgresOptions::default() };
    let server = PostgresServer::start(&options).unwrap();
    let connect = async |query: &str| {
        PgStore::connect(&format!("{}?{query}", server.url()), PoolOptions::default()).await
    };

    let trusting = format!("sslmode=verify-full&sslrootcert={}", trusted.display());
    connect(&trusting).await.unwrap().ping().await.unwrap();
    assert!(encrypted(&server, &trusting).await);
    assert!(!encrypted(&server, "sslmode=disable").await);
    // Nobody that the public trusts has signed it.
    assert!(is_unavailable(&connect("sslmode=require").await));

    let plain = PostgresServer::start(&PostgresOptions::default()).unwrap();
    let fallback = PgStore::connect(&format!("{}?{trusting}", plain.url()), PoolOptions::default()).await;
    assert!(is_unavailable(&fallback), "a server that cannot encrypt is not talked to");
}

/// Whether the server sees the store's connection as encrypted.
async fn encrypted(server: &PostgresServer, query: &str) -> bool {
    let name = format!("seen-{}", query.len());
    let options = PoolOptions { application_name: name.clone(), ..PoolOptions::default() };
    let _store = PgStore::connect(&format!("{}?{query}", server.url()), options).await.unwrap();
    let (client, connection) = tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let seen = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = $1";
    client.query_one(seen, &[&name]).await.unwrap().get("ssl")
}
