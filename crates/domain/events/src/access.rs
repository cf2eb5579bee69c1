//! The one rule about who may do what inside an organisation.

use crate::{Member, Standing};
use kernel::{Actor, OrganisationId};

/// What someone wants to do inside an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Let people in and see the lists needed for that.
    Door,
    /// Run events: create, edit, publish, see their bookings.
    Manage,
    /// Decide who works there.
    Own,
}

/// How a wish that is not granted is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Plainly: the actor works for nobody, or has too low a standing in this very organisation.
    Forbidden,
    /// As if the thing did not exist: it belongs to an organisation that the actor has nothing to do with.
    Hidden,
}

impl Standing {
    /// Whether it includes the right.
    #[must_use]
    pub const fn grants(self, right: Right) -> bool {
        match right {
            Right::Door => true,
            Right::Manage => matches!(self, Self::Owner | Self::Manager),
            Right::Own => matches!(self, Self::Owner),
        }
    }
}

/// What the actor can do: who it is, and for whom it works as stored now.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The one who acts.
    pub actor: Actor,
    /// The actor's own memberships.
    pub memberships: Vec<Member>,
}

impl Grant {
    /// Whether the actor has `right` in `organisation`.
    #[must_use]
    pub fn may(&self, organisation: OrganisationId, right: Right) -> bool {
        may(&self.actor, &self.memberships, organisation, right)
    }

    /// As [`Grant::may`], with how to answer when not.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn require(&self, organisation: OrganisationId, right: Right) -> Result<(), Denied> {
        if self.may(organisation, right) {
            return Ok(());
        }
        let here = self.own().any(|member| member.organisation == organisation);
        Err(if here || self.own().next().is_none() { Denied::Forbidden } else { Denied::Hidden })
    }

    /// That the actor works for anybody, or is an admin.
    ///
    /// # Errors
    /// [`Denied::Forbidden`].
    pub fn require_any(&self) -> Result<(), Denied> {
        if self.actor.is_admin() || self.own().next().is_some() { Ok(()) } else { Err(Denied::Forbidden) }
    }

    /// Where the actor has `right`; `None` when everywhere.
    #[must_use]
    pub fn organisations(&self, right: Right) -> Option<Vec<OrganisationId>> {
        if self.actor.is_admin() {
            return None;
        }
        Some(
            self.own()
                .filter(|member| member.standing.grants(right))
                .map(|member| member.organisation)
                .collect(),
        )
    }

    /// The same for somebody who has `right` in at least one.
    ///
    /// # Errors
    /// [`Denied::Forbidden`] for those who have it nowhere.
    pub fn any_organisations(&self, right: Right) -> Result<Option<Vec<OrganisationId>>, Denied> {
        match self.organisations(right) {
            Some(none) if none.is_empty() => Err(Denied::Forbidden),
            some => Ok(some),
        }
    }

    fn own(&self) -> impl Iterator<Item = &Member> {
        self.memberships.iter().filter(|member| member.account == self.actor.account)
    }
}

/// Whether `actor` has `right` in `organisation`: admins have every right everywhere, others what their standing
/// in that very organisation includes. Memberships of somebody else count for nothing.
#[must_use]
pub fn may(actor: &Actor, memberships: &[Member], organisation: OrganisationId, right: Right) -> bool {
    actor.is_admin()
        || memberships.iter().any(|member| {
            member.account == actor.account
                && member.organisation == organisation
                && member.standing.grants(right)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{AccountId, Role, SessionId, Timestamp};

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn grant(role: Role, standings: &[(OrganisationId, Standing)]) -> Grant {
        let account = AccountId::generate(noon());
        let member =
            |&(organisation, standing): &_| Member { organisation, account, standing, added_at: noon() };
        Grant {
            actor: Actor { account, session: SessionId::generate(noon()), role, request: None },
            memberships: standings.iter().map(member).collect(),
        }
    }

    #[test]
    fn a_standing_includes_what_the_lower_ones_may() {
        let here = OrganisationId::generate(noon());
        for (standing, rights) in [
            (Standing::Owner, [true, true, true]),
            (Standing::Manager, [true, true, false]),
            (Standing::Door, [true, false, false]),
        ] {
            let grant = grant(Role::Member, &[(here, standing)]);
            let seen = [Right::Door, Right::Manage, Right::Own].map(|right| grant.may(here, right));
            assert_eq!(seen, rights, "{standing:?}");
        }
    }

    #[test]
    fn no_standing_reaches_into_another_organisation() {
        let (here, there) = (OrganisationId::generate(noon()), OrganisationId::generate(noon()));
        let owner = grant(Role::Member, &[(there, Standing::Owner)]);
        assert!(!owner.may(here, Right::Door));
        assert_eq!(owner.require(here, Right::Door), Err(Denied::Hidden));
        assert_eq!(owner.organisations(Right::Manage), Some(vec![there]));
    }

    #[test]
    fn an_admin_may_do_everything_everywhere() {
        let admin = grant(Role::Admin, &[]);
        assert!(admin.may(OrganisationId::generate(noon()), Right::Own));
        assert_eq!(admin.organisations(Right::Own), None);
    }

    #[test]
    fn those_without_standing_and_those_with_too_low_a_one_are_told_plainly() {
        let here = OrganisationId::generate(noon());
        assert_eq!(grant(Role::Member, &[]).require(here, Right::Manage), Err(Denied::Forbidden));
        let door = grant(Role::Member, &[(here, Standing::Door)]);
        assert_eq!(door.require(here, Right::Manage), Err(Denied::Forbidden));
        assert_eq!(door.any_organisations(Right::Manage), Err(Denied::Forbidden));
        assert_eq!(door.any_organisations(Right::Door), Ok(Some(vec![here])));
    }

    #[test]
    fn the_memberships_of_another_account_grant_nothing() {
        let here = OrganisationId::generate(noon());
        let mut grant = grant(Role::Member, &[(here, Standing::Owner)]);
        grant.actor.account = AccountId::generate(noon());
        assert!(!grant.may(here, Right::Door));
    }
}
