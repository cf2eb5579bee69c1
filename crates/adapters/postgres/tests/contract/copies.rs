//! The contract of stores that are copied and put back, by PostgreSQL's own tools, and what concerns those.

use crate::database;
use adapter_postgres::testing::empty_database;
use adapter_postgres::{PgStore, PgTools, PoolOptions};
use backups::{Source, Target};
use futures_util::FutureExt;
use kernel::StoreError;
use std::error::Error;
use std::sync::Arc;
use testkit::copies::Copies;
use testkit::sealer::drained;
use testkit::servers::{Certificate, PostgresOptions, PostgresServer};
use testkit::{Stores, servers};

fn tools(url: &str) -> PgTools {
    PgTools::new(url, "pg_dump".into(), "pg_restore".into()).unwrap()
}

async fn stores(url: &str) -> Stores {
    Stores::of(Arc::new(PgStore::connect(url, PoolOptions::default()).await.unwrap()))
}

async fn open() -> Copies {
    let database = database().await;
    let other = empty_database(&servers::postgres().url).await.unwrap();
    let (url, place) = (database.url(), other.url());
    let there = place.clone();
    let reopen = move || {
        let url = there.clone();
        async move { stores(&url).await }.boxed()
    };
    Copies {
        stores: stores(&url).await.keeping((database, other)),
        source: Arc::new(tools(&url)),
        place: Arc::new(tools(&place)),
        reopen: Box::new(reopen),
    }
}

testkit::copies_contract!(open);

fn told(error: &StoreError) -> String {
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    format!("{error}: {cause}")
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let database = database().await;
    let tools = PgTools::new(&database.url(), "/nowhere/pg_dump".into(), "pg_restore".into()).unwrap();
    let refused = tools.copy().await.err().unwrap();
    assert!(told(&refused).contains("/nowhere/pg_dump cannot be started"), "{}", told(&refused));
}

#[tokio::test]
async fn what_the_program_says_is_told_and_no_password() {
    let nobody = tools("postgres://nobody:hunter2@127.0.0.1:1/none");
    let refused = nobody.copy().await.err().unwrap();
    assert!(matches!(refused, StoreError::Unavailable { .. }));
    assert!(!told(&refused).contains("hunter2"));
    let refused = nobody.fill(testkit::sealer::flow(b"x", 1)).await.unwrap_err().to_string();
    assert!(!refused.contains("hunter2"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_travels_encrypted_where_our_own_connections_do() {
    let certificate = Certificate::for_loopback().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, &certificate.pem).unwrap();
    let options = PostgresOptions { certificate: Some(certificate), ..PostgresOptions::default() };
    let server = PostgresServer::start(&options).unwrap();
    let from = empty_database(&server.url()).await.unwrap();
    let encrypted = format!("{}?sslmode=verify-full&sslrootcert={}", from.url(), trusted.display());
    assert!(!drained(tools(&encrypted).copy().await.unwrap().flow).await.unwrap().is_empty());
    // Nobody that the public trusts has signed it: the program refuses as we do.
    assert!(tools(&format!("{}?sslmode=require", from.url())).copy().await.is_err());
}
