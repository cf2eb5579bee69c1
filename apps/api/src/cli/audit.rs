//! `audit verify`.

use super::commands::say;
use super::{Failure, VerifyAudit};
use crate::config::Config;
use crate::wiring::store::Stores;
use crate::wiring::{audit_mac, existing_keys, is_lasting};
use data_encoding::HEXLOWER_PERMISSIVE;
use kernel::audit;

/// Follows the chain and says what was found; fails when something is not as it was sealed.
pub(super) async fn verify(config: Config, VerifyAudit { noted }: VerifyAudit) -> Result<(), Failure> {
    if !is_lasting(&config.store.url) {
        return Err("store.url forgets everything when the program ends: there is nothing to verify".into());
    }
    let noted = noted.as_deref().map(read_noted).transpose()?;
    let stores = Stores::open_existing(&config.store.url).await?;
    let mac = audit_mac(&existing_keys(&config)?);
    let found = audit::verify(&*stores.audit, &*mac, noted).await?;
    if let Some(fault) = found.fault {
        // Under another key nothing is as it was sealed, the first act included.
        let hint =
            if found.sound == 0 { ", or the signing key is not the one it was sealed with" } else { "" };
        return Err(format!(
            "the audit log was tampered with{hint}: {fault}; {} before it are sound",
            found.sound
        )
        .into());
    }
    say(&format!("{} acts are as they were sealed; {} wait for their seal.", found.sound, found.waiting))?;
    match found.head {
        Some(head) => {
            say(&format!("Note elsewhere: {}:{}", head.seq, HEXLOWER_PERMISSIVE.encode(&head.link)))
        }
        None => Ok(()),
    }
}

/// A number and a seal, as this command prints them.
fn read_noted(text: &str) -> Result<(u64, [u8; 32]), Failure> {
    let read = text.split_once(':').and_then(|(seq, link)| {
        let link = HEXLOWER_PERMISSIVE.decode(link.as_bytes()).ok()?;
        Some((seq.parse().ok()?, link.try_into().ok()?))
    });
    read.ok_or_else(|| "--noted wants a number and a seal, as this command prints them".into())
}
