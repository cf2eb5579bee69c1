//! Whether anything may be changed, as this instance knows it. Whoever wants to know looks, at most once a second, so that
//! instances agree within about a second and need nobody to tell them.

use crate::http::problem::Causes;
use kernel::{Cause, Clock, MaintenanceStore, ReadOnly, StoreError, maintenance};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long what was seen is good.
const FRESH: Duration = Duration::from_secs(1);
/// How long a look may take; then what was seen before is good for a while longer. Who asks whether this instance is ready
/// waits for it as well, and not for long.
const PATIENCE: Duration = Duration::from_secs(1);

/// Knows it.
pub struct Maintenance {
    store: Arc<dyn MaintenanceStore>,
    clock: Arc<dyn Clock>,
    /// What the configuration says, whatever anybody else does.
    configured: Option<ReadOnly>,
    seen: RwLock<Seen>,
    /// Held by who looks, and by who says something else: nobody sees what was, after that.
    looking: Mutex<()>,
}

struct Seen {
    at: Instant,
    said: Option<ReadOnly>,
}

impl Maintenance {
    /// Looks for the first time. What is `configured` to be read-only stays that, and its doors are shut: whoever was let in
    /// by a copy would be unknown to what it is a copy of.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn open(
        store: Arc<dyn MaintenanceStore>,
        clock: Arc<dyn Clock>,
        configured: bool,
    ) -> Result<Self, StoreError> {
        let configured = configured.then(|| ReadOnly {
            since: clock.now(),
            until: None,
            message: None,
            doors_open: false,
        });
        if configured.is_some() {
            tracing::warn!("this instance changes nothing: maintenance.read_only");
        }
        let seen = RwLock::new(Seen { at: Instant::now(), said: store.read_only().await? });
        Ok(Self { store, clock, configured, seen, looking: Mutex::new(()) })
    }

    /// What is said of it now, if nothing is to be changed.
    pub async fn read_only(&self) -> Option<ReadOnly> {
        if self.configured.is_some() {
            return self.configured.clone();
        }
        self.look().await;
        self.seen().said.clone()
    }

    /// Whether nothing is to be changed now.
    pub async fn is_on(&self) -> bool {
        self.read_only().await.is_some()
    }

    /// Whether the configuration says so, which nobody can change while this instance runs.
    #[must_use]
    pub const fn is_configured(&self) -> bool {
        self.configured.is_some()
    }

    /// Says that nothing is to be changed, or what of that is different; `None` ends it.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn set(&self, wished: Option<&ReadOnly>, by: &Cause) -> Result<(), StoreError> {
        let _turn = self.looking.lock().await;
        let said = maintenance::set(&*self.store, wished, by, self.clock.now()).await?;
        self.see(said);
        Ok(())
    }

    /// Looks, if that is due and nobody else does: they go by what was seen before.
    async fn look(&self) {
        if self.seen().at.elapsed() < FRESH {
            return;
        }
        let Ok(_turn) = self.looking.try_lock() else { return };
        match timeout(PATIENCE, self.store.read_only()).await {
            Ok(Ok(said)) => self.see(said),
            Ok(Err(error)) => {
                tracing::warn!(causes = %Causes(&error), "nobody knows whether this is still read-only");
                self.see_again();
            }
            Err(_) => {
                tracing::warn!("nobody could say in time whether this is still read-only");
                self.see_again();
            }
        }
    }

    fn seen(&self) -> RwLockReadGuard<'_, Seen> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn see(&self, said: Option<ReadOnly>) {
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        *seen = Seen { at: Instant::now(), said };
    }

    fn see_again(&self) {
        self.seen.write().unwrap_or_else(PoisonError::into_inner).at = Instant::now();
    }
}
