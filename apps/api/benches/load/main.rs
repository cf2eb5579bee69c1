//! Loads a release build on PostgreSQL with durable commits, beside `pgbench` on the same server, and prints a table.
//!
//! Nothing is asserted about time. It fails when something was sold wrongly: an answer that should not be, a ticket
//! without a confirmation, a counter that is not what it counts.

mod databases;
mod drive;
mod floor;
mod options;
mod paid;
#[path = "../report/report.rs"]
mod report;
mod rounds;
mod seats;
mod stream;
mod table;

use databases::Databases;
use floor::Floor;
use options::Options;
use rounds::{Report, Rounds};
use std::io::Write;
use std::process::ExitCode;
use testkit::servers::{PostgresOptions, PostgresServer};

/// Why there is no table.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Ordinary for a small server. Checkpoints are asked for between measurements instead of coming within one.
const SETTINGS: [&str; 4] =
    ["shared_buffers=512MB", "max_wal_size=8GB", "checkpoint_timeout=1h", "synchronous_commit=on"];

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(2);
        }
    };
    match measure(&options) {
        Ok(report) if report.wrong.is_empty() => ExitCode::SUCCESS,
        Ok(report) => {
            eprintln!("WRONG, {} times:", report.wrong.len());
            report.wrong.iter().take(20).for_each(|wrong| eprintln!("  {wrong}"));
            ExitCode::FAILURE
        }
        Err(failure) => {
            eprintln!("bench: {}", report::with_causes(&*failure));
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<Report, Failure> {
    // One thread for all buyers: what the client takes is missing to the server.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let settings = SETTINGS.map(str::to_owned).to_vec();
    let server =
        PostgresServer::start(&PostgresOptions { durable: true, settings, ..PostgresOptions::default() })?;
    let floor = Floor::find(&server);
    let report = runtime.block_on(async {
        let mut databases = Databases::prepare(&server, options.worker).await?;
        if options.wants("seats") {
            databases.open_halls().await?;
        }
        if options.wants("million") {
            databases.grow(options.bookings)?;
        }
        Rounds { options, floor: floor.as_ref(), databases: &databases }.run().await
    })?;
    let mut out = std::io::stdout().lock();
    write!(out, "{}{}", table::table(&report, options), table::left_out(floor.as_ref()))?;
    out.flush()?;
    Ok(report)
}
