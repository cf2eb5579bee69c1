//! Where other programs hear what happens.

use super::{Finding, causes};
use crate::config::Config;
use crate::wiring::stream;
use std::time::{Duration, Instant};

const CHECK: &str = "events";
/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks whether there is one.
const POLL: Duration = Duration::from_millis(100);

/// Looks whether something could be published, where there is a stream.
pub(super) async fn look(config: &Config) -> Option<Finding> {
    let advice = "start it, or correct events.url: host, port, login, name; events wait meanwhile";
    let stream = match stream::build(config).await {
        Ok(stream) => stream?,
        Err(error) => return Some(Finding::error(CHECK, causes(&error), "correct events.url")),
    };
    let since = Instant::now();
    loop {
        match stream.ping().await {
            Ok(()) => return Some(Finding::ok(CHECK, "the stream answers")),
            Err(_) if since.elapsed() < PATIENCE => tokio::time::sleep(POLL).await,
            Err(error) => return Some(Finding::error(CHECK, causes(&error), advice)),
        }
    }
}
