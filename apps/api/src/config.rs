//! Configuration: read in layers, checked as a whole, every mistake named at once.
//!
//! The layers, each winning over those before it: `config/default.toml`, then `config/production.toml` when
//! `environment = "production"` (both are inside the program), the file named by `SYNESTHESIE_CONFIG`, and
//! variables `SYNESTHESIE__SECTION__KEY`. Secrets may be given as `<key>_file` instead.

pub mod backup;
pub mod hooks;
pub mod invites;
pub mod layers;
pub mod mail;
pub mod maintenance;
pub mod media;
pub mod places;
pub mod reader;
mod reports;
pub mod sections;
pub mod stream;
pub mod telemetry;
pub mod waitlist;
pub mod wallet;

pub use backup::Backup;
pub use hooks::Hooks;
pub use invites::Invites;
pub use mail::Mail;
pub use maintenance::Maintenance;
pub use media::{Bucket, Media, MediaUrl};
pub use places::{Environment, MailUrl, StoreUrl};
pub use reader::{ConfigError, Mistake, Secret};
pub use sections::{
    Auth, BankTransfer, Booking, Http, Limits, Live, Log, PayPal, Payments, Redis, Store, Stripe, Worker,
};
pub use stream::{Stream, StreamUrl};
pub use telemetry::Telemetry;
pub use waitlist::Waitlist;
pub use wallet::Wallet;

use layers::Layers;
use reader::Reader;

/// Everything that can be set, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Whether mistakes cost money here.
    pub environment: Environment,
    /// The server.
    pub http: Http,
    /// Where everything is kept.
    pub store: Store,
    /// What instances share.
    pub redis: Redis,
    /// How mail goes out.
    pub mail: Mail,
    /// Whether simulated providers run beside.
    pub payments: Payments,
    /// Stripe, when it is offered.
    pub stripe: Option<Stripe>,
    /// PayPal, when it is offered.
    pub paypal: Option<PayPal>,
    /// Keys and sign-up.
    pub auth: Auth,
    /// Invites.
    pub invites: Invites,
    /// Waiting lists.
    pub waitlist: Waitlist,
    /// Rate limits.
    pub limits: Limits,
    /// Streams of news.
    pub live: Live,
    /// Selling.
    pub booking: Booking,
    /// Where bank transfers go, when they are offered.
    pub bank_transfer: Option<BankTransfer>,
    /// Work owed after commits.
    pub worker: Worker,
    /// Whether anything may be changed.
    pub maintenance: Maintenance,
    /// What is logged.
    pub log: Log,
    /// Traces.
    pub telemetry: Telemetry,
    /// Wallet passes.
    pub wallet: Wallet,
    /// Pictures and music.
    pub media: Media,
    /// Backups.
    pub backup: Backup,
    /// Where events are published to.
    pub stream: Stream,
    /// Which addresses of organisers may be called.
    pub hooks: Hooks,
}

impl Config {
    /// Reads the environment and the file that it may name.
    ///
    /// # Errors
    /// Every mistake there is.
    pub fn load() -> Result<Self, ConfigError> {
        let variables: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let file = variables.iter().find(|(name, value)| name == layers::FILE_VARIABLE && !value.is_empty());
        let text = match file {
            None => None,
            Some((_, path)) => match std::fs::read_to_string(path) {
                Ok(text) => Some((path.clone(), text)),
                Err(cause) => {
                    let message = format!("{path} cannot be read: {cause}");
                    return Err(ConfigError(vec![Mistake::new(layers::FILE_VARIABLE, message)]));
                }
            },
        };
        Self::from_sources(text, variables)
    }

    /// Checks an optional file (name and text) with variables over it.
    ///
    /// # Errors
    /// Every mistake there is.
    pub fn from_sources(
        file: Option<(String, String)>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut mistakes = Vec::new();
        let layers = Layers::collect(file, variables, &mut mistakes);
        let mut reader = Reader::new(layers, mistakes);
        let config = sections::read(&mut reader);
        reader.finish(config)
    }
}
