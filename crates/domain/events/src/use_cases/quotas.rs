//! Places that several ticket types share.

use super::ticket_types::locked;
use super::{AccessError, Events, TicketTypeError};
use crate::access::Right;
use crate::seating::is_of_section;
use crate::{Quota, QuotaInput, acts};
use kernel::{Actor, EventId, Invalid, QuotaId, transact};

/// How many quotas an event can have: all of them are read together.
pub const MOST_QUOTAS: usize = 50;

impl Events {
    /// Adds a quota, of which nothing is taken.
    ///
    /// # Errors
    /// [`TicketTypeError`].
    pub async fn add_quota(
        &self,
        actor: Actor,
        event: EventId,
        input: &QuotaInput,
    ) -> Result<Quota, TicketTypeError> {
        let (grant, _) = self.require(actor, event, Right::Manage).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let (event, _) = locked(tx, &grant, event, now).await?;
            if tx.quotas_locked(event.id).await?.len() >= MOST_QUOTAS {
                return Err(TicketTypeError::TooManyQuotas);
            }
            let added = input.added(event.id, now).map_err(TicketTypeError::Invalid)?;
            tx.add_quota(&added).await?;
            let act = acts::quota_changed(&actor.cause(), &event, (None, Some(&added)), now);
            tx.record(act.as_slice()).await?;
            Ok(added)
        })
        .await
    }

    /// Replaces the facts of a quota; see [`QuotaInput::edited`].
    ///
    /// # Errors
    /// [`TicketTypeError`].
    pub async fn update_quota(
        &self,
        actor: Actor,
        id: QuotaId,
        input: &QuotaInput,
    ) -> Result<Quota, TicketTypeError> {
        let event = self.event_of_quota(actor, id).await?;
        let (grant, _) = self.require(actor, event, Right::Manage).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let (event, types) = locked(tx, &grant, event, now).await?;
            let quotas = tx.quotas_locked(event.id).await?;
            let before = quotas.iter().find(|quota| quota.id == id).ok_or(AccessError::NotFound)?;
            let after = input.edited(before, &types).map_err(TicketTypeError::Invalid)?;
            let seating = tx.event_seating(event.id).await?;
            if after.quantity != before.quantity && is_of_section(seating.as_ref(), id) {
                let message = "there are as many as the section has seats for sale";
                let mistake = Invalid::new("quantity", "of_section", message);
                return Err(TicketTypeError::Invalid(vec![mistake]));
            }
            tx.save_quota(&after).await?;
            let act = acts::quota_changed(&actor.cause(), &event, (Some(before), Some(&after)), now);
            tx.record(act.as_slice()).await?;
            Ok(after)
        })
        .await
    }

    /// Removes a quota that no ticket type names.
    ///
    /// # Errors
    /// [`TicketTypeError`].
    pub async fn delete_quota(&self, actor: Actor, id: QuotaId) -> Result<(), TicketTypeError> {
        let event = self.event_of_quota(actor, id).await?;
        let (grant, _) = self.require(actor, event, Right::Manage).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let (event, _) = locked(tx, &grant, event, now).await?;
            let quotas = tx.quotas_locked(event.id).await?;
            let gone = quotas.iter().find(|quota| quota.id == id).ok_or(AccessError::NotFound)?;
            let seating = tx.event_seating(event.id).await?;
            if is_of_section(seating.as_ref(), id) || !tx.delete_quota(id).await? {
                return Err(TicketTypeError::QuotaInUse);
            }
            let act = acts::quota_changed(&actor.cause(), &event, (Some(gone), None), now);
            Ok(tx.record(act.as_slice()).await?)
        })
        .await
    }

    /// All quotas of an event, by id, with how much of each is held or sold.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn quotas(&self, actor: Actor, event: EventId) -> Result<Vec<(Quota, u32)>, AccessError> {
        self.require(actor, event, Right::Manage).await?;
        let types = self.store.ticket_types(event).await?;
        let quotas = self.store.quotas(event).await?.into_iter();
        Ok(quotas
            .map(|quota| (crate::quota::taken_of(quota.id, &types), quota))
            .map(|(n, q)| (q, n))
            .collect())
    }

    async fn event_of_quota(&self, actor: Actor, id: QuotaId) -> Result<EventId, TicketTypeError> {
        self.grant(actor).await?.require_any().map_err(AccessError::from)?;
        Ok(self.store.quota(id).await?.ok_or(AccessError::NotFound)?.event)
    }
}
