//! What organisers and visitors do with events; a file per verb.

mod address_views;
mod billing;
mod calendar;
mod change_organisation;
mod create;
mod create_organisation;
mod delete;
mod duplicate;
mod find;
mod members;
mod publish;
mod quotas;
mod seating;
mod show;
mod ticket_types;
mod update;
mod venues;
mod watch;

pub use billing::BillingError;
pub use change_organisation::ChangeOrganisationError;
pub use create::CreateError;
pub use create_organisation::OrganisationError;
pub use delete::DeleteError;
pub use duplicate::DuplicateError;
pub use find::Search;
pub use members::MemberError;
pub use publish::{DeactivateError, PublishCheck, PublishError};
pub use quotas::MOST_QUOTAS;
pub use seating::{SeatingError, Sections};
pub use show::{Captions, Seen, ShowError};
pub use ticket_types::{MOST_TYPES, TicketTypeError};
pub use update::UpdateError;
pub use venues::VenueError;
pub use watch::Watched;

use crate::access::{Denied, Grant, Right};
use crate::{Chargeable, Event, EventStore, Guests, Held, RefundRules, Stocked, Till, WaitingLists};
use async_trait::async_trait;
use kernel::{AccountId, Actor, Clock, EventId, Money, StoreError, TicketTypeId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The use cases of this domain. Each organiser's call asks the one rule in [`crate::access`].
#[derive(Clone)]
pub struct Events {
    store: Arc<dyn EventStore>,
    clock: Arc<dyn Clock>,
    till: Arc<dyn Till>,
    rules: Arc<dyn RefundRules>,
    guests: Arc<dyn Guests>,
    lists: Arc<dyn WaitingLists>,
    /// Whether what costs something is only published with a refund rule.
    strict: bool,
}

/// A till that takes every price, and rules for every event.
struct Everything;

impl Till for Everything {
    fn charge(&self, _: Money) -> Chargeable {
        Chargeable::Yes
    }
}

#[async_trait]
impl RefundRules for Everything {
    async fn is_ruled(&self, _: EventId) -> Result<bool, StoreError> {
        Ok(true)
    }
}

/// Nobody comes, and nobody waits.
struct Nobody;

#[async_trait]
impl Guests for Nobody {
    async fn holds(&self, _: AccountId, _: EventId) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn events_of(&self, _: AccountId, _: u32) -> Result<Vec<Held>, StoreError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl WaitingLists for Nobody {
    async fn kept(&self, _: &[EventId]) -> Result<Vec<(TicketTypeId, u32)>, StoreError> {
        Ok(Vec::new())
    }
}

/// Why someone does not get at a thing.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// There is no such thing, or it is not for this person to know.
    #[error("there is nothing here by that name")]
    NotFound,
    /// The person may not do that.
    #[error("this is not for you to do")]
    Forbidden,
    /// The store could not tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Denied> for AccessError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Forbidden => Self::Forbidden,
            Denied::Hidden => Self::NotFound,
        }
    }
}

impl Events {
    /// Over a store and a clock. Until it is told of a till ([`Self::charging`]) every price counts as chargeable, and
    /// until it is told of rules ([`Self::ruled_by`]) every event as having them; until it is told of guests
    /// ([`Self::attended_by`]) nobody holds a ticket, and of lists ([`Self::waited_for_on`]) nobody waits.
    pub fn new(store: Arc<dyn EventStore>, clock: Arc<dyn Clock>) -> Self {
        let (till, rules) = (Arc::new(Everything), Arc::new(Everything));
        Self { store, clock, till, rules, guests: Arc::new(Nobody), lists: Arc::new(Nobody), strict: false }
    }

    /// The same, looking whether an event says what goes back to buyers who cancel; `strict`: publishing nothing that
    /// costs something and does not.
    #[must_use]
    pub fn ruled_by(self, rules: Arc<dyn RefundRules>, strict: bool) -> Self {
        Self { rules, strict, ..self }
    }

    /// The same, knowing who holds tickets.
    #[must_use]
    pub fn attended_by(self, guests: Arc<dyn Guests>) -> Self {
        Self { guests, ..self }
    }

    /// The same, showing nobody what these lists keep.
    #[must_use]
    pub fn waited_for_on(self, lists: Arc<dyn WaitingLists>) -> Self {
        Self { lists, ..self }
    }

    /// The same, publishing only what this till can charge.
    #[must_use]
    pub fn charging(self, till: Arc<dyn Till>) -> Self {
        Self { till, ..self }
    }

    /// An event's types as everybody has them who waits for nothing; see [`Self::keep_for_lists`].
    async fn types_for_all(&self, event: EventId) -> Result<Vec<Stocked>, StoreError> {
        let mut ticket_types = self.store.ticket_types(event).await?;
        self.keep_for_lists(ticket_types.iter_mut()).await?;
        Ok(ticket_types)
    }

    /// Counts as held what lists keep that staff serves, of these types. Everything that is told of
    /// what is left follows from that. Nothing is asked for where no list is served so.
    async fn keep_for_lists<'a>(
        &self,
        ticket_types: impl Iterator<Item = &'a mut Stocked>,
    ) -> Result<(), StoreError> {
        let by_hand = ticket_types.filter(|it| it.by_hand);
        let mut types: BTreeMap<_, _> = by_hand.map(|it| (it.ticket_type.id, it)).collect();
        let mut events: Vec<_> = types.values().map(|it| it.ticket_type.event).collect();
        events.sort_unstable();
        events.dedup();
        if events.is_empty() {
            return Ok(());
        }
        for (id, kept) in self.lists.kept(&events).await? {
            if let Some(it) = types.get_mut(&id) {
                it.stock.held = it.stock.held.saturating_add(kept);
            }
        }
        Ok(())
    }

    /// What the actor can do, as stored now; other domains ask for it to decide about bookings and doors.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn grant(&self, actor: Actor) -> Result<Grant, StoreError> {
        let memberships =
            if actor.is_admin() { Vec::new() } else { self.store.memberships(actor.account).await? };
        Ok(Grant { actor, memberships })
    }

    /// That the actor has `right` over the event, and what else it can do. Those who work for nobody learn nothing
    /// about which events there are.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn require(
        &self,
        actor: Actor,
        event: EventId,
        right: Right,
    ) -> Result<(Grant, Event), AccessError> {
        let grant = self.grant(actor).await?;
        grant.require_any()?;
        let event = self.store.event(event).await?.ok_or(AccessError::NotFound)?;
        let right = if right == Right::Door { event.seen_with() } else { right };
        grant.require(event.organisation, right)?;
        Ok((grant, event))
    }
}
