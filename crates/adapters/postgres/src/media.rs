//! Uploads, and what members were sent.

mod egress;
mod reads;
mod upload;

use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::media::{DOMAIN, Effect, Egress, MediaTx, Month, Upload};
use async_trait::async_trait;
use diesel::sql_types::Uuid as SqlUuid;
use kernel::{AccountId, Owed, StoreError, Timestamp, UploadId};

impl PgTx {
    /// A picture or a set is made of an upload: `false` when it is not there to be taken by them.
    pub(crate) async fn take_completed(&mut self, id: UploadId, by: AccountId) -> Result<bool, StoreError> {
        let statement = text(
            "UPDATE uploads SET status = 'taken', filename = '' \
                 WHERE id = $1 AND by_id = $2 AND status = 'completed'",
        )
        .bind::<SqlUuid, _>(id.as_uuid())
        .bind::<SqlUuid, _>(by.as_uuid());
        self.execute("taking an upload", constant(statement)).await.map(|taken| taken == 1)
    }
}

#[async_trait]
impl MediaTx for PgTx {
    async fn lock_upload(&mut self, id: UploadId) -> Result<Option<Upload>, StoreError> {
        self.upload_locked(id).await
    }

    async fn lock_open_uploads(&mut self, by: AccountId) -> Result<u32, StoreError> {
        self.living_uploads_locked(by).await
    }

    async fn add_upload(&mut self, upload: &Upload) -> Result<(), StoreError> {
        self.insert_upload(upload)
    }

    async fn save_upload(&mut self, upload: &Upload) -> Result<(), StoreError> {
        self.update_upload(upload)
    }

    async fn lock_egress(&mut self, account: AccountId, month: Month) -> Result<Egress, StoreError> {
        self.egress_locked(account, month).await
    }

    async fn save_signed(&mut self, egress: &Egress) -> Result<(), StoreError> {
        self.update_signed(egress)
    }

    async fn note_link(
        &mut self,
        account: AccountId,
        link: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.insert_link(account, link, until).await
    }

    async fn sweep_links(&mut self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.delete_links(now, limit).await
    }

    async fn forget_egress(&mut self, account: AccountId) -> Result<(), StoreError> {
        self.forget_sent(account).await
    }

    async fn enqueue_media(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue(DOMAIN, effects)
    }
}
