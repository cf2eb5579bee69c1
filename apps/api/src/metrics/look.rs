//! What is only known by asking, asked when somebody wants to see it.

use crate::http::problem::Causes;
use crate::wiring::App;
use kernel::outbox::Backlog;
use kernel::{StoreError, Timestamp};
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
    let Some((backlog, holds, last_good)) = found else { return metrics.store_away() };
    metrics.store(&backlog, holds, app.clock.now());
    if app.backups.is_some() {
        metrics.last_good_backup(last_good);
    }
}

/// What is owed, how many holds live, and the instant that the last good backup shows; `None` when the store does not say.
async fn stored(app: &App) -> Option<(Backlog, u64, Option<Timestamp>)> {
    let asking = async {
        let (backlog, holds) = (app.outbox.backlog().await?, app.bookings.living_holds().await?);
        Ok::<_, StoreError>((backlog, holds, app.keeper.last_good().await?))
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
