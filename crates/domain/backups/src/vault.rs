//! Where backups lie: objects, a folder of them for each backup.

use crate::flow::{Flow, FlowError};
use crate::manifest::{BackupFile, Manifest};
use crate::name::BackupName;
use crate::note;
use crate::sum::{Sum, Summing};
use crate::verdict::Record;
use async_trait::async_trait;
use kernel::{Body, Listed, ObjectError, ObjectKey, ObjectStore, Reader};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::vec;

/// Says what a backup is made of; written last.
const MANIFEST: &str = "manifest.json";
/// Says what was found of it.
const RECORD: &str = "record.json";
/// What all of it is put as: nobody is ever sent there.
const CONTENT_TYPE: &str = "application/octet-stream";
/// Objects that are listed or removed at once.
const AT_ONCE: u32 = 1000;
/// No manifest is longer: its parts would be more than a hundred thousand.
const LONGEST_NOTE: usize = 32 * 1024 * 1024;

/// Where backups lie.
#[derive(Clone)]
pub(crate) struct Vault {
    objects: Arc<dyn ObjectStore>,
}

/// What lies there of one backup.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Laid {
    /// Bytes of all its objects.
    pub(crate) bytes: u64,
    /// Whether it was written to its end.
    pub(crate) finished: bool,
    /// Whether anybody has looked at it.
    pub(crate) recorded: bool,
}

impl Vault {
    pub(crate) fn new(objects: Arc<dyn ObjectStore>) -> Self {
        Self { objects }
    }

    /// Every backup of which anything is there, by name. What is called otherwise belongs to somebody else.
    pub(crate) async fn all(&self) -> Result<BTreeMap<BackupName, Laid>, ObjectError> {
        let mut all = BTreeMap::<BackupName, Laid>::new();
        for object in self.listed("").await? {
            let Some((folder, file)) = object.key.as_str().split_once('/') else { continue };
            let Some(name) = BackupName::parse(folder) else { continue };
            let laid = all.entry(name).or_default();
            laid.bytes = laid.bytes.saturating_add(object.size);
            laid.finished |= file == MANIFEST;
            laid.recorded |= file == RECORD;
        }
        Ok(all)
    }

    /// The sizes of a backup's objects, by their names in its folder.
    pub(crate) async fn sizes(&self, backup: &BackupName) -> Result<BTreeMap<String, u64>, ObjectError> {
        let folder = format!("{backup}/");
        let named = |object: Listed| {
            let name = object.key.as_str().strip_prefix(&folder)?.to_owned();
            Some((name, object.size))
        };
        Ok(self.listed(&folder).await?.into_iter().filter_map(named).collect())
    }

