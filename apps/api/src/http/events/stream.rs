//! What is left of an event, told as it changes.

use crate::http::access::Visit;
use crate::http::problem::Problem;
use crate::live::sessions::Attendance;
use crate::live::{Full, News, Seat, sse};
use crate::wiring::App;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{Error, HttpResponse, get};
use futures_util::stream::{self, Stream};
use kernel::EventId;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval_at};
use uuid::Uuid;

/// How long the first look may take.
const FIRST_LOOK: Duration = Duration::from_secs(5);
/// Whoever lost the line comes again after this, and up to as long again, so that not all come at one moment.
const COME_AGAIN: u64 = 2000;

/// How much is left of each kind of ticket of an event, at once and then whenever it changes, as server-sent events:
/// `availability` with the same JSON as `GET /events/{id}/availability`, and `end` with a `reason` (`cancelled`,
/// `over`, `withdrawn`, `logged_out`, `expired`) after which nothing comes.
#[utoipa::path(tag = "events", security(("bearer" = [])), responses(
    (status = 200, description = "A stream that goes on", content_type = "text/event-stream", body = String,
        example = "retry: 2718\n\nevent: availability\nid: 5f1c2a9b7d3e4f60718293a4\ndata: {\"items\":[],\
            \"next_cursor\":null}\n\n:\n\nevent: end\ndata: {\"reason\":\"cancelled\"}\n\n"),
    (status = 204, description = "Nothing will change any more, or not before it is published"),
    (status = 404, body = Problem),
    (status = 429, description = "`too_many_streams`", body = Problem),
    (status = 503, description = "`unavailable`", body = Problem)))]
#[get("/events/{id}/stream")]
pub(super) async fn event_stream(
    app: Data<App>,
    visit: Visit,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let event = EventId::from(id.into_inner());
    let mut seat = app.live.join(event, visit.actor.account).map_err(|full| refused(full, &app))?;
    let first = tokio::time::timeout(FIRST_LOOK, seat.next()).await.ok().flatten();
    let first = first.ok_or_else(|| Problem::busy(Duration::from_secs(2)))?;
    if first.last {
        // What is not to be seen is not there; what is, has no news. (Browsers do not come again after 204.)
        app.events.availability(Some(visit.actor), event).await?;
        return Ok(HttpResponse::NoContent().finish());
    }
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // nginx would keep it back until it has a few kilobytes.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(told(Listening::new(app, visit, seat, first))))
}

fn refused(full: Full, app: &App) -> Problem {
    let wait = beat(app);
    match full {
        Full::Account => {
            let detail = "You listen as often as you may; close other windows.";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", detail).retry_after(wait)
        }
        Full::Process => Problem::busy(wait),
    }
}

fn beat(app: &App) -> Duration {
    Duration::from_secs(app.config.live.heartbeat_seconds.into())
}

/// One listener.
struct Listening {
    app: Data<App>,
    visit: Visit,
    seat: Seat<EventId>,
    session: Attendance,
    first: Option<News>,
    beat: Interval,
    over: bool,
}

impl Listening {
    fn new(app: Data<App>, visit: Visit, seat: Seat<EventId>, first: News) -> Self {
        let every = beat(&app);
        // Those who came together do not beat together.
        let start = tokio::time::Instant::now() + every.mul_f64(0.5 + fastrand::f64() / 2.0);
        let mut beat = interval_at(start, every);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let session = app.listening.attend(visit.actor.session);
        Self { app, visit, seat, session, first: Some(first), beat, over: false }
    }

    /// The next bytes to send; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if self.over {
            return None;
        }
        if let Some(News { frame, .. }) = self.first.take() {
            self.app.metrics.told();
            let wait = Duration::from_millis(COME_AGAIN + fastrand::u64(..COME_AGAIN));
            return Some(Bytes::from([sse::retry(wait), frame].concat()));
        }
        let news = tokio::select! {
            news = self.seat.next() => Some(news?),
            _ = self.beat.tick() => None,
            () = self.session.over() => return self.end("logged_out"),
        };
        if self.app.clock.now() >= self.visit.expires_at {
            return self.end("expired");
        }
        match news {
            Some(News { frame, last }) => {
                self.over = last;
                self.app.metrics.told();
                Some(frame)
            }
            None => Some(Bytes::from_static(sse::BEAT)),
        }
    }

    fn end(&mut self, reason: &str) -> Option<Bytes> {
        self.over = true;
        Some(sse::end(reason))
    }
}

fn told(listening: Listening) -> impl Stream<Item = Result<Bytes, Error>> {
    stream::unfold(listening, |mut listening| async move {
        let bytes = listening.next().await?;
        Some((Ok(bytes), listening))
    })
}
