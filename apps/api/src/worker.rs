//! Performs what is owed: claims effects with a lease, performs them with no transaction open, and finishes, puts off
//! or parks them. A worker killed anywhere leaves leases that end; what it had begun is then done again, under the
//! same idempotency keys.

mod again;
pub mod alerts;
pub mod announce;
pub mod backups;
pub mod crowd;
pub mod give_up;
mod hooks;
pub mod pace;
pub mod perform;
pub mod pictures;
pub mod post;
mod publishing;
pub mod retry;
mod rounds;
pub mod sound;

use crate::http::problem::Causes;
use crate::telemetry::Followed;
use crate::wiring::App;
use chrono::TimeDelta;
use futures_util::stream::FuturesUnordered;
use futures_util::{StreamExt, stream};
use give_up::give_up;
use kernel::outbox::DISCARDED;
use kernel::{Due, Lease, StoreError};
use perform::{Done, Failure, perform};
pub use publishing::stream_round;
use retry::Next;
pub use rounds::seal_round;
use rounds::{
    close_days, count_figures, keep_backups, look_after_media, look_outside, seal_acts, sweep_holds, tidy,
};
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, watch};

/// Effects performed at the same time: all that were claimed, so that no lease runs while its effect waits. Twice as
/// many as may wait for a provider, so that mails go out although one hangs.
const AT_ONCE: usize = 32;
/// What is done in a moment. What takes longer has lanes of its own ([`lanes`]), so that it keeps no mail waiting.
pub const QUICK: [&str; 12] = [
    ::backups::DOMAIN,
    booking::DOMAIN,
    booking::FORGETTING,
    accounts::DOMAIN,
    accounts::ALERTS,
    invites::DOMAIN,
    media::DOMAIN,
    messaging::DOMAIN,
    gallery::DOMAIN,
    music::DOMAIN,
    ::hooks::DOMAIN,
    DISCARDED,
];
/// Mails of announcements that are handed over at the same time: thousands may wait, and have a lane of their own, which takes
/// no more of the store and of the mail server than this.
const TO_MANY: usize = 8;
/// Calls of hooks made at the same time.
const CALLS: usize = 16;
/// How long an effect waits that found no way to its provider free.
const CROWDED: TimeDelta = TimeDelta::seconds(2);
/// Between two looks when nothing was due.
const IDLE: Duration = Duration::from_millis(250);
/// Between two looks whether work may go on while nothing is to be changed.
const PAUSED: Duration = Duration::from_secs(1);
/// Between two looks when the store is away.
const AWAY: Duration = Duration::from_secs(2);
/// While a lane is full somebody who is done wakes it; this is for nobody.
const FULL: Duration = Duration::from_secs(600);
/// Between two looks whether a program is there that was missing.
const SEEK: Duration = Duration::from_secs(10);
/// How long an effect waits that is given up, when that cannot be written down.
const UNWRITTEN: TimeDelta = TimeDelta::minutes(10);

/// Works until told to stop. What is being performed then is still ended if that does not take long, and else given back.
pub async fn run(app: Arc<App>, stop: watch::Receiver<bool>) {
    let lanes = lanes(&app);
    let effects = futures_util::future::join_all(lanes.iter().map(|lane| effects(&app, lane, stop.clone())));
    let holds = sweep_holds(&app, stop.clone());
    let (acts, rest) = (seal_acts(&app, stop.clone()), tidy(&app, stop.clone()));
    let days = close_days(&app, stop.clone());
    let media = look_after_media(&app, stop.clone());
    let figures = count_figures(&app, stop.clone());
    let backups = keep_backups(&app, stop.clone());
    let events = publishing::publish(&app, stop.clone());
    let told = hooks::spread(&app, stop.clone());
    let outside = look_outside(&app, stop);
    futures_util::join!(effects, holds, acts, rest, days, media, figures, backups, events, told, outside);
}

/// Effects that wait for each other, and for no others.
struct Lane {
    /// Under which names they are owed.
    domains: &'static [&'static str],
    /// How many are performed at the same time.
    at_once: usize,
    /// Whether one may take many minutes: it is then given back at once when the worker is to stop.
    long: bool,
}

