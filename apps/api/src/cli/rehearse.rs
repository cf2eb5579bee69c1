//! `synesthesie rehearse`, and the processes that it rehearses with.

use super::{Failure, commands};
use crate::config::{Config, Environment};
use crate::rehearse;
use crate::rehearse::clock::InventedClock;
use crate::rehearse::options::Options;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

/// Rehearses, prints the report, and fails when an invariant was broken.
pub(super) async fn perform(config: Config, options: &Options) -> Result<(), Failure> {
    let unwritable =
        |path: &Path, cause| format!("the report cannot be written to {}: {cause}", path.display());
    // Minutes later would be too late to learn that it has no place.
    let file = match &options.report {
        Some(path) => Some(File::create(path).map_err(|cause| unwritable(path, cause))?),
        None => None,
    };
    let report = rehearse::run(options, &config, &mut io::stderr()).await?;
    write!(io::stdout(), "{report}")?;
    if let (Some(path), Some(mut file)) = (&options.report, file) {
        let text = serde_json::to_string_pretty(&report)?;
        file.write_all(text.as_bytes()).map_err(|cause| unwritable(path, cause))?;
    }
    if report.passed { Ok(()) } else { Err("an invariant was broken".into()) }
}

/// Serves by the invented clock, until whoever started this closes standard input or vanishes.
pub(super) async fn serve(config: Config, clock: &Path) -> Result<(), Failure> {
    let clock = followed(&config, clock)?;
    commands::serve_until(config, clock, input_ends()).await
}

/// Performs what is owed by the invented clock, until the same.
pub(super) async fn work(config: Config, clock: &Path) -> Result<(), Failure> {
    let clock = followed(&config, clock)?;
    commands::work_until(config, clock, input_ends()).await
}

fn followed(config: &Config, clock: &Path) -> Result<Arc<InventedClock>, Failure> {
    if config.environment == Environment::Production {
        return Err("no rehearsal in production: its clock is invented".into());
    }
    Ok(Arc::new(InventedClock::follow(clock)?))
}

/// Returns when whoever started this closes standard input.
async fn input_ends() {
    let (ended, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = io::stdin().read(&mut [0]);
        let _ = ended.send(());
    });
    let _ = told.await;
}
