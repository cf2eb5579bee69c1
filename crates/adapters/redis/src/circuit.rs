//! Keeps requests from waiting, one after the other, for a server that is away.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// For how long nobody asks after a failure.
const REST: Duration = Duration::from_secs(1);

/// Closed while all goes well; open after a failure, and then one call a second tries.
#[derive(Debug, Default)]
pub(crate) struct Circuit {
    /// When the next call may try; `None` while closed.
    opens: Mutex<Option<Instant>>,
}

impl Circuit {
    /// Whether to ask now. Whoever is let through an open circuit tries for all: the others rest meanwhile.
    pub(crate) fn lets_pass(&self) -> bool {
        let now = Instant::now();
        let mut opens = self.opens.lock().unwrap_or_else(PoisonError::into_inner);
        match *opens {
            Some(at) if now < at => false,
            Some(_) => {
                *opens = Some(now + REST);
                true
            }
            None => true,
        }
    }

    /// Closes it; `true` if it was open.
    pub(crate) fn worked(&self) -> bool {
        self.opens.lock().unwrap_or_else(PoisonError::into_inner).take().is_some()
    }

    /// Opens it; `true` if it was closed.
    pub(crate) fn failed(&self) -> bool {
        let opens = Some(Instant::now() + REST);
        std::mem::replace(&mut *self.opens.lock().unwrap_or_else(PoisonError::into_inner), opens).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_a_failure_one_call_a_second_tries_until_one_works() {
        let circuit = Circuit::default();
        assert!(circuit.lets_pass());
        assert!(circuit.failed());
        assert!(!circuit.lets_pass());
        tokio::time::advance(REST).await;
        assert!(circuit.lets_pass());
        assert!(!circuit.lets_pass());
        assert!(!circuit.failed());
        tokio::time::advance(REST).await;
        assert!(circuit.lets_pass());
        assert!(circuit.worked());
        assert!(circuit.lets_pass());
        assert!(!circuit.worked());
    }
}
