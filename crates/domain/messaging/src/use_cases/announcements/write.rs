use super::{AnnouncementError, Announcements};
use crate::announcement::acts;
use crate::{Announcement, AnnouncementChange};
use kernel::{Actor, AnnouncementId, transact};

impl Announcements {
    /// Begins to write one. It goes to nobody before it is scheduled.
    ///
    /// # Errors
    /// An [`AnnouncementError`].
    pub async fn create(
        &self,
        actor: &Actor,
        said: &AnnouncementChange,
    ) -> Result<Announcement, AnnouncementError> {
        let now = self.clock.now();
        let it = Announcement::create(said, actor.account, now).map_err(AnnouncementError::Invalid)?;
        transact(self.store.begin_announcements().await?, async |tx| {
            tx.add_announcement(&it).await?;
            tx.record(&[acts::created(&actor.cause(), &it, now)]).await?;
            Ok(it)
        })
        .await
    }

    /// Changes what is said, or to whom, as long as it has not begun to go out.
    ///
    /// # Errors
    /// An [`AnnouncementError`].
    pub async fn change(
        &self,
        actor: &Actor,
        id: AnnouncementId,
        change: &AnnouncementChange,
    ) -> Result<Announcement, AnnouncementError> {
        let now = self.clock.now();
        transact(self.store.begin_announcements().await?, async |tx| {
            let before = tx.lock_announcement(id).await?.ok_or(AnnouncementError::Unknown)?;
            before.require_open()?;
            let after = before.changed(change, now).map_err(AnnouncementError::Invalid)?;
            tx.save_announcement(&after).await?;
            tx.record(acts::changed(&actor.cause(), &before, &after, now).as_slice()).await?;
            Ok(after)
        })
        .await
    }

    /// Throws one away that has not begun to go out.
    ///
    /// # Errors
    /// An [`AnnouncementError`].
    pub async fn delete(&self, actor: &Actor, id: AnnouncementId) -> Result<(), AnnouncementError> {
        let now = self.clock.now();
        transact(self.store.begin_announcements().await?, async |tx| {
            let it = tx.lock_announcement(id).await?.ok_or(AnnouncementError::Unknown)?;
            it.require_open()?;
            tx.remove_announcement(id).await?;
            Ok(tx.record(&[acts::deleted(&actor.cause(), &it, now)]).await?)
        })
        .await
    }
}
