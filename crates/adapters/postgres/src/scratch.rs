//! Databases in which backups are tried. Each has a name that says so and when it was made, and somebody is connected to it
//! as long as it is needed: an old one that nobody is connected to was left by whoever was killed, and goes.

use crate::dump::PgTools;
use crate::failure::failed;
use crate::statement::text;
use crate::url::database_url;
use async_trait::async_trait;
use backups::{Kind, Scratch, ScratchPlace, Target};
use diesel::sql_types::{Bool, Text};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use kernel::StoreError;
use std::path::PathBuf;
use uuid::Uuid;

const DOING: &str = "making a database to try a backup in";
/// Of ours alone: another house may have its own on the same server. A new one is being connected to, perhaps.
const LEFT: &str = "SELECT d.datname::text AS name FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba \
                    WHERE r.rolname = current_user \
                        AND substring(d.datname::text FROM '^synesthesie_check_([0-9]{10})_[0-9a-f]{32}$')::bigint \
                            < extract(epoch FROM clock_timestamp()) - 3600 \
                        AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)";
const NAME: &str =
    "SELECT 'synesthesie_check_' || extract(epoch FROM clock_timestamp())::bigint || '_' AS name";
const MAY_CREATE: &str = "SELECT rolcreatedb OR rolsuper AS may FROM pg_roles WHERE rolname = current_user";

/// A server on which such databases can be made.
#[derive(Clone)]
pub struct ScratchDatabases {
    server: String,
    pg_dump: PathBuf,
    pg_restore: PathBuf,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct May {
    #[diesel(sql_type = Bool)]
    may: bool,
}

/// Whether the user of this URL may make databases on its server.
///
/// # Errors
/// [`StoreError`].
pub async fn may_create_databases(url: &str) -> Result<bool, StoreError> {
    let mut connection = PgTools::new(url, PathBuf::new(), PathBuf::new())?.connect().await?;
    let rows: QueryResult<Vec<May>> = text(MAY_CREATE).load(&mut connection).await;
    let rows = rows.map_err(failed("asking whether databases can be made"))?;
    Ok(rows.as_slice().first().is_some_and(|row| row.may))
}

impl ScratchDatabases {
    /// Beside any database of a server, by a user who may create databases there, with these programs.
    #[must_use]
    pub fn new(server: &str, pg_dump: PathBuf, pg_restore: PathBuf) -> Self {
        Self { server: server.to_owned(), pg_dump, pg_restore }
    }

    fn tools(&self, url: &str) -> Result<PgTools, StoreError> {
        PgTools::new(url, self.pg_dump.clone(), self.pg_restore.clone())
    }
}

async fn names(server: &mut AsyncPgConnection, sql: &'static str) -> Result<Vec<String>, StoreError> {
    let rows: QueryResult<Vec<Named>> = text(sql).load(server).await;
    Ok(rows.map_err(failed(DOING))?.into_iter().map(|row| row.name).collect())
}

async fn sweep(server: &mut AsyncPgConnection) -> Result<(), StoreError> {
    for name in names(server, LEFT).await? {
        // Whoever has come to it since keeps it; it goes the next time.
        let _ = server.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await;
    }
    Ok(())
}

#[async_trait]
impl Scratch for ScratchDatabases {
    fn kind(&self) -> Kind {
        Kind::Postgres
    }

    async fn make(&self) -> Result<Box<dyn ScratchPlace>, StoreError> {
        let mut server = self.tools(&self.server)?.connect().await?;
        sweep(&mut server).await?;
        let begins = names(&mut server, NAME).await?.pop().unwrap_or_default();
        let name = format!("{begins}{}", Uuid::new_v4().simple());
        // Of the one that nobody can have put anything into.
        let create = format!("CREATE DATABASE {name} TEMPLATE template0");
        server.batch_execute(&create).await.map_err(failed(DOING))?;
        let url = database_url(&self.server, &name);
        let tools = self.tools(&url)?;
        let needed = tools.connect().await?;
        Ok(Box::new(ScratchDatabase { scratch: self.clone(), name, url, tools, needed }))
    }
}

struct ScratchDatabase {
    scratch: ScratchDatabases,
    name: String,
    url: String,
    tools: PgTools,
    /// Says that it is needed.
    needed: AsyncPgConnection,
}

#[async_trait]
impl ScratchPlace for ScratchDatabase {
    fn target(&self) -> &dyn Target {
        &self.tools
    }

    fn address(&self) -> String {
        self.url.clone()
    }

    async fn remove(self: Box<Self>) -> Result<(), StoreError> {
        let Self { scratch, name, needed, .. } = *self;
        drop(needed);
        let mut server = scratch.tools(&scratch.server)?.connect().await?;
        let command = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        server.batch_execute(&command).await.map_err(failed("removing a database that a backup was tried in"))
    }
}
