use super::spread::owed;
use super::{AnnouncementError, Announcements};
use crate::announcement::acts;
use crate::{AnnouncementStatus, AnnouncementTx, Recipient, WrongStage};
use kernel::{AccountId, Actor, AnnouncementId, EffectId, StoreError, Timestamp, transact};

impl Announcements {
    /// Sends it again to those of whom nobody knows whether they got it, or to one of them; how many they are. Some may get it
    /// twice by that, which is why nobody does it by themselves.
    ///
    /// # Errors
    /// An [`AnnouncementError`]: what is called off is not sent again.
    pub async fn send_again(
        &self,
        actor: &Actor,
        id: AnnouncementId,
        only: Option<AccountId>,
    ) -> Result<usize, AnnouncementError> {
        let (mut count, mut after) = (0, None);
        loop {
            let part = self.send_some_again(actor, id, (only, after)).await?;
            count += part.len();
            after = part.last().copied().filter(|_| only.is_none());
            if after.is_none() {
                return Ok(count);
            }
        }
    }

    /// The same for one, or for some behind one: whose those were.
    async fn send_some_again(
        &self,
        actor: &Actor,
        id: AnnouncementId,
        (only, after): (Option<AccountId>, Option<AccountId>),
    ) -> Result<Vec<AccountId>, AnnouncementError> {
        let now = self.clock.now();
        transact(self.store.begin_announcements().await?, async |tx| {
            let it = tx.lock_announcement(id).await?.ok_or(AnnouncementError::Unknown)?;
            if it.status == AnnouncementStatus::Cancelled {
                return Err(AnnouncementError::Stage(WrongStage(it.status)));
            }
            let mut found: Vec<Recipient> = match only {
                Some(account) => tx.lock_recipient(id, account).await?.into_iter().collect(),
                None => tx.lock_uncertain(id, after, self.together).await?,
            };
            let mut mails = Vec::with_capacity(found.len());
            for one in &mut found {
                mails.extend(anew(tx, one, now).await?.map(|mail| owed(one, mail, now)));
            }
            if !mails.is_empty() {
                tx.save_recipients(&found).await?;
                tx.enqueue_announcements(&mails).await?;
                tx.record(&[acts::sent_again(&actor.cause(), &it, mails.len(), now)]).await?;
            }
            let whose = if mails.is_empty() { Vec::new() } else { found };
            Ok(whose.into_iter().map(|one| one.account).collect())
        })
        .await
    }
}

/// What names the new mail to somebody, if they are to get one; the one before counts as seen to.
async fn anew(
    tx: &mut dyn AnnouncementTx,
    one: &mut Recipient,
    now: Timestamp,
) -> Result<Option<EffectId>, StoreError> {
    let (old, new) = (one.mail, EffectId::generate(now));
    if !one.send_again(new, now) {
        return Ok(None);
    }
    if let Some(old) = old
        && let Some(mut letter) = tx.lock_letter(old).await?
    {
        letter.again = Some(new);
        tx.save_letter(&letter).await?;
    }
    Ok(Some(new))
}
