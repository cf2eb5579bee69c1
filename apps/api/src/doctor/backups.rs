//! Whether there is a backup that would do, and whether the next one can be made and tried.

use super::{Finding, causes};
use crate::config::{Config, Environment, StoreUrl};
use crate::wiring;
use adapter_postgres::may_create_databases;
use backups::use_cases::Kept;
use backups::{Depth, Standing};
use kernel::Clock;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

const CHECK: &str = "backups";
const SCRATCH: &str = "backup_scratch";
const PROGRAMS: &str = "backup_programs";

/// Looks at those that lie there, at where they are tried, and at the programs that make them.
pub(super) async fn look(config: &Config, clock: &Arc<dyn Clock>) -> Vec<Finding> {
    if config.backup.url.is_none() {
        return match config.environment {
            Environment::Development => vec![Finding::ok(CHECK, "none are made: backup.url is empty")],
            Environment::Production => {
                let advice = "set backup.url and backup.recipient; see `The drill` in docs/operations.md";
                let found = "none are made: with this machine everything would be lost";
                vec![Finding::warning(CHECK, found, advice)]
            }
        };
    }
    let mut findings = vec![newest(config, clock).await];
    findings.extend(scratch(config).await);
    findings.extend(programs(config));
    findings
}

/// The newest one of which a store was made. Where they lie is asked, and not what the store knows of it.
async fn newest(config: &Config, clock: &Arc<dyn Clock>) -> Finding {
    let all = match wiring::backups::build(config, clock) {
        Err(error) => return Finding::error(CHECK, causes(&error), "correct backup.*"),
        Ok(vault) => vault.list().await,
    };
    let all = match all {
        Err(error) => {
            let advice = "correct backup.*, or what the key may do in the bucket";
            return Finding::error(CHECK, causes(&error), advice);
        }
        Ok(all) if all.is_empty() => {
            let advice = "start `serve`, which makes one, or run `synesthesie backup create`";
            return Finding::warning(CHECK, "there is none yet", advice);
        }
        Ok(all) => all,
    };
    let wrong = all.iter().find(|kept| kept.standing != Standing::Unfinished);
    let wrong = wrong.filter(|kept| kept.standing != Standing::Good(Depth::Restored)).map(complaint);
    let good = all.iter().find(|kept| kept.standing == Standing::Good(Depth::Restored));
    let Some(good) = good.map(|kept| kept.name.made_at()) else {
        let found = format!("no store could be made of any of them{}", wrong.unwrap_or_default());
        return Finding::error(CHECK, found, "run `synesthesie backup create`, and read what it says");
    };
    let shown = format!("the last one of which a store was made shows {}", good.to_rfc3339());
    if clock.now() - good < config.backup.alarm {
        return Finding::ok(CHECK, shown);
    }
    let advice = "look at `synesthesie backup list`, and at the log for why no newer one is good";
    Finding::error(CHECK, format!("{shown}{}", wrong.unwrap_or_default()), advice)
}

fn complaint(kept: &Kept) -> String {
    let why = kept.record.against.as_ref().and_then(|against| against.findings.first());
    let why = why.map_or_else(|| kept.standing.to_string(), ToString::to_string);
    format!("; of {} is known: {why}", kept.name)
}

async fn scratch(config: &Config) -> Option<Finding> {
    let StoreUrl::Postgres(url) = config.backup.scratch.as_ref().unwrap_or(&config.store.url) else {
        return None;
    };
    let advice =
        "ALTER ROLE ... CREATEDB for the user of store.url, or name another server in backup.scratch_url";
    Some(match may_create_databases(url.expose()).await {
        Ok(true) => Finding::ok(SCRATCH, "databases can be made to try backups in"),
        Ok(false) => Finding::error(SCRATCH, "no database can be made to try a backup in", advice),
        Err(error) => {
            Finding::error(SCRATCH, causes(&error), "start that server, or correct backup.scratch_url")
        }
    })
}

/// What each says of its version.
fn programs(config: &Config) -> Option<Finding> {
    let StoreUrl::Postgres(_) = &config.store.url else { return None };
    let mut said = Vec::new();
    for program in [&config.backup.pg_dump, &config.backup.pg_restore] {
        match version(program) {
            Ok(version) => said.push(version),
            Err(why) => {
                let advice = "install PostgreSQL's client programs of the server's version, or name them in \
                              backup.pg_dump and backup.pg_restore";
                return Some(Finding::error(PROGRAMS, why, advice));
            }
        }
    }
    Some(Finding::ok(PROGRAMS, said.join(", ")))
}

fn version(program: &Path) -> Result<String, String> {
    let shown = program.display();
    let said = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    let said = said.map_err(|error| format!("{shown} cannot be started: {error}"))?;
    if !said.status.success() {
        return Err(format!("{shown} does not say its version"));
    }
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}
