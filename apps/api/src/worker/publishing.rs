//! Sends what others are told of bookings to the stream: its parts beside each other, each in its order.

use super::wait;
use crate::http::problem::Causes;
use crate::published;
use crate::wiring::App;
use chrono::TimeDelta;
use futures_util::future::join_all;
use kernel::news::{self, SendError};
use std::time::Duration;
use tokio::sync::watch;

/// Longest time for which nobody else sends a part that somebody has begun with, in seconds.
const LEASE: u32 = 30;
/// Between two looks when there was nothing to send.
const IDLE: Duration = Duration::from_millis(250);
/// After a part that could not be sent.
const AWAY: Duration = Duration::from_secs(2);

/// Sends until told to stop. What is on its way then is sent once more by whoever comes next, under the same name.
pub(super) async fn publish(app: &App, mut stop: watch::Receiver<bool>) {
    if app.stream.is_none() {
        return;
    }
    let mut failing = false;
    let mut pause = IDLE;
    while wait(&mut stop, pause).await {
        if app.maintenance.is_on().await {
            continue;
        }
        let round = async {
            match stream_round(app).await {
                Ok(sent) => {
                    if std::mem::take(&mut failing) {
                        tracing::info!("events are published again");
                    }
                    pause = if sent > 0 { Duration::ZERO } else { IDLE };
                }
                Err(error) => {
                    // Said once, and not every other second for as long as it lasts.
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(causes = %Causes(&error), "events cannot be published; they wait");
                    }
                    pause = AWAY;
                }
            }
        };
        let mut told = stop.clone();
        tokio::select! {
            () = round => {}
            _ = told.wait_for(|stop| *stop) => return,
        }
    }
}

/// Sends what there is, as far as nobody else is at it; answers how much.
///
/// # Errors
/// The first [`SendError`] of a part; the others are sent.
pub async fn stream_round(app: &App) -> Result<u64, SendError> {
    let Some(stream) = &app.stream else { return Ok(0) };
    let say: &news::Say<'_> = &published::message;
    let lease = TimeDelta::seconds(app.config.worker.lease_seconds.min(LEASE).into());
    let parts = app.news.unsent_parts().await?;
    let send = |part| news::send(&*app.news, &**stream, &*app.clock, (part, lease), say);
    let sending = parts.into_iter().map(send);
    let mut count = 0;
    for sent in join_all(sending).await {
        count += sent?;
    }
    Ok(count)
}
