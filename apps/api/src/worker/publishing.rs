//! Sends what others are told of bookings to the stream: its parts beside each other, each in its order.

use super::wait;
use crate::http::problem::Causes;
use crate::published;
use crate::wiring::App;
use async_trait::async_trait;
use chrono::TimeDelta;
use futures_util::future::join_all;
use kernel::news::{self, SendError};
use kernel::{Message, Stream, StreamError};
use std::time::Duration;
use tokio::sync::watch;

/// Longest time for which nobody else sends a part that somebody has begun with, in seconds.
const LEASE: u32 = 30;
/// Between two looks when there was nothing to send.
const IDLE: Duration = Duration::from_millis(250);
/// After a part that could not be sent.
const AWAY: Duration = Duration::from_secs(2);

/// A stream that takes nothing more once the worker is to stop: whoever sends then writes down what was taken and gives the
/// part back, instead of keeping others from it for as long as the lease lasts.
struct UntilStopped<'a> {
    stream: &'a dyn Stream,
    stop: &'a watch::Receiver<bool>,
}

#[async_trait]
impl Stream for UntilStopped<'_> {
    async fn publish(&self, message: &Message) -> Result<(), StreamError> {
        if *self.stop.borrow() {
            return Err(StreamError::new("publishing", "the worker is to stop"));
        }
        self.stream.publish(message).await
    }

    async fn ping(&self) -> Result<(), StreamError> {
        self.stream.ping().await
    }
}

/// Sends until told to stop. What is on its way then is still ended if that does not take long; if it does, it is sent once
/// more by whoever comes next, under the same name.
pub(super) async fn publish(app: &App, mut stop: watch::Receiver<bool>) {
    let Some(stream) = &app.stream else { return };
    let told = stop.clone();
    let stream = UntilStopped { stream: &**stream, stop: &told };
    let patience = Duration::from_secs(app.config.worker.stop_seconds.into());
    let mut failing = false;
    let mut pause = IDLE;
    while wait(&mut stop, pause).await {
        if app.maintenance.is_on().await {
            continue;
        }
        let round = async {
            match send(app, &stream).await {
                Ok(sent) => {
                    if std::mem::take(&mut failing) {
                        tracing::info!("events are published again");
                    }
                    pause = if sent > 0 { Duration::ZERO } else { IDLE };
                }
                Err(_) if *told.borrow() => {}
                Err(error) => {
                    // Said once, and not every other second for as long as it lasts.
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(causes = %Causes(&error), "events cannot be published; they wait");
                    }
                    pause = AWAY;
                }
            }
        };
        let mut ending = stop.clone();
        let ended = async {
            drop(ending.wait_for(|stop| *stop).await);
            tokio::time::sleep(patience).await;
        };
        tokio::select! {
            () = round => {}
            () = ended => return,
        }
    }
}

/// Sends what there is, as far as nobody else is at it; answers how much.
///
/// # Errors
/// The first [`SendError`] of a part; the others are sent.
pub async fn stream_round(app: &App) -> Result<u64, SendError> {
    match &app.stream {
        Some(stream) => send(app, &**stream).await,
        None => Ok(0),
    }
}

async fn send(app: &App, stream: &dyn Stream) -> Result<u64, SendError> {
    let say: &news::Say<'_> = &published::message;
    let lease = TimeDelta::seconds(app.config.worker.lease_seconds.min(LEASE).into());
    let parts = app.news.unsent_parts().await?;
    let sending =
        parts.into_iter().map(|part| news::send(&*app.news, stream, &*app.clock, (part, lease), say));
    let mut count = 0;
    for sent in join_all(sending).await {
        count += sent?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::scripted_stream::ScriptedStream;

    #[tokio::test]
    async fn nothing_is_begun_once_the_worker_is_to_stop() {
        let (tell, stop) = watch::channel(false);
        let scripted = ScriptedStream::default();
        let stream = UntilStopped { stream: &scripted, stop: &stop };
        let one =
            || Message { id: "1".into(), key: "1".into(), kind: "booking.changed".into(), body: "{}".into() };
        stream.publish(&one()).await.unwrap();
        tell.send(true).unwrap();
        assert!(stream.publish(&one()).await.is_err());
        stream.ping().await.unwrap();
        assert_eq!(scripted.messages(), [one()]);
    }
}
