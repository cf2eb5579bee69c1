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
    let keys = ["wallet.apple_certificate", "wallet.apple_key", "wallet.apple_wwdr"];
    // One that is given and cannot be read is a mistake of its own, and not one of those that are missing.
    let given = keys.map(|key| reader.is_given(key));
    let certificates = keys.map(|key| reader.secret(key));
    let (pass_type, team) = (reader.text("wallet.apple_pass_type"), reader.text("wallet.apple_team"));
    let apple = match (given, [pass_type.is_empty(), team.is_empty()]) {
        ([true, true, true], [false, false]) => match certificates {
            [Some(certificate), Some(key), Some(wwdr)] => {
                Some(AppleWallet { certificate, key, wwdr, pass_type, team })
            }
            _ => None,
        },
        ([false, false, false], [true, true]) => None,
        _ => {
            let message =
                "needs apple_certificate, apple_key, apple_wwdr, apple_pass_type and apple_team, all or none";
            reader.wrong("wallet", message);
            None
        }
    };
    let given = reader.is_given("wallet.google_service_account");
    let (issuer, account) =
        (reader.text("wallet.google_issuer"), reader.secret("wallet.google_service_account"));
    let google = match (given, issuer.is_empty()) {
        (true, false) => account.map(|service_account| GoogleWallet { issuer, service_account }),
        (false, true) => None,
        _ => {
            reader.wrong("wallet", "needs google_issuer and google_service_account, both or neither");
            None
        }
    };
    Wallet { apple, google }
}
