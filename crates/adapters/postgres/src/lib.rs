//! Every store port on PostgreSQL 15 or newer.
//!
//! [`PgStore`] holds the pool, answers reads and hands out transactions; [`transaction::PgTx`] implements every
//! domain's transaction, so that what a use case touches commits together. One file or folder per domain beside
//! them: rows are private and turn into domain types by `TryFrom`, where a row that cannot be is called broken.
//!
//! Isolation is READ COMMITTED. Whoever has to decide on a row locks it first and reads it in a *later* statement,
//! because a statement that waited for a lock still sees the other rows as they were when it began.

mod accounts;
mod announcements;
mod audit;
mod backups;
mod booking;
mod column;
mod dump;
mod events;
mod failure;
mod gallery;
mod hooks;
mod idempotency;
mod invites;
mod maintenance;
mod media;
mod messaging;
pub mod migrations;
mod music;
mod news;
mod outbox;
#[cfg(test)]
mod plans;
pub mod pool;
mod schema;
mod scratch;
mod span;
mod statement;
pub mod testing;
mod tls;
pub mod transaction;
mod url;

pub use dump::PgTools;
pub use migrations::{SchemaState, migrate, schema_state, server_time};
pub use pool::{PgStore, PoolOptions, PoolStatus};
pub use scratch::{ScratchDatabases, may_create_databases};
pub use tls::is_usable_url;
