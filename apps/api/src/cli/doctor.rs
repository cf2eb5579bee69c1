//! `synesthesie doctor`: the report, in words or as JSON. An error in it is an error of the command.

use super::Failure;
use super::commands::say;
use crate::config::Config;
use crate::doctor::{Report, State, examine, unusable};
use kernel::{Clock, SystemClock};
use std::sync::Arc;

/// Looks, says, and fails when there is an error.
pub(super) fn run(json: bool) -> Result<(), Failure> {
    let report = report()?;
    say(&if json { report.json() } else { report.to_string() })?;
    match report.count(State::Error) {
        0 => Ok(()),
        errors => Err(format!("{errors} things are broken").into()),
    }
}

fn report() -> Result<Report, Failure> {
    let config = match Config::load() {
        Ok(config) => config,
        Err(error) => return Ok(unusable(&error)),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(runtime.block_on(examine(&config, &clock)))
}
