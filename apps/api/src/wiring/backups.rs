//! Where backups lie, what is backed up, where each is tried, and where it is put back.

use super::audit_mac;
use super::media::settings;
use super::store::Stores;
use crate::config::{Config, MediaUrl, StoreUrl};
use crate::keys::Keys;
use crate::trial::{Inspector, Living, Rooms};
use adapter_age::Recipients;
use adapter_local::{Disk, LocalStore, NewStore};
use adapter_postgres::{PgTools, ScratchDatabases};
use adapter_s3::S3;
use backups::use_cases::{CreateError, VerifyError};
use backups::{
    BackupName, Backups, Examiner, Manifest, Opener, Original, Rule, Scratch, Sealer, Source, Target, Trial,
    Verdict,
};
use kernel::{Clock, ObjectError, ObjectStore, StoreError};
use std::io;
use std::sync::Arc;

/// What links to backups would begin with; none is ever made.
const NOWHERE: &str = "http://localhost/backups";

/// Why nothing can be done with backups.
#[derive(Debug, thiserror::Error)]
pub enum BackupSetupError {
    /// Nobody said where they go.
    #[error("backup.url is empty: say where backups go, as file:PATH or s3://bucket/prefix")]
    NotConfigured,
    /// Nobody said who may open them.
    #[error("backup.recipient is empty: `age-keygen` makes a pair of keys, and this is the public one")]
    NoRecipient,
    /// What is restored into forgets everything.
    #[error("a store in memory forgets everything: there is nothing to restore into")]
    Memory,
    /// Nobody who has it open hands out the local store.
    #[error("the local store is not open here, and nobody else can copy it")]
    NotOpen,
    /// The bucket cannot be addressed.
    #[error("backup.url or backup.endpoint cannot be used")]
    Bucket(#[from] adapter_s3::Unusable),
    /// The folder cannot be used.
    #[error("the folder of backup.url cannot be used")]
    Folder(#[source] io::Error),
    /// The store cannot be addressed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Everything that backups are made with.
pub struct House {
    /// Those that lie there.
    pub vault: Backups,
    /// What is backed up.
    pub original: Original,
    /// Whose private keys open them.
    pub recipients: Recipients,
    /// How many are kept.
    pub rule: Rule,
    /// What each is tried with.
    pub trial: Trial,
}

/// A backup that was made.
pub struct MadeOne {
    /// What it is made of.
    pub manifest: Manifest,
    /// What was found by trying it, or why it could not be tried.
    pub tried: Result<Verdict, VerifyError>,
}

impl House {
    /// Makes a backup and tries what lies there then: it is sealed to one key more, which is nowhere but here and gone when
    /// this returns.
    ///
    /// # Errors
    /// A [`CreateError`]; then nothing was made.
    pub async fn make(&self) -> Result<MadeOne, CreateError> {
        let (sealer, opener) = self.recipients.for_once();
        let manifest = self.vault.create(&self.original, &*sealer).await?;
        let tried = self.try_out(&manifest.name, &*opener).await;
        Ok(MadeOne { manifest, tried })
    }

    /// Makes a backup, and leaves it at that.
    ///
    /// # Errors
    /// A [`CreateError`]; then nothing was made.
    pub async fn make_untried(&self) -> Result<Manifest, CreateError> {
        self.vault.create(&self.original, &self.recipients).await
    }

    /// Makes a store of a backup, looks at it, and removes it again.
    ///
    /// # Errors
    /// A [`VerifyError`].
    pub async fn try_out(&self, name: &BackupName, opener: &dyn Opener) -> Result<Verdict, VerifyError> {
        self.vault.try_out(name, opener, &self.trial).await
    }

    /// Removes what the rule lets go of those that this house made; their names.
    ///
    /// # Errors
    /// When where they lie cannot be read or written.
    pub async fn prune(&self) -> Result<Vec<BackupName>, ObjectError> {
        self.vault.prune(&self.rule, self.original.signing_key.as_deref()).await
    }
}

/// Those that lie there.
///
/// # Errors
/// A [`BackupSetupError`].
pub fn build(config: &Config, clock: &Arc<dyn Clock>) -> Result<Backups, BackupSetupError> {
    let objects: Arc<dyn ObjectStore> = match &config.backup.url {
        None => return Err(BackupSetupError::NotConfigured),
        Some(MediaUrl::Bucket(bucket)) => Arc::new(S3::new(&settings(bucket))?),
        Some(MediaUrl::Folder(folder)) => {
            let disk = Disk::open(folder, NOWHERE, [0; 32], Arc::clone(clock));
            Arc::new(disk.map_err(BackupSetupError::Folder)?)
        }
    };
    Ok(Backups::new(objects, Arc::clone(clock)))
}

/// What a house has that serves: its own store, where pictures and music lie, and its keys.
///
/// # Errors
/// A [`BackupSetupError`].
pub fn of_house(
    config: &Config,
    stores: &Stores,
    (objects, keys): (&Arc<dyn ObjectStore>, &Keys),
    clock: &Arc<dyn Clock>,
) -> Result<House, BackupSetupError> {
    let living = Living { gallery: Arc::clone(&stores.gallery), music: Arc::clone(&stores.music) };
    let inspector = Inspector::new(Arc::clone(clock), Some(audit_mac(keys)), Some(living));
    let original = Original {
        source: source(config, stores.local.clone())?,
        media: Arc::clone(objects),
        signing_key: Some(keys.fingerprint()),
    };
    Ok(House {
        vault: build(config, clock)?,
        original,
        recipients: config.backup.recipients.clone().ok_or(BackupSetupError::NoRecipient)?,
        rule: config.backup.rule,
        trial: trial(config, Arc::new(inspector), Arc::clone(objects)),
    })
}

/// What backups are tried with.
#[must_use]
pub fn trial(config: &Config, examiner: Arc<dyn Examiner>, media: Arc<dyn ObjectStore>) -> Trial {
    Trial { scratch: scratch(config), examiner, media }
}

fn scratch(config: &Config) -> Arc<dyn Scratch> {
    let (pg_dump, pg_restore) = (config.backup.pg_dump.clone(), config.backup.pg_restore.clone());
    match config.backup.scratch.as_ref().unwrap_or(&config.store.url) {
        StoreUrl::Postgres(url) => Arc::new(ScratchDatabases::new(url.expose(), pg_dump, pg_restore)),
        StoreUrl::Folder(folder) if config.backup.scratch.is_some() => {
            Arc::new(Rooms::in_folder(folder.clone()))
        }
        StoreUrl::Folder(_) | StoreUrl::Memory => Arc::new(Rooms::in_folder(config.media.workplace.clone())),
    }
}

/// What copies the configured store; the local one has to be open, as it belongs to one process.
///
/// # Errors
/// A [`BackupSetupError`].
pub fn source(config: &Config, local: Option<LocalStore>) -> Result<Arc<dyn Source>, BackupSetupError> {
    match &config.store.url {
        StoreUrl::Postgres(url) => Ok(Arc::new(tools(config, url.expose())?)),
        StoreUrl::Folder(_) | StoreUrl::Memory => Ok(Arc::new(local.ok_or(BackupSetupError::NotOpen)?)),
    }
}

/// Where a store is put back.
///
/// # Errors
/// A [`BackupSetupError`].
pub fn target(config: &Config, url: &StoreUrl) -> Result<Arc<dyn Target>, BackupSetupError> {
    match url {
        StoreUrl::Postgres(url) => Ok(Arc::new(tools(config, url.expose())?)),
        StoreUrl::Folder(folder) => Ok(Arc::new(NewStore::in_folder(folder.clone()))),
        StoreUrl::Memory => Err(BackupSetupError::Memory),
    }
}

fn tools(config: &Config, url: &str) -> Result<PgTools, StoreError> {
    PgTools::new(url, config.backup.pg_dump.clone(), config.backup.pg_restore.clone())
}
