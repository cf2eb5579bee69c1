//! The contract of places that backups are tried in, as databases, and what becomes of those that were left.

use crate::database;
use crate::migrations::{client, lines};
use adapter_postgres::{PgStore, PgTools, PoolOptions, ScratchDatabases, may_create_databases};
use backups::Scratch;
use futures_util::FutureExt;
use kernel::StoreError;
use std::sync::Arc;
use testkit::Stores;
use testkit::scratch::Scratches;
use testkit::servers::{PostgresOptions, PostgresServer};

fn scratch(server: &str) -> ScratchDatabases {
    ScratchDatabases::new(server, "pg_dump".into(), "pg_restore".into())
}

async fn open() -> Scratches {
    let database = database().await;
    let url = database.url();
    let store = PgStore::connect(&url, PoolOptions::default()).await.unwrap();
    let open = |url: String| {
        async move {
            let store = PgStore::connect(&url, PoolOptions::default()).await.ok()?;
            Some(Stores::of(Arc::new(store)))
        }
        .boxed()
    };
    Scratches {
        stores: Stores::of(Arc::new(store)).keeping(database),
        source: Arc::new(PgTools::new(&url, "pg_dump".into(), "pg_restore".into()).unwrap()),
        scratch: Arc::new(scratch(&url)),
        open: Box::new(open),
    }
}

testkit::scratch_contract!(open);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_left_of_killed_ones_goes_and_what_is_needed_stays() {
    // Of its own: whoever else makes a place sweeps as well.
    let own = PostgresServer::start(&PostgresOptions::default()).unwrap();
    let server = own.url();
    let name = |made: u64| format!("synesthesie_check_{made}_{}", uuid::Uuid::new_v4().simple());
    // Long ago, just now, and by somebody else.
    let (old, young) = (name(1_600_000_000), name(9_999_999_999));
    let foreign = format!("synesthesie_checked_{}", uuid::Uuid::new_v4().simple());
    let needed = name(1_600_000_001);
    let admin = client(&server).await;
    for database in [&old, &young, &needed, &foreign] {
        admin.batch_execute(&format!("CREATE DATABASE {database}")).await.unwrap();
    }
    let of = |database: &str| {
        let (address, _) = server.rsplit_once('/').unwrap();
        format!("{address}/{database}")
    };
    let user = client(&of(&needed)).await;
    let place = scratch(&server).make().await.unwrap();
    let there = lines(&server, "SELECT datname::text FROM pg_database").await;
    assert!(!there.contains(&old));
    assert!([&young, &needed, &foreign].iter().all(|database| there.contains(database)), "{there:?}");
    place.remove().await.unwrap();
    drop(user);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_make_no_databases_is_told_so() {
    let database = database().await;
    let url = database.url();
    assert!(may_create_databases(&url).await.unwrap());
    let role = format!("checker_{}", uuid::Uuid::new_v4().simple());
    let admin = client(&url).await;
    admin.batch_execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x'")).await.unwrap();
    let (scheme, rest) = url.split_once("://").unwrap();
    let host = rest.split_once('@').map_or(rest, |(_, host)| host);
    let theirs = format!("{scheme}://{role}:x@{host}");
    assert!(!may_create_databases(&theirs).await.unwrap());
    let refused = scratch(&theirs).make().await.err().unwrap();
    assert!(matches!(refused, StoreError::Broken { .. }), "{refused:?}");
    admin.batch_execute(&format!("DROP ROLE {role}")).await.unwrap();
}
