//! What is known of backups.

use crate::document::{Document, Step, Table};
use crate::paging::{newest, wanted};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::backups::{Backup, BackupName, BackupStore, BackupTx, DOMAIN, Desk, News, WORK, Work};
use async_trait::async_trait;
use imbl::{OrdMap, OrdSet};
use kernel::{BackupId, Cursor, Owed, Page, PageRequest, StoreError, Timestamp};

/// This domain's documents and their indexes.
#[derive(Clone, Default)]
pub(crate) struct BackupTables {
    pub(crate) backups: Table<Backup>,
    pub(crate) desk: Table<Desk>,
    pub(crate) by_age: OrdSet<Cursor>,
    pub(crate) by_name: OrdMap<BackupName, BackupId>,
    pub(crate) good: OrdSet<(Timestamp, BackupId)>,
}

impl Document for Backup {
    const KIND: &'static str = "backup";
    type Key = BackupId;

    fn key(&self) -> BackupId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.backups.backups
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.backups.backups
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.backups;
        step.set(&mut tables.by_age, self.cursor());
        if let Some(made) = &self.made {
            step.map(&mut tables.by_name, made.name.clone(), self.id);
        }
        if let Some(at) = self.good_at() {
            step.set(&mut tables.good, (at, self.id));
        }
    }
}

impl Document for Desk {
    const KIND: &'static str = "backup_desk";
    type Key = ();

    fn key(&self) {}

    fn table(state: &State) -> &Table<Self> {
        &state.backups.desk
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.backups.desk
    }

    fn index(&self, _: &mut State, _: Step) {}
}

#[async_trait]
impl BackupStore for LocalStore {
    async fn begin_backups(&self) -> Result<Box<dyn BackupTx>, StoreError> {
        Ok(self.write().await?)
    }

    async fn desk(&self) -> Result<Desk, StoreError> {
        Ok(self.read().copy::<Desk>(&()).unwrap_or_default())
    }

    async fn backup(&self, id: BackupId) -> Result<Option<Backup>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn backups(&self, page: PageRequest) -> Result<Page<Backup>, StoreError> {
        let state = self.read();
        let ids = newest(&state.backups.by_age, page).take(wanted(page));
        let found = ids.filter_map(|id| state.copy(&BackupId::from(id))).collect();
        Ok(Page::cut(found, page.limit, Backup::cursor))
    }

    async fn last_good(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.read().backups.good.get_max().map(|(at, _)| *at))
    }
}

#[async_trait]
impl BackupTx for LocalTx {
    /// There is one writer, so the desk is locked.
    async fn lock_desk(&mut self) -> Result<Desk, StoreError> {
        Ok(self.state().copy::<Desk>(&()).unwrap_or_default())
    }

    async fn save_desk(&mut self, desk: &Desk) -> Result<(), StoreError> {
        self.put(desk.clone());
        Ok(())
    }

    async fn backup_at_desk(&mut self, id: BackupId) -> Result<Option<Backup>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn save_backup(&mut self, backup: &Backup) -> Result<(), StoreError> {
        let name = backup.made.as_ref().map(|made| &made.name);
        let other = name.and_then(|name| self.state().backups.by_name.get(name)).copied();
        if other.is_some_and(|other| other != backup.id) {
            return Err(self.broken("saving a backup", "another one is called so"));
        }
        self.put(backup.clone());
        Ok(())
    }

    async fn remove_backup(&mut self, id: BackupId) -> Result<(), StoreError> {
        self.remove::<Backup>(&id);
        Ok(())
    }

    async fn enqueue_backup_work(&mut self, work: &[Owed<Work>]) -> Result<(), StoreError> {
        self.enqueue(WORK, work)
    }

    async fn enqueue_backup_news(&mut self, news: &[Owed<News>]) -> Result<(), StoreError> {
        self.enqueue(DOMAIN, news)
    }
}
