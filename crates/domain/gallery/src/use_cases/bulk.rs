use super::Gallery;
use super::clean::sweeps;
use crate::{Effect, GalleryTx, Picture, PictureStatus, acts};
use kernel::{Actor, AlbumId, Invalid, ObjectKey, Owed, PictureId, StoreError, Timestamp, transact};
use std::collections::BTreeSet;

/// Most pictures that are named at once.
pub const MOST_AT_ONCE: usize = 1_000;
/// Pictures that are decided about in one transaction.
pub(super) const STEP: u32 = 200;
/// Names of objects in one effect.
const KEYS: usize = 500;

/// Which pictures are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// These, at most [`MOST_AT_ONCE`].
    These(Vec<PictureId>),
    /// All of an album, however many.
    Album(AlbumId),
}

/// What became of many pictures at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bulk {
    /// How many are not as they were.
    pub changed: u32,
    /// Those of the named ones that are not there.
    pub unknown: Vec<PictureId>,
    /// The albums in which something changed.
    pub albums: BTreeSet<AlbumId>,
}

/// Why nothing was done to many pictures.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// There is no such album.
    #[error("there is no such album")]
    UnknownAlbum,
    /// None is named, or too many.
    #[error("the pictures cannot be taken")]
    Invalid(Vec<Invalid>),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store could not answer half-way.
    #[error("the store could not answer when {} were done", done.changed)]
    Stopped {
        /// What was done before, with each album in which something may have changed.
        done: Bulk,
        /// Why it went no further.
        #[source]
        cause: StoreError,
    },
}

/// Why nothing else is written under a picture.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    /// There is none.
    #[error("there is no such picture")]
    Unknown,
    /// The words cannot be taken.
    #[error("the words cannot be taken")]
    Invalid(Vec<Invalid>),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is done to each of many.
#[derive(Clone, Copy)]
enum Deed {
    Publish(bool),
    Delete,
    Retry,
}

impl Gallery {
    /// Shows pictures to members, or not any more. One that is still being made is seen as soon as it is ready.
    ///
    /// # Errors
    /// A [`BulkError`].
    pub async fn publish(&self, actor: &Actor, which: &Which, published: bool) -> Result<Bulk, BulkError> {
        self.do_to_many(actor, which, Deed::Publish(published)).await
    }

    /// Deletes pictures; their files go right afterwards. One that somebody wants gone goes as if an admin had agreed.
    ///
    /// # Errors
    /// A [`BulkError`].
    pub async fn delete(&self, actor: &Actor, which: &Which) -> Result<Bulk, BulkError> {
        self.do_to_many(actor, which, Deed::Delete).await
    }

    /// Tries again those that failed; the others stay as they are.
    ///
    /// # Errors
    /// A [`BulkError`].
    pub async fn retry(&self, actor: &Actor, which: &Which) -> Result<Bulk, BulkError> {
        self.do_to_many(actor, which, Deed::Retry).await
    }

    /// Writes something under a picture, or nothing.
    ///
    /// # Errors
    /// A [`DescribeError`].
    pub async fn describe(
        &self,
        actor: &Actor,
        id: PictureId,
        caption: Option<&str>,
    ) -> Result<Picture, DescribeError> {
        let now = self.clock.now();
        transact(self.store.begin_gallery().await?, async |tx| {
            let mut picture = tx.lock_pictures(&[id]).await?.pop().ok_or(DescribeError::Unknown)?;
            let before = picture.caption.clone();
            picture.describe(caption).map_err(|wrong| DescribeError::Invalid(vec![wrong]))?;
            if picture.caption != before {
                tx.save_pictures(std::slice::from_ref(&picture)).await?;
                tx.record(&[acts::described(&actor.cause(), &picture, now)]).await?;
            }
            Ok(picture)
        })
        .await
    }

    async fn do_to_many(&self, actor: &Actor, which: &Which, deed: Deed) -> Result<Bulk, BulkError> {
        let mut done = Bulk::default();
        match self.do_steps(actor, which, deed, &mut done).await {
            Ok(()) => Ok(done),
            Err(BulkError::Store(cause)) if !done.albums.is_empty() => {
                Err(BulkError::Stopped { done, cause })
            }
            Err(refused) => Err(refused),
        }
    }

