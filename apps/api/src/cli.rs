//! What can be typed after `synesthesie`.

mod audit;
mod backup;
mod close;
mod commands;
pub mod demo;
mod doctor;
mod figures;
mod ledger;
mod maintenance;
mod rehearse;

use crate::config::Config;
use crate::confine::{Confined, become_program};
use crate::http::problem::Causes;
use crate::rehearse::options::Options;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Invites, events, tickets and the door.
#[derive(Parser)]
#[command(name = "synesthesie", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API, and perform what is owed unless worker.enabled is false.
    Serve,
    /// Perform what is owed, without serving: for systems whose `serve` has worker.enabled = false.
    Work,
    /// Bring the store to the shape that this version knows.
    Migrate,
    /// Manage accounts.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Fill an empty system with something to try, and print the logins; not in production.
    Demo,
    /// Rehearse an on-sale: a crowd, simulated providers and faults, and a report of what was lost, if anything was.
    Rehearse(Options),
    /// Serve for a rehearsal, until standard input ends.
    #[command(hide = true)]
    RehearsedServer {
        /// The file of the invented clock.
        #[arg(long)]
        clock: PathBuf,
    },
    /// Perform what is owed for a rehearsal, until standard input ends.
    #[command(hide = true)]
    RehearsedWorker {
        /// The file of the invented clock.
        #[arg(long)]
        clock: PathBuf,
    },
    /// Run a program with as little as it needs: for those that read what others send.
    #[command(hide = true)]
    Confined(Confined),
    /// Make renditions of a picture, for a server that reads none itself.
    #[command(hide = true)]
    Picture {
        /// As the adapter of pictures says them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Recompute the counters of places and name every difference.
    CheckStock,
    /// Compare the ledger with the bookings.
    Ledger {
        #[command(subcommand)]
        command: LedgerCommand,
    },
    /// Compare the figures of dashboards and analytics with bookings, tickets and the ledger.
    Figures {
        #[command(subcommand)]
        command: FiguresCommand,
    },
    /// Look after the audit log.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Let everything be looked at and nothing be changed, on all instances. Not on the local store, which belongs to
    /// `serve`: there ask the running server, by PUT /api/v1/admin/maintenance.
    Maintenance {
        #[command(subcommand)]
        command: maintenance::MaintenanceCommand,
    },
    /// Make, list, verify and restore backups.
    Backup {
        #[command(subcommand)]
        command: backup::BackupCommand,
    },
    /// Compare bookings, ledger and providers for a day, and close it when nothing differs; say every difference.
    Close(close::CloseDay),
    /// Print the OpenAPI document.
    Openapi,
    /// Print the JSON Schema of what is published to other programs.
    EventsSchema,
    /// Say what is wrong with the configuration, if anything is.
    CheckConfig,
    /// Look at everything that the system leans on and say what to do about what is wrong; changes nothing.
    Doctor {
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
enum LedgerCommand {
    /// Check that all accounts add up to nothing and that the ledger says what every booking says; name what differs.
    Check,
    /// Post what bookings owe to the ledger that were changed by a version without one; then check.
    CatchUp,
}

#[derive(Subcommand)]
enum FiguresCommand {
    /// Count every event from its rows and name each figure that is another.
    Check,
    /// Count everything anew; then check.
    Remake,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Open an account that may do everything.
    CreateAdmin(CreateAdmin),
    /// Take the second factor of an account away whose owner lost the device and the recovery codes.
    ResetTotp(ResetTotp),
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Follow the chain of all acts, and name the first that was changed, removed or moved.
    Verify(VerifyAudit),
}

/// How to verify the audit log.
#[derive(clap::Args)]
pub struct VerifyAudit {
    /// What an earlier run printed, as NUMBER:SEAL. The log has to go on from there, or it was exchanged as a whole.
    #[arg(long, value_name = "NUMBER:SEAL")]
    pub noted: Option<String>,
}

/// Whom to make an admin.
#[derive(clap::Args)]
pub struct CreateAdmin {
    /// What the person logs in with.
    #[arg(long)]
    pub email: String,
    /// Read the password from standard input (its first line); without it one is made and printed.
    #[arg(long)]
    pub password_stdin: bool,
    /// First name.
    #[arg(long, default_value = "Site")]
    pub first_name: String,
    /// Last name.
    #[arg(long, default_value = "Admin")]
    pub last_name: String,
}

/// Whose second factor to take away.
#[derive(clap::Args)]
pub struct ResetTotp {
    /// What the person logs in with.
    #[arg(long)]
    pub email: String,
}

/// Why a command failed; shown with its causes.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs what the arguments ask for.
#[must_use]
pub fn run() -> ExitCode {
    let command = Arguments::parse().command;
    if let Command::Confined(confined) = &command {
        return become_program(confined);
    }
    if let Command::Picture { arguments } = &command {
        return adapter_imaging::child::run(arguments);
    }
    match perform(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "synesthesie: {}", Causes(failure.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn perform(command: Command) -> Result<(), Failure> {
    if let Command::Openapi = command {
        io::stdout().write_all(crate::http::openapi::text().as_bytes())?;
        return Ok(());
    }
    if let Command::EventsSchema = command {
        io::stdout().write_all(crate::published::schema().as_bytes())?;
        return Ok(());
    }
    if let Command::Doctor { json } = command {
        return doctor::run(json);
    }
    let mut config = Config::load()?;
    if let Command::Rehearse(_) = command {
        // It tells its own progress, and the server under rehearsal has a log of its own.
        config.log.filter = "warn,actix_http::h1::dispatcher=off".to_owned();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let telemetry = crate::telemetry::start(&config, runtime.handle())?;
    let done = runtime.block_on(async {
        match command {
            Command::Serve => commands::serve(config).await,
            Command::Rehearse(options) => rehearse::perform(config, &options).await,
            Command::RehearsedServer { clock } => rehearse::serve(config, &clock).await,
            Command::RehearsedWorker { clock } => rehearse::work(config, &clock).await,
            Command::Work => commands::work(config).await,
            Command::Demo => demo::run(config, &mut io::stdout()).await,
            Command::CheckStock => commands::check_stock(config).await,
            Command::Ledger { command: LedgerCommand::Check } => ledger::check(config).await,
            Command::Ledger { command: LedgerCommand::CatchUp } => ledger::catch_up(config).await,
            Command::Figures { command: FiguresCommand::Check } => figures::check(config).await,
            Command::Figures { command: FiguresCommand::Remake } => figures::remake(config).await,
            Command::Audit { command: AuditCommand::Verify(how) } => audit::verify(config, how).await,
            Command::Maintenance { command } => maintenance::run(config, command).await,
            Command::Backup { command } => backup::run(config, command).await,
            Command::Close(wish) => close::run(config, wish).await,
            Command::Migrate => commands::migrate(config).await,
            Command::User { command: UserCommand::CreateAdmin(who) } => {
                commands::create_admin(config, who).await
            }
            Command::User { command: UserCommand::ResetTotp(who) } => commands::reset_totp(config, who).await,
            Command::CheckConfig => commands::check_config(&config),
            Command::Openapi
            | Command::EventsSchema
            | Command::Doctor { .. }
            | Command::Confined(_)
            | Command::Picture { .. } => Ok(()),
        }
    });
    telemetry.stop();
    done
}
