//! Who works for an organisation.

use super::{AccessError, Events};
use crate::access::{Grant, Right, may};
use crate::{EventTx, Member, Standing, acts};
use kernel::{AccountId, Actor, Cause, OrganisationId, StoreError, transact};

/// Why the members stayed as they were.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// Not there, or not the actor's to decide.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The last owner who may log in stays one; only an admin can leave an organisation without.
    #[error("an organisation keeps at least one owner who may log in")]
    LastOwner,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Events {
    /// Who works there, for those who run its events.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn members(
        &self,
        actor: Actor,
        organisation: OrganisationId,
    ) -> Result<Vec<Member>, AccessError> {
        self.require_in(actor, organisation, Right::Manage).await?;
        Ok(self.store.members(organisation).await?)
    }

    /// The accounts that own it, for mails to them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn owners(&self, organisation: OrganisationId) -> Result<Vec<AccountId>, StoreError> {
        let members = self.store.members(organisation).await?.into_iter();
        Ok(members.filter(|member| member.standing == Standing::Owner).map(|member| member.account).collect())
    }

    /// Gives an account, which exists, a standing there, in place of the one it may have had. An owner who may not log in
    /// does not count as one who is left.
    ///
    /// # Errors
    /// [`MemberError`].
    pub async fn set_member(
        &self,
        actor: Actor,
        organisation: OrganisationId,
        account: AccountId,
        standing: Standing,
    ) -> Result<Member, MemberError> {
        let grant = self.require_in(actor, organisation, Right::Own).await?;
        let member = Member { organisation, account, standing, added_at: self.clock.now() };
        transact(self.store.begin().await?, async move |tx| {
            let before = lock(tx, &grant, organisation).await?;
            if let Some(same) = before.iter().find(|one| one.account == account && one.standing == standing) {
                return Ok(*same);
            }
            keep_an_owner(tx, &grant, &before, account, Some(standing)).await?;
            tx.remove_member(organisation, account).await?;
            tx.add_member(&member).await?;
            let was = before.iter().find(|one| one.account == account);
            let act = acts::member_changed(&actor.cause(), was, Some(&member), member.added_at);
            tx.record(act.as_slice()).await?;
            Ok(member)
        })
        .await
    }

    /// Ends an account's standing there.
    ///
    /// # Errors
    /// [`MemberError`].
    pub async fn remove_member(
        &self,
        actor: Actor,
        organisation: OrganisationId,
        account: AccountId,
    ) -> Result<(), MemberError> {
        let grant = self.require_in(actor, organisation, Right::Own).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let before = lock(tx, &grant, organisation).await?;
            keep_an_owner(tx, &grant, &before, account, None).await?;
            if !tx.remove_member(organisation, account).await? {
                return Err(AccessError::NotFound.into());
            }
            let was = before.iter().find(|one| one.account == account);
            Ok(tx.record(acts::member_changed(&actor.cause(), was, None, now).as_slice()).await?)
        })
        .await
    }

    /// For whom somebody works, for themselves.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn own_memberships(&self, account: AccountId) -> Result<Vec<Member>, StoreError> {
        self.store.memberships(account).await
    }

    /// Ends all standings of an account that was erased. An organisation that is left without an owner by that is the
    /// admins' to see to. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the store cannot answer; what was ended by then stays ended.
    pub async fn leave_all(&self, account: AccountId) -> Result<(), StoreError> {
        for member in self.store.memberships(account).await? {
            self.leave(member.organisation, account).await?;
        }
        Ok(())
    }

    async fn leave(&self, organisation: OrganisationId, account: AccountId) -> Result<(), StoreError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let before = tx.lock_members(organisation).await?.unwrap_or_default();
            // Whoever ended it meanwhile has recorded it.
            let Some(was) = before.iter().find(|one| one.account == account) else { return Ok(()) };
            tx.remove_member(organisation, account).await?;
            let act = acts::member_changed(&Cause::system(), Some(was), None, now);
            tx.record(act.as_slice()).await
        })
        .await
    }

    pub(super) async fn require_in(
        &self,
        actor: Actor,
        organisation: OrganisationId,
        right: Right,
    ) -> Result<Grant, AccessError> {
        let grant = self.grant(actor).await?;
        grant.require(organisation, right)?;
        self.store.organisation(organisation).await?.ok_or(AccessError::NotFound)?;
        Ok(grant)
    }
}

/// The members, locked, if the actor is still one who decides about them.
async fn lock(
    tx: &mut dyn EventTx,
    grant: &Grant,
    organisation: OrganisationId,
) -> Result<Vec<Member>, MemberError> {
    let members = tx.lock_members(organisation).await?.ok_or(AccessError::NotFound)?;
    if may(&grant.actor, &members, organisation, Right::Own) {
        Ok(members)
    } else {
        Err(AccessError::Forbidden.into())
    }
}

/// Whether an owner who may log in is left when `account` gets the standing `after`; an admin may leave none.
async fn keep_an_owner(
    tx: &mut dyn EventTx,
    grant: &Grant,
    before: &[Member],
    account: AccountId,
    after: Option<Standing>,
) -> Result<(), MemberError> {
    let owners = before.iter().filter(|member| member.standing == Standing::Owner);
    let (own, others): (Vec<_>, Vec<_>) =
        owners.map(|member| member.account).partition(|owner| *owner == account);
    if own.is_empty() || after == Some(Standing::Owner) || grant.actor.is_admin() {
        return Ok(());
    }
    if tx.keep_able(&others).await?.is_empty() { Err(MemberError::LastOwner) } else { Ok(()) }
}
