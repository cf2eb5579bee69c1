//! What members were served out of a folder, written down by the program that serves it, whether it works as well or not.

use crate::http::problem::Causes;
use crate::wiring::App;
use crate::worker::wait;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Between two times.
const PAUSE: Duration = Duration::from_secs(10);
/// How long the last time may take.
const ENDS: Duration = Duration::from_secs(10);

/// Writes down what is served for as long as this program serves.
pub struct Counting {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Counting {
    /// Begins, if this program serves files at all.
    #[must_use]
    pub fn start(app: &Arc<App>) -> Option<Self> {
        app.disk.as_ref()?;
        let (stop, mut stopped) = watch::channel(false);
        let app = Arc::clone(app);
        let task = tokio::spawn(async move {
            while wait(&mut stopped, PAUSE).await {
                write_down(&app).await;
            }
            write_down(&app).await;
        });
        Some(Self { stop, task })
    }

    /// Writes down the rest, when nothing is served any more.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        if tokio::time::timeout(ENDS, self.task).await.is_err() {
            tracing::warn!("what members were served last was not written down in time");
        }
    }
}

/// Writes down what was served since the last time.
pub async fn write_down(app: &App) {
    match app.meter.flush().await {
        Ok(flushed) if flushed.lost > 0 => {
            tracing::warn!(bytes = flushed.lost, "more members were served than could be counted");
        }
        Ok(_) => {}
        // It waits for the next time.
        Err(error) => {
            tracing::warn!(causes = %Causes(&error), "what members were served was not written down")
        }
    }
}
