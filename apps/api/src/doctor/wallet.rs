//! What signs wallet passes.

use super::{Finding, causes};
use crate::config::Config;
use crate::wiring::wallet;

const CHECK: &str = "wallet";

/// Whether passes can be made with the keys that are given.
pub(super) fn look(config: &Config) -> Finding {
    match wallet::build(&config.wallet).map(|wallet| wallet.ready()) {
        Ok((true, true)) => {
            Finding::ok(CHECK, "files for Apple's are signed, and links for Google's are made")
        }
        Ok((true, false)) => Finding::ok(CHECK, "files for Apple's are signed; no keys for Google's"),
        Ok((false, true)) => {
            Finding::ok(CHECK, "links for Google's are made; files for Apple's are not signed")
        }
        Ok((false, false)) => {
            Finding::ok(CHECK, "no keys: files for Apple's are not signed, no links for Google's")
        }
        Err(error) => Finding::error(
            CHECK,
            causes(&error),
            "correct it under wallet; the program does not start with it",
        ),
    }
}
