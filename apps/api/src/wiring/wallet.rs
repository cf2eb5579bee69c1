//! Wallet passes, with the keys that are configured.

use crate::config::wallet::{AppleWallet, GoogleWallet, Wallet as Section};
use adapter_wallet::{AppleSettings, GoogleSettings, Wallet, WalletError};
use serde::Deserialize;

/// Of what Google hands out for a service account, what is needed here.
#[derive(Deserialize)]
struct ServiceAccount {
    client_email: String,
    private_key: String,
}

/// Makes passes as configured.
///
/// # Errors
/// [`WalletError::Settings`].
pub fn build(section: &Section) -> Result<Wallet, WalletError> {
    let apple = section.apple.as_ref().map(apple);
    let google = section.google.as_ref().map(google).transpose()?;
    Wallet::new(apple.as_ref(), google.as_ref())
}

fn apple(section: &AppleWallet) -> AppleSettings {
    AppleSettings {
        certificate: section.certificate.expose().to_owned(),
        key: section.key.expose().to_owned(),
        wwdr: section.wwdr.expose().to_owned(),
        pass_type: section.pass_type.clone(),
        team: section.team.clone(),
    }
}

fn google(section: &GoogleWallet) -> Result<GoogleSettings, WalletError> {
    // What serde says of a text that is not what it should be may quote it.
    let unreadable = |_| WalletError::Settings {
        what: "google_service_account",
        why: "it is not the JSON that Google hands out for a service account".to_owned(),
    };
    let account: ServiceAccount =
        serde_json::from_str(section.service_account.expose()).map_err(unreadable)?;
    Ok(GoogleSettings {
        issuer: section.issuer.clone(),
        email: account.client_email,
        key: account.private_key,
    })
}
