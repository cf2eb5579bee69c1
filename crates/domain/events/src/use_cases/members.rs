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

    /// Gives an account, which exists, a standing there, in place of the one it may have had. `able` are the members
    /// who may log in, as of a moment ago: an owner who is none of them does not count as one who is left.
    ///
    /// # Errors
    /// [`MemberError`].
    pub async fn set_member(
        &self,
        actor: Actor,
        organisation: OrganisationId,
        account: AccountId,
        standing: Standing,
        able: &[AccountId],
    ) -> Result<Member, MemberError> {
        let grant = self.require_in(actor, organisation, Right::Own).await?;
        let member = Member { organisation, account, standing, added_at: self.clock.now() };
        transact(self.store.begin().await?, async move |tx| {
            let before = lock(tx, &grant, organisation).await?;
            if let Some(same) = before.iter().find(|one| one.account == account && one.standing == standing) {
                return Ok(*same);
            }
            keep_an_owner(&grant, &before, able, account, Some(standing))?;
            tx.remove_member(organisation, account).await?;
            tx.add_member(&member).await?;
            let was = before.iter().find(|one| one.account == account);
            let act = acts::member_changed(&actor.cause(), was, Some(&member), member.added_at);
            tx.record(act.as_slice()).await?;
            Ok(member)
        })
        .await
    }

    /// Ends an account's standing there; `able` as for [`Self::set_member`].
    ///
    /// # Errors
    /// [`MemberError`].
    pub async fn remove_member(
        &self,
        actor: Actor,
        organisation: OrganisationId,
        account: AccountId,
        able: &[AccountId],
    ) -> Result<(), MemberError> {
        let grant = self.require_in(actor, organisation, Right::Own).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async move |tx| {
            let before = lock(tx, &grant, organisation).await?;
            keep_an_owner(&grant, &before, able, account, None)?;
            if !tx.remove_member(organisation, account).await? {
                return Err(AccessError::NotFound.into());
            }
            let was = before.iter().find(|one| one.account == account);
            Ok(tx.record(acts::member_changed(&actor.cause(), was, None, now).as_slice()).await?)
        })
        .await
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

/// Whether an owner who is among the `able` is left when `account` gets the standing `after`; an admin may leave none.
fn keep_an_owner(
    grant: &Grant,
    before: &[Member],
    able: &[AccountId],
    account: AccountId,
    after: Option<Standing>,
) -> Result<(), MemberError> {
    let is_owner = |member: &&Member| member.standing == Standing::Owner;
    let counts = |member: &Member| member.account != account && able.contains(&member.account);
    let others = before.iter().filter(is_owner).any(counts);
    let was_owner = before.iter().filter(is_owner).any(|member| member.account == account);
    let loses = was_owner && after != Some(Standing::Owner) && !others;
    if loses && !grant.actor.is_admin() { Err(MemberError::LastOwner) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Role, SessionId, Timestamp};

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn owners_who_may_not_log_in_are_none_who_are_left() {
        let organisation = OrganisationId::generate(noon());
        let [owner, other, manager] = [(); 3].map(|()| AccountId::generate(noon()));
        let member = |account, standing| Member { organisation, account, standing, added_at: noon() };
        let before = [
            member(owner, Standing::Owner),
            member(other, Standing::Owner),
            member(manager, Standing::Manager),
        ];
        let becomes = |after: Option<Standing>, role: Role, able: &[AccountId]| {
            let actor = Actor { account: owner, session: SessionId::generate(noon()), role, request: None };
            let grant = Grant { actor, memberships: Vec::new() };
            keep_an_owner(&grant, &before, able, owner, after).is_ok()
        };
        for after in [None, Some(Standing::Manager), Some(Standing::Door)] {
            assert!(becomes(after, Role::Member, &[owner, other]), "{after:?}");
            assert!(!becomes(after, Role::Member, &[owner, manager]), "{after:?}");
            assert!(becomes(after, Role::Admin, &[owner, manager]), "{after:?}");
        }
        assert!(becomes(Some(Standing::Owner), Role::Member, &[owner]));
    }
}
