//! Halls of an organisation.

use super::{AccessError, Events};
use crate::access::{Denied, Right};
use crate::venue::SeatChange;
use crate::{EventTx, Section, SectionEdit, SectionInput, TemplateSummary, VenueTemplate, acts};
use kernel::{
    Actor, Invalid, OrganisationId, Page, PageRequest, SectionId, StoreError, Timestamp, VenueTemplateId,
    transact,
};

/// Why a hall stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum VenueError {
    /// Not there, or not the actor's.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// All mistakes in the input.
    #[error("the hall has mistakes")]
    Invalid(Vec<Invalid>),
    /// Events were made of it.
    #[error("events were made of this hall")]
    InUse,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Events {
    /// Halls of the organisations whose events the actor runs, the newest first.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn venue_templates(
        &self,
        actor: Actor,
        page: PageRequest,
    ) -> Result<Page<TemplateSummary>, AccessError> {
        let own = self.grant(actor).await?.any_organisations(Right::Manage)?;
        Ok(self.store.templates(own.as_deref(), page).await?)
    }

    /// A hall with its seats.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn venue_template(
        &self,
        actor: Actor,
        id: VenueTemplateId,
    ) -> Result<VenueTemplate, AccessError> {
        let grant = self.grant(actor).await?;
        grant.require_any()?;
        let template = self.store.template(id).await?.ok_or(AccessError::NotFound)?;
        grant.require(template.organisation, Right::Manage)?;
        Ok(template)
    }

    /// Adds a hall without seats.
    ///
    /// # Errors
    /// [`VenueError`]; `organisation_id` is a mistake when it is not the actor's.
    pub async fn add_venue_template(
        &self,
        actor: Actor,
        organisation: OrganisationId,
        name: &str,
    ) -> Result<VenueTemplate, VenueError> {
        let grant = self.grant(actor).await?;
        grant.require_any().map_err(AccessError::from)?;
        match grant.require(organisation, Right::Manage) {
            Ok(()) if self.store.organisation(organisation).await?.is_some() => {}
            Ok(()) | Err(Denied::Hidden) => {
                return Err(VenueError::Invalid(vec![super::create::unknown_organisation()]));
            }
            Err(Denied::Forbidden) => return Err(AccessError::Forbidden.into()),
        }
        let now = self.clock.now();
        let made = VenueTemplate::named(organisation, name, now).map_err(VenueError::Invalid)?;
        transact(self.store.begin().await?, async move |tx| {
            if !tx.keep_organisation(organisation).await? {
                return Err(VenueError::Invalid(vec![super::create::unknown_organisation()]));
            }
            tx.add_template(&made).await?;
            tx.record(&[acts::template_changed(&actor.cause(), (None, Some(&made)), &made, now)]).await?;
            Ok(made)
        })
        .await
    }

    /// Adds a section with its seats. Events that were made of the hall stay as they are.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn add_section(
        &self,
        actor: Actor,
        id: VenueTemplateId,
        input: &SectionInput,
    ) -> Result<Section, VenueError> {
        self.venue_template(actor, id).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let before = own(tx, id).await?;
            let (after, section) = before.with(input, now).map_err(VenueError::Invalid)?;
            keep(tx, actor, (&before, &after), now).await?;
            Ok(section)
        })
        .await
    }

    /// Renames a section, or changes its price or its place in lists; its seats stay.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn update_section(
        &self,
        actor: Actor,
        (id, section): (VenueTemplateId, SectionId),
        edit: &SectionEdit,
    ) -> Result<Section, VenueError> {
        self.venue_template(actor, id).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let before = own(tx, id).await?;
            let edited = before.with_edited(section, edit, now).map_err(VenueError::Invalid)?;
            let (after, section) = edited.ok_or(AccessError::NotFound)?;
            keep(tx, actor, (&before, &after), now).await?;
            Ok(section)
        })
        .await
    }

    /// Removes a section with its seats. Events that were made of the hall have theirs.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn remove_section(
        &self,
        actor: Actor,
        (id, section): (VenueTemplateId, SectionId),
    ) -> Result<(), VenueError> {
        self.venue_template(actor, id).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let before = own(tx, id).await?;
            let after = before.without(section, now).ok_or(AccessError::NotFound)?;
            Ok(keep(tx, actor, (&before, &after), now).await?)
        })
        .await
    }

    /// Renames a hall and changes seats of it.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn update_venue_template(
        &self,
        actor: Actor,
        id: VenueTemplateId,
        name: &str,
        changes: &[SeatChange],
    ) -> Result<VenueTemplate, VenueError> {
        self.venue_template(actor, id).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let before = own(tx, id).await?;
            let after = before.edited(name, changes, now).map_err(VenueError::Invalid)?;
            keep(tx, actor, (&before, &after), now).await?;
            Ok(after)
        })
        .await
    }

    /// Removes a hall of which no event was made.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn delete_venue_template(&self, actor: Actor, id: VenueTemplateId) -> Result<(), VenueError> {
        self.venue_template(actor, id).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let gone = own(tx, id).await?;
            if !tx.delete_template(id).await? {
                return Err(VenueError::InUse);
            }
            let act = acts::template_changed(&actor.cause(), (Some(&gone), None), &gone, now);
            Ok(tx.record(&[act]).await?)
        })
        .await
    }
}

/// The hall, locked. Whose it is was asked before, and never changes.
async fn own(tx: &mut dyn EventTx, id: VenueTemplateId) -> Result<VenueTemplate, VenueError> {
    Ok(tx.lock_template(id).await?.ok_or(AccessError::NotFound)?)
}

async fn keep(
    tx: &mut dyn EventTx,
    actor: Actor,
    (before, after): (&VenueTemplate, &VenueTemplate),
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.save_template(after).await?;
    let act = acts::template_changed(&actor.cause(), (Some(before), Some(after)), after, now);
    tx.record(&[act]).await
}
