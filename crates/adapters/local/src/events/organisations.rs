//! Writing organisations, and who works there.

use crate::transaction::LocalTx;
use ::events::{Billing, Member, Organisation, OrganisationTx};
use accounts::Account;
use async_trait::async_trait;
use kernel::{AccountId, BookingId, EventId, OrganisationId, StoreError};
use uuid::Uuid;

#[async_trait]
impl OrganisationTx for LocalTx {
    async fn add_organisation(&mut self, organisation: &Organisation) -> Result<bool, StoreError> {
        if self.state().events.organisations_by_slug.contains_key(&organisation.slug) {
            return Ok(false);
        }
        self.add(organisation.clone(), "adding an organisation")?;
        Ok(true)
    }

    async fn keep_organisation(&mut self, id: OrganisationId) -> Result<bool, StoreError> {
        Ok(self.state().get::<Organisation>(&id).is_some())
    }

    async fn lock_organisation(&mut self, id: OrganisationId) -> Result<Option<Organisation>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn save_organisation(&mut self, organisation: &Organisation) -> Result<(), StoreError> {
        self.save(organisation.clone(), "saving an organisation")
    }

    async fn delete_organisation(&mut self, id: OrganisationId) -> Result<bool, StoreError> {
        if self.has_something(id) {
            return Ok(false);
        }
        for member in self.state().events.members_of(id) {
            self.remove::<Member>(&(id, member.account));
        }
        self.remove::<Billing>(&id);
        Ok(self.remove::<Organisation>(&id))
    }

    async fn lock_members(
        &mut self,
        organisation: OrganisationId,
    ) -> Result<Option<Vec<Member>>, StoreError> {
        let state = self.state();
        let known = state.get::<Organisation>(&organisation).is_some();
        Ok(known.then(|| state.events.members_of(organisation)))
    }

    async fn keep_able(&mut self, accounts: &[AccountId]) -> Result<Vec<AccountId>, StoreError> {
        let able = |id: &&AccountId| self.state().get::<Account>(id).is_some_and(|it| it.is_active());
        Ok(accounts.iter().filter(able).copied().collect())
    }

    async fn save_billing(&mut self, billing: &Billing) -> Result<(), StoreError> {
        if self.state().get::<Organisation>(&billing.organisation).is_none() {
            return Err(self.broken("saving billing details", "there is no such organisation"));
        }
        self.put(billing.clone());
        Ok(())
    }

    async fn add_member(&mut self, member: &Member) -> Result<bool, StoreError> {
        if self.state().get::<Member>(&(member.organisation, member.account)).is_some() {
            return Ok(false);
        }
        if self.state().get::<Organisation>(&member.organisation).is_none() {
            return Err(self.broken("adding a member", "there is no such organisation"));
        }
        self.put(*member);
        Ok(true)
    }

    async fn remove_member(
        &mut self,
        organisation: OrganisationId,
        account: AccountId,
    ) -> Result<bool, StoreError> {
        Ok(self.remove::<Member>(&(organisation, account)))
    }
}

impl LocalTx {
    fn has_something(&self, id: OrganisationId) -> bool {
        let (state, (first, last)) = (self.state(), (Uuid::nil(), Uuid::max()));
        let events = (id, EventId::from(first))..=(id, EventId::from(last));
        let bookings = (id, BookingId::from(first))..=(id, BookingId::from(last));
        let papers = (id, crate::paging::FIRST)..=(id, crate::paging::LAST);
        state.events.events_of.range(events).next().is_some()
            || state.events.templates.values().any(|hall| hall.organisation == id)
            || state.booking.bookings_by_organisation.range(bookings).next().is_some()
            || state.booking.papers_by_organisation.range(papers).next().is_some()
    }
}