impl Lane {
    /// The program that is missing here for its work: then it is left to workers that have it.
    fn lacks(&self, app: &App) -> Option<&'static str> {
        if self.domains.contains(&music::SOUND) { app.processor.missing() } else { None }
    }

    /// Whether pictures and sets are made in it.
    fn makes_media(&self) -> bool {
        self.long && !self.domains.contains(&::backups::WORK)
    }

    /// How long what is under way may still take when the worker is to stop.
    fn patience(&self, app: &App) -> Duration {
        if self.long { Duration::ZERO } else { Duration::from_secs(app.config.worker.stop_seconds.into()) }
    }
}

fn lanes(app: &App) -> [Lane; 6] {
    let pictures = match app.config.media.pictures_at_once {
        0 => available_parallelism().map_or(1, NonZero::get),
        given => usize::try_from(given).unwrap_or(1),
    };
    [
        Lane { domains: &QUICK, at_once: AT_ONCE, long: false },
        Lane { domains: &[messaging::ANNOUNCEMENTS], at_once: TO_MANY, long: false },
        Lane { domains: &[gallery::PICTURES], at_once: pictures, long: true },
        Lane { domains: &[music::SOUND], at_once: 1, long: true },
        // Left to those who know where backups go.
        Lane { domains: &[::backups::WORK], at_once: usize::from(app.backups.is_some()), long: true },
        Lane { domains: &[::hooks::CALLS], at_once: CALLS, long: false },
    ]
}

/// In which lane an effect is done, as a name that is counted under.
fn lane_name(due: &Due) -> &'static str {
    match due.domain.as_str() {
        messaging::ANNOUNCEMENTS => "announcements",
        gallery::PICTURES => "pictures",
        music::SOUND => "sound",
        ::backups::WORK => "backups",
        ::hooks::CALLS => "calls",
        _ => "quick",
    }
}

/// Waits, but not beyond the end; `false` when it is over.
pub(crate) async fn wait(stop: &mut watch::Receiver<bool>, time: Duration) -> bool {
    if *stop.borrow() {
        return false;
    }
    tokio::select! {
        () = tokio::time::sleep(time) => true,
        // An error means that whoever could stop us is gone, which is the end as well.
        changed = stop.changed() => changed.is_ok() && !*stop.borrow(),
    }
}

async fn effects(app: &App, lane: &Lane, mut stop: watch::Receiver<bool>) {
    let (mut under_way, patience) = (FuturesUnordered::new(), lane.patience(app));
    let mut lacked = None;
    loop {
        let lacks = lane.lacks(app);
        if lacks != lacked {
            tell_of(lacks);
            lacked = lacks;
        }
        let room = if lacks.is_some() { 0 } else { lane.at_once - under_way.len() };
        let claiming = async {
            // Nothing is begun while nothing is to be changed.
            match app.maintenance.is_on().await {
                true => Ok(None),
                false => claim(app, lane.domains, room).await.map(Some),
            }
        };
        tokio::pin!(claiming);
        // What is under way goes on meanwhile: it may hold the very connections that this waits for.
        let claimed = loop {
            tokio::select! {
                claimed = &mut claiming => break claimed,
                Some(written) = under_way.next() => told(written),
            }
        };
        let pause = match claimed {
            Ok(None) => PAUSED,
            Ok(Some(due)) if due.is_empty() && lacks.is_some() => SEEK,
            Ok(Some(due)) if due.is_empty() => IDLE,
            Ok(Some(due)) => {
                under_way.extend(due.into_iter().map(|due| {
                    let stop = stop.clone();
                    async move { under_lease(app, &due, stop, patience).await }
                }));
                Duration::ZERO
            }
            Err(error) => {
                tracing::warn!(causes = %Causes(&error), "the worker cannot reach the outbox");
                AWAY
            }
        };
        let full = under_way.len() >= lane.at_once;
        tokio::select! {
            // Whoever is done makes room at once.
            Some(written) = under_way.next() => told(written),
            goes_on = wait(&mut stop, if full { FULL } else { pause }) => if !goes_on { break },
        }
    }
    while let Some(written) = under_way.next().await {
        told(written);
    }
}

