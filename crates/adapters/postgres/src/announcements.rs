//! Announcements, who is written to, and which lists people have left.

mod announcement;
mod audience;
mod reads;
mod recipient;

use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::messaging::{ANNOUNCEMENTS, Announcement, AnnouncementTx, LeftList, MailList, Mailing, Recipient};
use async_trait::async_trait;
use diesel::sql_types::{Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, AnnouncementId, Owed, StoreError};

#[async_trait]
impl AnnouncementTx for PgTx {
    async fn add_announcement(&mut self, announcement: &Announcement) -> Result<(), StoreError> {
        self.insert_announcement(announcement)
    }

    async fn lock_announcement(&mut self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        self.announcement_locked(id).await
    }

    async fn save_announcement(&mut self, announcement: &Announcement) -> Result<(), StoreError> {
        self.update_announcement(announcement)
    }

    async fn remove_announcement(&mut self, id: AnnouncementId) -> Result<(), StoreError> {
        let statement = text("DELETE FROM announcements WHERE id = $1").bind::<SqlUuid, _>(id.as_uuid());
        self.write("removing an announcement", constant(statement));
        Ok(())
    }

    async fn add_recipients(&mut self, recipients: &[Recipient]) -> Result<Vec<AccountId>, StoreError> {
        self.insert_recipients(recipients).await
    }

    async fn lock_recipient(
        &mut self,
        announcement: AnnouncementId,
        account: AccountId,
    ) -> Result<Option<Recipient>, StoreError> {
        self.recipient_locked(announcement, account).await
    }

    async fn lock_uncertain(
        &mut self,
        announcement: AnnouncementId,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Recipient>, StoreError> {
        self.uncertain_locked(announcement, after, limit).await
    }

    async fn save_recipients(&mut self, recipients: &[Recipient]) -> Result<(), StoreError> {
        // One statement each, sent together: mostly it is one.
        recipients.iter().for_each(|one| self.update_recipient(one));
        Ok(())
    }

    async fn leave_list(&mut self, left: &LeftList) -> Result<bool, StoreError> {
        let statement = text(
            "INSERT INTO left_lists (account_id, list, at) VALUES ($1, $2, $3) \
             ON CONFLICT ON CONSTRAINT left_lists_pkey DO NOTHING",
        )
        .bind::<SqlUuid, _>(left.account.as_uuid())
        .bind::<Text, _>(left.list.as_str())
        .bind::<Timestamptz, _>(left.at);
        self.execute("leaving a list", constant(statement)).await.map(|left| left == 1)
    }

    async fn join_list(&mut self, account: AccountId, list: MailList) -> Result<bool, StoreError> {
        let statement = text("DELETE FROM left_lists WHERE account_id = $1 AND list = $2")
            .bind::<SqlUuid, _>(account.as_uuid())
            .bind::<Text, _>(list.as_str());
        self.execute("joining a list", constant(statement)).await.map(|joined| joined == 1)
    }

    async fn enqueue_announcements(&mut self, effects: &[Owed<Mailing>]) -> Result<(), StoreError> {
        self.enqueue(ANNOUNCEMENTS, effects)
    }
}
