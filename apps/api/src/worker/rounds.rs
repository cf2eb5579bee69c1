//! What is looked at again and again, whether or not anything is owed.

use super::{backups, wait};
use crate::http::problem::Causes;
use crate::wiring::App;
use chrono::TimeDelta;
use kernel::{StoreError, audit};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Between two looks for acts to seal.
const SEAL: Duration = Duration::from_secs(1);
/// After a failure to seal; it may be one that only a person can mend.
const UNSEALED: Duration = Duration::from_secs(15);
/// Acts sealed at once.
const SEALED: u32 = 500;
/// Between two sweeps of ended holds.
const SWEEP: Duration = Duration::from_secs(5);
/// Between two questions whether an account at a provider is due to be looked at.
const LOOK: Duration = Duration::from_secs(10);
/// Between two questions whether a day is due to be closed.
const CLOSE: Duration = Duration::from_secs(60);
/// Between two counts of figures, at least and at most: they are true to the minute, as long as a count takes seconds.
const COUNT: (Duration, Duration) = (Duration::from_secs(15), Duration::from_secs(45));
/// The same while events are counted for the first time.
const COUNT_ON: Duration = Duration::from_secs(1);
/// Between two looks whether a backup is due.
const BACKUPS: Duration = Duration::from_secs(15);
/// Between two sweeps of what is only kept for a while.
const TIDY: Duration = Duration::from_secs(600);
/// Between two looks after uploads.
const MEDIA: Duration = Duration::from_secs(10);
/// How long answers to repeated requests are kept.
const ANSWERS: TimeDelta = TimeDelta::hours(24);
/// How long news are kept that were sent.
const NEWS: TimeDelta = TimeDelta::days(14);
/// How long calls of hooks are shown.
const CALLS: TimeDelta = TimeDelta::days(30);
/// How long ended sessions and links are kept.
const SESSIONS: TimeDelta = TimeDelta::days(30);

/// Waits for the time of the next round; `false` when it is over. Rounds are left out while nothing is to be changed.
async fn next(app: &App, stop: &mut watch::Receiver<bool>, pause: Duration) -> bool {
    while wait(stop, pause).await {
        if !app.maintenance.is_on().await {
            return true;
        }
    }
    false
}

pub(super) async fn sweep_holds(app: &App, mut stop: watch::Receiver<bool>) {
    while next(app, &mut stop, SWEEP).await {
        loop {
            match app.bookings.sweep().await {
                Ok(0) => break,
                Ok(ended) => tracing::debug!(ended, "holds ended"),
                Err(error) => {
                    tracing::warn!(causes = %Causes(&error), "ended holds could not be swept");
                    break;
                }
            }
        }
        match app.bookings.serve_lists().await {
            Ok(0) => {}
            Ok(offers) => tracing::debug!(offers, "places offered to those who wait"),
            Err(error) => tracing::warn!(causes = %Causes(&error), "a waiting list could not be served"),
        }
    }
}

/// Finds what happened at providers without us and without their telling.
pub(super) async fn look_outside(app: &App, mut stop: watch::Receiver<bool>) {
    while next(app, &mut stop, LOOK).await {
        match app.bookings.look_outside().await {
            Ok(looked) => {
                if looked.news > 0 {
                    tracing::warn!(news = looked.news, "found at providers what no webhook told");
                }
                for (provider, error) in &looked.failures {
                    let provider = provider.as_str();
                    tracing::warn!(provider, causes = %Causes(error), "the account cannot be looked at");
                }
                for (provider, charge, error) in &looked.broken {
                    let provider = provider.as_str();
                    tracing::error!(provider, charge, causes = %Causes(error), "a booking cannot be looked at");
                }
            }
            Err(error) => tracing::warn!(causes = %Causes(&error), "accounts could not be looked at"),
        }
    }
}

/// Closes the days that are over.
pub(super) async fn close_days(app: &App, mut stop: watch::Receiver<bool>) {
    while next(app, &mut stop, CLOSE).await {
        match app.closing.close_due().await {
            Ok((closed, failures)) => {
                for close in closed {
                    let (day, status) = (close.summary.day.to_string(), close.summary.status.as_str());
                    tracing::info!(day, status, tasks = close.summary.open, "a day was compared");
                }
                for (day, error) in failures {
                    tracing::warn!(%day, causes = %Causes(&error), "a day cannot be closed");
                }
            }
            Err(error) => tracing::warn!(causes = %Causes(&error), "days could not be closed"),
        }
    }
}

