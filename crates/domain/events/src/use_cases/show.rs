//! One event, as far as the one who asks may see it.

use super::Events;
use crate::access::{Grant, Right};
use crate::selling::{availability, price_from};
use crate::{Availability, Event, Listed, Onlooker, Status, slug};
use kernel::{Actor, EventId, Money, StoreError, Timestamp};

/// Why an event is not shown.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// There is no such event, or it is not for this person to know.
    #[error("there is no such event")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An event as somebody sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The facts, without what is not for this person.
    pub event: Event,
    /// Its state now.
    pub status: Status,
    /// The lowest price.
    pub price_from: Option<Money>,
    /// The word for what is left.
    pub availability: Availability,
}

/// An event that may be shown, and to whom.
pub(super) struct Visible {
    pub(super) event: Event,
    pub(super) viewer: Option<Grant>,
}

impl Events {
    /// One event by id or slug.
    ///
    /// # Errors
    /// [`ShowError`].
    pub async fn show(&self, actor: Option<Actor>, id_or_slug: &str) -> Result<Seen, ShowError> {
        let Visible { event, viewer } = self.visible(actor, id_or_slug).await?;
        let ticket_types = self.store.ticket_types(event.id).await?;
        Ok(seen(Listed { event, ticket_types }, viewer.as_ref(), self.clock.now()))
    }

    /// An event with its ticket types, for work that is done in nobody's name.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn facts(&self, id: EventId) -> Result<Option<Listed>, StoreError> {
        let Some(event) = self.store.event(id).await? else { return Ok(None) };
        let ticket_types = self.store.ticket_types(id).await?;
        Ok(Some(Listed { event, ticket_types }))
    }

    pub(super) async fn visible(&self, actor: Option<Actor>, id_or_slug: &str) -> Result<Visible, ShowError> {
        let event = match id_or_slug.parse::<EventId>() {
            Ok(id) => self.store.event(id).await?,
            Err(_) if slug::is_valid(id_or_slug) => self.store.event_by_slug(id_or_slug).await?,
            Err(_) => None,
        };
        let event = event.ok_or(ShowError::NotFound)?;
        let viewer = self.viewer(actor).await?;
        if event.is_visible_to(viewer.as_ref()) {
            Ok(Visible { event, viewer })
        } else {
            Err(ShowError::NotFound)
        }
    }

    pub(super) async fn viewer(&self, actor: Option<Actor>) -> Result<Option<Grant>, StoreError> {
        match actor {
            Some(actor) => self.grant(actor).await.map(Some),
            None => Ok(None),
        }
    }
}

/// The projection of an event for `viewer`: the one place that hides addresses.
pub(super) fn seen(listed: Listed, viewer: Option<&Grant>, now: Timestamp) -> Seen {
    let Listed { mut event, ticket_types } = listed;
    let organiser = viewer.is_some_and(|grant| grant.may(event.organisation, Right::Door));
    event.location = event.location.seen_by(if organiser { Onlooker::Organiser } else { Onlooker::Stranger });
    Seen {
        status: event.status_at(now),
        price_from: price_from(&event, &ticket_types, now),
        availability: availability(&event, &ticket_types, now),
        event,
    }
}
