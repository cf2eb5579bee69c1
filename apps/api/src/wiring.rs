//! The one place where ports meet adapters.

pub mod absorbers;
pub mod backups;
pub mod guests;
pub mod hooks;
pub mod mail;
pub mod makers;
pub mod media;
pub mod payments;
pub mod programs;
pub mod store;
pub mod stream;
pub mod wallet;

use self::backups::{BackupSetupError, House};
use self::media::MediaError;
use crate::albums::Albums;
use crate::answers::Shelf;
use crate::config::{Config, StoreUrl};
use crate::gate::{Gate, SigningError};
use crate::http::events::answers::Answers;
use crate::http::routes::BASE;
use crate::keys::{Keys, SeedError, read_seed};
use crate::limits::Limits;
use crate::live::sessions::Sessions;
use crate::live::{Board, Room};
use crate::mails::Templates;
use crate::maintenance::Maintenance;
use crate::maps::Maps;
use crate::metrics::Metrics;
use crate::passwords::Bcrypt;
use crate::press::Press;
use crate::sealed::Seal;
use crate::turns::Turns;
use crate::worker::crowd::Crowd;
use crate::worker::pace::Pace;
use crate::workplace::Workplace;
use ::backups::Keeper;
use ::hooks::Hooks;
use ::media::{Meter, Uploads};
use absorbers::Absorbers;
use accounts::{Accounts, HashError};
use adapter_local::{Disk, LocalStore, MailBox};
use adapter_pdf::PrintError;
use adapter_postgres::PgStore;
use adapter_redis::{Redis, UnusableUrl};
use adapter_wallet::{Wallet, WalletError};
use adapter_webhooks::Unusable;
use booking::use_cases::Pages;
use booking::{
    Bookings, Closing, CodeSigner, Documents, Door, Figures, Ledger, OfferTerms, Office, Terms, Vouchers,
};
use chrono::TimeDelta;
use events::Events;
use gallery::Gallery;
use guests::{Holders, Waiters};
use invites::Invites;
use kernel::audit::Mac;
use kernel::{
    AuditLog, Broadcast, Cache, Clock, EventId, HookId, IdempotencyStore, Mailer, NewsStore, ObjectStore,
    Outbox, StoreError, Stream,
};
use mail::{Post, PostError, post};
use messaging::{Announcements, Messages};
use music::{Music, Processor};
use payments::{Counter, Promises, ProviderSettingsError, providers};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;
use store::Stores;
use stream::StreamSettingsError;
use tokio::sync::Semaphore;

/// Notices that are checked at once by asking their provider.
const NOTICES: usize = 16;
/// Effects that wait for a provider at once.
const PROVIDERS: usize = 16;
/// Hooks that are called at once, all together and each.
const CALLS: (usize, usize) = (16, 4);
/// Lists for scanners without a network that are made at once.
const BUNDLES: usize = 1;
/// How long such a list is handed out again.
const BUNDLE_LASTS: Duration = Duration::from_secs(5);
/// How old a dashboard may get beside what was counted meanwhile, which is shown at once.
const OVERVIEWS_LAST: Duration = Duration::from_secs(10);
/// Bytes of such lists that are kept: one of the largest.
const BUNDLE_BYTES: usize = 40 * 1024 * 1024;

