//! What is only known by asking, asked when somebody wants to see it.

use crate::http::problem::Causes;
use crate::wiring::App;
use kernel::outbox::Backlog;
use kernel::{Lag, StoreError, Timestamp};
use std::time::Duration;
use tokio::time::timeout;

/// How long the store may take to answer. Whoever watches gives up after ten seconds, and shall see the rest.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks the store and Redis, and shows what they say, or that they say nothing.
pub async fn look(app: &App) {
    let metrics = &app.metrics;
    if let Some(store) = &app.postgres {
        metrics.pool(store.status());
    }
    metrics.listeners(app.live.listeners());
    let (found, redis, read_only) = futures_util::join!(stored(app), redis(app), app.maintenance.is_on());
    metrics.read_only(read_only);
    metrics.redis(redis);
    let Some(Stored { backlog, holds, last_good, lag }) = found else { return metrics.store_away() };
    let now = app.clock.now();
    metrics.store(&backlog, holds, now);
    if let Some(lag) = lag {
        metrics.events(&lag, now);
    }
    if app.backups.is_some() {
        metrics.last_good_backup(last_good);
    }
}

/// What the store says.
struct Stored {
    /// What is owed.
    backlog: Backlog,
    /// How many holds live.
    holds: u64,
    /// The instant that the last good backup shows.
    last_good: Option<Timestamp>,
    /// What is still to be published, where there is a stream.
    lag: Option<Lag>,
}

/// `None` when the store does not say.
async fn stored(app: &App) -> Option<Stored> {
    let asking = async {
        let lag = match &app.stream {
            Some(_) => Some(app.news.lag().await?),
            None => None,
        };
        Ok::<_, StoreError>(Stored {
            backlog: app.outbox.backlog().await?,
            holds: app.bookings.living_holds().await?,
            last_good: app.keeper.last_good().await?,
            lag,
        })
    };
    match timeout(PATIENCE, asking).await {
        Ok(Ok(found)) => Some(found),
        Ok(Err(error)) => {
            tracing::warn!(causes = %Causes(&error), "the store could not be asked for its metrics");
            None
        }
        Err(_) => {
            tracing::warn!("the store did not say its metrics in time");
            None
        }
    }
}

/// Whether Redis answers, where it is to be used.
async fn redis(app: &App) -> Option<bool> {
    match &app.redis {
        Some(redis) => Some(redis.ping().await.is_ok()),
        None => None,
    }
}