    async fn do_steps(
        &self,
        actor: &Actor,
        which: &Which,
        deed: Deed,
        bulk: &mut Bulk,
    ) -> Result<(), BulkError> {
        match which {
            Which::These(ids) => {
                let ids: BTreeSet<_> = ids.iter().copied().collect();
                if ids.is_empty() || ids.len() > MOST_AT_ONCE {
                    let message = format!("must name 1 to {MOST_AT_ONCE} pictures");
                    return Err(BulkError::Invalid(vec![Invalid::new("ids", "out_of_range", message)]));
                }
                let ids: Vec<_> = ids.into_iter().collect();
                for some in ids.chunks(usize::try_from(STEP).unwrap_or(usize::MAX)) {
                    let there = self.step(actor, Step::These(some), deed, bulk).await?;
                    bulk.unknown.extend(some.iter().filter(|id| !there.contains(id)));
                }
            }
            Which::Album(album) => {
                if self.store.album(*album).await?.is_none() {
                    return Err(BulkError::UnknownAlbum);
                }
                let mut after = None;
                loop {
                    let there = self.step(actor, Step::Album(*album, after), deed, bulk).await?;
                    after = there.last().copied();
                    if after.is_none() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Does it to some, in one transaction; which ones are there.
    async fn step(
        &self,
        actor: &Actor,
        step: Step<'_>,
        deed: Deed,
        bulk: &mut Bulk,
    ) -> Result<Vec<PictureId>, StoreError> {
        let now = self.clock.now();
        let albums = &mut bulk.albums;
        let (there, changed) = transact(self.store.begin_gallery().await?, async |tx| {
            let pictures = match step {
                Step::These(ids) => tx.lock_pictures(ids).await?,
                Step::Album(album, after) => tx.lock_pictures_of(album, after, STEP).await?,
            };
            let there: Vec<_> = pictures.iter().map(|picture| picture.id).collect();
            let changed = Self::do_to(tx, actor, pictures, deed, now).await?;
            // Before the commit: where its answer is lost, it may have been done all the same.
            albums.extend(&changed);
            Ok::<_, StoreError>((there, changed.len()))
        })
        .await?;
        bulk.changed += u32::try_from(changed).unwrap_or(u32::MAX);
        Ok(there)
    }

    /// The album of each that is not as it was.
    async fn do_to(
        tx: &mut dyn GalleryTx,
        actor: &Actor,
        mut pictures: Vec<Picture>,
        deed: Deed,
        now: Timestamp,
    ) -> Result<Vec<AlbumId>, StoreError> {
        let by = actor.cause();
        match deed {
            Deed::Publish(published) => {
                pictures.retain_mut(|picture| picture.publish(published, now));
                tx.save_pictures(&pictures).await?;
                tx.record(&acts::published(&by, &pictures, published, now)).await?;
            }
            Deed::Retry => {
                pictures.retain_mut(Picture::retry);
                tx.save_pictures(&pictures).await?;
                let owed: Vec<_> = pictures.iter().map(|picture| Owed::now(picture.id, now)).collect();
                tx.enqueue_pictures(&owed).await?;
                tx.record(&acts::retried(&by, &pictures, now)).await?;
            }
            Deed::Delete => Self::delete_locked(tx, actor, &pictures, now).await?,
        }
        Ok(pictures.into_iter().map(|picture| picture.album).collect())
    }

    /// Removes pictures that were locked, and owes that their files go.
    pub(super) async fn delete_locked(
        tx: &mut dyn GalleryTx,
        actor: &Actor,
        pictures: &[Picture],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (mut effects, mut keys, mut acts) = (Vec::new(), Vec::new(), Vec::new());
        for picture in pictures {
            if picture.removal_asked
                && let Some(mut wish) = tx.lock_removal_of(picture.id).await?
            {
                // Without words of their own there is nothing to be wrong with.
                if wish.agree(Some(picture), actor.account, None, now).unwrap_or(false) {
                    tx.save_removal(&wish).await?;
                    acts.push(acts::decided(&actor.cause(), &wish, now));
                    effects.push(Owed::now(Effect::Erase { removal: wish.id }, now));
                }
                continue;
            }
            keys.extend(picture.keys().iter().map(ObjectKey::to_string));
            if picture.status == PictureStatus::Processing {
                // Somebody may be making it: what they put is found by its place.
                effects.extend(sweeps(picture.id, now));
            }
        }
        effects.extend(keys.chunks(KEYS).map(|some| Owed::now(Effect::Remove { keys: some.to_vec() }, now)));
        let ids: Vec<_> = pictures.iter().map(|picture| picture.id).collect();
        tx.remove_pictures(&ids).await?;
        tx.enqueue_gallery(&effects).await?;
        acts.extend(acts::deleted(&actor.cause(), pictures, now));
        tx.record(&acts).await
    }
}

/// Some of them.
#[derive(Clone, Copy)]
enum Step<'a> {
    These(&'a [PictureId]),
    Album(AlbumId, Option<PictureId>),
}
