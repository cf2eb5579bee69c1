//! Where backups lie, what is backed up, and where it is put back.

use super::media::settings;
use crate::config::{Config, MediaUrl, StoreUrl};
use adapter_local::{Disk, LocalStore, NewStore};
use adapter_postgres::PgTools;
use adapter_s3::S3;
use backups::{Backups, Source, Target};
use kernel::{Clock, ObjectStore, StoreError};
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
    /// What is backed up or restored forgets everything.
    #[error("a store in memory forgets everything: there is nothing to back up or to restore into")]
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

/// The use cases.
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

/// What copies the configured store; the local one has to be open, as it belongs to one process.
///
/// # Errors
/// A [`BackupSetupError`].
pub fn source(config: &Config, local: Option<LocalStore>) -> Result<Arc<dyn Source>, BackupSetupError> {
    match &config.store.url {
        StoreUrl::Postgres(url) => Ok(Arc::new(tools(config, url.expose())?)),
        StoreUrl::Folder(_) => Ok(Arc::new(local.ok_or(BackupSetupError::NotOpen)?)),
        StoreUrl::Memory => Err(BackupSetupError::Memory),
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
