//! Recordings of sets, and where members stopped listening.

mod position;
mod reads;
mod set;

use crate::transaction::PgTx;
use ::music::{DOMAIN, Effect, MusicSet, MusicTx, SOUND};
use async_trait::async_trait;
use kernel::{AccountId, Owed, SetId, StoreError, UploadId};

#[async_trait]
impl MusicTx for PgTx {
    async fn lock_set(&mut self, id: SetId) -> Result<Option<MusicSet>, StoreError> {
        self.set_locked(id).await
    }

    async fn save_set(&mut self, set: &MusicSet) -> Result<(), StoreError> {
        self.upsert_set(set)
    }

    async fn remove_set(&mut self, id: SetId) -> Result<(), StoreError> {
        self.delete_set(id);
        Ok(())
    }

    async fn forget_positions_of(&mut self, account: AccountId) -> Result<(), StoreError> {
        self.delete_positions_of(account);
        Ok(())
    }

    async fn take_upload(&mut self, id: UploadId, by: AccountId) -> Result<bool, StoreError> {
        self.take_completed(id, by).await
    }

    async fn enqueue_music(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue(DOMAIN, effects)
    }

    async fn enqueue_sound(&mut self, sets: &[Owed<SetId>]) -> Result<(), StoreError> {
        self.enqueue(SOUND, sets)
    }
}
