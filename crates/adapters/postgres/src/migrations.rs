//! The steps that make the schema, compiled in; see `migrations/README.md`.

mod state;

pub(crate) use state::applied;
pub use state::{SchemaState, schema_state, schema_state_by};

use crate::failure::failed;
use crate::pool::open;
use crate::statement::text;
use crate::tls::Address;
use diesel::sql_types::{BigInt, Bool, Text, Timestamptz};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use kernel::{StoreError, Timestamp};
use state::{judge, noted};
use std::time::Duration;

/// One step.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The folder's name.
    pub name: &'static str,
    /// Makes the change.
    pub up: &'static str,
    /// Takes it back.
    pub down: &'static str,
}

macro_rules! steps {
    ($($name:literal),+ $(,)?) => {
        [$(Migration {
            name: $name,
            up: include_str!(concat!("../../../../migrations/", $name, "/up.sql")),
            down: include_str!(concat!("../../../../migrations/", $name, "/down.sql")),
        }),+]
    };
}

/// Every step, in the order in which they are applied.
pub const MIGRATIONS: [Migration; 41] = steps![
    "2026-11-21-000001_accounts",
    "2026-11-21-000002_events",
    "2026-11-21-000003_booking",
    "2026-11-21-000004_outbox",
    "2026-11-21-000005_capture_declines",
    "2026-11-21-000006_audit",
    "2026-11-21-000007_ledger",
    "2026-11-21-000008_refunds",
    "2026-11-21-000009_outside",
    "2026-11-21-000010_documents",
    "2026-11-21-000011_office",
    "2026-11-21-000012_daily_close",
    "2026-11-21-000013_charged",
    "2026-11-21-000014_invite_tree",
    "2026-11-21-000015_places",
    "2026-11-21-000016_quotas",
    "2026-11-21-000017_transfers",
    "2026-11-21-000018_seats",
    "2026-11-21-000019_vouchers",
    "2026-11-21-000020_waitlist",
    "2026-11-21-000021_returns",
    "2026-11-21-000022_door",
    "2026-11-21-000028_while_selling",
    "2026-11-21-000029_given_up",
    "2026-11-21-000030_list_of_buyer",
    "2026-11-22-000032_address_view_counts",
    "2026-11-22-000033_media",
    "2026-11-22-000034_lanes",
    "2026-11-22-000035_forgotten_egress",
    "2026-11-22-000036_failing",
    "2026-11-22-000037_maintenance",
    "2026-11-22-000038_second_factors",
    "2026-11-22-000039_figures",
    "2026-11-22-000040_languages",
    "2026-11-22-000041_letters",
    "2026-11-22-000042_backups",
    "2026-11-22-000043_stream",
    "2026-11-22-000044_own",
    "2026-11-22-000045_hooks",
    "2026-11-22-000046_effect_traces",
    "2026-11-22-000048_announcements",
];

/// What stands for a step in the table of applied ones, as diesel's own tool writes it: the name up to the first
/// underscore, without dashes.
fn version(name: &str) -> String {
    name.split('_').next().unwrap_or_default().replace('-', "")
}

/// How the line of a step begins that names its floor, among the comments at its head.
const NEEDS: &str = "-- needs: ";

impl Migration {
    /// What stands for it in the table of applied steps.
    #[must_use]
    pub fn version(&self) -> String {
        version(self.name)
    }

    /// Its floor, when it takes something away: the version of the oldest step that a program must know to live with
    /// this one.
    #[must_use]
    pub fn needs(&self) -> Option<String> {
        let mut head = self.up.lines().take_while(|line| line.starts_with("--"));
        head.find_map(|line| line.strip_prefix(NEEDS)).map(|name| version(name.trim()))
    }
}

/// How a step begins whose paragraphs are commands of their own, because they take long and must not keep anybody
/// waiting meanwhile. Each of them may be repeated: when one fails, the step begins anew.
const PIECEMEAL: &str = "-- no transaction\n";

/// Any number that nothing else on the server locks by.
const LOCK: i64 = 0x73_79_6e_65_73_74_68;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (
    version varchar(50) NOT NULL PRIMARY KEY,
    run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
)";

/// Where floors are noted. A column of that very table: a step that is taken back takes its floor along, whoever does it,
/// and diesel's own tool, which names the columns that it writes, never notices. Only where it is not there yet, as it
/// has to wait for whoever reads the table, a copy of the database as well.
const FLOORS: &str = "DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_attribute
        WHERE attrelid = '__diesel_schema_migrations'::regclass AND attname = 'needs' AND NOT attisdropped)
    THEN ALTER TABLE __diesel_schema_migrations ADD COLUMN needs varchar(50);
    END IF;
END $$";

/// Applies the steps that are missing; returns their names. Several programs may do so at once. A database that is ahead of
/// this program lacks nothing, and is left as it is.
///
/// # Errors
/// [`StoreError`]; the steps before the one that failed stay applied. Nothing is applied to a database that this program is
/// too old for.
pub async fn migrate(url: &str) -> Result<Vec<&'static str>, StoreError> {
    migrate_by(url, &MIGRATIONS).await
}

