//! Builds what is rehearsed on: an empty store, simulated providers, a letter box, the system itself, and people with
//! accounts.

use super::clock::InventedClock;
use super::crowd::Plan;
use super::fault::{Fault, Faults};
use super::fleet::{Addresses, Fleet};
use super::options::Options;
use super::post::Post;
use super::server::{Given, Part};
use super::shop::Shop;
use super::visitor::{PASSWORD, Visitor};
use super::wire::Wire;
use crate::cli::Failure;
use crate::config::{Config, StoreUrl};
use crate::wiring;
use futures_util::{StreamExt, stream};
use kernel::{Email, PageRequest};
use reqwest::Url;
use simulators::{Running, Settings};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

/// Whom a store belongs to that only rehearsals have used.
pub(super) const ADMIN: &str = "admin@rehearsal.invalid";
/// People who open their accounts at the same time.
const AT_ONCE: usize = 16;
/// All rehearsals on one store sign with the same key. It is no secret: nothing real is signed with it.
const SIGNING_KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// How long a provider's answer is awaited, in seconds: one that is lost costs a buyer so much.
const PROVIDER_TIMEOUT: u32 = 2;

/// Everything that takes part.
pub struct Stage {
    /// The time, here and in the system.
    pub clock: Arc<InventedClock>,
    /// The system under rehearsal.
    pub fleet: Fleet,
    /// Stripe and PayPal.
    pub simulators: Running,
    /// Where mail arrives.
    pub post: Post,
    /// To the database, if there is one.
    pub database: Option<Wire>,
    /// To Redis, if there is one.
    pub redis: Option<Wire>,
    /// Names this rehearsal.
    pub run: String,
    /// How the crowd reaches it.
    pub client: reqwest::Client,
    /// In front of the instances: what providers tell, and browsers that come back from them, come this way.
    _front: Wire,
    /// Kept until the end.
    _folder: TempDir,
}

impl Stage {
    /// Prepares everything, and starts the system.
    ///
    /// # Errors
    /// The store is not one to rehearse on, or something does not start.
    pub async fn build(options: &Options, configured: &Config) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("synesthesie-rehearsal-").tempdir()?;
        let store = place(options, folder.path())?;
        let clock = Arc::new(InventedClock::create(&folder.path().join("clock"))?);
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
        let run = Uuid::new_v4().simple().to_string().get(..8).unwrap_or_default().to_owned();
        let (database, store) = match store.starts_with("postgres") {
            true => wired(&store, 5432).await.map(|(wire, url)| (Some(wire), url))?,
            false => (None, store),
        };
        let redis = match &configured.redis.url {
            Some(url) => Some(wired(url.expose(), 6379).await?),
            None => None,
        };
        let (post, addresses) = (Post::open().await?, Addresses::of(options)?);
        let front = Wire::among(addresses.of_instances()).await?;
        let base = format!("http://{}", front.address());
        let mut settings = settings(store, &run, options);
        settings.extend([("mail.url", post.url()), ("http.public_url", base.clone())]);
        let redis = redis.map(|(wire, url)| {
            settings.push(("redis.url", url));
            wire
        });
        let simulators = simulate(&mut settings, &base, Arc::clone(&clock)).await?;
        let mut fleet = Fleet::new(&addresses, &settings, folder.path(), &client);
        own(&fleet.config()?, Arc::clone(&clock)).await?;
        fleet.start().await?;
        Ok(Self {
            clock,
            fleet,
            simulators,
            post,
            database,
            redis,
            run,
            client,
            _front: front,
            _folder: folder,
        })
    }

    /// Opens an account for everybody.
    ///
    /// # Errors
    /// One of them gets none.
    pub async fn invite(&self, shop: &Shop, crowd: &[Plan]) -> Result<(), Failure> {
        let refused: Vec<String> = stream::iter(crowd)
            .map(|plan| async move { Visitor::new(shop, plan, &self.run).sign_up().await })
            .buffer_unordered(AT_ONCE)
            .filter_map(async |signed| signed.err())
            .collect()
            .await;
        match refused.first() {
            None => Ok(()),
            Some(first) => {
                let (missing, log) = (refused.len(), self.fleet.log());
                Err(format!("{missing} people got no account, the first for {first}; {log}").into())
            }
        }
    }

    /// Which of the wanted faults this system cannot suffer, and why.
    #[must_use]
    pub fn impossible(&self, faults: &Faults) -> Vec<(Fault, &'static str)> {
        let workers = self.fleet.count(Part::Worker);
        let alone = self.fleet.count(Part::Instance) + workers == 1;
        [
            (Fault::DatabaseCut, self.database.is_none(), "the store is a local one"),
            (Fault::RedisGone, self.redis.is_none(), "no redis.url is configured"),
            (Fault::InstanceKilled, alone, "there is one process, which server-killed kills"),
            (Fault::WorkerKilled, workers == 0, "what is owed is performed by those who serve"),
        ]
        .into_iter()
        .filter(|(fault, impossible, _)| *impossible && faults.has(*fault))
        .map(|(fault, _, why)| (fault, why))
        .collect()
    }
}

