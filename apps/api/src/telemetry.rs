//! What is logged: lines for people in development, JSON in production, each with its request's id.

use crate::config::{Config, Environment};
use tracing_subscriber::EnvFilter;

/// Starts logging to standard error. Later calls in one process change nothing.
pub fn start(config: &Config) {
    let filter = EnvFilter::new(&config.log.filter);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Where, but not what: the message may hold what somebody typed.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
    // Fails only when something already logs, as in tests.
    let _ = match config.environment {
        Environment::Production => lines.json().with_current_span(true).with_span_list(false).try_init(),
        Environment::Development => lines.with_target(false).try_init(),
    };
}
