use super::Music;
use crate::MusicSet;
use kernel::{AccountId, Actor, Page, PageRequest, SetId, StoreError};

impl Music {
    /// One set, whoever may hear it.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn show(&self, id: SetId) -> Result<Option<MusicSet>, StoreError> {
        self.store.set(id).await
    }

    /// All sets, the newest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn list(&self, page: PageRequest) -> Result<Page<MusicSet>, StoreError> {
        self.store.sets(false, page).await
    }

    /// Those that members hear, the newest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn audible(&self, page: PageRequest) -> Result<Page<MusicSet>, StoreError> {
        self.store.sets(true, page).await
    }

    /// The sets that somebody made, the newest first, for the file with what is kept about them.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn sets_by(&self, maker: AccountId, page: PageRequest) -> Result<Page<MusicSet>, StoreError> {
        self.store.sets_by(maker, page).await
    }

    /// One set that somebody may hear: members what is published, admins what is ready.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn heard_by(&self, actor: &Actor, id: SetId) -> Result<Option<MusicSet>, StoreError> {
        let set = self.store.set(id).await?;
        Ok(set.filter(|set| set.is_audible() || (actor.is_admin() && set.is_ready())))
    }
}
