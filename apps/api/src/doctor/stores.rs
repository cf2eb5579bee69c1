//! Where everything is kept, and what instances share.

use super::{Finding, causes, skew};
use crate::config::{Config, StoreUrl};
use crate::wiring::store::Stores;
use adapter_postgres::{SchemaState, schema_state, server_time};
use adapter_redis::Redis;
use kernel::{Clock, StoreError};
use std::path::Path;

/// Looks at the store; hands it out when it can be used.
pub(super) async fn look(config: &Config, clock: &dyn Clock) -> (Option<Stores>, Vec<Finding>) {
    match &config.store.url {
        StoreUrl::Memory => {
            let advice = "choose local:FOLDER or postgres://... to keep what is sold";
            let found = "everything is kept in memory and gone with the process";
            (None, vec![Finding::warning("database", found, advice)])
        }
        StoreUrl::Folder(folder) => folder_store(config, folder).await,
        StoreUrl::Postgres(url) => postgres(config, url.expose(), clock).await,
    }
}

async fn folder_store(config: &Config, folder: &Path) -> (Option<Stores>, Vec<Finding>) {
    let shown = folder.display();
    if !folder.exists() {
        return (None, vec![Finding::ok("database", format!("{shown} is made at the first start"))]);
    }
    match Stores::open(&config.store.url).await {
        Ok(stores) => (Some(stores), vec![Finding::ok("database", format!("kept in {shown}, and readable"))]),
        Err(error @ StoreError::Unavailable { .. }) => {
            let advice =
                "if `serve` runs on it, all is well: it belongs to one process; else look at the cause";
            (None, vec![Finding::warning("database", causes(&error), advice)])
        }
        Err(error) => {
            let advice = "restore it from a backup, or use the version that wrote it";
            (None, vec![Finding::error("database", causes(&error), advice)])
        }
    }
}

async fn postgres(config: &Config, url: &str, clock: &dyn Clock) -> (Option<Stores>, Vec<Finding>) {
    let before = clock.now();
    let theirs = match server_time(url).await {
        Ok(theirs) => theirs,
        Err(error) => {
            let advice = "start PostgreSQL, or correct store.url: host, port, name, password, TLS";
            return (None, vec![Finding::error("database", causes(&error), advice)]);
        }
    };
    let mut findings = vec![
        Finding::ok("database", "PostgreSQL answers"),
        skew::compare("database_clock".into(), "the database", theirs, (before, clock.now())),
    ];
    let (fits, finding) = schema(schema_state(url).await);
    findings.push(finding);
    if !fits {
        return (None, findings);
    }
    match Stores::open(&config.store.url).await {
        Ok(stores) => (Some(stores), findings),
        Err(error) => {
            let advice = "allow this program more connections (max_connections)";
            findings.push(Finding::error("database_pool", causes(&error), advice));
            (None, findings)
        }
    }
}

fn schema(state: Result<SchemaState, StoreError>) -> (bool, Finding) {
    const CHECK: &str = "schema";
    match state {
        Ok(SchemaState::UpToDate) => (true, Finding::ok(CHECK, "the one that this version knows")),
        Ok(SchemaState::Behind(missing)) => {
            let found = format!("it lacks {}", missing.join(", "));
            (false, Finding::error(CHECK, found, "run `synesthesie migrate`"))
        }
        Ok(SchemaState::Ahead(steps)) => {
            let found =
                format!("it has {}, which this version does not know but can live with", steps.join(", "));
            let advice = "go on to the version that made it once all is well";
            (true, Finding::warning(CHECK, found, advice))
        }
        Ok(SchemaState::TooOld(steps)) => {
            let found = format!("it has {}, which this version cannot live with", steps.join(", "));
            (false, Finding::error(CHECK, found, "run the version that made it, or a newer one"))
        }
        Err(error) => {
            let advice = "let the user of store.url read its own tables";
            (false, Finding::error(CHECK, causes(&error), advice))
        }
    }
}

/// Looks at Redis, if there is one.
pub(super) async fn redis(config: &Config) -> Finding {
    const CHECK: &str = "redis";
    let Some(url) = &config.redis.url else {
        return Finding::ok(CHECK, "none: limits and copies are kept in each process");
    };
    let advice = "start Redis, or correct redis.url; until then limits count per process";
    match Redis::new(url.expose()) {
        Err(error) => Finding::error(CHECK, causes(&error), "correct redis.url"),
        Ok(redis) => match redis.ping().await {
            Ok(()) => Finding::ok(CHECK, "it answers"),
            Err(error) => Finding::error(CHECK, causes(&error), advice),
        },
    }
}
