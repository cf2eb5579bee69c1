//! One event, as far as the one who asks may see it.

use super::{AccessError, Events};
use crate::access::{Grant, Right};
use crate::selling::{availability, price_from};
use crate::{AddressView, Availability, Cell, Event, Listed, Onlooker, Point, Status, Stocked, slug};
use kernel::{Actor, EventId, Money, StoreError, TicketTypeId, Timestamp};
use std::collections::BTreeMap;

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

/// What events and ticket types are called.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Captions {
    /// Titles and beginnings.
    pub events: BTreeMap<EventId, (String, Timestamp)>,
    /// Names.
    pub ticket_types: BTreeMap<TicketTypeId, String>,
}

/// An event that may be shown, and to whom.
pub(super) struct Visible {
    pub(super) event: Event,
    pub(super) viewer: Option<Grant>,
}

impl Events {
    /// One event by id or slug. That somebody is shown the exact place is noted before they are.
    ///
    /// # Errors
    /// [`ShowError`].
    pub async fn show(&self, actor: Option<Actor>, id_or_slug: &str) -> Result<Seen, ShowError> {
        let Visible { event, viewer } = self.visible(actor, id_or_slug).await?;
        let ticket_types = self.types_for_all(event.id).await?;
        let now = self.clock.now();
        let onlooker = self.onlooker(&event, viewer.as_ref(), now).await?;
        Ok(seen(Listed { event, ticket_types }, onlooker, now))
    }

    /// Who looks at this one event. Somebody who is about to learn the exact place, as a ticket holder or as one who
    /// works there, is noted, or else learns nothing.
    pub(super) async fn onlooker(
        &self,
        event: &Event,
        viewer: Option<&Grant>,
        now: Timestamp,
    ) -> Result<Onlooker, StoreError> {
        let onlooker = standing(event, viewer);
        let Some(Grant { actor, .. }) = viewer.filter(|_| event.location.is_exact()) else {
            return Ok(onlooker);
        };
        let holds = onlooker == Onlooker::Stranger
            && event.reveals_place(now)
            && self.guests.holds(actor.account, event.id).await?;
        let onlooker = if holds { Onlooker::Holder } else { onlooker };
        if onlooker != Onlooker::Stranger {
            let view = AddressView::new(event.id, actor.account, now, actor.request);
            self.store.note_address_views(&[view]).await?;
        }
        Ok(onlooker)
    }

    /// An event as those see it who run it, with its ticket types as everybody has them; noted as every look at an exact
    /// place is.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn show_managed(
        &self,
        actor: Actor,
        event: EventId,
        right: Right,
    ) -> Result<(Event, Vec<Stocked>), AccessError> {
        let (grant, event) = self.require(actor, event, right).await?;
        let ticket_types = self.types_for_all(event.id).await?;
        self.onlooker(&event, Some(&grant), self.clock.now()).await?;
        Ok((event, ticket_types))
    }

    /// What some events and ticket types are called and when they begin, for lists of what refers to them; unknown ones
    /// are left out. Nothing of a place is in it.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn captions(
        &self,
        events: &[EventId],
        ticket_types: &[TicketTypeId],
    ) -> Result<Captions, StoreError> {
        let events = if events.is_empty() { Vec::new() } else { self.store.events(events).await? };
        let none = ticket_types.is_empty();
        let types = if none { Vec::new() } else { self.store.ticket_types_by_id(ticket_types).await? };
        Ok(Captions {
            events: events.into_iter().map(|event| (event.id, (event.title, event.starts_at))).collect(),
            ticket_types: types.into_iter().map(|one| (one.id, one.name)).collect(),
        })
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

    /// That everybody who is logged in may see an event: what is made for one of them and kept ready for all is not what
    /// only a ticket holder sees.
    ///
    /// # Errors
    /// [`ShowError`].
    pub async fn require_announced(&self, id: EventId) -> Result<(), ShowError> {
        let announced = self.store.event(id).await?.is_some_and(|event| event.is_announced());
        if announced { Ok(()) } else { Err(ShowError::NotFound) }
    }

    pub(super) async fn visible(&self, actor: Option<Actor>, id_or_slug: &str) -> Result<Visible, ShowError> {
        let event = match id_or_slug.parse::<EventId>() {
            Ok(id) => self.store.event(id).await?,
            Err(_) if slug::is_valid(id_or_slug) => self.store.event_by_slug(id_or_slug).await?,
            Err(_) => None,
        };
        let event = event.ok_or(ShowError::NotFound)?;
        let viewer = self.viewer(actor).await?;
        if event.is_visible_to(viewer.as_ref()) || self.is_expected(&event, viewer.as_ref()).await? {
            Ok(Visible { event, viewer })
        } else {
            Err(ShowError::NotFound)
        }
    }

    /// Whether somebody goes to an event that was taken out of sight: it takes place all the same.
    async fn is_expected(&self, event: &Event, viewer: Option<&Grant>) -> Result<bool, StoreError> {
        match viewer.filter(|_| event.status == Status::Deactivated) {
            Some(grant) => self.guests.holds(grant.actor.account, event.id).await,
            None => Ok(false),
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
fn standing(event: &Event, viewer: Option<&Grant>) -> Onlooker {
    let organiser = viewer.is_some_and(|grant| grant.may(event.organisation, Right::Door));
    if organiser { Onlooker::Organiser } else { Onlooker::Stranger }
}

/// An event as `onlooker` sees it.
pub(super) fn seen(listed: Listed, onlooker: Onlooker, now: Timestamp) -> Seen {
    let Listed { mut event, ticket_types } = listed;
    let approximate = event.location.cell().map(Cell::point);
    event.location = event.place_for(onlooker, now);
    Seen {
        approximate,
        status: event.status_at(now),
        price_from: price_from(&event, &ticket_types, now),
        availability: availability(&event, &ticket_types, now),
        event,
    }
}
