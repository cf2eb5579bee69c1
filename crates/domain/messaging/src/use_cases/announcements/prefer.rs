use super::Announcements;
use crate::{LeftList, MailList};
use kernel::{AccountId, StoreError, transact};

/// Which lists somebody is on. Whoever has said nothing is on all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences {
    /// What is said to all members, or to the guests of an organisation.
    pub news: bool,
    /// What is said to those who go to an event, were there, or wait for places.
    pub events: bool,
}

impl Preferences {
    const fn wants(self, list: MailList) -> bool {
        match list {
            MailList::News => self.news,
            MailList::Events => self.events,
        }
    }
}

impl Announcements {
    /// What a link to leave the list of somebody's mail carries.
    #[must_use]
    pub fn link(&self, account: AccountId, list: MailList) -> String {
        self.links.token(account, list)
    }

    /// Whoever was sent this link leaves the list that it belongs to; again and again, if it is followed again. `false` when it
    /// is none of ours.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn unsubscribe(&self, token: &str) -> Result<bool, StoreError> {
        let Some((account, list)) = self.links.read(token) else { return Ok(false) };
        let left = LeftList { account, list, at: self.clock.now() };
        transact(self.store.begin_announcements().await?, async |tx| tx.leave_list(&left).await).await?;
        Ok(true)
    }

    /// The lists that somebody has left, and when.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn left_lists(&self, account: AccountId) -> Result<Vec<LeftList>, StoreError> {
        self.store.left_lists(&[account]).await
    }

    /// Which lists somebody is on.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn preferences(&self, account: AccountId) -> Result<Preferences, StoreError> {
        let left = self.store.left_lists(&[account]).await?;
        let on = |list| !left.iter().any(|left| left.list == list);
        Ok(Preferences { news: on(MailList::News), events: on(MailList::Events) })
    }

    /// Somebody says which lists they want to be on.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn prefer(&self, account: AccountId, wished: Preferences) -> Result<(), StoreError> {
        let at = self.clock.now();
        transact(self.store.begin_announcements().await?, async |tx| {
            for list in MailList::ALL {
                if wished.wants(list) {
                    tx.join_list(account, list).await?;
                } else {
                    tx.leave_list(&LeftList { account, list, at }).await?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Forgets which lists an account left, which was erased: nothing goes to it any more. What it was sent stays, under an id
    /// that stands for nobody.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn forget(&self, account: AccountId) -> Result<(), StoreError> {
        self.prefer(account, Preferences { news: true, events: true }).await
    }
}
