//! Give the places of ended holds and of expired vouchers back, so that lists and counters tell the truth without anybody asking for places.

use super::Bookings;
use super::serve::{reclaim, serve};
use kernel::{EventId, StoreError, transact};

/// Events per sweep.
const EVENTS: u32 = 100;

impl Bookings {
    /// How many holds live now.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn living_holds(&self) -> Result<u64, StoreError> {
        self.store.living_holds(self.clock.now()).await
    }

    /// Ends what has lapsed; answers how many holds that were. More may be waiting when it is not zero.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        let (mut ended, mut failure) = (0, None);
        for event in self.store.events_with_lapsed_holds(self.clock.now(), EVENTS).await? {
            // One event that cannot be swept keeps no other from it.
            match self.sweep_event(event).await {
                Ok(count) => ended += count,
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        failure.map_or(Ok(ended), Err)
    }

    async fn sweep_event(&self, event: EventId) -> Result<usize, StoreError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let mut sales = tx.lock_sales(&[event]).await?;
            let Some(sale) = sales.first_mut() else { return Ok(0) };
            let lapsed = reclaim(tx, sale, now).await?;
            let expired = sale.end_reserves(now);
            if lapsed.is_empty() && expired.is_empty() {
                return Ok(0);
            }
            tx.end_reserves(&expired).await?;
            serve(tx, sale, self.serving(), now).await?;
            tx.save_sales(&sales).await?;
            Ok::<_, StoreError>(lapsed.len())
        })
        .await
    }
}
