use super::Announcements;
use crate::use_cases::hand_over::{begun, learned};
use crate::{Announcement, AnnouncementStatus, Draft, HandedOver, LeftOut, Letter, News};
use kernel::{AccountId, AnnouncementId, EffectId, Email, StoreError, transact};

impl LeftOut {
    /// What is said of a letter that was wanted before.
    const fn said(self) -> &'static str {
        match self {
            Self::Unsubscribed => "they left the list before it went out",
            Self::Suppressed => "mail to this address came back, or was complained about",
            Self::Gone => "the account cannot be logged in to any more",
            Self::Cancelled => "it was called off",
        }
    }
}

impl Announcements {
    /// What somebody is to be sent, who reads mail there; without an address their account is gone. `None` when they are to be
    /// sent nothing, which is written down; also that nobody knows whether they got it, where somebody had begun to hand it over.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn wanted(
        &self,
        (id, account): (AnnouncementId, AccountId),
        mail: EffectId,
        to: Option<&Email>,
    ) -> Result<Option<Announcement>, StoreError> {
        let Some(it) = self.store.announcement(id).await? else { return Ok(None) };
        let why = match to {
            _ if it.status == AnnouncementStatus::Cancelled => Some(LeftOut::Cancelled),
            None => Some(LeftOut::Gone),
            Some(to) => self.not_wanted(&it, account, to).await?,
        };
        let Some(why) = why else { return Ok(Some(it)) };
        let now = self.clock.now();
        transact(self.store.begin_announcements().await?, async |tx| {
            if let Some(before) = tx.lock_recipient(id, account).await? {
                let mut one = before.clone();
                let left_out = one.leave_out(mail, why, now);
                if one != before {
                    tx.save_recipients(&[one]).await?;
                    if !left_out {
                        // Of its letter nobody knows any more than that it was to go out.
                        return Ok(());
                    }
                }
            }
            // It was put off before, or somebody asked for it once more.
            if let Some(mut letter) = tx.lock_letter(mail).await?.filter(Letter::waits) {
                if why == LeftOut::Cancelled {
                    letter.call_off(why.said(), now);
                } else {
                    letter.hear(News::Refused, Some(why.said()), now);
                }
                tx.save_letter(&letter).await?;
            }
            Ok::<_, StoreError>(())
        })
        .await?;
        Ok(None)
    }

    async fn not_wanted(
        &self,
        it: &Announcement,
        account: AccountId,
        to: &Email,
    ) -> Result<Option<LeftOut>, StoreError> {
        let left = self.store.left_lists(&[account]).await?;
        if left.iter().any(|left| left.list == it.audience.list()) {
            return Ok(Some(LeftOut::Unsubscribed));
        }
        let suppressed = self.store.suppressions(&[self.addresses.hash(to)]).await?;
        Ok((!suppressed.is_empty()).then_some(LeftOut::Suppressed))
    }

    /// Just before a mail to somebody is handed over: that it is, is durable from now on. `false` when it is not to be: it has
    /// gone, or somebody began that before and nobody has said how it ended. It may have arrived then, which is written down
    /// for a person to see.
    ///
    /// # Errors
    /// The store could not answer; nothing is to be handed over then.
    pub async fn begin(
        &self,
        (id, account): (AnnouncementId, AccountId),
        draft: Draft,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        transact(self.store.begin_announcements().await?, async |tx| {
            let Some(before) = tx.lock_recipient(id, account).await? else { return Ok(false) };
            let mut one = before.clone();
            let goes = one.begin(draft.id, now);
            if one != before {
                tx.save_recipients(&[one]).await?;
            }
            if goes {
                begun(tx, draft, now).await?;
            }
            Ok(goes)
        })
        .await
    }

    /// Takes note of how the handing over of a mail ended.
    ///
    /// # Errors
    /// The store could not answer: nobody will know how it ended.
    pub async fn learn(
        &self,
        (id, account): (AnnouncementId, AccountId),
        mail: EffectId,
        (how, said): (HandedOver, Option<&str>),
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        transact(self.store.begin_announcements().await?, async |tx| {
            if let Some(before) = tx.lock_recipient(id, account).await? {
                let mut one = before.clone();
                one.hear(mail, how, now);
                if one != before {
                    tx.save_recipients(&[one]).await?;
                }
            }
            let news = match how {
                HandedOver::Taken => News::Taken,
                HandedOver::PutOff => News::PutOff,
                HandedOver::Refused => News::Refused,
                HandedOver::GivenUp => News::GivenUp,
                // Of its letter nobody knows any more than that it was to go out.
                HandedOver::Unheard => return Ok(()),
            };
            learned(tx, mail, (news, said), now).await
        })
        .await
    }

    /// Somebody had a mail sent again from the log of mails, and it was taken: that is known of its recipient as well.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn sent_otherwise(
        &self,
        (id, account): (AnnouncementId, AccountId),
        mail: EffectId,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        transact(self.store.begin_announcements().await?, async |tx| {
            if let Some(mut one) = tx.lock_recipient(id, account).await?
                && one.replace(mail, now)
            {
                tx.save_recipients(&[one]).await?;
            }
            Ok(())
        })
        .await
    }
}