fn tell_of(lacks: Option<&'static str>) {
    match lacks {
        Some(program) => tracing::warn!(program, "recordings wait for a program that is not installed here"),
        None => tracing::info!("recordings are processed here again"),
    }
}

/// What could not be written down is done again after its lease.
fn told(written: Result<(), StoreError>) {
    if let Err(error) = written {
        tracing::warn!(causes = %Causes(&error), "the outcome of an effect could not be written down");
    }
}

/// Claims what is due.
async fn claim(app: &App, domains: &[&str], most: usize) -> Result<Vec<Due>, StoreError> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let now = app.clock.now();
    // Longer than anything that is done for an effect usually takes; if not, it is done twice under the same keys.
    app.outbox.claim(domains, now, now + lease(app), u32::try_from(most).unwrap_or(u32::MAX)).await
}

fn lease(app: &App) -> TimeDelta {
    TimeDelta::seconds(i64::from(app.config.worker.lease_seconds))
}

/// Performs one effect, under a lease that is renewed meanwhile. It ends when the lease is lost, which means that somebody
/// else does it; and when it is not done so long after the worker was told to stop: then it is due again at once, instead of
/// when the lease would have ended. Mostly it is done long before that.
async fn under_lease(
    app: &App,
    due: &Due,
    mut stop: watch::Receiver<bool>,
    patience: Duration,
) -> Result<(), StoreError> {
    if *stop.borrow() {
        // It was claimed while the worker was told to stop: it is for somebody else to begin.
        return ours(due, app.outbox.defer(due.lease(), app.clock.now()).await);
    }
    let (held, followed) = (Mutex::new(due.lease()), Followed::effect(due, perform::domain(due)));
    let stopped = async {
        drop(stop.wait_for(|stop| *stop).await);
        tokio::time::sleep(patience).await;
        held.lock().await
    };
    tokio::select! {
        written = followed.around(one(app, due, &held, &followed)) => written,
        () = keep(app, &held) => {
            lost(due);
            Ok(())
        }
        lease = stopped => ours(due, app.outbox.defer(*lease, app.clock.now()).await),
    }
}

/// Renews a lease, three times as often as it would end, until it is lost. Nobody says anything with it meanwhile: what
/// they said would be said with a lease that is not good any more.
async fn keep(app: &App, held: &Mutex<Lease>) {
    let pause = Duration::from_secs(app.config.worker.lease_seconds.into()) / 3;
    loop {
        tokio::time::sleep(pause).await;
        let mut held = held.lock().await;
        let until = app.clock.now() + lease(app);
        match app.outbox.renew(*held, until).await {
            Ok(true) => held.until = until,
            Ok(false) => return,
            // It may be back before the lease ends; if not, the work is done twice, which it allows for.
            Err(error) => tracing::warn!(causes = %Causes(&error), "a lease could not be renewed"),
        }
    }
}

fn lost(due: &Due) {
    tracing::warn!(effect = %due.id, domain = perform::domain(due), "a lease was lost to another worker");
}

/// Whether what was said of an effect was heard.
fn ours(due: &Due, heard: Result<bool, StoreError>) -> Result<(), StoreError> {
    if !heard? {
        lost(due);
    }
    Ok(())
}

/// Performs what is due now; answers how much that was.
///
/// # Errors
/// The store could not answer.
pub async fn round(app: &App) -> Result<usize, StoreError> {
    let mut due = Vec::new();
    for lane in lanes(app).iter().filter(|lane| lane.lacks(app).is_none()) {
        let most = if lane.at_once == 0 { 0 } else { AT_ONCE };
        due.extend(claim(app, lane.domains, most).await?);
    }
    let count = due.len();
    all(app, due, AT_ONCE).await?;
    Ok(count)
}

