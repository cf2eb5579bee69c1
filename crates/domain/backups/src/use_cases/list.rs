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
    /// What was found of it.
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

    /// The newest one that was found good, and against which nothing was found since.
    ///
    /// # Errors
    /// When where they lie cannot be read.
    pub async fn last_good(&self) -> Result<Option<BackupName>, ObjectError> {
        for (name, laid) in self.vault.all().await?.into_iter().rev() {
            let kept = self.look_at(name, laid).await?;
            if matches!(kept.standing, Standing::Good(_)) {
                return Ok(Some(kept.name));
            }
        }
        Ok(None)
    }

    async fn look_at(&self, name: BackupName, laid: Laid) -> Result<Kept, ObjectError> {
        let manifest = if laid.finished { self.vault.manifest(&name).await? } else { None };
        let record = if laid.recorded { self.vault.record(&name).await? } else { Record::default() };
        let standing = match &manifest {
            None => Standing::Unfinished,
            Some(Err(_)) => Standing::Bad,
            Some(Ok(_)) => record.standing(),
        };
        Ok(Kept { name, bytes: laid.bytes, manifest: manifest.and_then(Result::ok), record, standing })
    }
}
