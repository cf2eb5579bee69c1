//! The sections, and what contradicts what.

mod payments;

pub use payments::{BankTransfer, PayPal, Payments, Stripe};

use super::Config;
use super::places::{Environment, MailUrl, StoreUrl, is_origin, origin_of};
use super::reader::{Reader, Secret};
use accounts::Registration;
use std::net::SocketAddr;

/// The server.
#[derive(Debug, Clone)]
pub struct Http {
    /// Where to listen.
    pub bind: SocketAddr,
    /// What people type, without a slash at the end.
    pub public_url: String,
    /// Other sites whose pages may call us and be returned to.
    pub allowed_origins: Vec<String>,
    /// How many proxies in front of us write `X-Forwarded-For`.
    pub trusted_proxies: u32,
    /// How long the making of an answer may take, unless it is known to take longer.
    pub answer_seconds: u32,
}

impl Http {
    /// Whether a browser may be sent to this address after a payment.
    #[must_use]
    pub fn may_return_to(&self, address: &str) -> bool {
        origin_of(address).is_some_and(|origin| {
            self.allowed_origins.contains(&origin) || origin_of(&self.public_url).as_ref() == Some(&origin)
        })
    }
}

/// Where everything is kept.
#[derive(Debug, Clone)]
pub struct Store {
    /// The place.
    pub url: StoreUrl,
}

/// What instances share.
#[derive(Debug, Clone)]
pub struct Redis {
    /// `redis://...`; without it everything stays in the process.
    pub url: Option<Secret>,
}

/// Keys and sign-up.
#[derive(Debug, Clone)]
pub struct Auth {
    /// From which all keys are derived; made on first start when absent.
    pub signing_key: Option<Secret>,
    /// Who may sign up.
    pub registration: Registration,
    /// bcrypt's work factor: each step doubles the time.
    pub bcrypt_cost: u32,
    /// Whether an admin may do what admins may only with a second factor.
    pub require_admin_totp: bool,
}

/// Rate limits.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Off only for load programs.
    pub enabled: bool,
}

/// Streams of news.
#[derive(Debug, Clone)]
pub struct Live {
    /// How many may listen on this instance.
    pub listeners: u32,
    /// How many streams one account may have open on this instance.
    pub per_account: u32,
    /// Between two signs of life on a quiet stream.
    pub heartbeat_seconds: u32,
}

/// Selling.
#[derive(Debug, Clone)]
pub struct Booking {
    /// How long a buyer may take to pay.
    pub payment_seconds: u32,
    /// How long after its start the provider is first asked about an unpaid booking.
    pub first_look_seconds: u32,
    /// Between two questions to a provider.
    pub look_again_seconds: u32,
    /// The platform's share of what is sold, in hundredths of a percent.
    pub platform_fee_basis_points: u32,
    /// How many days a bank transfer may take.
    pub transfer_days: u32,
    /// Whether what costs something is only published with a cancellation policy.
    pub require_refund_rule: bool,
}

/// Work owed after commits.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Whether `serve` performs it too.
    pub enabled: bool,
    /// How long nobody else does what a worker has begun: when it was killed, it is done again after that.
    pub lease_seconds: u32,
    /// How long what is quickly done may still take when the worker is to stop, before it is given back.
    pub stop_seconds: u32,
    /// Where `work` tells machines how it is, if it does.
    pub metrics_bind: Option<SocketAddr>,
}

/// What is logged.
#[derive(Debug, Clone)]
pub struct Log {
    /// As tracing's filters are written: `info`, `synesthesie=debug,info`.
    pub filter: String,
}

/// Reads all sections.
pub(super) fn read(reader: &mut Reader) -> Config {
    let environment = match reader.text("environment").as_str() {
        "development" => Environment::Development,
        "production" => Environment::Production,
        _ => {
            reader.wrong("environment", "must be \"development\" or \"production\"");
            Environment::Development
        }
    };
    let config = Config {
        environment,
        http: http(reader, environment),
        store: store(reader),
        redis: redis(reader),
        mail: super::mail::read(reader),
        payments: payments::payments(reader),
        stripe: payments::stripe(reader),
        paypal: payments::paypal(reader),
        auth: auth(reader, environment),
        invites: super::invites::read(reader),
        waitlist: super::waitlist::read(reader),
        limits: Limits { enabled: reader.flag("limits.enabled") },
        live: live(reader),
        booking: booking(reader),
        bank_transfer: payments::bank_transfer(reader),
        worker: worker(reader),
        maintenance: super::maintenance::read(reader),
        log: Log { filter: reader.text("log.filter") },
        telemetry: super::telemetry::read(reader),
        wallet: super::wallet::read(reader),
        media: super::media::read(reader),
        backup: super::backup::read(reader),
        stream: super::stream::read(reader),
        hooks: super::hooks::read(reader),
    };
    contradictions(reader, &config);
    config
}

fn live(reader: &mut Reader) -> Live {
    Live {
        listeners: reader.number("live.listeners", 0, 1_000_000),
        per_account: reader.number("live.per_account", 1, 1_000_000),
        heartbeat_seconds: reader.number("live.heartbeat_seconds", 1, 60),
    }
}

fn booking(reader: &mut Reader) -> Booking {
    Booking {
        payment_seconds: reader.number("booking.payment_seconds", 1, 86_400),
        first_look_seconds: reader.number("booking.first_look_seconds", 1, 3600),
        look_again_seconds: reader.number("booking.look_again_seconds", 1, 3600),
        platform_fee_basis_points: reader.number("booking.platform_fee_basis_points", 0, 10_000),
        transfer_days: reader.number("booking.transfer_days", 1, 30),
        require_refund_rule: reader.flag("booking.require_refund_rule"),
    }
}

