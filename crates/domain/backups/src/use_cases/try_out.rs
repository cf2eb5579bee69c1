use super::{Backups, CompareError, NoBackup, RestoreError, VerifyError};
use crate::flow::FlowError;
use crate::manifest::{DATABASE, MEDIA, Manifest};
use crate::name::BackupName;
use crate::ports::{Examiner, Opener, Scratch, ScratchPlace};
use crate::verdict::{Depth, Finding, Verdict};
use kernel::{ObjectStore, StoreError};
use std::error::Error;
use std::sync::Arc;

const DOING: &str = "trying a backup";

/// What a backup is tried with.
#[derive(Clone)]
pub struct Trial {
    /// Where a store is made of it.
    pub scratch: Arc<dyn Scratch>,
    /// What looks at that store.
    pub examiner: Arc<dyn Examiner>,
    /// Where pictures and music lie now.
    pub media: Arc<dyn ObjectStore>,
}

impl Backups {
    /// Makes a store of what lies there, in a place that goes again, and looks at it. What is found is kept beside the
    /// backup. That the place is out of order says nothing against the backup and is an error, as far as that can be told
    /// apart.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn try_out(
        &self,
        backup: &BackupName,
        opener: &dyn Opener,
        trial: &Trial,
    ) -> Result<Verdict, VerifyError> {
        let findings = match self.manifest(backup).await {
            Err(NoBackup::Unknown) => return Err(VerifyError::Unknown),
            Err(NoBackup::Objects(error)) => return Err(error.into()),
            Err(NoBackup::Damaged(why)) => vec![Finding::Manifest { why }],
            Ok(manifest) => {
                let place = trial.scratch.make().await?;
                let found = self.try_in(&*place, &manifest, opener, trial).await;
                if let Err(error) = place.remove().await {
                    tracing::warn!(%backup, error = %told(&error), "a place that a backup was tried in is left");
                }
                found?
            }
        };
        let verdict =
            Verdict { backup: backup.clone(), at: self.clock.now(), depth: Depth::Restored, findings };
        if verdict.is_good() {
            // Nobody knows of it before it is kept: who made it tries another one.
            self.note(&verdict).await?;
        } else {
            self.keep(&verdict).await;
        }
        Ok(verdict)
    }

    async fn try_in(
        &self,
        place: &dyn ScratchPlace,
        manifest: &Manifest,
        opener: &dyn Opener,
        trial: &Trial,
    ) -> Result<Vec<Finding>, VerifyError> {
        let restored = match self.restore(&manifest.name, opener, place.target(), &|_| {}).await {
            Ok(restored) => restored,
            Err(error) => return against(error, manifest),
        };
        let counted = |(table, before, after)| Finding::Store {
            why: format!("{table}: {before} rows were backed up, {after} are there"),
        };
        let mut findings: Vec<_> = restored.differences.into_iter().map(counted).collect();
        let media = self.media_then(&manifest.name, opener, Arc::clone(&trial.media));
        findings.extend(trial.examiner.examine(&place.address(), &media).await?);
        Ok(findings)
    }
}

/// What a failed restore says against the backup; an error, when it says nothing.
fn against(error: RestoreError, manifest: &Manifest) -> Result<Vec<Finding>, VerifyError> {
    let finding = match error {
        RestoreError::Damaged(findings) => return Ok(findings),
        RestoreError::WrongKey { sealed_to } => Finding::WrongKey { sealed_to },
        RestoreError::Flow(error) => return in_file(error, DATABASE, manifest),
        RestoreError::NoBackup(NoBackup::Damaged(why)) => Finding::Manifest { why },
        RestoreError::NoBackup(NoBackup::Unknown) => return Err(VerifyError::Unknown),
        RestoreError::NoBackup(NoBackup::Objects(error)) | RestoreError::Objects(error) => {
            return Err(error.into());
        }
        RestoreError::Store(error) => return Err(error.into()),
        wrong_place @ (RestoreError::OtherKind { .. } | RestoreError::NotEmpty) => {
            return Err(StoreError::broken(DOING, wrong_place.to_string()).into());
        }
    };
    Ok(vec![finding])
}

/// What it says against a file that its bytes stopped coming.
fn in_file(error: FlowError, file: &str, manifest: &Manifest) -> Result<Vec<Finding>, VerifyError> {
    let finding = match error {
        FlowError::WrongKey => Finding::WrongKey { sealed_to: manifest.recipients.clone() },
        FlowError::Unreadable(why) | FlowError::Unsealed(why) => {
            Finding::NoFile { file: file.to_owned(), why }
        }
        FlowError::Objects(error) => return Err(error.into()),
        FlowError::Store(error @ StoreError::Unavailable { .. }) => return Err(error.into()),
        // Nobody takes these bytes for a store.
        FlowError::Store(error @ StoreError::Broken { .. }) => Finding::Store { why: told(&error) },
    };
    Ok(vec![finding])
}

impl CompareError {
    /// What it says against a backup that its index cannot be compared; an error, when it says nothing.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn against(self) -> Result<Finding, VerifyError> {
        let file = || MEDIA.to_owned();
        match self {
            Self::NoBackup(NoBackup::Unknown) => Err(VerifyError::Unknown),
            Self::NoBackup(NoBackup::Damaged(why)) => Ok(Finding::Manifest { why }),
            Self::NoBackup(NoBackup::Objects(error))
            | Self::Objects(error)
            | Self::Flow(FlowError::Objects(error)) => Err(error.into()),
            Self::Flow(FlowError::Store(error)) => Err(error.into()),
            Self::Flow(FlowError::Unreadable(why) | FlowError::Unsealed(why)) => {
                Ok(Finding::NoFile { file: file(), why })
            }
            Self::Flow(error @ FlowError::WrongKey) => {
                Ok(Finding::NoFile { file: file(), why: error.to_string() })
            }
        }
    }
}

/// An error with its causes, in one line.
pub(super) fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    text
}
