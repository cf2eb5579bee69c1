//! Writing uploads and what was signed.

use super::{Forgotten, KeptLink, egress};
use crate::transaction::LocalTx;
use ::media::{DOMAIN, Effect, Egress, MediaTx, Month, Upload};
use async_trait::async_trait;
use kernel::{AccountId, Owed, StoreError, Timestamp, UploadId};

#[async_trait]
impl MediaTx for LocalTx {
    async fn lock_upload(&mut self, id: UploadId) -> Result<Option<Upload>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn lock_open_uploads(&mut self, by: AccountId) -> Result<u32, StoreError> {
        Ok(self.state().media.living_of.get(&by).copied().unwrap_or(0))
    }

    async fn add_upload(&mut self, upload: &Upload) -> Result<(), StoreError> {
        self.add(upload.clone(), "adding an upload")
    }

    async fn save_upload(&mut self, upload: &Upload) -> Result<(), StoreError> {
        self.save(upload.clone(), "saving an upload")
    }

    async fn lock_egress(&mut self, account: AccountId, month: Month) -> Result<Egress, StoreError> {
        Ok(egress(&self.state().media, account, month))
    }

    async fn save_signed(&mut self, changed: &Egress) -> Result<(), StoreError> {
        let before = egress(&self.state().media, changed.account, changed.month);
        if before.signed != changed.signed {
            self.put(Egress { signed: changed.signed, ..before });
        }
        Ok(())
    }

    async fn note_link(
        &mut self,
        account: AccountId,
        link: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = (account, link.to_owned());
        if self.state().get::<KeptLink>(&key).is_some_and(|kept| kept.until >= until) {
            return Ok(false);
        }
        self.put(KeptLink { account, link: key.1, until });
        Ok(true)
    }

    async fn sweep_links(&mut self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let ended = self.state().media.links_by_end.iter().take_while(|(until, _, _)| *until < now);
        let ended = ended.take(usize::try_from(limit).unwrap_or(usize::MAX));
        let keys: Vec<_> = ended.map(|(_, account, link)| (*account, link.clone())).collect();
        for key in &keys {
            self.remove::<KeptLink>(key);
        }
        Ok(u32::try_from(keys.len()).unwrap_or(u32::MAX))
    }

    async fn forget_egress(&mut self, account: AccountId) -> Result<(), StoreError> {
        let tables = &self.state().media;
        let months = (account, Month(0))..=(account, Month(u32::MAX));
        let sent: Vec<Egress> = tables.egress.range(months).map(|(_, egress)| **egress).collect();
        let links = tables.links.range((account, String::new())..);
        let links: Vec<_> =
            links.map(|(key, _)| key.clone()).take_while(|(owner, _)| *owner == account).collect();
        for egress in sent {
            let forgotten = match self.state().get::<Forgotten>(&egress.month) {
                Some(before) => before.with(&egress),
                None => Forgotten::nobody(egress.month).with(&egress),
            };
            self.remove::<Egress>(&(account, egress.month));
            self.put(forgotten);
        }
        for key in links {
            self.remove::<KeptLink>(&key);
        }
        Ok(())
    }

    async fn enqueue_media(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue(DOMAIN, effects)
    }
}