/// As [`migrate`], for a program that knows these steps.
///
/// # Errors
/// As [`migrate`].
pub async fn migrate_by(url: &str, steps: &[Migration]) -> Result<Vec<&'static str>, StoreError> {
    let mut connection = alone(url).await?;
    let doing = "making the table of migrations";
    connection.batch_execute(TABLE).await.map_err(failed(doing))?;
    let there = noted(&mut connection).await?;
    if let SchemaState::TooOld(unknown) = judge(steps, &there) {
        let found = format!("it has {}: this version is too old for it", unknown.join(", "));
        return Err(StoreError::broken("looking at what was migrated", found));
    }
    connection.batch_execute(FLOORS).await.map_err(failed(doing))?;
    let mut done = Vec::new();
    for step in steps {
        let (version, needs) = (step.version(), step.needs());
        let floor = needs.as_ref().map_or_else(|| "NULL".to_owned(), |floor| format!("'{floor}'"));
        match there.iter().find(|noted| noted.version == version) {
            None => {
                let values = format!("('{version}', {floor})");
                let note = format!("INSERT INTO __diesel_schema_migrations (version, needs) VALUES {values}");
                apply(&mut connection, step.up, &note).await?;
                done.push(step.name);
            }
            // By diesel's own tool, which knows no floors.
            Some(noted) if noted.needs != needs => {
                let row = format!("needs = {floor} WHERE version = '{version}'");
                let note = format!("UPDATE __diesel_schema_migrations SET {row}");
                connection.batch_execute(&note).await.map_err(failed("noting the floor of a migration"))?;
            }
            Some(_) => {}
        }
    }
    Ok(done)
}

/// Takes the latest step back; returns its name, or `None` when there is none.
///
/// # Errors
/// [`StoreError`], also when the latest step is one that this program does not know.
pub async fn revert(url: &str) -> Result<Option<&'static str>, StoreError> {
    let mut connection = alone(url).await?;
    let Some(latest) = applied(&mut connection).await?.pop() else { return Ok(None) };
    let step = MIGRATIONS
        .iter()
        .find(|step| step.version() == latest)
        .ok_or_else(|| StoreError::broken("reverting a migration", format!("{latest} is not known")))?;
    let note = format!("DELETE FROM __diesel_schema_migrations WHERE version = '{latest}'");
    apply(&mut connection, step.down, &note).await?;
    Ok(Some(step.name))
}

#[derive(QueryableByName)]
struct ServerTime {
    #[diesel(sql_type = Timestamptz)]
    now: Timestamp,
}

/// What time the database thinks it is; also whether it can be reached at all.
///
/// # Errors
/// [`StoreError`].
pub async fn server_time(url: &str) -> Result<Timestamp, StoreError> {
    let doing = "asking the database for its time";
    let rows: QueryResult<Vec<ServerTime>> =
        text("SELECT clock_timestamp() AS now").load(&mut connect(url).await?).await;
    let first = rows.map_err(failed(doing))?.into_iter().next();
    first.map(|row| row.now).ok_or_else(|| StoreError::broken(doing, "no answer"))
}

/// A connection without the pool's limits.
pub(crate) async fn connect(url: &str) -> Result<AsyncPgConnection, StoreError> {
    let mut address = Address::parse(url)?;
    address.config.application_name("synesthesie migrate").connect_timeout(Duration::from_secs(5));
    open(address).await.map_err(|cause| StoreError::unavailable("connecting to the database", cause))
}

/// A connection that no other migration runs beside.
async fn alone(url: &str) -> Result<AsyncPgConnection, StoreError> {
    let mut connection = connect(url).await?;
    let doing = "waiting for other migrations";
    // As long as others need. Asked again and again: whoever waits within a statement is waited for by an index that is
    // built concurrently, and both would wait for each other.
    while !locked(&mut connection).await.map_err(failed(doing))? {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Never stand in line before the sales for long.
    connection.batch_execute("SET lock_timeout = '5s'").await.map_err(failed(doing))?;
    Ok(connection)
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    locked: bool,
}

async fn locked(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    let asking = text("SELECT pg_try_advisory_lock($1) AS locked").bind::<BigInt, _>(LOCK);
    let rows: Vec<Locked> = asking.load(connection).await?;
    Ok(rows.iter().any(|row| row.locked))
}

async fn apply(connection: &mut AsyncPgConnection, change: &str, note: &str) -> Result<(), StoreError> {
    let doing = "applying a migration";
    let Some(commands) = change.strip_prefix(PIECEMEAL) else {
        let all = format!("BEGIN;\n{change}\n;{note};\nCOMMIT");
        return connection.batch_execute(&all).await.map_err(failed(doing));
    };
    drop_half_built(connection, commands).await?;
    for command in commands.split("\n\n") {
        connection.batch_execute(command).await.map_err(failed(doing))?;
    }
    connection.batch_execute(note).await.map_err(failed(doing))
}

#[derive(QueryableByName)]
struct HalfBuilt {
    #[diesel(sql_type = Text)]
    index: String,
}

/// An index of these commands that was not built to its end, because it waited too long or the program was stopped, is
/// there by name and of no use: it is made anew. What somebody else builds at this moment is not touched.
async fn drop_half_built(connection: &mut AsyncPgConnection, commands: &str) -> Result<(), StoreError> {
    let doing = "removing half-built indexes";
    let rows: QueryResult<Vec<HalfBuilt>> = text(
        "SELECT c.oid::regclass::text AS index FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
         WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace",
    )
    .load(connection)
    .await;
    let named = |index: &str| commands.split_whitespace().any(|word| word == index);
    for HalfBuilt { index } in rows.map_err(failed(doing))?.into_iter().filter(|it| named(&it.index)) {
        let statement = format!("DROP INDEX CONCURRENTLY {index}");
        connection.batch_execute(&statement).await.map_err(failed(doing))?;
    }
    Ok(())
}
