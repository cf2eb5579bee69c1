//! Tells addresses of organisers what happened: news become calls, and calls are made.

use super::perform::{Done, Failure};
use super::post::{Errand, send_each};
use super::wait;
use crate::http::problem::Causes;
use crate::mails;
use crate::wiring::App;
use hooks::{Effect, Turn};
use std::time::Duration;
use tokio::sync::watch;

/// Between two looks when there was nothing to tell.
const IDLE: Duration = Duration::from_millis(500);
/// After a look that failed, or what no version here can read.
const AWAY: Duration = Duration::from_secs(5);

/// Makes calls of news until told to stop.
pub(super) async fn spread(app: &App, mut stop: watch::Receiver<bool>) {
    let (mut pause, mut unreadable) = (IDLE, 0);
    while wait(&mut stop, pause).await {
        if app.maintenance.is_on().await {
            continue;
        }
        pause = match app.hooks.spread().await {
            Ok(spread) => {
                if spread.unreadable > 0 && spread.unreadable != unreadable {
                    let news = spread.unreadable;
                    tracing::error!(
                        news,
                        "news for hooks were kept by a version that knew more; they wait for it"
                    );
                }
                unreadable = spread.unreadable;
                match (spread.told, spread.unreadable) {
                    (0, 0) => IDLE,
                    (0, _) => AWAY,
                    _ => Duration::ZERO,
                }
            }
            Err(error) => {
                tracing::warn!(causes = %Causes(&error), "hooks cannot be told what happened; it waits");
                AWAY
            }
        };
    }
}

/// Makes a call, unless too many are under way.
pub(super) async fn call(app: &App, turn: Turn) -> Result<Done, Failure> {
    let Ok(_turn) = app.calling.take(turn.hook) else {
        return Ok(Done::Again(app.crowd.turn(turn.hook, app.clock.now())));
    };
    Ok(app.hooks.deliver(turn).await?.into())
}

/// Performs what is owed beside calls.
pub(super) async fn perform(app: &App, errand: Errand<'_>, effect: Effect) -> Result<Done, Failure> {
    let Effect::TellOwners { hook } = effect;
    send_each(app, errand, mails::hook_off(app, errand.due.id, hook).await?).await
}
