//! What kinds of tickets an event has.

use super::{AccessError, Events, ShowError};
use crate::access::{Grant, Right};
use crate::selling::Opened;
use crate::{
    Event, EventTx, Left, Seating, Stocked, TicketType, TicketTypeInput, WrongStatus, acts, selling,
};
use kernel::{Actor, EventId, Invalid, StoreError, TicketTypeId, Timestamp, transact};

/// Why the ticket types stayed as they were.
#[derive(Debug, thiserror::Error)]
pub enum TicketTypeError {
    /// Not there, or not the actor's.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The event is cancelled or over.
    #[error(transparent)]
    WrongStatus(#[from] WrongStatus),
    /// All mistakes in the input.
    #[error("the ticket type has mistakes")]
    Invalid(Vec<Invalid>),
    /// There are holds or bookings of it; it can be hidden.
    #[error("tickets of this type are held or were booked")]
    InUse,
    /// It was made for the seats of a section; it can be hidden.
    #[error("this ticket type belongs to a section")]
    OfSection,
    /// Ticket types name this quota.
    #[error("ticket types share this quota")]
    QuotaInUse,
    /// An event has at most [`super::MOST_QUOTAS`].
    #[error("an event has at most {} quotas", super::MOST_QUOTAS)]
    TooManyQuotas,
    /// An event has at most [`MOST_TYPES`].
    #[error("an event has at most {MOST_TYPES} ticket types")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many ticket types an event can have: all of them are locked and listed together.
pub const MOST_TYPES: usize = 100;

impl Events {
    /// Adds a ticket type, on sale at once when the event is.
    ///
    /// # Errors
    /// [`TicketTypeError`].
    pub async fn add_ticket_type(
        &self,
        actor: Actor,
        event: EventId,
        input: &TicketTypeInput,
    ) -> Result<TicketType, TicketTypeError> {
        let (grant, _) = self.require(actor, event, Right::Manage).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let (event, others) = locked(tx, &grant, event, now).await?;
            if others.len() >= MOST_TYPES {
                return Err(TicketTypeError::TooMany);
            }
            let quotas = tx.quotas_locked(event.id).await?;
            let seating = tx.event_seating(event.id).await?;
            let input = Seating::joined(seating.as_ref(), input, None).map_err(TicketTypeError::Invalid)?;
            let added = input.added(&event, &others, &quotas, now).map_err(TicketTypeError::Invalid)?;
            tx.add_ticket_type(&added).await?;
            let act = acts::ticket_type_changed(&actor.cause(), &event, None, Some(&added), now);
            tx.record(act.as_slice()).await?;
            Ok(added)
        })
        .await
    }

    /// Replaces the facts of a ticket type; see [`TicketTypeInput::edited`].
    ///
    /// # Errors
    /// [`TicketTypeError`].
    pub async fn update_ticket_type(
        &self,
        actor: Actor,
        id: TicketTypeId,
        input: &TicketTypeInput,
    ) -> Result<TicketType, TicketTypeError> {
        let (grant, event) = self.require_of_type(actor, id).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let (event, types) = locked(tx, &grant, event, now).await?;
            let before = types.iter().find(|stocked| stocked.ticket_type.id == id);
            let before = before.ok_or(AccessError::NotFound)?;
            let quotas = tx.quotas_locked(event.id).await?;
            let seating = tx.event_seating(event.id).await?;
            let was = Some(&before.ticket_type);
            let input = Seating::joined(seating.as_ref(), input, was).map_err(TicketTypeError::Invalid)?;
            let after = input.edited(&event, before, &types, &quotas).map_err(TicketTypeError::Invalid)?;
            tx.save_ticket_type(&after).await?;
            let act = acts::ticket_type_changed(&actor.cause(), &event, was, Some(&after), now);
            tx.record(act.as_slice()).await?;
            Ok(after)
        })
        .await
    }

    /// Removes a ticket type that nobody ever held or bought; answers with its event.
    ///
    /// # Errors
    /// [`TicketTypeError`].
    pub async fn delete_ticket_type(
        &self,
        actor: Actor,
        id: TicketTypeId,
    ) -> Result<EventId, TicketTypeError> {
        let (grant, event) = self.require_of_type(actor, id).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let (event, types) = locked(tx, &grant, event, now).await?;
            let gone = types.iter().find(|stocked| stocked.ticket_type.id == id);
            let gone = gone.ok_or(AccessError::NotFound)?;
            let seating = tx.event_seating(event.id).await?;
            if seating.is_some_and(|seating| seating.owns(id)) {
                return Err(TicketTypeError::OfSection);
            }
            if !tx.delete_ticket_type(id).await? {
                return Err(TicketTypeError::InUse);
            }
            let was = Some(&gone.ticket_type);
            let act = acts::ticket_type_changed(&actor.cause(), &event, was, None, now);
            tx.record(act.as_slice()).await?;
            Ok(event.id)
        })
        .await
    }

    /// All ticket types with their stock, for those who run the event.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn ticket_types(&self, actor: Actor, event: EventId) -> Result<Vec<Stocked>, AccessError> {
        self.require(actor, event, Right::Manage).await?;
        Ok(self.store.ticket_types(event).await?)
    }

    /// The same also for those who stand at its door, with whether the stock is for the actor to know, who has to run the
    /// event for that.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn ticket_types_for_staff(
        &self,
        actor: Actor,
        event: EventId,
    ) -> Result<(Vec<Stocked>, bool), AccessError> {
        let (grant, event) = self.require(actor, event, Right::Door).await?;
        let counted = grant.may(event.organisation, Right::Manage);
        Ok((self.store.ticket_types(event.id).await?, counted))
    }

    /// What is left of every type that is not hidden, for whoever may see the event.
    ///
    /// # Errors
    /// [`ShowError`].
    pub async fn availability(&self, actor: Option<Actor>, event: EventId) -> Result<Vec<Left>, ShowError> {
        self.availability_with(actor, event, &Opened::default()).await
    }

    /// The same for somebody with a code.
    ///
    /// # Errors
    /// [`ShowError`].
    pub async fn availability_with(
        &self,
        actor: Option<Actor>,
        event: EventId,
        opened: &Opened,
    ) -> Result<Vec<Left>, ShowError> {
        let event = self.visible(actor, &event.to_string()).await?.event;
        let ticket_types = self.types_for_all(event.id).await?;
        Ok(selling::left_with(&event, &ticket_types, opened, self.clock.now()))
    }

    async fn require_of_type(
        &self,
        actor: Actor,
        id: TicketTypeId,
    ) -> Result<(Grant, EventId), TicketTypeError> {
        self.grant(actor).await?.require_any().map_err(AccessError::from)?;
        let ticket_type = self.store.ticket_type(id).await?.ok_or(AccessError::NotFound)?;
        let (grant, event) = self.require(actor, ticket_type.event, Right::Manage).await?;
        Ok((grant, event.id))
    }
}

/// The event and its types, locked, if the actor may still change them.
pub(super) async fn locked(
    tx: &mut dyn EventTx,
    grant: &Grant,
    event: EventId,
    now: Timestamp,
) -> Result<(Event, Vec<Stocked>), TicketTypeError> {
    let (event, _) = tx.lock_event(event).await?.ok_or(AccessError::NotFound)?;
    grant.require(event.organisation, Right::Manage).map_err(AccessError::from)?;
    event.require_editable(now)?;
    let ticket_types = tx.ticket_types_locked(event.id).await?;
    Ok((event, ticket_types))
}
