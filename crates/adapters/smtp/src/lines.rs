//! Lines that stay open for the next mail: a greeting, TLS and a login take longer than the mail.

use crate::failure::Failure;
use crate::line::Line;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Lines at once, in use or open for the next mail; servers are asked for more by nobody who means well.
const LINES: usize = 8;
/// Mails on one line. Servers that count end a line that goes on and on, in the middle of whatever it carries.
const MAILS: u32 = 100;
/// How old a line gets, for the same reason; shorter than any server or firewall lets one rest.
const AGE: Duration = Duration::from_secs(60);
/// How long a mail waits for a line.
const QUEUE: Duration = Duration::from_secs(20);

/// The lines to one server.
pub(crate) struct Lines {
    places: Semaphore,
    open: Mutex<Vec<Open>>,
}

/// A line with what it has behind it.
pub(crate) struct Open {
    pub(crate) line: Line,
    /// Mails that it was to carry.
    pub(crate) mails: u32,
    since: Instant,
}

impl Open {
    pub(crate) fn new(line: Line) -> Self {
        Self { line, mails: 0, since: Instant::now() }
    }

    fn is_over(&self) -> bool {
        self.mails >= MAILS || self.since.elapsed() >= AGE
    }
}

impl Lines {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { places: Semaphore::new(LINES), open: Mutex::default() })
    }

    /// Waits until there is a place for one more line. Who has one takes an open line, or opens another.
    ///
    /// # Errors
    /// [`Failure::Crowded`].
    pub(crate) async fn place(&self) -> Result<SemaphorePermit<'_>, Failure> {
        match tokio::time::timeout(QUEUE, self.places.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Failure::Crowded),
        }
    }

    /// An open line, the one that was used last.
    pub(crate) fn take(&self) -> Option<Open> {
        self.sweep();
        self.lock().pop()
    }

    /// Keeps a line for the next mail, if it may carry one more.
    pub(crate) fn put_back(self: &Arc<Self>, open: Open) {
        if open.is_over() {
            tokio::spawn(open.line.close());
            return;
        }
        let (is_new, ends) = (open.mails <= 1, open.since + AGE);
        self.lock().push(open);
        if is_new {
            let lines = Arc::downgrade(self);
            tokio::spawn(async move {
                tokio::time::sleep_until(ends).await;
                if let Some(lines) = lines.upgrade() {
                    lines.sweep();
                }
            });
        }
    }

    /// Ends the lines whose time is over.
    fn sweep(&self) {
        let over: Vec<Open> = self.lock().extract_if(.., |open| open.is_over()).collect();
        for open in over {
            tokio::spawn(open.line.close());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_send::SmtpClient;
    use tokio::net::{TcpListener, TcpStream};

    async fn open(mails: u32, age: Duration) -> Open {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let line = Line::Plain(Box::new(SmtpClient { stream, timeout: AGE }));
        Open { line, mails, since: Instant::now().checked_sub(age).unwrap() }
    }

    #[tokio::test]
    async fn a_line_is_kept_until_it_has_carried_enough_or_is_too_old() {
        for (mails, age, kept) in [
            (1, Duration::ZERO, true),
            (MAILS - 1, Duration::ZERO, true),
            (MAILS, Duration::ZERO, false),
            (1, AGE, false),
        ] {
            let lines = Lines::new();
            lines.put_back(open(mails, age).await);
            assert_eq!(lines.take().is_some(), kept, "{mails} {age:?}");
            assert!(lines.take().is_none());
        }
    }

    #[tokio::test]
    async fn a_line_that_nobody_needs_is_ended() {
        let lines = Lines::new();
        lines.put_back(open(1, AGE - Duration::from_millis(100)).await);
        assert_eq!(lines.lock().len(), 1);
        for _ in 0..600 {
            if lines.lock().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it is still open");
    }
}
