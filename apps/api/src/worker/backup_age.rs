//! How old the newest good backup is, for whoever watches: a backup that is not made any more is missed when it is too late.

use super::wait;
use crate::http::problem::Causes;
use crate::wiring::{self, App};
use std::time::Duration;
use tokio::sync::watch;

/// Between two looks. Nothing but a few small objects is read.
const LOOK: Duration = Duration::from_secs(600);

/// Looks again and again, where backups are configured; also while nothing is to be changed.
pub(super) async fn watch_backups(app: &App, mut stop: watch::Receiver<bool>) {
    if app.config.backup.url.is_none() {
        return;
    }
    let backups = match wiring::backups::build(&app.config, &app.clock) {
        Ok(backups) => backups,
        Err(error) => {
            tracing::warn!(causes = %Causes(&error), "where backups lie cannot be looked at");
            return;
        }
    };
    loop {
        match backups.last_good().await {
            Ok(name) => app.metrics.last_good_backup(name.map(|name| name.made_at())),
            Err(error) => tracing::warn!(causes = %Causes(&error), "backups could not be looked at"),
        }
        if !wait(&mut stop, LOOK).await {
            return;
        }
    }
}
