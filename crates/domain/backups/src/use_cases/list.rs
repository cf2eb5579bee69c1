use super::Backups;
use crate::manifest::Manifest;
use crate::name::BackupName;
use crate::vault::Laid;
use crate::verdict::{Record, Standing};
use kernel::ObjectError;

/// A backup that lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it is called.
    pub name: BackupName,
    /// Bytes of all its objects.
    pub bytes: u64,
    /// What it is made of; nothing when it is not finished, or when that cannot be read.
    pub manifest: Option<Manifest>,
    /// What was found of it; nothing, when that cannot be read.
    pub record: Record,
    /// What that makes it worth.
    pub standing: Standing,
}

impl Backups {
    /// All of them, the newest first, with those that are not finished.
    ///
    /// # Errors
    /// When where they lie cannot be read.
    pub async fn list(&self) -> Result<Vec<Kept>, ObjectError> {
        let mut all = Vec::new();
        for (name, laid) in self.vault.all().await?.into_iter().rev() {
            all.push(self.look_at(name, laid).await?);
        }
        Ok(all)
    }

    /// The newest one that is finished.
    ///
    /// # Errors
    /// When where they lie cannot be read.
    pub async fn latest(&self) -> Result<Option<BackupName>, ObjectError> {
        let all = self.vault.all().await?;
        Ok(all.into_iter().rev().find(|(_, laid)| laid.finished).map(|(name, _)| name))
    }

    async fn look_at(&self, name: BackupName, laid: Laid) -> Result<Kept, ObjectError> {
        let manifest = if laid.finished { self.vault.manifest(&name).await? } else { None };
        let record = if laid.recorded { self.vault.record(&name).await? } else { Ok(Record::default()) };
        let standing = match (&manifest, &record) {
            (None, _) => Standing::Unfinished,
            (Some(Err(_)), _) => Standing::Bad,
            (Some(Ok(_)), Err(_)) => Standing::Unread,
            (Some(Ok(_)), Ok(record)) => record.standing(),
        };
        let (manifest, record) = (manifest.and_then(Result::ok), record.unwrap_or_default());
        Ok(Kept { name, bytes: laid.bytes, manifest, record, standing })
    }
}
