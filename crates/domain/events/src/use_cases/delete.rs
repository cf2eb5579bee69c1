//! Deleting an event that nobody ever wanted a place of.

use super::{AccessError, Events};
use crate::access::Right;
use crate::acts;
use kernel::{Actor, EventId, StoreError, transact};

/// Why an event is still there.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// Not there, or not the actor's.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// There are holds or bookings of it; it can be cancelled.
    #[error("places of this event are held or were booked")]
    InUse,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Events {
    /// Removes an event with its ticket types.
    ///
    /// # Errors
    /// [`DeleteError`].
    pub async fn delete(&self, actor: Actor, id: EventId) -> Result<(), DeleteError> {
        let (grant, _) = self.require(actor, id, Right::Manage).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let (event, _) = tx.lock_event(id).await?.ok_or(AccessError::NotFound)?;
            grant.require(event.organisation, Right::Manage).map_err(AccessError::from)?;
            if !tx.delete_event(id).await? {
                return Err(DeleteError::InUse);
            }
            Ok(tx.record(&[acts::event_deleted(&actor.cause(), &event, now)]).await?)
        })
        .await
    }
}
