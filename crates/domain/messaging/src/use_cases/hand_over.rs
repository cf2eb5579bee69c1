use super::Messages;
use crate::{Draft, Letter, MessagingTx, News};
use kernel::{EffectId, StoreError, Timestamp, transact};

impl Messages {
    /// Just before a letter is handed over: it is there from now on, whatever happens. `false` when it has gone already, and
    /// is not to be handed over again: one of several mails of an effect that is done once more, or one whose worker was
    /// stopped after it had sent it.
    ///
    /// # Errors
    /// The store could not answer; nothing is to be handed over then.
    pub async fn begin(&self, draft: Draft) -> Result<bool, StoreError> {
        let now = self.clock.now();
        transact(self.store.begin_messaging().await?, async |tx| begun(tx, draft, now).await).await
    }

    /// Takes note of what was learned of a letter. One that is not there is not made for it.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn learn(&self, id: EffectId, news: News, said: Option<&str>) -> Result<(), StoreError> {
        let now = self.clock.now();
        transact(self.store.begin_messaging().await?, async |tx| learned(tx, id, (news, said), now).await)
            .await
    }

    /// Nobody tries any more to do what is owed by this name: its letters that did not go have failed.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn given_up(&self, effect: EffectId) -> Result<(), StoreError> {
        let now = self.clock.now();
        transact(self.store.begin_messaging().await?, async |tx| {
            for mut letter in tx.lock_letters_of(effect).await?.into_iter().filter(Letter::waits) {
                letter.hear(News::GivenUp, None, now);
                tx.save_letter(&letter).await?;
            }
            Ok(())
        })
        .await
    }

    /// A letter that was asked for turned out to have nothing to say any more: a link that is over, an account that is gone.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn came_to_nothing(&self, id: EffectId) -> Result<(), StoreError> {
        let now = self.clock.now();
        transact(self.store.begin_messaging().await?, async |tx| {
            let letter = tx.lock_letter(id).await?.filter(|letter| letter.waits() && letter.tries == 0);
            let Some(mut letter) = letter else { return Ok(()) };
            letter.hear(News::Refused, Some("there was nothing left to say"), now);
            tx.save_letter(&letter).await
        })
        .await
    }
}

/// What [`Messages::begin`] does, among other things.
pub(super) async fn begun(
    tx: &mut dyn MessagingTx,
    draft: Draft,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(mut letter) = tx.lock_letter(draft.id).await? else {
        let mut letter = Letter::queued(draft.clone(), now);
        letter.begin(draft, now);
        // Whoever was faster with the same hands the same over.
        tx.add_letter(&letter).await?;
        return Ok(true);
    };
    let goes = letter.begin(draft, now);
    if goes {
        tx.save_letter(&letter).await?;
    }
    Ok(goes)
}

/// What [`Messages::learn`] does, among other things.
pub(super) async fn learned(
    tx: &mut dyn MessagingTx,
    id: EffectId,
    (news, said): (News, Option<&str>),
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(mut letter) = tx.lock_letter(id).await? else { return Ok(()) };
    let before = letter.clone();
    letter.hear(news, said, now);
    if letter == before { Ok(()) } else { tx.save_letter(&letter).await }
}