/// Everything that serves requests and performs what is owed.
pub struct App {
    /// What was configured.
    pub config: Config,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The keys that everything is signed with.
    pub keys: Keys,
    /// Use cases of accounts.
    pub accounts: Accounts,
    /// Use cases of invites.
    pub invites: Invites,
    /// Use cases of organisations, events and ticket types.
    pub events: Events,
    /// Lists of events and what is left of them, kept ready.
    pub answers: Answers,
    /// Maps of events' seats, kept ready.
    pub maps: Maps,
    /// Those who listen to what is left of events.
    pub live: Arc<Board<EventId>>,
    /// In which sessions they do.
    pub listening: Arc<Sessions>,
    /// Use cases of holds, bookings and their money.
    pub bookings: Arc<Bookings>,
    /// Use cases of vouchers.
    pub vouchers: Vouchers,
    /// Use cases of the ledger.
    pub ledger: Ledger,
    /// Use cases of figures.
    pub figures: Figures,
    /// Dashboards and analytics, kept for a moment.
    pub overviews: Shelf<String>,
    /// Use cases of the daily close.
    pub closing: Closing,
    /// Use cases of those who run events, around money.
    pub office: Office,
    /// Use cases of receipts, invoices and credit notes.
    pub documents: Documents,
    /// Use cases of the door.
    pub door: Door,
    /// Lists for scanners without a network, kept for a moment.
    pub bundles: Shelf<EventId>,
    /// So many of them are made at once.
    pub bundling: Semaphore,
    /// Makes wallet passes.
    pub wallet: Wallet,
    /// Draws documents and tickets.
    pub press: Press,
    /// What mails say.
    pub templates: Templates,
    /// Use cases of letters: what became of each mail.
    pub messages: Messages,
    /// Use cases of announcements.
    pub announcements: Announcements,
    /// Carries mail.
    pub mailer: Arc<dyn Mailer>,
    /// How much of it goes to one domain.
    pub pace: Pace,
    /// The mail that was kept here, when none is sent.
    pub mail_box: Option<MailBox>,
    /// Access tokens, and whether their sessions still count.
    pub gate: Gate,
    /// So many may sign up at once as passwords can be hashed: those behind look whether their invite still has a
    /// use left when it is their turn, instead of hashing for nothing.
    pub sign_ups: Semaphore,
    /// So many notices are checked at once by asking their provider.
    pub notices: Semaphore,
    /// How often someone may try.
    pub limits: Limits,
    /// So many effects may wait for a provider at once; other work has the rest of the worker to itself.
    pub providers: Semaphore,
    /// Answers to repeated requests.
    pub idempotency: Arc<dyn IdempotencyStore>,
    /// What seals those answers.
    pub seal: Seal,
    /// What is owed after commits.
    pub outbox: Arc<dyn Outbox>,
    /// What others are told of bookings.
    pub news: Arc<dyn NewsStore>,
    /// Where it is published, if it is.
    pub stream: Option<Arc<dyn Stream>>,
    /// Use cases of addresses that organisers have called.
    pub hooks: Hooks,
    /// So many of them are called at once, and none of them has all.
    pub calling: Arc<Turns<HookId>>,
    /// When those are called that found no place.
    pub crowd: Crowd,
    /// Where pictures and music lie.
    pub objects: Arc<dyn ObjectStore>,
    /// The folder that they lie in, when it is one: this program serves it.
    pub disk: Option<Disk>,
    /// Use cases of uploads.
    pub uploads: Uploads,
    /// Counts what members are sent.
    pub meter: Meter,
    /// Use cases of albums and pictures.
    pub gallery: Gallery,
    /// Pages of albums, kept ready.
    pub albums: Albums,
    /// Use cases of sets.
    pub music: Music,
    /// What processes sets.
    pub processor: Arc<dyn Processor>,
    /// Where files lie while something is made of them.
    pub workplace: Workplace,
    /// What was done by whom.
    pub audit: Arc<dyn AuditLog>,
    /// What chains it.
    pub audit_mac: Arc<Mac>,
    /// Copies of answers that can be made again.
    pub cache: Arc<dyn Cache>,
    /// Whether anything may be changed.
    pub maintenance: Maintenance,
    /// What is known of backups, and asking for them.
    pub keeper: Keeper,
    /// What backups are made with, when it was said where they go.
    pub backups: Option<House>,
    /// Tells other instances.
    pub broadcast: Arc<dyn Broadcast>,
    /// Redis itself, when it is used, to ask whether it answers.
    pub redis: Option<Arc<Redis>>,
    /// The PostgreSQL store itself, when it is one, for its pool's numbers.
    pub postgres: Option<PgStore>,
    /// The local store itself, when it is one, for copies of it: nobody else gets at it while this program runs.
    pub local: Option<LocalStore>,
    /// What is counted.
    pub metrics: Metrics,
    draining: AtomicBool,
}

