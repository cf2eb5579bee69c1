//! Adding an event that is like another one.

use super::{AccessError, Events};
use crate::access::Right;
use crate::duplicate::Copied;
use crate::{CopyInput, Event, Stock, Stocked, acts, slug};
use kernel::{Actor, EventId, Invalid, StoreError, transact};

/// Why no event was added.
#[derive(Debug, thiserror::Error)]
pub enum DuplicateError {
    /// Not there, or not the actor's.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// All mistakes in what is to be different.
    #[error("the copy has mistakes")]
    Invalid(Vec<Invalid>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Events {
    /// Adds a draft with the facts and the ticket types of an event in whatever state (see [`CopyInput::of`]). A slug
    /// made from the title is numbered until it is free; one that was given has to be free.
    ///
    /// # Errors
    /// [`DuplicateError`].
    pub async fn duplicate(
        &self,
        actor: Actor,
        id: EventId,
        input: &CopyInput,
    ) -> Result<(Event, Vec<Stocked>), DuplicateError> {
        let (_, source) = self.require(actor, id, Right::Manage).await?;
        // Read without locks, so that no buyer waits for it.
        let types = self.store.ticket_types(id).await?;
        let now = self.clock.now();
        let seating = self.store.seating(id).await?;
        let Copied { mut event, quotas, types, seating } =
            input.of(&source, &types, seating.as_ref(), now).map_err(DuplicateError::Invalid)?;
        let by = actor.cause();
        let given = input.slug.is_some();
        transact(self.store.begin().await?, async move |tx| {
            if !tx.keep_organisation(event.organisation).await? {
                return Err(AccessError::NotFound.into());
            }
            for candidate in slug::candidates(&event.slug.clone()) {
                event.slug = candidate;
                if tx.add_event(&event).await? {
                    let mut told = vec![acts::event_duplicated(&by, &source, &event, now)];
                    for quota in &quotas {
                        tx.add_quota(quota).await?;
                        told.extend(acts::quota_changed(&by, &event, (None, Some(quota)), now));
                    }
                    for kind in &types {
                        tx.add_ticket_type(kind).await?;
                        told.extend(acts::ticket_type_changed(&by, &event, None, Some(kind), now));
                    }
                    if let Some(seating) = &seating {
                        tx.save_seating(seating).await?;
                    }
                    tx.record(&told).await?;
                    let untouched = |kind: crate::TicketType| Stocked {
                        stock: Stock::untouched(kind.id),
                        quota: quotas.iter().find(|quota| Some(quota.id) == kind.quota).cloned(),
                        ticket_type: kind,
                        by_hand: false,
                    };
                    return Ok((event, types.into_iter().map(untouched).collect()));
                }
                if given {
                    break;
                }
            }
            Err(DuplicateError::Invalid(vec![Invalid::new("slug", "taken", "another event has this slug")]))
        })
        .await
    }
}
