use super::Announcements;
use super::spread::write_down;
use crate::Announcement;
use kernel::{AccountId, EventId, OrganisationId, StoreError, Timestamp, transact};
use uuid::Uuid;

impl Announcements {
    /// Somebody has a ticket of an event from now on: they get what was said to those who had one before and is still valid.
    /// Whoever got it before gets nothing.
    ///
    /// # Errors
    /// The store could not answer: it has to be told again.
    pub async fn came_late(
        &self,
        about: (EventId, OrganisationId),
        account: AccountId,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        for it in self.store.announcements_for_late_ones(about, now).await? {
            self.write_to_late_one(&it, account, now).await?;
        }
        Ok(())
    }

    async fn write_to_late_one(
        &self,
        it: &Announcement,
        account: AccountId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // The next one behind whatever comes before them is they, if they belong to it.
        let before = AccountId::from(Uuid::from_u128(account.as_uuid().as_u128().wrapping_sub(1)));
        let mut found = self.store.audience(&it.audience, Some(before), 1).await?;
        found.retain(|one| one.account == account);
        let sorted = self.sorted(it.audience.list(), found).await?;
        if sorted.is_empty() {
            return Ok(());
        }
        transact(self.store.begin_announcements().await?, async |tx| write_down(tx, it, sorted, now).await)
            .await
    }
}
