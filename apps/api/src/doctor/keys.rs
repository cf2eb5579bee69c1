//! The seed of all keys.

use super::Finding;
use crate::config::{Config, StoreUrl};
use crate::keys::read_seed;
use std::io::ErrorKind;
use std::path::Path;

const CHECK: &str = "signing_key";

/// Where the seed comes from, and whether it will be there after a restart.
pub(super) fn look(config: &Config) -> Vec<Finding> {
    vec![match (&config.auth.signing_key, &config.store.url) {
        (Some(_), _) => Finding::ok(CHECK, "given by the configuration"),
        (None, StoreUrl::Folder(folder)) => kept(&folder.join("secrets").join("signing.key")),
        (None, StoreUrl::Postgres(_)) => {
            let folder = config.store.url.folder().unwrap_or(Path::new("."));
            Finding::warning(
                CHECK,
                format!(
                    "none is given, so that it is kept in {}, on this machine alone",
                    folder.join("secrets").display()
                ),
                "set auth.signing_key (`openssl rand -hex 32` makes one) before a second machine serves the same database",
            )
        }
        (None, StoreUrl::Memory) => Finding::ok(CHECK, "made anew at each start, as everything in memory"),
    }]
}

fn kept(path: &Path) -> Finding {
    let shown = path.display();
    match std::fs::read_to_string(path) {
        Ok(text) if read_seed(&text).is_none() => Finding::error(
            CHECK,
            format!("{shown} does not hold a signing key"),
            "put the right one back from a backup; with another one all ticket codes are worth nothing",
        ),
        Ok(_) if others_may_read(path) => Finding::warning(
            CHECK,
            format!("{shown} can be read by other users of this machine"),
            "chmod 600 it",
        ),
        Ok(_) => Finding::ok(CHECK, format!("kept in {shown}; back it up")),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Finding::ok(CHECK, format!("{shown} is made at the first start"))
        }
        Err(error) => Finding::error(
            CHECK,
            format!("{shown} cannot be read: {error}"),
            "run this as the user that serves, and let that user read it",
        ),
    }
}

fn others_may_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|facts| facts.permissions().mode() & 0o077 != 0)
}
