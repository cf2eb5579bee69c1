//! What the simulators are told, and when they refuse to exist.

use kernel::Clock;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// How every Stripe key that the simulator takes begins. No real key does.
const STRIPE_KEYS: &str = "sk_test_simulator";
/// How every PayPal client id that the simulator takes begins. No real one does.
const PAYPAL_CLIENTS: &str = "simulator";

/// Everything that [`crate::start`] needs to know.
///
/// A buyer's `POST <checkout url>/pay` takes, as query or form fields:
/// `webhook=now|late|twice|lost|reversed` and `delay_ms` (how the provider then behaves about this payment),
/// `amount` (minor units) and `currency` (what the provider books instead of what was asked); for Stripe
/// `outcome=processing` (decided later by `POST <checkout url>/finish?outcome=succeeded|failed`); for PayPal
/// `capture=completed|pending|denied|instrument_declined` (what becomes of the capture; a pending one is decided by
/// `POST <checkout url>/finish?outcome=completed|denied`).
#[derive(Clone)]
pub struct Settings {
    /// Where the Stripe side listens; loopback only, port 0 for any free one.
    pub stripe_bind: SocketAddr,
    /// Where the PayPal side listens; loopback only, port 0 for any free one.
    pub paypal_bind: SocketAddr,
    /// Base address under which a buyer's browser reaches the Stripe side's pages, when it is not the bind address.
    pub stripe_public_base: Option<String>,
    /// Base address under which a buyer's browser reaches the PayPal side's pages, when it is not the bind address.
    pub paypal_public_base: Option<String>,
    /// The one API key the Stripe side takes; begins with `sk_test_simulator`.
    pub stripe_secret_key: String,
    /// The secret that Stripe notices are signed with.
    pub stripe_webhook_secret: String,
    /// Where Stripe notices go; may be given later, see [`crate::Running::deliver_to`].
    pub stripe_webhook_url: Option<String>,
    /// The one client that PayPal gives tokens to; begins with `simulator`.
    pub paypal_client_id: String,
    /// That client's secret.
    pub paypal_client_secret: String,
    /// The id of the webhook that PayPal notices are signed for: letters and digits.
    pub paypal_webhook_id: String,
    /// Where PayPal notices go; may be given later, see [`crate::Running::deliver_to`].
    pub paypal_webhook_url: Option<String>,
    /// Keeps the state across restarts. Each provider has its own file, named after this one: `state.json` becomes
    /// `state.stripe.json` and `state.paypal.json`. A buyer can then still pay after a crash of the process.
    pub state_file: Option<PathBuf>,
    /// Where the time comes from: expiry of sessions, dates, signatures. Delays of notices are real time.
    pub clock: Arc<dyn Clock>,
    /// Whether this is a production environment: then nothing starts.
    pub production: bool,
    /// Other provider keys found in the configuration: when one is not a simulator's, nothing starts.
    pub configured_keys: Vec<String>,
}

/// Why no simulator was started.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// In production people pay with real money.
    #[error("simulated payments are not for production")]
    Production,
    /// A key that is not the simulator's own may move real money; `which` names the setting, never the key.
    #[error("{which} is not a simulator's ({expected}): simulated payments never run beside real keys")]
    RealKey {
        /// The setting.
        which: &'static str,
        /// What it would have to look like.
        expected: &'static str,
    },
    /// Anyone could pay with nothing if strangers reached it.
    #[error("simulators listen on loopback addresses only, not on {0}")]
    NotLoopback(SocketAddr),
    /// A webhook id has letters and digits only, a webhook secret is not empty.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The state file is there but cannot be read.
    #[error("the simulators' state file {path} cannot be read")]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: std::io::Error,
    },
    /// The client that sends notices cannot be made.
    #[error("cannot send notices")]
    Client(#[source] reqwest::Error),
}

impl Settings {
    /// # Errors
    /// The first reason to refuse.
    pub(crate) fn check(&self) -> Result<(), Refused> {
        if self.production {
            return Err(Refused::Production);
        }
        for bind in [self.stripe_bind, self.paypal_bind] {
            if !bind.ip().is_loopback() {
                return Err(Refused::NotLoopback(bind));
            }
        }
        let expected = "a Stripe key that begins with sk_test_simulator";
        if !self.stripe_secret_key.starts_with(STRIPE_KEYS) {
            return Err(Refused::RealKey { which: "the Stripe secret key", expected });
        }
        let expected = "a PayPal client id that begins with simulator";
        if !self.paypal_client_id.starts_with(PAYPAL_CLIENTS) {
            return Err(Refused::RealKey { which: "the PayPal client id", expected });
        }
        let ours = |key: &String| key.starts_with(STRIPE_KEYS) || key.starts_with(PAYPAL_CLIENTS);
        if !self.configured_keys.iter().filter(|key| !key.is_empty()).all(ours) {
            let expected = "a key that begins with sk_test_simulator or simulator";
            return Err(Refused::RealKey { which: "a configured key", expected });
        }
        let id = &self.paypal_webhook_id;
        if id.is_empty() || id.len() > 50 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Refused::Malformed("the PayPal webhook id"));
        }
        if self.stripe_webhook_secret.is_empty() {
            return Err(Refused::Malformed("the Stripe webhook secret"));
        }
        if self.paypal_client_secret.is_empty() {
            return Err(Refused::Malformed("the PayPal client secret"));
        }
        Ok(())
    }
}