/// The store to rehearse on.
fn place(options: &Options, folder: &Path) -> Result<String, Failure> {
    let given = options.store.clone();
    let store = match given.as_deref().map(StoreUrl::read) {
        None => format!("local:{}", folder.join("store").display()),
        Some(Some(StoreUrl::Memory)) => {
            return Err(
                "a store in memory belongs to one process, and the server is another: name a folder".into()
            );
        }
        Some(Some(_)) => absolute(given.unwrap_or_default())?,
        Some(None) => return Err("--store must be local:PATH, local::memory: or postgres://...".into()),
    };
    if options.several() && !store.starts_with("postgres") {
        return Err(
            "the local store belongs to one process: --instances and --workers need --store postgres://..."
                .into(),
        );
    }
    Ok(store)
}

fn absolute(url: String) -> Result<String, Failure> {
    match url.strip_prefix("local:") {
        Some(path) if path != ":memory:" => {
            Ok(format!("local:{}", std::path::absolute(PathBuf::from(path))?.display()))
        }
        _ => Ok(url),
    }
}

/// The same address by way of a wire that can be cut.
async fn wired(url: &str, usual_port: u16) -> Result<(Wire, String), Failure> {
    let mut url: Url = url.parse()?;
    let host = url.host_str().filter(|host| !host.is_empty()).unwrap_or("127.0.0.1").to_owned();
    let wire = Wire::to(format!("{host}:{}", url.port().unwrap_or(usual_port))).await?;
    let refused = |()| "the address cannot be reached by way of another";
    url.set_host(Some("127.0.0.1"))?;
    url.set_port(Some(wire.address().port())).map_err(refused)?;
    Ok((wire, url.into()))
}

fn settings(store: String, run: &str, options: &Options) -> Given {
    let account = format!("rehearsal-{run}");
    vec![
        ("store.url", store),
        ("payments.simulators", "false".into()),
        ("payments.timeout_seconds", PROVIDER_TIMEOUT.to_string()),
        ("worker.enabled", options.workers.is_none().to_string()),
        // Longer than some calls to a provider take, each of which may time out.
        ("worker.lease_seconds", "15".into()),
        ("auth.registration", "open".into()),
        ("auth.bcrypt_cost", "4".into()),
        ("auth.signing_key", SIGNING_KEY.into()),
        // Several have to count together; everybody of the crowd comes from elsewhere, so that nobody has to wait.
        ("limits.enabled", (options.instances > 1).to_string()),
        ("http.trusted_proxies", "1".into()),
        ("stripe.account", account.clone()),
        ("paypal.account", account),
        ("log.filter", "warn".into()),
    ]
}

/// Starts the providers, and tells the system of them.
async fn simulate(settings: &mut Given, base: &str, clock: Arc<InventedClock>) -> Result<Running, Failure> {
    let random = || Uuid::new_v4().simple().to_string();
    let (key, secret) = (format!("sk_test_simulator{}", random()), format!("whsec_{}", random()));
    let (client, client_secret, webhook) = (format!("simulator{}", random()), random(), random());
    let hook = |provider| Some(format!("{base}/api/v1/webhooks/{provider}"));
    let any = "127.0.0.1:0".parse()?;
    let running = simulators::start(Settings {
        stripe_bind: any,
        paypal_bind: any,
        stripe_public_base: None,
        paypal_public_base: None,
        stripe_secret_key: key.clone(),
        stripe_webhook_secret: secret.clone(),
        stripe_webhook_url: hook("stripe"),
        paypal_client_id: client.clone(),
        paypal_client_secret: client_secret.clone(),
        paypal_webhook_id: webhook.clone(),
        paypal_webhook_url: hook("paypal"),
        state_file: None,
        clock,
        production: false,
        configured_keys: Vec::new(),
    })
    .await?;
    settings.extend([
        ("stripe.secret_key", key),
        ("stripe.webhook_secrets", secret),
        ("stripe.api_base", running.stripe_base.clone()),
        ("paypal.client_id", client),
        ("paypal.client_secret", client_secret),
        ("paypal.webhook_id", webhook),
        ("paypal.api_base", running.paypal_base.clone()),
    ]);
    Ok(running)
}

/// Makes the store ours: it has to be empty, or to have been ours before.
async fn own(config: &Config, clock: Arc<InventedClock>) -> Result<(), Failure> {
    wiring::store::migrate(&config.store.url).await?;
    let app = wiring::build(config, clock).await?;
    let admin: Email = ADMIN.parse().map_err(|_| "the rehearsal's own address is none")?;
    if app.accounts.store.account_by_email(&admin).await?.is_some() {
        return Ok(());
    }
    let anybody = PageRequest { limit: 1, after: None };
    if !app.accounts.store.accounts(&accounts::AccountFilter::default(), anybody).await?.items.is_empty() {
        return Err("this store holds real accounts: rehearse on an empty one".into());
    }
    app.events.ensure_default_organisation("Rehearsal").await?;
    match app.accounts.create_admin(ADMIN, PASSWORD.to_owned(), ("Stage", "Manager")).await {
        Ok(_) => Ok(()),
        Err(refusal) => Err(refusal.into()),
    }
}