/// Counts what was sold, given back and scanned since the last count. After one that took a while it rests ten times as
/// long, but no longer than [`COUNT`] says: one that takes minutes goes on most of the time, as figures have to come to an
/// end. Others wait for its end, however many workers there are.
pub(super) async fn count_figures(app: &App, mut stop: watch::Receiver<bool>) {
    let (mut pause, mut whole) = (COUNT.0, true);
    while next(app, &mut stop, pause).await {
        let begun = Instant::now();
        let counted = if whole { app.figures.count().await } else { app.figures.count_now().await.map(Some) };
        match counted {
            Ok(None) => whole = true,
            Ok(Some(counted)) => {
                whole = counted.whole || !counted.kept;
                if counted.days + counted.standings > 0 {
                    let (days, events) = (counted.days, counted.standings);
                    tracing::debug!(days, events, "figures counted anew");
                }
            }
            Err(error) => {
                whole = true;
                tracing::warn!(causes = %Causes(&error), "figures could not be counted");
            }
        }
        let rest = (begun.elapsed() * 10).clamp(COUNT.0, COUNT.1);
        pause = if whole { rest } else { COUNT_ON };
    }
}

/// Chains what was done since the last look; also while nothing is to be changed, which is when people are most likely to
/// have their hands in the database.
pub(super) async fn seal_acts(app: &App, mut stop: watch::Receiver<bool>) {
    while wait(&mut stop, SEAL).await {
        if let Err(error) = seal_round(app).await {
            tracing::error!(causes = %Causes(&error), "the audit log could not be sealed");
            if !wait(&mut stop, UNSEALED).await {
                return;
            }
        }
    }
}

/// Seals all acts that wait for it; answers how many.
///
/// # Errors
/// The store could not answer, or the end of the chain is not genuine.
pub async fn seal_round(app: &App) -> Result<usize, StoreError> {
    let mut sealed = 0;
    // Looking costs no turn at the lock, and mostly there is nothing.
    while app.audit.waiting().await? > 0 {
        match audit::seal(&*app.audit, &*app.audit_mac, SEALED).await? {
            0 => break,
            more => sealed += more,
        }
    }
    Ok(sealed)
}

/// Sees to backups, where it was said where they go.
pub(super) async fn keep_backups(app: &App, mut stop: watch::Receiver<bool>) {
    let Some(house) = &app.backups else { return };
    while next(app, &mut stop, BACKUPS).await {
        backups::see_to(app, house).await;
    }
}

/// Drops uploads that nobody ended.
pub(super) async fn look_after_media(app: &App, mut stop: watch::Receiver<bool>) {
    while next(app, &mut stop, MEDIA).await {
        if let Err(error) = app.uploads.sweep().await {
            tracing::warn!(causes = %Causes(&error), "uploads that nobody ended could not be swept");
        }
    }
}

pub(super) async fn tidy(app: &App, mut stop: watch::Receiver<bool>) {
    while next(app, &mut stop, TIDY).await {
        let now = app.clock.now();
        sweep_letters(app).await;
        match app.uploads.tidy().await {
            Ok(0) => {}
            Ok(parts) => tracing::debug!(parts, "parts of no upload dropped"),
            Err(error) => tracing::warn!(causes = %Causes(&error), "parts of no upload could not be dropped"),
        }
        loop {
            let answers = app.idempotency.sweep(now - ANSWERS).await;
            let sessions = app.accounts.store.sweep_accounts(now - SESSIONS).await;
            let news = app.news.sweep_news(now - NEWS).await;
            let calls = app.hooks.sweep(now - CALLS).await;
            let rows = [answers, sessions, news, calls].into_iter().sum::<Result<u64, StoreError>>();
            match rows {
                Ok(0) => break,
                Ok(rows) => tracing::debug!(rows, "old rows dropped"),
                Err(error) => {
                    tracing::warn!(causes = %Causes(&error), "old rows could not be dropped");
                    break;
                }
            }
        }
    }
}

/// Drops letters that are too old to be kept.
async fn sweep_letters(app: &App) {
    loop {
        match app.messages.sweep().await {
            Ok(0) => return,
            Ok(letters) => tracing::debug!(letters, "old letters dropped"),
            Err(error) => {
                tracing::warn!(causes = %Causes(&error), "old letters could not be dropped");
                return;
            }
        }
    }
}
