use super::{AnnouncementError, Announcements};
use crate::announcement::acts;
use crate::{Announcement, Mailing};
use kernel::{Actor, AnnouncementId, Owed, Timestamp, transact};

impl Announcements {
    /// Has it go out at `at`, or at once. Until then it may be changed, and scheduled anew.
    ///
    /// # Errors
    /// An [`AnnouncementError`].
    pub async fn schedule(
        &self,
        actor: &Actor,
        id: AnnouncementId,
        at: Option<Timestamp>,
    ) -> Result<Announcement, AnnouncementError> {
        let now = self.clock.now();
        transact(self.store.begin_announcements().await?, async |tx| {
            let before = tx.lock_announcement(id).await?.ok_or(AnnouncementError::Unknown)?;
            before.require_open()?;
            let mut after = before.clone();
            after.schedule(at, now).map_err(AnnouncementError::Invalid)?;
            tx.save_announcement(&after).await?;
            let effect = Mailing::Spread { announcement: id, turn: after.turn };
            let owed = Owed::at(effect, now, after.due_at.unwrap_or(now));
            tx.enqueue_announcements(&[owed]).await?;
            tx.record(&[acts::scheduled(&actor.cause(), &before, &after, now)]).await?;
            Ok(after)
        })
        .await
    }

    /// Calls off what has not gone out. Mails that are being handed over go.
    ///
    /// # Errors
    /// An [`AnnouncementError`].
    pub async fn cancel(&self, actor: &Actor, id: AnnouncementId) -> Result<Announcement, AnnouncementError> {
        let now = self.clock.now();
        transact(self.store.begin_announcements().await?, async |tx| {
            let before = tx.lock_announcement(id).await?.ok_or(AnnouncementError::Unknown)?;
            let mut after = before.clone();
            after.cancel(now)?;
            tx.save_announcement(&after).await?;
            tx.record(&[acts::cancelled(&actor.cause(), &before, &after, now)]).await?;
            Ok(after)
        })
        .await
    }
}
