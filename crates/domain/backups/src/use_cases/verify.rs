use super::Backups;
use super::try_out::told;
use crate::flow::FlowError;
use crate::manifest::{BackupFile, BackupPart, Manifest};
use crate::name::BackupName;
use crate::ports::Opener;
use crate::sum::Summing;
use crate::verdict::{Depth, Finding, Verdict};
use kernel::{ObjectError, StoreError};

/// Why it cannot be said whether a backup is good. Whatever is wrong with the backup itself is said by a [`Verdict`].
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is none, or it was not written to its end.
    #[error("there is no finished backup of this name")]
    Unknown,
    /// Where backups lie cannot be read.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// Something else failed meanwhile.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Backups {
    /// Looks whether a backup is as it was made: every part, and with private keys what is in them. What is found is kept
    /// beside the backup, and told also when it cannot be kept.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn verify(
        &self,
        backup: &BackupName,
        opener: Option<&dyn Opener>,
    ) -> Result<Verdict, VerifyError> {
        let (mut depth, mut findings) = (Depth::Sums, Vec::new());
        match self.vault.manifest(backup).await? {
            None => return Err(VerifyError::Unknown),
            Some(Err(why)) => findings.push(Finding::Manifest { why }),
            Some(Ok(manifest)) => {
                findings = self.inspect(&manifest).await?;
                if let Some(opener) = opener.filter(|_| findings.is_empty()) {
                    depth = Depth::Opened;
                    findings = self.open_all(&manifest, opener).await?;
                }
            }
        }
        let verdict = Verdict { backup: backup.clone(), at: self.clock.now(), depth, findings };
        self.keep(&verdict).await;
        Ok(verdict)
    }

    /// Keeps a verdict beside its backup, or says that it could not.
    pub(super) async fn keep(&self, verdict: &Verdict) {
        if let Err(error) = self.note(verdict).await {
            let backup = &verdict.backup;
            tracing::warn!(%backup, error = %told(&error), "what was found of a backup could not be kept beside it");
        }
    }

    /// Keeps a verdict beside its backup.
    ///
    /// # Errors
    /// When where backups lie cannot be read or written.
    pub async fn note(&self, verdict: &Verdict) -> Result<(), ObjectError> {
        let before = self.vault.record(&verdict.backup).await?.unwrap_or_default();
        let after = before.clone().after(verdict);
        if after == before {
            return Ok(());
        }
        self.vault.put_record(&verdict.backup, &after).await
    }

    /// Looks at every part.
    pub(super) async fn inspect(&self, manifest: &Manifest) -> Result<Vec<Finding>, ObjectError> {
        let sizes = self.vault.sizes(&manifest.name).await?;
        let mut findings = Vec::new();
        for part in manifest.files.iter().flat_map(|file| &file.parts) {
            let finding = match sizes.get(&part.name) {
                None => Some(Finding::Missing { part: part.name.clone() }),
                Some(found) if *found != part.sum.bytes => {
                    let (part, written) = (part.name.clone(), part.sum.bytes);
                    Some(Finding::Length { part, written, found: *found })
                }
                Some(_) => self.inspect_part(&manifest.name, part).await?,
            };
            findings.extend(finding);
        }
        Ok(findings)
    }

    /// Looks at one part.
    pub(super) async fn inspect_part(
        &self,
        backup: &BackupName,
        part: &BackupPart,
    ) -> Result<Option<Finding>, ObjectError> {
        let name = || part.name.clone();
        match self.vault.sum(backup, &part.name).await {
            Ok(Some(sum)) if sum == part.sum => Ok(None),
            Ok(Some(_)) => Ok(Some(Finding::Changed { part: name() })),
            Ok(None) => Ok(Some(Finding::Missing { part: name() })),
            // The others were read: it is this one.
            Err(ObjectError::Broken { cause, .. } | ObjectError::Refused { cause, .. }) => {
                Ok(Some(Finding::Unreadable { part: name(), why: cause.to_string() }))
            }
            Err(away @ ObjectError::Unavailable { .. }) => Err(away),
        }
    }

    async fn open_all(&self, manifest: &Manifest, opener: &dyn Opener) -> Result<Vec<Finding>, VerifyError> {
        let mut findings = Vec::new();
        for file in &manifest.files {
            let finding = self.open_file(manifest, file, opener).await?;
            let wrong_key = matches!(finding, Some(Finding::WrongKey { .. }));
            findings.extend(finding);
            if wrong_key {
                break;
            }
        }
        Ok(findings)
    }

    async fn open_file(
        &self,
        manifest: &Manifest,
        file: &BackupFile,
        opener: &dyn Opener,
    ) -> Result<Option<Finding>, VerifyError> {
        let mut plain = opener.open(self.vault.read(&manifest.name, file)?);
        let mut summing = Summing::default();
        let name = file.name.clone();
        loop {
            match plain.next().await {
                Ok(Some(bytes)) => summing.add(&bytes),
                Ok(None) if summing.clone().end() == file.plain => return Ok(None),
                Ok(None) => return Ok(Some(Finding::Content { file: name })),
                Err(FlowError::WrongKey) => {
                    return Ok(Some(Finding::WrongKey { sealed_to: manifest.recipients.clone() }));
                }
                Err(FlowError::Unreadable(why) | FlowError::Unsealed(why)) => {
                    return Ok(Some(Finding::NoFile { file: name, why }));
                }
                Err(FlowError::Objects(error)) => return Err(error.into()),
                Err(FlowError::Store(error)) => return Err(error.into()),
            }
        }
    }
}
