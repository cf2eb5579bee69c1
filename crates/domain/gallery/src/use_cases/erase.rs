use super::clean::sweeps;
use super::{Gallery, SweepError};
use crate::{Absence, Effect, Removal, RemovalStatus, acts};
use kernel::{AlbumId, Cause, ObjectError, ObjectKey, Owed, RemovalId, StoreError, transact};
use std::collections::BTreeSet;

/// Why a picture's files have not all gone yet.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The objects could not be looked for, or removed.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// It was deleted, and is there all the same.
    #[error("{0} files are still there")]
    StillThere(usize),
}

impl From<SweepError> for EraseError {
    fn from(error: SweepError) -> Self {
        match error {
            SweepError::Store(error) => Self::Store(error),
            SweepError::Objects(error) => Self::Objects(error),
        }
    }
}

impl Gallery {
    /// Removes all files of a picture that is to go, looks for each of them, writes down that none is there, and
    /// removes the picture. The album in which it was; `None` when there is nothing to do.
    ///
    /// # Errors
    /// An [`EraseError`]: try again later.
    pub async fn erase(&self, id: RemovalId) -> Result<Option<AlbumId>, EraseError> {
        let wish = self.store.removal(id).await?;
        let Some(wish) = wish.filter(|wish| wish.status == RemovalStatus::Removing) else { return Ok(None) };
        let keys = self.all_keys(&wish).await?;
        for some in keys.chunks(1_000) {
            self.objects.delete(some).await?;
        }
        let proof = self.absent(&wish, &keys).await?;
        let now = self.clock.now();
        transact(self.store.begin_gallery().await?, async |tx| {
            let album = wish.album;
            tx.lock_pictures(&[wish.picture]).await?;
            let wish = tx.lock_removal(id).await?;
            let Some(mut wish) = wish.filter(|wish| wish.status == RemovalStatus::Removing) else {
                return Ok(None);
            };
            wish.prove(proof, now);
            tx.save_removal(&wish).await?;
            tx.remove_pictures(&[wish.picture]).await?;
            tx.record(&[acts::erased(&Cause::system(), &wish, now)]).await?;
            // What somebody may still have been making is swept after them.
            let mut effects = sweeps(wish.picture, now).to_vec();
            effects.push(Owed::now(Effect::TellRemoval { removal: id }, now));
            tx.enqueue_gallery(&effects).await?;
            Ok(Some(album))
        })
        .await
    }

    /// What was known of it when it was decided, what is known now, and what lies under its name besides.
    async fn all_keys(&self, wish: &Removal) -> Result<Vec<ObjectKey>, EraseError> {
        let mut keys: BTreeSet<_> = wish.keys.iter().filter_map(|key| ObjectKey::parse(key)).collect();
        let picture = self.store.picture(wish.picture).await?;
        keys.extend(picture.iter().flat_map(|picture| picture.keys()));
        keys.extend(self.under(wish.picture).await?);
        Ok(keys.into_iter().collect())
    }

    /// That the store has none of them, nor anything else under the picture's name.
    async fn absent(&self, wish: &Removal, keys: &[ObjectKey]) -> Result<Vec<Absence>, EraseError> {
        let mut still = self.under(wish.picture).await?.len();
        let mut proof = Vec::with_capacity(keys.len());
        for key in keys {
            match self.objects.head(key).await? {
                Some(_) => still += 1,
                None => proof.push(Absence { key: key.to_string(), seen_at: self.clock.now() }),
            }
        }
        if still == 0 { Ok(proof) } else { Err(EraseError::StillThere(still)) }
    }
}
