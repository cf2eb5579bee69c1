use super::Gallery;
use crate::{Effect, Removal, RemovalStatus, Wishes, acts};
use kernel::{
    AccountId, Actor, Invalid, Owed, Page, PageRequest, PictureId, RemovalId, StoreError, transact,
};

/// Most wishes of one account that are still to be decided: each of them keeps a picture from everybody.
pub const MOST_OPEN: u32 = 20;

/// Why a wish was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no such picture for whoever asks.
    #[error("there is no such picture")]
    Unknown,
    /// An admin did not agree when they asked before.
    #[error("it was refused before")]
    Refused,
    /// Too many wishes of theirs are still to be decided.
    #[error("{MOST_OPEN} wishes are still to be decided")]
    TooMany,
    /// The words cannot be taken.
    #[error("the words cannot be taken")]
    Invalid(Vec<Invalid>),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a wish was not decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// There is none.
    #[error("there is no such wish")]
    Unknown,
    /// It was decided before.
    #[error("it was decided before")]
    Decided(RemovalStatus),
    /// The words cannot be taken.
    #[error("the words cannot be taken")]
    Invalid(Vec<Invalid>),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gallery {
    /// Asks that a picture goes, by somebody who sees it: from now on nobody sees it, until an admin has decided. Whoever
    /// asked already gets the wish that stands; whom an admin refused it does not hide the picture again. Admins are not
    /// bound to that: they decide such wishes themselves.
    ///
    /// # Errors
    /// An [`AskError`].
    pub async fn ask_removal(
        &self,
        actor: &Actor,
        id: PictureId,
        reason: Option<&str>,
    ) -> Result<Removal, AskError> {
        let picture = self.store.picture(id).await?.ok_or(AskError::Unknown)?;
        let album = self.store.album(picture.album).await?.ok_or(AskError::Unknown)?;
        if !self.is_open_to(actor.into(), &album).await? {
            return Err(AskError::Unknown);
        }
        let now = self.clock.now();
        let (_, links_end_at) = self.terms.window.around(now);
        transact(self.store.begin_gallery().await?, async |tx| {
            let mut picture = tx.lock_pictures(&[id]).await?.pop().ok_or(AskError::Unknown)?;
            let standing = tx.lock_removal_of(id).await?;
            if let Some(own) = standing.filter(|wish| wish.by == Some(actor.account)) {
                return Ok(own);
            }
            if !picture.is_visible() {
                return Err(AskError::Unknown);
            }
            if !actor.is_admin() && tx.was_refused(id, actor.account).await? {
                return Err(AskError::Refused);
            }
            if tx.lock_open_removals(actor.account).await? >= MOST_OPEN {
                return Err(AskError::TooMany);
            }
            let wish = Removal::ask(&mut picture, actor.account, reason, now, links_end_at);
            let wish = wish.map_err(|wrong| AskError::Invalid(vec![wrong]))?;
            tx.save_pictures(&[picture]).await?;
            tx.save_removal(&wish).await?;
            tx.record(&[acts::asked(&actor.cause(), &wish, now)]).await?;
            tx.enqueue_gallery(&[Owed::now(Effect::TellAdmins { removal: wish.id }, now)]).await?;
            Ok(wish)
        })
        .await
    }

    /// Agrees that a picture goes. Its files are removed right afterwards.
    ///
    /// # Errors
    /// A [`DecideError`].
    pub async fn agree_removal(
        &self,
        actor: &Actor,
        id: RemovalId,
        note: Option<&str>,
    ) -> Result<Removal, DecideError> {
        self.decide(actor, id, note, true).await
    }

    /// Does not agree: the picture is seen again if it is published, and whoever asked is told.
    ///
    /// # Errors
    /// A [`DecideError`].
    pub async fn refuse_removal(
        &self,
        actor: &Actor,
        id: RemovalId,
        note: Option<&str>,
    ) -> Result<Removal, DecideError> {
        self.decide(actor, id, note, false).await
    }

    async fn decide(
        &self,
        actor: &Actor,
        id: RemovalId,
        note: Option<&str>,
        agreed: bool,
    ) -> Result<Removal, DecideError> {
        let seen = self.store.removal(id).await?.ok_or(DecideError::Unknown)?;
        let (now, by) = (self.clock.now(), actor.account);
        transact(self.store.begin_gallery().await?, async |tx| {
            let mut picture = tx.lock_pictures(&[seen.picture]).await?.pop();
            let mut wish = tx.lock_removal(id).await?.ok_or(DecideError::Unknown)?;
            let done = if agreed {
                wish.agree(picture.as_ref(), by, note, now)
            } else {
                wish.refuse(picture.as_mut(), by, note, now)
            };
            if !done.map_err(|wrong| DecideError::Invalid(vec![wrong]))? {
                return Err(DecideError::Decided(wish.status));
            }
            if let Some(picture) = picture.filter(|_| !agreed) {
                tx.save_pictures(&[picture]).await?;
            }
            tx.save_removal(&wish).await?;
            tx.record(&[acts::decided(&actor.cause(), &wish, now)]).await?;
            let removal = id;
            let owed = if agreed { Effect::Erase { removal } } else { Effect::TellRemoval { removal } };
            tx.enqueue_gallery(&[Owed::now(owed, now)]).await?;
            Ok(wish)
        })
        .await
    }

    /// One wish, for the mails about it.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn removal(&self, id: RemovalId) -> Result<Option<Removal>, StoreError> {
        self.store.removal(id).await
    }

    /// Those wishes, the newest first.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn removals(&self, which: Wishes, page: PageRequest) -> Result<Page<Removal>, StoreError> {
        self.store.removals(which, page).await
    }

    /// Forgets who asked, in which words, and what they were told; what was asked, and the proof, stays.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn forget(&self, account: AccountId) -> Result<(), StoreError> {
        transact(self.store.begin_gallery().await?, async |tx| tx.forget_removals_of(account).await).await
    }
}
