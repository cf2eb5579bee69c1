use super::Announcements;
use crate::announcement::acts;
use crate::{Announcement, AnnouncementFilter, Audience, Counts, LeftOut, Recipient, RecipientState, Texts};
use kernel::{AccountId, Actor, AnnouncementId, Language, Page, PageRequest, StoreError, transact};
use std::collections::BTreeMap;

/// Whom an announcement would go to if it went out now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Who would get it.
    pub recipients: u64,
    /// Of whom read it in this language, by its tag.
    pub languages: BTreeMap<&'static str, u64>,
    /// Who would not, as they have left the list.
    pub unsubscribed: u64,
    /// Who would not, as mail to them came back or was complained about.
    pub suppressed: u64,
}

impl Announcements {
    /// One announcement.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn announcement(&self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        self.store.announcement(id).await
    }

    /// These announcements, the newest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn announcements(
        &self,
        filter: &AnnouncementFilter,
        page: PageRequest,
    ) -> Result<Page<Announcement>, StoreError> {
        self.store.announcements(filter, page).await
    }

    /// Whom it would go to if it went out now, by the same rule by which it does.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn tally(&self, audience: &Audience, texts: &Texts) -> Result<Tally, StoreError> {
        let (mut tally, mut after) = (Tally::default(), None);
        loop {
            let people = self.store.audience(audience, after, self.together).await?;
            let last = self.were_last(&people);
            after = people.last().map(|one| one.account).or(after);
            for (one, why) in self.sorted(audience.list(), people).await? {
                match why {
                    None => {
                        tally.recipients += 1;
                        let language: Language = one.language.unwrap_or_default();
                        if let Some((read, _)) = texts.read_in(language) {
                            *tally.languages.entry(read.tag()).or_default() += 1;
                        }
                    }
                    Some(LeftOut::Unsubscribed) => tally.unsubscribed += 1,
                    Some(LeftOut::Suppressed) => tally.suppressed += 1,
                    Some(LeftOut::Gone | LeftOut::Cancelled) => {}
                }
            }
            if last {
                return Ok(tally);
            }
        }
    }

    /// Those who were or are to be written to, in the order of their accounts.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn recipients(
        &self,
        id: AnnouncementId,
        state: Option<RecipientState>,
        page: PageRequest,
    ) -> Result<Page<Recipient>, StoreError> {
        self.store.recipients(id, state, page).await
    }

    /// How many of them stand how.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn counts(&self, id: AnnouncementId) -> Result<Counts, StoreError> {
        self.store.count_recipients(id).await
    }

    /// Records that somebody takes out all that [`Self::recipients`] finds, before the first line of it leaves.
    ///
    /// # Errors
    /// The store could not answer; nothing shall leave then.
    pub async fn take_out(
        &self,
        by: &Actor,
        it: &Announcement,
        state: Option<RecipientState>,
    ) -> Result<(), StoreError> {
        let acts = [acts::recipients_taken(by, it, state, self.clock.now())];
        transact(self.store.begin_announcements().await?, async |tx| tx.record(&acts).await).await
    }

    /// What somebody was or is to be sent, the newest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn received(
        &self,
        account: AccountId,
        page: PageRequest,
    ) -> Result<Page<Recipient>, StoreError> {
        self.store.received(account, page).await
    }
}
