//! Builds what is rehearsed on: an empty store, simulated providers, a server, an event on sale, and people with
//! accounts.

use super::clock::InventedClock;
use super::crowd::Plan;
use super::fault::{Fault, Faults};
use super::options::Options;
use super::server::Server;
use super::shop::{Request, Shop, text};
use super::visitor::{Offered, OfferedKind, PASSWORD, Visitor};
use super::wire::Wire;
use crate::cli::Failure;
use crate::config::{Config, StoreUrl};
use crate::wiring;
use chrono::TimeDelta;
use futures_util::{StreamExt, stream};
use kernel::{Clock, Email, PageRequest};
use reqwest::Url;
use serde_json::{Value, json};
use simulators::{Running, Settings};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

/// Whom a store belongs to that only rehearsals have used.
const ADMIN: &str = "admin@rehearsal.invalid";
/// People who open their accounts at the same time.
const AT_ONCE: usize = 16;
/// All rehearsals on one store sign with the same key. It is no secret: nothing real is signed with it.
const SIGNING_KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// How long a provider's answer is awaited, in seconds: one that is lost costs a buyer so much.
const PROVIDER_TIMEOUT: u32 = 2;

/// Everything that takes part.
pub struct Stage {
    /// The time, here and in the server.
    pub clock: Arc<InventedClock>,
    /// The server under rehearsal.
    pub server: Server,
    /// Stripe and PayPal.
    pub simulators: Running,
    /// To the database, if there is one.
    pub database: Option<Wire>,
    /// To Redis, if there is one.
    pub redis: Option<Wire>,
    /// Names this rehearsal.
    pub run: String,
    /// How the crowd reaches it.
    pub client: reqwest::Client,
    /// Kept until the end.
    _folder: TempDir,
}

