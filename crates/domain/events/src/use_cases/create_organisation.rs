//! Who runs events.

use super::{AccessError, Events};
use crate::access::Right;
use crate::mistakes::Mistakes;
use crate::{Organisation, acts, slug};
use kernel::{Actor, Cause, Invalid, OrganisationId, StoreError, transact};

/// Why no organisation was added.
#[derive(Debug, thiserror::Error)]
pub enum OrganisationError {
    /// Not an admin.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// All mistakes in the input.
    #[error("the organisation has mistakes")]
    Invalid(Vec<Invalid>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Events {
    /// Adds an organisation. A slug made from the name is numbered until it is free; one that was given has to be.
    ///
    /// # Errors
    /// [`OrganisationError`].
    pub async fn create_organisation(
        &self,
        actor: Actor,
        name: &str,
        slug: Option<&str>,
    ) -> Result<Organisation, OrganisationError> {
        if !actor.is_admin() {
            return Err(AccessError::Forbidden.into());
        }
        let mut mistakes = Mistakes::default();
        let name = mistakes.line("name", name, 100);
        if slug.is_some_and(|slug| !slug::is_valid(slug)) {
            mistakes.add("slug", "malformed", "a slug has lower-case letters, digits and single hyphens");
        }
        let name = mistakes.none_or(name).map_err(OrganisationError::Invalid)?;
        let given = slug.is_some();
        let base = slug.map_or_else(|| slug::made_from(&name, "organisation"), str::to_owned);
        let mut organisation = self.new_organisation(name, base);
        transact(self.store.begin().await?, async move |tx| {
            for candidate in slug::candidates(&organisation.slug.clone()) {
                organisation.slug = candidate;
                if tx.add_organisation(&organisation).await? {
                    let by = actor.cause();
                    tx.record(&[acts::organisation_created(&by, &organisation, organisation.created_at)])
                        .await?;
                    return Ok(organisation);
                }
                if given {
                    break;
                }
            }
            let taken = Invalid::new("slug", "taken", "another organisation has this slug");
            Err(OrganisationError::Invalid(vec![taken]))
        })
        .await
    }

    /// The organisations that the actor works for, with any standing; all of them for an admin.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn organisations(&self, actor: Actor) -> Result<Vec<Organisation>, AccessError> {
        let grant = self.grant(actor).await?;
        grant.require_any()?;
        let mut all = self.store.organisations().await?;
        all.retain(|organisation| grant.may(organisation.id, Right::Door));
        Ok(all)
    }

    /// The organisation that was added first; one called `name` is added when there is none. Two programs that
    /// start at once add one between them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ensure_default_organisation(&self, name: &str) -> Result<Organisation, StoreError> {
        if let Some(first) = self.store.organisations().await?.into_iter().next() {
            return Ok(first);
        }
        let organisation = self.new_organisation(name.to_owned(), slug::made_from(name, "organisation"));
        let act = acts::organisation_created(&Cause::system(), &organisation, organisation.created_at);
        let added = transact(self.store.begin().await?, async |tx| -> Result<bool, StoreError> {
            let added = tx.add_organisation(&organisation).await?;
            if added {
                tx.record(std::slice::from_ref(&act)).await?;
            }
            Ok(added)
        })
        .await?;
        if added {
            return Ok(organisation);
        }
        let first = self.store.organisations().await?.into_iter().next();
        first.ok_or(StoreError::Broken { doing: "adding the first organisation", cause: None })
    }

    fn new_organisation(&self, name: String, slug: String) -> Organisation {
        let now = self.clock.now();
        Organisation { id: OrganisationId::generate(now), name, slug, created_at: now }
    }
}
