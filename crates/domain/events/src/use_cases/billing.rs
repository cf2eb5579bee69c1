//! Whom receipts and invoices are from.

use super::{AccessError, Events};
use crate::access::{Right, may};
use crate::acts;
use crate::{Billing, BillingInput, Organisation};
use kernel::{Actor, Invalid, OrganisationId, StoreError, transact};

/// Why the details stayed as they were.
#[derive(Debug, thiserror::Error)]
pub enum BillingError {
    /// Not there, or not the actor's to decide.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// All mistakes in the input.
    #[error("the billing details have mistakes")]
    Invalid(Vec<Invalid>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Events {
    /// An organisation with its details, for those who run its events; `None` when nobody has given any.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn billing(
        &self,
        actor: Actor,
        organisation: OrganisationId,
    ) -> Result<(Organisation, Option<Billing>), AccessError> {
        self.require_in(actor, organisation, Right::Manage).await?;
        self.issuer(organisation).await?.ok_or(AccessError::NotFound)
    }

    /// An organisation with its details for its documents, whoever causes them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn issuer(
        &self,
        id: OrganisationId,
    ) -> Result<Option<(Organisation, Option<Billing>)>, StoreError> {
        let Some(organisation) = self.store.organisation(id).await? else { return Ok(None) };
        Ok(Some((organisation, self.store.billing(id).await?)))
    }

    /// Replaces the organisation's details. Documents that were issued keep what they were issued with.
    ///
    /// # Errors
    /// [`BillingError`].
    pub async fn set_billing(
        &self,
        actor: Actor,
        organisation: OrganisationId,
        input: &BillingInput,
    ) -> Result<Billing, BillingError> {
        self.require_in(actor, organisation, Right::Own).await?;
        let billing = input.of(organisation, self.clock.now()).map_err(BillingError::Invalid)?;
        // Read outside: it only says what the change changed.
        let before = self.store.billing(organisation).await?;
        transact(self.store.begin().await?, async |tx| {
            let members = tx.lock_members(organisation).await?.ok_or(AccessError::NotFound)?;
            if !may(&actor, &members, organisation, Right::Own) {
                return Err(AccessError::Forbidden.into());
            }
            tx.save_billing(&billing).await?;
            tx.record(&[acts::billing_set(&actor.cause(), before.as_ref(), &billing)]).await?;
            Ok(billing.clone())
        })
        .await
    }
}