/// Why the program cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// No keys.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// No store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No passwords.
    #[error(transparent)]
    Hashing(#[from] HashError),
    /// No access tokens.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// No Redis.
    #[error(transparent)]
    Redis(#[from] UnusableUrl),
    /// No mail.
    #[error(transparent)]
    Post(#[from] PostError),
    /// No payments.
    #[error(transparent)]
    Providers(#[from] ProviderSettingsError),
    /// No fonts.
    #[error(transparent)]
    Press(#[from] PrintError),
    /// No stream, although one is configured.
    #[error(transparent)]
    Stream(#[from] StreamSettingsError),
    /// Nobody who calls.
    #[error(transparent)]
    Caller(#[from] Unusable),
    /// No words for mails.
    #[error("the templates of mails cannot be used")]
    Templates(#[from] minijinja::Error),
    /// No pictures and no music.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// No backups, although they are configured.
    #[error(transparent)]
    Backups(#[from] BackupSetupError),
    /// No wallet passes, although they are configured.
    #[error(transparent)]
    Wallet(#[from] WalletError),
}

/// Puts everything together.
///
/// # Errors
/// A [`WiringError`].
pub async fn build(config: &Config, clock: Arc<dyn Clock>) -> Result<App, WiringError> {
    let stores = Stores::open_publishing(&config.store.url, config.stream.url.is_some()).await?;
    let keys = keys(config)?;
    let Absorbers { limiter, cache, broadcast, redis } = absorbers::build(config, &clock)?;
    let hashing = available_parallelism().map_or(1, |cores| (cores.get() - 1).max(1));
    let accounts = Accounts {
        store: Arc::clone(&stores.accounts),
        hasher: Arc::new(Bcrypt::new(config.auth.bcrypt_cost, hashing)?),
        clock: Arc::clone(&clock),
        codes: keys.invite_codes(),
        tokens: keys.tokens(),
        factors: keys.second_factors(),
        admins_need_totp: config.auth.require_admin_totp,
        registration: config.auth.registration,
    };
    let limits = Limits {
        enabled: config.limits.enabled,
        trusted_proxies: config.http.trusted_proxies,
        limiter,
        cache: Arc::clone(&cache),
        clock: Arc::clone(&clock),
    };
    let read_only = config.maintenance.read_only;
    let maintenance =
        Maintenance::open(Arc::clone(&stores.maintenance), Arc::clone(&clock), read_only).await?;
    let media = self::media::build(config, &stores, &keys, &clock)?;
    let backups = match &config.backup.url {
        Some(_) => Some(self::backups::of_house(config, &stores, (&media.objects, &keys), &clock)?),
        None => None,
    };
    let stream = self::stream::build(config).await?;
    let hooks = self::hooks::build(config, &stores, &keys, &clock)?;
    let Post { mailer, mail_box } = post(config, stores.local.as_ref(), &clock)?;
    let seconds = |count: u32| TimeDelta::seconds(i64::from(count));
    let terms = Terms {
        payment: seconds(config.booking.payment_seconds),
        first_look: seconds(config.booking.first_look_seconds),
        look_again: seconds(config.booking.look_again_seconds),
        platform_fee: config.booking.platform_fee_basis_points,
        transfer: config.bank_transfer.as_ref().map(|_| TimeDelta::days(config.booking.transfer_days.into())),
        offers: OfferTerms {
            lasts: TimeDelta::minutes(config.waitlist.offer_minutes.into()),
            quiet: config.waitlist.quiet,
        },
    };
    let pages =
        Pages { name: "Synesthesie".into(), returns: format!("{}{BASE}/payments", config.http.public_url) };
    let metrics = Metrics::new(clock.now());
    let providers = providers(config, &clock, Some(&metrics.provider_calls()))?;
    let till = Counter {
        providers: providers.clone(),
        simulators: config.payments.simulators,
        transfer: config.bank_transfer.is_some(),
    };
    let live = Arc::new(Board::new(room(config), config.redis.url.is_some()));
    let signer = CodeSigner::new(&keys.ticket_codes());
    let closing = Closing::new(
        (stores.close, Arc::clone(&stores.ledger)),
        Arc::clone(&stores.booking),
        Arc::clone(&clock),
        providers.clone(),
    );
    let bookings = Bookings::new(Arc::clone(&stores.booking), Arc::clone(&clock), providers, terms, pages);
    let bookings = Arc::new(bookings);
    Ok(App {
        closing,
        vouchers: Vouchers::new(Arc::clone(&stores.booking), Arc::clone(&clock), keys.vouchers()),
        figures: Figures::new(
            stores.figures,
            Arc::clone(&stores.booking),
            Arc::clone(&stores.ledger),
            Arc::clone(&clock),
        ),
        overviews: Shelf::new(OVERVIEWS_LAST),
        ledger: Ledger::new(stores.ledger, Arc::clone(&stores.booking), Arc::clone(&clock)),
        office: Office::new(stores.office, &bookings),
        documents: Documents::new(Arc::clone(&stores.booking), Arc::clone(&clock)),
        press: Press::new(hashing)?,
        events: Events::new(stores.events, Arc::clone(&clock))
            .charging(Arc::new(till))
            .attended_by(Arc::new(Holders(stores.holders)))
            .waited_for_on(Arc::new(Waiters(Arc::clone(&bookings))))
            .ruled_by(Arc::new(Promises(Arc::clone(&stores.booking))), config.booking.require_refund_rule),
        bookings,
        door: Door::new(stores.booking, Arc::clone(&clock), signer),
        bundles: Shelf::of_large(BUNDLE_LASTS, BUNDLE_BYTES),
        bundling: Semaphore::new(BUNDLES),
        wallet: wallet::build(&config.wallet)?,
        answers: Answers::telling(Arc::clone(&live)),
        maps: Maps::default(),
        live,
        listening: Arc::default(),
        templates: Templates::new()?,
        messages: Messages::new(stores.messaging, Arc::clone(&clock), keys.addresses()),
        announcements: Announcements::new(
            stores.announcements,
            Arc::clone(&clock),
            keys.addresses(),
            keys.unsubscribes(),
        ),
        mailer,
        mail_box,
        pace: Pace::new(config.mail.per_domain_per_minute),
        invites: Invites::new(stores.invites, Arc::clone(&clock), keys.invite_codes())
            .allowing(config.invites.member_budget),
        gate: Gate::new(&keys.access_tokens(), accounts.clone(), Arc::clone(&broadcast))?,
        accounts,
        sign_ups: Semaphore::new(hashing),
        notices: Semaphore::new(NOTICES),
        providers: Semaphore::new(PROVIDERS),
        limits,
        idempotency: stores.idempotency,
        seal: Seal::new(&keys.answers()),
        objects: media.objects,
        disk: media.disk,
        uploads: media.uploads,
        meter: media.meter,
        gallery: media.gallery,
        albums: Albums::default(),
        music: media.music,
        processor: media.processor,
        workplace: media.workplace,
        outbox: stores.outbox,
        news: stores.news,
        stream,
        hooks,
        calling: Arc::new(Turns::new(CALLS.0, CALLS.1)),
        crowd: Crowd::default(),
        audit: stores.audit,
        audit_mac: audit_mac(&keys),
        cache,
        maintenance,
        keeper: Keeper::new(stores.backups, Arc::clone(&clock)),
        backups,
        broadcast,
        redis,
        postgres: stores.postgres,
        local: stores.local,
        metrics,
        draining: AtomicBool::new(false),
        config: config.clone(),
        clock,
        keys,
    })
}

fn room(config: &Config) -> Room {
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    Room { listeners: count(config.live.listeners), per_account: count(config.live.per_account) }
}

/// The configured seed; else the one kept beside the data; else one for this process alone.
///
/// # Errors
/// A [`SeedError`].
pub fn keys(config: &Config) -> Result<Keys, SeedError> {
    let given = config.auth.signing_key.as_ref().and_then(|key| read_seed(key.expose()));
    match (given, config.store.url.folder()) {
        (Some(seed), _) => Ok(Keys::new(seed)),
        (None, Some(folder)) => Keys::kept_in(folder),
        (None, None) => Keys::random(),
    }
}

/// The same for somebody who looks at what is there: a seed that is missing is a mistake, and a new one would only make
/// everything look forged.
///
/// # Errors
/// A [`SeedError`].
pub fn existing_keys(config: &Config) -> Result<Keys, SeedError> {
    match (&config.auth.signing_key, config.store.url.folder()) {
        (None, Some(folder)) => Keys::found_in(folder),
        _ => keys(config),
    }
}

/// The keyed hash that chains the audit log.
#[must_use]
pub fn audit_mac(keys: &Keys) -> Arc<Mac> {
    let key = keys.audit_log();
    Arc::new(move |bytes: &[u8]| invites::mac::digest(&key, &[bytes]))
}

impl App {
    /// From now on it is not ready: whoever sends requests shall send them elsewhere.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether it is about to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }
}

/// Whether data outlives the process.
#[must_use]
pub const fn is_lasting(url: &StoreUrl) -> bool {
    !matches!(url, StoreUrl::Memory)
}
