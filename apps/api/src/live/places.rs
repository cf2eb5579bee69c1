//! What is left of events, watched for all who listen.

use super::{News, pace, sse};
use crate::http::events::view::{LeftView, LeftsView};
use crate::http::problem::Causes;
use crate::wiring::App;
use events::Status;
use events::use_cases::Watched;
use kernel::EventId;
use std::collections::HashMap;
use tokio::time::Instant;

/// What instances tell each other on.
const CHANNEL: &str = "places";
/// What the events of the stream are called.
const KIND: &str = "availability";
/// Events that are read at once.
const AT_ONCE: usize = 500;

/// Reads what is due, tells the others what changed here and hears what changed there, until it is dropped.
pub async fn run(app: &App) {
    let (board, broadcast) = (&app.live, &*app.broadcast);
    if app.config.redis.url.is_some() {
        futures_util::join!(look(app), board.tell(broadcast, CHANNEL), board.hear(broadcast, CHANNEL));
    } else {
        look(app).await;
    }
}

async fn look(app: &App) {
    let mut away = false;
    loop {
        let (due, next) = app.live.due(Instant::now());
        for events in due.chunks(AT_ONCE) {
            away = tell(app, events, away).await;
        }
        if due.is_empty() {
            tokio::select! {
                () = app.live.stirred() => tokio::time::sleep(pace::GATHER).await,
                () = until(next) => {}
            }
        }
    }
}

/// Reads events and tells; whether the store was away.
async fn tell(app: &App, events: &[EventId], was_away: bool) -> bool {
    match app.events.watched(events).await {
        Ok(mut found) => {
            let news = events.iter().map(|event| (*event, news(*event, &mut found)));
            app.live.publish(news.collect()).await;
            false
        }
        Err(error) => {
            if !was_away {
                tracing::warn!(causes = %Causes(&error), "listeners cannot be told what is left");
            }
            true
        }
    }
}

async fn until(next: Option<Instant>) {
    match next {
        Some(next) => tokio::time::sleep_until(next).await,
        None => std::future::pending().await,
    }
}

/// What those are told who listen to an event: what is left while it can be bought, else why there is nothing more.
fn news(event: EventId, found: &mut HashMap<EventId, Watched>) -> News {
    let Some(Watched { status, left }) = found.remove(&event) else {
        return News { frame: sse::end("withdrawn"), last: true };
    };
    match over(status) {
        Some(reason) => News { frame: sse::end(reason), last: true },
        None => {
            let view = LeftsView { items: left.into_iter().map(LeftView::from).collect(), next_cursor: None };
            // `LeftsView` has nothing in it that JSON cannot say.
            let data = serde_json::to_string(&view).unwrap_or_default();
            News { frame: sse::event(KIND, &data), last: false }
        }
    }
}

/// Why an event in this state has no news; `None` when it has.
const fn over(status: Status) -> Option<&'static str> {
    match status {
        Status::Published => None,
        Status::Cancelled => Some("cancelled"),
        Status::Ended => Some("over"),
        // Others than those who run it are not to know more.
        Status::Draft | Status::Deactivated => Some("withdrawn"),
    }
}
