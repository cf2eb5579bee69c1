//! What the adapter is told.

use kernel::Clock;
use std::fmt;
use std::sync::Arc;
use stripe::{Client, ClientBuilder, RequestStrategy};

/// Everything that [`crate::StripeAdapter::new`] needs to know.
#[derive(Clone)]
pub struct Settings {
    /// Our name for the account, stored with every charge.
    pub account: String,
    /// A secret (`sk_...`) or restricted (`rk_...`) key.
    pub secret_key: String,
    /// The signing secrets of the webhook endpoint (`whsec_...`): the one in use, and older ones while they are
    /// rolled over. Blank ones are left out; with none, no webhook is believed.
    pub webhook_secrets: Vec<String>,
    /// Where the API is; Stripe itself when absent. Plain `http` is taken for this machine only.
    pub api_base: Option<String>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

/// Why there can be no adapter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Refunds find their way by this name.
    #[error("the Stripe account has no name")]
    Account,
    /// The key itself is not shown.
    #[error("the Stripe secret key does not begin with sk_ or rk_, or has characters that no key has")]
    SecretKey,
    /// The key would travel readable, or nowhere.
    #[error("the Stripe API base is not an https URL, nor an http URL of this machine")]
    ApiBase,
}

/// What follows from the settings.
pub(crate) struct Checked {
    pub(crate) client: Client,
    pub(crate) live: bool,
    pub(crate) webhook_secrets: Vec<String>,
}

impl Settings {
    pub(crate) fn check(&self) -> Result<Checked, SettingsError> {
        if self.account.trim().is_empty() {
            return Err(SettingsError::Account);
        }
        let key = self.secret_key.as_str();
        let shaped = key.starts_with("sk_") || key.starts_with("rk_");
        if !shaped || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SettingsError::SecretKey);
        }
        let mut builder = ClientBuilder::new(key).request_strategy(RequestStrategy::Once);
        if let Some(base) = &self.api_base {
            if !travels_safely(base) {
                return Err(SettingsError::ApiBase);
            }
            // The client appends `v1/...` to it as it is.
            builder = builder.url(format!("{}/", base.trim_end_matches('/')));
        }
        let client = builder.build().map_err(|_| SettingsError::ApiBase)?;
        let live = key.starts_with("sk_live_") || key.starts_with("rk_live_");
        let secrets = self.webhook_secrets.iter().filter(|secret| !secret.trim().is_empty());
        Ok(Checked { client, live, webhook_secrets: secrets.cloned().collect() })
    }
}

/// Encrypted, or not leaving the machine.
fn travels_safely(base: &str) -> bool {
    if base.strip_prefix("https://").is_some_and(|rest| !rest.is_empty()) {
        return true;
    }
    let Some(rest) = base.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

/// Without the keys.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("account", &self.account)
            .field("webhook_secrets", &self.webhook_secrets.len())
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
            secret_key: "sk_test_4eC39HqLyjWDarjtT1zdp7dc".into(),
            webhook_secrets: vec!["whsec_one".into()],
            api_base: None,
            clock: Arc::new(SystemClock),
        }
    }

    fn refusal(settings: Settings) -> Option<SettingsError> {
        settings.check().err()
    }

    #[test]
    fn the_key_decides_whether_money_is_real() {
        for (key, live) in
            [("sk_live_a", true), ("rk_live_a", true), ("sk_test_a", false), ("sk_test_simulator", false)]
        {
            let checked = Settings { secret_key: key.into(), ..settings() }.check();
            assert_eq!(checked.map(|checked| checked.live).ok(), Some(live), "{key}");
        }
    }

    #[test]
    fn what_is_no_secret_key_is_refused() {
        for key in ["", "pk_live_a", "whsec_a", "sk_test_a\n", " sk_test_a"] {
            assert_eq!(
                refusal(Settings { secret_key: key.into(), ..settings() }),
                Some(SettingsError::SecretKey),
                "{key:?}"
            );
        }
    }

    #[test]
    fn the_key_never_travels_readable() {
        let at = |base: &str| refusal(Settings { api_base: Some(base.into()), ..settings() });
        for good in
            ["https://stripe.example", "http://127.0.0.1:12111", "http://localhost:1/", "http://[::1]:8"]
        {
            assert_eq!(at(good), None, "{good}");
        }
        for bad in [
            "http://stripe.example",
            "http://127.0.0.1.example",
            "ftp://127.0.0.1",
            "",
            "https://",
            "http://me@localhost",
        ] {
            assert_eq!(at(bad), Some(SettingsError::ApiBase), "{bad}");
        }
    }

    #[test]
    fn blank_webhook_secrets_are_no_secrets() {
        let checked = Settings { webhook_secrets: vec![String::new(), " ".into()], ..settings() }.check();
        assert_eq!(checked.map(|checked| checked.webhook_secrets).ok(), Some(Vec::new()));
    }

    #[test]
    fn keys_are_never_printed() {
        let settings = settings();
        let adapter = crate::StripeAdapter::new(settings.clone()).unwrap();
        for printed in [format!("{settings:?}"), format!("{adapter:?}")] {
            assert!(!printed.contains("4eC39") && !printed.contains("whsec"), "{printed}");
        }
    }
}
