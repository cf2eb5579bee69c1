use super::Gallery;
use crate::picture::prefix;
use crate::{Effect, PictureStatus};
use chrono::TimeDelta;
use kernel::{ObjectError, ObjectKey, Owed, PictureId, StoreError, Timestamp};

/// Before looking again while a picture is being made.
const LATER: TimeDelta = TimeDelta::minutes(15);
/// When it is looked once more for what a worker left that somebody faster had taken the work from: by then it has ended,
/// however slow it was.
const ONCE_MORE: TimeDelta = TimeDelta::hours(24);
/// Objects that are listed, or deleted, at once.
const SOME: u32 = 1_000;

/// Why nothing was swept; it may work later.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The objects could not be looked for, or removed.
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

/// What is owed when the work on a picture is over: whatever its row does not name is swept now, and once more.
pub(super) fn sweeps(picture: PictureId, now: Timestamp) -> [Owed<Effect>; 2] {
    let sweep = Effect::Sweep { picture };
    [Owed::now(sweep.clone(), now), Owed::at(sweep, now, now + ONCE_MORE)]
}

impl Gallery {
    /// Removes objects that nothing refers to any more; what is no name of one is left out.
    ///
    /// # Errors
    /// When the object store cannot answer.
    pub async fn remove(&self, keys: &[String]) -> Result<(), ObjectError> {
        let keys: Vec<_> = keys.iter().filter_map(|key| ObjectKey::parse(key)).collect();
        for some in keys.chunks(usize::try_from(SOME).unwrap_or(usize::MAX)) {
            self.objects.delete(some).await?;
        }
        Ok(())
    }

    /// Removes all that lies under a picture's name but what its row names. While it is being made nobody can say what
    /// that will be: then it is time to look again at the answered instant.
    ///
    /// # Errors
    /// A [`SweepError`].
    pub async fn sweep(&self, id: PictureId) -> Result<Option<Timestamp>, SweepError> {
        // Listed first: whatever was put before and is named by no row afterwards, none will name.
        let there = self.under(id).await?;
        let picture = self.store.picture(id).await?;
        if there.is_empty() {
            return Ok(None);
        }
        if picture.as_ref().is_some_and(|it| it.status == PictureStatus::Processing) {
            return Ok(Some(self.clock.now() + LATER));
        }
        let named = picture.map(|picture| picture.keys()).unwrap_or_default();
        let left: Vec<_> = there.into_iter().filter(|key| !named.contains(key)).collect();
        if !left.is_empty() {
            self.objects.delete(&left).await?;
        }
        Ok(None)
    }

    /// All that lies under a picture's name.
    pub(super) async fn under(&self, id: PictureId) -> Result<Vec<ObjectKey>, ObjectError> {
        let mut all: Vec<ObjectKey> = Vec::new();
        loop {
            let some = self.objects.list(&prefix(id), all.last(), SOME).await?;
            let more = some.len() == usize::try_from(SOME).unwrap_or(usize::MAX);
            all.extend(some.into_iter().map(|listed| listed.key));
            if !more {
                return Ok(all);
            }
        }
    }
}
