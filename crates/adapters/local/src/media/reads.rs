//! Reading without a transaction, and adding up what is served.

use super::egress;
use crate::paging::{newest_of, wanted};
use crate::store::LocalStore;
use ::media::{Egress, EgressTotal, MediaStore, MediaTx, Month, Upload};
use async_trait::async_trait;
use kernel::{AccountId, Page, PageRequest, StoreError, Timestamp, Transaction, UploadId};
use std::cmp::Reverse;
use uuid::Uuid;

fn most(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[async_trait]
impl MediaStore for LocalStore {
    async fn begin_media(&self) -> Result<Box<dyn MediaTx>, StoreError> {
        Ok(self.write().await?)
    }

    async fn upload(&self, id: UploadId) -> Result<Option<Upload>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn uploads(&self, by: AccountId, page: PageRequest) -> Result<Page<Upload>, StoreError> {
        let state = self.read();
        let found = newest_of(&state.media.living_by_sender, by, page).take(wanted(page));
        let found = found.filter_map(|id| state.copy(&UploadId::from(id))).collect();
        Ok(Page::cut(found, page.limit, Upload::cursor))
    }

    async fn uploads_by(&self, sender: AccountId, page: PageRequest) -> Result<Page<Upload>, StoreError> {
        let state = self.read();
        let found = newest_of(&state.media.by_sender, sender, page).take(wanted(page));
        let found = found.filter_map(|id| state.copy(&UploadId::from(id))).collect();
        Ok(Page::cut(found, page.limit, Upload::cursor))
    }

    async fn overdue_uploads(&self, now: Timestamp, limit: u32) -> Result<Vec<Upload>, StoreError> {
        let state = self.read();
        let over = state.media.living_by_end.range(..=(now, UploadId::from(Uuid::max())));
        Ok(over.filter_map(|(_, id)| state.copy(id)).take(most(limit)).collect())
    }

    async fn egress(&self, account: AccountId, month: Month) -> Result<Egress, StoreError> {
        Ok(egress(&self.read().media, account, month))
    }

    async fn egress_totals(&self, limit: u32) -> Result<Vec<EgressTotal>, StoreError> {
        Ok(self.read().media.totals.values().rev().take(most(limit)).copied().collect())
    }

    async fn egress_of(&self, month: Month, limit: u32) -> Result<Vec<Egress>, StoreError> {
        let state = self.read();
        let first = (month, Reverse(u64::MAX), AccountId::from(Uuid::nil()));
        let last = (month, Reverse(0), AccountId::from(Uuid::max()));
        let found = state.media.egress_by_month.range(first..=last).take(most(limit));
        Ok(found.map(|(month, _, account)| egress(&state.media, *account, *month)).collect())
    }

    async fn egress_history(&self, account: AccountId) -> Result<Vec<Egress>, StoreError> {
        let state = self.read();
        let months = (account, Month(0))..=(account, Month(u32::MAX));
        Ok(state.media.egress.range(months).rev().map(|(_, egress)| **egress).collect())
    }

    async fn add_served(&self, served: &[(AccountId, Month, u64)]) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        for (account, month, bytes) in served.iter().filter(|(_, _, bytes)| *bytes > 0) {
            let before = egress(&tx.state().media, *account, *month);
            tx.put(Egress { served: before.served.saturating_add(*bytes), ..before });
        }
        tx.commit().await
    }
}