impl Stage {
    /// Prepares everything, and starts the server.
    ///
    /// # Errors
    /// The store is not one to rehearse on, or something does not start.
    pub async fn build(options: &Options, configured: &Config) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("synesthesie-rehearsal-").tempdir()?;
        let clock = Arc::new(InventedClock::create(&folder.path().join("clock"))?);
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
        let run = Uuid::new_v4().simple().to_string().get(..8).unwrap_or_default().to_owned();
        let given = options.store.clone();
        let store = match given.as_deref().map(StoreUrl::read) {
            None => format!("local:{}", folder.path().join("store").display()),
            Some(Some(StoreUrl::Memory)) => {
                return Err(
                    "a store in memory belongs to one process, and the server is another: name a folder"
                        .into(),
                );
            }
            Some(Some(_)) => absolute(given.unwrap_or_default())?,
            Some(None) => return Err("--store must be local:PATH, local::memory: or postgres://...".into()),
        };
        let (database, store) = match store.starts_with("postgres") {
            true => wired(&store, 5432).await.map(|(wire, url)| (Some(wire), url))?,
            false => (None, store),
        };
        let redis = match &configured.redis.url {
            Some(url) => Some(wired(url.expose(), 6379).await?),
            None => None,
        };
        let mut settings = settings(store, &run);
        let redis = redis.map(|(wire, url)| {
            settings.push(("redis.url", url));
            wire
        });
        let mut server = Server::new(settings, folder.path().to_path_buf(), client.clone())?;
        let simulators = simulate(&mut server, Arc::clone(&clock)).await?;
        own(&server, Arc::clone(&clock)).await?;
        server.start().await?;
        Ok(Self { clock, server, simulators, database, redis, run, client, _folder: folder })
    }

    /// The configuration under which the server runs.
    ///
    /// # Errors
    /// It is not one.
    pub fn config(&self) -> Result<Config, Failure> {
        Ok(Config::from_sources(None, self.server.variables())?)
    }

    /// Puts an event on sale.
    ///
    /// # Errors
    /// The system refuses.
    pub async fn put_on_sale(&self, shop: &Shop, kinds: &[Kind]) -> Result<Offered, Failure> {
        let admin = Admin::log_in(shop).await?;
        let organisations = admin.get("/api/v1/admin/organisations").await?;
        let organisation = text(&organisations, "/items/0/id").to_owned();
        let day = |days: i64, hours: i64| {
            let at = self.clock.now() + TimeDelta::days(days) + TimeDelta::hours(hours);
            at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
        };
        let currency = kinds.first().map_or("EUR", |kind| kind.currency.as_str());
        let mut event = json!({
            "organisation_id": organisation, "title": format!("Rehearsal {}", self.run),
            "starts_at": day(30, 0), "ends_at": day(30, 6), "timezone": "Europe/Berlin", "currency": currency,
            "location": { "area": "Nowhere" }, "visibility": "members",
        });
        // The hall is a kind of ticket of its own.
        if let (Some(hall), Some(facts)) = (kinds.iter().find(|kind| kind.seated), event.as_object_mut()) {
            facts.insert("venue_template_id".into(), json!(admin.hall(&organisation, hall).await?));
            facts.insert("base_price".into(), json!({ "amount": hall.price, "currency": currency }));
        }
        let event = text(&admin.post("/api/v1/admin/events", event).await?, "/id").to_owned();
        let path = format!("/api/v1/admin/events/{event}");
        let policy = json!({
            "refundable": true,
            "tiers": [{ "until_hours_before": 48, "fee_percent": 10 }, { "until_hours_before": 0, "fee_percent": 50 }],
        });
        admin.post(&format!("{path}/cancellation-policy"), policy).await?;
        let mut offered = Offered { event, kinds: Vec::new(), voucher: None };
        let types = admin.get(&format!("{path}/ticket-types")).await?;
        for hall in types.pointer("/items").and_then(Value::as_array).into_iter().flatten() {
            offered.kinds.push(OfferedKind { id: text(hall, "/id").to_owned(), seated: true });
        }
        for kind in kinds.iter().filter(|kind| !kind.seated) {
            let body = json!({
                "name": kind.name, "quantity": kind.quantity, "max_per_order": 6,
                "price": { "amount": kind.price, "currency": kind.currency },
            });
            let made = admin.post(&format!("{path}/ticket-types"), body).await?;
            offered.kinds.push(OfferedKind { id: text(&made, "/id").to_owned(), seated: false });
        }
        let places: u32 = kinds.iter().map(|kind| kind.quantity).sum();
        let voucher =
            json!({ "name": "Rehearsal", "percent": 20, "max_uses": (places / 6).max(1), "max_per_user": 1 });
        let made = admin.post(&format!("{path}/vouchers"), voucher).await?;
        offered.voucher = made.pointer("/items/0/code").and_then(Value::as_str).map(str::to_owned);
        admin.post(&format!("{path}/publish"), json!({})).await?;
        Ok(offered)
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
                let (missing, log) = (refused.len(), self.server.log());
                Err(format!("{missing} people got no account, the first for {first}; the server says: {log}")
                    .into())
            }
        }
    }

    /// Which of the wanted faults this system cannot suffer, and why.
    #[must_use]
    pub fn impossible(&self, faults: &Faults) -> Vec<(Fault, &'static str)> {
        let mut impossible = Vec::new();
        if faults.has(Fault::DatabaseCut) && self.database.is_none() {
            impossible.push((Fault::DatabaseCut, "the store is a local one"));
        }
        if faults.has(Fault::RedisGone) && self.redis.is_none() {
            impossible.push((Fault::RedisGone, "no redis.url is configured"));
        }
        impossible
    }
}

/// A ticket type to be sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    name: String,
    /// In minor units.
    price: i64,
    currency: String,
    /// How many.
    pub quantity: u32,
    /// Whether they are seats of a hall.
    seated: bool,
}

/// Seats of a row.
const ROW: u32 = 10;

