//! Measures what a house is run by: mails that go out, what admins look at, and backups, each beside something else in the
//! same run or beside a goal, and prints a table.
//!
//! Nothing is asserted about time. It fails when something is wrong, as a mail that went out twice or a figure that is not
//! what it counts, and when something cannot be measured: whatever stands in the table by then is printed all the same.

mod backup;
#[path = "../load/databases.rs"]
#[allow(dead_code, reason = "another bench sells what is in them")]
mod databases;
#[path = "../load/drive.rs"]
#[allow(dead_code, reason = "another bench buys")]
mod drive;
mod mail;
mod office;
mod options;
#[path = "../load/paid.rs"]
#[allow(dead_code, reason = "another bench pays")]
mod paid;
#[path = "../report/report.rs"]
mod report;
mod table;

use databases::Databases;
use options::Options;
use report::measured::{Failure, Report, run};
use std::path::PathBuf;
use std::process::ExitCode;
use testkit::servers::{PostgresOptions, PostgresServer};
use tokio::runtime::Builder;

/// Ordinary for a small server, as where sales are measured.
const SETTINGS: [&str; 4] =
    ["shared_buffers=512MB", "max_wal_size=8GB", "checkpoint_timeout=1h", "synchronous_commit=on"];
/// Any 32 bytes: whoever reads what another wrote has to sign alike.
const SIGNING_KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c2b7e151628aed2a6abf7158809cf4f3c";

fn main() -> ExitCode {
    run(Options::parse(std::env::args().skip(1)), measure, table::table)
}

fn measure(options: &Options, report: &mut Report) -> Result<(), Failure> {
    // One thread for all who ask: what they take is missing to the server.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    eprintln!("starting PostgreSQL");
    let settings = SETTINGS.map(str::to_owned).to_vec();
    let server =
        PostgresServer::start(&PostgresOptions { durable: true, settings, ..PostgresOptions::default() })?;
    runtime.block_on(async {
        if options.wants("mail") {
            report.add("mail", mail::measure(&server, options).await);
        }
        if !["office", "backup"].iter().any(|group| options.wants(group)) {
            return Ok(());
        }
        let databases = Databases::prepare(&server, false).await?;
        databases.grow(options.bookings)?;
        if options.wants("office") {
            report.add("office", office::measure(&databases, options).await);
        }
        if options.wants("backup") {
            report.add("backup", backup::measure(&server, options));
        }
        Ok(())
    })
}

/// The program.
fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_synesthesie").into()
}

/// How many processors there are.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// In MB.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}
