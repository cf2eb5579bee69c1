//! Streams end with the session that they were opened in, wherever it was ended.
//!
//! One task asks for all who listen, some hundred sessions with one statement: thousands of listeners cost a few
//! statements a second, and nothing has to be told between instances.

use crate::http::problem::Causes;
use crate::wiring::App;
use kernel::{SessionId, StoreError};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Between two looks at all sessions: with what a look takes, a stream has ended long before the five seconds are over
/// after which every instance refuses an ended session.
const EVERY: Duration = Duration::from_secs(2);
/// Sessions that are asked about together.
const AT_ONCE: usize = 500;

/// Sessions in which somebody listens.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<SessionId, Listeners>>);

struct Listeners {
    count: usize,
    over: watch::Sender<bool>,
}

/// One stream of a session; it is given up by dropping it.
pub struct Attendance {
    sessions: Arc<Sessions>,
    session: SessionId,
    over: watch::Receiver<bool>,
}

impl Sessions {
    /// Counts a stream to its session.
    #[must_use]
    pub fn attend(self: &Arc<Self>, session: SessionId) -> Attendance {
        let mut all = self.lock();
        let new = || Listeners { count: 0, over: watch::Sender::new(false) };
        let listeners = all.entry(session).or_insert_with(new);
        listeners.count += 1;
        let over = listeners.over.subscribe();
        drop(all);
        Attendance { sessions: Arc::clone(self), session, over }
    }

    fn leave(&self, session: SessionId) {
        let mut all = self.lock();
        if let Some(listeners) = all.get_mut(&session) {
            listeners.count = listeners.count.saturating_sub(1);
            if listeners.count == 0 {
                all.remove(&session);
            }
        }
    }

    fn all(&self) -> Vec<SessionId> {
        self.lock().keys().copied().collect()
    }

    /// Ends the streams of those of `asked` that are not among `counting`.
    fn end_others(&self, asked: &[SessionId], counting: &[SessionId]) {
        let counting: HashSet<_> = counting.iter().collect();
        let all = self.lock();
        for session in asked.iter().filter(|session| !counting.contains(session)) {
            if let Some(listeners) = all.get(session) {
                listeners.over.send_replace(true);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Listeners>> {
        // Nothing here panics half-way, so what a panicking thread left behind is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attendance {
    /// Ends when the session has.
    pub async fn over(&mut self) {
        // The sender lives as long as this does.
        if self.over.wait_for(|over| *over).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.sessions.leave(self.session);
    }
}

/// Looks which sessions still count, until it is dropped. While the store cannot tell, the time of their tokens is the
/// bound.
pub async fn look(app: &App) {
    let mut away = false;
    loop {
        tokio::time::sleep(EVERY).await;
        match look_once(app).await {
            Ok(()) => away = false,
            Err(error) if !std::mem::replace(&mut away, true) => {
                tracing::warn!(causes = %Causes(&error), "it is not known whose sessions have ended");
            }
            Err(_) => {}
        }
    }
}

/// Asks for all; those who cannot be told of keep nobody else from being asked about.
async fn look_once(app: &App) -> Result<(), StoreError> {
    let mut told = Ok(());
    for asked in app.listening.all().chunks(AT_ONCE) {
        match app.accounts.counting(asked).await {
            Ok(counting) => app.listening.end_others(asked, &counting),
            Err(error) => told = Err(error),
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::poll;
    use kernel::Timestamp;

    #[tokio::test]
    async fn those_end_that_were_asked_about_and_count_no_more() {
        let sessions = Arc::new(Sessions::default());
        let [one, other, late] = [(); 3].map(|()| SessionId::generate(Timestamp::default()));
        let mut streams = [one, one, other, late].map(|session| sessions.attend(session));
        assert_eq!(sessions.all().len(), 3);
        sessions.end_others(&[one, other], &[other]);
        let mut ended = Vec::new();
        for stream in &mut streams {
            ended.push(poll!(Box::pin(stream.over())).is_ready());
        }
        assert_eq!(ended, [true, true, false, false]);
        // Whoever comes with such a session meanwhile is told as well.
        assert!(poll!(Box::pin(sessions.attend(one).over())).is_ready());
        let [first, second, _other, _late] = streams;
        drop(first);
        assert_eq!(sessions.all().len(), 3);
        drop(second);
        assert_eq!(sessions.all().len(), 2);
    }
}
