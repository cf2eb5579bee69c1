//! Looks at everything that the system leans on, changes nothing, and says what to do about what is wrong.

mod backups;
mod keys;
mod mail;
mod maintenance;
mod media;
mod providers;
mod skew;
mod stores;
mod stream;
mod wallet;

use crate::config::{Config, ConfigError, Environment};
use crate::http::problem::Causes;
use kernel::Clock;
use serde::Serialize;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and somebody should know.
    Warning,
    /// Something will fail, or fails now.
    Error,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, as a stable name: `database`, `stripe_webhook`.
    pub check: String,
    /// How it is.
    pub state: State,
    /// What was seen. Never a secret.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    fn new(check: impl Into<String>, state: State, found: impl Into<String>, advice: Option<&str>) -> Self {
        Self { check: check.into(), state, found: found.into(), advice: advice.map(str::to_owned) }
    }

    fn ok(check: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(check, State::Ok, found, None)
    }

    fn warning(check: impl Into<String>, found: impl Into<String>, advice: &str) -> Self {
        Self::new(check, State::Warning, found, Some(advice))
    }

    fn error(check: impl Into<String>, found: impl Into<String>, advice: &str) -> Self {
        Self::new(check, State::Error, found, Some(advice))
    }
}

/// Everything that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In the order in which things lean on each other.
    pub findings: Vec<Finding>,
}

impl Report {
    /// How many findings are like this.
    #[must_use]
    pub fn count(&self, state: State) -> usize {
        self.findings.iter().filter(|finding| finding.state == state).count()
    }

    /// The report as JSON: `{"errors", "warnings", "findings"}`.
    #[must_use]
    pub fn json(&self) -> String {
        let value = serde_json::json!({
            "errors": self.count(State::Error),
            "warnings": self.count(State::Warning),
            "findings": self.findings,
        });
        format!("{value:#}")
    }
}

/// One line each, with what to do below it.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { check, state, found, advice } in &self.findings {
            let state = match state {
                State::Ok => "ok",
                State::Warning => "warning",
                State::Error => "ERROR",
            };
            writeln!(f, "{state:<8} {check:<22} {found}")?;
            if let Some(advice) = advice {
                writeln!(f, "{:<31} -> {advice}", "")?;
            }
        }
        let (errors, warnings) = (self.count(State::Error), self.count(State::Warning));
        write!(f, "{errors} errors, {warnings} warnings")
    }
}

/// What is wrong with a configuration that cannot be used: nothing else can be looked at then.
#[must_use]
pub fn unusable(error: &ConfigError) -> Report {
    let advice = "correct it in the configuration file or in SYNESTHESIE__SECTION__KEY";
    let ConfigError(mistakes) = error;
    let findings = mistakes
        .iter()
        .map(|mistake| {
            let found = format!("{}: {}", mistake.key, mistake.message);
            Finding::error("configuration", found, advice)
        })
        .collect();
    Report { findings }
}

/// Looks at everything under this configuration. Nothing is sent, bought, migrated or made.
pub async fn examine(config: &Config, clock: &Arc<dyn Clock>) -> Report {
    let mut findings = vec![configuration(config)];
    let (stores, seen) = stores::look(config, &**clock).await;
    findings.push(keys::look(config, stores.as_ref()).await);
    findings.extend(seen);
    findings.extend(maintenance::look(config, stores.as_ref()).await);
    findings.push(stores::redis(config).await);
    findings.extend(stream::look(config).await);
    findings.extend(providers::look(config, clock, stores.as_ref()).await);
    findings.push(mail::look(config, clock).await);
    findings.extend(mail::signature(config));
    findings.push(wallet::look(config));
    findings.extend(media::look(config, clock).await);
    findings.extend(backups::look(config, clock).await);
    Report { findings }
}

fn configuration(config: &Config) -> Finding {
    let (what, url) = match config.environment {
        Environment::Production => ("production", &config.http.public_url),
        Environment::Development => ("development", &config.http.public_url),
    };
    Finding::ok("configuration", format!("{what}, for {url}"))
}

/// An error with its causes, on one line.
fn causes(error: &(dyn Error + 'static)) -> String {
    Causes(error).to_string()
}