fn worker(reader: &mut Reader) -> Worker {
    let given = reader.text("worker.metrics_bind");
    let metrics_bind = match given.parse::<SocketAddr>() {
        Ok(address) => Some(address),
        Err(_) if given.is_empty() => None,
        Err(_) => {
            reader.wrong("worker.metrics_bind", "must be an address and a port, as 127.0.0.1:9090, or empty");
            None
        }
    };
    Worker {
        enabled: reader.flag("worker.enabled"),
        lease_seconds: reader.number("worker.lease_seconds", 1, 3600),
        stop_seconds: reader.number("worker.stop_seconds", 0, 600),
        metrics_bind,
    }
}

fn http(reader: &mut Reader, environment: Environment) -> Http {
    let bind = reader.text("http.bind").parse().unwrap_or_else(|_| {
        reader.wrong("http.bind", "must be an address and a port, as 127.0.0.1:8080");
        SocketAddr::from(([127, 0, 0, 1], 8080))
    });
    let mut public_url = reader.text("http.public_url").trim_end_matches('/').to_ascii_lowercase();
    if public_url.is_empty() && environment == Environment::Development {
        public_url = format!("http://{bind}");
    }
    if !is_origin(&public_url) {
        reader.wrong("http.public_url", "must be https:// and a host, as https://tickets.example.org");
    } else if environment == Environment::Production && !public_url.starts_with("https://") {
        reader.wrong("http.public_url", "must begin with https:// in production");
    }
    let allowed_origins: Vec<_> =
        reader.list("http.allowed_origins").iter().map(|one| one.to_ascii_lowercase()).collect();
    if !allowed_origins.iter().all(|origin| is_origin(origin)) {
        reader.wrong("http.allowed_origins", "must be origins, as https://app.example.org, without a path");
    }
    let trusted_proxies = reader.number("http.trusted_proxies", 0, 10);
    let answer_seconds = reader.number("http.answer_seconds", 1, 300);
    Http { bind, public_url, allowed_origins, trusted_proxies, answer_seconds }
}

fn store(reader: &mut Reader) -> Store {
    // The address of a database holds a password, so it may come from a file like other secrets.
    let given = reader.secret("store.url");
    let url = given.as_ref().and_then(|url| StoreUrl::read(url.expose())).unwrap_or_else(|| {
        reader.wrong("store.url", "must be local:PATH, local::memory: or postgres://...");
        StoreUrl::Memory
    });
    if !url.is_usable() {
        reader.wrong("store.url", StoreUrl::UNUSABLE);
    }
    Store { url }
}

fn redis(reader: &mut Reader) -> Redis {
    let url = reader.secret("redis.url");
    if url.as_ref().is_some_and(|url| !url.expose().starts_with("redis://")) {
        reader.wrong("redis.url", "must be redis://... (TLS is not supported) or empty");
    } else if url.as_ref().is_some_and(|url| adapter_redis::check_url(url.expose()).is_err()) {
        reader.wrong("redis.url", "must be redis://user:password@host:port/database");
    }
    Redis { url }
}

fn auth(reader: &mut Reader, environment: Environment) -> Auth {
    let signing_key = reader.secret("auth.signing_key");
    if signing_key.as_ref().is_some_and(|key| crate::keys::read_seed(key.expose()).is_none()) {
        reader.wrong("auth.signing_key", "must be 32 random bytes as 64 hex digits or in base64");
    }
    if signing_key.is_none() && environment == Environment::Production {
        reader.wrong("auth.signing_key", "is required in production: `openssl rand -hex 32` makes one");
    }
    let registration = match reader.text("auth.registration").as_str() {
        "invite_only" => Registration::InviteOnly,
        "approval" => Registration::Approval,
        "open" => Registration::Open,
        _ => {
            reader.wrong("auth.registration", "must be \"invite_only\", \"approval\" or \"open\"");
            Registration::InviteOnly
        }
    };
    let least = if environment == Environment::Production { 10 } else { 4 };
    Auth {
        signing_key,
        registration,
        bcrypt_cost: reader.number("auth.bcrypt_cost", least, 16),
        require_admin_totp: reader.flag("auth.require_admin_totp"),
    }
}

fn contradictions(reader: &mut Reader, config: &Config) {
    if config.log.filter.parse::<tracing_subscriber::EnvFilter>().is_err() {
        reader.wrong("log.filter", "must be a filter, as info or synesthesie=debug,info");
    }
    let production = config.environment == Environment::Production;
    if config.payments.simulators {
        if production {
            reader.wrong("payments.simulators", "must be false in production");
        }
        if config.stripe.is_some() || config.paypal.is_some() {
            reader.wrong("payments.simulators", "must be false beside keys of Stripe or PayPal");
        }
    }
    if production && matches!(config.mail.url, MailUrl::Box) {
        reader.wrong("mail.url", "must be smtp://... or smtps://... in production: a box delivers nothing");
    }
    let same_kind = match (&config.backup.scratch, &config.store.url) {
        (Some(StoreUrl::Postgres(_)), url) => matches!(url, StoreUrl::Postgres(_)),
        (Some(_), url) => !matches!(url, StoreUrl::Postgres(_)),
        (None, _) => true,
    };
    if !same_kind {
        reader.wrong("backup.scratch_url", "must be of the same kind as store.url");
    }
    if production && config.hooks.private {
        reader.wrong(
            "hooks.private",
            "must be false in production: strangers would reach the network through it",
        );
    }
    if production && matches!(config.store.url, StoreUrl::Memory) {
        reader.wrong("store.url", "must not forget everything in production: use postgres:// or local:PATH");
    }
}
