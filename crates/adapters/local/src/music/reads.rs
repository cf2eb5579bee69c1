//! Reading without a transaction, and what is written without one that a use case sees.

use crate::paging::{newest, newest_of, wanted};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::music::{MusicSet, MusicStore, MusicTx, Position, SetStatus};
use async_trait::async_trait;
use kernel::{AccountId, Page, PageRequest, SetId, StoreError, transact};

/// Most positions that are told at once.
const MOST_POSITIONS: usize = 10_000;

/// Whether what a member says is news about a set that is there.
fn is_news(state: &State, said: &Position) -> bool {
    let before = state.get::<Position>(&(said.account, said.set));
    state.get::<MusicSet>(&said.set).is_some() && before.is_none_or(|it| it.said_at <= said.said_at)
}

/// A set that is still processed.
fn in_process(state: &State, id: SetId) -> Option<MusicSet> {
    state.copy::<MusicSet>(&id).filter(|set| set.status == SetStatus::Processing)
}

#[async_trait]
impl MusicStore for LocalStore {
    async fn begin_music(&self) -> Result<Box<dyn MusicTx>, StoreError> {
        Ok(self.write().await?)
    }

    async fn set(&self, id: SetId) -> Result<Option<MusicSet>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn sets(&self, audible: bool, page: PageRequest) -> Result<Page<MusicSet>, StoreError> {
        let state = self.read();
        let index = if audible { &state.music.audible } else { &state.music.by_age };
        let found = newest(index, page).take(wanted(page));
        let found = found.filter_map(|id| state.copy(&SetId::from(id))).collect();
        Ok(Page::cut(found, page.limit, MusicSet::cursor))
    }

    async fn sets_by(&self, maker: AccountId, page: PageRequest) -> Result<Page<MusicSet>, StoreError> {
        let state = self.read();
        let found = newest_of(&state.music.by_maker, maker, page).take(wanted(page));
        let found = found.filter_map(|id| state.copy(&SetId::from(id))).collect();
        Ok(Page::cut(found, page.limit, MusicSet::cursor))
    }

    async fn position(&self, account: AccountId, set: SetId) -> Result<Option<Position>, StoreError> {
        Ok(self.read().copy(&(account, set)))
    }

    async fn positions(&self, account: AccountId) -> Result<Vec<Position>, StoreError> {
        let state = self.read();
        let all = PageRequest { limit: u32::MAX, after: None };
        let found = newest_of(&state.music.positions_by_time, account, all).take(MOST_POSITIONS);
        Ok(found.filter_map(|id| state.copy(&(account, SetId::from(id)))).collect())
    }

    async fn save_position(&self, position: &Position) -> Result<(), StoreError> {
        transact(self.write().await?, async |tx: &mut LocalTx| {
            if is_news(tx.state(), position) {
                tx.put(*position);
            }
            Ok(())
        })
        .await
    }

    async fn save_progress(&self, id: SetId, progress: u8) -> Result<(), StoreError> {
        transact(self.write().await?, async |tx: &mut LocalTx| {
            if let Some(set) = in_process(tx.state(), id).filter(|set| set.progress != progress) {
                tx.put(MusicSet { progress, ..set });
            }
            Ok(())
        })
        .await
    }
}
