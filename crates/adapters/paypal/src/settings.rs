//! What the adapter is told.

use kernel::Clock;
use paypal_rs::{LIVE_ENDPOINT, PaypalEnv, SANDBOX_ENDPOINT};
use std::fmt;
use std::sync::Arc;

/// Everything that [`crate::PaypalAdapter::new`] needs to know.
#[derive(Clone)]
pub struct Settings {
    /// Our name for the account, stored with every charge.
    pub account: String,
    /// The client id of the REST app.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The id of the webhook as PayPal shows it; with a blank one no webhook is believed.
    pub webhook_id: String,
    /// Where the API is: `https://api-m.paypal.com`, which moves real money, when absent; PayPal's sandbox is
    /// `https://api-m.sandbox.paypal.com`. Plain `http` is taken for this machine only.
    pub api_base: Option<String>,
    /// Where the time comes from: access tokens end.
    pub clock: Arc<dyn Clock>,
}

/// Why there can be no adapter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Refunds find their way by this name.
    #[error("the PayPal account has no name")]
    Account,
    /// Client id and secret come together.
    #[error("the PayPal client id or its secret is missing")]
    Client,
    /// The secret would travel readable, or nowhere.
    #[error("the PayPal API base is not an https URL, nor an http URL of this machine")]
    ApiBase,
    /// The HTTP client cannot be made.
    #[error("the HTTP client for PayPal cannot be made")]
    Transport,
}

impl Settings {
    pub(crate) fn check(&self) -> Result<PaypalEnv, SettingsError> {
        if self.account.trim().is_empty() {
            return Err(SettingsError::Account);
        }
        if self.client_id.trim().is_empty() || self.client_secret.trim().is_empty() {
            return Err(SettingsError::Client);
        }
        match self.api_base.as_deref().map(|base| base.trim_end_matches('/')) {
            None | Some(LIVE_ENDPOINT) => Ok(PaypalEnv::Live),
            Some(SANDBOX_ENDPOINT) => Ok(PaypalEnv::Sandbox),
            Some(base) if travels_safely(base) => Ok(PaypalEnv::Mock(base.to_owned())),
            Some(_) => Err(SettingsError::ApiBase),
        }
    }
}

/// Encrypted, or not leaving the machine.
fn travels_safely(base: &str) -> bool {
    base.strip_prefix("https://").is_some_and(|rest| !rest.is_empty()) || stays_here(base)
}

/// Not encrypted, and on this machine.
pub(crate) fn stays_here(base: &str) -> bool {
    let Some(rest) = base.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

/// Without the secret.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("account", &self.account)
            .field("webhook_id", &self.webhook_id)
            .field("api_base", &self.api_base)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SystemClock;

    fn settings() -> Settings {
        Settings {
            account: "main".into(),
            client_id: "AcQx".into(),
            client_secret: "EL1tVxA".into(),
            webhook_id: "8PT597110X687430LKGECATA".into(),
            api_base: None,
            clock: Arc::new(SystemClock),
        }
    }

    #[test]
    fn the_address_decides_whether_money_is_real() {
        for (base, live) in [
            (None, true),
            (Some("https://api-m.paypal.com/"), true),
            (Some("https://api-m.sandbox.paypal.com"), false),
            (Some("http://127.0.0.1:12112"), false),
        ] {
            let settings = Settings { api_base: base.map(str::to_owned), ..settings() };
            assert_eq!(settings.check().map(|env| env == PaypalEnv::Live), Ok(live), "{base:?}");
        }
    }

    #[test]
    fn the_secret_never_travels_readable() {
        for bad in ["http://api-m.paypal.com", "http://127.0.0.1.example", "", "https://", "api-m.paypal.com"]
        {
            let settings = Settings { api_base: Some(bad.into()), ..settings() };
            assert_eq!(settings.check(), Err(SettingsError::ApiBase), "{bad}");
        }
    }

    #[test]
    fn half_a_client_is_none() {
        for (id, secret) in [("", "EL1tVxA"), ("AcQx", " ")] {
            let settings = Settings { client_id: id.into(), client_secret: secret.into(), ..settings() };
            assert_eq!(settings.check(), Err(SettingsError::Client));
        }
    }

    #[test]
    fn the_secret_is_never_printed() {
        let settings = settings();
        let adapter = crate::PaypalAdapter::new(settings.clone()).unwrap();
        for printed in [format!("{settings:?}"), format!("{adapter:?}")] {
            assert!(!printed.contains("EL1tVxA"), "{printed}");
        }
    }
}
