//! Read-only mode, for whoever runs the program.

use super::Failure;
use super::commands::say;
use crate::config::Config;
use crate::wiring::is_lasting;
use crate::wiring::store::Stores;
use clap::Subcommand;
use kernel::{Cause, Clock, ReadOnly, SystemClock, Timestamp, maintenance};

/// What is to be so from now on.
#[derive(Subcommand)]
pub(super) enum MaintenanceCommand {
    /// Let everything be looked at and nothing be changed, or say something else of that.
    On(On),
    /// End it.
    Off,
    /// Say whether anything can be changed, without changing anything.
    Status,
}

/// What is said of it.
#[derive(clap::Args)]
pub(super) struct On {
    /// What people are told.
    #[arg(long)]
    message: Option<String>,
    /// When it is expected to end, as 2030-06-01T04:00:00Z. It does not end by itself.
    #[arg(long, value_name = "INSTANT")]
    until: Option<String>,
    /// Let nobody in at doors either.
    #[arg(long)]
    shut_doors: bool,
}

/// Says what somebody wants to be so, for all instances on this store, and what is so then.
pub(super) async fn run(config: Config, command: MaintenanceCommand) -> Result<(), Failure> {
    if !is_lasting(&config.store.url) {
        return Err("store.url forgets everything when this command ends: choose a lasting one".into());
    }
    let stores = Stores::open_existing(&config.store.url).await?;
    let (store, now) = (&*stores.maintenance, SystemClock.now());
    let by = Cause::command_line();
    let said = match command {
        MaintenanceCommand::On(on) => maintenance::set(store, Some(&wished(&on, now)?), &by, now).await?,
        MaintenanceCommand::Off => maintenance::set(store, None, &by, now).await?,
        MaintenanceCommand::Status => store.read_only().await?,
    };
    match said {
        Some(read_only) => tell(&read_only),
        None => say("Everything can be changed."),
    }
}

fn wished(on: &On, now: Timestamp) -> Result<ReadOnly, Failure> {
    let until = on.until.as_ref().map(|text| text.parse::<Timestamp>());
    let until = until.transpose().map_err(|_| "--until wants an instant, as 2030-06-01T04:00:00Z")?;
    ReadOnly::from_now(until, on.message.as_deref(), !on.shut_doors, now).map_err(|wrong| {
        let wrong: Vec<_> = wrong.iter().map(|one| format!("--{} {}", one.field, one.message)).collect();
        wrong.join("; ").into()
    })
}

fn tell(read_only: &ReadOnly) -> Result<(), Failure> {
    let ReadOnly { since, until, message, doors_open } = read_only;
    let doors = if *doors_open { "doors go on" } else { "doors are shut" };
    say(&format!(
        "Everything can be looked at and nothing be changed, since {}; {doors}.",
        since.to_rfc3339()
    ))?;
    if let Some(until) = until {
        say(&format!("It is expected to end at {}, and has to be ended by somebody.", until.to_rfc3339()))?;
    }
    message.as_ref().map_or(Ok(()), |message| say(&format!("People are told: {message}")))
}
