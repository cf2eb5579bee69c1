//! Putting an event on sale, and taking it off again.

use super::{AccessError, Events};
use crate::access::Right;
use crate::{Event, WrongStatus, acts, seating, sellable};
use kernel::{Actor, EventId, Invalid, StoreError, transact};

/// Why an event was not put on sale.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Not there, or not the actor's.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Published already, cancelled or over.
    #[error(transparent)]
    WrongStatus(#[from] WrongStatus),
    /// All reasons why it could not be sold.
    #[error("the event cannot be sold as it is")]
    NotSellable(Vec<Invalid>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What stands against putting an event on sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishCheck {
    /// Why it cannot be; empty when it can.
    pub obstacles: Vec<Invalid>,
    /// What does not stand against it and should be known.
    pub cautions: Vec<Invalid>,
}

/// Why an event was not taken off sale.
#[derive(Debug, thiserror::Error)]
pub enum DeactivateError {
    /// Not there, or not the actor's.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Not published.
    #[error(transparent)]
    WrongStatus(#[from] WrongStatus),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Events {
    /// Publishes a draft or a deactivated event, if it can be sold.
    ///
    /// # Errors
    /// [`PublishError`].
    pub async fn publish(&self, actor: Actor, id: EventId) -> Result<Event, PublishError> {
        let (grant, _) = self.require(actor, id, Right::Manage).await?;
        let now = self.clock.now();
        // A rule can be changed but never taken away: it need not be looked at under the lock.
        let ruled = !self.strict || self.rules.is_ruled(id).await?;
        transact(self.store.begin().await?, async move |tx| {
            let (mut event, _) = tx.lock_event(id).await?.ok_or(AccessError::NotFound)?;
            grant.require(event.organisation, Right::Manage).map_err(AccessError::from)?;
            let types = tx.ticket_types_locked(id).await?;
            let mut obstacles = sellable::obstacles(&event, &types, &*self.till, now);
            let seating = tx.event_seating(id).await?;
            obstacles.extend(seating::obstacles(&event, seating.as_ref(), &types, &*self.till));
            obstacles.extend(sellable::cautions(&types, ruled));
            let before = event.clone();
            event.publish(now)?;
            if !obstacles.is_empty() {
                return Err(PublishError::NotSellable(obstacles));
            }
            tx.save_event(&event).await?;
            let act = acts::event_turned(&actor.cause(), "event.publish", &before, &event, now);
            tx.record(&[act]).await?;
            Ok(event)
        })
        .await
    }

    /// Every reason why an event could not be put on sale as it is now, and what else is to be known before, without
    /// doing so; one that is on sale is looked at in the same way.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn publish_check(&self, actor: Actor, id: EventId) -> Result<PublishCheck, AccessError> {
        let (_, event) = self.require(actor, id, Right::Manage).await?;
        let types = self.store.ticket_types(id).await?;
        let mut obstacles = sellable::obstacles(&event, &types, &*self.till, self.clock.now());
        let seating = self.store.seating(id).await?;
        obstacles.extend(seating::obstacles(&event, seating.as_ref(), &types, &*self.till));
        let mut cautions = sellable::cautions(&types, self.rules.is_ruled(id).await?);
        if self.strict {
            obstacles.append(&mut cautions);
        }
        Ok(PublishCheck { obstacles, cautions })
    }

    /// Takes a published event off sale and out of sight; what was sold stays valid.
    ///
    /// # Errors
    /// [`DeactivateError`].
    pub async fn deactivate(&self, actor: Actor, id: EventId) -> Result<Event, DeactivateError> {
        let (grant, _) = self.require(actor, id, Right::Manage).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let (mut event, _) = tx.lock_event(id).await?.ok_or(AccessError::NotFound)?;
            grant.require(event.organisation, Right::Manage).map_err(AccessError::from)?;
            let before = event.clone();
            event.deactivate(now)?;
            tx.save_event(&event).await?;
            let act = acts::event_turned(&actor.cause(), "event.deactivate", &before, &event, now);
            tx.record(&[act]).await?;
            Ok(event)
        })
        .await
    }
}
