//! The seed of all keys.

use super::{Finding, State, causes};
use crate::config::{Config, StoreUrl};
use crate::keys::read_seed;
use crate::wiring::store::Stores;
use crate::wiring::{audit_mac, existing_keys};
use kernel::audit::Chain;
use std::io::ErrorKind;
use std::path::Path;

const CHECK: &str = "signing_key";

/// Where the seed comes from, whether it will be there after a restart, and whether it is the one of this store.
pub(super) async fn look(config: &Config, stores: Option<&Stores>) -> Finding {
    let found = origin(config);
    match stores {
        Some(stores) if found.state != State::Error => foreign(config, stores).await.unwrap_or(found),
        _ => found,
    }
}

/// Says so when the end of the audit log was sealed under another seed, as in a store that was restored beside the wrong one.
async fn foreign(config: &Config, stores: &Stores) -> Option<Finding> {
    let head = match stores.audit.head().await {
        Ok(head) => head,
        Err(error) => return Some(Finding::error(CHECK, causes(&error), "look at the database")),
    };
    // One that is not made yet is spoken of where it would lie.
    let mac = audit_mac(&existing_keys(config).ok()?);
    Chain::after(head, &*mac).err().map(|_| {
        Finding::error(
            CHECK,
            "the end of the audit log was sealed with another one, or is forged",
            "put back the one with which this store was served; `synesthesie audit verify` says more",
        )
    })
}

fn origin(config: &Config) -> Finding {
    match (&config.auth.signing_key, &config.store.url) {
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
    }
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
