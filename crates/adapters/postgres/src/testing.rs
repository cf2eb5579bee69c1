//! Fresh databases for tests and benchmarks: copies of a migrated template, made in some tens of milliseconds.

use crate::failure::failed;
use crate::migrations::{MIGRATIONS, connect, migrate};
use crate::statement::text;
use crate::url::database_url;
use diesel::sql_types::{Integer, Text};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use kernel::StoreError;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Any number that nothing else on the server locks by.
const LOCK: i64 = 0x74_65_6d_70_6c_61_74;

/// A database of one test; dropping it drops the database.
#[derive(Debug)]
pub struct FreshDatabase {
    server: String,
    name: String,
}

impl FreshDatabase {
    /// Its `postgres://` URL.
    #[must_use]
    pub fn url(&self) -> String {
        database_url(&self.server, &self.name)
    }
}

/// Makes an empty database with the whole schema on a server; `server` is the URL of any database there, as a user
/// who may create databases. Safe to call from many processes at once.
///
/// # Errors
/// [`StoreError`].
pub async fn fresh_database(server: &str) -> Result<FreshDatabase, StoreError> {
    let mut connection = connect(server).await?;
    let template = template(&mut connection, server).await?;
    let name = format!("synesthesie_test_{}", Uuid::new_v4().simple());
    let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
    connection.batch_execute(&create).await.map_err(failed("copying the template database"))?;
    Ok(FreshDatabase { server: server.to_owned(), name })
}

/// Makes a database without any table on a server.
///
/// # Errors
/// [`StoreError`].
pub async fn empty_database(server: &str) -> Result<FreshDatabase, StoreError> {
    let mut connection = connect(server).await?;
    let name = format!("synesthesie_test_{}", Uuid::new_v4().simple());
    // Of the one that nobody can have put anything into.
    let create = format!("CREATE DATABASE {name} TEMPLATE template0");
    connection.batch_execute(&create).await.map_err(failed("making an empty database"))?;
    Ok(FreshDatabase { server: server.to_owned(), name })
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    tab: String,
    #[diesel(sql_type = Text)]
    col: String,
}

#[derive(QueryableByName)]
struct BodyRow {
    #[diesel(sql_type = Text)]
    body: String,
}

/// Every column of every table of a database, by `(table, column)`, but for the list of migrations.
///
/// # Errors
/// [`StoreError`].
pub async fn columns(url: &str) -> Result<Vec<(String, String)>, StoreError> {
    let rows: QueryResult<Vec<ColumnRow>> = text(
        "SELECT c.table_name::text AS tab, c.column_name::text AS col FROM information_schema.columns c \
         JOIN information_schema.tables t USING (table_schema, table_name) \
         WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' \
             AND c.table_name <> '__diesel_schema_migrations' ORDER BY 1, 2",
    )
    .load(&mut connect(url).await?)
    .await;
    let rows = rows.map_err(failed("listing the columns of a database"))?;
    Ok(rows.into_iter().map(|row| (row.tab, row.col)).collect())
}

/// Every row of every table of a database, as the table and an object of JSON.
///
/// # Errors
/// [`StoreError`].
pub async fn rows(url: &str) -> Result<Vec<(String, String)>, StoreError> {
    let mut tables: Vec<String> = columns(url).await?.into_iter().map(|(table, _)| table).collect();
    tables.dedup();
    let mut connection = connect(url).await?;
    let mut all = Vec::new();
    for table in tables {
        let select = format!("SELECT to_jsonb(t)::text AS body FROM \"{table}\" t");
        let rows: QueryResult<Vec<BodyRow>> = diesel::sql_query(select).load(&mut connection).await;
        let rows = rows.map_err(failed("reading every row of a table"))?;
        all.extend(rows.into_iter().map(|row| (table.clone(), row.body)));
    }
    Ok(all)
}

/// The name of a database with the present schema and nothing in it; made when there is none. Its name tells the
/// schema, so that a changed migration never meets an old template.
async fn template(connection: &mut AsyncPgConnection, server: &str) -> Result<String, StoreError> {
    let name = format!("synesthesie_template_{}", fingerprint());
    let doing = "making a template database";
    connection.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})")).await.map_err(failed(doing))?;
    if !exists(connection, &name).await? {
        // Under another name until it is complete, so that one that was left half-way is not mistaken for it.
        let draft = format!("{name}_draft");
        for command in
            [format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)"), format!("CREATE DATABASE {draft}")]
        {
            connection.batch_execute(&command).await.map_err(failed(doing))?;
        }
        migrate(&database_url(server, &draft)).await?;
        let rename = format!("ALTER DATABASE {draft} RENAME TO {name}");
        connection.batch_execute(&rename).await.map_err(failed(doing))?;
    }
    connection.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK})")).await.map_err(failed(doing))?;
    Ok(name)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Integer)]
    #[expect(dead_code, reason = "its presence is all that matters")]
    one: i32,
}

async fn exists(connection: &mut AsyncPgConnection, name: &str) -> Result<bool, StoreError> {
    let found: QueryResult<Vec<Found>> = text("SELECT 1 AS one FROM pg_database WHERE datname = $1")
        .bind::<Text, _>(name)
        .load(connection)
        .await;
    found.map(|found| !found.is_empty()).map_err(failed("looking for a template database"))
}

fn fingerprint() -> String {
    let mut digest = Sha256::new();
    for step in MIGRATIONS {
        digest.update(step.up);
    }
    digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Drop for FreshDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // On a thread of its own, as this may be dropped inside a runtime. What cannot be dropped is left behind.
        let drop = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let mut connection = connect(&server).await.ok()?;
                connection.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await.ok()
            })
        });
        let _ = drop.join();
    }
}
