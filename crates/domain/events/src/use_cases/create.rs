//! Adding an event.

use super::{AccessError, Events, seating};
use crate::access::{Denied, Right};
use crate::seating::unknown_template;
use crate::{Event, EventInput, acts, slug};
use kernel::{Actor, Invalid, StoreError, transact};

/// Why no event was added.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Not an organiser.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// All mistakes in the input; `organisation_id` is one when it is not the actor's.
    #[error("the event has mistakes")]
    Invalid(Vec<Invalid>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Events {
    /// Adds a draft. A slug made from the title is numbered until it is free; one that was given has to be free.
    ///
    /// # Errors
    /// [`CreateError`].
    pub async fn create(&self, actor: Actor, input: &EventInput) -> Result<Event, CreateError> {
        let grant = self.grant(actor).await?;
        grant.require_any().map_err(AccessError::from)?;
        let mistakes = match grant.require(input.organisation, Right::Manage) {
            Ok(()) if self.store.organisation(input.organisation).await?.is_some() => Vec::new(),
            Ok(()) | Err(Denied::Hidden) => vec![unknown_organisation()],
            Err(Denied::Forbidden) => return Err(AccessError::Forbidden.into()),
        };
        let now = self.clock.now();
        let draft = input.draft(now).map_err(|more| [mistakes.clone(), more].concat());
        let mut event = draft.map_err(CreateError::Invalid)?;
        if !mistakes.is_empty() {
            return Err(CreateError::Invalid(mistakes));
        }
        let given = input.slug.is_some();
        transact(self.store.begin().await?, async move |tx| {
            if !tx.keep_organisation(event.organisation).await? {
                return Err(CreateError::Invalid(vec![unknown_organisation()]));
            }
            if !seating::has_hall(tx, &event).await? {
                return Err(CreateError::Invalid(vec![unknown_template()]));
            }
            for candidate in slug::candidates(&event.slug.clone()) {
                event.slug = candidate;
                if tx.add_event(&event).await? {
                    seating::install(tx, &event, (&[], 1), now).await?.map_err(CreateError::Invalid)?;
                    tx.record(&[acts::event_created(&actor.cause(), &event, now)]).await?;
                    return Ok(event);
                }
                if given {
                    break;
                }
            }
            Err(CreateError::Invalid(vec![Invalid::new("slug", "taken", "another event has this slug")]))
        })
        .await
    }
}

/// Alike for one that does not exist and one that is none of the actor's business.
pub(super) fn unknown_organisation() -> Invalid {
    Invalid::new("organisation_id", "unknown_organisation", "there is no such organisation")
}
