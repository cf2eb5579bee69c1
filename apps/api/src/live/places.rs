//! What is left of events, watched for all who listen.

use super::{News, pace, sessions, sse};
use crate::http::events::view::{LeftView, LeftsView};
use crate::http::problem::Causes;
use crate::wiring::App;
use events::Status;
use events::use_cases::Watched;
use kernel::{EventId, StoreError};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// What instances tell each other on.
const CHANNEL: &str = "places";
/// What the events of the stream are called.
const KIND: &str = "availability";
/// Events that are read at once.
const AT_ONCE: usize = 500;

/// How long after it broke down reading is begun again.
const BREATH: Duration = Duration::from_secs(1);

/// Runs until it is dropped, and again if it breaks down: thousands would wait for news and not know that none come.
pub async fn watched_over(app: Arc<App>) {
    loop {
        // What is in a set ends with it.
        let mut reading = JoinSet::new();
        let reader = Arc::clone(&app);
        reading.spawn(async move { run(&reader).await });
        match reading.join_next().await {
            Some(Err(error)) if error.is_panic() => {
                tracing::error!(causes = %Causes(&error), "telling what is left broke down and is begun again");
                tokio::time::sleep(BREATH).await;
            }
            _ => return,
        }
    }
}

/// Reads what is due, ends streams with their sessions, tells the others what changed here and hears what changed there,
/// until it is dropped.
async fn run(app: &App) {
    let (board, broadcast) = (&app.live, &*app.broadcast);
    if app.config.redis.url.is_some() {
        let abroad =
            futures_util::future::join(board.tell(broadcast, CHANNEL), board.hear(broadcast, CHANNEL));
        futures_util::join!(look(app), sessions::look(app), abroad);
    } else {
        futures_util::join!(look(app), sessions::look(app));
    }
}

async fn look(app: &App) {
    let mut reader = Reader::default();
    loop {
        let (due, next) = app.live.due(Instant::now());
        let mut found = Vec::new();
        for events in due.chunks(AT_ONCE) {
            found.extend(reader.read(app, events).await);
        }
        // All of it at once: its shares are told with pauses, and those of one reading would wait for another's.
        app.live.publish(found).await;
        if due.is_empty() {
            tokio::select! {
                () = app.live.stirred() => tokio::time::sleep(pace::GATHER).await,
                () = until(next) => {}
            }
        }
    }
}

/// Reads, and remembers what was said in the log, so that it is said once.
#[derive(Default)]
struct Reader {
    /// Whether the store was away.
    away: bool,
    /// Events that could not be read last time.
    broken: HashSet<EventId>,
}

impl Reader {
    /// News of events; of those that cannot be read there is none.
    async fn read(&mut self, app: &App, events: &[EventId]) -> Vec<(EventId, News)> {
        match app.events.watched(events).await {
            Ok(found) => {
                self.away = false;
                told(events, found)
            }
            // One of them is to blame: the others are read one by one.
            Err(StoreError::Broken { .. }) => self.read_singly(app, events).await,
            Err(error) => {
                self.is_away(&error);
                Vec::new()
            }
        }
    }

    async fn read_singly(&mut self, app: &App, events: &[EventId]) -> Vec<(EventId, News)> {
        let mut all = Vec::new();
        for event in events {
            match app.events.watched(&[*event]).await {
                Ok(found) => {
                    self.broken.remove(event);
                    all.extend(told(&[*event], found));
                }
                Err(error @ StoreError::Broken { .. }) => {
                    if self.broken.insert(*event) {
                        tracing::error!(%event, causes = %Causes(&error), "listeners cannot be told what is left");
                    }
                }
                Err(error) => {
                    self.is_away(&error);
                    return all;
                }
            }
        }
        all
    }

    fn is_away(&mut self, error: &StoreError) {
        if !std::mem::replace(&mut self.away, true) {
            tracing::warn!(causes = %Causes(error), "listeners cannot be told what is left");
        }
    }
}

fn told(events: &[EventId], mut found: HashMap<EventId, Watched>) -> Vec<(EventId, News)> {
    events.iter().map(|event| (*event, news(*event, &mut found))).collect()
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
