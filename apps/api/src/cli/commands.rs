//! The commands themselves.

use super::{CreateAdmin, Failure, ResetTotp};
use crate::config::{Config, Environment, StoreUrl};
use crate::confine;
use crate::http::{self, probes};
use crate::served::Counting;
use crate::simulated::simulated;
use crate::wiring::store::Stores;
use crate::wiring::{self, App, is_lasting};
use crate::worker;
use accounts::CreateAdminError;
use booking::{Counter, StockDifference};
use data_encoding::BASE32_NOPAD;
use kernel::{Clock, SystemClock};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::io::{self, BufRead, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long the worker may take to write down what it could not end in its time, or to give it back.
const GIVES_BACK: Duration = Duration::from_secs(10);

/// Whose events they are until an admin says otherwise.
pub(super) const ORGANISATION: &str = "Synesthesie";

/// Prints a line.
pub(super) fn say(line: &str) -> Result<(), Failure> {
    Ok(writeln!(io::stdout(), "{line}")?)
}

/// What `serve` would refuse of the configuration before it listens, beside what refuses to be read; and what others have to
/// publish for it.
pub(super) fn check_config(config: &Config) -> Result<(), Failure> {
    wiring::wallet::build(&config.wallet)?;
    if let Some(dkim) = &config.mail.dkim {
        say(&format!("Mails are signed for {}. DNS has to say:\n{}", dkim.domain(), dkim.record()))?;
    }
    say("The configuration is fine.")
}

pub(super) async fn serve(config: Config) -> Result<(), Failure> {
    let told = told_to_stop()?;
    serve_until(config, Arc::new(SystemClock), told).await
}

/// Returns when the system or a person asks this process to end; listens from now on.
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Serves by this clock until told to stop.
pub(super) async fn serve_until(
    config: Config,
    clock: Arc<dyn Clock>,
    told: impl Future<Output = ()>,
) -> Result<(), Failure> {
    // In production whoever sends requests here has to notice first that it is about to stop.
    let wait = match config.environment {
        Environment::Production => Duration::from_secs(5),
        Environment::Development => Duration::ZERO,
    };
    raise_file_limit();
    let listener = TcpListener::bind(config.http.bind)?;
    let simulated = simulated(&config, listener.local_addr()?, Arc::clone(&clock)).await?;
    let config = simulated.as_ref().map_or(config, |simulated| simulated.config.clone());
    let app = Arc::new(wiring::build(&config, clock).await?);
    app.events.ensure_default_organisation(ORGANISATION).await?;
    let worker = config.worker.enabled.then(|| Work::start(&app));
    let counting = Counting::start(&app);
    let ears = tokio::spawn({
        let app = Arc::clone(&app);
        async move { futures_util::join!(app.gate.listen(), app.albums.listen(&*app.broadcast)) }
    });
    let mut server = http::start(Arc::clone(&app), listener)?;
    tracing::info!(address = %config.http.bind, url = %config.http.public_url, "serving");
    tokio::select! {
        () = told => {}
        failed = server.failed() => return Ok(failed?),
    }
    tracing::info!("stopping");
    server.stop(wait).await?;
    ears.abort();
    if let Some(counting) = counting {
        counting.stop().await;
    }
    if let Some(worker) = worker {
        worker.stop().await;
    }
    if let Some(simulated) = simulated {
        simulated.running.stop().await;
    }
    Ok(())
}

/// Every connection is an open file, and the usual limit of 1024 is less than half a thousand people who listen and
/// buy. Up to what the system allows, the limit is ours to say.
fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

/// The worker beside the server.
struct Work {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    /// How long it may take to end.
    patience: Duration,
}

impl Work {
    fn start(app: &Arc<App>) -> Self {
        confine::warn();
        let (stop, stopped) = watch::channel(false);
        let patience = Duration::from_secs(app.config.worker.stop_seconds.into()) + GIVES_BACK;
        Self { stop, task: tokio::spawn(worker::run(Arc::clone(app), stopped)), patience }
    }

    /// What is being performed is still ended or given back; what cannot even be given back is done again after its lease.
    async fn stop(self) {
        let _ = self.stop.send(true);
        if tokio::time::timeout(self.patience, self.task).await.is_err() {
            tracing::warn!("the worker did not end in time");
        }
    }
}

pub(super) async fn work(config: Config) -> Result<(), Failure> {
    let told = told_to_stop()?;
    work_until(config, Arc::new(SystemClock), told).await
}

/// Performs what is owed by this clock until told to stop.
pub(super) async fn work_until(
    config: Config,
    clock: Arc<dyn Clock>,
    told: impl Future<Output = ()>,
) -> Result<(), Failure> {
    if !matches!(config.store.url, StoreUrl::Postgres(_)) {
        return Err("the local store belongs to one process: there, `serve` performs what is owed".into());
    }
    if config.payments.simulators {
        return Err("payments.simulators: the simulators run inside `serve`, out of reach for `work`".into());
    }
    let listener = config.worker.metrics_bind.map(TcpListener::bind).transpose()?;
    let app = Arc::new(wiring::build(&config, clock).await?);
    let worker = Work::start(&app);
    let probes = listener.map(|listener| probes::start(Arc::clone(&app), listener)).transpose()?;
    tracing::info!("working");
    told.await;
    app.drain();
    worker.stop().await;
    if let Some(probes) = probes {
        probes.stop().await?;
    }
    Ok(())
}

/// Recomputes the counters that are kept beside the rows they count.
pub(super) async fn check_stock(config: Config) -> Result<(), Failure> {
    let stores = Stores::open_existing(&config.store.url).await?;
    let differences = stores.booking.stock_differences().await?;
    for StockDifference { of, counted, found } in &differences {
        let both = |(held, sold): &(u32, u32)| format!("{held} held and {sold} sold");
        let (counted, found) = match of {
            Counter::Type(_) => (both(counted), both(found)),
            Counter::Reserved(_)
            | Counter::Quota(_)
            | Counter::Event(_)
            | Counter::Offers(_)
            | Counter::Seat(..) => (counted.0.to_string(), found.0.to_string()),
        };
        say(&match of {
            Counter::Type(id) => format!("ticket type {id}: counted {counted}, found {found}"),
            Counter::Reserved(id) => {
                format!("ticket type {id}: counted {counted} kept by vouchers, found {found}")
            }
            Counter::Quota(id) => format!("quota {id}: counted {counted} taken, found {found}"),
            Counter::Seat(event, seat) => {
                format!("seat {seat} of event {event}: {counted} claims, found {found} places")
            }
            Counter::Event(id) => format!("event {id}: counted {counted} taken, found {found}"),
            Counter::Offers(id) => {
                format!("waiting list of event {id}: {counted} offered, {found} kept places")
            }
        })?;
    }
    match differences.len() {
        0 => say("Every counter equals the rows that it counts."),
        wrong => Err(format!("{wrong} counters differ from the rows that they count").into()),
    }
}

pub(super) async fn migrate(config: Config) -> Result<(), Failure> {
    for step in wiring::store::migrate(&config.store.url).await? {
        say(&format!("Applied {step}."))?;
    }
    match wiring::store::ahead(&config.store.url).await?.as_slice() {
        [] => say("The store has the shape that this version knows."),
        ahead => say(&format!(
            "The store has all that this version needs, and {} of a newer one.",
            ahead.join(", ")
        )),
    }
}

pub(super) async fn create_admin(config: Config, who: CreateAdmin) -> Result<(), Failure> {
    if !is_lasting(&config.store.url) {
        return Err("store.url forgets everything when this command ends: choose a lasting one".into());
    }
    let (password, made) = if who.password_stdin { (read_line()?, false) } else { (make_password()?, true) };
    let app = wiring::build(&config, Arc::new(SystemClock)).await?;
    let names = (who.first_name.as_str(), who.last_name.as_str());
    match app.accounts.create_admin(&who.email, password.clone(), names).await {
        Ok(account) => say(&format!("{} is an admin now.", account.email))?,
        Err(CreateAdminError::Invalid(wrong)) => {
            let wrong: Vec<_> = wrong.iter().map(|one| format!("{} {}", one.field, one.message)).collect();
            return Err(wrong.join("; ").into());
        }
        Err(refusal) => return Err(refusal.into()),
    }
    if made { say(&format!("Password: {password}")) } else { Ok(()) }
}

/// For when the only admin is the one who is locked out.
pub(super) async fn reset_totp(config: Config, who: ResetTotp) -> Result<(), Failure> {
    if !is_lasting(&config.store.url) {
        return Err("store.url forgets everything when this command ends: choose a lasting one".into());
    }
    let app = wiring::build(&config, Arc::new(SystemClock)).await?;
    if app.accounts.reset_totp_of(&who.email).await? {
        say("The second factor is gone, and its owner is logged out everywhere.")
    } else {
        say("This account has no second factor.")
    }
}

fn read_line() -> Result<String, Failure> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// 80 random bits in letters and digits.
fn make_password() -> Result<String, Failure> {
    let mut bytes = [0; 10];
    getrandom::fill(&mut bytes).map_err(|error| format!("no random numbers can be had: {error}"))?;
    Ok(BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
}
