//! What a rehearsal is told.

use super::fault::Faults;
use std::path::PathBuf;
use uuid::Uuid;

/// Rehearse an on-sale: the whole system against simulated providers, an invented crowd and faults, and a report.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Rehearse with the ticket types of this event, read from the configured store, which is not changed.
    #[arg(long, value_name = "ID", conflicts_with = "seats")]
    pub event: Option<Uuid>,
    /// Places to sell, when no event is named.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub seats: u32,
    /// How many people want them.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub buyers: u32,
    /// Where to rehearse: an empty store (postgres://..., local:PATH) or one that only rehearsals have used; without
    /// it a local one that is thrown away.
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
    /// How many instances serve beside each other; several need a postgres:// store.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub instances: u8,
    /// How many workers perform what is owed, as processes of their own beside a postgres:// store; without it the
    /// instances do that.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=4))]
    pub workers: Option<u8>,
    /// What goes wrong: all, none, or names with commas (see --help).
    #[arg(long, value_name = "all|none|NAME,...", default_value = "all", long_help = FAULTS)]
    pub faults: Faults,
    /// The same seed gives the same crowd and the same faults, up to scheduling.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Also write the report as JSON into this file.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

const FAULTS: &str = "What goes wrong: all, none, or names separated by commas:
  webhooks-lost      a provider's notice never comes
  webhooks-doubled   it comes twice
  webhooks-reversed  notices of one payment come in the wrong order
  webhooks-late      they come seconds late
  provider-timeouts  a provider acts, and its answer is lost
  provider-errors    a provider answers 500 and does nothing
  redis-gone         Redis cannot be reached for a while (needs redis.url)
  database-cut       all connections to the database are cut (needs a postgres:// store)
  server-killed      all that runs is killed at once, at any instant, and started again
  instance-killed    one instance is killed every few seconds (needs --instances or --workers)
  worker-killed      one worker is killed every few seconds (needs --workers)";

impl Options {
    /// Whether more than one process works on the store.
    #[must_use]
    pub const fn several(&self) -> bool {
        self.instances > 1 || self.workers.is_some()
    }
}