/// What is sold: the types of an existing event, or two of our own.
///
/// # Errors
/// There is no such event, or its store cannot be read.
pub async fn kinds(options: &Options, configured: &Config) -> Result<Vec<Kind>, Failure> {
    let Some(event) = options.event else {
        let (reduced, hall) = (options.seats / 5, options.seats / 3 / ROW * ROW);
        let kind = |name: &str, price, quantity, seated| Kind {
            name: name.into(),
            price,
            currency: "EUR".into(),
            quantity,
            seated,
        };
        let kinds = vec![
            kind("Hall", 3500, hall, true),
            kind("Regular", 2500, options.seats - reduced - hall, false),
            kind("Reduced", 1550, reduced, false),
        ];
        return Ok(kinds.into_iter().filter(|kind| kind.quantity > 0).collect());
    };
    let stores = wiring::store::Stores::open(&configured.store.url).await?;
    let sales = stores.booking.sales(&[event.into()]).await?;
    let sale = sales.first().ok_or("there is no such event in the configured store")?;
    let room = sale.capacity.unwrap_or(u32::MAX);
    let total: u32 = sale.offers.iter().map(|offer| offer.quantity).sum();
    let kinds = sale.offers.iter().enumerate().map(|(at, offer)| Kind {
        name: format!("Type {}", at + 1),
        price: offer.price.minor(),
        currency: offer.price.currency().code().to_owned(),
        quantity: if total > room { (offer.quantity * room / total).max(1) } else { offer.quantity },
        seated: false,
    });
    Ok(kinds.collect())
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

fn settings(store: String, run: &str) -> Vec<(&'static str, String)> {
    let account = format!("rehearsal-{run}");
    vec![
        ("store.url", store),
        ("mail.url", "box:".into()),
        ("payments.simulators", "false".into()),
        ("payments.timeout_seconds", PROVIDER_TIMEOUT.to_string()),
        // Longer than some calls to a provider take, each of which may time out.
        ("worker.lease_seconds", "15".into()),
        ("auth.registration", "open".into()),
        ("auth.bcrypt_cost", "4".into()),
        ("auth.signing_key", SIGNING_KEY.into()),
        ("limits.enabled", "false".into()),
        ("stripe.account", account.clone()),
        ("paypal.account", account),
        ("log.filter", "warn".into()),
    ]
}

/// Starts the providers, and tells the server of them.
async fn simulate(server: &mut Server, clock: Arc<InventedClock>) -> Result<Running, Failure> {
    let random = || Uuid::new_v4().simple().to_string();
    let (key, secret) = (format!("sk_test_simulator{}", random()), format!("whsec_{}", random()));
    let (client, client_secret, webhook) = (format!("simulator{}", random()), random(), random());
    let hook = |provider| Some(format!("{}/api/v1/webhooks/{provider}", server.base()));
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
    for (name, value) in [
        ("stripe.secret_key", key),
        ("stripe.webhook_secrets", secret),
        ("stripe.api_base", running.stripe_base.clone()),
        ("paypal.client_id", client),
        ("paypal.client_secret", client_secret),
        ("paypal.webhook_id", webhook),
        ("paypal.api_base", running.paypal_base.clone()),
    ] {
        server.set(name, value);
    }
    Ok(running)
}

/// Makes the store ours: it has to be empty, or to have been ours before.
async fn own(server: &Server, clock: Arc<InventedClock>) -> Result<(), Failure> {
    let config = Config::from_sources(None, server.variables())?;
    wiring::store::migrate(&config.store.url).await?;
    let app = wiring::build(&config, clock).await?;
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

/// The one who prepares the event.
pub(super) struct Admin<'a> {
    shop: &'a Shop,
    token: String,
}

impl<'a> Admin<'a> {
    pub(super) async fn log_in(shop: &'a Shop) -> Result<Self, Failure> {
        let body = json!({ "email": ADMIN, "password": PASSWORD });
        let mut admin = Self { shop, token: String::new() };
        let answer = admin.post("/api/v1/auth/login", body).await?;
        text(&answer, "/access_token").clone_into(&mut admin.token);
        Ok(admin)
    }

    /// A hall with so many seats, in rows of ten from the stage on; its name.
    async fn hall(&self, organisation: &str, hall: &Kind) -> Result<String, Failure> {
        let body = json!({ "organisation_id": organisation, "name": hall.name });
        let made = self.post("/api/v1/admin/venue-templates", body).await?;
        let id = text(&made, "/id").to_owned();
        let section = json!({
            "name": hall.name, "row_start": "1", "row_end": (hall.quantity / ROW).to_string(), "seats_per_row": ROW,
        });
        self.post(&format!("/api/v1/admin/venue-templates/{id}/sections"), section).await?;
        Ok(id)
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.ask(path, Some(body)).await
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.ask(path, None).await
    }

    async fn ask(&self, path: &str, body: Option<Value>) -> Result<Value, Failure> {
        let token = Some(self.token.as_str()).filter(|token| !token.is_empty());
        match self.shop.ask(&Request { token, path, key: None, body }).await {
            Some((status, body)) if status < 300 => Ok(body),
            Some((status, body)) => Err(format!("{path} was answered {status}: {body}").into()),
            None => Err(format!("{path} got no answer").into()),
        }
    }
}