    async fn listed(&self, prefix: &str) -> Result<Vec<Listed>, ObjectError> {
        let mut all: Vec<Listed> = Vec::new();
        loop {
            let after = all.last().map(|last| last.key.clone());
            let page = self.objects.list(prefix, after.as_ref(), AT_ONCE).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// Puts an object of a backup.
    pub(crate) async fn put(
        &self,
        backup: &BackupName,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<(), ObjectError> {
        self.objects.put(&key(backup, name)?, Body::Bytes(bytes), CONTENT_TYPE).await
    }

    /// What an object of a backup has for bytes, read from its first to its last; `None` when it is not there.
    pub(crate) async fn sum(&self, backup: &BackupName, name: &str) -> Result<Option<Sum>, ObjectError> {
        let Some(mut content) = self.objects.get(&key(backup, name)?, None).await? else { return Ok(None) };
        let mut summing = Summing::default();
        while let Some(bytes) = content.reader.next().await? {
            summing.add(&bytes);
        }
        Ok(Some(summing.end()))
    }

    /// The bytes of a file, part after part.
    pub(crate) fn read(&self, backup: &BackupName, file: &BackupFile) -> Result<Box<dyn Flow>, ObjectError> {
        let keys = file.parts.iter().map(|part| key(backup, &part.name)).collect::<Result<Vec<_>, _>>()?;
        Ok(Box::new(Parts { objects: Arc::clone(&self.objects), keys: keys.into_iter(), reader: None }))
    }

    pub(crate) async fn put_manifest(&self, manifest: &Manifest) -> Result<(), ObjectError> {
        self.put_note(&manifest.name, MANIFEST, manifest).await
    }

    /// What a backup is made of: `None` when it has no manifest, and words when that is damaged.
    pub(crate) async fn manifest(
        &self,
        backup: &BackupName,
    ) -> Result<Option<Result<Manifest, String>>, ObjectError> {
        let read = self.note::<Manifest>(backup, MANIFEST).await?;
        Ok(read.map(|read| match read {
            Ok(manifest) if manifest.name != *backup => Err(format!("it is that of {}", manifest.name)),
            read => read,
        }))
    }

    pub(crate) async fn put_record(&self, backup: &BackupName, record: &Record) -> Result<(), ObjectError> {
        self.put_note(backup, RECORD, record).await
    }

    /// What was found of a backup; nothing, when nobody has looked, and words when what was written down is damaged.
    pub(crate) async fn record(&self, backup: &BackupName) -> Result<Result<Record, String>, ObjectError> {
        Ok(self.note::<Record>(backup, RECORD).await?.unwrap_or_else(|| Ok(Record::default())))
    }

    /// Removes a backup. Its manifest goes first: whoever is stopped half-way leaves one that is not finished.
    pub(crate) async fn remove(&self, backup: &BackupName) -> Result<(), ObjectError> {
        self.objects.delete(&[key(backup, MANIFEST)?]).await?;
        let keys: Vec<_> =
            self.listed(&format!("{backup}/")).await?.into_iter().map(|object| object.key).collect();
        for some in keys.chunks(usize::try_from(AT_ONCE).unwrap_or(usize::MAX)) {
            self.objects.delete(some).await?;
        }
        Ok(())
    }

    async fn put_note<T: Serialize + Sync>(
        &self,
        backup: &BackupName,
        name: &str,
        value: &T,
    ) -> Result<(), ObjectError> {
        let bytes = note::write(value).map_err(|cause| broken("writing down a backup", cause))?;
        self.put(backup, name, bytes).await
    }

    async fn note<T: DeserializeOwned>(
        &self,
        backup: &BackupName,
        name: &str,
    ) -> Result<Option<Result<T, String>>, ObjectError> {
        match self.whole(backup, name).await {
            Ok(bytes) => Ok(bytes.map(|bytes| note::read(&bytes))),
            // It is there, and the store itself finds it damaged.
            Err(ObjectError::Broken { cause, .. }) => Ok(Some(Err(cause.to_string()))),
            Err(error) => Err(error),
        }
    }

    async fn whole(&self, backup: &BackupName, name: &str) -> Result<Option<Vec<u8>>, ObjectError> {
        let Some(mut content) = self.objects.get(&key(backup, name)?, None).await? else { return Ok(None) };
        let mut whole = Vec::new();
        while let Some(bytes) = content.reader.next().await? {
            whole.extend(bytes);
            if whole.len() > LONGEST_NOTE {
                return Err(broken(
                    "reading about a backup",
                    "it is longer than anything that is written there",
                ));
            }
        }
        Ok(Some(whole))
    }
}

/// The object of a backup with this name.
fn key(backup: &BackupName, name: &str) -> Result<ObjectKey, ObjectError> {
    let full = format!("{backup}/{name}");
    ObjectKey::parse(&full)
        .ok_or_else(|| broken("naming an object of a backup", format!("{full:?} names none")))
}

fn broken(doing: &'static str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ObjectError {
    ObjectError::Broken { doing, cause: cause.into() }
}

/// Reads objects one after another.
struct Parts {
    objects: Arc<dyn ObjectStore>,
    keys: vec::IntoIter<ObjectKey>,
    reader: Option<Box<dyn Reader>>,
}

#[async_trait]
impl Flow for Parts {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, FlowError> {
        loop {
            if let Some(reader) = &mut self.reader {
                if let Some(bytes) = reader.next().await? {
                    return Ok(Some(bytes));
                }
                self.reader = None;
            }
            let Some(key) = self.keys.next() else { return Ok(None) };
            match self.objects.get(&key, None).await? {
                Some(content) => self.reader = Some(content.reader),
                None => return Err(FlowError::Unreadable(format!("{key} is missing"))),
            }
        }
    }
}
