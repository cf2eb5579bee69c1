//! Somebody takes a table out.

use super::Bookings;
use crate::tables::Table;
use kernel::{Actor, StoreError, transact};

impl Bookings {
    /// Records that somebody takes a table out: before its first line leaves, because how far it gets is not known here.
    /// What they may see of it is decided by the caller.
    ///
    /// # Errors
    /// The store could not answer; nothing shall leave then.
    pub async fn take_out(&self, table: Table<'_>, by: &Actor) -> Result<(), StoreError> {
        let owner = match table.event() {
            Some(event) => self.sale(event).await?.map(|sale| sale.organisation),
            None => None,
        };
        let acts = table.taken(by, owner, self.clock.now());
        if acts.is_empty() {
            return Ok(());
        }
        transact(self.store.begin().await?, async |tx| tx.record(&acts).await).await
    }
}
