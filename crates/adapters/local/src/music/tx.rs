//! Writing sets.

use crate::paging::newest_of;
use crate::transaction::LocalTx;
use ::music::{DOMAIN, Effect, MusicSet, MusicTx, Position, SOUND};
use async_trait::async_trait;
use kernel::{AccountId, Owed, PageRequest, SetId, StoreError, UploadId};

#[async_trait]
impl MusicTx for LocalTx {
    async fn lock_set(&mut self, id: SetId) -> Result<Option<MusicSet>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn save_set(&mut self, set: &MusicSet) -> Result<(), StoreError> {
        self.put(set.clone());
        Ok(())
    }

    async fn remove_set(&mut self, id: SetId) -> Result<(), StoreError> {
        for position in self.state().music.listeners(id) {
            self.remove::<Position>(&position);
        }
        self.remove::<MusicSet>(&id);
        Ok(())
    }

    async fn forget_positions_of(&mut self, account: AccountId) -> Result<(), StoreError> {
        let all = PageRequest { limit: u32::MAX, after: None };
        let sets: Vec<_> = newest_of(&self.state().music.positions_by_time, account, all).collect();
        for set in sets {
            self.remove::<Position>(&(account, set.into()));
        }
        Ok(())
    }

    async fn take_upload(&mut self, id: UploadId, by: AccountId) -> Result<bool, StoreError> {
        Ok(self.take(id, by))
    }

    async fn enqueue_music(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue(DOMAIN, effects)
    }

    async fn enqueue_sound(&mut self, sets: &[Owed<SetId>]) -> Result<(), StoreError> {
        self.enqueue(SOUND, sets)
    }
}
