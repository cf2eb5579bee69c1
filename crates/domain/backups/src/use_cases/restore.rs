use super::{Backups, NoBackup};
use crate::flow::{Exact, FlowError};
use crate::manifest::{BackupFile, DATABASE, Manifest};
use crate::name::BackupName;
use crate::ports::{Kind, Opener, Rows, Target};
use crate::verdict::Finding;
use kernel::{ObjectError, StoreError};
use std::collections::BTreeSet;

/// Where a restore has come to, for whoever watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is seen whether there is room, and whether the backup is whole.
    Inspecting(Box<Manifest>),
    /// The store is being made.
    Filling,
    /// It is there, and its rows are counted.
    Counting,
}

/// A store that is there again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Of what.
    pub manifest: Manifest,
    /// Tables or kinds whose rows are not as many as the backup says: its name, how many were backed up, and how many are
    /// there.
    pub differences: Vec<(String, u64, u64)>,
}

/// Why a store was not restored. Nothing is left of what was begun.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Nothing can be restored of this name.
    #[error(transparent)]
    NoBackup(#[from] NoBackup),
    /// It is of another kind of store.
    #[error("the backup is of a {backup} store, which cannot become a {target} one")]
    OtherKind {
        /// What was backed up.
        backup: Kind,
        /// What it was to become.
        target: Kind,
    },
    /// Something is there.
    #[error("there is something already: a store is restored into an empty place only")]
    NotEmpty,
    /// It was sealed to other keys than those that were tried.
    #[error("none of these private keys opens it: that of {} does", .sealed_to.join(" or of "))]
    WrongKey {
        /// The public keys that it was sealed to.
        sealed_to: Vec<String>,
    },
    /// It is not as it was made.
    #[error("the backup is damaged, and nothing was restored: {}", told(.0))]
    Damaged(Vec<Finding>),
    /// The bytes stopped coming.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// Where it is to go cannot be looked at.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Where backups lie cannot be read.
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

fn told(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Backups {
    /// Puts a store back into an empty place. Whether it can be opened at all is seen before its parts are looked at, and every
    /// part is looked at before anything is written there.
    ///
    /// # Errors
    /// [`RestoreError`].
    pub async fn restore(
        &self,
        backup: &BackupName,
        opener: &dyn Opener,
        target: &dyn Target,
        told: &(dyn Fn(Step) + Send + Sync),
    ) -> Result<Restored, RestoreError> {
        let manifest = self.manifest(backup).await?;
        if manifest.kind != target.kind() {
            return Err(RestoreError::OtherKind { backup: manifest.kind, target: target.kind() });
        }
        if !target.is_empty().await? {
            return Err(RestoreError::NotEmpty);
        }
        let file = manifest.file(DATABASE);
        let file = file.ok_or_else(|| NoBackup::Damaged(format!("it names no {DATABASE}")))?;
        if self.has_other_key(&manifest, file, opener).await? {
            return Err(wrong_key(&manifest));
        }
        told(Step::Inspecting(Box::new(manifest.clone())));
        let findings = self.inspect(&manifest).await?;
        if !findings.is_empty() {
            return Err(RestoreError::Damaged(findings));
        }
        told(Step::Filling);
        let (plain, differs) = Exact::over(opener.open(self.vault.read(backup, file)?), file.plain.clone());
        match target.fill(plain).await {
            Ok(()) => {}
            Err(_) if differs.is_so() => {
                return Err(RestoreError::Damaged(vec![Finding::Content { file: file.name.clone() }]));
            }
            Err(FlowError::WrongKey) => return Err(wrong_key(&manifest)),
            Err(error) => return Err(error.into()),
        }
        told(Step::Counting);
        let differences = differences(&manifest.rows, &target.rows().await?);
        Ok(Restored { manifest, differences })
    }
}

impl Backups {
    /// Whether the first bytes of a file say that it was sealed to other keys, and are as they were written. Whatever else is
    /// wrong with them is named when all parts are looked at.
    async fn has_other_key(
        &self,
        manifest: &Manifest,
        file: &BackupFile,
        opener: &dyn Opener,
    ) -> Result<bool, ObjectError> {
        let first = opener.open(self.vault.read(&manifest.name, file)?).next().await;
        match (first, file.parts.first()) {
            (Err(FlowError::WrongKey), Some(part)) => {
                Ok(self.inspect_part(&manifest.name, part).await?.is_none())
            }
            _ => Ok(false),
        }
    }
}

fn wrong_key(manifest: &Manifest) -> RestoreError {
    RestoreError::WrongKey { sealed_to: manifest.recipients.clone() }
}

fn differences(backed_up: &Rows, there: &Rows) -> Vec<(String, u64, u64)> {
    let names: BTreeSet<_> = backed_up.keys().chain(there.keys()).collect();
    let of = |rows: &Rows, name: &String| rows.get(name).copied().unwrap_or(0);
    let both = names.into_iter().map(|name| (name.clone(), of(backed_up, name), of(there, name)));
    both.filter(|(_, before, after)| before != after).collect()
}
