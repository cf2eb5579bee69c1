use super::Backups;
use crate::flow::{Flow, FlowError, Tapped};
use crate::manifest::{BackupFile, BackupPart, DATABASE, MEDIA, Manifest};
use crate::media_index::{MediaIndex, Walk};
use crate::name::BackupName;
use crate::ports::{Copied, Sealer, Source};
use crate::sum::Sum;
use crate::verdict::{Depth, Record, Verdict};
use kernel::{ObjectError, ObjectStore, StoreError};
use std::mem;
use std::sync::Arc;

/// What is backed up.
#[derive(Clone)]
pub struct Original {
    /// The store.
    pub source: Arc<dyn Source>,
    /// Where pictures and music lie, of which the names are kept.
    pub media: Arc<dyn ObjectStore>,
    /// By what the signing key is known, without which a restored store is worth little; it is not backed up itself.
    pub signing_key: Option<String>,
}

/// Why there is no new backup. What had been written of it is removed.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The store cannot be copied.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Where backups lie cannot be written.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// The bytes stopped coming.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// What was put there is not what is read there.
    #[error("{part} was put, and other bytes are read: where backups lie cannot be trusted")]
    NotKept {
        /// Which part.
        part: String,
    },
}

impl Backups {
    /// Makes a backup. Each part is read again once it was put, and compared; the manifest is written when all are there.
    ///
    /// # Errors
    /// [`CreateError`].
    pub async fn create(&self, of: &Original, sealer: &dyn Sealer) -> Result<Manifest, CreateError> {
        // Before the copy, so that all that was committed by then is in it.
        let name = BackupName::generate(self.clock.now());
        let made = self.write(&name, of, sealer).await;
        if made.is_err()
            && let Err(error) = self.vault.remove(&name).await
        {
            tracing::warn!(%name, %error, "what was written of a backup that failed is still there");
        }
        made
    }

    async fn write(
        &self,
        name: &BackupName,
        of: &Original,
        sealer: &dyn Sealer,
    ) -> Result<Manifest, CreateError> {
        let Copied { schema, rows, flow } = of.source.copy().await?;
        // After the copy was begun: what a row refers to was put before the row.
        let index = MediaIndex(Walk::over(Arc::clone(&of.media)));
        let media = self.write_file(name, MEDIA, Box::new(index), sealer).await?;
        let database = self.write_file(name, DATABASE, flow, sealer).await?;
        let manifest = Manifest {
            name: name.clone(),
            kind: of.source.kind(),
            schema,
            recipients: sealer.recipients(),
            signing_key: of.signing_key.clone(),
            rows,
            files: vec![database, media],
        };
        let (backup, at) = (name.clone(), self.clock.now());
        let verdict = Verdict { backup, at, depth: Depth::Sums, findings: Vec::new() };
        self.vault.put_record(name, &Record::default().after(&verdict)).await?;
        self.vault.put_manifest(&manifest).await?;
        Ok(manifest)
    }

    async fn write_file(
        &self,
        backup: &BackupName,
        file: &str,
        plain: Box<dyn Flow>,
        sealer: &dyn Sealer,
    ) -> Result<BackupFile, CreateError> {
        let (plain, tap) = Tapped::over(plain);
        let mut sealed = sealer.seal(plain);
        let (mut parts, mut part) = (Vec::new(), Vec::new());
        while let Some(bytes) = sealed.next().await? {
            let mut left = bytes.as_slice();
            while !left.is_empty() {
                let room = self.part.saturating_sub(part.len());
                let (now, later) = left.split_at(room.min(left.len()));
                part.extend_from_slice(now);
                left = later;
                if part.len() >= self.part {
                    let whole = mem::replace(&mut part, Vec::with_capacity(self.part));
                    let written = self.write_part(backup, file, parts.len() + 1, whole).await?;
                    parts.push(written);
                }
            }
        }
        if !part.is_empty() {
            let written = self.write_part(backup, file, parts.len() + 1, part).await?;
            parts.push(written);
        }
        let plain = tap.sum().ok_or_else(|| {
            FlowError::Unsealed(format!("{file} was sealed without its end, which no sealer should do"))
        })?;
        Ok(BackupFile { name: file.to_owned(), plain, parts })
    }

    async fn write_part(
        &self,
        backup: &BackupName,
        file: &str,
        number: usize,
        bytes: Vec<u8>,
    ) -> Result<BackupPart, CreateError> {
        let part = BackupPart { name: BackupPart::name_of(file, number), sum: Sum::of(&bytes) };
        self.vault.put(backup, &part.name, bytes).await?;
        if self.vault.sum(backup, &part.name).await?.as_ref() != Some(&part.sum) {
            return Err(CreateError::NotKept { part: part.name });
        }
        Ok(part)
    }
}
