use super::Music;
use crate::{Effect, MusicSet, SetStatus};
use chrono::TimeDelta;
use kernel::{ObjectError, ObjectKey, Owed, SetId, StoreError, Timestamp};

/// When it is looked once more for what a worker left that somebody faster had taken the work from: by then it has ended,
/// however slow it was.
const ONCE_MORE: TimeDelta = TimeDelta::hours(24);
/// Objects that are looked at and removed together.
const AT_ONCE: u32 = 500;

/// Why an effect was not performed.
#[derive(Debug, thiserror::Error)]
pub enum PerformError {
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The objects cannot be reached.
    #[error(transparent)]
    Object(#[from] ObjectError),
}

/// What is owed when the work on a set is over: whatever its row does not name is swept now, and once more.
pub(super) fn sweeps(set: SetId, now: Timestamp) -> [Owed<Effect>; 2] {
    let sweep = Effect::Sweep { set };
    [Owed::now(sweep.clone(), now), Owed::at(sweep, now, now + ONCE_MORE)]
}

impl Music {
    /// Does what is owed; doing it again changes nothing.
    ///
    /// # Errors
    /// [`PerformError`]: try again later.
    pub async fn perform(&self, effect: &Effect) -> Result<(), PerformError> {
        match effect {
            Effect::Remove { keys } => {
                let keys: Vec<_> = keys.iter().filter_map(|key| ObjectKey::parse(key)).collect();
                Ok(self.objects.delete(&keys).await?)
            }
            Effect::Sweep { set } => self.sweep(*set).await,
        }
    }

    async fn sweep(&self, id: SetId) -> Result<(), PerformError> {
        let prefix = MusicSet::prefix(id);
        let mut after = None;
        loop {
            let listed = self.objects.list(&prefix, after.as_ref(), AT_ONCE).await?;
            let Some(last) = listed.last() else { return Ok(()) };
            after = Some(last.key.clone());
            // Read after they were listed: whatever is put from now on for a pass that is to count was not in that list.
            let set = self.store.set(id).await?;
            if set.as_ref().is_some_and(|set| set.status == SetStatus::Processing) {
                // Its files are being made; a sweep is owed when that is over.
                return Ok(());
            }
            let kept = set.map(|set| set.keys()).unwrap_or_default();
            let gone: Vec<_> =
                listed.into_iter().map(|one| one.key).filter(|key| !kept.contains(key)).collect();
            if !gone.is_empty() {
                self.objects.delete(&gone).await?;
            }
        }
    }
}
