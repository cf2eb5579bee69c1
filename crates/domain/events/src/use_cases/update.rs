//! Editing an event.

use super::create::unknown_organisation;
use super::{AccessError, Events, seating};
use crate::access::Right;
use crate::{Event, EventInput, WrongStatus, acts};
use kernel::{Actor, EventId, Invalid, StoreError, transact};

/// Why an event stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// Not there, or not the actor's.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Cancelled or over.
    #[error(transparent)]
    WrongStatus(#[from] WrongStatus),
    /// All mistakes in the input.
    #[error("the event has mistakes")]
    Invalid(Vec<Invalid>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Events {
    /// Replaces the facts of an event; see [`EventInput::edited`] for what cannot change any more.
    ///
    /// # Errors
    /// [`UpdateError`].
    pub async fn update(&self, actor: Actor, id: EventId, input: &EventInput) -> Result<Event, UpdateError> {
        let (grant, _) = self.require(actor, id, Right::Manage).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let (before, taken) = tx.lock_event(id).await?.ok_or(AccessError::NotFound)?;
            grant.require(before.organisation, Right::Manage).map_err(AccessError::from)?;
            before.require_editable(now)?;
            let may = grant.may(input.organisation, Right::Manage);
            if !may || !tx.keep_organisation(input.organisation).await? {
                return Err(UpdateError::Invalid(vec![unknown_organisation()]));
            }
            let ticket_types = tx.ticket_types_locked(id).await?;
            let after = input.edited(&before, taken, &ticket_types, now).map_err(UpdateError::Invalid)?;
            let seats = (taken, ticket_types.as_slice());
            seating::refit(tx, (&before, &after), seats, now).await?.map_err(UpdateError::Invalid)?;
            tx.save_event(&after).await?;
            tx.record(&[acts::event_updated(&actor.cause(), &before, &after, now)]).await?;
            Ok(after)
        })
        .await
    }
}
