use super::perform::sweeps;
use super::{ChangeError, Music};
use crate::{Effect, acts};
use kernel::{Actor, Owed, SetId, transact};

impl Music {
    /// Removes a set, and where members stopped in it; its files are removed a moment later.
    ///
    /// # Errors
    /// A [`ChangeError`].
    pub async fn delete(&self, by: &Actor, id: SetId) -> Result<(), ChangeError> {
        let now = self.clock.now();
        transact(self.store.begin_music().await?, async |tx| {
            let set = tx.lock_set(id).await?.ok_or(ChangeError::Unknown)?;
            tx.remove_set(id).await?;
            let mut effects = sweeps(id, now).to_vec();
            if let Some(original) = &set.original {
                effects.push(Owed::now(Effect::Remove { keys: vec![original.clone()] }, now));
            }
            tx.enqueue_music(&effects).await?;
            tx.record(&[acts::removed(by, &set, now)]).await?;
            Ok(())
        })
        .await
    }
}
