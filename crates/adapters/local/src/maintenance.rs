//! Whether anything may be changed.

use crate::document::{Document, Step, Table};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use async_trait::async_trait;
use kernel::{MaintenanceStore, MaintenanceTx, ReadOnly, StoreError};

/// What was said, if nothing is to be changed.
#[derive(Clone, Default)]
pub(crate) struct MaintenanceTables {
    pub(crate) read_only: Table<ReadOnly>,
}

impl Document for ReadOnly {
    const KIND: &'static str = "read_only";
    type Key = ();

    fn key(&self) {}

    fn table(state: &State) -> &Table<Self> {
        &state.maintenance.read_only
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.maintenance.read_only
    }

    fn index(&self, _: &mut State, _: Step) {}
}

#[async_trait]
impl MaintenanceStore for LocalStore {
    async fn read_only(&self) -> Result<Option<ReadOnly>, StoreError> {
        Ok(self.read().copy::<ReadOnly>(&()))
    }

    async fn begin_maintenance(&self) -> Result<Box<dyn MaintenanceTx>, StoreError> {
        Ok(self.write().await?)
    }
}

#[async_trait]
impl MaintenanceTx for LocalTx {
    async fn lock_read_only(&mut self) -> Result<Option<ReadOnly>, StoreError> {
        Ok(self.state().copy::<ReadOnly>(&()))
    }

    async fn save_read_only(&mut self, read_only: Option<&ReadOnly>) -> Result<(), StoreError> {
        match read_only {
            Some(read_only) => self.put(read_only.clone()),
            None => {
                self.remove::<ReadOnly>(&());
            }
        }
        Ok(())
    }
}
