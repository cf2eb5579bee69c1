//! One event, as far as the one who asks may see it.

use super::Events;
use crate::access::{Grant, Right};
use crate::selling::{availability, price_from};
use crate::{AddressView, Availability, Cell, Event, Listed, Onlooker, Point, Status, slug};
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
    /// About where it is, for everybody; `None` when that is not known.
    pub approximate: Option<Point>,
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
    /// One event by id or slug. That a ticket holder is shown the exact place is noted before they are.
    ///
    /// # Errors
    /// [`ShowError`].
    pub async fn show(&self, actor: Option<Actor>, id_or_slug: &str) -> Result<Seen, ShowError> {
        let Visible { event, viewer } = self.visible(actor, id_or_slug).await?;
        let ticket_types = self.store.ticket_types(event.id).await?;
        let now = self.clock.now();
        let onlooker = self.onlooker(&event, viewer.as_ref(), now).await?;
        Ok(seen(Listed { event, ticket_types }, onlooker, now))
    }

    /// Who looks at this one event. Somebody who is about to learn the exact place as a ticket holder is noted, or
    /// else learns nothing.
    pub(super) async fn onlooker(
        &self,
        event: &Event,
        viewer: Option<&Grant>,
        now: Timestamp,
    ) -> Result<Onlooker, StoreError> {
        let onlooker = standing(event, viewer);
        let revealed = event.location.is_exact() && event.location.is_revealed(event.status, now);
        let Some(Grant { actor, .. }) = viewer.filter(|_| onlooker == Onlooker::Stranger && revealed) else {
            return Ok(onlooker);
        };
        if !self.guests.holds(actor.account, event.id).await? {
            return Ok(Onlooker::Stranger);
        }
        let view = AddressView { event: event.id, account: actor.account, at: now, request: actor.request };
        self.store.note_address_views(&[view]).await?;
        Ok(Onlooker::Holder)
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

/// Who somebody is to an event, tickets aside.
pub(super) fn standing(event: &Event, viewer: Option<&Grant>) -> Onlooker {
    let organiser = viewer.is_some_and(|grant| grant.may(event.organisation, Right::Door));
    if organiser { Onlooker::Organiser } else { Onlooker::Stranger }
}

/// An event as `onlooker` sees it.
pub(super) fn seen(listed: Listed, onlooker: Onlooker, now: Timestamp) -> Seen {
    let Listed { mut event, ticket_types } = listed;
    let approximate = event.location.cell().map(Cell::point);
    event.location = event.location.seen_by(onlooker, event.status, now);
    Seen {
        approximate,
        status: event.status_at(now),
        price_from: price_from(&event, &ticket_types, now),
        availability: availability(&event, &ticket_types, now),
        event,
    }
}