/// Performs these, so many at a time, and nobody tells it to stop. Each is written down as soon as it is done, whatever
/// becomes of the others.
async fn all(app: &App, due: Vec<Due>, at_once: usize) -> Result<(), StoreError> {
    let (_goes_on, stop) = watch::channel(false);
    let written: Vec<_> = stream::iter(due)
        .map(|due| {
            let stop = stop.clone();
            async move { under_lease(app, &due, stop, Duration::ZERO).await }
        })
        .buffer_unordered(at_once)
        .collect()
        .await;
    written.into_iter().collect()
}

/// Makes everything of pictures and sets that is owed and can be made here, in their lanes, and ends.
///
/// # Errors
/// The store could not answer.
pub async fn work_off(app: &App) -> Result<(), StoreError> {
    for lane in lanes(app).iter().filter(|lane| lane.makes_media() && lane.lacks(app).is_none()) {
        loop {
            let due = claim(app, lane.domains, lane.at_once).await?;
            if due.is_empty() {
                break;
            }
            all(app, due, lane.at_once).await?;
        }
    }
    Ok(())
}

/// Performs one effect and writes down how it went.
async fn one(app: &App, due: &Due, held: &Mutex<Lease>, followed: &Followed) -> Result<(), StoreError> {
    let way = if perform::needs_provider(due) { Some(app.providers.try_acquire()) } else { None };
    if let Some(Err(_)) = way {
        let lease = held.lock().await;
        return ours(due, app.outbox.defer(*lease, app.clock.now() + CROWDED).await);
    }
    // Whoever took it up so often was brought down by it, as far as anybody knows.
    let began = Instant::now();
    let outcome = if due.attempts < retry::TRIES { perform(app, due).await } else { Err(Failure::Unheard) };
    let name = perform::domain(due);
    let result = match outcome {
        Ok(Done::Finished) => "finished",
        // A mail that waits for its turn is due once more, and nothing is wrong.
        Ok(Done::Again(_)) | Err(Failure::OutOfTurn(_)) => "again",
        Err(_) => "failed",
    };
    app.metrics.job(lane_name(due), name, result, began.elapsed());
    match outcome {
        Ok(Done::Finished) => {
            app.metrics.effect(name, "finished");
            let lease = held.lock().await;
            ours(due, app.outbox.finish(*lease).await)
        }
        Ok(Done::Again(at)) => {
            let lease = held.lock().await;
            ours(due, app.outbox.postpone(*lease, at, None).await)
        }
        Err(Failure::OutOfTurn(mail)) => {
            let turn = app.pace.turn(&due.domain, &mail, app.clock.now());
            let lease = held.lock().await;
            ours(due, app.outbox.defer(*lease, turn).await)
        }
        Err(failure) => {
            followed.failed();
            failed(app, due, held, &failure).await
        }
    }
}

/// Has an effect tried again later, or not any more: then whoever waits for it learns that first.
async fn failed(app: &App, due: &Due, held: &Mutex<Lease>, failure: &Failure) -> Result<(), StoreError> {
    let (text, name, now) = (Causes(failure).to_string(), perform::domain(due), app.clock.now());
    tracing::warn!(effect = %due.id, domain = name, causes = failure.without_names(), "an effect failed");
    // Whoever sends again what has failed would send it beside what is still tried.
    let mut next = if failure.is_final() { Next::Park } else { retry::after(due.attempts, now) };
    if next == Next::Park
        && let Err(error) = give_up(app, due.id, (&due.domain, &due.body)).await
    {
        let causes = Causes(&error);
        tracing::warn!(effect = %due.id, domain = name, %causes, "that an effect failed was not written down");
        next = Next::At(now + UNWRITTEN);
    }
    let lease = held.lock().await;
    let heard = match next {
        Next::At(at) => {
            app.metrics.effect(name, "failed");
            app.outbox.postpone(*lease, at, Some(&text)).await
        }
        Next::Park => {
            app.metrics.effect(name, "parked");
            app.outbox.park(*lease, &text, now).await
        }
    };
    ours(due, heard)
}
