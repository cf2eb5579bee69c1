//! Wallet passes.

use super::reader::{Reader, Secret};

/// What signs wallet passes.
#[derive(Debug, Clone, Default)]
pub struct Wallet {
    /// Apple's, when its files are signed.
    pub apple: Option<AppleWallet>,
    /// Google's, when its links are made.
    pub google: Option<GoogleWallet>,
}

/// Apple's certificates and key, in PEM.
#[derive(Debug, Clone)]
pub struct AppleWallet {
    /// Of the pass type.
    pub certificate: Secret,
    /// Its key.
    pub key: Secret,
    /// The one that issued it.
    pub wwdr: Secret,
    /// As `pass.org.example.tickets`.
    pub pass_type: String,
    /// Ten letters and digits.
    pub team: String,
}

/// Google's service account.
#[derive(Debug, Clone)]
pub struct GoogleWallet {
    /// The number of the issuer.
    pub issuer: String,
    /// JSON, as Google hands it out.
    pub service_account: Secret,
}

/// Reads the section.
pub(super) fn read(reader: &mut Reader) -> Wallet {
    let certificates = [
        reader.secret("wallet.apple_certificate"),
        reader.secret("wallet.apple_key"),
        reader.secret("wallet.apple_wwdr"),
    ];
    let (pass_type, team) = (reader.text("wallet.apple_pass_type"), reader.text("wallet.apple_team"));
    let named = !pass_type.is_empty() && !team.is_empty();
    let apple = match certificates {
        [Some(certificate), Some(key), Some(wwdr)] if named => {
            Some(AppleWallet { certificate, key, wwdr, pass_type, team })
        }
        [None, None, None] if pass_type.is_empty() && team.is_empty() => None,
        _ => {
            let message =
                "needs apple_certificate, apple_key, apple_wwdr, apple_pass_type and apple_team, all or none";
            reader.wrong("wallet", message);
            None
        }
    };
    let (issuer, account) =
        (reader.text("wallet.google_issuer"), reader.secret("wallet.google_service_account"));
    let google = match account {
        Some(service_account) if !issuer.is_empty() => Some(GoogleWallet { issuer, service_account }),
        None if issuer.is_empty() => None,
        _ => {
            reader.wrong("wallet", "needs google_issuer and google_service_account, both or neither");
            None
        }
    };
    Wallet { apple, google }
}
