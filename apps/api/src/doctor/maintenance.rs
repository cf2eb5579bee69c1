//! Whether somebody has forgotten to end what was only to be for a while.

use super::{Finding, causes};
use crate::config::Config;
use crate::wiring::store::Stores;

const CHECK: &str = "maintenance";

/// Says so when nothing is to be changed, and nothing else.
pub(super) async fn look(config: &Config, stores: Option<&Stores>) -> Option<Finding> {
    if config.maintenance.read_only {
        let advice = "take maintenance.read_only out of the configuration, and start anew, when it is over";
        return Some(Finding::warning(CHECK, "instances with this configuration change nothing", advice));
    }
    match stores?.maintenance.read_only().await {
        Ok(None) => None,
        Ok(Some(read_only)) => {
            let found = format!("nothing is changed since {}", read_only.since.to_rfc3339());
            Some(Finding::warning(CHECK, found, "end it with `synesthesie maintenance off` when it is over"))
        }
        Err(error) => {
            let advice = "look at the database";
            Some(Finding::error(CHECK, causes(&error), advice))
        }
    }
}
