//! Renaming an organisation, and removing one that has nothing.

use super::{AccessError, Events};
use crate::mistakes::Mistakes;
use crate::{Member, Organisation, acts};
use kernel::{Actor, Invalid, OrganisationId, StoreError, transact};

/// Why an organisation stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum ChangeOrganisationError {
    /// Not an admin, or not there.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// All mistakes in the input.
    #[error("the organisation has mistakes")]
    Invalid(Vec<Invalid>),
    /// There are events, halls, bookings or documents of it.
    #[error("the organisation has something")]
    InUse,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Events {
    /// Gives an organisation another name; its slug stays. What was printed with the old name stays as it is.
    ///
    /// # Errors
    /// [`ChangeOrganisationError`].
    pub async fn rename_organisation(
        &self,
        actor: Actor,
        id: OrganisationId,
        name: &str,
    ) -> Result<Organisation, ChangeOrganisationError> {
        require_admin(actor)?;
        let mut mistakes = Mistakes::default();
        let name = mistakes.line("name", name, 100);
        let name = mistakes.none_or(name).map_err(ChangeOrganisationError::Invalid)?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let before = tx.lock_organisation(id).await?.ok_or(AccessError::NotFound)?;
            if before.name == name {
                return Ok(before);
            }
            let after = Organisation { name, ..before.clone() };
            tx.save_organisation(&after).await?;
            tx.record(&[acts::organisation_renamed(&actor.cause(), &before, &after, now)]).await?;
            Ok(after)
        })
        .await
    }

    /// Removes an organisation that has nothing, with its billing details; answers with who worked there.
    ///
    /// # Errors
    /// [`ChangeOrganisationError`].
    pub async fn remove_organisation(
        &self,
        actor: Actor,
        id: OrganisationId,
    ) -> Result<Vec<Member>, ChangeOrganisationError> {
        require_admin(actor)?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let gone = tx.lock_organisation(id).await?.ok_or(AccessError::NotFound)?;
            let members = tx.lock_members(id).await?.unwrap_or_default();
            if !tx.delete_organisation(id).await? {
                return Err(ChangeOrganisationError::InUse);
            }
            let by = actor.cause();
            let left = members.iter().filter_map(|one| acts::member_changed(&by, Some(one), None, now));
            let told: Vec<_> = left.chain([acts::organisation_removed(&by, &gone, now)]).collect();
            tx.record(&told).await?;
            Ok(members)
        })
        .await
    }
}

fn require_admin(actor: Actor) -> Result<(), AccessError> {
    if actor.is_admin() { Ok(()) } else { Err(AccessError::Forbidden) }
}
